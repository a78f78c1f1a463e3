"""The whole way at a real store: from the box at its checkout to the order, to STOP and to being forgotten."""

from datetime import UTC, datetime, timedelta

import pytest
import spine_kit as kit
from given_store import checkouts
from people_awake import awake
from playwright.sync_api import expect
from storefront import open_checkout, shown_checkout
from walking import left, only_text, texted

pytestmark = pytest.mark.parametrize("path", checkouts())


def test_connected(comeback, store, path):
    facts = comeback.facts()
    assert facts["webhooks"] == "healthy", facts
    assert facts["plugin"] and not facts["plugin_trouble"] and facts["version"], facts
    assert facts["lacks"] == []


def test_a_cart_comes_back_by_text_on_another_device(comeback, store, devices, person, path):
    first = devices()
    left(comeback, store, first, path, person, *store.products[:2])
    first.context.close()
    words = only_text(comeback, store)
    cart = kit.one(comeback, "carts")
    assert cart.key.startswith("checkout:") and cart.state == "abandoned"
    (code,) = kit.rows(comeback, "SELECT code FROM codes WHERE state = 'given'")
    assert code.code in words["text"]
    coupon = store.coupon(code.code)
    assert (coupon["usage_limit"], coupon["email_restrictions"], coupon["amount"]) == (1, [], "10.00")
    assert datetime.fromisoformat(coupon["date_expires_gmt"] + "+00:00") > datetime.now(UTC) + timedelta(
        days=2
    )

    other = devices()
    other.goto(kit.link_in(comeback))
    checkout = shown_checkout(other, comeback.wording)
    assert "comeback" not in other.url and "utm_id=" in other.url, other.url
    assert not any(value for value in checkout.values().values()), checkout.values()
    seen = other.content().casefold()
    for secret in (person.email, person.phone, person.e164, person.last_name, person.address):
        assert secret.casefold() not in seen
    expect(other.get_by_text(code.code, exact=False).first).to_be_visible()

    checkout.contact(person)
    checkout.address(person)
    order = checkout.pay(store.gateway)
    marks = store.marks(order)
    assert marks["_comeback_cart"] == cart.key.removeprefix("checkout:")
    assert marks["_comeback_recovery_id"]
    assert [line["code"] for line in store.order(order)["coupon_lines"]] == [code.code.lower()]
    comeback.hear(store)
    recovery = kit.one(comeback, "recoveries")
    assert recovery.order_key == f"order:{order}" and kit.states(comeback, "carts") == ["recovered"]


def test_who_answers_stop_gets_no_more(comeback, store, devices, person, path):
    left(comeback, store, devices(), path, person)
    only_text(comeback, store)
    comeback.reply("STOP", person.e164)
    kit.work(comeback)
    before = kit.texts(comeback)
    left(comeback, store, devices(), path, person)
    assert texted(comeback, store) == before
    assert "refused" in {row.state for row in kit.rows(comeback, "SELECT state FROM touches")} | {
        row.outcome for row in kit.rows(comeback, "SELECT outcome FROM traces")
    }


def test_who_takes_the_tick_away_is_forgotten_and_gets_no_text(comeback, store, devices, person, path):
    page = devices()
    checkout = left(comeback, store, page, path, person)
    comeback.hear(store)
    assert kit.states(comeback, "carts") in (["open"], ["abandoned"])
    checkout.untick()
    assert texted(comeback, store) == []
    assert kit.states(comeback, "carts") not in (["open"], ["abandoned"])


def test_who_buys_gets_no_text(comeback, store, devices, person, path):
    checkout = left(comeback, store, devices(), path, person)
    store.tell_all()
    order = checkout.pay(store.gateway)
    assert texted(comeback, store) == []
    assert store.marks(order)["_wc_other/comeback/sms-consent"] == "1"
    assert kit.states(comeback, "carts") == ["bought"]


def test_without_the_tick_nothing_leaves_the_store(comeback, store, devices, person, path):
    page = devices()
    page.goto(f"{store.url}/?{store.products[0]}")
    checkout = open_checkout(page, store.url + path, comeback.wording)
    checkout.contact(person)
    checkout.address(person)
    assert comeback.hear(store) == [] and kit.rows(comeback, "SELECT 1 FROM carts") == []


def test_who_left_an_order_unpaid_is_reminded_of_it_and_buys_elsewhere(
    comeback, store, devices, person, path
):
    if not store.unpaid_gateway:
        pytest.skip("no gateway that leaves orders unpaid was given: COMEBACK_WOO_UNPAID_GATEWAY")
    checkout = left(comeback, store, devices(), path, person)
    store.tell_all()
    first = checkout.pay(store.unpaid_gateway)
    only_text(comeback, store)
    cart = kit.one(comeback, "carts")
    assert (cart.state, store.order(first)["status"]) == ("abandoned", "pending")

    other = devices()
    other.goto(kit.link_in(comeback))
    again = shown_checkout(other, comeback.wording)
    again.contact(person)
    again.address(person)
    second = again.pay(store.gateway)
    assert second != first
    comeback.hear(store)
    assert kit.one(comeback, "recoveries").order_key == f"order:{second}"


def test_a_comeback_that_is_down_costs_the_shopper_nothing_and_hears_of_it_later(
    comeback, store, devices, person, path
):
    with comeback.down():
        checkout = left(comeback, store, devices(), path, person)
        store.run_jobs()
        order = checkout.pay(store.gateway)
        someone = awake()
        left(comeback, store, devices(), path, someone)
        store.run_jobs()
    assert store.order(order)["billing"]["phone"]
    assert "to " + someone.e164 in [f"to {text['to']}" for text in texted(comeback, store)]
