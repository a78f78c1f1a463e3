"""A story: some simulated days, through the real processes, as fast as they work.

The clock is moved to whatever happens next, and only once everything that was caused has been worked off: so
that every promise can be held to the letter, not to a tolerance.
"""

import sys
import time
from datetime import datetime, timedelta
from typing import Any

import requests

from plugin_server.demo.world import World

# Things that lie closer together than this happen at one moment of the story.
GRAIN = timedelta(minutes=20)
# The last cart's touches may be held for 48 hours, and the reports on them may come for 72 more.
TAIL = timedelta(hours=124)
PATIENCE = 60.0


class Stuck(Exception):
    """Work was left undone for a minute: what waits stands in the message."""


class Story:
    """`backlog` asks our own `web` what waits."""

    def __init__(self, world: World, public_url: str, days: int) -> None:
        self._world = world
        self._backlog_url = f"{public_url}/backlog"
        self._session = requests.Session()
        self._session.trust_env = False
        self._days = days

    def run(self) -> None:
        """Live through the days and the tail. Raises Stuck."""
        self._settle()
        start = self._world.status().now
        end = start + timedelta(days=self._days) + TAIL
        while (to := self._next(end)) is not None:
            self._world.skip(max(timedelta(0), to - self._world.status().now))
            self._settle()
            _progress((to - start) / (end - start))
        _progress(1.0)

    def _next(self, end: datetime) -> datetime | None:
        """When something happens next, at least a grain from now; the end comes last."""
        status, waiting = self._world.status(), self._backlog()
        if status.now >= end:
            return None
        due = waiting["next_due"]
        coming = [t for t in (status.next_timer, datetime.fromisoformat(due) if due else None) if t]
        if not coming and not waiting["touches_unknown"]:
            return None
        return min(end, max(min(coming, default=end), status.now + GRAIN)) + timedelta(seconds=1)

    def _settle(self) -> None:
        """Wait until nothing is under way on either side."""
        begun = time.monotonic()
        while not self._quiet():
            if time.monotonic() - begun > PATIENCE:
                raise Stuck(f"still waiting: {self._backlog()}, {self._world.status()}")
            time.sleep(0.02)

    def _quiet(self) -> bool:
        # Ours, theirs, ours again: what one side caused in the other between two looks is seen by the third.
        return self._nothing_waits() and self._world.status().idle and self._nothing_waits()

    def _nothing_waits(self) -> bool:
        names = "events_new carts_idle touches_due touches_in_hand touches_overdue errands_due".split()
        waiting = self._backlog()
        return not any(waiting[name] for name in names)

    def _backlog(self) -> dict[str, Any]:
        found: dict[str, Any] = self._session.get(self._backlog_url, timeout=10).json()
        return found


def _progress(share: float) -> None:
    """A bar for people; nothing for logs."""
    if sys.stderr.isatty():
        done = int(40 * share)
        sys.stderr.write(f"\r[{'#' * done}{'.' * (40 - done)}] {share:4.0%} of the story ")
        sys.stderr.write("\n" if share >= 1 else "")
        sys.stderr.flush()
