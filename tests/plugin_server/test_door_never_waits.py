"""Whatever hangs, is locked or is being refreshed on the way to Shopify: a delivery is written down and answered.

Each test holds on to what must not be waited for, delivers, and looks that it still holds it.
"""

import ast
import base64
import hashlib
import hmac
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import islice

import code_pools_kit as pool_kit
import psycopg
import pytest
import requests
from flask.testing import FlaskClient
from shopify_kit import TEA, found, open_app, open_shop, query
from spine_kit import PHONE, due, hand_over, owner, rows, shopify, skip
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from connectors.platforms.shopify.admin import NotReached
from plugin_server.install.tokens import lock_shop
from plugin_server.jobs import errands, others, pooling, rereading
from plugin_server.setting import ROOT
from plugin_server.store import errands as errand_store
from plugin_server.store.tx import Tx
from plugin_server.web import asking, intake
from plugin_server.web.app import create_app
from plugin_server.wiring import machine

LONG = 30  # seconds after which something waits for ever
MUGS = "mugs.myshopify.com"


class Silent:
    """A store that takes every connection and every request, and never says a word."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._taken: list[socket.socket] = []
        self._came = threading.Condition()
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        while True:
            try:
                taken, _ = self._listening.accept()
            except OSError:
                return
            with self._came:
                self._taken.append(taken)
                self._came.notify_all()

    def wait_for(self, guests: int = 1) -> None:
        with self._came:
            assert self._came.wait_for(lambda: len(self._taken) >= guests, LONG), "nobody asks the store"

    def close(self) -> None:
        """Hang up on all. Harmless twice."""
        if self._listening.fileno() != -1:
            self._listening.shutdown(socket.SHUT_RDWR)  # wakes who accepts
        self._listening.close()
        for taken in self._taken:
            taken.close()


@pytest.fixture
def silent() -> Iterator[Silent]:
    store = Silent()
    yield store
    store.close()


def deliver(spine, *, shop: str | None = "mugs", domain: str = MUGS) -> requests.Response:
    body = json.dumps({"token": uuid.uuid4().hex}).encode()
    return shopify(spine, "checkouts/update", body, shop=shop, X_Shopify_Shop_Domain=domain)


def kept(spine) -> int:
    """Committed: read by a connection of its own."""
    with owner(spine.machine.db.url) as c:
        return c.execute("SELECT count(*) FROM events").fetchone()[0]


def assert_delivered(spine, **to) -> None:
    before = kept(spine)
    answer = deliver(spine, **to)
    assert (answer.status_code, answer.text) == (200, "kept\n")
    assert kept(spine) == before + 1


# -- the store's API hangs


def installs(spine) -> None:
    open_app(spine)


def refreshes(spine) -> None:
    with pytest.raises(NotReached):  # in the end
        spine.machine.keeper.of(found(spine).shop).current()


WAITING: dict[str, Callable] = {
    "the last look": hand_over,
    "a token's refresh": refreshes,
    "an installation": installs,
    "a pool that is made": lambda spine: pooling.run(spine.machine),
    "an errand": lambda spine: errands.run(spine.machine),
    "a store that is read again": lambda spine: rereading.run(spine.machine),
    "other tools that are looked for": lambda spine: others.run(spine.machine),
}


def prepared(spine, what: str) -> None:
    """So that there is something to ask the store for."""
    open_shop(spine)
    if what == "the last look":
        due(spine)
    if what == "a token's refresh":
        open_app(spine)
        skip(spine, hours=2)
    if what == "a pool that is made":
        pool_kit.offer(spine)
        due(spine)
    if what == "an errand":
        opted_out(spine)
    if what == "a store that is read again":
        rereading.adopt(spine.machine)


def opted_out(spine) -> None:
    installed = found(spine, MUGS)
    with spine.machine.db.shop(installed.shop.id) as c:
        tx = Tx(c, installed.shop, spine.machine.secrets)
        errand_store.add(tx, "opt_out", PHONE, spine.machine.clock.now())


@pytest.mark.parametrize("what", WAITING)
def test_a_store_that_never_answers_keeps_no_delivery_waiting(spine, silent, what) -> None:
    prepared(spine, what)
    spine.machine.settings = replace(spine.machine.settings, shopify_url=silent.url + "/{shop}")
    waits = threading.Thread(target=lambda: WAITING[what](spine), daemon=True)
    waits.start()
    silent.wait_for()
    assert_delivered(spine)
    assert_delivered(spine, shop=None)
    if what == "a token's refresh":
        assert_delivered(spine, shop=None, domain=TEA)
    assert waits.is_alive(), "nothing was waited for: the test shows nothing"
    silent.close()
    waits.join(LONG)


# -- somebody holds a lock


def advisory(*key: int | str) -> Callable:
    return lambda c: c.execute(text(f"SELECT pg_advisory_xact_lock({', '.join(map(str, key))})"))


SHOP = "(SELECT CAST(id AS integer) FROM shops WHERE domain = 'tea.myshopify.com')"
HELD: dict[str, Callable] = {
    "the row of its tokens": lambda c: c.execute(text("SELECT FROM shop_tokens FOR UPDATE")),
    "its installation": lambda c: lock_shop(c, TEA),
    "its own row": lambda c: c.execute(text("SELECT FROM shops FOR UPDATE")),
    "its events, which are applied": advisory(41, SHOP),
    "its texts, which are decided": advisory(42, SHOP),
    "its evidence": advisory(43, SHOP),
    "its pools": advisory(44, SHOP),
    "what errands are claimed under": advisory(43, 0),
    "what pools are claimed under": advisory(43, 1),
    "every row that a job may hold": lambda c: [
        c.execute(text(f"SELECT FROM {table} FOR UPDATE")) for table in ("events", "carts", "touches")
    ],
}


@contextmanager
def holding(spine, what: str) -> Iterator[None]:
    """Another transaction has it until the end."""
    with spine.machine.db.system() as c:
        HELD[what](c)
        yield


def can_be_had(spine, what: str) -> bool:
    try:
        with spine.machine.db.system() as c:
            c.execute(text("SET LOCAL lock_timeout = '50ms'"))
            HELD[what](c)
    except OperationalError as error:
        assert isinstance(error.orig, psycopg.errors.LockNotAvailable)
        return False
    return True


@pytest.mark.parametrize("what", HELD)
def test_a_delivery_needs_no_lock_that_a_job_may_hold(spine, monkeypatch, what) -> None:
    monkeypatch.setattr(intake, "REMEMBERED_SECONDS", 0.0)  # each delivery looks its shop up
    open_shop(spine)
    open_app(spine)
    due(spine)
    with holding(spine, what):
        assert not can_be_had(spine, what), "nothing is held: the test shows nothing"
        assert_delivered(spine, shop=None, domain=TEA)
        assert_delivered(spine)


# -- the door itself asks nobody


SEEN: list[list[tuple]] = []


def _audit(event: str, args: tuple) -> None:
    for seen in SEEN:
        if event in ("socket.connect", "socket.getaddrinfo") and threading.get_ident() == seen[0][0]:
            seen.append((event, args[-1] if event == "socket.connect" else args[0]))


sys.addaudithook(_audit)  # stays for good, and does nothing while nobody listens


@contextmanager
def connections() -> Iterator[list[tuple]]:
    """What this thread's Python code connects to. PostgreSQL's own library isn't Python code."""
    seen: list[tuple] = [(threading.get_ident(),)]
    SEEN.append(seen)
    try:
        yield seen
    finally:
        SEEN.remove(seen)
        del seen[0]


