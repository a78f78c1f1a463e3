"""The pretend store's discounts: refused in Shopify's words, filled in its own time, used once, over at their end."""

from datetime import timedelta

import pytest
from sandbox_shop_kit import ROOT, SHOPIFY, START, shopify_stage

from sandbox.shopify import schema

HAVE_SCHEMA = (ROOT / ".cache" / "contracts" / "admin" / "admin_2026-10.json.gz").exists()
RESULT = "{ codeDiscountNode { id codeDiscount { ... on DiscountCodeBasic { title status usageLimit } } }"
ERRORS = "userErrors { code field message } }"
BASIC = (
    "mutation Basic($d: DiscountCodeBasicInput!) {"
    f" made: discountCodeBasicCreate(basicCodeDiscount: $d) {RESULT} {ERRORS} }}"
)
SHIPPING = (
    "mutation Ship($d: DiscountCodeFreeShippingInput!) {"
    f" made: discountCodeFreeShippingCreate(freeShippingCodeDiscount: $d) {RESULT} {ERRORS} }}"
)
BXGY = (
    "mutation Bxgy($d: DiscountCodeBxgyInput!) {"
    f" made: discountCodeBxgyCreate(bxgyCodeDiscount: $d) {RESULT} {ERRORS} }}"
)
ADD = """mutation Add($id: ID!, $codes: [DiscountRedeemCodeInput!]!) {
  added: discountRedeemCodeBulkAdd(discountId: $id, codes: $codes) {
    bulkCreation { id done codesCount } userErrors { code field } } }"""
JOB = """query Job($id: ID!) { job: discountRedeemCodeBulkCreation(id: $id) {
  done codesCount importedCount failedCount
  codes(first: 10) { nodes { code errors { code } discountRedeemCode { id } } } } }"""
CODES = """query Codes($id: ID!) { found: codeDiscountNode(id: $id) { codeDiscount { ... on DiscountCodeBasic {
  status codes(first: 2, sortKey: CREATED_AT, reverse: true) { nodes { code } } } } } }"""
END = """mutation End($id: ID!) { ended: discountCodeDeactivate(id: $id) {
  codeDiscountNode { id } userErrors { code field } } }"""
DISCOUNT = {
    "title": "Ten",
    "code": "TEN-1",
    "startsAt": "2026-11-24T10:00:00Z",
    "endsAt": "2026-11-27T10:00:00Z",
    "usageLimit": 1,
    "context": {"all": "ALL"},
    "customerGets": {"value": {"percentage": 0.1}, "items": {"all": True}},
}
FREE = {k: v for k, v in DISCOUNT.items() if k != "customerGets"} | {"destination": {"all": True}}
MUG, BEANIE = "gid://shopify/Product/7000000000011", "gid://shopify/ProductVariant/42000000000012"
PAIR = FREE | {
    "customerBuys": {"value": {"quantity": "2"}, "items": {"products": {"productsToAdd": [MUG]}}},
    "customerGets": {
        "value": {"discountOnQuantity": {"quantity": "1", "effect": {"percentage": 0.5}}},
        "items": {"products": {"productVariantsToAdd": [BEANIE]}},
    },
}
del PAIR["destination"]
NOTHING_OFF = {"value": {"discountAmount": {"amount": "0"}}, "items": {"all": True}}
UNKNOWN = {"products": {"productsToAdd": [MUG + "9"]}}


@pytest.fixture(params=["schema", "loose"])
def it(request, monkeypatch, tmp_path):
    """With the real schema, where it's there, and without any."""
    if request.param == "schema" and not HAVE_SCHEMA:
        pytest.skip("run bin/contracts")
    monkeypatch.setattr(schema, "_loaded", {})
    if request.param == "loose":
        monkeypatch.setattr(schema, "FOLDER", tmp_path)
    with shopify_stage() as made:
        yield made


def ask(it, query: str, **variables):
    url = f"{it.api_base}/admin/api/2026-10/graphql.json"
    headers = {"X-Shopify-Access-Token": SHOPIFY["access_token"]}
    return it.http.post(
        url, json={"query": query, "variables": variables}, headers=headers, timeout=20
    ).json()


def made(it, query: str = BASIC, **changes) -> str:
    base = {BASIC: DISCOUNT, SHIPPING: FREE, BXGY: PAIR}[query]
    answer = ask(it, query, d={**base, **changes})["data"]["made"]
    assert answer["userErrors"] == []
    return answer["codeDiscountNode"]["id"]


def added(it, discount: str, *codes: str) -> dict:
    """Asked for, and waited for."""
    said = ask(it, ADD, id=discount, codes=[{"code": code} for code in codes])["data"]["added"]
    assert said["userErrors"] == []
    it.skip(seconds=4)
    return ask(it, JOB, id=said["bulkCreation"]["id"])["data"]["job"]


