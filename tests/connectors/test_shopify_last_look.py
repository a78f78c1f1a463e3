"""The last look before a text, against real sockets and, where it's there, the real Admin schema."""

import random
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from raw_http import RawServer, closed_port, reply
from shopify_cast import SHOP, admin_schema

from connectors import http
from connectors.platforms.shopify import connector, last_look
from connectors.platforms.shopify.admin import AdminClient
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
        "phone": None,
        "customer": None,
    } | changes


def buyer(*orders: dict, phone: str | None = "+14155552671", more: bool = False) -> dict:
    """A customer whom the search for numbers found."""
    return {
        "id": "gid://shopify/Customer/7009",
        "defaultPhoneNumber": {"phoneNumber": phone} if phone else None,
        "orders": {"nodes": list(orders), "pageInfo": {"hasNextPage": more}},
    }


def found(
    *by_token: dict,
    people: tuple[dict, ...] = (),
    buyers: tuple[dict, ...] = (),
    more_tokens: bool = False,
    more_people: bool = False,
    more_buyers: bool = False,
) -> dict:
    return {
        "byToken": {"nodes": list(by_token), "pageInfo": {"hasNextPage": more_tokens}},
        "byPerson": {"nodes": list(people), "pageInfo": {"hasNextPage": more_people}},
        "byPhone": {"nodes": list(buyers), "pageInfo": {"hasNextPage": more_buyers}},
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
        CartRef(key=f"checkout:t{n}", since=LEFT, email=f"s{n}@example.com" if n < 14 else None)
        for n in range(41)
    ]
    bought = order(checkoutToken="t39")
    looks, asked = look_at(*carts, answers=[found(bought)] * 3)
    assert len(looks) == 41
    assert [key for key, seen in looks.items() if seen.state == "bought"] == ["checkout:t39"]
    assert sorted(v["tokens"].count(" OR ") for v in asked) == [12, 13, 13], "as few as can be, about as long"
    assert sorted(v["askPeople"] for v in asked) == [False, False, True]
    assert [v["askPhones"] for v in asked] == [False] * 3


def test_search_terms_are_quoted_so_that_nobody_can_write_a_search_of_their_own():
    odd = CartRef(
        key='checkout:a" OR status:open',
        since=LEFT,
        email='x"\\@example.com',
        customer_id="7 OR id:>0",
        phone='+1" OR id:>0',
    )
    _, (asked,) = look_at(odd, answers=[found()])
    assert asked["tokens"] == 'checkout_token:"a\\" OR status:open"'
    assert asked["people"] == ('(email:"x\\"\\\\@example.com") AND created_at:>=\'2026-11-24T09:00:00Z\'')
    assert asked["phones"] == 'phone:"+1\\" OR id:>0"'


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
        {name: value for name, value in found().items() if name != "byPerson"},
        {"byToken": {"nodes": [order(createdAt="yesterday")], "pageInfo": {"hasNextPage": False}}},
        None,
    ],
)
def test_whatever_goes_wrong_is_unknown_and_says_why(answer):
    seen = look(answer)
    assert seen.state == "unknown"
    assert len(seen.detail) > 10


def carts(number: int) -> list[CartRef]:
    return [CartRef(key=f"checkout:t{n:03}", since=LEFT) for n in range(number)]


def states(looks) -> list[str]:
    return [look.state for look in looks.values()]


class Shop:
    """Answers each question by `answer`, which is told its variables; knows how many it had at a time."""

    def __init__(self, answer=lambda variables: found()) -> None:
        self.answer, self.now, self.most, self.lock = answer, 0, 0, threading.Lock()

    def __call__(self, seen) -> bytes:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        said = self.answer(seen.json()["variables"])
        with self.lock:
            self.now -= 1
        return said if isinstance(said, bytes) else reply(200, {"data": said})


