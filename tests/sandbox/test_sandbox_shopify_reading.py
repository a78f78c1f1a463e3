"""What an app that reads a whole shop again finds in the pretend Admin API: counts, people, orders, pages."""

import pytest
from sandbox_shop_kit import ROOT, SHOPIFY, shopify_stage

from sandbox.shops import SCOPES

HAVE_SCHEMA = (ROOT / ".cache" / "contracts" / "admin" / "admin_2026-10.json.gz").exists()
pytestmark = pytest.mark.skipif(not HAVE_SCHEMA, reason="run bin/contracts first")

MORE_SCOPES = f"{SCOPES},read_products,read_marketing_events"
CHECKOUTS = """query($first: Int!, $after: String, $query: String) {
  count: abandonedCheckoutsCount(query: $query, limit: null) { count precision }
  found: abandonedCheckouts(first: $first, after: $after, query: $query, sortKey: ID) {
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    nodes { id name abandonedCheckoutUrl createdAt updatedAt completedAt note discountCodes taxesIncluded
      customAttributes { key value } customer { id numberOfOrders } taxLines { title }
      billingAddress { phone } shippingAddress { phone countryCodeV2 }
      totalPriceSet { shopMoney { amount } presentmentMoney { amount currencyCode } }
      subtotalPriceSet { shopMoney { amount } } totalLineItemsPriceSet { shopMoney { amount } }
      totalDiscountSet { shopMoney { amount } } totalTaxSet { shopMoney { amount } }
      totalDutiesSet { shopMoney { amount } }
      lineItems(first: 5) { nodes { id title variantTitle quantity sku product { id } variant { id }
        customAttributes { key } originalUnitPriceSet { shopMoney { amount } }
        originalTotalPriceSet { shopMoney { amount } } discountedTotalPriceSet { shopMoney { amount } }
        discountedTotalPriceWithCodeDiscount { shopMoney { amount } } } } } } }"""
ORDERS = """query($first: Int!, $after: String, $query: String, $key: OrderSortKeys, $back: Boolean) {
  count: ordersCount(query: $query) { count precision }
  found: orders(first: $first, after: $after, query: $query, sortKey: $key, reverse: $back) {
    pageInfo { hasNextPage endCursor }
    nodes { id name processedAt updatedAt cancelledAt test checkoutToken cartToken discountCodes note email phone
      customerLocale displayFinancialStatus customAttributes { key value }
      customerJourneySummary { ready lastVisit { landingPage utmParameters { source campaign } } }
      totalPriceSet { shopMoney { amount } } currentTotalPriceSet { shopMoney { amount } }
      totalRefundedSet { shopMoney { amount } } netPaymentSet { shopMoney { amount currencyCode } }
      lineItems(first: 5) { nodes { sku originalTotalSet { shopMoney { amount } }
        discountedTotalSet { shopMoney { amount } } } } } } }"""
CUSTOMERS = """query($query: String, $key: CustomerSortKeys, $back: Boolean) {
  customersCount(query: $query) { count }
  customers(first: 10, query: $query, sortKey: $key, reverse: $back) { nodes { id firstName numberOfOrders
    defaultPhoneNumber { phoneNumber marketingState } defaultEmailAddress { emailAddress marketingState }
    lastOrder { name } amountSpent { amount }
    orders(first: 1, reverse: true, sortKey: CREATED_AT) { nodes { name } pageInfo { hasNextPage } } } } }"""
AUTOMATIONS = """query($query: String) { marketingActivities(first: 10, query: $query, sortKey: CREATED_AT) { nodes {
  id title status tactic sourceAndMedium marketingChannelType utmParameters { source medium campaign }
  app { id title handle } } } }"""


@pytest.fixture
def it():
    with shopify_stage(scopes=MORE_SCOPES) as made:
        yield made


def ask(it, question, version="2026-10", **variables):
    url = f"{it.api_base}/admin/api/{version}/graphql.json"
    headers = {"X-Shopify-Access-Token": SHOPIFY["access_token"]}
    return it.http.post(url, json={"query": question, "variables": variables}, headers=headers, timeout=20)


def data(it, question, **variables):
    answer = ask(it, question, **variables).json()
    assert "errors" not in answer, answer["errors"]
    return answer["data"]


def person(number: int) -> dict:
    return {"email": f"p{number}@example.com", "phone": f"+1415555267{number}", "first_name": f"P{number}"}


