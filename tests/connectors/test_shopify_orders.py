"""Orders, from payload to event."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from shopify_cast import SHOP, delivery, recorded

from connectors.platforms.shopify import connector
from sequences.events import OrderChanged, OrderPlaced
from sequences.money import Money


def order_event(topic: str = "orders/updated", **changes):
    reading = connector.read(delivery(topic, recorded("orders_create.json", **changes)), SHOP)
    assert reading.notes == ()
    (event,) = reading.events
    return event


def order(**changes):
    return order_event(**changes).order


def test_a_new_order_is_placed():
    event = order_event("orders/create")
    assert isinstance(event, OrderPlaced)
    assert (event.order.key, event.order.number) == ("order:9001", "#1001")
    assert event.order.total == Money(Decimal("38.16"), "USD")
    assert event.order.created_at == datetime(2026, 11, 24, 11, 10, tzinfo=UTC)
    assert event.order.contact.phone == "+15025550123"
    assert event.order.contact.customer_id == "7001"
    assert event.order.test


def test_an_order_carries_all_that_can_tie_it_to_a_text():
    tied = order()
    assert tied.checkout_key == "checkout:5a1f0c7e9b3d4c2e8f6a7b0d1c2e3f40"
    assert tied.cart_key == "cart:Z2NwLXVzLWVhc3QxOjAxTEST"
    assert tied.discount_codes == ("BACK-7H2KQ9",)
    assert tied.recovery_ref == "m_42"
    assert dict(tied.utm)["utm_content"] == "m_42"


def test_a_draft_or_counter_order_is_tied_to_nothing():
    tied = order(
        cart_token=None,
        checkout_token=None,
        landing_site=None,
        note_attributes=[],
        discount_codes=[],
        customer=...,
    )
    assert (tied.checkout_key, tied.cart_key, tied.recovery_ref, tied.utm) == (None, None, "", ())


@pytest.mark.parametrize(
    ("topic", "changes", "change", "status"),
    [
        ("orders/paid", {}, "paid", "paid"),
        ("orders/cancelled", {"cancelled_at": "2026-11-25T06:10:00-05:00"}, "cancelled", "cancelled"),
        ("orders/updated", {}, "updated", "paid"),
        ("orders/updated", {"financial_status": "pending"}, "updated", "placed"),
        ("orders/updated", {"financial_status": "voided"}, "cancelled", "cancelled"),
        ("orders/updated", {"financial_status": "refunded"}, "refunded", "refunded"),
        ("orders/updated", {"financial_status": "partially_refunded"}, "refunded", "paid"),
        (
            "orders/updated",
            {"financial_status": "refunded", "cancelled_at": "2026-11-25T06:10:00Z"},
            "cancelled",
            "cancelled",
        ),
    ],
)
def test_what_became_of_an_order(topic, changes, change, status):
    event = order_event(topic, **changes)
    assert isinstance(event, OrderChanged)
    assert (event.change, event.order.status) == (change, status)


def paid_back(amount: str, currency: str = "USD", **changes: str):
    return {
        "transactions": [
            {"kind": "refund", "status": "success", "amount": amount, "currency": currency} | changes
        ]
    }


def test_refunds_add_up():
    refunds = [
        paid_back("10.00"),
        paid_back("5.50"),
        paid_back("99.00", status="failure"),
        paid_back("99.00", kind="void"),
        {"transactions": []},
    ]
    assert order(refunds=refunds).refunded == Money(Decimal("15.50"), "USD")
    assert order(refunds=[]).refunded is None


def test_a_refund_in_the_shoppers_currency_is_counted_in_the_shops():
    refunds = [paid_back("9.00", "EUR")]
    assert order(refunds=refunds, current_total_price="28.16").refunded == Money(Decimal("10.00"), "USD")


@pytest.mark.parametrize(
    ("refunds", "now", "lost"),
    [
        ([], "28.16", "10.00"),  # goods came back, their money hasn't gone yet
        ([paid_back("10.00")], "28.16", "10.00"),  # both
        ([paid_back("10.00")], "38.16", "10.00"),  # money as a kindness
        ([paid_back("10.00")], "18.16", "20.00"),
        ([paid_back("10.00"), paid_back("9.00", "EUR")], "18.16", "20.00"),
        ([paid_back("10.00")], None, "10.00"),
        ([paid_back("100.00")], "0.00", "100.00"),
    ],
)
def test_what_an_order_lost_is_the_greater_of_money_paid_back_and_goods_returned(refunds, now, lost):
    assert order(refunds=refunds, current_total_price=now).refunded == Money(Decimal(lost), "USD")


def test_an_order_that_grew_after_a_refund_has_no_negative_one():
    refunds = [paid_back("9.00", "EUR")]
    assert order(refunds=refunds, current_total_price="50.00").refunded is None


def test_a_refund_without_an_amount_adds_nothing():
    refunds = [
        paid_back("10.00"),
        {"transactions": [{"kind": "refund", "status": "success", "amount": None}]},
    ]
    assert order(refunds=refunds).refunded == Money(Decimal("10.00"), "USD")


@pytest.mark.parametrize(
    ("landing_site", "utm"),
    [
        ("/?utm_source=sms&fbclid=1&utm_id=k7", (("utm_source", "sms"), ("utm_id", "k7"))),
        ("https://shop.example.test/p?utm_campaign=a%20b#x", (("utm_campaign", "a b"),)),
        ("/?utm_source=a%00b", (("utm_source", "ab"),)),
        ("//[", ()),
        ("/?" + "&".join(["utm_source=x"] * 30), (("utm_source", "x"),) * 10),
        ("", ()),
    ],
)
def test_campaign_parameters_are_what_the_visitor_wrote_within_bounds(landing_site, utm):
    assert order(landing_site=landing_site).utm == utm


@pytest.mark.parametrize("value", [None, 7, ["m_42"], {"a": 1}, ""])
def test_a_mark_that_isnt_ours_is_no_mark(value):
    assert order(note_attributes=[{"name": "recovery_ref", "value": value}]).recovery_ref == ""


def test_half_an_emoji_in_a_name_does_not_hide_a_purchase():
    customer = recorded("orders_create.json")["customer"] | {
        "first_name": "Dana \ud83d",
        "last_name": "E\x00x",
    }
    contact = order(customer=customer).contact
    assert (contact.first_name, contact.last_name) == ("Dana \ufffd", "Ex")
