"""A running sandbox for tests, a shop's server that records webhooks, and a client of the carrier."""

import functools
import hashlib
import json
import threading
import time
import uuid
from collections import deque
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import jwt
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from werkzeug.serving import WSGIRequestHandler, make_server

from sandbox.app import create_app
from sandbox.clock import SandboxClock
from sandbox.server import SandboxServer
from sandbox.world import World

START = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)  # ten in the morning in New York
API_KEY, APPLICATION, SECRET = (
    "abcd1234",
    "11111111-2222-4333-8444-555555555555",
    "sandbox-signature-" + "x" * 20,
)
SENDER, ANNA = "12015550123", "+12125550110"


class Quiet(WSGIRequestHandler):
    def log_request(self, *args):
        pass


class Receiver:
    """A shop's server: answers 200, or what `answers` says next; keeps (path, headers, raw body).

    GETs go to `links`: a path there is redirected; `visits` keeps (path, User-Agent).
    """

    def __init__(self):
        self.got, self.answers, self.links, self.visits = [], deque(), {}, []
        self.server = make_server("127.0.0.1", 0, self.app, threaded=True, request_handler=Quiet)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.port}"

    def app(self, environ, start_response):
        raw = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if environ["REQUEST_METHOD"] == "POST":
            self.got.append((environ["PATH_INFO"], environ.get("HTTP_AUTHORIZATION", ""), raw))
        else:
            self.visits.append((environ["PATH_INFO"], environ.get("HTTP_USER_AGENT", "")))
            if target := self.links.get(environ["PATH_INFO"]):
                start_response("302 Found", [("Location", target), ("Content-Length", "0")])
                return [b""]
        status = self.answers.popleft() if self.answers else 200
        start_response(f"{status} X", [("Content-Length", "2")])
        return [b"ok"]

    def bodies(self, path=None):
        return [json.loads(raw) for at, _, raw in self.got if path in (None, at)]

    def states(self):
        return [body["status"] for body in self.bodies("/status")]


@functools.cache
def key_pair():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()


class Place:
    """One running sandbox with one account and one number."""

    def __init__(self, world, server, receiver):
        self.world, self.receiver, self.http = world, receiver, requests.Session()
        self.url = f"http://127.0.0.1:{server.port}"

    def token(self, key=None, algorithm="RS256", **claims):
        now = int(self.world.clock.now().timestamp())
        content = {"application_id": APPLICATION, "iat": now, "exp": now + 900, "jti": str(uuid.uuid4())}
        return jwt.encode({**content, **claims}, key or key_pair()[0], algorithm=algorithm)

    def post(self, path, **body):
        return self.http.post(self.url + path, json=body, timeout=10)

    def get(self, path):
        return self.http.get(self.url + path, timeout=10)

    def faults(self, **faults):
        answer = self.post("/sandbox/faults", **faults)
        assert answer.status_code == 200, answer.text

    def send(
        self,
        text="Your cart waits: http://127.0.0.1:9/r/abc",
        to=ANNA,
        path="/v1/messages",
        token=None,
        **more,
    ):
        body = {
            "to": to.lstrip("+"), "from": SENDER, "text": text, "channel": "sms", "message_type": "text",
            **more,
        }  # fmt: skip
        headers = {"Authorization": f"Bearer {token or self.token()}"}
        return self.http.post(self.url + path, json=body, headers=headers, timeout=10)

    def reply(self, text, phone=ANNA):
        answer = self.post(f"/sandbox/phones/{phone}/reply", text=text)
        assert answer.status_code == 200, answer.text
        self.settle()

    def skip(self, **time_to_skip):
        self.world.clock.skip(timedelta(**time_to_skip))
        self.settle()

    def settle(self):
        """Wait until nothing is under way."""
        until = time.monotonic() + 15
        while time.monotonic() < until:
            if self.get("/sandbox/status").json()["idle"]:
                return
            time.sleep(0.01)
        raise AssertionError("the sandbox never came to rest")

    def ledger(self, kind):
        return self.get(f"/sandbox/ledger?kind={kind}").json()["entries"]

    def summary(self):
        return self.get("/sandbox/summary").json()

    def shop(self, id="mugs", platform="shopify", country="US"):
        """Open a shop; its webhooks go to the receiver."""
        keys = (
            {"domain": f"{id}.myshopify.com", "access_token": "shpat_dummy"}
            if platform == "shopify"
            else {"consumer_key": "ck_dummy", "consumer_secret": "cs_dummy"}
        )
        webhooks = {"webhook_url": f"{self.receiver.url}/{id}", "webhook_secret": "dummy"}
        answer = self.post(
            "/sandbox/shops", id=id, name=id.title(), platform=platform, country=country, **keys, **webhooks
        )
        assert answer.status_code == 201, answer.text

    def cart(self, cart="t1", phone=ANNA, shop="mugs", consent=True, country="US", region="NY"):
        self.world.ledger.write(
            "cart", shop=shop, token=cart, phone=phone, consent=consent, country=country, region=region
        )

    def order(self, cart="t1", shop="mugs"):
        self.world.ledger.write("order", shop=shop, token=cart, phone=ANNA, order_id="1")


@contextmanager
def running_place(seed=1, start=START):
    world = World(SandboxClock(start), seed=seed)
    server, receiver = SandboxServer("127.0.0.1", 0, create_app(world)), Receiver()
    threading.Thread(target=lambda: server.serve_forever(0.02), daemon=True).start()
    place = Place(world, server, receiver)
    answer = place.post("/sandbox/carrier", **account(receiver.url))
    assert answer.status_code == 200, answer.text
    try:
        yield place
    finally:
        place.http.close()
        server.shutdown()
        server.server_close()
        receiver.server.shutdown()
        receiver.server.server_close()
        world.close()


def account(receiver_url, **changes):
    number = {
        "shop": "mugs",
        "inbound_url": f"{receiver_url}/inbound",
        "status_url": f"{receiver_url}/status",
    }
    return {
        "api_key": API_KEY, "application_id": APPLICATION, "signature_secret": SECRET,
        "public_key": key_pair()[1], "numbers": {SENDER: number}, **changes,
    }  # fmt: skip


def verified(header, raw):
    """The claims of a webhook's token, checked as Vonage's "Signed webhooks" tells receivers to."""
    scheme, _, token = header.partition(" ")
    assert scheme == "Bearer"
    claims = jwt.decode(
        token, SECRET, algorithms=["HS256"],
        options={"require": ["iat", "jti", "payload_hash"], "verify_iat": False},
    )  # fmt: skip
    assert claims["iss"] == "Vonage" and claims["api_key"] == API_KEY
    assert claims["payload_hash"] == hashlib.sha256(raw).hexdigest()
    return claims
