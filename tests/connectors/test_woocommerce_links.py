"""Links into a WooCommerce store."""

from contextlib import suppress
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from woo_recordings import SHOP, body, delivery

from connectors.platforms.woocommerce import checkout_link, connector
from connectors.platforms.woocommerce.links import takes_coupon
from sequences.cart import Line
from sequences.errors import BadDelivery, BadValue
from sequences.events import CartChanged
from sequences.money import Money

UTM = {"utm_source": "sms", "utm_medium": "text", "utm_id": "rec_8f2a"}
PAY = body("06")["payment_url"]


def line(product_id="", variant_id="", quantity=1):
    return Line(
        title="Mug",
        quantity=quantity,
        price=Money.parse("1", "USD"),
        product_id=product_id,
        variant_id=variant_id,
    )


def test_the_page_of_an_unpaid_order_keeps_its_key_and_gets_the_campaign_but_no_code():
    made = urlsplit(connector.recovery_link(PAY, code="SAVE10", utm=UTM))
    assert made._replace(query="").geturl() == PAY.split("?")[0]
    expected = {"pay_for_order": ["true"], "key": ["wc_order_wsEavGCswLc1K"]} | {
        k: [v] for k, v in UTM.items()
    }
    assert parse_qs(made.query) == expected


def test_a_checkout_link_gets_the_code_and_the_campaign():
    made = connector.recovery_link(
        "https://shop.example/de/checkout-link/?products=11:2,14:1&coupon=OLD#x", code="save10&x=1", utm=UTM
    )
    query = "products=11:2,14:1&utm_source=sms&utm_medium=text&utm_id=rec_8f2a&coupon=save10%26x%3D1"
    assert made == f"https://shop.example/de/checkout-link/?{query}#x"


def test_without_code_and_campaign_a_link_stays_as_it_is():
    assert connector.recovery_link(PAY) == PAY


def test_campaign_parameters_of_the_store_are_replaced():
    made = connector.recovery_link("https://s.example/?utm_source=mail&empty=", utm={"utm_source": "sms"})
    assert made == "https://s.example/?empty=&utm_source=sms"


@pytest.mark.parametrize(
    "link",
    ["", "javascript:alert(1)", "//s.example/x", "/checkout", "https://", "http://[", "ftp://s.example"],
)
def test_what_is_no_web_address_is_refused(link):
    with pytest.raises(BadValue):
        connector.recovery_link(link, code="x")


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=3), st.text(max_size=20))
def test_what_a_link_held_and_what_was_added_come_out_as_they_went_in(held, code):
    link = f"https://shop.example/checkout-link/?{urlencode(held)}"
    made = parse_qs(urlsplit(connector.recovery_link(link, code=code, utm=UTM)).query, keep_blank_values=True)
    added = UTM | ({"coupon": code} if code else {})
    assert made == {k: [v] for k, v in (held | added).items()}


@given(st.text())
def test_any_text_as_a_link_is_taken_or_refused(link):
    for candidate in (link, f"https://{link}", f"https://shop.example/{link}"):
        with suppress(BadDelivery):
            assert urlsplit(connector.recovery_link(candidate, utm=UTM)).scheme in ("http", "https")


def test_a_cart_is_rebuilt_from_variations_and_simple_products():
    lines = [
        line("11", quantity=2),
        line("13", "14"),
        line("13", "14", quantity=3),
        line("", ""),
        line("9", "", 0),
    ]
    made = checkout_link("https://shop.example/de/", lines, "GET5")
    assert made == "https://shop.example/de/checkout-link/?products=11:2,14:4&coupon=GET5"
    assert takes_coupon(made)


def test_a_cart_of_nothing_that_can_be_named_has_no_link():
    assert checkout_link("https://shop.example", [line("", ""), line("gid://x", "")]) is None


def test_a_recorded_cart_can_be_rebuilt():
    event = connector.read(delivery("06"), SHOP).events[0]
    assert isinstance(event, CartChanged)
    assert (
        checkout_link(SHOP.domain, event.cart.lines) == "http://127.0.0.1:8088/checkout-link/?products=11:1"
    )
