"""Pages that ask a store, so many at a time: a store that hangs must not keep all threads of `web` to itself.

Deliveries are answered by the same threads (`serving.py` starts `MOST` more than deliveries may need), and whoever
opens a short link needs one as well.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from sequences.errors import ComebackError

MOST = 8
"""Requests of one process that may wait for a store at a time. Each may hold a connection meanwhile: the pool
(`wiring.machine`) has at least eight more than there are threads for everything else."""


class Busy(ComebackError):
    """Stores are slow, and too many wait for them already."""

    permanent = False


class Asking:
    """Turns at asking a store, of one process."""

    def __init__(self, most: int = MOST) -> None:
        self._turns = BoundedSemaphore(most)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Ask a store inside of it. Raises Busy at once if too many do already."""
        if not self._turns.acquire(blocking=False):
            raise Busy("stores are slow, and too many wait for them already")
        try:
            yield
        finally:
            self._turns.release()
