"""The way back to a cart, by what the order tells and by what the store's version can."""

from dataclasses import replace

import pytest
from woo_plugin import CART_ID, SNAPSHOT, WORDS
from woo_recordings import PHONE, SHOP, at, body, edited, meta, told

from connectors.platforms.woocommerce import connector
from connectors.platforms.woocommerce.links import rebuilds_carts, takes_coupon
from sequences.cart import ConsentClaim
from sequences.events import OrderChanged, OrderLapsed, ShopperErased

NOW_SHOP = replace(SHOP, version="11.0.1")
REBUILT = f"{SHOP.domain}/checkout-link/?products=11:1"
MARKED = meta({"_comeback_cart": CART_ID})


def read(sent, shop=NOW_SHOP):
    return connector.read(sent, shop)


def cart(sent, shop=NOW_SHOP):
    (event,) = read(sent, shop).events
    return event.cart


# -- links


@pytest.mark.parametrize(
    ("version", "can"),
    [
        *(("10.0.2", True), ("10.0.3-rc.1", True), ("10.1", True), ("11.0.1", True), ("100.0.0", True)),
        *(
            ("10.0.1", False),
            ("10.0", False),
            ("9.9.5", False),
            ("8.9.3", False),
            ("", False),
            ("nightly", False),
        ),
        *(("v11.0.1", False), ("11", False), ("1" * 400, False)),
    ],
)
def test_a_cart_is_rebuilt_by_link_from_10_0_2_on_and_never_on_a_guess(version, can):
    assert rebuilds_carts(version) is can
    link = cart(edited("06"), replace(SHOP, version=version)).recovery_link
    assert link == (REBUILT if can else body("06")["payment_url"])


def test_a_rebuilt_cart_keeps_the_first_coupon_of_the_order():
    link = cart(edited("06", coupon_lines=[{"code": "WELCOME10"}, {"code": "other"}])).recovery_link
    assert link == f"{REBUILT}&coupon=welcome10"
    assert takes_coupon(link)


def lines(*made):
    return [
        {"quantity": 1, "price": 1, "sku": "", "parent_name": None, "meta_data": [], **line} for line in made
    ]


SIMPLE = {"name": "Mug", "product_id": 11, "variation_id": 0}
SHIRT = {"name": "T-Shirt - S", "parent_name": "T-Shirt", "product_id": 13, "variation_id": 14}
SIZE = {"id": 1, "key": "size", "value": "S"}
STOCK = {"id": 2, "key": "_reduced_stock", "value": "1"}


@pytest.mark.parametrize(
    ("made", "products"),
    [
        ([SIMPLE], "11:1"),
        ([{**SIMPLE, "meta_data": [STOCK]}], "11:1"),
        ([{**SHIRT, "meta_data": [SIZE, STOCK]}], "14:1"),
        (
            [
                {
                    **SHIRT,
                    "name": "T-Shirt - S, Red",
                    "meta_data": [SIZE, {"key": "pa_colour", "value": "Red"}],
                }
            ],
            "14:1",
        ),
        ([SIMPLE, {**SHIRT, "meta_data": [SIZE]}], "11:1,14:1"),
        ([{**SIMPLE, "meta_data": [{"key": "Engraving", "value": "for Ann"}]}], None),
        ([{**SIMPLE, "meta_data": [{"key": "_bundled_items", "value": ["a", "b"]}]}], None),
        ([{**SHIRT, "meta_data": [SIZE, {"key": "pa_colour", "value": "Red"}]}], None),
        ([SIMPLE, {**SIMPLE, "product_id": 0}], None),
        ([], None),
    ],
)
def test_only_what_its_number_tells_whole_is_rebuilt(made, products):
    link = cart(edited("06", line_items=lines(*made))).recovery_link
    expected = f"{SHOP.domain}/checkout-link/?products={products}" if products else body("06")["payment_url"]
    assert link == expected


def test_a_draft_has_a_way_back_where_the_cart_can_be_rebuilt():
    draft = cart(edited("34", topic="order.updated", status="checkout-draft"))
    assert (draft.recovery_link, draft.stage) == (REBUILT, "cart")


@pytest.mark.parametrize("status", ["pending", "failed"])
def test_what_was_placed_and_not_paid_is_at_the_payment(status):
    assert cart(edited("06", status=status)).stage == "payment"


@pytest.mark.parametrize(("status", "method"), [("on-hold", "bacs"), ("processing", "cod")])
def test_what_is_paid_later_is_bought_now(status, method):
    assert told(read(edited("06", status=status, payment_method=method))) == [("placed", "order:32")]


@pytest.mark.parametrize(
    ("link", "made"),
    [
        (SNAPSHOT["cart"]["restore_url"], SNAPSHOT["cart"]["restore_url"] + "&utm_id=r&comeback_coupon=GET5"),
        (
            "https://s.example/de/?comeback=a.1.b",
            "https://s.example/de/?comeback=a.1.b&utm_id=r&comeback_coupon=GET5",
        ),
        (
            "https://s.example/?comeback=a.1.b&comeback_coupon=OLD",
            "https://s.example/?comeback=a.1.b&utm_id=r&comeback_coupon=GET5",
        ),
        (REBUILT, f"{REBUILT}&utm_id=r&coupon=GET5"),
        (f"{REBUILT}&coupon=old", f"{REBUILT}&utm_id=r&coupon=GET5"),
        ("https://s.example/pay/?key=wc_1", "https://s.example/pay/?key=wc_1&utm_id=r"),
        ("https://s.example/pay/?comeback=", "https://s.example/pay/?comeback=&utm_id=r"),
    ],
)
def test_each_link_takes_the_code_in_its_own_way_or_not_at_all(link, made):
    assert connector.recovery_link(link, code="GET5", utm={"utm_id": "r"}) == made
    assert takes_coupon(link) is ("GET5" in made)


