"""The WooCommerce client against a store that behaves and one that doesn't."""

import base64
import datetime as dt
import ipaddress
import json
import ssl
import time

import pytest
import woocommerce
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from woo_recordings import body
from woo_server import KEYS, sandbox_store, scripted_store

from connectors import http
from connectors.platforms.woocommerce import client
from connectors.platforms.woocommerce.client import PooledAPI, Store
from connectors.platforms.woocommerce.errors import (
    NotFound,
    Unavailable,
)

HTML = {"Content-Type": "text/html"}


@pytest.fixture
def sandbox():
    with sandbox_store() as made:
        yield made


def answering(status, headers=None, content=b"[]"):
    return scripted_store(lambda request: (status, headers or {}, content))


def error(name):
    return json.dumps(body(name)).encode()


# -- what is sent


def test_the_signature_over_http_is_accepted_with_lists_times_and_flags(sandbox):
    store = Store(sandbox.shop.domain, KEYS)
    one, two, _ = (sandbox.open_cart().key.removeprefix("order:") for _ in range(3))
    since = dt.datetime(2026, 11, 24, 13, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    listed = store.get("orders", include=[one, two], modified_after=since, dates_are_gmt=True, search=None)
    assert {str(order["id"]) for order in listed} == {one, two}
    assert sandbox.asked[-1][1]["modified_after"] == "2026-11-24T11:00:00", "with a Z it means another"


def test_one_object_is_made_changed_read_and_removed(sandbox):
    store = Store(sandbox.shop.domain, KEYS)
    made = store.post("coupons", {"code": "Grüße-5", "discount_type": "percent", "amount": "5"})
    assert made["code"] == "grüße-5"
    assert store.get(f"coupons/{made['id']}")["id"] == made["id"]
    store.delete(f"coupons/{made['id']}", force=True)
    with pytest.raises(NotFound):
        store.get(f"coupons/{made['id']}")


def test_an_unknown_order_is_not_found_whether_read_or_changed(sandbox):
    store = Store(sandbox.shop.domain, KEYS)
    for act in (lambda: store.get("orders/999999"), lambda: store.put("orders/999999", {"status": "failed"})):
        with pytest.raises(NotFound) as missing:
            act()
        assert missing.value.code == "woocommerce_rest_shop_order_invalid_id"


def test_pages_are_fetched_one_by_one_and_none_past_the_last(sandbox):
    for _ in range(101):
        sandbox.open_cart()
    pages = Store(sandbox.shop.domain, KEYS).pages("orders", status="any", orderby="id")
    assert len(next(pages)) == 100
    assert [q.get("page") for _, q in sandbox.asked] == ["1"]
    assert [len(page) for page in pages] == [1]
    assert [q.get("page") for _, q in sandbox.asked] == ["1", "2"]


def test_pages_of_a_store_that_counts_none_end_with_the_first_that_is_not_full():
    with answering(200, content=json.dumps([{}] * 3).encode()) as store:
        assert [len(page) for page in store.store().pages("orders")] == [3]


def test_the_key_signs_over_http_and_is_never_sent():
    with answering(200) as store:
        store.store().get("orders", search="ann@example.com")
    (asked,) = store.asked
    assert "Authorization" not in asked.headers
    assert KEYS["consumer_secret"] not in str(asked)
    assert [name for name, _ in asked.query if name == "search"] == ["search"], "not twice"


def test_parameters_are_never_changed():
    params = {"include": [1, 2]}
    with answering(200) as store:
        for _ in range(2):
            store.store().get("orders", **params)
            PooledAPI(store.url, "ck_1", "cs_1", http.session(allow_private=True)).get(
                "orders", params=params
            )
    assert params == {"include": [1, 2]}


def test_the_client_calls_the_method_that_is_replaced():
    """woocommerce 3.0.0 has one private method that sends; a version with another would go past ours."""
    assert woocommerce.__version__ == "3.0.0"
    for name in ("get", "post", "put", "delete", "options"):
        assert "_API__request" in getattr(woocommerce.API, name).__code__.co_names
    assert {"_API__get_url", "_API__get_oauth_url"} <= set(dir(woocommerce.API))


def test_connections_are_kept():
    with answering(200) as store:
        for _ in range(3):
            store.store().get("orders")
    assert len({asked.peer for asked in store.asked}) == 1


def test_a_slow_store_is_given_up_on(monkeypatch):
    monkeypatch.setattr(client, "READ", 0.2)

    def slow(request):
        time.sleep(1)
        return 200, {}, b"[]"

    with scripted_store(slow) as store, pytest.raises(Unavailable, match="in time") as given_up:
        store.store().get("orders")
    assert not given_up.value.permanent


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    """A certificate for localhost: (server context, path of the certificate to trust)."""
    folder, key = tmp_path_factory.mktemp("tls"), ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    alternatives = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, private = folder / "cert.pem", folder / "key.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    kinds = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, *kinds))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, private)
    return context, str(pem)


def test_over_https_the_key_goes_as_basic_and_never_in_the_address(tls):
    context, trusted = tls
    with scripted_store(lambda request: (200, {}, b"[]"), tls=context) as store:
        session = http.session(allow_private=True)
        session.verify = trusted
        PooledAPI(store.url, "ck_1", "cs_1", session).get("orders", params={"include": [10, 11]})
    (asked,) = store.asked
    assert base64.b64decode(asked.headers["Authorization"].removeprefix("Basic ")) == b"ck_1:cs_1"
    assert asked.query == [("include", "10,11")]


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(tls):
    with (
        scripted_store(lambda request: (200, {}, b"[]"), tls=tls[0]) as store,
        pytest.raises(Unavailable, match="certificate"),
    ):
        store.store().get("orders")
