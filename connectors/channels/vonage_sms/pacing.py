"""Spacing of requests, so that a batch doesn't run into the carrier's limit."""

import time
from collections.abc import Callable
from threading import Lock


class Pacer:
    """Gives each caller its own moment, at least 1/`per_second` after the one before. For many threads.

    It holds for one channel object: with several processes, share the account's limit among them.
    """

    def __init__(
        self,
        per_second: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._gap = 1 / per_second if per_second else 0.0
        self._clock, self._sleep = clock, sleep
        self._next = 0.0
        self._lock = Lock()

    def wait(self) -> None:
        """Return when it is this caller's turn. Callers don't hold each other up while they sleep."""
        with self._lock:
            now = self._clock()
            turn = max(now, self._next)
            self._next = turn + self._gap
        if turn > now:
            self._sleep(turn - now)
