"""Who may bring a Shopify delivery, and which deliveries are the same."""

from datetime import UTC, datetime

import pytest
from shopify_cast import DOMAIN, SECRET, SHOP, delivery, recorded

from connectors.delivery import Delivery
from connectors.platforms.shopify import connector

NOW = datetime(2026, 11, 24, 9, 5, tzinfo=UTC)
VECTOR = recorded("vectors.json")


def verified(given: Delivery, **secrets: str) -> bool:
    return connector.verify(given, secrets or {"client_secret": SECRET}, NOW)


def test_the_published_vector_is_verified():
    headers = {"x-shopify-hmac-sha256": VECTOR["x_shopify_hmac_sha256"]}
    given = Delivery(headers, VECTOR["webhook_body"].encode())
    assert verified(given, client_secret=VECTOR["client_secret"])


def test_one_changed_byte_is_refused():
    given = delivery("shop/redact", b'{"shop_id":548380009}')
    assert verified(given)
    assert not verified(Delivery(given.headers, given.body.replace(b"9}", b"8}")))


def test_after_a_rotation_the_old_secret_still_counts():
    given = delivery("shop/redact", b"{}")
    assert verified(given, client_secret="new", old_client_secret=SECRET)
    assert verified(given, client_secret=SECRET, old_client_secret="other")
    assert not verified(given, client_secret="new", old_client_secret="other")


@pytest.mark.parametrize("signature", ["", "x", "Ünicode", "\ud800", "A" * 10_000])
def test_a_signature_that_is_none_is_refused_without_a_fuss(signature):
    assert not verified(delivery("shop/redact", b"{}", x_shopify_hmac_sha256=signature))


def test_an_empty_secret_verifies_nothing():
    import base64
    import hmac

    body = b"{}"
    signed = base64.b64encode(hmac.digest(b"", body, "sha256")).decode()
    given = Delivery({"x-shopify-hmac-sha256": signed}, body)
    assert not verified(given, client_secret="")
    assert not verified(given, client_secret="", old_client_secret="")
    assert not verified(given, other="x")


def test_a_repetition_is_known_by_its_webhook_id():
    first = delivery("orders/paid", b'{"id":1}')
    again = delivery("orders/paid", b'{"id":1}', x_shopify_triggered_at="2026-11-24T10:00:00Z")
    other = delivery("orders/paid", b'{"id":1}', x_shopify_webhook_id="other")
    assert connector.dedup(first) == connector.dedup(again) != connector.dedup(other)


@pytest.mark.parametrize("webhook_id", ["", "x" * 201, "with space", "\x00"])
def test_without_a_usable_id_topic_and_body_tell_deliveries_apart(webhook_id):
    def key(topic: str, body: bytes) -> str:
        return connector.dedup(delivery(topic, body, x_shopify_webhook_id=webhook_id))

    keys = [key("orders/paid", b"1"), key("orders/create", b"1"), key("orders/paid", b"2")]
    assert len(set(keys)) == 3
    assert key("orders/paid", b"1") == keys[0]
    assert max(map(len, keys)) <= 200


@pytest.mark.parametrize(
    ("header", "domain"),
    [
        (DOMAIN, DOMAIN),
        ("Demo-Shop.MyShopify.com", DOMAIN),
        ("demo-shop.myshopify.com.evil.example", ""),
        ("evil.example/demo-shop.myshopify.com", ""),
        ("a.b.myshopify.com", ""),
        ("-a.myshopify.com", ""),
        ("demo-shop.myshopify.com\n", ""),
        ("demoXmyshopify.com", ""),
        ("", ""),
    ],
)
def test_a_shop_is_believed_only_under_myshopify_com(header, domain):
    assert connector.shop_hint(delivery("orders/paid", b"{}", x_shopify_shop_domain=header)) == domain


def test_shopify_never_says_hello():
    assert not connector.is_ping(delivery("orders/paid", b"{}"))


def test_an_unread_topic_leaves_a_note():
    for topic in ("customers/update", "shop/update", "products/update", "made/up"):
        reading = connector.read(delivery(topic, b"not even JSON"), SHOP)
        assert not reading.events
        assert topic in reading.notes[0]
