"""Two stores to call over HTTP: the sandbox's, which behaves, and a scripted one, which needn't."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flask import Flask, request

from connectors.platforms.woocommerce.client import Store
from sandbox.clock import SandboxClock
from sandbox.courier import Courier
from sandbox.server import SandboxServer
from sandbox.storefront import CartRequest, WantedItem
from sandbox.woocommerce.routes import bp
from sandbox.woocommerce.state import Shop as SandboxShop
from sandbox.woocommerce.store import WooStore
from sandbox.world import World
from sequences.cart import Shop
from sequences.ports import CartRef

KEYS = {"consumer_key": "ck_" + "1" * 40, "consumer_secret": "cs_" + "2" * 40, "allow_private": "1"}
START = datetime(2026, 11, 24, 12, tzinfo=UTC)
ANN = "+14155552671"


@dataclass
class Sandbox:
    """The pretend store with its world, and how we see it. `asked`: the calls it got, as method and query."""

    world: World
    store: WooStore
    shop: Shop
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def open_cart(self, phone: str | None = ANN, email: str | None = None, **more: Any) -> CartRef:
        """An order that someone left at the gateway, as we know it."""
        request = CartRequest(items=(WantedItem("MUG-BLUE"),), phone=phone, email=email, **more)
        token = self.store.open_cart(request).token
        return CartRef(key=f"order:{token}", since=self.world.clock.now(), phone=phone, email=email)


@contextmanager
def sandbox_store() -> Iterator[Sandbox]:
    world = World(SandboxClock(START))
    app = Flask("sandbox-woo")
    app.extensions["world"] = world
    app.register_blueprint(bp)
    server = SandboxServer("127.0.0.1", 0, app)
    base = f"http://127.0.0.1:{server.port}"
    pretend = SandboxShop("mugs", "Mug House", "USD", "US", "en-US", "America/New_York", base)
    store = WooStore(world, Courier(world), pretend)
    store.keys[KEYS["consumer_key"]] = (KEYS["consumer_secret"], "read_write")
    world.stores["mugs"] = store
    shop = Shop(
        id=1,
        key="k" * 32,
        platform="woocommerce",
        domain=f"{base}/woo/mugs",
        name="Mug House",
        currency="USD",
        country="US",
    )
    made = Sandbox(world, store, shop)

    @app.before_request
    def note() -> None:
        made.asked.append((request.method, request.args.to_dict()))

    with _serving(server):
        yield made
    world.couriers.shutdown(wait=False, cancel_futures=True)


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: bytes
    peer: int  # the port it came from: one per connection


Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Scripted:
    """A server that answers as `answer` says and keeps what it was asked."""

    url: str
    answer: Callable[[Request], Answer]
    asked: list[Request] = field(default_factory=list)

    def store(self, **credentials: str) -> Store:
        return Store(self.url, KEYS | credentials)


@contextmanager
def scripted_store(answer: Callable[[Request], Answer], tls: Any = None) -> Iterator[Scripted]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            parts = urlsplit(self.path)
            query = parse_qsl(parts.query, keep_blank_values=True)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked = Request(self.command, parts.path, query, dict(self.headers), body, self.client_address[1])
            made.asked.append(asked)
            status, headers, content = made.answer(asked)
            if not status:
                self.close_connection = True  # hangs up
                return
            self.send_response(status)
            for name, value in ({"Content-Type": "application/json"} | headers).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            with suppress(BrokenPipeError):  # whoever asked has given up
                self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = handle_any

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    scheme = "http" if tls is None else "https"
    made = Scripted(f"{scheme}://localhost:{server.server_address[1]}", answer)
    with _serving(server):
        yield made


@contextmanager
def _serving(server: ThreadingHTTPServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
