"""Re-reading a Shopify store: what the Admin API shows becomes the events that webhooks would have brought."""

import copy
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from graphql import build_client_schema, parse, validate
from graphql.execution.values import get_variable_values
from raw_http import RawServer, closed_port, reply
from shopify_cast import SHOP, admin_schema, contract, delivery, recorded

from connectors.platforms.shopify import connector
from connectors.platforms.shopify.admin import operation
from connectors.platforms.shopify.rereading import LEFT_FOR_OTHERS, READERS, ShopifyRereader
from sandbox.shopify import cost
from sequences.cart import ConsentClaim
from sequences.money import Money

AT = datetime(2026, 11, 24, 9, 0, 0, 500_000, tzinfo=UTC)
TOKEN = "Z2NwLXVzLWVhc3QxOjAxTEST"
PHONE, HOME = "+14155552671", "+12015550123"


def bag(amount: str) -> dict:
    return {"shopMoney": {"amount": amount, "currencyCode": "USD"}}


def place(**more) -> dict:
    return {
        "firstName": "Dana",
        "lastName": "Doe",
        "city": "Oakland",
        "zip": "94601",
        "provinceCode": "CA",
        "countryCodeV2": "US",
        "phone": HOME,
        **more,
    }


def customer(**phone) -> dict:
    known = {
        "phoneNumber": PHONE,
        "marketingState": "SUBSCRIBED",
        "marketingOptInLevel": "SINGLE_OPT_IN",
        "marketingUpdatedAt": "2026-11-24T08:00:00Z",
    }
    return {
        "id": "gid://shopify/Customer/7001",
        "firstName": "Dana",
        "lastName": "Doe",
        "locale": "en",
        "defaultEmailAddress": {"emailAddress": "dana@example.com"},
        "defaultPhoneNumber": {**known, **phone},
    }


def checkout(**more) -> dict:
    line = {"title": "Mug", "variantTitle": "Blue", "sku": "MUG-BLUE", "quantity": 2}
    return {
        "id": "gid://shopify/AbandonedCheckout/981820079255243537",
        "name": "#981820079255243537",
        "abandonedCheckoutUrl": f"https://shop.example.test/548380009/checkouts/ac/{TOKEN}/recover?key=0a1b&locale=en-US",
        "createdAt": "2026-11-24T08:30:00Z",
        "updatedAt": "2026-11-24T08:59:00Z",
        "completedAt": None,
        "discountCodes": ["TEN"],
        "totalPriceSet": bag("25.0"),
        "lineItems": {"nodes": [{**line, "originalUnitPriceSet": bag("12.5")}]},
        "billingAddress": None,
        "shippingAddress": place(),
        "customer": customer(),
        **more,
    }


def order(**more) -> dict:
    return {
        "id": "gid://shopify/Order/9001",
        "name": "#1001",
        "createdAt": "2026-11-24T08:58:00Z",
        "updatedAt": "2026-11-24T08:59:00Z",
        "cancelledAt": None,
        "test": False,
        "checkoutToken": "t1",
        "cartToken": f"{TOKEN}?key=secret",
        "displayFinancialStatus": "PAID",
        "email": "dana@example.com",
        "phone": None,
        "discountCodes": ["TEN"],
        "customAttributes": [{"key": "recovery_ref", "value": "r1"}, {"key": "gift", "value": None}],
        "customerJourneySummary": {
            "lastVisit": {"landingPage": "https://shop.example/?utm_source=sms&utm_id=m42"}
        },
        "totalPriceSet": bag("25.0"),
        "totalRefundedSet": bag("0.0"),
        "billingAddress": place(),
        "shippingAddress": None,
        "customer": customer(),
        **more,
    }


def answer(*nodes, cursor: str = "", expected: int | None = None, available: int = 2000) -> bytes:
    status = {"maximumAvailable": 2000.0, "currentlyAvailable": available, "restoreRate": 100.0}
    found = {"nodes": list(nodes), "pageInfo": {"hasNextPage": bool(cursor), "endCursor": cursor or None}}
    data = {"found": found} | ({} if expected is None else {"expected": {"count": expected}})
    return reply(200, {"data": data, "extensions": {"cost": {"throttleStatus": status}}})


