"""The last look before a text, against real sockets and, where it's there, the real Admin schema."""

from datetime import UTC, datetime, timedelta

import pytest
from graphql import build_client_schema, parse, validate
from raw_http import RawServer, closed_port, reply
from shopify_cast import SHOP, admin_schema

from connectors.platforms.shopify import connector
from connectors.platforms.shopify.admin import OPERATIONS, operation
from sequences.ports import CartRef

LEFT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
CART = CartRef(
    key="checkout:t1",
    aliases=("cart:c1", "name:#1"),
    since=LEFT,
    email="Dana@example.com",
    customer_id="7001",
)


def order(**changes) -> dict:
    return {
        "id": "gid://shopify/Order/9001",
        "name": "#1001",
        "createdAt": "2026-11-24T09:30:00Z",
        "cancelledAt": None,
        "test": False,
        "checkoutToken": "other",
        "cartToken": None,
        "email": None,
        "customer": None,
    } | changes


def found(
    *by_token: dict, people: tuple[dict, ...] = (), more_tokens: bool = False, more_people: bool = False
) -> dict:
    return {
        "byToken": {"nodes": list(by_token), "pageInfo": {"hasNextPage": more_tokens}},
        "byPerson": {"nodes": list(people), "pageInfo": {"hasNextPage": more_people}},
    }


def look_at(*carts: CartRef, answers: list):
    """Looks at carts in a shop that gives these answers; also what it was asked."""
    left = [a if isinstance(a, bytes) else reply(200, {"data": a}) for a in answers]
    with RawServer(lambda seen: left.pop(0)) as server:
        credentials = {"access_token": "shpat_1", "api_base": server.url}
        looks = connector.last_look(SHOP, credentials, carts)
        return looks, [seen.json()["variables"] for seen in server.seen]


def look(answer, cart: CartRef = CART):
    return look_at(cart, answers=[answer])[0][cart.key]


def test_a_cart_without_an_order_is_open():
    assert look(found()).state == "open"


@pytest.mark.parametrize(
    "tokens", [{"checkoutToken": "t1"}, {"cartToken": "c1"}, {"cartToken": "c1?key=secret"}]
)
def test_an_order_with_its_token_bought_it(tokens):
    seen = look(found(order(**tokens)))
    assert (seen.state, seen.order_key) == ("bought", "order:9001")
    assert "#1001" in seen.detail


def test_even_if_the_order_came_before_the_last_change_of_the_cart():
    assert look(found(order(checkoutToken="t1", createdAt="2026-11-24T08:59:59Z"))).state == "bought"


@pytest.mark.parametrize(
    "person", [{"email": "dana@EXAMPLE.com"}, {"customer": {"id": "gid://shopify/Customer/7001"}}]
)
def test_an_order_of_the_same_person_since_then_bought_too(person):
    seen = look(found(people=(order(**person),)))
    assert (seen.state, seen.order_key) == ("bought", "order:9001")


@pytest.mark.parametrize(
    "other",
    [
        {"email": "dana@example.com", "createdAt": "2026-11-24T08:59:59Z"},
        {"email": "dana@example.com", "test": True},
        {"email": "dana@example.com", "cancelledAt": "2026-11-24T09:40:00Z"},
        {"email": "dana@example.com.au"},
        {"customer": {"id": "gid://shopify/Customer/70011"}},
        {},
    ],
)
def test_other_orders_are_no_purchase_of_theirs(other):
    assert look(found(people=(order(**other),))).state == "open"


@pytest.mark.parametrize("end", [{"test": True}, {"cancelledAt": "2026-11-24T09:40:00Z"}])
def test_a_checkout_that_became_a_void_order_is_gone(end):
    seen = look(found(order(checkoutToken="t1", **end)))
    assert (seen.state, seen.order_key) == ("gone", "order:9001")


def test_unless_another_order_of_it_counts():
    void = order(checkoutToken="t1", test=True)
    real = order(checkoutToken="t1", id="gid://shopify/Order/9002")
    assert look(found(void, real)).order_key == "order:9002"


def test_many_carts_are_asked_about_at_once():
    carts = [
        CartRef(key=f"checkout:t{n}", since=LEFT, email=f"s{n}@example.com" if n % 2 else None)
        for n in range(41)
    ]
    bought = order(checkoutToken="t39")
    looks, asked = look_at(*carts, answers=[found(), found(bought), found()])
    assert len(asked) == 3
    assert len(looks) == 41
    assert [key for key, seen in looks.items() if seen.state == "bought"] == ["checkout:t39"]
    assert asked[0]["tokens"].count(" OR ") == 19
    assert asked[2]["askPeople"] is False


