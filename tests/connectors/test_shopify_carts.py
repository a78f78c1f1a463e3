"""Checkouts and carts, from payload to event."""

import timeit
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from shopify_cast import SHOP, delivery, recorded

from connectors.platforms.shopify import connector
from sequences.cart import Dropped
from sequences.errors import BadDelivery, BadValue
from sequences.events import CartChanged
from sequences.money import Money

USD = "USD"
CART_TOKEN = "Z2NwLXVzLWVhc3QxOjAxTEST"


def checkout(topic: str = "checkouts/update", **changes):
    reading = connector.read(delivery(topic, recorded("checkouts_update.json", **changes)), SHOP)
    (event,) = reading.events
    assert isinstance(event, CartChanged)
    assert event.scope == "checkout"
    return event.cart, reading.notes


def changed(part: str, **changes):
    return recorded("checkouts_update.json")[part] | changes


@pytest.mark.parametrize("topic", ["checkouts/create", "checkouts/update"])
def test_a_checkout_becomes_a_cart(topic):
    cart, notes = checkout(topic)
    assert cart.key == "checkout:5a1f0c7e9b3d4c2e8f6a7b0d1c2e3f40"
    assert cart.aliases == (f"cart:{CART_TOKEN}", "name:#981820079255243")
    assert cart.created_at == datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    assert cart.updated_at == datetime(2026, 11, 24, 9, 3, 10, tzinfo=UTC)
    assert cart.total == Money(Decimal("42.40"), USD)
    assert cart.locale == "en-US"
    assert cart.discount_codes == ("WELCOME",)
    assert cart.completed_at is None
    assert cart.recovery_link and "key=0123456789abcdef0123456789abcdef" in cart.recovery_link
    assert notes == ()


def test_its_lines_are_priced_by_the_piece():
    (line,) = checkout()[0].lines
    assert (line.title, line.variant_title, line.sku) == ("Mug", "Blue", "MUG-BLUE")
    assert (line.quantity, line.price) == (2, Money(Decimal("20.00"), USD))
    assert (line.product_id, line.variant_id) == ("501", "601")


def test_the_shopper_is_who_pays_not_who_gets_the_parcel():
    contact = checkout(customer=...)[0].contact
    assert (contact.first_name, contact.last_name) == ("Dana", "Example")
    assert contact.customer_id == ""


@pytest.mark.parametrize("version", ["2025-10", "2026-04", "2026-10"])
def test_the_numeric_id_of_older_versions_is_not_needed(version):
    old = recorded("checkouts_update.json", id=981820079255243)
    new = recorded("checkouts_update.json")
    first, second = (
        connector.read(delivery("checkouts/update", p, x_shopify_api_version=version), SHOP)
        for p in (old, new)
    )
    assert first == second


def test_a_checkout_of_nobody_is_normal():
    absent = (
        "email phone customer billing_address shipping_address buyer_accepts_sms_marketing "
        "sms_marketing_phone cart_token name customer_locale discount_codes currency abandoned_checkout_url"
    )
    nothing = dict.fromkeys(absent.split(), ...)
    cart, notes = checkout(line_items=[], **nothing)
    assert (cart.contact.phone, cart.contact.email, cart.contact.dropped) == (None, None, ())
    assert (cart.consent, cart.aliases, cart.lines, cart.recovery_link) == ((), (), (), None)
    assert cart.total.currency == SHOP.currency
    assert notes == ()


def test_a_bought_checkout_says_so():
    cart, _ = checkout(completed_at="2026-11-24T06:10:00-05:00")
    assert cart.completed_at == datetime(2026, 11, 24, 11, 10, tzinfo=UTC)


def test_the_tick_is_consent_for_exactly_the_number_beside_it():
    cart, _ = checkout(sms_marketing_phone="+14155552671")
    (claim,) = cart.consent
    assert (claim.phone, claim.state, claim.source) == ("+14155552671", "subscribed", "shopify checkout")
    assert claim.at == cart.updated_at
    assert cart.contact.phone == "+14155552671"


def test_no_tick_is_a_claim_too():
    (claim,) = checkout(buyer_accepts_sms_marketing=False)[0].consent
    assert claim.state == "not_subscribed"


def test_without_the_field_there_is_no_claim():
    assert checkout(buyer_accepts_sms_marketing=...)[0].consent == ()


def test_a_shipping_phone_is_a_contact_but_no_consent():
    cart, notes = checkout(sms_marketing_phone=None, phone=None)
    assert cart.contact.phone == "+15025550999"
    assert cart.consent == ()
    assert "no number" in notes[0]


def test_a_text_in_place_of_the_tick_is_refused():
    with pytest.raises(BadValue, match="buyer_accepts_sms_marketing: should be true or false"):
        checkout(buyer_accepts_sms_marketing="false")


def test_phones_are_tried_in_order_and_the_unusable_are_named():
    cart, _ = checkout(
        sms_marketing_phone="555-555-SHIP",
        phone="1-800-555-0100",
        shipping_address=changed("shipping_address", phone="12"),
        billing_address=changed("billing_address", phone="(415) 555-2671"),
    )
    assert cart.contact.phone == "+14155552671"
    assert [d.where for d in cart.contact.dropped] == [
        "sms_marketing_phone",
        "phone",
        "shipping_address.phone",
    ]
    assert cart.contact.dropped[0] == Dropped(where="sms_marketing_phone", reason="words")
    assert cart.consent == ()


def test_a_national_number_is_read_in_its_own_country():
    british = changed("billing_address", country_code="GB", phone="07400 123456")
    cart, _ = checkout(sms_marketing_phone="07400123456", phone=None, billing_address=british)
    assert cart.contact.phone == cart.consent[0].phone == "+447400123456"


