"""From Shopify's payload to the recovery: each of the six rules ties what it should, and nothing else."""

import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import order_kit as ok
import pytest
import requests
import spine_kit as kit

CODE = "BACK-7H2K-Q9M4"


def afresh(spine) -> None:
    """As if no order had come yet."""
    kit.change(spine, "DELETE FROM orders")
    kit.change(spine, "UPDATE carts SET state = 'abandoned', reason = '', order_key = NULL")


def rule_of(spine, **order) -> str:
    """By which rule this order is tied to a text; empty: by none."""
    afresh(spine)
    ok.order(spine, **order)
    return "".join(rule for _, rule, *_ in ok.claims(spine))


def texted_an_hour_ago(spine, **more) -> str:
    key = kit.texted(spine, **more)
    kit.skip(spine, hours=1)
    return key


def codes(*given: str) -> dict:
    return {"discount_codes": [{"code": code} for code in given]}


def mark(value: str, name: str = "recovery_ref") -> dict:
    return {"note_attributes": [{"name": name, "value": value}]}


def test_checkout_and_cart_tokens_tie_their_own_cart_alone(spine) -> None:
    key = texted_an_hour_ago(spine)
    cart = ok.cart_token(spine)
    assert rule_of(spine, checkout_token=key) == "same_checkout"
    assert rule_of(spine, checkout_token="0" * 32, cart_token=cart) == "same_cart"
    assert rule_of(spine, cart_token=f"{cart}?key=abc") == "same_cart"
    assert rule_of(spine, checkout_token=key, cart_token=cart) == "same_checkout"
    assert rule_of(spine, checkout_token=cart, cart_token=key) == ""
    # A draft, or an order at the till: nothing to go by, not even the same name of nothing.
    assert rule_of(spine, checkout_token=None, cart_token=None, landing_site=None, customer=None) == ""
    assert rule_of(spine, checkout_token="", cart_token="") == ""


def test_a_code_that_one_text_alone_carried_ties_and_no_other(spine) -> None:
    texted_an_hour_ago(spine)
    assert rule_of(spine, **codes(CODE)) == ""
    # The merchant's own, though only one text has carried it so far.
    kit.change(spine, "UPDATE links SET offer_code = 'WELCOME10'")
    assert rule_of(spine, **codes("WELCOME10")) == ""
    ok.own_code(spine, CODE)
    assert rule_of(spine, **codes(CODE)) == "offer_code"
    assert rule_of(spine, **codes("SUMMER", CODE.lower())) == "offer_code"
    assert rule_of(spine, **codes("WELCOME10")) == ""
    assert rule_of(spine, **codes(CODE[:-1])) == ""
    # Given back, since no text had gone out with it.
    kit.change(spine, "UPDATE codes SET state = 'ready', touch_id = NULL")
    assert rule_of(spine, **codes(CODE)) == ""


def test_a_code_that_several_carts_got_says_nothing_of_who_bought(spine) -> None:
    texted_an_hour_ago(spine)
    other = kit.leave_cart(spine, **ok.ELSE)
    kit.settle(spine)
    kit.change(
        spine,
        "INSERT INTO links (shop_id, code, touch_id, cart_id, ref, offer_code, expires_at)"
        " SELECT shop_id, 'AbCdEf123456', gen_random_uuid(), id, 'r', 'ONE10', now() FROM carts WHERE key = :key",
        key=f"checkout:{other}",
    )
    kit.change(spine, "UPDATE links SET offer_code = 'ONE10'")
    ok.order(spine, **codes("ONE10"))
    assert (ok.claims(spine), kit.rows(spine, "SELECT * FROM ties")) == ([], [])
    assert kit.rows(spine, "SELECT note FROM events ORDER BY id DESC LIMIT 1")[0].note == (
        "no cart of ours led to this order"
    )