def test_search_terms_are_quoted_so_that_nobody_can_write_a_search_of_their_own():
    odd = CartRef(
        key='checkout:a" OR status:open', since=LEFT, email='x"\\@example.com', customer_id="7 OR id:>0"
    )
    _, (asked,) = look_at(odd, answers=[found()])
    assert asked["tokens"] == 'checkout_token:"a\\" OR status:open"'
    assert asked["people"] == 'email:"x\\"\\\\@example.com"'


def test_a_cart_with_no_name_to_search_by_is_unknown():
    looks, asked = look_at(CartRef(key="name:#1", since=LEFT), answers=[])
    assert looks["name:#1"].state == "unknown"
    assert asked == []


def test_more_orders_than_fit_leave_it_open_whether_they_bought():
    assert look(found(more_tokens=True)).state == "unknown"
    newer, older = order(), order(createdAt="2026-11-24T08:00:00Z")
    assert look(found(people=(newer,), more_people=True)).state == "unknown"
    assert look(found(people=(newer, older), more_people=True)).state == "open"


@pytest.mark.parametrize(
    "answer",
    [
        reply(401, b""),
        reply(500, b""),
        reply(200, b"<html>"),
        reply(
            200,
            {
                "errors": [{"message": "This app is not approved to access the Customer object"}],
                "data": found(),
            },
        ),
        {"byToken": {"nodes": [{}]}},
        {"byToken": 7},
        {"byToken": {"nodes": [order(createdAt="yesterday")], "pageInfo": {"hasNextPage": False}}},
        None,
    ],
)
def test_whatever_goes_wrong_is_unknown_and_says_why(answer):
    seen = look(answer)
    assert seen.state == "unknown"
    assert len(seen.detail) > 10


def test_once_the_shop_is_out_of_reach_the_rest_isnt_asked():
    carts = [CartRef(key=f"checkout:t{n}", since=LEFT) for n in range(60)]
    looks, asked = look_at(*carts, answers=[found(), reply(503, b"")])
    assert len(asked) == 2
    assert [seen.state for seen in looks.values()] == ["open"] * 20 + ["unknown"] * 40


def test_a_query_that_is_refused_leaves_the_others_alone():
    carts = [CartRef(key=f"checkout:t{n}", since=LEFT) for n in range(40)]
    looks, _ = look_at(*carts, answers=[reply(200, {"errors": [{"message": "no"}]}), found()])
    assert [seen.state for seen in looks.values()] == ["unknown"] * 20 + ["open"] * 20


def test_nobody_there_and_no_token():
    base = f"http://127.0.0.1:{closed_port()}"
    assert (
        connector.last_look(SHOP, {"access_token": "t", "api_base": base}, [CART])[CART.key].state
        == "unknown"
    )
    assert "access token" in connector.last_look(SHOP, {}, [CART])[CART.key].detail


def test_the_shops_own_api_is_public_only():
    shop = SHOP.__class__(**{f: getattr(SHOP, f) for f in SHOP.__slots__} | {"domain": "localhost"})
    seen = connector.last_look(shop, {"access_token": "t"}, [CART])[CART.key]
    assert seen.state == "unknown"
    assert "PrivateAddress" in seen.detail


def test_no_carts_no_question():
    assert look_at(answers=[]) == ({}, [])


def test_a_second_is_enough():
    assert look(found(people=(order(email=CART.email, createdAt=LEFT.isoformat()),))).state == "bought"
    later = CartRef(key="checkout:t1", since=LEFT + timedelta(seconds=1), email=CART.email)
    assert look(found(people=(order(email=CART.email, createdAt=LEFT.isoformat()),)), later).state == "open"


@pytest.mark.parametrize("name", sorted(path.stem for path in OPERATIONS.glob("*.graphql")))
def test_every_operation_fits_the_real_schema(name):
    schema = build_client_schema(admin_schema(), assume_valid=True)  # Shopify's has flaws of its own
    document = parse(operation(name))
    assert validate(schema, document) == []
    assert [d.name.value for d in document.definitions if d.kind == "operation_definition"] == [name]


def test_the_search_terms_are_ones_that_orders_can_be_searched_by():
    types = {t["name"]: t for t in admin_schema()["__schema"]["types"]}
    orders = next(f for f in types["QueryRoot"]["fields"] if f["name"] == "orders")
    words = next(a["description"] for a in orders["args"] if a["name"] == "query")
    for term in ("checkout_token", "cart_token", "customer_id", "email"):
        assert f"\n| {term} |" in words
