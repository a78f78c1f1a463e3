"""Recorded deliveries, damaged: they are read, or refused with BadDelivery, and nothing else happens."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from woo_damage import MISSING, ODD_VALUES, check, odd, places, put
from woo_recordings import SHOP, body, delivery, names, raw, webhook

from connectors.delivery import Delivery
from connectors.platforms.woocommerce import connector, read_rest
from sequences.errors import BadDelivery, BadValue
from sequences.events import CartChanged, OrderChanged, OrderPlaced

READ = [n for n in names("02", "39") if n.split(".")[0][3:] in ("order", "customer", "product")]


def read(topic, content):
    try:
        check(connector.read(webhook(topic, content), SHOP))
    except BadDelivery as e:
        str(e).encode()


@st.composite
def damaged(draw):
    name = draw(st.sampled_from(READ))
    value = body(name)
    for _ in range(draw(st.integers(1, 3))):
        paths = list(places(value))
        value = put(value, draw(st.sampled_from(paths)), draw(st.just(MISSING) | odd))
    return delivery(name).header("x-wc-webhook-topic"), json.dumps(value).encode()


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(damaged())
def test_a_damaged_body_is_read_or_refused(sent):
    read(*sent)


@pytest.mark.parametrize("name", ["14", "25", "37"])
@pytest.mark.parametrize("odd_value", ODD_VALUES, ids=lambda v: repr(v)[:20])
def test_every_used_field_takes_every_odd_value_or_refuses_it(name, odd_value):
    topic, good = delivery(name).header("x-wc-webhook-topic"), body(name)
    for path in places(good):
        if len(path) <= 1 or path[0] in ("billing", "line_items", "refunds"):
            read(topic, json.dumps(put(good, path, odd_value)).encode())


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(READ), st.data())
def test_damaged_bytes_are_read_or_refused(name, data):
    content = bytearray(raw(name))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    read(
        delivery(name).header("x-wc-webhook-topic"), bytes(content[: data.draw(st.integers(0, len(content)))])
    )


@pytest.mark.parametrize(
    "content",
    [b"", b"null", b"[]", b'"x"', b"{", b"\xff\xfe", b"NaN", b'{"id":NaN}', b"[" * 100_000, b'{"id":1e9}'],
)
@pytest.mark.parametrize("topic", ["order.created", "order.deleted", "customer.deleted", "product.updated"])
def test_what_is_no_object_is_refused(topic, content):
    with pytest.raises(BadDelivery):
        connector.read(webhook(topic, content), SHOP)


@settings(max_examples=200, deadline=None)
@given(odd)
def test_any_answer_of_the_rest_api_is_read_or_refused(answer):
    for value in (answer, [answer, *body("40")]):
        try:
            check(read_rest(value, SHOP))
        except BadDelivery:
            assert not isinstance(value, list)


@pytest.mark.parametrize(
    ("field", "value", "where"),
    [
        ("total", "lots", "total"),
        ("date_created_gmt", "yesterday", "date_created_gmt"),
        ("currency", "$", "currency"),
        ("id", 0, "id"),
        ("status", None, "status"),
        ("line_items", [{"quantity": -1, "price": 1}], "line_items[0].quantity"),
    ],
)
def test_a_refusal_says_which_field_is_wrong_and_never_what_it_held(field, value, where):
    topic = "order.created"
    content = json.dumps(body("02") | {field: value}).encode()
    with pytest.raises(BadValue) as refused:
        connector.read(webhook(topic, content), SHOP)
    assert refused.value.where == where
    assert str(value) not in refused.value.what.split()


def test_both_times_missing_is_said():
    content = json.dumps(body("02") | {"date_created_gmt": None, "date_modified_gmt": None}).encode()
    with pytest.raises(BadValue, match="date_created_gmt"):
        connector.read(webhook("order.created", content), SHOP)


@given(st.dictionaries(st.text(max_size=30), st.text(max_size=30), max_size=4), st.binary(max_size=60))
def test_no_header_and_no_body_upsets_the_door(headers, content):
    sent = Delivery(headers, content)
    assert len(connector.dedup(sent)) <= 200
    assert not connector.is_ping(sent)
    assert not connector.verify(sent, {"webhook_secret": "s"}, None)


def test_the_kinds_of_events_checked_here_are_all_that_orders_lead_to():
    kinds = {type(e) for n in READ for e in connector.read(delivery(n), SHOP).events}
    assert {CartChanged, OrderPlaced, OrderChanged} <= kinds
