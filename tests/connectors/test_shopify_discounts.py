"""Discounts and codes in a Shopify store, against real sockets and, where they're there, the real Admin schemas."""

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from graphql import FieldNode, TypeInfo, TypeInfoVisitor, Visitor, build_client_schema, parse, validate, visit
from graphql.execution.values import get_variable_values
from raw_http import RawServer, closed_port, reply
from shopify_cast import SHOP, admin_schema, contract

from connectors.platforms.shopify import connector
from connectors.platforms.shopify.admin import operation
from connectors.platforms.shopify.discount_inputs import OPERATIONS, discount_input
from connectors.platforms.shopify.discounts import BATCH
from sequences.code_ports import NewPool
from sequences.offers import Discount

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
TEN = Discount(kind="percent", percent=Decimal(10))
POOL = NewPool(
    title="Cart recovery: 10% (1)",
    code="BACK-7H2K-Q9M4",
    discount=TEN,
    starts_at=NOW,
    ends_at=NOW + timedelta(days=4),
)
KINDS = {
    "percent": replace(TEN, minimum_subtotal=Decimal("20.00"), combines_with=("order", "shipping")),
    "amount": Discount(kind="amount", amount=Decimal("5.00"), currency="USD", minimum_quantity=2),
    "free_shipping": Discount(kind="free_shipping", combines_with=("product",)),
    "buy_x_get_y": Discount(
        kind="buy_x_get_y",
        percent=Decimal(50),
        buy_quantity=2,
        buy_items=("product:1", "variant:2"),
        get_quantity=1,
        get_items=("collection:3",),
    ),
}
ID, JOB = "gid://shopify/DiscountCodeNode/1", "gid://shopify/DiscountRedeemCodeBulkCreation/2"
CODES = ("BACK-A", "BACK-B", "BACK-C")
OURS = (
    "AddCodes",
    "CloseDiscount",
    "CodesAdded",
    "CodesOfDiscount",
    "DiscountOfCode",
    *sorted({*OPERATIONS.values()}),
)
VERSIONS = ("2026-07", "2026-10")


def ask(method: str, *arguments, answers: list, **named):
    """One call to a store that gives these answers; also what it was asked."""
    left = [a if isinstance(a, bytes) or a is None else reply(200, {"data": a}) for a in answers]
    with RawServer(lambda seen: left.pop(0)) as server:
        store = connector.codes(SHOP, {"access_token": "shpat_1", "api_base": server.url})
        said = getattr(store, method)(*arguments, **named)
        return said, [seen.json() for seen in server.seen]


def user_error(code: str | None, *field: str) -> dict:
    return {"code": code, "field": list(field) or None}


def made(*errors: dict, name: str = "made") -> dict:
    return {name: {"codeDiscountNode": None if errors else {"id": ID}, "userErrors": list(errors)}}


def found(title: str) -> dict:
    return {"found": {"id": ID, "codeDiscount": {"title": title}}}


def listed(*codes: str) -> dict:
    return {"found": {"id": ID, "codeDiscount": {"codes": {"nodes": [{"code": code} for code in codes]}}}}


def job(done: bool, failed: int = 0, each: dict | None = None) -> dict:
    nodes = [{"code": c, "errors": [{"code": e}] if e else []} for c, e in (each or {}).items()]
    page = {} if each is None else {"codes": {"nodes": nodes}}
    facts = {"id": JOB, "createdAt": "2026-11-24T09:00:00Z", "done": done, "failedCount": failed}
    return {"job": {**facts, **page}}


# -- what is sent


def test_a_discount_is_one_code_for_one_order_tagged_and_with_an_end() -> None:
    said, asked = ask("make", POOL, answers=[made()])
    assert (said.kind, said.id) == ("made", ID)
    assert asked[0]["operationName"] == "MakeAmountOff"
    assert asked[0]["variables"]["discount"] == {
        "title": POOL.title,
        "code": "BACK-7H2K-Q9M4",
        "startsAt": "2026-11-24T09:00:00Z",
        "endsAt": "2026-11-28T09:00:00Z",
        "usageLimit": 1,
        "appliesOncePerCustomer": False,
        "context": {"all": "ALL"},
        "combinesWith": {"orderDiscounts": False, "productDiscounts": False, "shippingDiscounts": False},
        "tags": ["cart-recovery"],
        "customerGets": {"value": {"percentage": 0.1}, "items": {"all": True}},
    }