def page(what: str, *answers, cursor: str = "", asked: list | None = None):
    waiting = list(answers)

    def speak(seen):
        if asked is not None:
            asked.append(seen.json())
        return waiting.pop(0)

    with RawServer(speak) as server:
        reader = ShopifyRereader(SHOP, {"access_token": "shpat_test", "api_base": server.url})
        return reader.page(what, AT, cursor)


def read(what: str, node: dict):
    return page(what, answer(node)).readings[0]


def cart(**more):
    return read("checkouts", checkout(**more)).events[0].cart


def bought(**more):
    event = read("orders", order(**more)).events[0]
    return event.order, event.change


# -- checkouts


def test_a_checkout_becomes_a_cart_that_goes_by_its_number_and_its_carts_token() -> None:
    found = cart()
    assert (found.key, found.aliases) == ("name:#981820079255243537", (f"cart:{TOKEN}",))
    assert (found.total, found.lines[0].price) == (
        Money(Decimal("25.0"), "USD"),
        Money(Decimal("12.5"), "USD"),
    )
    assert [(line.title, line.variant_title, line.sku, line.quantity) for line in found.lines] == [
        ("Mug", "Blue", "MUG-BLUE", 2)
    ]
    assert found.recovery_link == checkout()["abandonedCheckoutUrl"]
    assert (found.locale, found.discount_codes, found.completed_at) == ("en-US", ("TEN",), None)
    assert (found.contact.email, found.contact.customer_id) == ("dana@example.com", "7001")
    assert (found.shipping.city, found.shipping.region, found.shipping.country) == ("Oakland", "CA", "US")
    assert (found.created_at.minute, found.updated_at) == (30, datetime(2026, 11, 24, 8, 59, tzinfo=UTC))
    assert cart(completedAt="2026-11-24T08:59:30Z").completed_at.second == 30


def test_its_names_are_those_that_webhooks_call_it_by() -> None:
    told = (
        connector.read(delivery("checkouts/update", recorded("checkouts_update.json")), SHOP).events[0].cart
    )
    link = recorded("checkouts_update.json")["abandoned_checkout_url"]
    found = cart(name=recorded("checkouts_update.json")["name"], abandonedCheckoutUrl=link)
    assert found.key in told.aliases
    assert set(found.aliases) <= set(told.aliases)


@pytest.mark.parametrize(
    "link",
    [
        "https://shop.example/548380009/checkouts/cn/x/recover?key=1",
        "https://shop.example/cart",
        "https://[shop.example/1/checkouts/ac/x/recover",
        "https://shop.example/1/checkouts/ac/a%00b/recover",
        "https://shop.example/1/checkouts/ac/" + "x" * 200 + "/recover",
    ],
)
def test_a_link_without_a_carts_token_gives_it_no_other_name(link) -> None:
    assert cart(abandonedCheckoutUrl=link).aliases == ()


def test_a_checkout_without_a_name_goes_by_its_number() -> None:
    assert cart(name="").key == "name:#981820079255243537"


def test_the_number_that_consent_was_given_for_comes_first_and_its_record_is_the_claim() -> None:
    at = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
    found = cart()
    assert found.contact.phone == PHONE
    assert found.consent == (
        ConsentClaim(phone=PHONE, state="subscribed", at=at, source="shopify", level="single_opt_in"),
    )


@pytest.mark.parametrize("state", ["NOT_SUBSCRIBED", "UNSUBSCRIBED", "PENDING", "REDACTED"])
def test_without_consent_the_shipping_number_is_contact_and_no_consent(state) -> None:
    found = cart(customer=customer(marketingState=state))
    assert found.contact.phone == HOME
    assert [(claim.phone, claim.state) for claim in found.consent] == [(PHONE, state.lower())]


def test_a_yes_without_a_time_is_none_and_a_no_counts_all_the_same() -> None:
    given = read("checkouts", checkout(customer=customer(marketingUpdatedAt=None)))
    assert given.events[0].cart.consent == ()
    assert "since when" in given.notes[0]
    taken = cart(customer=customer(marketingState="UNSUBSCRIBED", marketingUpdatedAt=None))
    assert [(c.state, c.at) for c in taken.consent] == [("unsubscribed", taken.updated_at)]
    assert cart(customer=customer(marketingState="NOT_SUBSCRIBED", marketingUpdatedAt=None)).consent == ()


