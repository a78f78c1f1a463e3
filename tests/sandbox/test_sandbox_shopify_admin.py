"""The pretend Admin GraphQL API over HTTP: with the real 2026-10 schema, and without any."""

import pytest
from sandbox_shop_kit import ROOT, SHOPIFY, shopify_stage

from sandbox.shopify import schema
from sandbox.shops import SCOPES

HAVE_SCHEMA = (ROOT / ".cache" / "contracts" / "admin" / "admin_2026-10.json.gz").exists()
needs_schema = pytest.mark.skipif(not HAVE_SCHEMA, reason="run bin/contracts first")

ORDERS = """query Orders($query: String!, $first: Int = 5, $after: String) {
  orders(first: $first, after: $after, query: $query) {
    pageInfo { hasNextPage endCursor }
    nodes { id name createdAt cancelledAt test checkoutToken cartToken discountCodes phone displayFinancialStatus
      customer { id numberOfOrders defaultPhoneNumber { phoneNumber } }
      totalPriceSet { shopMoney { amount currencyCode } }
      customAttributes { key value }
      customerJourneySummary { ready lastVisit { landingPage utmParameters { source content } } } } } }"""
CHECKOUTS = """query Abandoned($first: Int!, $query: String) {
  abandonedCheckouts(first: $first, query: $query, sortKey: CREATED_AT) {
    edges { cursor node { id name abandonedCheckoutUrl createdAt completedAt discountCodes
      totalPriceSet { shopMoney { amount currencyCode } } shippingAddress { phone countryCodeV2 timeZone }
      lineItems(first: 10) { nodes { title quantity variant { id } image { url } } } } } } }"""
CONSENT = """query Consent($id: ID!) { customer(id: $id) { id locale amountSpent { amount }
  defaultPhoneNumber { phoneNumber
    smsMarketingConsent { state optInLevel updatedAt collectedFrom sourceLocation { id } } } } }"""
SET_CONSENT = """mutation Stop($input: CustomerSmsMarketingConsentUpdateInput!) {
  customerSmsMarketingConsentUpdate(input: $input) { customer { id } userErrors { code field message } } }"""
BASIC = """mutation Basic($d: DiscountCodeBasicInput!) { discountCodeBasicCreate(basicCodeDiscount: $d) {
  codeDiscountNode { id codeDiscount { __typename
    ... on DiscountCodeBasic { title status codes(first: 1) { nodes { code } } } } }
  userErrors { code field message extraInfo } } }"""
BY_CODE = """query Code($code: String!) { codeDiscountNodeByCode(code: $code) { id codeDiscount { __typename
  ... on DiscountCodeBasic { status usageLimit asyncUsageCount } } } }"""
DISCOUNT = {
    "title": "Cart recovery m_42",
    "code": "BACK-7H2KQ9",
    "startsAt": "2026-11-24T10:00:00Z",
    "endsAt": "2026-11-27T10:00:00Z",
    "usageLimit": 1,
    "appliesOncePerCustomer": True,
    "context": {"all": "ALL"},
    "customerGets": {"value": {"percentage": 0.1}, "items": {"all": True}},
    "combinesWith": {"orderDiscounts": False, "productDiscounts": False, "shippingDiscounts": True},
}

# A checkout's variant and the place of a consent need scopes of their own.
MORE_SCOPES = f"{SCOPES},read_products,read_inventory"


@pytest.fixture(params=[pytest.param("real", marks=needs_schema), "missing"])
def it(request, monkeypatch, tmp_path):
    """Everything here must hold with the real schema and without it."""
    monkeypatch.setattr(schema, "_loaded", {})
    if request.param == "missing":
        monkeypatch.setattr(schema, "FOLDER", tmp_path)
    with shopify_stage(scopes=MORE_SCOPES) as made:
        made.schema = request.param
        yield made


@pytest.fixture
def real():
    with shopify_stage(scopes=MORE_SCOPES) as made:
        yield made


def ask(it, query, variables=None, token=SHOPIFY["access_token"], version="2026-10"):
    url = f"{it.api_base}/admin/api/{version}/graphql.json"
    body = {"query": query, "variables": variables or {}}
    return it.http.post(url, json=body, headers={"X-Shopify-Access-Token": token}, timeout=20)


def data(it, query, variables=None):
    reply = ask(it, query, variables)
    assert reply.status_code == 200 and "errors" not in reply.json(), reply.text
    return reply.json()["data"]


def test_the_token_is_checked_in_shopifys_words(it):
    reply = ask(it, "{ shop { id } }", token="shpat_wrong")
    assert reply.status_code == 401 and "Invalid API key or access token" in reply.json()["errors"]
    it.post("/sandbox/shops/mugs/uninstall")
    assert ask(it, "{ shop { id } }").status_code == 401


