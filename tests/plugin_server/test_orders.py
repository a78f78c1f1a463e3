"""What an order recovered stands, shrinks or is undone with it, however it was tied."""

from datetime import timedelta
from decimal import Decimal

import pytest
import requests
from order_kit import cart_token, order, own_code, refund, told
from spine_kit import (
    NAMES,
    PERSON,
    PHONE,
    buy,
    change,
    leave_cart,
    link_in,
    one,
    rows,
    settle,
    shopify,
    skip,
    texted,
    work,
)


def recovery(spine):
    return one(spine, "recoveries", "state, amount, rule")


@pytest.fixture(
    params=["same_checkout", "offer_code", "recovery_ref", "same_cart", "utm", "click_and_person"]
)
def tied(request, spine):
    """A shopper got a text and bought; the order can be tied to the cart in just one way."""
    key = texted(spine)
    if request.param == "offer_code":
        own_code(spine)
    if request.param == "click_and_person":
        requests.get(link_in(spine), headers=PERSON, timeout=5, allow_redirects=False)
    ref = one(spine, "links").ref
    skip(spine, hours=1)
    created = spine.world.status().now.isoformat()
    marks = {
        "same_checkout": {"checkout_token": key},
        "offer_code": {"discount_codes": [{"code": "back-7h2k-q9m4"}]},
        "recovery_ref": {"note_attributes": [{"name": "recovery_ref", "value": ref}]},
        "same_cart": {"cart_token": cart_token(spine)},
        "utm": {"landing_site": f"/?utm_source=sms&utm_id={ref}"},
        "click_and_person": {"phone": PHONE},
    }[request.param]
    marks["created_at"] = created
    shopify(spine, "orders/create", told(spine, **marks))
    settle(spine)
    assert (recovery(spine).state, recovery(spine).rule) == ("standing", request.param)
    assert one(spine, "carts").state == "recovered"
    skip(spine, hours=1)
    return spine, marks


def test_refunds_lower_what_the_text_recovered_and_undo_it_in_the_end_however_the_order_was_tied(
    tied,
) -> None:
    spine, marks = tied
    order(spine, "orders/updated", financial_status="partially_refunded", **refund("4.00"), **marks)
    assert (recovery(spine).state, recovery(spine).amount) == ("standing", Decimal(20))
    skip(spine, minutes=1)
    order(spine, "orders/updated", financial_status="refunded", **refund("24.00"), **marks)
    assert recovery(spine).state == "undone"


def test_a_cancelled_order_undoes_it_and_a_late_word_of_its_payment_doesnt_bring_it_back(tied) -> None:
    spine, marks = tied
    paid = told(spine, **marks)
    skip(spine, minutes=1)
    shopify(
        spine, "orders/cancelled", told(spine, cancelled_at=spine.world.status().now.isoformat(), **marks)
    )
    settle(spine)
    shopify(spine, "orders/paid", paid)
    settle(spine)
    assert recovery(spine).state == "undone"
    assert rows(spine, "SELECT state FROM events ORDER BY id DESC LIMIT 1")[0].state == "stale"


def test_who_buys_without_a_text_has_bought_and_not_come_back(spine) -> None:
    key = leave_cart(spine)
    settle(spine)
    skip(spine, minutes=5)
    buy(spine, key)
    work(spine)
    cart = one(spine, "carts")
    assert (cart.state, cart.reason) == ("bought", "no text was handed over before the order")
    assert rows(spine, "SELECT * FROM recoveries") == []


def test_who_buys_long_after_the_text_has_bought_and_not_come_back(spine) -> None:
    key = texted(spine)
    skip(spine, days=6)
    buy(spine, key)
    work(spine)
    assert one(spine, "carts").state == "bought"
    assert rows(spine, "SELECT * FROM recoveries") == []


def test_an_order_made_before_the_text_and_told_after_it_is_not_the_texts_doing(spine) -> None:
    before = spine.world.status().now + timedelta(minutes=1)
    key = texted(spine)
    shopify(
        spine,
        "orders/create",
        told(spine, checkout_token=key, created_at=before.isoformat(), email=NAMES["email"]),
    )
    settle(spine)
    assert one(spine, "carts").state == "bought"
    assert rows(spine, "SELECT * FROM recoveries") == []


@pytest.mark.parametrize("shop", ["mugs", "wool"])
def test_a_refund_in_the_store_undoes_the_recovery(spine, shop) -> None:
    key = texted(spine, shop)
    skip(spine, minutes=5)
    number = buy(spine, key, shop)
    work(spine)
    assert recovery(spine).state == "standing"
    skip(spine, minutes=5)
    spine.world.post(f"/sandbox/orders/{shop}/{number}/refund", {})
    work(spine)
    assert recovery(spine).state == "undone"


