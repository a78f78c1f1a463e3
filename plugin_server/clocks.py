"""The time by which we decide. Production has one clock; only the sandbox wiring can be given another."""

import threading
from datetime import UTC, datetime

import requests

from connectors import http
from plugin_server.settings import Settings
from sequences.ports import Clock


class SystemClock:
    """The machine's own."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class SandboxClock:
    """A sandbox's clock, asked each time: it may be moved at any moment."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._local = threading.local()

    def now(self) -> datetime:
        return datetime.fromisoformat(self._session().get(self._url).json()["now"])

    def _session(self) -> requests.Session:
        # A session per thread: one clock serves every thread of a process.
        if not hasattr(self._local, "session"):
            self._local.session = http.session(allow_private=True, pool=1)
        session: requests.Session = self._local.session
        return session


def clock_for(settings: Settings) -> Clock:
    """Settings refuse a clock address in production; this refuses it once more."""
    if settings.sandbox and settings.clock_url:
        return SandboxClock(settings.clock_url)
    return SystemClock()
