"""The door of the WooCommerce connector, on recorded deliveries."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime

import pytest
from woo_recordings import SECRET, SHOP, delivery, edited, names, webhook

from connectors.delivery import Delivery
from connectors.platforms.woocommerce import connector

NOW = datetime(2026, 11, 24, tzinfo=UTC)
SECRETS = {"webhook_secret": SECRET}
SIGNED = [n for n in names("02", "39") if not n.startswith("32")]


@pytest.mark.parametrize("name", SIGNED)
def test_a_recorded_delivery_is_verified_and_any_change_of_it_is_not(name):
    sent = delivery(name)
    assert connector.verify(sent, SECRETS, NOW)
    assert not connector.verify(Delivery(sent.headers, sent.body + b" "), SECRETS, NOW)
    assert not connector.verify(sent, {"webhook_secret": SECRET + "x"}, NOW)


@pytest.mark.parametrize("signature", ["", "=", "é\udcff", "x" * 10_000])
def test_a_strange_signature_is_refused(signature):
    sent = delivery("02")
    headers = {**sent.headers, "x-wc-webhook-signature": signature}
    assert not connector.verify(Delivery(headers, sent.body), SECRETS, NOW)


def test_without_a_secret_nothing_is_verified_not_even_what_was_signed_with_none():
    signed_with_nothing = base64.b64encode(hmac.new(b"", b"{}", hashlib.sha256).digest()).decode()
    empty = Delivery({"x-wc-webhook-signature": signed_with_nothing}, b"{}")
    assert not connector.verify(empty, {}, NOW)
    assert not connector.verify(empty, {"webhook_secret": ""}, NOW)


def test_a_wc_auth_callback_is_not_a_signed_delivery():
    assert not connector.verify(delivery("32"), SECRETS, NOW)


def test_only_the_recorded_ping_is_a_ping():
    assert [n for n in names("01", "39") if connector.is_ping(delivery(n))] == ["01-ping"]


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"content-type": "application/json"}, b"webhook_id=1"),
        ({}, b"webhook_id=1"),
        ({"content-type": "application/x-www-form-urlencoded", "x-wc-webhook-id": "1"}, b"webhook_id=1"),
        ({"content-type": "application/x-www-form-urlencoded"}, b"webhook_id=1&x=2"),
        ({"content-type": "application/x-www-form-urlencoded"}, b"webhook_id=1\n"),
        ({"content-type": "application/x-www-form-urlencoded"}, b"webhook_id=" + b"1" * 21),
        ({"content-type": "application/x-www-form-urlencoded"}, b"webhook_id="),
    ],
)
def test_what_only_resembles_a_ping_is_none(headers, body):
    assert not connector.is_ping(Delivery(headers, body))


def test_a_ping_may_name_its_charset():
    headers = {"content-type": "application/x-www-form-urlencoded; charset=UTF-8"}
    assert connector.is_ping(Delivery(headers, b"webhook_id=12"))


def test_a_repetition_is_the_same_delivery_whatever_id_it_carries():
    sent = delivery("02")
    again = Delivery({**sent.headers, "x-wc-webhook-delivery-id": "f" * 32}, sent.body)
    assert connector.dedup(sent) == connector.dedup(again)


def test_two_orders_in_one_second_share_a_delivery_id_and_are_two_deliveries():
    one, two = edited("02", id=25), edited("02", id=26)
    assert one.header("x-wc-webhook-delivery-id") == two.header("x-wc-webhook-delivery-id")
    assert connector.dedup(one) != connector.dedup(two)


def test_every_recorded_delivery_is_told_from_every_other():
    assert len({connector.dedup(delivery(n)) for n in SIGNED}) == len(SIGNED)


def test_one_body_for_two_webhooks_or_topics_is_two_deliveries():
    bodies = [
        webhook("order.created", b"{}"),
        webhook("order.updated", b"{}"),
        webhook("order.created", b"{}", hook="8"),
        webhook("order.created\x007", b"{}", hook=""),
        webhook("order.created{", b"}"),
    ]
    assert len({connector.dedup(d) for d in bodies}) == len(bodies)


def test_a_delivery_names_no_shop_that_could_be_trusted():
    assert connector.shop_hint(delivery("02")) == ""
    assert connector.name == SHOP.platform