def test_headers_name_the_version_served_the_sandbox_and_whether_the_schema_is_there(it):
    reply = ask(it, "{ shop { name } }", version="2024-01")
    assert reply.headers["X-Shopify-API-Version"] == "2026-01"
    assert reply.headers["X-Sandbox"] == "comeback-sandbox"
    assert reply.headers["X-Sandbox-Schema"] == ("missing" if it.schema == "missing" else "2026-01")
    assert reply.json()["data"] == {"shop": {"name": "Mug & Co"}}


def test_an_order_is_found_by_any_of_its_tokens_joined_by_or(it):
    cart, other = it.cart("mugs"), it.cart("mugs", email="else@example.com", phone="+12015550123")
    it.buy("mugs", cart["token"], attributes={"recovery_ref": "m_42"})
    it.buy("mugs", other["token"])
    query = f"checkout_token:{cart['token']} OR cart_token:nothing OR email:'nobody@example.com'"
    nodes = data(it, ORDERS, {"query": query})["orders"]["nodes"]
    assert [node["checkoutToken"] for node in nodes] == [cart["token"]]
    assert nodes[0]["totalPriceSet"]["shopMoney"] == {"amount": "45.0", "currencyCode": "USD"}
    assert nodes[0]["customAttributes"] == [{"key": "recovery_ref", "value": "m_42"}]
    assert nodes[0]["customer"]["numberOfOrders"] == "1"
    number = nodes[0]["customer"]["id"].rsplit("/", 1)[-1]
    found = data(it, ORDERS, {"query": f"customer_id:{number} created_at:>2026-11-24T14:59:00Z"})
    assert len(found["orders"]["nodes"]) == 1
    assert (
        data(it, ORDERS, {"query": f"customer_id:{number} AND created_at:>2026-11-25"})["orders"]["nodes"]
        == []
    )
    assert len(data(it, ORDERS, {"query": "name:#1002"})["orders"]["nodes"]) == 1


def test_an_unknown_search_field_is_ignored_with_a_warning_as_shopify_does(it):
    it.buy("mugs", it.cart("mugs")["token"])
    reply = ask(it, ORDERS, {"query": "phone:+19995550000"}).json()
    assert len(reply["data"]["orders"]["nodes"]) == 1
    assert reply["extensions"]["search"][0]["warnings"][0]["field"] == "phone"


def test_pages_follow_cursors(it):
    for _ in range(3):
        it.buy("mugs", it.cart("mugs")["token"])
    first = data(it, ORDERS, {"query": "", "first": 2})["orders"]
    assert (len(first["nodes"]), first["pageInfo"]["hasNextPage"]) == (2, True)
    rest = data(it, ORDERS, {"query": "", "first": 2, "after": first["pageInfo"]["endCursor"]})["orders"]
    assert ([node["name"] for node in rest["nodes"]], rest["pageInfo"]["hasNextPage"]) == (["#1003"], False)


def test_checkouts_are_abandoned_after_ten_minutes_and_only_with_contact(it):
    cart = it.cart("mugs")
    it.cart("mugs", phone=None, email=None, consent=False)
    assert data(it, CHECKOUTS, {"first": 10})["abandonedCheckouts"]["edges"] == []
    it.skip(minutes=10)
    edges = data(it, CHECKOUTS, {"first": 10, "query": "created_at:>=2026-11-24"})["abandonedCheckouts"][
        "edges"
    ]
    node = edges[0]["node"]
    assert len(edges) == 1 and node["abandonedCheckoutUrl"] == cart["recover_url"]
    assert node["shippingAddress"] == {
        "phone": "+14155552671",
        "countryCodeV2": "US",
        "timeZone": "America/Los_Angeles",
    }
    assert [line["quantity"] for line in node["lineItems"]["nodes"]] == [2, 1]
    assert node["lineItems"]["nodes"][0]["image"] is None


def test_consent_is_read_and_written_and_the_store_tells_of_it(it):
    it.cart("mugs")
    found = data(it, 'query { customerByIdentifier(identifier: {phoneNumber: "+14155552671"}) { id } }')[
        "customerByIdentifier"
    ]
    phone = data(it, CONSENT, found)["customer"]["defaultPhoneNumber"]
    assert phone["smsMarketingConsent"]["state"] == "SUBSCRIBED"
    consent = {"marketingState": "UNSUBSCRIBED", "marketingOptInLevel": "SINGLE_OPT_IN"}
    change = {"input": {"customerId": found["id"], "smsMarketingConsent": consent}}
    assert data(it, SET_CONSENT, change)["customerSmsMarketingConsentUpdate"]["userErrors"] == []
    it.settle()
    assert (
        data(it, CONSENT, found)["customer"]["defaultPhoneNumber"]["smsMarketingConsent"]["state"]
        == "UNSUBSCRIBED"
    )
    told = it.app.of("customers_marketing_consent/update")[0].body
    assert told["sms_marketing_consent"]["state"] == "unsubscribed"
    change["input"]["customerId"] = "gid://shopify/Customer/1"
    wrong = data(it, SET_CONSENT, change)["customerSmsMarketingConsentUpdate"]
    assert wrong["userErrors"][0]["code"] == "INVALID"