@pytest.fixture
def client(spine, silent) -> Iterator[FlaskClient]:
    """A web of its own, by the machine's clock as in production, whose stores never answer."""
    quick = replace(spine.machine.settings, clock_url="", shopify_url=silent.url + "/{shop}")
    made = machine(quick, spine.machine.db.url, spine.machine.redis_url)
    yield create_app(made).test_client()
    made.close()


def post(client, spine, domain: str = TEA, *, key: str = "") -> int:
    body = json.dumps({"token": uuid.uuid4().hex}).encode()
    secret = spine.machine.settings.shopify_client_secret.encode()
    headers = {
        "X-Shopify-Topic": "checkouts/update",
        "X-Shopify-Hmac-Sha256": base64.b64encode(hmac.digest(secret, body, hashlib.sha256)).decode(),
        "X-Shopify-Shop-Domain": domain,
        "X-Shopify-Webhook-Id": uuid.uuid4().hex,
        "X-Shopify-Triggered-At": spine.world.status().now.isoformat(),
    }
    with connections() as seen:
        answer = client.post("/webhooks/shopify" + (f"/{key}" if key else ""), data=body, headers=headers)
    assert seen == [], "the door asked somebody"
    return answer.status_code


def test_a_delivery_connects_to_nobody_even_if_its_shops_token_has_ended(spine, client) -> None:
    open_shop(spine)
    open_app(spine)
    skip(spine, hours=2)
    before = rows(spine, "SELECT * FROM shop_tokens")
    assert post(client, spine) == 200
    assert post(client, spine, MUGS) == 200
    assert post(client, spine, MUGS, key=spine.keys["mugs"]) == 200
    assert post(client, spine, "nobody.myshopify.com") == 404
    assert rows(spine, "SELECT * FROM shop_tokens") == before


def test_what_watches_the_door_sees_a_connection(spine, silent) -> None:
    with connections() as seen, pytest.raises(requests.Timeout):
        requests.get(silent.url, timeout=0.2)
    assert any(event == "socket.connect" for event, _ in seen)