def test_an_order_thrown_away_in_the_store_undoes_the_recovery_for_good(spine) -> None:
    key = texted(spine, "wool")
    skip(spine, minutes=5)
    number = buy(spine, key, "wool")
    work(spine)
    spine.world.post(f"/sandbox/orders/wool/{number}/delete", {})
    work(spine)
    assert recovery(spine).state == "undone"
    assert one(spine, "orders").status == "deleted"


def test_a_refund_of_which_no_payment_is_told_is_a_refund_of_all(spine) -> None:
    key = texted(spine)
    skip(spine, hours=1)
    marks = {"checkout_token": key, "created_at": spine.world.status().now.isoformat()}
    shopify(spine, "orders/create", told(spine, **marks))
    settle(spine)
    skip(spine, minutes=1)
    shopify(spine, "orders/updated", told(spine, financial_status="refunded", refunds=[], **marks))
    settle(spine)
    assert recovery(spine).state == "undone"


def test_a_refund_that_is_told_before_the_order_itself_lowers_what_it_recovers(spine) -> None:
    key = texted(spine)
    skip(spine, hours=1)
    marks = {"checkout_token": key, "created_at": spine.world.status().now.isoformat()}
    placed = told(spine, **marks)
    skip(spine, minutes=1)
    order(spine, "orders/updated", financial_status="partially_refunded", **refund("4.00"), **marks)
    shopify(spine, "orders/create", placed)
    settle(spine)
    assert (recovery(spine).state, recovery(spine).amount) == ("standing", Decimal(20))


def test_what_a_text_recovered_follows_the_orders_worth_and_is_never_below_nothing(spine) -> None:
    key = texted(spine)
    skip(spine, hours=1)
    marks = {"checkout_token": key, "created_at": spine.world.status().now.isoformat()}
    for changes, amount in (
        ({}, 24),
        ({"total_price": "34.00", "current_total_price": "34.00"}, 34),  # an edit added something
        ({"total_price": "34.00", "current_total_price": "30.00"}, 30),  # an edit took something off
        ({**refund("9.00", "EUR"), "current_total_price": "14.00"}, 14),  # goods went back, paid in euros
        ({**refund("9.00", "EUR"), "current_total_price": "14.00", "presentment_currency": "EUR"}, 14),
    ):
        skip(spine, minutes=1)
        order(spine, "orders/updated", **marks, **changes)
        found = one(spine, "recoveries")
        assert (found.state, found.amount, found.currency) == ("standing", Decimal(amount), "USD")
    skip(spine, minutes=1)
    order(spine, "orders/updated", **marks, **refund("99.00"))
    assert one(spine, "recoveries", "state, reason") == ("undone", "the order was refunded")
    assert one(spine, "carts", "state, reason") == ("bought", "the order was refunded")


def test_an_order_that_a_code_made_free_is_a_cart_that_came_back_and_is_worth_nothing(spine) -> None:
    key = texted(spine)
    skip(spine, hours=1)
    order(spine, checkout_token=key, total_price="0.00")
    assert (recovery(spine).state, recovery(spine).amount) == ("standing", Decimal(0))


def test_an_order_that_stands_after_all_counts_again_by_what_the_store_says_last(spine) -> None:
    key = texted(spine)
    skip(spine, hours=1)
    marks = {"checkout_token": key, "created_at": spine.world.status().now.isoformat()}
    order(spine, **marks)
    skip(spine, minutes=1)
    cancelled = told(spine, cancelled_at=spine.world.status().now.isoformat(), **marks)
    shopify(spine, "orders/cancelled", cancelled)
    settle(spine)
    assert one(spine, "recoveries", "state, reason") == ("undone", "the order was cancelled")
    assert one(spine, "carts", "state, reason") == ("bought", "the order was cancelled")
    skip(spine, minutes=1)
    order(spine, "orders/updated", **marks)
    shopify(spine, "orders/cancelled", cancelled)
    settle(spine)
    assert one(spine, "recoveries", "state, reason") == ("standing", "")
    assert one(spine, "carts").state == "recovered"


def test_of_two_words_with_one_timestamp_the_cancellation_stands_whichever_comes_first(spine) -> None:
    key = texted(spine)
    skip(spine, hours=1)
    now = spine.world.status().now.isoformat()
    marks = {"checkout_token": key, "created_at": now, "updated_at": now}
    for topics in (("orders/cancelled", "orders/paid"), ("orders/paid", "orders/cancelled")):
        for topic in topics:
            order(spine, topic, **marks, **({"cancelled_at": now} if topic == "orders/cancelled" else {}))
        assert one(spine, "orders").status == "cancelled"
        assert rows(spine, "SELECT * FROM recoveries WHERE state = 'standing'") == []
        change(spine, "DELETE FROM orders")


def test_a_closed_cart_keeps_its_reason_whatever_the_store_tells_of_it_later(spine) -> None:
    key = leave_cart(spine)
    settle(spine)
    skip(spine, minutes=5)
    buy(spine, key)
    work(spine)
    assert one(spine, "carts").reason
