"""Requests at their times, whether earlier ones were answered or not: what is slow can't slow down who measures it."""

import selectors
import time
from collections import deque
from collections.abc import Iterable
from threading import Event

from bench.load import Connection

CONNECTIONS = 32
LOOK = 0.02  # seconds, at most, until `stop` is seen


def run(
    port: int, requests: Iterable[tuple[bytes, bytes]], times: Iterable[float], stop: Event
) -> list[tuple[float, float]]:
    """Send each (head, body) at its time, in seconds from now, until `stop`, or until there is nothing left to send.

    Returns each one's time, and the seconds from then until its answer was there: one that had to wait for a free
    connection waited too. Raises AssertionError for any answer but 200.
    """
    pace = _Pace(port)
    try:
        for request, due in zip(requests, times, strict=False):
            pace.wait_until(due, stop)
            if stop.is_set():
                break
            pace.waiting.append((due, request))
        pace.finish()
    finally:
        pace.close()
    return pace.found


class _Pace:
    def __init__(self, port: int) -> None:
        self.waiting: deque[tuple[float, tuple[bytes, bytes]]] = deque()
        self.found: list[tuple[float, float]] = []
        self._free = [Connection(port) for _ in range(CONNECTIONS)]
        self._due: dict[Connection, float] = {}
        self._selector = selectors.DefaultSelector()
        for connection in self._free:
            self._selector.register(connection.socket, selectors.EVENT_READ, connection)
        self._begun = time.perf_counter()

    def wait_until(self, due: float, stop: Event) -> None:
        while (left := due - self._now()) > 0 and not stop.is_set():
            self._turn(min(left, LOOK))

    def finish(self) -> None:
        while self.waiting or self._due:
            self._turn(LOOK)

    def close(self) -> None:
        for key in list(self._selector.get_map().values()):
            key.data.socket.close()
        self._selector.close()

    def _now(self) -> float:
        return time.perf_counter() - self._begun

    def _turn(self, seconds: float) -> None:
        while self.waiting and self._free:
            connection = self._free.pop()
            self._due[connection], request = self.waiting.popleft()
            connection.send(*request)
        for key, _ in self._selector.select(seconds):
            if key.data.read() is not None:
                due = self._due.pop(key.data)
                self.found.append((due, self._now() - due))
                self._free.append(key.data)
