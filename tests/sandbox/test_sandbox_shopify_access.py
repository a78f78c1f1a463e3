"""What the pretend Admin API refuses: versions, scopes, protected data, variables, lists, and what costs too much."""

import pytest
from sandbox_shop_kit import ROOT, SHOPIFY, shopify_stage

from sandbox.shopify import schema

HAVE_SCHEMA = (ROOT / ".cache" / "contracts" / "admin" / "admin_2026-10.json.gz").exists()
needs_schema = pytest.mark.skipif(not HAVE_SCHEMA, reason="run bin/contracts first")
ORDERS = "{ orders(first: 5) { nodes { name } } }"
PEOPLE = """{ customers(first: 5) { nodes { id firstName email phone defaultPhoneNumber { phoneNumber }
  defaultEmailAddress { emailAddress } } } }"""
SET_CONSENT = """mutation Stop($input: CustomerSmsMarketingConsentUpdateInput!) {
  customerSmsMarketingConsentUpdate(input: $input) { customer { id } userErrors { code field message } } }"""
ADD = """mutation Add($id: ID!, $codes: [DiscountRedeemCodeInput!]!) {
  added: discountRedeemCodeBulkAdd(discountId: $id, codes: $codes) { userErrors { code } } }"""


@pytest.fixture
def it():
    with shopify_stage() as made:
        yield made


@pytest.fixture(params=[pytest.param("real", marks=needs_schema), "missing"])
def either(request, monkeypatch, tmp_path):
    """With the real schema and without any."""
    if request.param == "missing":
        monkeypatch.setattr(schema, "_loaded", {})
        monkeypatch.setattr(schema, "FOLDER", tmp_path)
    with shopify_stage() as made:
        yield made


def ask(it, query, variables=None, version="2026-10"):
    url = f"{it.api_base}/admin/api/{version}/graphql.json"
    headers = {"X-Shopify-Access-Token": SHOPIFY["access_token"]}
    return it.http.post(url, json={"query": query, "variables": variables or {}}, headers=headers, timeout=20)


def scopes(it, *current):
    it.post("/sandbox/shops/mugs/scopes", {"current": list(current)})


def errors(it, query, variables=None, **more):
    return ask(it, query, variables, **more).json().get("errors", [])


# -- versions


@pytest.mark.parametrize(
    ("asked", "served"),
    [
        ("2025-07", "2026-01"),
        ("2025-10", "2026-01"),
        ("2026-04", "2026-04"),
        ("2026-10", "2026-10"),
        ("2027-01", "2027-01"),
        ("unstable", "unstable"),
    ],
)
def test_a_version_of_yesterday_falls_forward_to_the_oldest_that_is_served(either, asked, served):
    reply = ask(either, "{ shop { name } }", version=asked)
    assert (reply.status_code, reply.headers["X-Shopify-API-Version"]) == (200, served)


@pytest.mark.parametrize("asked", ["2027-04", "2026-11", "latest", "2026"])
def test_what_is_no_version_yet_or_never_is_not_found(it, asked):
    reply = ask(it, "{ shop { name } }", version=asked)
    assert (reply.status_code, reply.json()) == (404, {"errors": "Not Found"})


def test_todays_versions_can_be_retired(either):
    versions = "{ publicApiVersions { handle supported } }"
    assert {"handle": "2026-10", "supported": True} in ask(either, versions).json()["data"][
        "publicApiVersions"
    ]
    either.post("/sandbox/faults", {"versions_retired": True})
    reply = ask(either, versions)
    assert reply.headers["X-Shopify-API-Version"] == "2027-01"
    assert {"handle": "2026-10", "supported": False} in reply.json()["data"]["publicApiVersions"]
    assert {"handle": "2027-01", "supported": True} in reply.json()["data"]["publicApiVersions"]


def test_the_version_is_told_with_a_refusal_too(it):
    url = f"{it.api_base}/admin/api/2025-07/graphql.json"
    reply = it.http.post(url, json={"query": "{ shop { name } }"}, timeout=20)
    assert (reply.status_code, reply.headers["X-Shopify-API-Version"]) == (401, "2026-01")


# -- scopes


