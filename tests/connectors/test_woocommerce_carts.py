"""Unpaid orders are carts: what they hold, and whom they reach."""

import pytest
from woo_recordings import PHONE, at, body, delivery, edited, meta, read, told, usd

from sequences.cart import Address, ConsentClaim, Dropped

# -- a cart


def test_an_unpaid_order_is_a_whole_cart():
    (event,) = read(delivery("06")).events
    cart = event.cart
    assert event.scope == "checkout"
    assert (cart.created_at, cart.updated_at) == (at("2026-11-24T04:04:26"), at("2026-11-24T04:04:27"))
    assert cart.total == usd("17.50")
    assert cart.recovery_link == body("06")["payment_url"]
    assert (cart.contact.phone, cart.contact.email, cart.contact.customer_id) == (
        PHONE,
        "ann@example.com",
        "",
    )
    assert cart.billing == Address(
        first_name="Ann", last_name="Lee", city="New York", postcode="10001", region="NY", country="US"
    )
    (line,) = cart.lines
    assert (line.title, line.quantity, line.price, line.sku) == ("Blue Mug", 1, usd("12.5"), "MUG-BLUE")
    assert (line.product_id, line.variant_id) == ("11", "")


def test_a_variation_is_told_from_its_product():
    line = read(edited("02", status="pending")).events[0].cart.lines[1]
    assert (line.title, line.variant_title) == ("T-Shirt", "S")
    assert (line.product_id, line.variant_id) == ("13", "14")


def test_entities_in_a_product_name_are_words_again():
    def rename(order):
        order["line_items"][0]["name"] = "Salt &amp; Pepper\x00 \ud83d"

    assert read(edited("06", rename)).events[0].cart.lines[0].title == "Salt & Pepper \ufffd"


def test_half_a_kilo_is_one_piece():
    def weigh(order):
        order["line_items"][0]["quantity"] = 0.5

    assert read(edited("06", weigh)).events[0].cart.lines[0].quantity == 1


def test_a_card_declined_at_place_order_leaves_a_cart_that_can_be_paid():
    found = read(edited("06", topic="order.created", status="failed"))  # recording 07's shape
    assert told(found) == [("cart", "order:32")]
    assert found.events[0].cart.recovery_link == body("06")["payment_url"]


def test_a_draft_of_older_checkouts_is_a_cart_with_consent_and_without_a_link():
    draft = edited("34", topic="order.updated", status="checkout-draft")  # recording 33's shape
    found = read(draft)
    assert told(found) == [("cart", "order:16")]
    cart = found.events[0].cart
    assert cart.recovery_link is None
    assert "no page on which it can be paid" in found.notes[0]
    assert [claim.phone for claim in cart.consent] == [PHONE]


@pytest.mark.parametrize("changes", [{"needs_payment": False}, {"payment_url": "javascript:alert(1)"}])
def test_a_link_that_can_not_be_paid_on_is_not_offered(changes):
    assert read(edited("06", **changes)).events[0].cart.recovery_link is None


@pytest.mark.parametrize("via", ["admin", "subscription"])
def test_an_order_the_shopper_did_not_start_is_no_cart(via):
    found = read(edited("06", created_via=via))
    assert found.events == ()
    assert via in found.notes[0]


# -- the shopper


def test_a_ticked_box_is_a_claim_for_the_billing_phone_as_old_as_the_order():
    claim = ConsentClaim(
        phone=PHONE, state="subscribed", at=at("2026-11-24T04:04:26"), source="woocommerce checkout"
    )
    assert read(delivery("06")).events[0].cart.consent == (claim,)
    later = edited("06", status="processing", date_modified_gmt="2026-11-25T00:00:00")
    assert read(later).events[0].order.consent == (claim,)


@pytest.mark.parametrize(
    "ticked",
    [
        {},
        {"_wc_other/smscart/sms-consent": "0"},
        {"_wc_other/smscart/sms-consent": ""},
        {"_wc_other/smscart/sms-consent": ["1"]},
        {"_wc_other/smscart/sms-consent-text": "1"},
        {"_wc_shipping/smscart/sms-consent": "1"},
        {"sms-consent": "1"},
    ],
)
def test_an_unticked_box_or_another_field_claims_nothing(ticked):
    assert read(edited("08", meta(ticked))).events[0].cart.consent == ()


def test_the_box_of_any_plugin_counts():
    assert read(edited("08", meta({"_wc_other/my-theme/sms-consent": "1"}))).events[0].cart.consent


def test_the_tick_is_not_carried_over_to_the_phone_of_whom_it_is_shipped_to():
    def gift(order):
        order["billing"]["phone"] = ""
        order["shipping"]["phone"] = "+12015550123"

    cart = read(edited("06", gift)).events[0].cart
    assert cart.contact.phone == "+12015550123"
    assert cart.consent == ()


def test_a_phone_that_can_not_be_texted_is_named_and_the_next_one_taken():
    def mistype(order):
        order["billing"]["phone"] = "12"

    contact = read(edited("06", mistype)).events[0].cart.contact
    assert contact.phone == PHONE
    assert [d.where for d in contact.dropped] == ["billing.phone"]
    assert isinstance(contact.dropped[0], Dropped)
    assert contact.dropped[0].reason


def test_a_national_number_is_read_by_its_country():
    def german(order):
        order["billing"] |= {"phone": "0151 23456789", "country": "DE"}

    assert read(edited("06", german)).events[0].cart.contact.phone == "+4915123456789"


def test_without_a_country_the_shop_s_own_is_taken():
    def plain(order):
        order["billing"] |= {"phone": "(212) 555-0100", "country": ""}

    assert read(edited("06", plain)).events[0].cart.contact.phone == PHONE


def test_the_zero_customer_is_nobody_and_any_other_somebody():
    assert read(edited("06", customer_id=7)).events[0].cart.contact.customer_id == "7"
