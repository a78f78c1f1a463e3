"""Nobody takes the sandbox for the real thing: whatever it answers, and however it was asked, it says what it is."""

import socket
import threading

import pytest
import requests
from sandbox_shop_kit import SHOPIFY, START, shopify_stage

from sandbox.app import create_app
from sandbox.clock import SandboxClock
from sandbox.server import NotLoopback, SandboxServer
from sandbox.world import World

ADMIN = "/admin/api/2026-10/graphql.json"
MARK = "comeback-sandbox"


@pytest.fixture(scope="module")
def it():
    with shopify_stage() as made:
        yield made


@pytest.fixture
def server():
    world = World(SandboxClock(START))
    made = SandboxServer("127.0.0.1", 0, create_app(world))
    threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()
    world.close()


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", ADMIN, {"query": "{ shop { name } }"}, 200),
        ("POST", ADMIN, {"query": "{ shop { shoeSize } }"}, 200),
        ("POST", ADMIN, {"query": "{ shop {"}, 200),
        ("POST", ADMIN, {}, 400),
        ("POST", "/admin/api/2031-01/graphql.json", {"query": "{ shop { name } }"}, 404),
        ("GET", ADMIN, None, 405),
        ("POST", "/admin/oauth/access_token", {}, 401),
        ("GET", "/admin/oauth/authorize", None, 400),
        ("GET", "/discount/X?redirect=/cart/1:1", None, 302),
        ("GET", "/cart/1:1", None, 404),
        ("GET", "/1/checkouts/ac/x/recover", None, 404),
    ],
)
def test_every_answer_of_a_shop_says_that_it_is_a_simulator(it, method, path, body, status):
    headers = {"X-Shopify-Access-Token": SHOPIFY["access_token"]}
    reply = it.http.request(
        method, it.api_base + path, json=body, headers=headers, timeout=20, allow_redirects=False
    )
    assert (reply.status_code, reply.headers.get("X-Sandbox")) == (status, MARK)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/shopify-api/auth/access_token", 400),
        ("POST", "/shopify-api/app/unstable/events", 401),
        ("GET", "/sandbox/clock", 200),
        ("POST", "/sandbox/faults", 422),
        ("GET", "/sandbox/shops/nobody/usage", 404),
        ("GET", "/nowhere", 404),
        ("GET", "/static/shop.css", 200),
    ],
)
def test_so_does_every_other(it, method, path, status):
    reply = it.http.request(method, it.url + path, timeout=20)
    assert (reply.status_code, reply.headers.get("X-Sandbox")) == (status, MARK)


def test_so_does_what_never_reaches_the_application(server):
    url = f"http://127.0.0.1:{server.port}/sandbox/clock"
    assert requests.get(url, timeout=9).headers["X-Sandbox"] == MARK
    for request, status in (
        (b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n", b"413"),
        (b"BREW /x HTTP/1.1\r\nHost: x\r\n\r\n", b"501"),
    ):
        with socket.create_connection(("127.0.0.1", server.port), 9) as line:
            line.sendall(request)
            said = line.recv(65536)
        assert status in said.split(b"\r\n")[0] and b"X-Sandbox: comeback-sandbox" in said, said[:200]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com", ""])
def test_it_listens_to_this_machine_only(host):
    with pytest.raises(NotLoopback):
        SandboxServer(host, 0, lambda environ, start: [])
