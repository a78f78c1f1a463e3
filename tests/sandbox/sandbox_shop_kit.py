"""A running sandbox with one shop, and an app's server that keeps every webhook's raw bytes and headers."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import requests
from werkzeug.serving import WSGIRequestHandler, make_server

from sandbox.app import create_app
from sandbox.clock import SandboxClock
from sandbox.world import World

ROOT = Path(__file__).resolve().parents[2]
PAYLOADS = ROOT / "tests" / "payloads"
LOOK = 0.02  # seconds between two looks whether to stop serving: a test waits as long at its end
START = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)  # ten in the morning in New York
DANA = {
    "phone": "+14155552671",
    "first_name": "Dana",
    "last_name": "O'Neil & Söhne",
    "email": "dana@example.com",
    "items": [{"sku": "MUG-BLUE", "quantity": 2}, {"sku": "BEANIE", "quantity": 1}],
    "consent": True,
    "country": "US",
    "region": "CA",
    "city": "San José",
}


@dataclass
class Got:
    """One delivery as it came in."""

    headers: dict[str, str]
    raw: bytes
    status: int
    path: str = ""

    @property
    def body(self):
        return json.loads(self.raw)

    @property
    def topic(self):
        names = ("X-Shopify-Topic", "X-Wc-Webhook-Topic", "X-Comeback-Topic")
        return next((self.headers[name] for name in names if name in self.headers), None)


class Quiet(WSGIRequestHandler):
    def log_request(self, *args):
        pass


class App:
    """The app's server: answers 200, or what `answers` says next, or `always`."""

    def __init__(self):
        self.got, self.answers, self.always = [], deque(), 200
        self.date = ""  # another than the server's own
        self.server = make_server("127.0.0.1", 0, self.wsgi, threaded=True, request_handler=Quiet)
        threading.Thread(target=self.server.serve_forever, args=(LOOK,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.port}/hook"

    def wsgi(self, environ, start_response):
        raw = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        headers = {
            key[5:].replace("_", "-").title(): value
            for key, value in environ.items()
            if key.startswith("HTTP_")
        }
        headers = {name.replace("X-Shopify-Api", "X-Shopify-API"): value for name, value in headers.items()}
        headers["Content-Type"] = environ.get("CONTENT_TYPE", "")
        status = self.answers.popleft() if self.answers else self.always
        self.got.append(Got(headers, raw, status, environ["PATH_INFO"]))
        extra = [("Location", "/elsewhere")] if 300 <= status < 400 else []
        extra += [("Date", self.date)] if self.date else []
        start_response(f"{status} X", [("Content-Length", "0"), *extra])
        return [b""]

    def topics(self):
        return [got.topic for got in self.got]

    def of(self, topic):
        return [got for got in self.got if got.topic == topic]


class Stage:
    """The running sandbox, one shop, the app, and short ways to make things happen."""

    def __init__(self, world, url, app):
        self.world, self.url, self.app = world, url, app
        self.http = requests.Session()

    def post(self, path, body=None):
        return self.http.post(self.url + path, json=body or {}, timeout=20)

    def get(self, path, **kwargs):
        return self.http.get(path if path.startswith("http") else self.url + path, timeout=20, **kwargs)

    def cart(self, shop, **changes):
        reply = self.post("/sandbox/carts", {"shop": shop, **DANA, **changes})
        assert reply.status_code == 201, reply.text
        self.settle()
        return reply.json()

    def buy(self, shop, token, **facts):
        reply = self.post(f"/sandbox/carts/{shop}/{token}/buy", facts)
        assert reply.status_code == 201, reply.text
        self.settle()
        return reply.json()

    def skip(self, **span):
        self.world.clock.skip(timedelta(**span))
        self.settle()

    def settle(self):
        """Wait until everything that was caused has been delivered."""
        for _ in range(2000):
            if self.world.idle():
                return
            time.sleep(0.005)
        raise AssertionError("the sandbox didn't come to rest in ten seconds")

    def ledger(self, kind):
        return self.world.ledger.of(kind)


def hmac_base64(raw, secret):
    return base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest()).decode()


@contextmanager
def stage():
    """A sandbox over HTTP on a free port, in this process."""
    world = World(SandboxClock(START), seed=7)
    server = make_server("127.0.0.1", 0, create_app(world), threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, args=(LOOK,), daemon=True).start()
    app = App()
    try:
        yield Stage(world, f"http://127.0.0.1:{server.port}", app)
    finally:
        server.shutdown()
        app.server.shutdown()
        world.couriers.shutdown(wait=True, cancel_futures=True)


SHOPIFY = {
    "id": "mugs",
    "platform": "shopify",
    "name": "Mug & Co",
    "domain": "mugs.myshopify.com",
    "access_token": "shpat_sandbox",
    "webhook_secret": "shpss_test_0123456789abcdef0123456789",
}
WOO = {
    "id": "woolly",
    "platform": "woocommerce",
    "name": "Woolly",
    "consumer_key": "ck_" + "1" * 40,
    "consumer_secret": "cs_" + "2" * 40,
    "webhook_secret": "whsec-test",
}


@contextmanager
def shopify_stage(**changes):
    with stage() as it:
        reply = it.post("/sandbox/shops", {**SHOPIFY, "webhook_url": it.app.url, **changes})
        assert reply.status_code == 201, reply.text
        it.api_base = reply.json()["api_base"]
        it.store = it.world.stores["mugs"]
        yield it


@contextmanager
def woo_stage(**changes):
    with stage() as it:
        reply = it.post("/sandbox/shops", {**WOO, "webhook_url": it.app.url, **changes})
        assert reply.status_code == 201, reply.text
        it.api_base = reply.json()["api_base"]
        it.store = it.world.stores["woolly"]
        yield it


PLUGIN_SECRET = "s" * 43
WORDS = "I agree to get recurring automated marketing texts, such as reminders of my cart, from Woolly."


def rest(it, method, path, body=None, **headers):
    """A call of the store's REST API over https, as the sandbox sees it: with the key as Basic."""
    return it.http.request(
        method,
        f"{it.api_base}/wp-json/{path}",
        json=body,
        auth=(WOO["consumer_key"], WOO["consumer_secret"]),
        headers={"X-Forwarded-Proto": "https", **headers},
        timeout=20,
        allow_redirects=False,
    )


def connection(it, **changes):
    """What PUT wc-comeback/v1/connection takes."""
    return {
        "protocol": 1,
        "comeback_url": it.app.url.removesuffix("/hook"),
        "shop_key": "3EihuucfsnGi",
        "secret": PLUGIN_SECRET,
        "wordings": [
            {"locale": "en", "version": 3, "text": WORDS},
            {"locale": "fr", "version": 1, "text": "J\u2019accepte de recevoir des SMS."},
        ],
        **changes,
    }


@contextmanager
def plugin_stage(**changes):
    """A store with the plugin, connected to the app's server."""
    with woo_stage(plugin=True, **changes) as it:
        reply = rest(it, "PUT", "wc-comeback/v1/connection", connection(it))
        assert reply.status_code == 200, reply.text
        yield it
