"""All HTTP that leaves the sandbox: webhooks, carrier reports, shoppers' clicks. Loopback targets only."""

import ipaddress
import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from sandbox.world import World

log = logging.getLogger("sandbox.courier")

SHOPIFY_TIMEOUT = (1.0, 5.0)  # 1 s to connect, 5 s for the answer: shopify.dev, webhooks, "Troubleshoot"
WOOCOMMERCE_TIMEOUT = (5.0, 60.0)  # WC_Webhook::deliver: one minute
CARRIER_TIMEOUT = (5.0, 15.0)

Action = Callable[[], None]


class NotLoopback(ValueError):
    """The sandbox only speaks to this machine: use 127.0.0.1, [::1] or localhost in the address."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. `status` is 0 when nothing did: refused, reset or timed out, as `error` says."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    url: str = ""  # after redirects
    error: str | None = None

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


def is_loopback(url: str) -> bool:
    """True if the address can only be this machine (no name is looked up, except localhost)."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return False
    if parts.hostname == "localhost" or parts.hostname.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(parts.hostname).is_loopback
    except ValueError:
        return False


class LoopbackAdapter(HTTPAdapter):
    """Refuses every other host, on redirects too, since those come through the adapter again."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        if not is_loopback(request.url or ""):
            raise NotLoopback(f"the sandbox won't call {urlsplit(request.url or '').hostname!r}")
        return super().send(request, *args, **kwargs)


class Courier:
    """Carries requests for one world and keeps its `in_flight` count, so that `world.idle()` is honest."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._local = threading.local()
        self._lanes: dict[str, deque[Action]] = {}

    def call(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: tuple[float, float] = CARRIER_TIMEOUT,
        follow: bool = False,
    ) -> Reply:
        """One request, now, on this thread. Network trouble is a Reply with status 0.

        Raises NotLoopback for a target (or, with `follow`, a redirect) that is not this machine.
        """
        named, url = urlsplit(url), self.at(url)
        as_proxied = {"Host": named.netloc, "X-Forwarded-Proto": named.scheme}
        headers = dict(headers or {}) | (as_proxied if urlsplit(url).netloc != named.netloc else {})
        with self.busy():
            try:
                answer = self._session().request(
                    method,
                    url,
                    data=body,
                    headers=headers,
                    timeout=timeout,
                    allow_redirects=follow,
                )
            except requests.RequestException as trouble:
                return Reply(0, url=url, error=type(trouble).__name__)
            return Reply(answer.status_code, answer.content, answer.headers, answer.url)

    def at(self, url: str) -> str:
        """The address with its name resolved, where the world was told to where that leads. Who is called there sees
        what a proxy that ends TLS would pass on."""
        parts = urlsplit(url)
        there = self.world.hosts.get(f"{parts.scheme}://{parts.netloc}")
        return url if there is None else there + url[len(f"{parts.scheme}://{parts.netloc}") :]

    def queue(self, action: Action, lane: str | None = None) -> None:
        """Run `action` soon on a courier thread; those of one lane run one after the other, in order."""
        with self.world.lock:
            self.world.in_flight += 1
            if lane is None:
                self._start(lambda: self._run(action))
            elif lane in self._lanes:
                self._lanes[lane].append(action)
            else:
                self._lanes[lane] = deque([action])
                self._start(lambda: self._drain(lane))

    def later(self, delay: timedelta, action: Action, lane: str | None = None) -> None:
        """Queue `action` once `delay` of sandbox time has passed."""
        self.world.clock.after(delay, lambda: self.queue(action, lane))

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Count what happens inside as under way."""
        with self.world.lock:
            self.world.in_flight += 1
        try:
            yield
        finally:
            with self.world.lock:
                self.world.in_flight -= 1

    def _start(self, work: Action) -> None:
        self.world.couriers.submit(work).add_done_callback(_report)

    def _run(self, action: Action) -> None:
        try:
            action()
        finally:
            with self.world.lock:
                self.world.in_flight -= 1

    def _drain(self, lane: str) -> None:
        """Run the lane's next action, then start this again for the rest, so that lanes share the threads."""
        with self.world.lock:
            action = self._lanes[lane][0]
        try:
            self._run(action)
        finally:
            with self.world.lock:
                self._lanes[lane].popleft()
                if self._lanes[lane]:
                    self._start(lambda: self._drain(lane))
                else:
                    del self._lanes[lane]

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            session.trust_env = False  # no proxy between the sandbox and this machine
            session.mount("http://", LoopbackAdapter(pool_maxsize=4))
            session.mount("https://", LoopbackAdapter(pool_maxsize=4))
        session.cookies.clear()
        return session


def _report(done: "Future[None]") -> None:
    if (trouble := done.exception()) is not None:
        log.error("courier: %s: %s", type(trouble).__name__, trouble, exc_info=trouble)
