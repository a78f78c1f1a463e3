"""Which address the WooCommerce client calls, and what it makes of every answer."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from woo_recordings import body
from woo_server import KEYS, scripted_store

from connectors.platforms.woocommerce.client import Store, canonical, flat
from connectors.platforms.woocommerce.errors import (
    NotFound,
    NotJson,
    Refused,
    StoreError,
    Unauthorised,
    Unavailable,
    WrongStoreUrl,
)
from sequences.errors import ComebackError

HTML = {"Content-Type": "text/html"}


def answering(status, headers=None, content=b"[]"):
    return scripted_store(lambda request: (status, headers or {}, content))


def error(name):
    return json.dumps(body(name)).encode()


# -- where it is sent


@pytest.mark.parametrize(
    ("given_as", "expected"),
    [
        ("HTTPS://Shop.Example/", "https://shop.example"),
        ("https://shop.example:8443/de/?x=1#y", "https://shop.example:8443/de"),
        (" http://[2001:db8::1]/ ", "http://[2001:db8::1]"),
    ],
)
def test_an_address_is_brought_into_the_form_the_client_needs(given_as, expected):
    assert canonical(given_as) == expected
    assert canonical(expected) == expected


NO_STORES = "shop.example ftp://shop.example https:// https://user:pw@shop.example https://a..b http://["


@pytest.mark.parametrize(
    "url",
    ["", *NO_STORES.split(), "https://shop.example:x", f"https://{'a' * 64}.example", "javascript:alert(1)"],
)
def test_what_is_no_address_of_a_store_is_said_so(url):
    with pytest.raises(WrongStoreUrl):
        Store(url, KEYS)


@given(st.text())
def test_any_text_as_an_address_is_taken_or_refused(url):
    for candidate in (url, f"https://{url}"):
        try:
            assert canonical(candidate).startswith("http")
        except WrongStoreUrl as e:
            assert e.permanent


def test_a_private_address_is_refused_unless_allowed():
    with answering(200) as store:
        with pytest.raises(WrongStoreUrl, match="private") as refused:
            store.store(allow_private="").get("orders")
        assert refused.value.permanent
        assert store.asked == []
        assert store.store().get("orders") == []


@pytest.mark.parametrize(
    "keys", [{}, {"consumer_key": "ck_1"}, {"consumer_key": "ck_“1”", "consumer_secret": "x"}]
)
def test_a_missing_or_damaged_key_is_not_sent(keys):
    with pytest.raises(Unauthorised, match="connect it again"):
        Store("https://shop.example", keys)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_a_wrong_store_url_and_is_not_followed(status):
    with answering(status, {"Location": "https://www.shop.example/wp-json/?oauth_signature=secret"}) as store:
        with pytest.raises(WrongStoreUrl, match=r"https://www\.shop\.example") as moved:
            store.store().post("coupons", {"code": "x"})
        assert len(store.asked) == 1
    assert "secret" not in str(moved.value)
    assert moved.value.permanent


# -- what comes back


@pytest.mark.parametrize(
    ("name", "kind", "advice"),
    [
        ("47", Unauthorised, "secret is wrong"),
        ("48", Unauthorised, "unknown or revoked"),
        ("49", Unauthorised, "only read"),
        ("50", NotFound, "Invalid ID"),
        ("51", Refused, "rest_invalid_param"),
        ("43", Refused, "coupon_code_already_exists"),
    ],
)
def test_a_recorded_refusal_is_raised_with_its_code_and_what_to_do(name, kind, advice):
    status = body(name)["data"]["status"]
    with answering(status, content=error(name)) as store, pytest.raises(kind, match=advice) as refused:
        store.store().get("orders")
    assert (refused.value.status, refused.value.code) == (status, body(name)["code"])
    assert refused.value.permanent


@pytest.mark.parametrize(
    ("status", "headers", "content", "kind"),
    [
        (200, HTML, b"<html>Coming soon", NotJson),
        (200, {}, b"", NotJson),
        (200, {}, b"\xff\xfe", NotJson),
        (200, {}, b"[" * 100_000, NotJson),
        (200, {}, b'{"total": NaN}', NotJson),
        (503, HTML, b"<html>Maintenance", Unavailable),
        (502, HTML, b"<html>Bad gateway", Unavailable),
        (429, {}, b'{"code":"too_many_requests","message":"slow down"}', Unavailable),
        (500, {}, b'{"code":"internal_server_error","message":"x"}', Unavailable),
        (500, {}, b"[]", Unavailable),
        (403, HTML, b"<html>Blocked by firewall", Unauthorised),
        (401, HTML, b"<html>Password", Unauthorised),
        (404, HTML, b"<html>Not found", WrongStoreUrl),
        (404, {}, b'{"code":"rest_no_route","message":"No route"}', WrongStoreUrl),
        (418, {}, b'{"code":["x"],"message":{"y":1}}', Refused),
        (0, {}, b"", Unavailable),
    ],
)
def test_every_other_answer_is_one_of_the_tree(status, headers, content, kind):
    with answering(status, headers, content) as store, pytest.raises(kind) as raised:
        store.store().get("orders")
    assert type(raised.value) is kind
    assert raised.value.permanent == (kind not in (NotJson, Unavailable))
    assert KEYS["consumer_key"] not in str(raised.value)


def test_a_list_that_is_none_is_not_data():
    with answering(200, content=b'{"data": []}') as store, pytest.raises(NotJson, match="list"):
        next(store.store().pages("orders"))


def test_a_store_that_is_not_there_is_unavailable():
    with answering(200) as store:
        gone = store.store()
    with pytest.raises(Unavailable) as nobody:
        gone.get("orders")
    assert "oauth" not in str(nobody.value)
    assert nobody.value.__suppress_context__, "the cause's words hold the signed address"


def test_every_error_is_one_of_ours():
    for kind in (NotFound, NotJson, Refused, Unauthorised, Unavailable, WrongStoreUrl):
        assert issubclass(kind, StoreError)
        assert kind.__doc__
    assert issubclass(StoreError, ComebackError)


def test_parameters_are_written_as_wordpress_reads_them():
    given_as = {"a": ["1", 2], "b": True, "c": False, "d": None, "e": 5, "f": (), "g": "x,y"}
    assert flat(given_as) == {"a": "1,2", "b": "true", "c": "false", "e": "5", "f": "", "g": "x,y"}
