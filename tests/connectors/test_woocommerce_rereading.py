"""A store read again, at the sandbox over HTTP; what is expected was seen at a WooCommerce 11.0.1."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from woo_looks import order_at_store, token
from woo_recordings import SHOP, body
from woo_server import KEYS, START, sandbox_store, scripted_store

from connectors.platforms.woocommerce import connector, rereading
from sequences.events import CartChanged, OrderPlaced


@pytest.fixture
def sandbox():
    with sandbox_store() as made:
        yield made


def reader(sandbox, version="11.0.1", **credentials):
    return connector.rereading(replace(sandbox.shop, version=version), KEYS | credentials)


def read_all(found, since=START, between=lambda number: None):
    """Every page; `between` is called before each but the first, with its number."""
    pages, cursor = [], ""
    while not pages or cursor:
        if pages:
            between(len(pages))
        pages.append(found.page("orders", since, cursor))
        assert pages[-1].kind == "page", pages[-1].detail
        assert len(pages) < 50, "it never ends"
        cursor = pages[-1].cursor
    return pages


def keys(pages):
    events = [event for page in pages for reading in page.readings for event in reading.events]
    return [(e.cart if isinstance(e, CartChanged) else e.order).key for e in events]


def open_many(sandbox, many, apart=timedelta(0)):
    made = []
    for n in range(many):
        made.append(sandbox.open_cart(phone=f"+1415555{2000 + n}"))
        if apart:
            sandbox.world.clock.skip(apart)
    return made


def test_what_changed_since_is_read_with_its_whole_content(sandbox):
    sandbox.open_cart()
    sandbox.world.clock.skip(timedelta(hours=1))
    since = sandbox.world.clock.now()
    waiting, other = sandbox.open_cart(email="ann@example.com"), sandbox.open_cart()
    sandbox.store.buy(token(other))
    (page,) = read_all(reader(sandbox), since)
    (cart,), (order,) = (reading.events for reading in page.readings)
    assert (type(cart), type(order)) == (CartChanged, OrderPlaced)
    assert (cart.cart.key, cart.cart.contact.email) == (waiting.key, "ann@example.com")
    assert (cart.cart.lines[0].sku, cart.cart.recovery_link is not None) == ("MUG-BLUE", True)
    assert (order.order.key, page.expected) == (other.key, 2)
    ((_, query),) = sandbox.asked
    assert query["modified_after"] == "2026-11-24T12:59:59", "strictly after, so this finds that very second"
    assert "_links" not in query["_fields"]
    assert {"meta_data", "line_items", "coupon_lines", "payment_url"} <= set(query["_fields"].split(","))


def test_a_store_that_sold_nothing_costs_one_request(sandbox):
    (page,) = read_all(reader(sandbox))
    assert (page.readings, page.expected, len(sandbox.asked)) == ((), 0, 1)


def test_pages_follow_the_changes_of_the_store_in_their_order(sandbox):
    made = open_many(sandbox, 230, timedelta(seconds=1))
    pages = read_all(reader(sandbox))
    assert list(dict.fromkeys(keys(pages))) == [cart.key for cart in made]
    assert [len(page.readings) for page in pages] == [100, 100, 32]
    assert [page.expected for page in pages] == [230, None, None]
    assert len(keys(pages)) - 230 <= 2, "only the second of the cut is read twice"


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles", "UTC"])
def test_wherever_the_stores_clocks_stand_it_is_read_by_utc(sandbox, zone):
    sandbox.store.shop = replace(sandbox.store.shop, zone=zone)
    sandbox.open_cart()
    sandbox.world.clock.skip(timedelta(minutes=30))
    late = sandbox.open_cart()
    assert keys(read_all(reader(sandbox), sandbox.world.clock.now() - timedelta(minutes=1))) == [late.key]


# -- while it is read, the store goes on


def test_orders_that_change_meanwhile_hide_no_others(sandbox):
    made = open_many(sandbox, 250, timedelta(seconds=1))
    read = []

    def someone_else_changes(number):
        for cart in made[
            (number - 1) * 60 : number * 60
        ]:  # of those that were read, and of those that weren't
            sandbox.store.changed(order_at_store(sandbox, cart))

    read = keys(read_all(reader(sandbox), between=someone_else_changes))
    assert {cart.key for cart in made} <= set(read)


def test_orders_that_go_to_the_trash_meanwhile_hide_no_others(sandbox):
    made = open_many(sandbox, 250, timedelta(seconds=1))
    gone = made[:90]

    def emptied(number):
        if number == 1:
            for cart in gone:
                sandbox.store.delete(token(cart))

    read = keys(read_all(reader(sandbox), between=emptied))
    assert {cart.key for cart in made[90:]} <= set(read)


def test_a_crowd_that_changed_within_one_second_is_read_whole(sandbox):
    before = open_many(sandbox, 30, timedelta(seconds=1))
    crowd = open_many(sandbox, 250)
    sandbox.world.clock.skip(timedelta(seconds=1))
    after = open_many(sandbox, 30, timedelta(seconds=1))
    pages = read_all(reader(sandbox))
    assert {cart.key for cart in (*before, *crowd, *after)} == set(keys(pages))
    assert len(pages) <= 8


@pytest.mark.parametrize("leave", ["change", "trash"])
def test_whoever_leaves_a_crowd_while_it_is_read_takes_nobody_along(sandbox, leave):
    crowd = open_many(sandbox, 350)
    sandbox.world.clock.skip(timedelta(minutes=1))
    left = set()

    def some_leave(number):
        for cart in crowd[number * 40 : number * 40 + 25]:
            left.add(cart.key)
            if leave == "change":
                sandbox.store.changed(order_at_store(sandbox, cart))
            elif int(token(cart)) in sandbox.store.orders:
                sandbox.store.delete(token(cart))
        sandbox.world.clock.skip(timedelta(seconds=1))

    read = set(keys(read_all(reader(sandbox), between=some_leave)))
    stayed = {cart.key for cart in crowd} - left
    assert stayed <= read
    assert leave == "trash" or left <= read


def test_a_crowd_is_read_where_something_hides_how_many_pages_there_are(sandbox, monkeypatch):
    crowd = open_many(sandbox, 250)
    monkeypatch.setattr("sandbox.woocommerce.routes.paging", lambda listed: {})
    pages = read_all(reader(sandbox))
    assert {cart.key for cart in crowd} == set(keys(pages))
    assert pages[0].expected is None


# -- drafts of older versions


@pytest.mark.parametrize(
    ("version", "asks"),
    [("10.6.2", True), ("10.8.9", True), ("10.9.0", False), ("11.0.1", False), ("", True)],
)
def test_drafts_are_read_where_the_checkout_makes_some(sandbox, version, asks):
    """No list shows them unless it asks for them alone (recorded from WooCommerce 11.0.1)."""
    draft = sandbox.open_cart()
    order_at_store(sandbox, draft).status = "checkout-draft"
    bought = sandbox.open_cart()
    sandbox.store.buy(token(bought))
    read_all(reader(sandbox, version))
    asked = [query["status"] for _, query in sandbox.asked]
    assert asked == ["any", "checkout-draft"][: 1 + asks], "purchases first"


def test_a_draft_is_a_cart():
    draft = body("19")

    def answer(request):
        wanted = dict(request.query)["status"] == "checkout-draft"
        return 200, {}, json.dumps([draft] if wanted else []).encode()

    with scripted_store(answer) as store:
        found = connector.rereading(replace(SHOP, domain=store.url, version="10.6.2"), KEYS)
        assert keys(read_all(found)) == ["order:20"]


# -- what can't be read


def of(answer):
    return scripted_store(answer)


def page_of(store, cursor="", **credentials):
    found = connector.rereading(replace(SHOP, domain=store.url, version="11.0.1"), KEYS | credentials)
    return found.page("orders", START, cursor)


def test_an_order_that_cant_be_read_hides_no_other():
    rows = [body("12"), {"id": "x"}, 7, body("11") | {"id": 99}]
    with of(lambda request: (200, {}, json.dumps(rows).encode())) as store:
        page = page_of(store)
    assert [len(reading.events) for reading in page.readings] == [1, 0, 0, 1]
    assert all("can't be read" in page.readings[n].notes[0] for n in (1, 2))


@pytest.mark.parametrize(
    ("status", "headers", "content", "kind", "after"),
    [
        (503, {"Retry-After": "600"}, b"<html>", "retry_later", 600.0),
        (429, {"Retry-After": "7"}, b'{"code":"x"}', "retry_later", 7.0),
        (500, {"Retry-After": "Tue, 24 Nov 2026 13:00:00 GMT"}, b"<html>", "retry_later", None),
        (200, {}, b"<html>Coming soon", "retry_later", None),
        (200, {}, b'{"a": 1}', "retry_later", None),
        (0, {}, b"", "retry_later", None),
        (401, {}, b'{"code":"woocommerce_rest_cannot_view"}', "refused", None),
        (301, {"Location": "https://www.shop.example/"}, b"", "refused", None),
        (404, {}, b'{"code":"rest_no_route"}', "refused", None),
    ],
)
def test_a_store_that_cant_be_read_says_when_or_that_somebody_must_mend_it(
    status, headers, content, kind, after
):
    with of(lambda request: (status, headers, content)) as store:
        page = page_of(store)
    assert (page.kind, page.retry_after, page.readings, page.cursor) == (kind, after, (), "")
    assert page.detail


@pytest.mark.parametrize(
    "cursor", ["x", "any", "any 2026-11-24T12:00:00Z", "all 2026-11-24T12:00:00Z 0", "any x 0"]
)
def test_a_cursor_that_is_none_is_refused_without_a_question(sandbox, cursor):
    assert reader(sandbox).page("orders", START, cursor).kind == "refused"
    assert sandbox.asked == []


@pytest.mark.parametrize(
    "change",
    [{"date_modified_gmt": None}, {"date_modified_gmt": "2020-01-01T00:00:00"}],
    ids=["none", "older"],
)
def test_a_store_that_gives_what_nobody_asked_for_is_not_read_in_circles(change):
    rows = [body("12") | {"id": n} | change for n in range(1, 101)]
    with of(lambda request: (200, {"X-WP-TotalPages": "9"}, json.dumps(rows).encode())) as store:
        assert page_of(store).kind == "retry_later"


def test_the_lag_outlasts_clocks_that_a_key_is_taken_in_spite_of():
    assert rereading.LAG["orders"] > timedelta(minutes=15)
