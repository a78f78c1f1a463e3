"""The last look at carts that the companion plugin told of, at orders cancelled unpaid, and at slow stores."""

import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from woo_looks import as_json, look, order_at_store, states, token
from woo_recordings import SHOP, body
from woo_server import ANN, KEYS, START, sandbox_store, scripted_store

from connectors.platforms.woocommerce import connector, last_look, sight
from sequences.ports import CartRef

BEN = "+12015550123"
ID = "0b6f5f6c9d1e4d5c8f1c2a7e93b1d044"
CART = f"checkout:{ID}"


@pytest.fixture
def sandbox():
    with sandbox_store() as made:
        yield made


def plugin_cart(sandbox, phone=ANN, **more):
    return CartRef(key=CART, since=sandbox.world.clock.now(), phone=phone, **more)


def marked(sandbox, cart_id=ID, phone=BEN):
    """An order that a cart of the plugin's became, in another name."""
    made = sandbox.open_cart(phone=phone)
    order_at_store(sandbox, made).meta["_comeback_cart"] = cart_id
    return made


# -- carts without an order of their own


def test_the_order_that_carries_the_carts_mark_is_its_purchase_whatever_person_it_names(sandbox):
    cart = plugin_cart(sandbox)
    bought = marked(sandbox)
    assert states(sandbox, cart) == ["open"], "it waits to be paid"
    sandbox.store.buy(token(bought))
    found = look(sandbox, cart)[CART]
    assert (found.state, found.order_key) == ("bought", bought.key)


def test_the_mark_of_another_cart_is_no_purchase_of_this_one(sandbox):
    cart = plugin_cart(sandbox)
    sandbox.store.buy(token(marked(sandbox, "1" * 32)))
    sandbox.store.buy(token(marked(sandbox, "")))
    assert states(sandbox, cart) == ["open"]


def test_a_cart_of_nobody_we_can_name_is_known_by_its_mark_alone(sandbox):
    cart = plugin_cart(sandbox, phone=None)
    sandbox.store.buy(token(marked(sandbox)))
    assert states(sandbox, cart) == ["bought"]


def test_a_pending_order_that_was_the_plugins_cart_is_asked_for_by_its_own_number(sandbox):
    order = marked(sandbox, phone=ANN)
    cart = replace(order, aliases=(CART,))
    assert states(sandbox, cart) == ["open"]
    sandbox.store.buy(token(marked(sandbox)))
    assert states(sandbox, cart) == ["bought"], "it was rebuilt, and bought by another order"


def test_carts_of_the_plugin_cost_one_request_and_only_they_cost_meta_data(sandbox):
    carts = [CartRef(key=f"checkout:{n:032}", since=START, phone=f"+1415555{2000 + n}") for n in range(40)]
    assert set(states(sandbox, *carts)) == {"open"}
    ((method, query),) = sandbox.asked
    assert (method, query["_fields"]) == ("GET", f"{sight.FIELDS},meta_data")
    sandbox.asked.clear()
    states(sandbox, *(sandbox.open_cart(phone=f"+1415555{2000 + n}") for n in range(40)))
    assert [query["_fields"] for _, query in sandbox.asked] == [sight.FIELDS] * 2


def test_a_purchase_in_a_store_whose_clocks_are_far_east_is_seen(sandbox):
    """With a Z, times in lists would be taken for nine hours later there, and nothing would be found."""
    sandbox.store.shop = replace(sandbox.store.shop, zone="Asia/Tokyo")
    cart = plugin_cart(sandbox)
    sandbox.world.clock.skip(timedelta(minutes=20))
    sandbox.store.buy(token(sandbox.open_cart()))
    assert states(sandbox, cart) == ["bought"]


# -- who cancelled the order


def note(words, author="WooCommerce", minutes=75, **more):
    at = datetime(2026, 11, 24, 3, 54, 7, tzinfo=UTC) + timedelta(minutes=minutes)
    return {"id": 7, "author": author, "note": words, "date_created_gmt": f"{at:%Y-%m-%dT%H:%M:%S}", **more}


TIMER = "Unpaid order cancelled - time limit reached. Order status changed from Pending payment to Cancelled."
GERMAN = "Der Status der Bestellung wurde von Zahlung ausstehend auf Storniert geändert."
SENT = 'Email "Cancelled order" sent.'


def cancelled(**more):
    """The recorded order that waits for its payment, cancelled since."""
    made = body("11") | {
        "status": "cancelled",
        "date_paid_gmt": None,
        "date_created_gmt": "2026-11-24T03:54:07",
    }
    return made | more