def test_every_left_checkout_is_counted_and_told_with_all_that_a_reader_wants(it):
    it.cart("mugs")
    it.skip(minutes=11)
    told = data(it, CHECKOUTS, first=5, query="")
    assert told["count"] == {"count": 1, "precision": "EXACT"}
    (node,) = told["found"]["nodes"]
    assert node["totalPriceSet"] == {
        "shopMoney": {"amount": "45.0"},
        "presentmentMoney": {"amount": "45.0", "currencyCode": "USD"},
    }
    assert (node["totalDutiesSet"], node["note"], node["customer"]["numberOfOrders"]) == (None, "", "0")
    assert node["totalTaxSet"]["shopMoney"]["amount"] == "0.0"
    mugs, beanie = node["lineItems"]["nodes"]
    assert (mugs["sku"], mugs["variantTitle"], mugs["quantity"]) == ("MUG-BLUE", "350 ml", 2)
    assert mugs["id"].startswith("gid://shopify/AbandonedCheckoutLineItem/")
    assert mugs["product"]["id"].startswith("gid://shopify/Product/")
    assert mugs["originalTotalPriceSet"]["shopMoney"]["amount"] == "25.0"
    assert beanie["discountedTotalPriceWithCodeDiscount"]["shopMoney"]["amount"] == "20.0"


def test_a_count_beyond_its_limit_is_said_to_be_at_least_that(it):
    for number in range(3):
        it.buy("mugs", it.cart("mugs", **person(number))["token"])
    query = "{ ordersCount(limit: 2) { count precision } }"
    assert data(it, query)["ordersCount"] == {"count": 2, "precision": "AT_LEAST"}
    assert data(it, query.replace("2", "3"))["ordersCount"] == {"count": 3, "precision": "EXACT"}


def test_an_order_tells_its_money_its_marks_and_how_the_buyer_came(it):
    cart = it.cart("mugs")
    it.get(cart["recover_url"] + "&utm_source=sms&utm_campaign=c1")
    order = it.buy("mugs", cart["token"], attributes={"recovery_ref": "m_42"})["order_id"]
    it.post(f"/sandbox/orders/mugs/{order}/refund")
    it.settle()
    (node,) = data(it, ORDERS, first=5)["found"]["nodes"]
    assert (node["displayFinancialStatus"], node["test"], node["customerLocale"]) == (
        "REFUNDED",
        False,
        "en-US",
    )
    sums = [
        node[name]["shopMoney"]["amount"] for name in ("totalPriceSet", "totalRefundedSet", "netPaymentSet")
    ]
    assert sums == ["45.0", "45.0", "0.0"]
    assert node["customAttributes"] == [{"key": "recovery_ref", "value": "m_42"}]
    visit = node["customerJourneySummary"]["lastVisit"]
    assert visit["utmParameters"] == {"source": "sms", "campaign": "c1"}
    assert (
        visit["landingPage"].startswith("https://mugs.myshopify.com/") and "key=" not in visit["landingPage"]
    )


def test_how_the_buyer_came_isnt_known_at_once_or_never_where_that_is_switched_on(it):
    it.post("/sandbox/faults", {"journey_late_seconds": 600})
    it.buy("mugs", it.cart("mugs")["token"])
    (node,) = data(it, ORDERS, first=5)["found"]["nodes"]
    assert node["customerJourneySummary"] == {"ready": False, "lastVisit": None}
    it.skip(minutes=11)
    (node,) = data(it, ORDERS, first=5)["found"]["nodes"]
    assert node["customerJourneySummary"]["ready"] is True
    it.post("/sandbox/faults", {"journey_missing": 1})
    (node,) = data(it, ORDERS, first=5)["found"]["nodes"]
    assert node["customerJourneySummary"] is None


def test_people_are_found_by_what_the_schema_lists_and_have_their_orders(it):
    for number in range(3):
        cart = it.cart("mugs", **person(number))
        if number != 1:
            it.buy("mugs", cart["token"])
    it.buy("mugs", it.cart("mugs", **person(2))["token"])

    def found(query, **more):
        return [node["firstName"] for node in data(it, CUSTOMERS, query=query, **more)["customers"]["nodes"]]

    assert found("phone:+14155552671") == found('email:"p1@example.com"') == ["P1"]
    assert found("orders_count:>=2") == ["P2"]
    assert found("first_name:P0 OR orders_count:0") == ["P0", "P1"]
    assert found("updated_at:>2026-11-25") == []
    assert found("", key="UPDATED_AT", back=True) == ["P2", "P1", "P0"]
    (node,) = data(it, CUSTOMERS, query="first_name:P2")["customers"]["nodes"]
    assert (node["numberOfOrders"], node["amountSpent"]["amount"]) == ("2", "90.0")
    assert node["lastOrder"]["name"] == "#1003" == node["orders"]["nodes"][0]["name"]
    assert node["orders"]["pageInfo"]["hasNextPage"] is True
    assert node["defaultEmailAddress"]["emailAddress"] == "p2@example.com"
    assert data(it, CUSTOMERS, query="last_name:*")["customersCount"]["count"] == 3


