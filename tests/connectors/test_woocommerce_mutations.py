"""Recorded deliveries, damaged: they are read, or refused with BadDelivery, and nothing else happens."""

import copy
import json
from datetime import UTC
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from woo_recordings import SHOP, body, delivery, names, raw, webhook

from connectors.delivery import Delivery
from connectors.platforms.woocommerce import connector, read_rest
from sequences import codec
from sequences.errors import BadDelivery, BadValue
from sequences.events import CartChanged, OrderChanged, OrderPlaced

READ = [n for n in names("02", "39") if n.split(".")[0][3:] in ("order", "customer", "product")]

ODD_VALUES = [
    *(
        None,
        True,
        False,
        0,
        -1,
        1.5,
        "",
        [],
        {},
        [None],
        [[]],
        [{}],
        {"a": 1},
        {"0": {"key": [], "value": {}}},
    ),
    *(
        10**30,
        -(10**30),
        10**4000,
        1e308,
        "1e99999999",
        "1e-99999",
        "NaN",
        "-Infinity",
        "12,50",
        "0x10",
        "١٢",
    ),
    *("\x00", "a\x00b", "\ud800", "\udfff\ud800", "\N{PILE OF POO}" * 300, "x" * 100_000),
    *("2026-11-24T03:54:05", "2026-11-24T03:54:05Z", "2026-11-24T03:54:05+14:00", "0001-01-01T00:00:00"),
    *("9999-12-31T23:59:59-23:59", "2026-13-45T99:99:99", "0000-00-00T00:00:00", "now", "2026-11-24"),
    *("+00000000000", "deleted@site.invalid", "completed", "refunded", "pending", "cancelled", "trash", "US"),
    *("http://[", "http://\u2100.example/", "javascript:alert(1)", "//", "http://x:99999999/"),
]
odd = st.sampled_from(ODD_VALUES) | st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=5,
)
MISSING = object()


def places(value, path=()):
    """Every path in a JSON value."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        if key != "_links":
            yield from places(inner, (*path, key))


def put(value, path, new):
    """`value` with `new` at `path`; MISSING takes it away."""
    if not path:
        return {} if new is MISSING else new
    value = copy.deepcopy(value)
    inner = value
    for key in path[:-1]:
        inner = inner[key]
    if new is MISSING:
        del inner[path[-1]]
    else:
        inner[path[-1]] = new
    return value


def check(read):
    """Everything in a reading can be kept: text in UTF-8 without NUL, times aware and UTC, sane amounts."""
    for event in read.events:
        text = json.dumps(codec.event(event), ensure_ascii=False)
        text.encode()
        assert "\\u0000" not in text
        subject = event.cart if isinstance(event, CartChanged) else getattr(event, "order", None)
        if subject is not None:
            assert subject.created_at.tzinfo is UTC
            assert subject.updated_at.tzinfo is UTC
            assert abs(subject.total.amount) < Decimal(10) ** 12
            assert codec.decode(type(event), codec.encode(event)) == event
    for note in read.notes:
        note.encode()


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