def test_a_shared_code_is_for_everybody_once() -> None:
    told = discount_input(replace(POOL, shared=True))
    assert (told["usageLimit"], told["appliesOncePerCustomer"]) == (None, True)


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        ("percent", "minimumRequirement", {"subtotal": {"greaterThanOrEqualToSubtotal": "20.00"}}),
        (
            "percent",
            "combinesWith",
            {"orderDiscounts": True, "productDiscounts": False, "shippingDiscounts": True},
        ),
        ("amount", "minimumRequirement", {"quantity": {"greaterThanOrEqualToQuantity": "2"}}),
        (
            "amount",
            "customerGets",
            {
                "value": {"discountAmount": {"amount": "5.00", "appliesOnEachItem": False}},
                "items": {"all": True},
            },
        ),
        ("free_shipping", "destination", {"all": True}),
        ("free_shipping", "combinesWith", {"orderDiscounts": False, "productDiscounts": True}),
        (
            "buy_x_get_y",
            "customerBuys",
            {
                "value": {"quantity": "2"},
                "items": {
                    "products": {
                        "productsToAdd": ["gid://shopify/Product/1"],
                        "productVariantsToAdd": ["gid://shopify/ProductVariant/2"],
                    }
                },
            },
        ),
        (
            "buy_x_get_y",
            "customerGets",
            {
                "value": {"discountOnQuantity": {"quantity": "1", "effect": {"percentage": 0.5}}},
                "items": {"collections": {"add": ["gid://shopify/Collection/3"]}},
            },
        ),
    ],
)
def test_each_kind_says_what_it_gives(kind, name, value) -> None:
    assert discount_input(replace(POOL, discount=KINDS[kind]))[name] == value


# -- the real schemas


def schema(version: str):
    return build_client_schema(admin_schema(version), assume_valid=True)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", OURS)
def test_every_operation_fits_both_versions(name, version) -> None:
    assert validate(schema(version), parse(operation(name))) == []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_sent_fits_both_versions(kind, shared, version) -> None:
    told = discount_input(replace(POOL, discount=KINDS[kind], shared=shared))
    assert wrong(version, OPERATIONS[kind], {"discount": told}) == []
    assert wrong(version, OPERATIONS[kind], {"discount": {**told, "startsat": "x"}}) != []
    assert wrong(version, "AddCodes", {"id": ID, "codes": [{"code": "A"}]}) == []


def wrong(version: str, name: str, variables: dict) -> list:
    (definition,) = (d for d in parse(operation(name)).definitions if hasattr(d, "operation"))
    values = get_variable_values(schema(version), definition.variable_definitions, variables)
    errors = values if isinstance(values, list) else getattr(values, "errors", None)
    return errors or []


@pytest.mark.parametrize("version", VERSIONS)
def test_two_scopes_are_enough_for_all_of_them(version) -> None:
    with gzip.open(contract(f"admin/admin_{version}.json.gz")) as file:
        listed_scopes = json.load(file)["offline_scopes"]["items"]
    scopes = {(i["typeName"], i.get("fieldName", "")): i["offlineScopes"] for i in listed_scopes}
    needed: set[str] = set()
    for name in OURS:
        for place in fields_of(schema(version), name):
            needed |= set(scopes.get(place, ())) | set(scopes.get((place[0], ""), ()))
    assert needed == {"read_discounts", "write_discounts"}


def fields_of(built, name: str) -> list[tuple[str, str]]:
    seen: list[tuple[str, str]] = []
    info = TypeInfo(built)

    class Fields(Visitor):
        def enter_field(self, node: FieldNode, *_):
            parent = info.get_parent_type()
            seen.append((parent.name, node.name.value))

    visit(parse(operation(name)), TypeInfoVisitor(info, Fields()))
    return seen


# -- what comes back


def test_a_code_that_is_taken_by_ourselves_was_a_lost_answer() -> None:
    taken = made(user_error("TAKEN", "basicCodeDiscount", "code"))
    said, asked = ask("make", POOL, answers=[taken, found(POOL.title)])
    assert (said.kind, said.id) == ("made", ID)
    assert asked[1]["variables"] == {"code": POOL.code}


@pytest.mark.parametrize("other", [found("The merchant's own"), {"found": None}, {"found": {"id": ID}}])
def test_a_code_that_is_taken_by_another_is_said_to_be(other) -> None:
    taken = made(user_error("TAKEN", "basicCodeDiscount", "code"))
    assert ask("make", POOL, answers=[taken, other])[0].kind == "taken"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (user_error("VALUE_OUTSIDE_RANGE", "basicCodeDiscount", "customerGets"), "refused"),
        (user_error("END_DATE_BEFORE_START_DATE", "basicCodeDiscount", "endsAt"), "refused"),
        (user_error("INTERNAL_ERROR"), "retry_later"),
        (user_error(None), "retry_later"),
    ],
)
def test_a_user_error_is_an_answer_in_our_words(error, kind) -> None:
    said, _ = ask("make", POOL, answers=[made(error)])
    assert said.kind == kind
    assert (error["code"] or "no code") in said.detail


