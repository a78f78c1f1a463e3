"""What a last look costs, and what it says when the store can't be asked."""

from dataclasses import replace
from datetime import timedelta

import pytest
from woo_looks import as_json, look, states, token
from woo_recordings import SHOP, body
from woo_server import ANN, KEYS, START, sandbox_store, scripted_store

from connectors.platforms.woocommerce import connector, last_look, sight
from sequences.ports import CartRef

BEN = "+12015550123"


@pytest.fixture
def sandbox():
    with sandbox_store() as made:
        yield made


# -- what it costs


def test_a_batch_costs_two_requests_and_asks_for_no_more_than_it_needs(sandbox):
    carts = [sandbox.open_cart(phone=f"+1415555{2000 + n}") for n in range(40)]
    assert set(states(sandbox, *carts)) == {"open"}
    assert [method for method, _ in sandbox.asked] == ["GET", "GET"]
    assert all(query["_fields"] == sight.FIELDS and query["per_page"] == "100" for _, query in sandbox.asked)


def test_more_than_a_hundred_carts_are_asked_for_in_hundreds(sandbox):
    carts = [sandbox.open_cart(phone=None) for _ in range(101)]
    sandbox.store.buy(token(carts[100]))
    assert states(sandbox, *carts) == ["open"] * 100 + ["bought"]
    assert len(sandbox.asked) == 2


def test_no_carts_cost_nothing(sandbox):
    assert look(sandbox) == {}
    assert sandbox.asked == []


def test_where_the_store_sells_too_much_since_the_shopper_is_searched_for(sandbox, monkeypatch):
    monkeypatch.setattr(last_look, "MOST_PAGES", 1)
    old = sandbox.open_cart(email="ann@example.com")
    sandbox.store.buy(token(sandbox.open_cart(email="ann@example.com")))
    sandbox.world.clock.skip(timedelta(hours=2))
    for _ in range(101):
        sandbox.open_cart(phone=BEN)
    sandbox.world.clock.skip(timedelta(minutes=10))
    fresh = sandbox.open_cart(phone="+14155550100")
    assert states(sandbox, old, fresh) == ["bought", "open"]
    assert [q["search"] for _, q in sandbox.asked if "search" in q] == ["ann@example.com"]


# -- when the store can't be asked


def test_a_store_in_maintenance_is_unknown_with_the_reason(sandbox):
    cart, other = sandbox.open_cart(), sandbox.open_cart(phone=BEN)
    sandbox.world.faults.store_error = 1.0
    found = look(sandbox, cart, other)
    assert {k: v.state for k, v in found.items()} == {cart.key: "unknown", other.key: "unknown"}
    assert "HTTP 503" in found[cart.key].detail


def test_a_refused_key_is_unknown_and_says_what_to_do(sandbox):
    cart = sandbox.open_cart()
    found = look(sandbox, cart, consumer_secret="cs_wrong")[cart.key]
    assert (found.state, "connect the store again" in found.detail) == ("unknown", True)


@pytest.mark.parametrize(
    "credentials", [{"consumer_key": ""}, {"allow_private": ""}, {"consumer_key": "ck_unknown"}]
)
def test_credentials_that_can_not_work_are_unknown(sandbox, credentials):
    cart = sandbox.open_cart()
    assert look(sandbox, cart, **credentials)[cart.key].state == "unknown"


@pytest.mark.parametrize("domain", ["", "not a url", "https://a..b", "http://127.0.0.1:9"])
def test_a_store_without_an_address_is_unknown(domain):
    cart = CartRef(key="order:1", since=START, phone=ANN)
    found = connector.last_look(replace(SHOP, domain=domain), KEYS, [cart])
    assert found["order:1"].state == "unknown"


def test_what_was_known_before_the_store_failed_is_kept():
    bought, waiting = body("12"), body("11") | {"id": 19}

    def answer(request):
        if "include" in dict(request.query):
            return 200, {}, as_json([bought, waiting])
        return 503, {"Content-Type": "text/html"}, b"<html>"

    with scripted_store(answer) as store:
        carts = [CartRef(key=f"order:{n}", since=START, phone=ANN) for n in (18, 19)]
        found = connector.last_look(replace(SHOP, domain=store.url), KEYS, carts)
    assert [look.state for look in found.values()] == ["bought", "unknown"]


@pytest.mark.parametrize(
    "rows",
    [
        {"orders": []},
        [None],
        [{}],
        [{"id": "x", "status": "pending", "date_created_gmt": "2026-11-24T00:00:00"}],
        [{"id": 1, "status": "pending"}],
        [{"id": 1, "status": "pending", "date_created_gmt": "soon"}],
    ],
)
def test_an_answer_that_can_not_be_read_may_hide_a_purchase_and_is_unknown(rows):
    with scripted_store(lambda request: (200, {}, as_json(rows))) as store:
        cart = CartRef(key="order:1", since=START, phone=ANN)
        found = connector.last_look(replace(SHOP, domain=store.url), KEYS, [cart])["order:1"]
    assert found.state == "unknown"
    assert found.detail