def test_a_checkout_without_a_customer_has_no_consent_and_its_shipping_number() -> None:
    found = cart(customer=None)
    assert (found.consent, found.contact.phone, found.contact.email) == ((), HOME, None)
    nobody = cart(customer=None, shippingAddress=None)
    assert (nobody.contact.phone, nobody.shipping) == (None, None)
    numberless = {**customer(), "defaultPhoneNumber": None, "defaultEmailAddress": None}
    assert cart(customer=numberless, shippingAddress=None).contact.phone is None


# -- orders


def test_an_order_becomes_what_its_webhook_would_have_told() -> None:
    found, change = bought()
    assert (found.key, found.number, found.status, change) == ("order:9001", "#1001", "paid", "updated")
    assert (found.checkout_key, found.cart_key) == ("checkout:t1", f"cart:{TOKEN}")
    assert (found.recovery_ref, found.discount_codes) == ("r1", ("TEN",))
    assert found.utm == (("utm_source", "sms"), ("utm_id", "m42"))
    assert (found.total, found.refunded, found.test) == (Money(Decimal("25.0"), "USD"), None, False)
    assert (found.contact.email, found.contact.phone, found.contact.customer_id) == (
        "dana@example.com",
        HOME,
        "7001",
    )


@pytest.mark.parametrize(
    ("more", "status", "change"),
    [
        ({"displayFinancialStatus": "PENDING"}, "placed", "updated"),
        ({"displayFinancialStatus": None}, "placed", "updated"),
        ({"displayFinancialStatus": "PARTIALLY_REFUNDED"}, "paid", "refunded"),
        ({"displayFinancialStatus": "REFUNDED"}, "refunded", "refunded"),
        (
            {"cancelledAt": "2026-11-24T09:00:00Z", "displayFinancialStatus": "REFUNDED"},
            "cancelled",
            "cancelled",
        ),
    ],
)
def test_what_became_of_an_order_is_read_from_it(more, status, change) -> None:
    found, said = bought(**more)
    assert (found.status, said) == (status, change)


def test_what_was_paid_back_is_in_the_shops_currency() -> None:
    assert bought(totalRefundedSet=bag("5.0"))[0].refunded == Money(Decimal("5.0"), "USD")


def test_what_returns_took_off_counts_before_it_is_paid_back() -> None:
    returned = bought(currentTotalPriceSet=bag("15.0"), totalRefundedSet=bag("5.0"))[0]
    assert returned.refunded == Money(Decimal("10.0"), "USD")
    assert bought(currentTotalPriceSet=bag("25.0"), totalRefundedSet=bag("0.0"))[0].refunded is None


@pytest.mark.parametrize("journey", [None, {"lastVisit": None}, {"lastVisit": {"landingPage": None}}])
def test_a_journey_that_isnt_known_says_nothing(journey) -> None:
    assert bought(customerJourneySummary=journey)[0].utm == ()


def test_an_order_from_a_till_has_neither_tokens_nor_a_customer() -> None:
    found, _ = bought(checkoutToken=None, cartToken=None, customer=None, billingAddress=None, email=None)
    assert (found.checkout_key, found.cart_key, found.contact.phone) == (None, None, None)


# -- pages


def test_the_first_page_asks_how_many_there_are_and_the_next_goes_on_at_the_cursor() -> None:
    asked: list = []
    first = page("orders", answer(order(), order(), cursor="c1", expected=3), asked=asked)
    assert (first.kind, len(first.readings), first.cursor, first.expected) == ("page", 2, "c1", 3)
    last = page("orders", answer(order()), cursor="c1", asked=asked)
    assert (last.cursor, last.expected) == ("", None)
    assert [a["variables"] for a in asked] == [
        {"query": "updated_at:>='2026-11-24T09:00:00Z'", "after": None, "count": True},
        {"query": "updated_at:>='2026-11-24T09:00:00Z'", "after": "c1", "count": False},
    ]
    assert {a["operationName"] for a in asked} == {"OrdersSince"}