def test_a_code_is_made_once_found_without_case_and_used_once(it):
    made = data(it, BASIC, {"d": DISCOUNT})["discountCodeBasicCreate"]
    node = made["codeDiscountNode"]["codeDiscount"]
    assert (made["userErrors"], node["status"], node["__typename"]) == ([], "ACTIVE", "DiscountCodeBasic")
    taken = data(it, BASIC, {"d": {**DISCOUNT, "code": "back-7h2kq9"}})["discountCodeBasicCreate"]
    assert (taken["codeDiscountNode"], taken["userErrors"][0]["code"]) == (None, "TAKEN")
    assert it.buy("mugs", it.cart("mugs")["token"], discount_code="back-7h2kq9")["discount"] == "4.50"
    assert it.buy("mugs", it.cart("mugs")["token"], discount_code="BACK-7H2KQ9")["discount"] == "0.00"
    found = data(it, BY_CODE, {"code": "bAcK-7h2kq9"})["codeDiscountNodeByCode"]
    assert found["codeDiscount"]["asyncUsageCount"] == 1
    assert data(it, BY_CODE, {"code": "none"})["codeDiscountNodeByCode"] is None


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"customerGets": {"value": {"percentage": 10.0}, "items": {"all": True}}}, "VALUE_OUTSIDE_RANGE"),
        ({"endsAt": "2026-11-23T10:00:00Z"}, "END_DATE_BEFORE_START_DATE"),
        ({"code": ""}, "BLANK"),
        ({"customerGets": {"items": {"all": True}}}, "BLANK"),
    ],
)
def test_a_wrong_discount_comes_back_as_a_user_error(it, change, error):
    made = data(it, BASIC, {"d": {**DISCOUNT, **change}})["discountCodeBasicCreate"]
    assert [e["code"] for e in made["userErrors"]] == [error]


def test_a_mutation_that_is_not_played_is_an_error_and_never_a_pretence(it):
    reply = ask(
        it, 'mutation { tagsAdd(id: "gid://shopify/Order/1", tags: ["x"]) { userErrors { message } } }'
    ).json()
    assert "does not play" in reply["errors"][0]["message"]


def test_the_bucket_empties_throttles_with_200_and_fills_with_sandbox_time(it):
    it.store.bucket.available = it.store.bucket.size = 30.0
    it.store.bucket.restore = 0.5
    big = ORDERS.replace("$first: Int = 5", "$first: Int = 3")
    first = ask(it, big, {"query": ""}).json()["extensions"]["cost"]
    assert first["actualQueryCost"] <= first["requestedQueryCost"] <= 30
    it.store.bucket.available = 1.0
    reply = ask(it, big, {"query": ""})
    body = reply.json()
    assert (reply.status_code, body["errors"][0]["extensions"]["code"]) == (200, "THROTTLED")
    assert body["extensions"]["cost"]["actualQueryCost"] is None
    it.skip(minutes=2)
    assert "errors" not in ask(it, big, {"query": ""}).json()


def test_a_query_dearer_than_a_thousand_points_is_refused(it):
    body = ask(it, ORDERS, {"query": "", "first": 250}).json()
    assert body["errors"][0]["extensions"]["code"] == "MAX_COST_EXCEEDED"


def test_bad_bodies_syntax_and_trouble_at_the_store(it):
    url, headers = (
        f"{it.api_base}/admin/api/2026-10/graphql.json",
        {"X-Shopify-Access-Token": "shpat_sandbox"},
    )
    assert it.http.post(url, data=b"nonsense", headers=headers, timeout=20).status_code == 400
    assert "Syntax Error" in ask(it, "{ shop {").json()["errors"][0]["message"]
    it.world.faults.store_error = 1.0
    assert ask(it, "{ shop { id } }").status_code == 503


@needs_schema
def test_a_field_or_a_variable_that_the_real_schema_does_not_know_is_refused(real):
    wrong = ask(real, "{ shop { id shoeSize } }").json()
    assert "shoeSize" in wrong["errors"][0]["message"] and "data" not in wrong
    gone = ask(real, ORDERS, {"query": ""}, version="2026-04").json()
    assert any("checkoutToken" in error["message"] for error in gone["errors"])
    typo = {**DISCOUNT, "customerGets": {"value": {"percent": 0.1}, "items": {"all": True}}}
    assert "percent" in ask(real, BASIC, {"d": typo}).json()["errors"][0]["message"]


@needs_schema
def test_fields_that_are_valid_and_not_played_are_null_or_empty_instead_of_an_error(real):
    real.buy("mugs", real.cart("mugs")["token"])
    node = data(
        real, "{ orders(first: 1) { nodes { closedAt tags note metafields(first: 2) { nodes { id } } } } }"
    )
    assert node["orders"]["nodes"][0] == {
        "closedAt": None,
        "tags": [],
        "note": None,
        "metafields": {"nodes": []},
    }
    assert data(real, '{ products(first: 3) { nodes { id } } inventoryItem(id: "x") { id } }') == {
        "products": {"nodes": []},
        "inventoryItem": None,
    }