def test_a_field_without_its_scope_is_denied_in_shopifys_words(either):
    scopes(either, "read_customers")
    (error,) = errors(either, ORDERS)
    assert error["message"].startswith("Access denied for orders field. Required access: `read_orders`")
    assert error["extensions"]["code"] == "ACCESS_DENIED"
    assert "`read_orders` access scope" in error["extensions"]["requiredAccess"]
    scopes(either, "read_orders")
    assert errors(either, ORDERS) == []
    assert errors(either, "{ customers(first: 1) { nodes { id } } }") != []
    assert errors(either, "{ marketingActivities(first: 1) { nodes { id } } }") != []


def test_who_may_write_may_read_and_not_the_other_way_round(either):
    change = {
        "input": {
            "customerId": "gid://shopify/Customer/1",
            "smsMarketingConsent": {"marketingState": "SUBSCRIBED"},
        }
    }
    scopes(either, "write_customers")
    assert errors(either, PEOPLE) == errors(either, SET_CONSENT, change) == []
    scopes(either, "read_customers")
    assert errors(either, PEOPLE) == []
    (error,) = errors(either, SET_CONSENT, change)
    assert "`write_customers` access scope" in error["message"]


@needs_schema
def test_a_thing_behind_an_order_needs_its_own_scope_and_the_rest_still_comes(it):
    it.buy("mugs", it.cart("mugs")["token"])
    query = "{ orders(first: 1) { nodes { name customer { id } lineItems(first: 1) { nodes { product { id } } } } } }"
    scopes(it, "read_orders")
    answer = ask(it, query).json()
    assert {tuple(error["path"][-2:]) for error in answer["errors"]} == {(0, "customer"), (0, "product")}
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"ACCESS_DENIED"}
    (node,) = answer["data"]["orders"]["nodes"]
    assert (node["name"], node["customer"]) == ("#1001", None)
    scopes(it, "read_orders", "read_customers", "read_products")
    assert errors(it, query) == []


# -- protected customer data


@needs_schema
def test_what_the_app_isnt_approved_for_is_null_with_an_error(it):
    it.cart("mugs")
    it.post("/sandbox/shops/mugs/protected-data", {"approved": ["customer", "name", "address", "email"]})
    answer = ask(it, PEOPLE).json()
    (node,) = answer["data"]["customers"]["nodes"]
    assert (node["firstName"], node["phone"], node["defaultPhoneNumber"]) == ("Dana", None, None)
    assert node["email"] == "dana@example.com"
    said = {error["message"].partition(". ")[0] for error in answer["errors"]}
    assert said == {
        "This app is not approved to use the phone field",
        "This app is not approved to access the CustomerPhoneNumber object",
    }
    it.post("/sandbox/shops/mugs/protected-data", {"approved": []})
    (error,) = errors(it, PEOPLE)
    assert error["message"].startswith("This app is not approved to access the Customer object.")
    it.post("/sandbox/shops/mugs/protected-data")
    assert errors(it, PEOPLE) == []
    assert it.post("/sandbox/shops/mugs/protected-data", {"approved": ["shoes"]}).status_code == 404


def test_a_shop_may_be_opened_without_approval():
    with shopify_stage(protected_data=["customer", "name"]) as it:
        assert it.store.protected_data == ("customer", "name")


# -- variables, fields and lists


@needs_schema
def test_variables_are_held_against_their_types_before_anything_runs(it):
    query = "query Some($first: Int!) { orders(first: $first) { nodes { id } } }"
    for wrong in ({}, {"first": "two"}, {"first": None}):
        answer = ask(it, query, wrong).json()
        assert "data" not in answer and "extensions" not in answer, "nothing ran and nothing was paid"
        (error,) = answer["errors"]
        assert error["extensions"]["code"] == "INVALID_VARIABLE"
        assert error["message"].startswith("Variable $first of type Int! was provided invalid value")
    consent = {"customerId": "gid://shopify/Customer/1", "smsMarketingConsent": {"marketingState": "MAYBE"}}
    assert "MAYBE" in errors(it, SET_CONSENT, {"input": consent})[0]["message"]


