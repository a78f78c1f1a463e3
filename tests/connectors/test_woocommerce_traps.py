"""What the `woocommerce` 3.0.0 client does on its own, and what the wrapper makes of it. The other traps (errors that
aren't raised, pages instead of data, lists, redirects, connections) stand in test_woocommerce_client and _answers."""

import inspect
import logging
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import requests
import woocommerce
from woo_server import KEYS, sandbox_store, scripted_store

from connectors import http
from connectors.platforms.woocommerce import client
from connectors.platforms.woocommerce.client import PooledAPI, Store
from connectors.platforms.woocommerce.errors import StoreError, Unauthorised, Unavailable, WrongStoreUrl


@pytest.fixture
def sandbox():
    with sandbox_store() as made:
        yield made


class Receiver:
    """Where webhooks are delivered to, by a single worker: it answers a ping after so many seconds."""

    def __init__(self, seconds):
        class Handler(BaseHTTPRequestHandler):
            def do_POST(handler):
                self.asked.append(handler.rfile.read(int(handler.headers["Content-Length"])))
                time.sleep(seconds)
                handler.send_response(200)
                handler.end_headers()

            def log_message(handler, *args):
                pass

        self.asked = []
        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()


@pytest.fixture
def receiver():
    made = []

    def slow(seconds):
        made.append(Receiver(seconds))
        return made[-1]

    yield slow
    for each in made:
        each.server.shutdown()
        each.server.server_close()


def hook(url):
    return {"name": "x", "topic": "order.updated", "delivery_url": url, "secret": "s" * 32}


# -- time


def test_a_request_waits_for_half_a_minute_and_not_for_five_seconds(sandbox, monkeypatch):
    given = []
    really = requests.Session.request
    monkeypatch.setattr(
        http.Session, "request", lambda self, *a, **k: given.append(k) or really(self, *a, **k)
    )
    Store(sandbox.shop.domain, KEYS).get("orders")
    assert given[0]["timeout"] == (3.05, 30.0)
    assert inspect.signature(woocommerce.API.__init__).parameters["kwargs"], "its own default is 5 s for all"
    assert woocommerce.API("https://shop.example", "ck", "cs").timeout == 5


def test_the_ping_at_a_webhooks_creation_is_waited_for(sandbox, receiver):
    slow = receiver(1.0)
    made = Store(sandbox.shop.domain, KEYS).post("webhooks", hook(slow.url))
    assert (made["status"], slow.asked) == ("active", [f"webhook_id={made['id']}".encode()])


def test_a_webhook_whose_answer_was_lost_was_made_and_is_found_by_listing(sandbox, receiver, monkeypatch):
    monkeypatch.setattr(client, "READ", 0.3)
    store, slow = Store(sandbox.shop.domain, KEYS), receiver(1.0)
    with pytest.raises(Unavailable) as lost:
        store.post("webhooks", hook(slow.url))
    assert not lost.value.permanent, "whoever asked must look before they ask again"
    monkeypatch.setattr(client, "READ", 30.0)
    assert [row["delivery_url"] for row in store.get("webhooks")] == [slow.url]


def test_a_single_call_can_have_no_time_of_its_own_only_all_of_them_together():
    with scripted_store(lambda request: (200, {}, b"[]")) as store:
        api = PooledAPI(store.url, "ck_1", "cs_1", http.session(allow_private=True))
        for wrong in ({"timeout": 1}, {"headers": {}}):
            with pytest.raises(TypeError):
                api.get("orders", **wrong)
        mine = store.store()
        mine.until = time.monotonic() - 0.001
        with pytest.raises(Unavailable, match="too long"):
            mine.get("orders")
    assert store.asked == []


def test_what_is_left_of_all_the_time_is_what_a_request_may_take():
    with scripted_store(lambda request: time.sleep(1) or (200, {}, b"[]")) as store:
        mine = store.store()
        mine.until = time.monotonic() + 0.3
        with pytest.raises(Unavailable, match="in time"):
            mine.get("orders")


# -- the signature