def test_codes_are_asked_for_and_asked_about() -> None:
    added = {"added": {"bulkCreation": {"id": JOB, "createdAt": "2026-11-24T09:00:00Z"}, "userErrors": []}}
    said, asked = ask("add", ID, CODES, answers=[added])
    assert (said.kind, said.job, said.begun) == ("pending", JOB, NOW)
    assert asked[0]["variables"] == {"id": ID, "codes": [{"code": code} for code in CODES]}
    said, asked = ask("added", ID, JOB, CODES, answers=[job(False)])
    assert (said.kind, said.job, said.begun) == ("pending", JOB, NOW)
    said, asked = ask("added", ID, JOB, CODES, answers=[job(True)])
    assert (said.kind, said.ready, said.refused) == ("done", CODES, ())
    assert len(asked) == 1


def test_no_more_are_asked_for_than_the_api_takes() -> None:
    added = {"added": {"bulkCreation": {"id": JOB}, "userErrors": []}}
    _, asked = ask("add", ID, [f"C{n}" for n in range(BATCH + 5)], answers=[added])
    assert len(asked[0]["variables"]["codes"]) == 250


def test_of_codes_that_failed_each_has_its_own_fate() -> None:
    codes = (*CODES, "BACK-D", "BACK-E")
    each = {"BACK-A": None, "back-b": "TAKEN", "BACK-C": "TAKEN", "BACK-D": "INTERNAL_ERROR"}
    said, asked = ask(
        "added", ID, JOB, codes, answers=[job(True, 3), job(True, 3, each), listed("BACK-B", "X")]
    )
    assert (said.kind, said.ready, said.refused) == ("done", ("BACK-A", "BACK-B"), ("BACK-C",))
    assert "TAKEN" in said.detail
    assert [a["variables"].get("each") for a in asked] == [False, True, None]


def test_a_store_that_adds_no_codes_or_forgot_the_order_says_no() -> None:
    no = {"added": {"bulkCreation": None, "userErrors": [user_error("INVALID", "discountId")]}}
    assert ask("add", ID, CODES, answers=[no, listed("BACK-B")])[0].kind == "refused"
    assert ask("add", ID, CODES, answers=[no, {"found": None}])[0].kind == "gone"
    assert ask("added", ID, JOB, CODES, answers=[{"job": None}])[0].kind == "refused"


@pytest.mark.parametrize(
    ("errors", "kind"),
    [
        ((), "told"),
        ((user_error("INVALID", "id"),), "needless"),
        ((user_error("INTERNAL_ERROR"),), "retry_later"),
        ((user_error("CONFLICT"),), "refused"),
    ],
)
def test_a_discount_is_ended(errors, kind) -> None:
    said, asked = ask("close", ID, answers=[made(*errors, name="closed")])
    assert (said.kind, asked[0]["variables"]) == (kind, {"id": ID})


CALLS = [("make", (POOL,)), ("add", (ID, CODES)), ("added", (ID, JOB, CODES)), ("close", (ID,))]


@pytest.mark.parametrize(("method", "arguments"), CALLS, ids=lambda v: v if isinstance(v, str) else "")
@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        (None, None),
        (reply(503), None),
        (reply(429), None),
        (reply(200, b"<html>"), None),
        (reply(401, {}), 1800),
        (reply(200, {"errors": [{"message": "m", "extensions": {"code": "MAX_COST_EXCEEDED"}}]}), 1800),
        (reply(200, {"errors": [{"message": "m", "extensions": {"code": "ACCESS_DENIED"}}]}), 1800),
    ],
    ids=repr,
)
def test_whatever_goes_wrong_on_the_way_waits_and_longer_for_what_somebody_must_mend(
    method, arguments, answer, wait
) -> None:
    said, _ = ask(method, *arguments, answers=[answer])
    assert (said.kind, said.retry_after) == ("retry_later", wait)
    assert said.detail


@pytest.mark.parametrize(("method", "arguments"), CALLS, ids=lambda v: v if isinstance(v, str) else "")
def test_a_throttled_shop_says_how_long_to_wait(method, arguments) -> None:
    cost = {
        "requestedQueryCost": 2000,
        "throttleStatus": {"maximumAvailable": 2000, "currentlyAvailable": 0, "restoreRate": 100},
    }
    error = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
    said, asked = ask(
        method, *arguments, answers=[reply(200, {"errors": [error], "extensions": {"cost": cost}})]
    )
    assert (said.kind, said.retry_after, len(asked)) == ("retry_later", 20.0, 1)


@pytest.mark.parametrize(("method", "arguments"), CALLS, ids=lambda v: v if isinstance(v, str) else "")
@pytest.mark.parametrize(
    "nonsense", [{}, {"made": 7, "added": 7, "closed": 7, "job": 7}, {"job": {"id": JOB}}]
)
def test_an_answer_that_makes_no_sense_makes_nothing(method, arguments, nonsense) -> None:
    said, _ = ask(method, *arguments, answers=[nonsense])
    assert said.kind in ("retry_later", "refused", "pending")


def test_nobody_there_and_no_token() -> None:
    away = connector.codes(SHOP, {"access_token": "t", "api_base": f"http://127.0.0.1:{closed_port()}"})
    assert away.make(POOL).kind == "retry_later"
    assert connector.codes(SHOP, {}).close(ID).kind == "retry_later"