def buy(it, code: str, **cart) -> str:
    return it.buy("mugs", it.cart("mugs", **cart)["token"], discount_code=code)["discount"]


@pytest.mark.parametrize(
    ("query", "change", "error"),
    [
        (BASIC, {"code": "ten-1"}, "TAKEN"),
        (BASIC, {"title": ""}, "BLANK"),
        (BASIC, {"context": None}, "BLANK"),
        (BASIC, {"usageLimit": 0}, "GREATER_THAN"),
        (BASIC, {"tags": list("abcdef")}, "TOO_MANY_TAGS"),
        (BASIC, {"customerGets": {"value": {"percentage": 1.5}, "items": {"all": True}}}, "VALUE_OUTSIDE_RANGE"),
        (BASIC, {"customerGets": {"value": {"percentage": 0.0}, "items": {"all": True}}}, "VALUE_OUTSIDE_RANGE"),
        (BASIC, {"customerGets": NOTHING_OFF}, "GREATER_THAN"),
        (BASIC, {"endsAt": "2026-11-24T10:00:00Z"}, "END_DATE_BEFORE_START_DATE"),
        (
            BASIC,
            {
                "minimumRequirement": {
                    "subtotal": {"greaterThanOrEqualToSubtotal": "1"},
                    "quantity": {"greaterThanOrEqualToQuantity": "1"},
                }
            },
            "MINIMUM_SUBTOTAL_AND_QUANTITY_RANGE_BOTH_PRESENT",
        ),
        (SHIPPING, {"combinesWith": {"shippingDiscounts": True}}, "INVALID_COMBINES_WITH_FOR_DISCOUNT_CLASS"),
        (BXGY, {"customerBuys": {**PAIR["customerBuys"], "items": {"all": True}}}, "INVALID"),
        (BXGY, {"customerBuys": {"items": PAIR["customerBuys"]["items"]}}, "BLANK"),
        (BXGY, {"customerGets": {**PAIR["customerGets"], "items": UNKNOWN}}, "INVALID"),
    ],
)  # fmt: skip
def test_a_discount_that_cant_be_is_refused_in_shopifys_words(it, query, change, error) -> None:
    made(it)
    base = {BASIC: DISCOUNT, SHIPPING: FREE, BXGY: PAIR}[query]
    answer = ask(it, query, d={**base, "code": "OTHER", **change})["data"]["made"]
    assert [e["code"] for e in answer["userErrors"]] == [error]
    assert answer["codeDiscountNode"] is None


def test_codes_that_are_added_come_later_and_each_is_good_for_one_order(it) -> None:
    discount = made(it)
    said = ask(it, ADD, id=discount, codes=[{"code": "TEN-2"}, {"code": "TEN-3"}])["data"]["added"]
    assert said["bulkCreation"]["done"] is False
    assert buy(it, "TEN-2") == "0.00"
    it.skip(seconds=4)
    done = ask(it, JOB, id=said["bulkCreation"]["id"])["data"]["job"]
    assert (done["done"], done["importedCount"], done["failedCount"]) == (True, 2, 0)
    assert [buy(it, "ten-2"), buy(it, "TEN-2"), buy(it, "TEN-3"), buy(it, "TEN-1")] == [
        "4.50",
        "0.00",
        "4.50",
        "4.50",
    ]
    newest = ask(it, CODES, id=discount)["data"]["found"]["codeDiscount"]["codes"]["nodes"]
    assert [n["code"] for n in newest] == ["TEN-3", "TEN-2"]


def test_an_order_carries_the_code_it_was_bought_with(it) -> None:
    added(it, made(it), "TEN-2")
    buy(it, "ten-2")
    assert it.app.of("orders/create")[0].body["discount_codes"] == [
        {"code": "TEN-2", "amount": "4.50", "type": "percentage"}
    ]


def test_what_is_taken_blank_or_too_long_fails_alone(it) -> None:
    discount = made(it)
    job = added(it, discount, "TEN-2", "ten-1", " ", "X" * 256, "TEN-2")
    fates = {n["code"]: [e["code"] for e in n["errors"]] for n in job["codes"]["nodes"]}
    assert fates["ten-1"] == ["TAKEN"]
    assert fates[" "] == ["BLANK"]
    assert fates["X" * 256] == ["TOO_LONG"]
    assert (job["importedCount"], job["codesCount"]) == (1, 5)