def test_a_delivery_is_one_statement_and_its_shop_one_look(spine, client, monkeypatch) -> None:
    post(client, spine, "nobody.myshopify.com")  # connects
    post(client, spine, MUGS)
    said: list[str] = []
    execute = psycopg.Cursor.execute

    def heard(cursor, query, *args, **more):
        if threading.get_ident() == here:
            said.append(str(query))
        return execute(cursor, query, *args, **more)

    here = threading.get_ident()
    monkeypatch.setattr(psycopg.Cursor, "execute", heard)
    for _ in range(3):
        assert post(client, spine, MUGS) == 200
    assert ["INSERT INTO events" in sql for sql in said] == [True] * 3
    said.clear()
    assert post(client, spine, MUGS, key=spine.keys["mugs"]) == 200
    assert [sql for sql in said if " FROM shops " in sql or "INSERT INTO events" in sql] == said[-2:], said
    assert len(said) <= 4, said


# -- the threads of `web`


@pytest.fixture
def one_thread(spine, silent) -> Iterator[str]:
    """The real `web`, one process that answers one request at a time, whose stores never answer."""
    for _ in range(5):  # between our look and its start somebody else may take the port
        port = free_port()
        web = start_web(spine, silent, port)
        try:
            if answers(f"http://127.0.0.1:{port}", web):
                yield f"http://127.0.0.1:{port}"
                return
        finally:
            with suppress(ProcessLookupError):
                os.killpg(web.pid, signal.SIGKILL)
            web.wait()
    raise AssertionError("web doesn't start")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def start_web(spine, silent: Silent, port: int) -> "subprocess.Popen[bytes]":
    s = spine.machine.settings
    more = {
        "DATABASE_URL": spine.machine.db.url,
        "REDIS_URL": spine.machine.redis_url,
        "COMEBACK_WIRING": "sandbox",
        "COMEBACK_DATA_DIR": str(s.data_dir),
        "COMEBACK_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "COMEBACK_PORT": str(port),
        "COMEBACK_CLOCK_URL": s.clock_url,
        "COMEBACK_SHOPIFY_URL": silent.url + "/{shop}",
        "COMEBACK_WEB_WORKERS": "1",
        "COMEBACK_WEB_THREADS": "1",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COMEBACK_")}
    serve = "from plugin_server import serving; serving.serve()"
    command = [sys.executable, "-c", serve]
    return subprocess.Popen(command, env={**kept, **more}, cwd=ROOT, start_new_session=True)


def answers(url: str, web: "subprocess.Popen[bytes]") -> bool:
    """True once it does; False if it ended instead."""
    until = time.monotonic() + LONG
    while web.poll() is None and time.monotonic() < until:
        with suppress(requests.RequestException):
            if requests.get(f"{url}/health", timeout=LONG).ok:
                return True
        time.sleep(0.05)
    return False


def test_merchants_who_wait_for_shopify_leave_the_threads_to_deliveries(spine, silent, one_thread) -> None:
    """Everybody opens the app while Shopify hangs: some wait, the others are told so at once."""
    open_shop(spine)
    address = f"{one_thread}/?{query(spine)}"
    with ThreadPoolExecutor(3 * asking.MOST) as pool:
        opened = [pool.submit(requests.get, address, timeout=2 * LONG) for _ in range(3 * asking.MOST)]
        silent.wait_for()
        told = list(islice(as_completed(opened, LONG), 2 * asking.MOST))
        assert {page.result().status_code for page in told} == {503}
        spine.url = one_thread
        assert_delivered(spine)
        assert_delivered(spine, shop=None)
        assert len([page for page in opened if not page.done()]) == asking.MOST, "nobody waits any more"
        silent.close()


ASKS = {
    "opened",
    "installed_anew",
    "keeper",
    "token_client",
    "usage",
    "last_look",
    "automations",
    "look",
    "client",
    "tend",
    "verified",
    "read_facts",
}


def test_every_page_that_asks_a_store_does_so_in_its_turn() -> None:
    """Whatever in `web` waits for a store is called inside of `with ….turn():`."""
    found = {}
    for path in (ROOT / "plugin_server" / "web").glob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        turns = [n for n in ast.walk(tree) if isinstance(n, ast.With) and "turn()" in ast.unparse(n.items[0])]
        inside = {id(n) for turn in turns for n in ast.walk(turn)}
        for n in ast.walk(tree):
            if isinstance(n, ast.Attribute) and n.attr in ASKS:
                found[f"{path.name}: {ast.unparse(n)}"] = id(n) in inside
    assert found == {
        "shopify.py: shopify.opened": True,
        "shopify_outside.py: shopify.opened": True,
        "shopify_auth.py: shopify.installed_anew": True,
        "woocommerce.py: connect.look": True,
    }
