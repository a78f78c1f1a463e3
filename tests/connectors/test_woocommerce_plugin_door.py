"""The door for what the companion plugin sends: its own secret, its own signature, its own time."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from woo_plugin import NOW, PLUGIN_SECRET, sent, signature, snapshot
from woo_recordings import SECRET, delivery

from connectors.delivery import Delivery
from connectors.platforms.woocommerce import connector
from connectors.platforms.woocommerce.plugin_door import signed_at

SECRETS = {"webhook_secret": SECRET, "plugin_secret": PLUGIN_SECRET}
SENT = sent("cart.updated", snapshot())
OURS = sorted(name for name in SENT.headers if name.startswith("x-comeback-"))
RECORDED = sorted((Path(__file__).parents[1] / "payloads" / "woocommerce_plugin").glob("*.json"))


def with_headers(**changes: str) -> Delivery:
    names = {name.replace("_", "-"): value for name, value in changes.items()}
    return Delivery({**SENT.headers, **names}, SENT.body)


def test_what_the_plugin_signed_is_taken() -> None:
    assert connector.verify(SENT, SECRETS, NOW)


@pytest.mark.parametrize("file", RECORDED, ids=lambda f: f.name)
def test_what_a_real_store_sent_was_signed_as_we_read_it(file) -> None:
    kept = json.loads(file.read_text())
    told = Delivery({k.lower(): v for k, v in kept["headers"]}, kept["raw_body"].encode())
    secrets = {name: kept[name] for name in ("webhook_secret", "plugin_secret")}
    then = signed_at(told) or NOW
    assert connector.verify(told, secrets, then)
    assert not connector.verify(Delivery(told.headers, told.body + b" "), secrets, then)
    assert not connector.verify(told, {name: value + "x" for name, value in secrets.items()}, then)


def test_any_change_of_what_was_signed_is_refused() -> None:
    assert not connector.verify(Delivery(SENT.headers, SENT.body + b" "), SECRETS, NOW)
    assert not connector.verify(with_headers(x_comeback_topic="cart.removed"), SECRETS, NOW)
    assert not connector.verify(with_headers(x_comeback_delivery="0" * 36), SECRETS, NOW)
    later = str(int(NOW.timestamp()) + 1)
    assert not connector.verify(with_headers(x_comeback_timestamp=later), SECRETS, NOW)


@pytest.mark.parametrize("name", OURS)
def test_no_header_may_be_missing(name) -> None:
    assert len(OURS) == 4
    fewer = {k: v for k, v in SENT.headers.items() if k != name}
    assert not connector.verify(Delivery(fewer, SENT.body), SECRETS, NOW)
    assert not connector.verify(Delivery({**fewer, name: ""}, SENT.body), SECRETS, NOW)


@pytest.mark.parametrize(
    ("seconds", "taken"), [(0, True), (300, True), (-300, True), (301, False), (-301, False)]
)
def test_a_signature_is_good_for_five_minutes_either_way(seconds, taken) -> None:
    assert connector.verify(SENT, SECRETS, NOW + timedelta(seconds=seconds)) is taken


@pytest.mark.parametrize(
    "timestamp", ["", "-1", "1e9", " 1795542000", "1795542000.5", "9" * 11, "9" * 400, "١٧"]
)
def test_a_strange_time_is_refused_however_it_is_signed(timestamp) -> None:
    topic, name = SENT.header("x-comeback-topic"), SENT.header("x-comeback-delivery")
    signed = signature(PLUGIN_SECRET, topic, name, timestamp, SENT.body)
    strange = with_headers(x_comeback_timestamp=timestamp, x_comeback_signature=signed)
    assert not connector.verify(strange, SECRETS, NOW)


@pytest.mark.parametrize(
    ("topic", "name"), [("cart.updated\nx", "a" * 36), ("cart.updated", "a\nb" * 9), ("", "a" * 36)]
)
def test_what_could_be_read_in_two_ways_is_refused_however_it_is_signed(topic, name) -> None:
    stamp = SENT.header("x-comeback-timestamp")
    signed = signature(PLUGIN_SECRET, topic, name, stamp, SENT.body)
    strange = with_headers(x_comeback_topic=topic, x_comeback_delivery=name, x_comeback_signature=signed)
    assert not connector.verify(strange, SECRETS, NOW)


@pytest.mark.parametrize("secrets", [{}, {"plugin_secret": ""}, {"webhook_secret": PLUGIN_SECRET}])
def test_without_the_plugins_secret_nothing_of_it_is_taken(secrets) -> None:
    assert not connector.verify(SENT, secrets, NOW)
    empty = sent("cart.updated", snapshot(), secret="")
    assert not connector.verify(empty, secrets, NOW)


def test_another_shops_plugin_is_refused() -> None:
    assert not connector.verify(sent("cart.updated", snapshot(), secret="another" * 6), SECRETS, NOW)


def test_a_webhooks_signature_opens_nothing_for_what_says_it_is_the_plugins() -> None:
    """Whoever knows the webhook secret alone must not send carts; and one header is enough to be judged so."""
    body = json.dumps(snapshot()).encode()
    as_webhook = base64.b64encode(hmac.digest(SECRET.encode(), body, hashlib.sha256)).decode()
    for name in OURS:
        forged = {"x-wc-webhook-signature": as_webhook, "x-wc-webhook-topic": "order.created", name: "x"}
        assert not connector.verify(Delivery(forged, body), SECRETS, NOW)
    both = {**SENT.headers, "x-wc-webhook-signature": as_webhook}
    assert not connector.verify(Delivery(both, body + b" "), SECRETS, NOW)


def test_a_webhook_is_taken_whenever_it_comes() -> None:
    assert connector.verify(delivery("02"), SECRETS, NOW + timedelta(days=400))


def test_a_delivery_that_is_tried_again_is_the_same_though_signed_anew() -> None:
    again = sent("cart.updated", snapshot(), at=NOW + timedelta(minutes=15))
    assert again.headers != SENT.headers
    assert connector.dedup(again) == connector.dedup(SENT)


def test_another_topic_id_or_body_is_another_delivery() -> None:
    others = [
        sent("cart.removed", snapshot()),
        sent("cart.updated", snapshot(), delivery="0" * 36),
        sent("cart.updated", snapshot(lambda b: b["cart"].update(revision=4))),
    ]
    assert len({connector.dedup(one) for one in (SENT, *others)}) == 4


def test_a_hello_with_a_header_of_the_plugins_is_none() -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert connector.is_ping(Delivery(form, b"webhook_id=1"))
    assert not connector.is_ping(Delivery({**form, "x-comeback-topic": "cart.updated"}, b"webhook_id=1"))


@given(st.fixed_dictionaries(dict.fromkeys(OURS, st.text(max_size=80))), st.binary(max_size=60))
def test_no_header_and_no_body_upsets_the_door(given_headers, content) -> None:
    strange = Delivery(given_headers, content)
    assert not connector.verify(strange, SECRETS, NOW)
    assert len(connector.dedup(strange)) <= 200
