"""Who still needs the embedded servers: every process that does holds a shared lock on one file.

The kernel takes such a lock back whatever becomes of its holder, SIGKILL included, so it is never wrong.
The lock belongs to the open file, which a forked child shares (flock(2)): a child that outlives a killed parent
counts as a user; a parent that leaves speaks for its children. A program started by exec doesn't inherit it.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


class Membership:
    """One process's share of the servers of a folder."""

    def __init__(self, folder: Path, start: Callable[[], None], stop: Callable[[], None]) -> None:
        """Takes a share and calls `start`, while nobody else starts or stops anything in the folder."""
        self._folder = folder
        self._stop = stop
        self._owner = os.getpid()
        with _alone(folder):
            self._file = _open(folder / "users.lock")
            fcntl.flock(self._file, fcntl.LOCK_SH)
            try:
                start()
            except BaseException:
                self._give_back()
                raise

    def leave(self) -> None:
        """Gives the share back; the last stops the servers. Harmless twice, and in a forked child."""
        if self._owner != os.getpid():
            return
        self._owner = 0
        if not self._folder.exists():  # removed by hand: there is nothing left to share
            os.close(self._file)
            return
        with _alone(self._folder):
            self._give_back()

    def _give_back(self) -> None:
        try:
            if self._is_last():
                self._stop()
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)  # closing alone wouldn't, while a forked child has it open
            os.close(self._file)

    def _is_last(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody else starts or stops the folder's servers meanwhile."""
    file = _open(folder / "servers.lock")
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
