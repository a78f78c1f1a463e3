"""The Procfile's processes, run for real: told apart, killed with all they started, gone at the end."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from plugin_server import procfile
from plugin_server.procfile import Processes
from plugin_server.setting import ROOT

PYTHON = sys.executable


def python(folder: Path, code: str) -> str:
    """A command that runs the code."""
    path = folder / f"{abs(hash(code))}.py"
    path.write_text(code)
    return f"{PYTHON} -u {path}"


def wait_for(true: Callable[[], object], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it didn't happen in time"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


PARENT = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(os.getpid(), child.pid)
time.sleep(600)
"""
STUBBORN = "import signal, time\nsignal.signal(15, signal.SIG_IGN)\nprint('deaf')\ntime.sleep(600)\n"


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Processes]:
    commands = {
        "parent": python(tmp_path, PARENT),
        "short": python(tmp_path, "print('so long')\nraise SystemExit(3)"),
    }
    with Processes(commands, os.environ, tmp_path, silent=True) as processes:
        yield processes


def family(processes: Processes) -> list[int]:
    wait_for(lambda: processes.last_lines("parent"))
    return [int(word) for word in processes.last_lines("parent").split()[-2:]]


def test_our_procfile_names_the_four_processes() -> None:
    commands = procfile.read(ROOT / "Procfile")
    assert list(commands) == ["release", "web", "worker", "clock"]
    for command in commands.values():
        assert os.access(ROOT / command.split()[0], os.X_OK)


def test_comments_and_empty_lines_are_skipped_and_anything_else_is_named(tmp_path: Path) -> None:
    file = tmp_path / "Procfile"
    file.write_text("# ours\n\nweb: run --at 0.0.0.0:80\n")
    assert procfile.read(file) == {"web": "run --at 0.0.0.0:80"}
    file.write_text("web: run\nnonsense\n")
    with pytest.raises(ValueError, match="Procfile, line 2"):
        procfile.read(file)


def test_killing_a_process_kills_what_it_started(started: Processes) -> None:
    started.start("parent")
    members = family(started)
    assert all(map(alive, members))
    started.kill("parent")
    wait_for(lambda: not any(map(alive, members)))


def test_a_killed_process_can_be_started_again(started: Processes) -> None:
    started.start("parent")
    first = family(started)
    started.kill("parent")
    started.restart("parent")
    wait_for(lambda: family(started) != first)
    assert started.dead() == {}


def test_a_process_that_ends_by_itself_is_seen_with_its_exit_code_and_last_words(started: Processes) -> None:
    started.start("parent", "short")
    wait_for(started.dead)
    assert started.dead() == {"short": 3}
    assert "so long" in started.last_lines("short")


def test_at_the_end_nothing_is_left_not_even_the_deaf(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(procfile, "STOP_SECONDS", 1.0)
    commands = {"parent": python(tmp_path, PARENT), "deaf": python(tmp_path, STUBBORN)}
    with Processes(commands, os.environ, tmp_path, silent=True) as processes:
        processes.start("parent", "deaf")
        members = family(processes)
        wait_for(lambda: processes.last_lines("deaf"))
        started = time.monotonic()
    assert time.monotonic() - started < 5
    wait_for(lambda: not any(map(alive, members)))
    assert set(processes.dead()) == {"parent", "deaf"}


def test_each_line_carries_the_name_of_its_process(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Processes({"web": python(tmp_path, "print('listening')")}, os.environ, tmp_path) as processes:
        processes.start("web")
        wait_for(lambda: processes.last_lines("web"))
        wait_for(processes.dead)
        wait_for(lambda: "     web | listening\n" in capsys.readouterr().err)


def test_a_process_gets_the_given_environment_and_folder_and_no_input(tmp_path: Path) -> None:
    code = "import os, sys\nprint(os.environ['NAME'], os.getcwd(), repr(sys.stdin.read()))"
    env = {**os.environ, "NAME": "mugs"}
    with Processes({"web": python(tmp_path, code)}, env, tmp_path, silent=True) as processes:
        processes.start("web")
        wait_for(lambda: processes.last_lines("web"))
        assert processes.last_lines("web") == f"mugs {tmp_path} ''\n"