def test_no_two_requests_carry_the_same_nonce():
    with scripted_store(lambda request: (200, {}, b"[]")) as store:
        mine = store.store()
        for _ in range(15):
            mine.get("orders")
    nonces = Counter(dict(asked.query)["oauth_nonce"] for asked in store.asked)
    assert max(nonces.values()) == 1


def test_a_request_that_is_heard_and_sent_again_is_refused(sandbox):
    mine = Store(sandbox.shop.domain, KEYS)
    mine.get("orders", status="any", _fields="id")
    signed = sandbox.asked[-1][1]
    again = requests.get(f"{sandbox.shop.domain}/wp-json/wc/v3/orders", params=signed, timeout=5)
    assert (again.status_code, "nonce has already been used" in again.json()["message"]) == (401, True)


def test_clocks_that_are_apart_are_named_as_such():
    body = b'{"code":"woocommerce_rest_authentication_error","message":"Invalid timestamp."}'
    with (
        scripted_store(lambda request: (401, {}, body)) as store,
        pytest.raises(Unauthorised, match="15 minutes apart"),
    ):
        store.store().get("orders")


def test_the_scheme_may_be_typed_as_people_type_it():
    """The client asks whether the address starts with "https", in small letters: else it would sign, and be refused."""
    key, secret = KEYS["consumer_key"], KEYS["consumer_secret"]
    assert not PooledAPI("HTTPS://Shop.Example", key, secret, http.session()).is_ssl
    assert Store("HTTPS://Shop.Example/", KEYS)._api.is_ssl


# -- redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("act", ["get", "post", "put", "delete"])
def test_no_redirect_turns_a_change_into_a_list_or_takes_the_key_along(status, act):
    """A 301 would make a POST a GET, and its list would look like an answer."""
    with scripted_store(lambda request: (200, {}, b"[]")) as other:
        to = {"Location": f"{other.url}/wp-json/wc/v3/coupons"}
        with scripted_store(lambda request: (status, to, b"")) as store:
            mine = store.store()
            call = getattr(mine, act)
            with pytest.raises(WrongStoreUrl):
                call("coupons", {"code": "x"}) if act in ("post", "put") else call("coupons")
        assert other.asked == []
        assert len(store.asked) == 1


# -- what is said of it


@pytest.mark.parametrize("act", ["answered", "refused", "moved", "broken", "private"])
def test_neither_key_nor_signature_stands_in_a_log_or_an_exception(act, caplog, capfd):
    answers = {
        "answered": (200, {}, b"[]"),
        "refused": (401, {}, b'{"code":"x","message":"y"}'),
        "moved": (301, {"Location": "/wp-json/wc/v3/orders/?oauth_signature=abc"}, b""),
        "broken": (0, {}, b""),
        "private": (200, {}, b"[]"),
    }
    said = []
    with caplog.at_level(logging.INFO), scripted_store(lambda request: answers[act]) as store:
        mine = store.store(allow_private="" if act == "private" else "1")
        try:
            mine.get("orders", search="ann@example.com")
        except StoreError as e:
            said = [str(e), repr(e), repr(e.__cause__), *map(str, e.args)]
        said.append(repr(mine) + repr(mine._api))
    heard = capfd.readouterr()
    everything = "\n".join([*said, caplog.text, heard.out, heard.err])
    for secret in (KEYS["consumer_key"], KEYS["consumer_secret"], "oauth_signature", "ann@example.com"):
        assert secret not in everything


def test_the_callers_parameters_stay_theirs_over_https_too(monkeypatch):
    """With its `query_string_auth` the client writes key and secret into the caller's dictionary."""
    sent = []
    api = PooledAPI("https://shop.example", "ck_1", "cs_1", http.session())
    answer = requests.Response()
    answer.status_code, answer._content = 200, b"[]"
    monkeypatch.setattr(api.session, "request", lambda *a, **k: sent.append((a, k)) or answer)
    params = {"include": [1, 2]}
    api.get("orders", params=params)
    (((method, url), given),) = sent
    assert params == {"include": [1, 2]}
    assert (method, url, given["params"]) == (
        "GET",
        "https://shop.example/wp-json/wc/v3/orders",
        {"include": "1,2"},
    )
    assert not api.query_string_auth
