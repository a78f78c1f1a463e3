"""Recorded deliveries in, events out. A recording's file name says what happened."""

from decimal import Decimal

import pytest
from woo_recordings import SHOP, at, body, delivery, edited, meta, names, raw, read, told, webhook

from connectors.platforms.woocommerce import read_rest
from sequences.events import ShopperErased, StockChanged

WHAT_HAPPENED = {
    "01-ping": [],
    "02-order.created-block-cod-processing": [("placed", "order:16")],
    "03-order.updated-block-cod-processing": [("placed", "order:16")],
    "04-order.created-block-bacs-onhold": [("placed", "order:17")],
    "06-order.updated-block-offsite-pending": [("cart", "order:32")],
    "08-order.created-classic-offsite-pending": [("cart", "order:35")],
    "09-order.created-classic-cod-processing": [("placed", "order:36")],
    "11-order.created-rest-pending": [("cart", "order:18")],
    "12-order.updated-rest-processing": [("paid", "order:18")],
    "14-order.updated-full-refund": [("refunded", "order:49")],
    "15-order.updated-completed": [("refunded", "order:49")],  # the refund of 14 still stands in it
    "17-order.created-unicode-multi": [("placed", "order:48")],
    "18-order.deleted": [("deleted", "order:18")],
    "19-order.created-rest-checkout-draft": [("cart", "order:20")],
    "20-coupon.created": [],
    "21-coupon.updated": [],
    "22-customer.created": [],
    "23-customer.updated": [],
    "24-customer.deleted": [("erased", "2")],
    "25-product.updated": [("stock", "11")],
    "26-action.woocommerce_add_to_cart": [],
    "27-action.store_api_checkout_order_processed": [],
    "28-action.woocommerce_checkout_order_processed": [],
    "29-action.woocommerce_new_order": [],
    "30-action.wc_smscart_cart_abandoned-array": [],
    "31-smscart.abandoned-custom-topic": [],
    "32-wc-auth-callback": [],
    "34-order.created-block-offsite-pending-wc10.6.2": [("cart", "order:16")],
    "35-order.created-block-declined-wc10.6.2": [("cart", "order:17")],
    "37-customer.updated-privacy-erased": [("erased", "2")],
}


def test_every_recorded_delivery_has_its_line_in_the_table():
    assert names("00", "39") == list(WHAT_HAPPENED)


@pytest.mark.parametrize(("name", "expected"), WHAT_HAPPENED.items())
def test_a_recorded_delivery_is_read_as_what_happened(name, expected):
    found = read(delivery(name))
    assert told(found) == expected
    assert found.events or found.notes, "what leads to no event says why"


# -- erasure


@pytest.mark.parametrize(
    "trace",
    [
        {"billing": {"email": "deleted@site.invalid"}},
        {"billing": {"phone": "+00000000000"}},
        {"meta": {"_anonymized": "yes"}},
    ],
)
def test_each_trace_of_the_eraser_is_an_erasure_by_order_and_nothing_else(trace):
    def erase(order):  # recording 36 has all three
        order["billing"] |= trace.get("billing", {})
        meta(trace.get("meta", {}))(order)

    (event,) = read(edited("12", erase)).events
    assert event == ShopperErased(at=at("2026-11-24T03:54:13"), order_keys=("order:18",))


def test_a_customer_emptied_by_the_eraser_is_erased_by_id():
    (event,) = read(delivery("37")).events
    assert event == ShopperErased(at=at("2026-11-24T04:17:02"), customer_id="2")


@pytest.mark.parametrize(
    "sent",
    [
        edited("37", topic="customer.created"),
        edited("37", date_modified_gmt="2026-11-24T04:17:00"),
        edited("37", date_modified_gmt=None),
        edited("37", billing=None),
        edited("37", lambda c: c["billing"].update(phone="+12125550111")),
        edited("37", lambda c: c["shipping"].update(city="New York")),
    ],
)
def test_a_customer_without_an_address_who_was_never_changed_is_not_erased(sent):
    assert read(sent).events == ()


# -- stock


@pytest.mark.parametrize(
    ("changes", "in_stock", "quantity"),
    [
        ({}, True, Decimal(998)),
        ({"stock_status": "outofstock", "stock_quantity": 0}, False, Decimal(0)),
        ({"stock_status": "onbackorder", "stock_quantity": -2}, True, Decimal(-2)),
        ({"stock_quantity": None, "manage_stock": False}, True, None),
        ({"stock_quantity": 5, "manage_stock": "parent"}, True, Decimal(5)),
        ({"status": "draft"}, False, Decimal(998)),
    ],
)
def test_what_is_left_of_a_product(changes, in_stock, quantity):
    (event,) = read(edited("25", **changes)).events
    expected = StockChanged(
        product_id="11", in_stock=in_stock, quantity=quantity, at=at("2026-11-24T03:54:05")
    )
    assert event == expected


# -- shapes that stores really send


def test_meta_data_with_gaps_comes_as_an_object_and_is_read():
    rows = {"3": {"id": 1, "key": "_wc_other/smscart/sms-consent", "value": "1"}, "5": None}
    assert read(edited("08", meta_data=rows)).events[0].cart.consent


def test_an_order_without_people_is_a_cart_that_reaches_nobody():
    cart = read(edited("06", billing=[], shipping=None)).events[0].cart
    assert (cart.contact.phone, cart.contact.email, cart.billing, cart.shipping) == (None, None, None, None)


def test_an_unchanged_order_is_as_old_as_it_is():
    cart = read(edited("06", date_modified_gmt=None)).events[0].cart
    assert cart.updated_at == cart.created_at


@pytest.mark.parametrize("topic", ["", "order.published", "action.wc_anything", "x.y", "order.created\ud800"])
def test_any_other_topic_is_a_note_whatever_its_body(topic):
    found = read(webhook(topic, b"\xff not even text"))
    assert found.events == ()
    assert found.notes


# -- the REST API


def test_a_list_of_orders_is_read_like_its_webhooks():
    listed = body("40")
    found = read_rest(raw("40"), SHOP)
    assert found == read_rest(listed, SHOP)
    assert [order["status"] for order in listed] == ["processing", "on-hold"]
    assert told(found) == [("placed", "order:16"), ("placed", "order:17")]
    assert found.events[0] == read(delivery("02")).events[0]


def test_one_unreadable_order_of_a_list_does_not_hide_the_others():
    listed = body("40")
    listed[0]["total"] = "lots"
    found = read_rest(listed, SHOP)
    assert told(found) == [("placed", "order:17")]
    assert found.notes == ("[0] can't be read: total: is not a decimal amount",)
