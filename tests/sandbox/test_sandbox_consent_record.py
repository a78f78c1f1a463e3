"""What the pretend stores keep of a consent that an app writes into them."""

from datetime import timedelta

import pytest
import requests

from plugin_server.demo.world import World

ANN = "+12125550142"
TOKEN = "shpat_" + "1" * 32
KEYS = {"consumer_key": "ck_" + "1" * 40, "consumer_secret": "cs_" + "2" * 40}
TELL = """mutation Tell($input: CustomerSmsMarketingConsentUpdateInput!) {
  customerSmsMarketingConsentUpdate(input: $input) { userErrors { code field } } }"""


@pytest.fixture
def mugs(sandbox: World) -> World:
    """A Shopify shop where Ann ticked the box."""
    opening = {"id": "mugs", "platform": "shopify", "domain": "mugs.myshopify.com", "access_token": TOKEN}
    sandbox.post("/sandbox/shops", opening)
    items = [{"sku": "MUG-BLUE"}]
    cart = {"shop": "mugs", "phone": ANN, "email": "ann@example.com", "consent": True, "items": items}
    sandbox.post("/sandbox/carts", cart)
    return sandbox


def record(world: World, shop: str = "mugs", phone: str = ANN) -> dict:
    return world.get(f"/sandbox/shops/{shop}/consent?phone={phone[1:]}")


def tell(world: World, at: str | None) -> list[dict]:
    number = record(world)["customer_id"]
    consent = {"marketingState": "UNSUBSCRIBED", "consentUpdatedAt": at}
    variables = {"input": {"customerId": f"gid://shopify/Customer/{number}", "smsMarketingConsent": consent}}
    answer = requests.post(
        f"{world.url}/shopify/mugs.myshopify.com/admin/api/2026-10/graphql.json",
        json={"query": TELL, "variables": variables},
        headers={"X-Shopify-Access-Token": TOKEN},
        timeout=10,
    )
    return answer.json()["data"]["customerSmsMarketingConsentUpdate"]["userErrors"]


def test_a_tick_is_on_record_with_its_time(mugs):
    found = record(mugs)
    assert (found["state"], found["collected_from"]) == ("SUBSCRIBED", "SHOPIFY")
    assert found["updated_at"] is not None


def test_the_time_that_an_app_gives_is_kept(mugs):
    mugs.skip(timedelta(hours=2))
    assert tell(mugs, "2026-11-24T09:00:00Z") == []
    found = record(mugs)
    assert (found["state"], found["updated_at"]) == ("UNSUBSCRIBED", "2026-11-24T09:00:00+00:00")


def test_without_a_time_it_is_now(mugs):
    mugs.skip(timedelta(hours=2))
    assert tell(mugs, None) == []
    assert record(mugs)["updated_at"] >= (mugs.status().now - timedelta(minutes=1)).isoformat()


def test_what_is_no_time_is_an_error_and_changes_nothing(mugs):
    (error,) = tell(mugs, "yesterday")
    assert (error["code"], error["field"][-1]) == ("INVALID", "consentUpdatedAt")
    assert record(mugs)["state"] == "SUBSCRIBED"


def test_a_number_that_nobody_has_is_not_found(mugs):
    with pytest.raises(requests.HTTPError, match="no customer"):
        record(mugs, phone="+14155552671")


@pytest.fixture
def wool(sandbox: World) -> World:
    sandbox.post("/sandbox/shops", {"id": "wool", "platform": "woocommerce", **KEYS})
    return sandbox


def rest(world: World, method: str, path: str, body: dict | None = None) -> requests.Response:
    """Over https in the sandbox's eyes: the key goes as Basic."""
    headers = {"X-Forwarded-Proto": "https"}
    auth = (KEYS["consumer_key"], KEYS["consumer_secret"])
    url = f"{world.url}/woo/wool/wp-json/wc/v3/{path}"
    return requests.request(method, url, json=body, auth=auth, headers=headers, timeout=10)


def meta(*rows: tuple[str, object]) -> dict:
    return {"meta_data": [{"key": key, "value": value} for key, value in rows]}


def test_an_account_takes_meta_data_except_under_protected_keys(wool):
    made = rest(wool, "POST", "customers", {"email": "ann@example.com", "billing": {"phone": ANN}}).json()
    changed = rest(wool, "PUT", f"customers/{made['id']}", meta(("mark", "1"), ("_mark", "1")))
    assert changed.status_code == 200
    assert [(row["key"], row["value"]) for row in changed.json()["meta_data"]] == [("mark", "1")]
    assert rest(wool, "GET", f"customers/{made['id']}").json()["meta_data"] == changed.json()["meta_data"]
    assert record(wool, "wool") == {"accounts": {str(made["id"]): {"mark": "1"}}, "orders": {}}


def test_meta_data_is_matched_by_its_key_and_null_takes_it_away(wool):
    made = rest(wool, "POST", "customers", {"email": "ann@example.com", "billing": {"phone": ANN}}).json()
    for rows in ([("a", "1"), ("b", "1")], [("a", "2")], [("b", None)], [("b", None)]):
        rest(wool, "PUT", f"customers/{made['id']}", meta(*rows))
    assert record(wool, "wool")["accounts"][str(made["id"])] == {"a": "2"}


@pytest.mark.parametrize(("method", "status"), [("GET", 404), ("PUT", 400)])
def test_an_account_that_isnt_there_has_cores_own_words(wool, method, status):
    answer = rest(wool, method, "customers/4711", meta(("a", "1")))
    assert (answer.status_code, answer.json()["code"]) == (status, "woocommerce_rest_invalid_id")


def test_an_order_takes_hidden_meta_data(wool):
    cart = {"shop": "wool", "phone": ANN, "email": "ann@example.com", "items": [{"sku": "MUG-BLUE"}]}
    number = wool.post("/sandbox/carts", cart)["order_id"]
    assert rest(wool, "PUT", f"orders/{number}", meta(("_mark", "1"))).status_code == 200
    assert record(wool, "wool") == {"accounts": {}, "orders": {number: {"_mark": "1"}}}