# -- what the plugin marked


def test_a_marked_order_goes_by_the_name_of_its_cart_too():
    pending = cart(edited("06", MARKED))
    assert (pending.key, pending.aliases) == ("order:32", (f"checkout:{CART_ID}",))
    (bought,) = read(edited("02", MARKED)).events
    assert (bought.order.key, bought.order.checkout_key, bought.order.cart_key) == (
        "order:16",
        f"checkout:{CART_ID}",
        "order:16",
    )


@pytest.mark.parametrize("mark", ["", "x" * 32, CART_ID.upper(), CART_ID + "0", {"a": 1}, None])
def test_a_mark_of_somebody_elses_is_none(mark):
    marked = meta({"_comeback_cart": mark})
    assert cart(edited("06", marked)).aliases == ()
    assert read(edited("02", marked)).events[0].order.checkout_key == "order:16"


TICKED = (
    '{"at":"2026-11-24T04:00:00Z","version":3,"locale":"en","text":"' + WORDS + "  " + "word " * 300 + '",'
    '"form":"classic","page":"https://s.example/checkout/"}'
)


def test_the_tick_that_the_plugin_wrote_down_tells_when_and_to_what():
    (claim,) = cart(edited("06", meta({"_comeback_consent": TICKED}))).consent
    assert claim == ConsentClaim(
        phone=PHONE,
        state="subscribed",
        at=at("2026-11-24T04:00:00"),
        source="woocommerce checkout",
        wording=WORDS + "  " + "word " * 300,
        wording_version="3",
        locale="en",
        form="classic",
        url="https://s.example/checkout/",
    )


@pytest.mark.parametrize(
    "kept", ["", "{", "[]", "null", "{}", TICKED[:400], "\ud800", '{"at":"yesterday","text":"x"}']
)
def test_a_tick_that_can_not_be_read_is_as_bare_as_core_keeps_it(kept):
    (claim,) = cart(edited("06", meta({"_comeback_consent": kept}))).consent
    assert (claim.at, claim.wording, claim.form) == (at("2026-11-24T04:04:26"), "", "")


def test_a_tick_later_than_the_order_is_as_old_as_the_order():
    late = TICKED.replace("2026-11-24T04:00:00Z", "2026-12-24T04:00:00Z")
    assert cart(edited("06", meta({"_comeback_consent": late}))).consent[0].at == at("2026-11-24T04:04:26")


def test_words_without_a_tick_agree_to_nothing():
    assert cart(edited("08", meta({"_comeback_consent": TICKED}))).consent == ()


def test_an_erased_order_names_the_cart_that_it_was():
    (event,) = read(edited("12", meta({"_anonymized": "yes", "_comeback_cart": CART_ID}))).events
    assert isinstance(event, ShopperErased)
    assert (event.order_keys, event.cart_keys) == (("order:18",), (f"checkout:{CART_ID}",))


# -- cancelled and never paid

LAPSED = {"topic": "order.updated", "status": "cancelled", "date_modified_gmt": "2026-11-24T05:10:00"}
OLD_SHOP = replace(SHOP, version="10.0.1")


def test_an_unpaid_order_that_was_cancelled_is_the_cart_that_it_was_when_it_was_placed():
    (event,) = read(edited("06", **LAPSED)).events
    assert isinstance(event, OrderLapsed)
    assert (event.cart.recovery_link, event.cart.stage) == (REBUILT, "payment")
    assert event.cart.updated_at == event.cart.created_at == at("2026-11-24T04:04:26")
    assert (event.order.status, event.order.updated_at) == ("cancelled", at("2026-11-24T05:10:00"))


def test_where_only_the_plugin_can_rebuild_it_there_is_no_link_of_our_making():
    (event,) = read(edited("06", MARKED, **LAPSED), OLD_SHOP).events
    assert isinstance(event, OrderLapsed)
    assert event.cart.recovery_link is None


@pytest.mark.parametrize(
    ("changes", "shop"),
    [
        ({}, OLD_SHOP),
        ({}, SHOP),
        ({"date_paid_gmt": "2026-11-24T04:05:00"}, NOW_SHOP),
        ({"payment_method": "bacs"}, NOW_SHOP),
        ({"payment_method": "cod"}, NOW_SHOP),
        ({"created_via": "rest-api"}, NOW_SHOP),
        ({"created_via": "admin"}, NOW_SHOP),
        ({"refunds": [{"id": 1, "total": "-1.00"}]}, NOW_SHOP),
        ({"line_items": []}, NOW_SHOP),
    ],
)
def test_any_other_cancelled_order_is_cancelled(changes, shop):
    (event,) = read(edited("06", **{**LAPSED, **changes}), shop).events
    assert isinstance(event, OrderChanged)
    assert event.change == "cancelled"
