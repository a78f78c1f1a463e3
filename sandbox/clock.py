"""The sandbox's clock: runs like a real one and can be moved forward, with timers that follow it."""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

log = logging.getLogger("sandbox.clock")

Action = Callable[[], None]


class SandboxClock:
    """Aware UTC time that flows with the machine's and jumps when asked. Thread-safe.

    Timers are kept in sandbox time, so that a skipped hour also skips the wait for a late webhook.
    """

    def __init__(self, start: datetime | None = None) -> None:
        self._origin = start or datetime.now(UTC)
        self._started = time.monotonic()
        self._skipped = timedelta(0)
        self._timers: list[tuple[datetime, int, Action]] = []
        self._order = itertools.count()
        self._running = 0
        self._stopped = False
        self._changed = threading.Condition()

    def now(self) -> datetime:
        return self._origin + self._skipped + timedelta(seconds=time.monotonic() - self._started)

    def skip(self, by: timedelta) -> datetime:
        """Move forward by `by` (never back: stores and carriers do not un-happen)."""
        if by < timedelta(0):
            raise ValueError("the clock only moves forward: give a positive number of seconds")
        with self._changed:
            self._skipped += by
            self._changed.notify_all()
            return self.now()

    def after(self, delay: timedelta, action: Action) -> None:
        """Run `action` on the timer thread once `delay` of sandbox time has passed."""
        with self._changed:
            heapq.heappush(self._timers, (self.now() + delay, next(self._order), action))
            self._changed.notify_all()

    def next_timer(self) -> datetime | None:
        with self._changed:
            return self._timers[0][0] if self._timers else None

    def busy(self) -> bool:
        """True while a timer runs or one is already due."""
        with self._changed:
            return self._running > 0 or bool(self._timers and self._timers[0][0] <= self.now())

    def run_due(self) -> int:
        """Run what is due now; returns how many actions ran. Called by the timer thread and by tests."""
        ran = 0
        while (action := self._pop_due()) is not None:
            try:
                action()
            finally:
                with self._changed:
                    self._running -= 1
            ran += 1
        return ran

    def run_forever(self) -> None:
        """Body of the timer thread; returns after `stop`."""
        while not self._stopped:
            try:
                self.run_due()
            except Exception:
                log.exception("a timer failed; the others go on")  # the thread's edge: nobody else would hear
            with self._changed:
                due = self._timers[0][0] if self._timers else None
                wait = 1.0 if due is None else min(1.0, max(0.0, (due - self.now()).total_seconds()))
                if wait and not self._stopped:
                    self._changed.wait(wait)

    def stop(self) -> None:
        """No timer runs any more: the world ends."""
        with self._changed:
            self._stopped = True
            self._timers.clear()
            self._changed.notify_all()

    def _pop_due(self) -> Action | None:
        with self._changed:
            if not self._timers or self._timers[0][0] > self.now():
                return None
            self._running += 1
            return heapq.heappop(self._timers)[2]
