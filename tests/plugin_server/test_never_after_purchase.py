"""Whoever bought gets no reminder, whether we heard of it in time, late or never."""

import json
from datetime import timedelta

import pytest
from order_kit import order as ordered
from spine_kit import (
    NAMES,
    PHONE,
    at_noon,
    buy,
    change,
    claim,
    due,
    faults,
    leave_cart,
    left,
    one,
    plan,
    rows,
    settle,
    shopify,
    skip,
    states,
    texted,
    texts,
    wait_idle,
    work,
)

from plugin_server.jobs import dispatch, looking
from plugin_server.store import shops
from sequences.ports import CartRef

HOUR = 3600


def go_deaf(spine) -> None:
    """From now on every webhook of the stores is lost."""
    faults(spine, webhook_late=1, webhook_late_seconds=300 * 24 * HOUR)


@pytest.fixture(params=["mugs", "wool"])
def shop(request) -> str:
    return request.param


def test_a_purchase_we_never_heard_of_is_seen_by_the_last_look(spine, shop) -> None:
    key = due(spine, shop)
    go_deaf(spine)
    buy(spine, key, shop)
    work(spine)
    touch = one(spine, "touches")
    assert (touch.state, touch.rule, touch.reason) == ("skipped", "last look", "the store says it was bought")
    assert texts(spine) == []


def test_without_that_purchase_the_same_cart_is_texted(spine, shop) -> None:
    due(spine, shop)
    go_deaf(spine)
    work(spine)
    assert len(texts(spine)) == 1


def test_a_purchase_in_another_cart_of_the_same_person_ends_this_one(spine, shop) -> None:
    left(spine, shop)
    other = leave_cart(spine, shop)
    settle(spine)
    skip(spine, minutes=5)
    buy(spine, other, shop)
    settle(spine)
    assert states(spine) == ["cancelled"]
    skip(spine, minutes=30)
    work(spine)
    assert texts(spine) == []


def test_an_unheard_purchase_in_another_cart_is_seen_by_the_last_look(spine, shop) -> None:
    due(spine, shop)
    go_deaf(spine)
    buy(spine, leave_cart(spine, shop), shop)
    work(spine)
    assert (states(spine), texts(spine)) == (["skipped"], [])


def test_at_shopify_a_number_alone_or_an_email_alone_finds_what_its_owner_bought(spine) -> None:
    at_noon(spine)
    since = spine.machine.clock.now()
    skip(spine, minutes=1)
    buy(spine, leave_cart(spine, email="d.exemplarova@example.org"))
    with spine.machine.db.system() as c:
        mugs = shops.by_domain(c, spine.machine.secrets.vault, "shopify", "mugs.myshopify.com")
    carts = [
        CartRef(key="name:#1", since=since, phone=PHONE),
        CartRef(key="name:#2", since=since, phone="+12125550177"),
        CartRef(key="name:#3", since=since + timedelta(minutes=2), phone=PHONE),
        CartRef(key="name:#4", since=since, email="D.Exemplarova@example.org"),
        CartRef(key="name:#5", since=since, email=NAMES["email"]),
        CartRef(key="name:#6", since=since + timedelta(minutes=2), email="d.exemplarova@example.org"),
    ]
    credentials = spine.machine.store_secrets(mugs)
    looks = spine.machine.platform("shopify").last_look(mugs.shop, credentials, carts)
    assert [look.state for look in looks.values()] == ["bought", "open", "open"] * 2


def test_somebody_elses_purchase_ends_nothing(spine, shop) -> None:
    left(spine, shop)
    stranger = leave_cart(spine, shop, phone="+12125550177", email="stranger@example.com", first_name="Sam")
    buy(spine, stranger, shop)
    skip(spine, minutes=31)
    work(spine)
    assert [entry["to"] for entry in texts(spine)] == ["+12125550142"]


def test_a_purchase_before_the_cart_was_left_ends_nothing(spine) -> None:
    buy(spine, leave_cart(spine))
    settle(spine)
    due(spine)
    work(spine)
    assert len(texts(spine)) == 1


def test_whoever_bought_another_cart_while_this_one_lay_idle_gets_no_touch(spine) -> None:
    first = leave_cart(spine)
    settle(spine)
    skip(spine, minutes=2)
    buy(spine, leave_cart(spine))
    settle(spine)
    skip(spine, minutes=31)
    settle(spine)
    cart = rows(spine, "SELECT state, reason FROM carts WHERE key = :key", key=f"checkout:{first}")[0]
    assert cart.state == "expired"
    assert "bought meanwhile" in cart.reason
    assert states(spine) == []


def test_whose_an_order_was_may_be_told_after_the_order(spine) -> None:
    """At the till, and in drafts, the customer is added later; and somebody left a cart before."""
    at_noon(spine)
    leave_cart(spine)
    settle(spine)
    skip(spine, minutes=1)
    at = spine.world.status().now
    ordered(spine, id=7010, created_at=at.isoformat())
    skip(spine, minutes=1)
    ordered(spine, "orders/updated", id=7010, created_at=at.isoformat(), phone=PHONE)
    skip(spine, minutes=31)
    settle(spine)
    assert (one(spine, "carts").state, states(spine)) == ("expired", [])
    change(spine, "UPDATE orders SET phone_hash = NULL, erased = true")
    ordered(spine, "orders/updated", id=7010, created_at=at.isoformat(), phone=PHONE, email=NAMES["email"])
    order = one(spine, "orders")
    assert (order.phone_hash, order.email_hash) == (None, None), "whoever was erased stays forgotten"