def test_our_mark_ties_where_it_belongs_and_only_if_it_is_ours(spine) -> None:
    texted_an_hour_ago(spine)
    ref = ok.links(spine)[0].ref
    assert rule_of(spine, **mark(ref)) == "recovery_ref"
    assert rule_of(spine, **mark(ref, "Recovery_Ref")) == ""
    assert rule_of(spine, **mark(ref.upper() + "0")) == ""
    assert rule_of(spine, **mark("")) == ""
    assert rule_of(spine, landing_site=f"/products/mug?utm_source=sms&utm_id={ref}#top") == "utm"
    assert rule_of(spine, landing_site=f"https://mugs.example/?utm_id={ref}") == "utm"
    assert rule_of(spine, landing_site=f"/?utm_content={ref}&ref={ref}") == ""
    assert rule_of(spine, landing_site="/?utm_source=sms&utm_id=somebody-elses") == ""
    assert rule_of(spine, landing_site=f"/?utm_id={ref}", **mark(ref)) == "recovery_ref"


def test_a_click_ties_the_same_person_for_seven_days(spine) -> None:
    kit.plan(spine, attribution=30 * 86400)
    texted_an_hour_ago(spine)
    me = {"phone": kit.PHONE}
    assert rule_of(spine, **me) == ""  # nobody opened the link
    kit.change(
        spine,
        "INSERT INTO clicks (shop_id, code, visitor, at) SELECT shop_id, code, 'bot', :at FROM links",
        at=spine.world.status().now - timedelta(minutes=30),
    )
    assert rule_of(spine, **me) == ""
    assert kit.rows(spine, "SELECT * FROM ties") == []
    requests.get(kit.link_in(spine), headers=kit.PERSON, timeout=5, allow_redirects=False)
    before = (spine.world.status().now - timedelta(minutes=1)).isoformat()
    assert rule_of(spine, created_at=before, **me) == ""  # the click came after the purchase
    assert rule_of(spine, **me) == "click_and_person"
    assert rule_of(spine, phone=None, billing_address={"phone": kit.PHONE}) == "click_and_person"
    assert rule_of(spine, phone=ok.ELSE["phone"], email=kit.NAMES["email"]) == ""
    customer = kit.one(spine, "carts").customer_id
    assert customer and rule_of(spine, phone=None, customer={"id": int(customer)}) == "click_and_person"
    assert rule_of(spine, phone=None, customer={"id": int(customer) + 1}) == ""
    kit.skip(spine, days=6, hours=23)
    assert rule_of(spine, **me) == "click_and_person"
    kit.skip(spine, hours=2)
    assert rule_of(spine, **me) == ""


# -- several carts, several rules


def bought_anew(spine, key: str) -> str:
    """Whoever was texted opens a new checkout, which we hear of. Returns its name."""
    new = kit.leave_cart(spine, **ok.ELSE)
    kit.settle(spine)
    assert new != key
    return new


def test_a_new_checkout_leaves_its_order_to_the_text_whose_mark_it_carries(spine) -> None:
    key = texted_an_hour_ago(spine)
    new = bought_anew(spine, key)
    ok.order(spine, checkout_token=new, **mark(ok.links(spine)[0].ref))
    assert ok.claims(spine) == [("order:7001", "recovery_ref", "delivered", 0)]
    assert (ok.cart(spine, key).state, ok.cart(spine, key).order_key) == ("recovered", "order:7001")
    assert (ok.cart(spine, new).state, ok.cart(spine, new).reason) == (
        "bought",
        "the text of another cart led to this order",
    )
    assert kit.one(spine, "orders", "cart_id, tied_by") == (ok.cart(spine, new).id, "same_checkout")


def test_a_new_checkout_without_any_mark_is_the_same_persons_if_they_clicked(spine) -> None:
    key = texted_an_hour_ago(spine)
    new = kit.leave_cart(spine)
    kit.settle(spine)
    ok.order(spine, checkout_token=new, phone=kit.PHONE)
    assert ok.claims(spine) == []
    assert (ok.cart(spine, new).state, ok.cart(spine, new).reason) == (
        "bought",
        "no text was handed over before the order",
    )
    afresh(spine)
    requests.get(kit.link_in(spine), headers=kit.PERSON, timeout=5, allow_redirects=False)
    kit.skip(spine, minutes=1)
    ok.order(spine, checkout_token=new, phone=kit.PHONE)
    assert ok.claims(spine) == [("order:7001", "click_and_person", "read", 0)]
    assert [ok.cart(spine, k).state for k in (key, new)] == ["recovered", "bought"]


