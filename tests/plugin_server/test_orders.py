"""An order stays with the cart it was first tied to, and what it recovered stands, shrinks or is undone with it."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
import requests
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


def told(spine, **more) -> bytes:
    """An order as Shopify tells of it, a moment later each time."""
    now = spine.world.status().now
    order = {
        "id": 7001,
        "name": "#7001",
        "created_at": now.isoformat(),
        "updated_at": now.isoformat(),
        "total_price": "24.00",
        "currency": "USD",
        "financial_status": "paid",
    }
    return json.dumps({**order, **more}).encode()


def refund(amount: str) -> dict:
    transaction = {"kind": "refund", "status": "success", "amount": amount, "currency": "USD"}
    return {"refunds": [{"transactions": [transaction]}]}


def recovery(spine):
    return one(spine, "recoveries", "state, amount, rule")


@pytest.fixture(params=["same_checkout", "offer_code", "recovery_ref", "utm", "click_and_person"])
def tied(request, spine):
    """A shopper got a text and bought; the order can be tied to the cart in just one way."""
    key = texted(spine)
    if request.param == "offer_code":
        change(spine, "UPDATE links SET offer_code = 'BACK10'")
    if request.param == "click_and_person":
        requests.get(link_in(spine), headers=PERSON, timeout=5, allow_redirects=False)
    ref = one(spine, "links").ref
    skip(spine, hours=1)
    created = spine.world.status().now.isoformat()
    marks = {
        "same_checkout": {"checkout_token": key},
        "offer_code": {"discount_codes": [{"code": "back10"}]},
        "recovery_ref": {"note_attributes": [{"name": "recovery_ref", "value": ref}]},
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


def test_a_partial_refund_lowers_what_the_text_recovered_however_the_order_was_tied(tied) -> None:
    spine, marks = tied
    shopify(
        spine, "orders/updated", told(spine, financial_status="partially_refunded", **refund("4.00"), **marks)
    )
    settle(spine)
    assert (recovery(spine).state, recovery(spine).amount) == ("standing", Decimal(20))


def test_a_full_refund_undoes_it_however_the_order_was_tied(tied) -> None:
    spine, marks = tied
    shopify(spine, "orders/updated", told(spine, financial_status="refunded", **refund("24.00"), **marks))
    settle(spine)
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


def test_a_code_that_others_got_meanwhile_doesnt_untie_the_order(spine) -> None:
    texted(spine)
    change(spine, "UPDATE links SET offer_code = 'BACK10'")
    skip(spine, hours=1)
    marks = {"discount_codes": [{"code": "BACK10"}], "created_at": spine.world.status().now.isoformat()}
    shopify(spine, "orders/create", told(spine, **marks))
    settle(spine)
    assert recovery(spine).rule == "offer_code"
    other = leave_cart(spine, phone="+12125550143", email="other@example.com")
    settle(spine)
    change(
        spine,
        "INSERT INTO links (shop_id, code, touch_id, cart_id, ref, offer_code, expires_at)"
        " SELECT shop_id, 'AbCdEf123456', gen_random_uuid(), id, 'r', 'BACK10', now() FROM carts WHERE key = :key",
        key=f"checkout:{other}",
    )
    skip(spine, minutes=1)
    shopify(spine, "orders/updated", told(spine, financial_status="refunded", **refund("24.00"), **marks))
    settle(spine)
    assert recovery(spine).state == "undone"


def test_a_code_that_many_carts_got_says_nothing_of_who_bought(spine) -> None:
    texted(spine)
    other = leave_cart(spine, phone="+12125550143", email="other@example.com")
    settle(spine)
    change(
        spine,
        "INSERT INTO links (shop_id, code, touch_id, cart_id, ref, offer_code, expires_at)"
        " SELECT shop_id, 'AbCdEf123456', gen_random_uuid(), id, 'r', 'BACK10', now() FROM carts WHERE key = :key",
        key=f"checkout:{other}",
    )
    change(spine, "UPDATE links SET offer_code = 'BACK10'")
    skip(spine, hours=1)
    shopify(spine, "orders/create", told(spine, discount_codes=[{"code": "BACK10"}]))
    settle(spine)
    assert rows(spine, "SELECT * FROM recoveries") == []
    assert rows(spine, "SELECT note FROM events ORDER BY id DESC LIMIT 1")[0].note == (
        "no cart of ours led to this order"
    )


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
    order = buy(spine, key, shop)
    work(spine)
    assert recovery(spine).state == "standing"
    skip(spine, minutes=5)
    spine.world.post(f"/sandbox/orders/{shop}/{order}/refund", {})
    work(spine)
    assert recovery(spine).state == "undone"


def test_an_order_thrown_away_in_the_store_undoes_the_recovery_for_good(spine) -> None:
    key = texted(spine, "wool")
    skip(spine, minutes=5)
    order = buy(spine, key, "wool")
    work(spine)
    spine.world.post(f"/sandbox/orders/wool/{order}/delete", {})
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


def test_a_closed_cart_keeps_its_reason_whatever_the_store_tells_of_it_later(spine) -> None:
    key = leave_cart(spine)
    settle(spine)
    skip(spine, minutes=5)
    buy(spine, key)
    work(spine)
    assert one(spine, "carts").reason
