"""A small runner for the Procfile's processes: for the demo and the tests. Production has its own supervisor."""

import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self

STOP_SECONDS = 10.0


def read(file: Path) -> dict[str, str]:
    """Command by process name. Raises ValueError for a line that is neither a process nor a comment."""
    found = {}
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, colon, command = line.partition(":")
        if not colon or not command.strip():
            raise ValueError(f"{file.name}, line {number}: expected 'name: command'")
        found[name.strip()] = command.strip()
    return found


class Processes:
    """Commands by name, each in a process group of its own, so that killing one kills all that it started.

    What they print goes to standard error with their name before it; `silent` ones only into `errors`, their
    last lines, to be shown if one dies.
    """

    def __init__(
        self, commands: Mapping[str, str], env: Mapping[str, str], folder: Path, silent: bool = False
    ):
        self._commands, self._env, self._folder, self._silent = dict(commands), dict(env), folder, silent
        self._running: dict[str, subprocess.Popen[str]] = {}
        self._last: dict[str, list[str]] = {}
        self._lock = threading.Lock()

    def add(self, name: str, command: str) -> None:
        self._commands[name] = command

    def start(self, *names: str) -> None:
        for name in names:
            process = subprocess.Popen(
                shlex.split(self._commands[name]),
                cwd=self._folder,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,
            )
            with self._lock:
                self._running[name] = process
                self._last[name] = []
            assert process.stdout is not None  # noqa: S101  (asked for above)
            threading.Thread(target=self._show, args=(name, process.stdout), daemon=True).start()

    def kill(self, name: str) -> None:
        """SIGKILL for the whole group: what a crash, or a machine that lost its power, looks like."""
        process = self._running[name]
        _signal(process, signal.SIGKILL)
        process.wait()

    def restart(self, name: str) -> None:
        self.start(name)

    def dead(self) -> dict[str, int]:
        """Processes that ended by themselves, with their exit codes."""
        with self._lock:
            return {n: code for n, p in self._running.items() if (code := p.poll()) is not None}

    def has_said(self, name: str, words: str) -> bool:
        """True if the process printed these words since it was last started (among its last lines)."""
        return any(words in line for line in self._last.get(name, []))

    def last_lines(self, name: str) -> str:
        return "".join(self._last.get(name, []))

    def stop(self) -> None:
        """Ask all to end, last started first; kill what doesn't within ten seconds."""
        with self._lock:
            running = list(self._running.values())[::-1]
        for process in running:
            _signal(process, signal.SIGTERM)
        until = time.monotonic() + STOP_SECONDS
        for process in running:
            try:
                process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal(process, signal.SIGKILL)
                process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _show(self, name: str, output: IO[str]) -> None:
        for line in output:
            self._last[name] = [*self._last.get(name, [])[-30:], line]
            if not self._silent:
                sys.stderr.write(f"{name:>8} | {line}")


def _signal(process: "subprocess.Popen[str]", number: int) -> None:
    """To the whole group; a group that is gone is no error."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return