def looked(shop: Shop, number: int, seconds: float = 20, source: object = "t"):
    """The looks of so many carts, how many questions the shop heard, and how long it took."""
    with RawServer(shop) as server:
        admin = AdminClient(server.url, source, http.session(allow_private=True))
        begun = time.monotonic()
        looks = last_look.look(admin, carts(number), seconds)
        return looks, len(server.seen), time.monotonic() - begun


def test_once_the_shop_is_out_of_reach_the_rest_isnt_asked():
    looks, asked, _ = looked(Shop(lambda variables: reply(503, b"")), 400)
    assert states(looks) == ["unknown"] * 400
    assert asked <= last_look.AT_ONCE, "only those that were under way"
    assert {look.detail for look in looks.values()} == {"the Admin API is busy or out of order (HTTP 503)"}


def test_a_query_that_is_refused_leaves_the_others_alone():
    def answer(variables):
        refused = "t000" in variables["tokens"]
        return reply(200, {"errors": [{"message": "no"}]}) if refused else found()

    looks, asked, _ = looked(Shop(answer), 400)
    assert asked == 25
    assert states(looks) == ["unknown"] * 16 + ["open"] * 384


# -- in time


def test_a_shop_is_asked_several_questions_at_a_time_and_not_too_many():
    shop = Shop(lambda variables: time.sleep(0.1) or found())
    looks, asked, _ = looked(shop, 200)
    assert (states(looks), asked, shop.most) == (["open"] * 200, 13, last_look.AT_ONCE)


def test_what_isnt_answered_in_time_is_unknown_and_the_others_are_known():
    stuck = threading.Event()

    def answer(variables):
        return stuck.wait(10) and found() if "t020" in variables["tokens"] else found()

    looks, _, took = looked(Shop(answer), 80, seconds=0.5)
    stuck.set()
    assert took < 8, "the stuck one would have taken ten"
    assert states(looks) == ["open"] * 16 + ["unknown"] * 16 + ["open"] * 48
    assert looks["checkout:t020"].detail == "the store gave no answer within 0.5 s"


def test_what_wasnt_even_asked_in_time_isnt_asked_later():
    shop = Shop(lambda variables: time.sleep(0.4) or found())
    looks, asked, took = looked(shop, 400, seconds=0.6)
    assert took < 1.2
    assert states(looks).count("open") == 64, "four questions were answered, four more came too late"
    time.sleep(0.6)
    assert asked <= 8
    assert shop.most <= last_look.AT_ONCE


def test_a_throttled_shop_is_waited_for_as_long_as_there_is_time():
    error = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
    busy, questions = reply(200, {"errors": [error]}), []

    def answer(variables):
        questions.append(variables)
        return busy if len(questions) == 1 else found()

    assert states(looked(Shop(answer), 1, seconds=5)[0]) == ["open"]
    looks, asked, took = looked(Shop(lambda variables: busy), 1, seconds=1.5)
    assert (states(looks), asked) == (["unknown"], 2)
    assert took < 2
    assert "query budget is used up" in looks["checkout:t000"].detail


class Slow:
    """A source whose tokens take long to come."""

    def current(self) -> str:
        time.sleep(1)
        return "t"


def test_the_time_for_a_new_token_counts_too():
    looks, _, took = looked(Shop(), 100, seconds=0.3, source=Slow())
    assert (set(states(looks)), took < 0.9) == ({"unknown"}, True)
    time.sleep(1)  # the threads that waited for it find that it is too late


def test_what_the_source_of_tokens_breaks_of_is_not_hidden():
    class Broken:
        def current(self) -> str:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        looked(Shop(), 100, source=Broken())


def test_what_the_store_says_in_several_threads_gets_to_the_right_carts():
    """Each answer names the order of the last cart asked about: nobody else has bought."""

    def answer(variables):
        time.sleep(random.random() / 50)
        return found(order(checkoutToken=variables["tokens"][-5:-1]))

    looks, asked, _ = looked(Shop(answer), 400)
    assert asked == 25
    assert [key for key, look in looks.items() if look.state == "bought"] == [
        f"checkout:t{n:03}" for n in range(15, 400, 16)
    ]