def seen(order, notes, *, version="11.0.1", aliases=(), others=()):
    """What a look says of the order's cart, and which addresses it asked for."""

    def answer(request):
        if request.path.endswith("/notes"):
            return 200, {}, as_json(notes)
        return 200, {}, as_json([order] if "include" in dict(request.query) else list(others))

    with scripted_store(answer) as store:
        shop = replace(SHOP, domain=store.url, version=version)
        cart = CartRef(key=f"order:{order['id']}", since=START, phone=ANN, aliases=aliases)
        found = connector.last_look(shop, KEYS, [cart])[cart.key]
    return found, [request.path.removeprefix("/wp-json/wc/v3/") for request in store.asked]


@pytest.mark.parametrize(
    ("notes", "state"),
    [
        ([note(TIMER), note(SENT)], "open"),
        ([note(TIMER, "system")], "open"),
        ([note(TIMER, minutes=16)], "open"),
        ([note(GERMAN, minutes=61)], "open"),
        ([note(GERMAN, minutes=12)], "gone"),
        ([note("Order cancelled by customer. Order status changed.", minutes=200)], "gone"),
        ([note("Order status changed by bulk edit.", "admin"), note(SENT)], "gone"),
        ([note(TIMER), note("Ann rang: she wants it no more", "admin")], "gone"),
        ([note(TIMER, added_by_user=True)], "gone"),
        ([], "gone"),
    ],
)
def test_a_cart_lives_on_only_if_the_store_cancelled_its_order_by_itself(notes, state):
    order = cancelled()
    found, asked = seen(order, notes)
    assert found.state == state
    assert found.detail
    assert asked == ["orders", "orders", f"orders/{order['id']}/notes"]


@pytest.mark.parametrize(
    ("more", "version", "aliases"),
    [
        ({"date_paid_gmt": "2026-11-24T03:55:00"}, "11.0.1", ()),
        ({}, "9.9.5", ()),
        ({}, "", ()),
    ],
    ids=["it was paid", "the store rebuilds no carts", "nobody knows whether it does"],
)
def test_what_was_paid_or_cant_be_rebuilt_is_gone_without_a_question(more, version, aliases):
    found, asked = seen(cancelled(**more), [note(TIMER)], version=version, aliases=aliases)
    assert (found.state, asked) == ("gone", ["orders", "orders"])


def test_the_plugin_rebuilds_a_cart_in_a_store_of_any_version():
    assert seen(cancelled(), [note(TIMER)], version="9.0.0", aliases=(CART,))[0].state == "open"


def test_whose_shopper_bought_since_is_asked_for_no_notes():
    other = body("12") | {"id": 99, "date_created_gmt": "2026-11-24T12:30:00", "status": "processing"}
    other["billing"] = other["billing"] | {"phone": ANN}
    found, asked = seen(cancelled(), [note(TIMER)], others=[other])
    assert (found.state, found.order_key, asked) == ("bought", "order:99", ["orders", "orders"])


@pytest.mark.parametrize("notes", [{"a": 1}, [1], [{"author": None}], [{"note": "x"}]])
def test_notes_that_cant_be_read_leave_it_unknown(notes):
    assert seen(cancelled(), notes)[0].state == "unknown"


def test_an_erased_shopper_is_gone_whatever_their_orders_notes_say():
    order = cancelled(billing={"email": "deleted@site.invalid", "phone": "+00000000000"})
    assert seen(order, [note(TIMER)])[0].state == "gone"


# -- within its time


def test_a_store_that_answers_byte_by_byte_is_given_up_in_time(monkeypatch):
    monkeypatch.setattr(last_look, "SECONDS", 0.3)
    over = threading.Event()

    def drip(request):
        over.wait(5)
        return 200, {}, b"[]"

    with scripted_store(drip) as store:
        begun = time.monotonic()
        cart = CartRef(key="order:18", since=START, phone=ANN)
        found = connector.last_look(replace(SHOP, domain=store.url), KEYS, [cart])["order:18"]
        took = time.monotonic() - begun
        over.set()
    assert found.state == "unknown"
    assert found.detail
    assert took < 3


def test_what_was_decided_in_time_stands_and_no_request_begins_after_it(monkeypatch):
    monkeypatch.setattr(last_look, "SECONDS", 1.0)
    bought, waiting = body("12"), body("11") | {"id": 19}

    def answer(request):
        time.sleep(1.2 if "include" not in dict(request.query) else 0)
        return 200, {}, as_json([bought, waiting] if "include" in dict(request.query) else [waiting] * 100)

    with scripted_store(answer) as store:
        carts = [CartRef(key=f"order:{n}", since=START, phone=ANN) for n in (18, 19)]
        found = connector.last_look(replace(SHOP, domain=store.url), KEYS, carts)
        time.sleep(0.3)
        assert len(store.asked) == 2
    assert [found[cart.key].state for cart in carts] == ["bought", "unknown"]
    assert "took too long" in found["order:19"].detail or "in time" in found["order:19"].detail