@needs_schema
def test_a_field_that_doesnt_exist_is_named_as_shopify_names_it(it):
    (error,) = errors(it, "{ shop { id shoeSize } }")
    assert error["message"] == "Field 'shoeSize' doesn't exist on type 'Shop'"
    assert error["extensions"] == {"code": "undefinedField", "typeName": "Shop", "fieldName": "shoeSize"}


def test_a_list_of_more_than_250_is_refused_whole(either):
    codes = [{"code": f"C-{n}"} for n in range(251)]
    answer = ask(either, ADD, {"id": "gid://shopify/DiscountCodeNode/1", "codes": codes}).json()
    (error,) = answer["errors"]
    assert error["message"] == "The input array size of 251 is greater than the maximum allowed of 250."
    assert (error["path"], "data" in answer) == (["discountRedeemCodeBulkAdd", "codes"], False)
    assert error["extensions"]["code"] == "MAX_INPUT_SIZE_EXCEEDED"
    fits = ask(either, ADD, {"id": "gid://shopify/DiscountCodeNode/1", "codes": codes[:250]}).json()
    assert fits["data"]["added"]["userErrors"] == [{"code": "INVALID"}]


def test_consent_needs_a_phone(either):
    either.cart("mugs", phone=None, consent=False)
    (person,) = either.store.customers.values()
    consent = {"marketingState": "UNSUBSCRIBED", "marketingOptInLevel": "SINGLE_OPT_IN"}
    change = {"input": {"customerId": f"gid://shopify/Customer/{person.id}", "smsMarketingConsent": consent}}
    answer = ask(either, SET_CONSENT, change).json()["data"]["customerSmsMarketingConsentUpdate"]
    assert (answer["customer"], [e["code"] for e in answer["userErrors"]]) == (None, ["INVALID"])
    assert "phone number is required" in answer["userErrors"][0]["message"]


# -- cost


def test_what_a_query_didnt_use_is_given_back(either):
    either.buy("mugs", either.cart("mugs")["token"])
    either.post("/sandbox/shops/mugs/bucket", {"restore": 0})
    before = either.store.bucket.available
    told = ask(either, "{ orders(first: 100) { nodes { name customer { id } } } }").json()["extensions"][
        "cost"
    ]
    assert told["requestedQueryCost"] >= 200 > 10 >= told["actualQueryCost"] > 0
    assert either.store.bucket.available == before - told["actualQueryCost"]
    assert told["throttleStatus"]["currentlyAvailable"] == int(either.store.bucket.available)


def test_a_shops_bucket_can_be_made_small_and_what_it_cant_pay_is_throttled(either):
    either.post("/sandbox/shops/mugs/bucket", {"size": 50, "restore": 1, "available": 5})
    reply = ask(either, "{ orders(first: 20) { nodes { name } } }")
    cost = reply.json()["extensions"]["cost"]
    assert (reply.status_code, reply.json()["errors"][0]["extensions"]["code"]) == (200, "THROTTLED")
    assert (cost["actualQueryCost"], cost["throttleStatus"]["maximumAvailable"]) == (None, 50)
    wait = (cost["requestedQueryCost"] - cost["throttleStatus"]["currentlyAvailable"]) / 1
    either.skip(seconds=wait)
    assert "errors" not in ask(either, "{ orders(first: 20) { nodes { name } } }").json()


def test_a_query_above_a_thousand_points_is_never_run(either):
    answer = ask(
        either, "{ orders(first: 250) { nodes { customer { id } a: customer { id } b: customer { id } } } }"
    ).json()
    told = answer["errors"][0]["extensions"]
    assert (told["code"], told["maxCost"], told["cost"] > 1000, "data" in answer) == (
        "MAX_COST_EXCEEDED",
        1000,
        True,
        False,
    )


def test_of_fragments_on_several_types_only_the_dearest_is_paid(either):
    one = "... on DiscountCodeBasic { codes(first: 10) { nodes { id } } }"
    two = "... on DiscountCodeBxgy { codes(first: 3) { nodes { id } } }"
    query = '{ codeDiscountNodeByCode(code: "x") { codeDiscount { %s } } }'

    def cost(inside):
        return ask(either, query % inside).json()["extensions"]["cost"]["requestedQueryCost"]

    assert cost(one + two) == cost(one) > cost(two)