def test_orders_of_people_are_asked_for_since_the_first_of_their_carts_was_left():
    carts = [
        CartRef(key=f"name:{n}", since=LEFT + timedelta(seconds=n + 0.7), customer_id="7") for n in (2, 0, 1)
    ]
    _, (asked,) = look_at(*carts, answers=[found()])
    assert asked["people"] == "(customer_id:7) AND created_at:>='2026-11-24T09:00:00Z'"


# -- by number

DANA = CartRef(key="checkout:t1", since=LEFT, phone="+14155552671", email="dana@example.com")


def test_an_order_under_another_email_by_the_same_number_bought():
    seen = look(found(buyers=(buyer(order(email="d.o.neil@example.org")),)), DANA)
    assert (seen.state, seen.order_key) == ("bought", "order:9001")
    assert look(found(people=(order(phone="+14155552671"),)), DANA).state == "bought"
    assert look(found(order(phone="+14155552671")), DANA).state == "bought"


@pytest.mark.parametrize("phone", [None, "", "+141555526711", "+1415555267", "4155552671", "+12015550123"])
def test_a_number_that_isnt_exactly_the_same_is_somebody_elses(phone):
    assert look(found(buyers=(buyer(order(), phone=phone),)), DANA).state == "open"
    assert look(found(people=(order(phone=phone),)), DANA).state == "open"


def test_a_cart_without_a_number_matches_no_customer_without_one():
    assert look(found(buyers=(buyer(order(), phone=None),), people=(order(phone=None),))).state == "open"


@pytest.mark.parametrize(
    "other",
    [{"createdAt": "2026-11-24T08:59:59Z"}, {"test": True}, {"cancelledAt": "2026-11-24T09:40:00Z"}],
)
def test_other_orders_by_the_same_number_are_no_purchase_since(other):
    assert look(found(buyers=(buyer(order(**other)),)), DANA).state == "open"


def test_more_orders_of_a_number_than_are_shown_leave_it_open_whether_they_bought():
    void, before = order(test=True), order(createdAt="2026-11-24T08:59:00Z")
    assert look(found(buyers=(buyer(void, void, more=True),)), DANA).state == "unknown"
    assert look(found(buyers=(buyer(void, before, more=True),)), DANA).state == "open"
    assert look(found(buyers=(buyer(more=True),)), DANA).state == "unknown"
    others = buyer(void, phone="+12015550123", more=True)
    assert look(found(buyers=(others,)), DANA).state == "open"


def test_more_customers_than_are_shown_leave_only_those_open_who_arent_among_them():
    stranger = buyer(phone="+12015550123")
    assert look(found(buyers=(stranger,), more_buyers=True), DANA).state == "unknown"
    assert look(found(buyers=(stranger, buyer()), more_buyers=True), DANA).state == "open"
    assert look(found(buyers=(stranger,), more_buyers=True)).state == "open", "it has no number"


def test_a_number_alone_is_enough_to_search_by():
    looks, (asked,) = look_at(CartRef(key="name:#1", since=LEFT, phone=DANA.phone), answers=[found()])
    assert looks["name:#1"].state == "open"
    assert asked == {
        "tokens": "",
        "askTokens": False,
        "people": "",
        "askPeople": False,
        "phones": 'phone:"+14155552671"',
        "askPhones": True,
    }


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


def test_the_search_terms_are_ones_that_orders_and_customers_can_be_searched_by():
    types = {t["name"]: t for t in admin_schema()["__schema"]["types"]}
    for root, terms in {
        "orders": ("checkout_token", "cart_token", "customer_id", "email", "created_at"),
        "customers": ("phone",),
    }.items():
        field = next(f for f in types["QueryRoot"]["fields"] if f["name"] == root)
        words = next(a["description"] for a in field["args"] if a["name"] == "query")
        assert [term for term in terms if f"\n| {term} |" not in words] == []