def test_who_pages_by_the_time_of_change_sees_what_changes_meanwhile_again_at_the_end(it):
    orders = []
    for number in range(4):
        orders.append(it.buy("mugs", it.cart("mugs", **person(number))["token"])["order_id"])
        it.skip(minutes=1)
    first = data(it, ORDERS, first=2, key="UPDATED_AT")["found"]
    assert [node["name"] for node in first["nodes"]] == ["#1001", "#1002"]
    it.post(f"/sandbox/orders/mugs/{orders[1]}/refund")
    after = first["pageInfo"]["endCursor"]
    rest = data(it, ORDERS, first=5, after=after, key="UPDATED_AT")["found"]
    assert [node["name"] for node in rest["nodes"]] == ["#1003", "#1004", "#1002"]


def test_pages_go_backwards_too_and_a_cursor_outlives_what_it_named(it):
    for number in range(4):
        it.cart("mugs", **person(number))
    it.skip(minutes=11)
    query = "{ abandonedCheckouts(first: 2, reverse: true) { pageInfo { endCursor } nodes { name } } }"
    everything = data(it, CHECKOUTS, first=9, query="")["found"]["nodes"]
    names = [node["name"] for node in everything]
    backwards = data(it, query)["abandonedCheckouts"]
    assert [node["name"] for node in backwards["nodes"]] == names[:1:-1]
    gone = next(c.token for c in it.store.checkouts.values() if f"#{c.id}" == names[1])
    page = data(it, CHECKOUTS, first=2, query="")["found"]
    it.post(f"/sandbox/carts/mugs/{gone}/empty")
    rest = data(it, CHECKOUTS, first=2, query="", after=page["pageInfo"]["endCursor"])["found"]
    assert [node["name"] for node in rest["nodes"]] == names[2:]
    assert rest["pageInfo"]["hasPreviousPage"] is True
    mark = backwards["pageInfo"]["endCursor"]
    more = data(it, query.replace("reverse: true", f'reverse: true, after: "{mark}"'))["abandonedCheckouts"]
    assert [node["name"] for node in more["nodes"]] == [names[0]]
    before = (
        f'{{ abandonedCheckouts(last: 1, before: "{page["pageInfo"]["endCursor"]}") {{ nodes {{ name }} }} }}'
    )
    assert [n["name"] for n in data(it, before)["abandonedCheckouts"]["nodes"]] == [names[0]]


def test_a_cursor_that_nobody_gave_is_refused(it):
    wrong = ask(it, CHECKOUTS, first=2, after="bm9uc2Vuc2U=").json()
    assert "Invalid cursor" in wrong["errors"][0]["message"]


def test_orders_of_more_than_sixty_days_ago_only_show_to_who_may_read_all(it):
    order = it.buy("mugs", it.cart("mugs")["token"])["order_id"]
    one = f'{{ order(id: "gid://shopify/Order/{order}") {{ name }} }}'
    it.skip(days=59)
    assert data(it, one)["order"] == {"name": "#1001"}
    it.skip(days=2)
    assert data(it, one)["order"] is None
    assert data(it, ORDERS, first=5)["count"]["count"] == 0
    (node,) = data(it, CUSTOMERS, query="")["customers"]["nodes"]
    assert (node["numberOfOrders"], node["lastOrder"], node["orders"]["nodes"]) == ("1", None, [])
    it.post("/sandbox/shops/mugs/scopes", {"current": [*MORE_SCOPES.split(","), "read_all_orders"]})
    assert data(it, one)["order"] == {"name": "#1001"}


def test_what_another_app_sends_here_shows_among_the_marketing_activities(it):
    assert data(it, AUTOMATIONS)["marketingActivities"]["nodes"] == []
    texts = {"app": "Text Them", "title": "Cart texts", "medium": "sms"}
    it.post("/sandbox/shops/mugs/automation", texts)
    it.post("/sandbox/shops/mugs/automation", {"app": "Mailer", "medium": "email", "tactic": "NEWSLETTER"})
    both = data(it, AUTOMATIONS)["marketingActivities"]["nodes"]
    assert [node["app"]["handle"] for node in both] == ["text-them", "mailer"]
    assert both[1]["marketingChannelType"] == "EMAIL"
    (node,) = data(it, AUTOMATIONS, query="tactic:abandoned_cart")["marketingActivities"]["nodes"]
    assert (node["title"], node["status"], node["sourceAndMedium"]) == (
        "Cart texts",
        "ACTIVE",
        "Text Them SMS",
    )
    assert node["utmParameters"]["medium"] == "sms"
    it.post("/sandbox/shops/mugs/automation", {**texts, "status": "PAUSED"})
    (node,) = data(it, AUTOMATIONS, query="tactic:ABANDONED_CART")["marketingActivities"]["nodes"]
    assert node["status"] == "PAUSED"
    for wrong in ({"medium": "fax"}, {"status": "ON"}):
        assert it.post("/sandbox/shops/mugs/automation", wrong).status_code == 422