def test_a_purchase_that_arrives_while_its_touch_is_claimed_wins(spine, shop) -> None:
    key = due(spine, shop)
    token = claim(spine)
    buy(spine, key, shop)
    settle(spine)
    assert states(spine) == ["cancelled"], "already now, not only when the worker looks again"
    assert dispatch.run(spine.machine, token) == 0
    assert (states(spine), texts(spine)) == (["cancelled"], [])


def test_a_purchase_between_the_last_look_and_the_commit_wins(spine, shop, monkeypatch) -> None:
    key = due(spine, shop)
    token = claim(spine)
    real = looking.look

    def look_and_then_hear_of_it(*args):
        looks = real(*args)
        assert [look.state for look in looks.values()] == ["open"]
        buy(spine, key, shop)
        settle(spine)
        return looks

    monkeypatch.setattr(looking, "look", look_and_then_hear_of_it)
    assert dispatch.run(spine.machine, token) == 0
    assert (states(spine), texts(spine)) == (["cancelled"], [])


def test_a_store_that_cant_be_asked_is_waited_for_and_then_texted(spine, shop) -> None:
    due(spine, shop)
    faults(spine, store_error=1)
    work(spine)
    touch = one(spine, "touches")
    assert (touch.state, touch.rule) == ("held", "last look")
    assert touch.due_at > spine.world.status().now
    assert texts(spine) == []
    faults(spine, store_error=0)
    skip(spine, minutes=5)
    work(spine)
    assert len(texts(spine)) == 1


def test_a_store_that_cant_be_asked_until_the_deadline_means_no_text_at_all(spine, shop) -> None:
    due(spine, shop)
    faults(spine, store_error=1)
    work(spine)
    skip(spine, hours=48)
    work(spine)
    touch = one(spine, "touches")
    assert touch.state == "expired"
    assert touch.reason.startswith("its deadline passed (the store can't be asked")
    faults(spine, store_error=0)
    skip(spine, hours=1)
    work(spine)
    assert texts(spine) == []


def test_a_shop_that_says_so_texts_even_if_its_store_cant_be_asked(spine, shop) -> None:
    plan(spine, shop, send_blind=True)
    due(spine, shop)
    faults(spine, store_error=1)
    work(spine)
    assert len(texts(spine)) == 1


def test_even_such_a_shop_texts_nobody_of_whom_the_store_says_that_they_bought(spine, shop) -> None:
    plan(spine, shop, send_blind=True)
    key = due(spine, shop)
    go_deaf(spine)
    buy(spine, key, shop)
    work(spine)
    assert texts(spine) == []


def test_an_emptied_cart_is_not_spoken_of_again(spine) -> None:
    key = left(spine)
    spine.world.post(f"/sandbox/carts/mugs/{key}/empty", {})
    settle(spine)
    assert (states(spine), one(spine, "carts").state) == (["cancelled"], "expired")
    skip(spine, minutes=31)
    work(spine)
    assert texts(spine) == []


def test_a_shopper_who_comes_back_starts_the_wait_anew_and_gets_the_same_touch(spine) -> None:
    key = left(spine)
    before = one(spine, "touches")
    spine.world.post(f"/sandbox/carts/mugs/{key}/change", {})
    settle(spine)
    assert (one(spine, "carts").state, states(spine)) == ("open", ["cancelled"])
    skip(spine, minutes=29)
    work(spine)
    assert (one(spine, "carts").state, texts(spine)) == ("open", []), "idle for less than half an hour"
    skip(spine, minutes=2)
    work(spine)
    after = one(spine, "touches")
    assert (after.id, after.state) == (before.id, "planned")
    assert after.due_at - before.due_at > timedelta(minutes=30)
    skip(spine, minutes=31)
    work(spine)
    assert len(texts(spine)) == 1


def test_a_shopper_who_comes_back_while_the_touch_is_claimed_isnt_texted_now(spine) -> None:
    key = due(spine)
    token = claim(spine)
    spine.world.post(f"/sandbox/carts/mugs/{key}/change", {})
    settle(spine)
    assert dispatch.run(spine.machine, token) == 0
    assert texts(spine) == []


def test_a_shopper_who_comes_back_after_the_text_gets_no_second_one(spine) -> None:
    key = texted(spine)
    spine.world.post(f"/sandbox/carts/mugs/{key}/change", {})
    for _ in range(3):
        work(spine)
        skip(spine, minutes=61)
    work(spine)
    assert (len(texts(spine)), one(spine, "carts").state) == (1, "abandoned")


def test_a_test_order_of_the_merchants_ends_nobodys_reminders(spine) -> None:
    left(spine)
    now = spine.world.status().now.isoformat()
    order = {
        "id": 99,
        "name": "#99",
        "created_at": now,
        "updated_at": now,
        "total_price": "1.00",
        "email": NAMES["email"],
        "test": True,
    }
    assert shopify(spine, "orders/create", json.dumps(order).encode()).status_code == 200
    settle(spine)
    assert states(spine) == ["planned"]
    order = {**order, "id": 100, "test": False}
    shopify(spine, "orders/create", json.dumps(order).encode())
    settle(spine)
    assert states(spine) == ["cancelled"]


def test_a_shop_that_uninstalled_texts_nobody_even_if_a_touch_was_left_standing(spine) -> None:
    """The plan of an idle cart may be written at the very moment at which the shop goes."""
    plan(spine, send_blind=True)
    due(spine)
    change(spine, "UPDATE shops SET state = 'uninstalled' WHERE key = :key", key=spine.keys["mugs"])
    work(spine)
    wait_idle(spine)
    assert texts(spine) == []
    assert states(spine) == ["cancelled"]