def test_of_two_carts_with_texts_the_surest_has_it(spine) -> None:
    first = kit.texted(spine)
    (ref,) = [link.ref for link in ok.links(spine)]
    second = kit.due(spine, **ok.ELSE)
    kit.work(spine)
    kit.skip(spine, minutes=5)
    kit.work(spine)
    for topic, marks, rule in (
        ("orders/create", {"landing_site": f"/?utm_id={ref}"}, "utm"),
        ("orders/updated", {"landing_site": f"/?utm_id={ref}", "checkout_token": second}, "same_checkout"),
    ):
        kit.skip(spine, minutes=1)
        ok.order(spine, topic, created_at=(spine.world.status().now).isoformat(), **marks)
        assert [claim[1] for claim in ok.claims(spine)] == [rule]
    assert kit.one(spine, "recoveries").cart_id == ok.cart(spine, second).id
    assert kit.one(spine, "orders").cart_id == ok.cart(spine, second).id
    assert ok.cart(spine, second).state == "recovered"
    # It was thought to have come back; what it became is another cart's.
    assert ok.cart(spine, first).state == "bought"


def test_a_surer_tie_counts_even_if_it_stands_in_an_older_word_that_comes_late(spine) -> None:
    key = texted_an_hour_ago(spine)
    ref = ok.links(spine)[0].ref
    created = spine.world.status().now.isoformat()
    placed = ok.told(spine, created_at=created, checkout_token=key)
    kit.skip(spine, minutes=1)
    ok.order(
        spine,
        "orders/updated",
        created_at=created,
        landing_site=f"/?utm_id={ref}",
        financial_status="partially_refunded",
        **ok.refund("4.00"),
    )
    assert [claim[1] for claim in ok.claims(spine)] == ["utm"]
    for _ in range(2):
        kit.shopify(spine, "orders/create", placed)
        kit.settle(spine)
        assert [claim[1] for claim in ok.claims(spine)] == ["same_checkout"]
        assert kit.one(spine, "orders", "tied_by, refunded") == ("same_checkout", 4)
    states = [row.state for row in kit.rows(spine, "SELECT state FROM events ORDER BY id DESC LIMIT 2")]
    assert states == ["stale", "applied"], "told again, it is nothing new"


def test_a_cart_comes_back_once_whatever_else_is_bought_by_its_link(spine) -> None:
    key = texted_an_hour_ago(spine)
    seen = {"landing_site": f"/?utm_id={ok.links(spine)[0].ref}"}
    ok.order(spine, id=1, **seen)
    ok.order(spine, id=2, **seen)
    assert ok.claims(spine) == [("order:1", "utm", "delivered", 0)]
    ok.order(spine, id=3, checkout_token=key, **seen)
    assert ok.claims(spine) == [("order:3", "same_checkout", "delivered", 0)]
    assert kit.rows(spine, "SELECT reason FROM recoveries WHERE order_key = 'order:1'")[0].reason == (
        "the cart came back with another order"
    )
    kit.skip(spine, minutes=1)
    cancelled = {"cancelled_at": spine.world.status().now.isoformat()}
    ok.order(spine, "orders/cancelled", id=3, checkout_token=key, **cancelled)
    assert ok.claims(spine) == [("order:1", "utm", "delivered", 0)]
    assert ok.cart(spine, key).order_key == "order:1"


def test_a_link_that_was_passed_on_is_kept_for_its_first_orders_only(spine) -> None:
    key = texted_an_hour_ago(spine)
    kit.change(
        spine,
        "INSERT INTO orders (shop_id, key, status, total, currency, created_at, updated_at)"
        " SELECT id, 'order:x' || n, 'paid', 1, 'USD', now(), now() FROM shops, generate_series(1, 20) n"
        " WHERE platform = 'shopify'",
    )
    kit.change(
        spine,
        "INSERT INTO ties SELECT o.shop_id, o.key, 'utm', c.id, '' FROM orders o JOIN carts c ON c.shop_id = o.shop_id",
    )
    ok.order(spine, landing_site=f"/?utm_id={ok.links(spine)[0].ref}")
    assert kit.rows(spine, "SELECT * FROM ties WHERE order_key = 'order:7001'") == []
    ok.order(spine, "orders/updated", checkout_token=key)
    assert kit.rows(spine, "SELECT rule FROM ties WHERE order_key = 'order:7001'") == [("same_checkout",)]


# -- test orders