def test_a_removed_checkout_goes_by_its_cart():
    reading = connector.read(delivery("checkouts/delete", recorded("checkouts_delete.json")), SHOP)
    (event,) = reading.events
    assert (event.scope, event.cart.key) == ("removed", f"cart:{CART_TOKEN}")
    assert event.cart.aliases == ("name:#981820079255243",)
    assert event.cart.updated_at == datetime(2026, 11, 24, 9, 3, 11, 123456, tzinfo=UTC)


def test_or_by_its_number():
    payload = recorded("checkouts_delete.json", cart_token=None, id=981820079255243537)
    (event,) = connector.read(delivery("checkouts/delete", payload), SHOP).events
    assert event.cart.key == "name:#981820079255243537"


@pytest.mark.parametrize(
    ("changes", "headers", "said"),
    [
        ({"cart_token": None, "id": ...}, {}, "nobody knows which cart"),
    ],
)
def test_a_removal_that_names_nothing_is_parked(changes, headers, said):
    with pytest.raises(BadDelivery, match=said):
        connector.read(
            delivery("checkouts/delete", recorded("checkouts_delete.json", **changes), **headers), SHOP
        )


def money_set(amount: str, presentment: str) -> dict:
    return {
        "shop_money": {"amount": amount, "currency_code": "USD"},
        "presentment_money": {"amount": presentment, "currency_code": "EUR"},
    }


def cart_payload(**changes):
    line = {
        "id": 704912205188288575,
        "title": "Mug",
        "quantity": 2,
        "variant_id": 601,
        "product_id": 501,
        "price": "18.00",
        "price_set": money_set("20.00", "18.00"),
        "line_price": "36.00",
        "line_price_set": money_set("40.00", "36.00"),
    }
    return {
        "id": CART_TOKEN,
        "token": CART_TOKEN,
        "note": None,
        "line_items": [line],
        "created_at": "2026-11-24T09:00:00.000Z",
        "updated_at": "2026-11-24T09:01:00.000Z",
    } | changes


@pytest.mark.parametrize("topic", ["carts/create", "carts/update"])
def test_a_cart_before_checkout_is_a_sign_of_life_in_the_shops_currency(topic):
    (event,) = connector.read(delivery(topic, cart_payload()), SHOP).events
    assert (event.scope, event.cart.key) == ("lines", f"cart:{CART_TOKEN}")
    assert event.cart.total == Money(Decimal("40.00"), USD)
    assert event.cart.lines[0].price == Money(Decimal("20.00"), USD)
    assert event.cart.contact.phone is None


def test_an_emptied_cart_costs_nothing():
    (event,) = connector.read(delivery("carts/update", cart_payload(line_items=[])), SHOP).events
    assert event.cart.total == Money(Decimal(0), USD)


def test_a_carts_secret_is_no_part_of_its_name():
    (event,) = connector.read(
        delivery("carts/update", cart_payload(token=f"{CART_TOKEN}?key=abc")), SHOP
    ).events
    assert event.cart.key == f"cart:{CART_TOKEN}"
    cart, _ = checkout(cart_token=f"{CART_TOKEN}?key=abc")
    assert cart.aliases[0] == f"cart:{CART_TOKEN}"


def test_a_link_that_is_none_is_left_out_with_a_note_and_the_cart_is_rebuilt_by_another():
    cart, notes = checkout(abandoned_checkout_url="javascript:alert(1)")
    assert cart.recovery_link == "https://demo-shop.myshopify.com/cart/601:2"
    assert notes == ("abandoned_checkout_url isn't a web address: a link that rebuilds the cart",)


def line(**changes):
    return recorded("checkouts_update.json")["line_items"][0] | changes


@pytest.mark.parametrize("given", [..., None, "", "/checkouts/ac/1/recover?key=2", "https://"])
def test_a_checkout_without_a_link_gets_one_that_rebuilds_its_cart(given):
    cart, _ = checkout(abandoned_checkout_url=given, line_items=[line(), line(variant_id=7, quantity=1)])
    assert cart.recovery_link == "https://demo-shop.myshopify.com/cart/601:2,7:1"


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [line(variant_id=None)],
        [line(), line(variant_id=None)],
        [line(properties=[{"name": "Engraving", "value": "Dana"}])],
        [line(properties={"Engraving": "Dana"})],
    ],
)
def test_a_cart_that_cant_be_rebuilt_whole_has_no_way_back(lines):
    cart, notes = checkout(abandoned_checkout_url="javascript:alert(1)", line_items=lines)
    assert cart.recovery_link is None
    assert notes == ("abandoned_checkout_url isn't a web address: no way back to this cart",)


def test_a_wrong_field_is_named_but_not_shown():
    lines = recorded("checkouts_update.json")["line_items"]
    with pytest.raises(BadValue) as wrong:
        checkout(line_items=[lines[0], lines[0] | {"price": "secret"}])
    assert str(wrong.value) == "line_items[1].price: is not a decimal amount"
    with pytest.raises(BadDelivery) as more:
        checkout(created_at="2026-11-24T09:00:00", token=7.5)
    assert "created_at: has no offset" in str(more.value)
    assert "token: should be a text" in str(more.value)


def test_reading_a_checkout_takes_less_than_a_millisecond():
    given = delivery("checkouts/update", recorded("checkouts_update.json"))
    assert min(timeit.repeat(lambda: connector.read(given, SHOP), number=20, repeat=10)) / 20 < 0.001
