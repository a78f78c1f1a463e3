"""Whatever the common model can hold comes back from storage as it was."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from sequences.cart import Address, Cart, ConsentClaim, Contact, Dropped, Line, Order
from sequences.codec import decode, encode, event
from sequences.events import CartChanged, DeliveryReported
from sequences.money import Money
from sequences.sequence import Offer, Sequence, Step, load

WORDS = st.text(max_size=20)
TIMES = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))
MONEY = st.builds(
    Money, st.decimals(allow_nan=False, allow_infinity=False, places=3), st.sampled_from(["USD", "JPY"])
)
LINES = st.builds(Line, title=WORDS, quantity=st.integers(0, 10**6), price=MONEY, sku=WORDS)
ADDRESSES = st.none() | st.builds(Address, first_name=WORDS, city=WORDS, country=WORDS)
CLAIMS = st.builds(
    ConsentClaim, phone=WORDS, state=st.sampled_from(["subscribed", "redacted"]), at=TIMES, source=WORDS
)
DROPPED = st.lists(st.builds(Dropped, where=WORDS, reason=WORDS), max_size=2).map(tuple)
CONTACTS = st.builds(
    Contact, phone=st.none() | WORDS, email=st.none() | WORDS, first_name=WORDS, dropped=DROPPED
)
CARTS = st.builds(
    Cart,
    key=WORDS,
    aliases=st.lists(WORDS, max_size=3).map(tuple),
    created_at=TIMES,
    updated_at=TIMES,
    total=MONEY,
    presentment_total=st.none() | MONEY,
    lines=st.lists(LINES, max_size=3).map(tuple),
    contact=CONTACTS,
    shipping=ADDRESSES,
    billing=ADDRESSES,
    consent=st.lists(CLAIMS, max_size=2).map(tuple),
    recovery_link=st.none() | WORDS,
    completed_at=st.none() | TIMES,
)
ORDERS = st.builds(
    Order,
    key=WORDS,
    created_at=TIMES,
    updated_at=TIMES,
    total=MONEY,
    refunded=st.none() | MONEY,
    contact=CONTACTS,
    utm=st.lists(st.tuples(WORDS, WORDS), max_size=3).map(tuple),
    test=st.booleans(),
)
SPANS = st.integers(0, 10**7).map(lambda n: timedelta(seconds=n))


@given(CARTS)
def test_a_cart_comes_back_from_json_as_it_was(cart) -> None:
    assert decode(Cart, json.loads(json.dumps(encode(cart)))) == cart


@given(ORDERS)
def test_an_order_comes_back_from_json_as_it_was(order) -> None:
    assert decode(Order, json.loads(json.dumps(encode(order)))) == order


@given(
    st.lists(SPANS, min_size=1, max_size=4),
    st.none() | st.builds(Offer, value=st.text(max_size=40)),
    st.booleans(),
)
def test_a_sequence_comes_back_through_its_schema_as_it_was(delays, offer, on) -> None:
    steps = tuple(Step(delay=d, offer=offer, on=on, texts={"en": "{{ cart.link }}"}) for d in sorted(delays))
    made = Sequence(
        idle_after=min(delays), steps=steps, deadline=max(delays), holdout=Decimal("0.125"), on=on
    )
    assert load(json.loads(json.dumps(encode(made)))) == made


def test_a_time_keeps_its_instant_whatever_its_offset() -> None:
    at = datetime(2026, 11, 24, 12, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    cart = decode(Cart, encode(Cart(key="k", created_at=at, updated_at=at, total=Money(Decimal(1), "USD"))))
    assert cart.updated_at == at
    assert cart.updated_at.utcoffset() is not None


def test_a_field_that_a_later_version_added_is_passed_over_by_this_one() -> None:
    at = datetime(2026, 11, 24, tzinfo=UTC)
    cart = Cart(key="k", created_at=at, updated_at=at, total=Money(Decimal(1), "USD"))
    assert decode(Cart, {**encode(cart), "colour": "blue"}) == cart


def test_a_field_that_an_earlier_version_lacked_gets_its_default() -> None:
    at = datetime(2026, 11, 24, tzinfo=UTC)
    cart = Cart(key="k", created_at=at, updated_at=at, total=Money(Decimal(1), "USD"))
    old = encode(cart)
    for name in ("browser_zone", "discount_codes", "completed_at", "consent"):
        del old[name]
    assert decode(Cart, old) == cart


def test_an_event_is_plain_json_with_its_name() -> None:
    at = datetime(2026, 11, 24, tzinfo=UTC)
    cart = Cart(key="k", created_at=at, updated_at=at, total=Money(Decimal("1.50"), "USD"))
    told = json.loads(json.dumps(event(CartChanged(cart=cart))))
    assert (told["type"], told["scope"], told["cart"]["total"]) == (
        "CartChanged",
        "checkout",
        {"amount": "1.50", "currency": "USD"},
    )
    report = DeliveryReported(ref="r", provider_id="p", status="delivered", at=at, price=Decimal("0.0078"))
    assert decode(DeliveryReported, json.loads(json.dumps(encode(report)))) == report


def test_amounts_keep_their_digits() -> None:
    at = datetime(2026, 11, 24, tzinfo=UTC)
    cart = Cart(key="k", created_at=at, updated_at=at, total=Money(Decimal("24.00"), "USD"))
    assert str(decode(Cart, encode(cart)).total.amount) == "24.00"
    assert encode(replace(cart, total=Money(Decimal("1E+3"), "USD")))["total"]["amount"] == "1E+3"