def test_a_bulk_that_cant_be_is_refused(it) -> None:
    discount = made(it)
    for identifier, codes in ((discount + "9", ["A"]), (discount, [])):
        said = ask(it, ADD, id=identifier, codes=[{"code": c} for c in codes])["data"]["added"]
        assert (said["bulkCreation"], len(said["userErrors"])) == (None, 1)
    many = ask(it, ADD, id=discount, codes=[{"code": f"C{n}"} for n in range(251)])
    assert many["errors"][0]["extensions"]["code"] == "MAX_INPUT_SIZE_EXCEEDED"
    assert ask(it, JOB, id="gid://shopify/DiscountRedeemCodeBulkCreation/1")["data"]["job"] is None


def test_codes_end_with_their_discount_by_time_or_by_hand(it) -> None:
    first, second = made(it), made(it, code="OWN", endsAt=None)
    added(it, first, "TEN-2")
    added(it, second, "OWN-2")
    assert ask(it, END, id=second)["data"]["ended"]["userErrors"] == []
    assert [buy(it, "OWN-2"), buy(it, "TEN-2")] == ["0.00", "4.50"]
    it.world.clock.skip(START.replace(day=27, hour=10) - it.world.clock.now() + timedelta(seconds=1))
    assert buy(it, "TEN-1") == "0.00"
    assert ask(it, CODES, id=first)["data"]["found"]["codeDiscount"]["status"] == "EXPIRED"
    gone = ask(it, END, id=first + "9")["data"]["ended"]
    assert gone["userErrors"] == [{"code": "INVALID", "field": ["id"]}]


def test_a_minimum_of_money_or_pieces_must_be_met(it) -> None:
    made(it, code="A", minimumRequirement={"subtotal": {"greaterThanOrEqualToSubtotal": "45.01"}})
    made(it, code="B", minimumRequirement={"quantity": {"greaterThanOrEqualToQuantity": "4"}})
    assert [buy(it, "A"), buy(it, "B")] == ["0.00", "0.00"]
    more = [{"sku": "MUG-BLUE", "quantity": 4}]
    assert [buy(it, "A", items=more), buy(it, "B", items=more)] == ["5.00", "5.00"]


def test_one_that_each_customer_may_use_once_counts_customers_not_codes(it) -> None:
    discount = made(it, usageLimit=None, appliesOncePerCustomer=True)
    added(it, discount, "TEN-2")
    other = {"email": "other@example.com", "phone": "+14155552672"}
    assert [buy(it, "TEN-1"), buy(it, "TEN-2"), buy(it, "TEN-1", **other)] == ["4.50", "0.00", "4.50"]


@pytest.mark.parametrize(
    ("items", "off"),
    [
        ([{"sku": "MUG-BLUE", "quantity": 2}, {"sku": "BEANIE", "quantity": 2}], "10.00"),
        ([{"sku": "MUG-BLUE", "quantity": 1}, {"sku": "BEANIE", "quantity": 1}], "0.00"),
        ([{"sku": "MUG-BLUE", "quantity": 2}], "0.00"),
    ],
)
def test_who_buys_x_gets_y_for_less(it, items, off) -> None:
    made(it, BXGY)
    assert buy(it, "TEN-1", items=items) == off


def test_codes_fail_and_come_late_where_that_is_switched_on(it) -> None:
    discount = made(it)
    it.post("/sandbox/faults", {"codes_fail": 1, "codes_late_seconds": 60})
    said = ask(it, ADD, id=discount, codes=[{"code": "TEN-2"}])["data"]["added"]
    it.skip(seconds=30)
    assert ask(it, JOB, id=said["bulkCreation"]["id"])["data"]["job"]["done"] is False
    it.skip(seconds=34)
    job = ask(it, JOB, id=said["bulkCreation"]["id"])["data"]["job"]
    assert (job["done"], job["failedCount"]) == (True, 1)
    assert job["codes"]["nodes"][0]["errors"] == [{"code": "INTERNAL_ERROR"}]
    it.post("/sandbox/faults", {"codes_refused": True})
    refused = ask(it, ADD, id=discount, codes=[{"code": "TEN-3"}])["data"]["added"]
    assert [e["code"] for e in refused["userErrors"]] == ["INVALID"]


def test_who_looks_on_sees_what_stands_in_the_store(it) -> None:
    added(it, made(it, tags=["cart-recovery"]), "TEN-2")
    buy(it, "TEN-2")
    (shown,) = it.get("/sandbox/shops/mugs/discounts").json()["discounts"]
    assert shown == {
        "title": "Ten",
        "status": "ACTIVE",
        "endsAt": "2026-11-27T10:00:00Z",
        "tags": ["cart-recovery"],
        "codes": {"TEN-1": 0, "TEN-2": 1},
    }