def test_half_of_the_budget_is_left_to_who_is_in_a_hurry() -> None:
    assert page("orders", answer(order(), cursor="c1", available=1000)).rest == 0
    assert page("orders", answer(order(), cursor="c1", available=400)).rest == 6.0
    assert LEFT_FOR_OTHERS == 0.5


def broken(what: str) -> list[dict]:
    whole = {"orders": order, "checkouts": checkout}[what]()
    wrong: list = [None, 1, "x", [], {}]
    for name in whole:
        for value in ([], {"a": 1}, "x", 7, "\ud800", None):
            node = copy.deepcopy(whole)
            node[name] = value
            wrong.append(node)
    return wrong


@pytest.mark.parametrize("what", ["orders", "checkouts"])
def test_whatever_a_store_shows_the_others_on_its_page_are_read(what) -> None:
    whole = {"orders": order, "checkouts": checkout}[what]()
    nodes = broken(what)
    found = page(what, answer(*nodes, whole))
    assert (found.kind, len(found.readings)) == ("page", len(nodes) + 1)
    assert found.readings[-1].events
    unread = [reading for reading in found.readings if not reading.events]
    assert len(unread) > 10
    assert all("can't be read" in reading.notes[0] for reading in unread)
    assert "dana" not in str([reading.notes for reading in found.readings])


THROTTLED = reply(
    200,
    {
        "errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}],
        "extensions": {
            "cost": {
                "requestedQueryCost": 1000,
                "throttleStatus": {"maximumAvailable": 1000, "currentlyAvailable": 0, "restoreRate": 50},
            }
        },
    },
)


def test_a_shop_whose_budget_is_used_up_is_asked_later_and_says_when() -> None:
    found = page("orders", THROTTLED)
    assert (found.kind, found.retry_after, found.readings) == ("retry_later", 20.0, ())


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (reply(503, {}), "retry_later"),
        (reply(200, b"<html>"), "retry_later"),
        (reply(200, {"data": {"found": None}}), "retry_later"),
        (reply(200, {"data": {"found": {"nodes": [], "pageInfo": {"hasNextPage": True}}}}), "retry_later"),
        (reply(401, {}), "refused"),
        (reply(200, {"errors": [{"message": "Invalid cursor"}]}), "refused"),
        (reply(200, {"errors": [{"message": "no", "extensions": {"code": "ACCESS_DENIED"}}]}), "refused"),
    ],
)
def test_a_store_that_cant_be_read_says_why_and_whether_it_may_be_later(said, kind) -> None:
    found = page("checkouts", said)
    assert found.kind == kind
    assert found.detail
    assert "shpat" not in found.detail


def test_a_store_that_isnt_reached_is_read_later_and_one_without_token_isnt() -> None:
    away = ShopifyRereader(
        SHOP, {"access_token": "shpat_test", "api_base": f"http://127.0.0.1:{closed_port()}"}
    )
    assert away.page("orders", AT).kind == "retry_later"
    assert ShopifyRereader(SHOP, {}).page("orders", AT).kind == "refused"


def test_a_reading_begins_before_what_the_store_may_show_late() -> None:
    lag = ShopifyRereader(SHOP, {}).lag
    assert set(lag) == set(READERS) == set(connector.rereads)
    assert lag["checkouts"] >= timedelta(minutes=20), "a checkout is shown ten minutes after it was left"
    assert connector.rereads[0] == "orders"


# -- the operations


@pytest.mark.parametrize("version", ["2026-10", "2026-07"])
@pytest.mark.parametrize("name", [name for name, _ in READERS.values()])
def test_the_operations_fit_both_schemas_and_cost_far_less_than_a_query_may(name, version) -> None:
    contract(f"admin/admin_{version}.json.gz")
    schema = build_client_schema(admin_schema(version), assume_valid=True)
    document = parse(operation(name))
    assert validate(schema, document) == []
    variables = {"query": "updated_at:>='2026-11-24T09:00:00Z'", "after": None, "count": True}
    (asks,) = [d for d in document.definitions if d.kind == "operation_definition"]
    assert get_variable_values(schema, asks.variable_definitions, variables).coerced == variables
    assert cost.requested(document, asks, variables) <= 600
    assert cost.requested(document, asks, variables) < cost.MAX_COST