@pytest.mark.parametrize("test", [True, False])
def test_a_test_order_claims_nothing_and_ends_the_reminders_of_its_own_checkout_alone(spine, test) -> None:
    first = kit.left(spine)
    second = kit.leave_cart(spine, phone=ok.ELSE["phone"])  # the same e-mail address
    kit.settle(spine)
    kit.skip(spine, minutes=31)
    kit.settle(spine)
    kit.skip(spine, minutes=1)
    ok.order(spine, test=test, checkout_token=second, phone=kit.PHONE, email=kit.NAMES["email"])
    ended = {
        row.key: row.states
        for row in kit.rows(
            spine,
            "SELECT c.key, array_agg(DISTINCT t.state) AS states FROM carts c JOIN touches t ON t.cart_id = c.id"
            " GROUP BY c.key",
        )
    }
    assert ended[f"checkout:{second}"] == ["cancelled"]
    assert ended[f"checkout:{first}"] == (["planned"] if test else ["cancelled"])
    reason = "a test order" if test else "no text was handed over before the order"
    assert (ok.cart(spine, second).state, ok.cart(spine, second).reason) == ("bought", reason)
    assert ok.claims(spine) == []


def test_a_test_order_is_tied_by_nothing_but_the_checkout_that_became_it(spine) -> None:
    key = texted_an_hour_ago(spine)
    requests.get(kit.link_in(spine), headers=kit.PERSON, timeout=5, allow_redirects=False)
    ok.own_code(spine, CODE)
    ref = ok.links(spine)[0].ref
    marks = {"phone": kit.PHONE, "landing_site": f"/?utm_id={ref}", **mark(ref), **codes(CODE)}
    ok.order(spine, test=True, **marks)
    assert kit.rows(spine, "SELECT * FROM ties") == []
    assert ok.cart(spine, key).state == "abandoned"
    ok.order(spine, id=2, test=True, checkout_token=key, **marks)
    assert (ok.cart(spine, key).state, ok.cart(spine, key).reason) == ("bought", "a test order")
    assert ok.claims(spine) == []


# -- the link that rebuilds a cart


def without_link(spine) -> None:
    """Somebody leaves a checkout to which Shopify gives no link."""
    kit.at_noon(spine)
    now = spine.world.status().now.isoformat()
    checkout = {
        "token": "f" * 32,
        "created_at": now,
        "updated_at": now,
        "total_price": "24.00",
        "currency": "USD",
        "customer_locale": "en-US",
        "email": kit.NAMES["email"],
        "buyer_accepts_sms_marketing": True,
        "sms_marketing_phone": kit.PHONE,
        "shipping_address": {"country_code": "US", "province_code": "NY", "zip": "10001"},
        "line_items": [
            {"title": "Mug", "quantity": 2, "price": "10.00", "variant_id": 601},
            {"title": "Tea", "quantity": 1, "price": "4.00", "variant_id": 602},
        ],
    }
    kit.shopify(spine, "checkouts/create", json.dumps(checkout).encode())
    for _ in range(2):
        kit.settle(spine)
        kit.skip(spine, minutes=31)
    kit.work(spine)
    assert len(kit.texts(spine)) == 1, kit.rows(spine, "SELECT state, reason FROM touches")


def test_a_cart_without_a_link_of_its_own_is_rebuilt_and_its_order_known_by_our_mark(spine) -> None:
    without_link(spine)
    kit.skip(spine, minutes=5)
    answer = requests.get(kit.link_in(spine), headers=kit.PERSON, timeout=5, allow_redirects=False)
    opened = urlsplit(answer.headers["Location"])
    assert (opened.scheme, opened.netloc, opened.path) == (
        "https",
        "mugs.myshopify.com",
        "/cart/601:2,602:1",
    )
    told = parse_qs(opened.query)
    (ref,) = told.pop("attributes[recovery_ref]")
    assert told["utm_id"] == [ref] == [ok.links(spine)[0].ref]
    for secret in (kit.PHONE[1:], kit.NAMES["email"], kit.NAMES["first_name"]):
        assert secret not in answer.headers["Location"]
    kit.skip(spine, minutes=5)
    # Shopify made a new checkout of it, and the shopper gave another address there.
    ok.order(spine, checkout_token="e" * 32, email="else@example.com", **mark(ref))
    assert ok.claims(spine) == [("order:7001", "recovery_ref", "read", 0)]
    assert ok.cart(spine, "f" * 32).state == "recovered"
