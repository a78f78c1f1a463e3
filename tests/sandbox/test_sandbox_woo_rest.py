"""The pretend WooCommerce's REST API, through the real `woocommerce` 3.0.0 client and by hand."""

import json

import pytest
import requests
from sandbox_shop_kit import PAYLOADS, WOO, woo_stage
from woocommerce import API

KEY, SECRET = WOO["consumer_key"], WOO["consumer_secret"]
HTTPS = {"X-Forwarded-Proto": "https"}


@pytest.fixture
def it():
    with woo_stage() as made:
        made.api = API(made.api_base, KEY, SECRET, timeout=30)
        yield made


def recorded(name):
    return json.loads(next((PAYLOADS / "woocommerce").glob(f"{name}*.json")).read_text())


def test_the_client_signs_over_http_and_reads_orders_with_totals(it):
    for _ in range(3):
        it.cart("woolly")
    reply = it.api.get("orders", params={"per_page": 2, "search": "+14155552671", "status": "pending,failed"})
    assert reply.status_code == 200, reply.text
    assert len(reply.json()) == 2 and list(reply.json()[0]) == list(recorded("06")["body"])
    assert (reply.headers["X-WP-Total"], reply.headers["X-WP-TotalPages"]) == ("3", "2")
    assert 'rel="next"' in reply.headers["Link"] and "oauth_" not in reply.headers["Link"]
    assert reply.content.isascii() and b"\\/" in reply.content


def test_a_page_past_the_end_is_empty_and_says_so(it):
    it.cart("woolly")
    reply = it.api.get("orders", params={"page": 5})
    assert (reply.json(), reply.headers["X-WP-TotalPages"]) == ([], "0")


def test_reconciliation_finds_what_changed_since_in_gmt_and_in_site_time(it):
    first = it.cart("woolly")["order_id"]
    it.skip(hours=2)
    second = it.cart("woolly")["order_id"]
    query = {
        "modified_after": "2026-11-24T16:00:00",
        "dates_are_gmt": True,
        "orderby": "modified",
        "order": "asc",
    }
    assert ids(it.api.get("orders", params=query)) == [second]
    assert ids(it.api.get("orders", params={**query, "modified_after": "2026-11-24T14:00:00Z"})) == [
        first,
        second,
    ]
    site = {"modified_after": "2026-11-24T11:00:00", "order": "asc"}  # New York
    assert ids(it.api.get("orders", params=site)) == [second]
    assert ids(it.api.get("orders", params={"include": f"{first},{second}", "order": "asc"})) == [
        first,
        second,
    ]
    assert it.api.get("orders", params={"_fields": "id,billing.phone"}).json()[0] == {
        "id": int(second),
        "billing": {"phone": "+14155552671"},
    }


def test_status_and_meta_are_written_by_put_and_the_webhook_tells(it):
    order = it.cart("woolly")["order_id"]
    it.app.got.clear()
    row = {"key": "_comeback_recovery_id", "value": "rec_1"}
    for _ in range(2):
        reply = it.api.put(f"orders/{order}", {"status": "processing", "meta_data": [row]})
    it.settle()
    rows = [r for r in reply.json()["meta_data"] if r["key"] == row["key"]]
    assert reply.status_code == 200 and [r["value"] for r in rows] == ["rec_1"]
    assert it.api.get(f"orders/{order}").json()["status"] == "processing"
    assert set(it.app.topics()) == {"order.updated"}


def test_errors_have_the_recorded_words_and_statuses(it):
    wrong = API(it.api_base, KEY, "cs_wrong", timeout=30)
    unknown = API(it.api_base, "ck_unknown", SECRET, timeout=30)
    pairs = [
        (wrong.get("orders"), "47"),
        (
            it.http.get(f"{it.api_base}/wp-json/wc/v3/orders", auth=("ck_x", "y"), headers=HTTPS, timeout=9),
            "48",
        ),
        (it.api.get("orders/999999"), "50"),
        (it.api.get("orders", params={"status": "bogus"}), "51"),
    ]
    for reply, name in pairs:
        expected = recorded(name)
        assert (reply.status_code, reply.json()) == (expected["status"], expected["body"]), name
    assert unknown.get("orders").json()["message"] == "Consumer key is invalid."
    assert it.api.put("orders/999999", {}).status_code == 400
    assert it.api.get("orders", params={"per_page": 101}).json()["data"]["params"] == {
        "per_page": "per_page must be between 1 (inclusive) and 100 (inclusive)"
    }


def test_a_read_only_key_can_not_write():
    with woo_stage(permissions="read") as it:
        api = API(it.api_base, KEY, SECRET, timeout=30)
        assert api.get("orders").status_code == 200
        reply, expected = api.post("coupons", {"code": "a"}), recorded("49")
        assert (reply.status_code, reply.json()) == (expected["status"], expected["body"])


def test_list_parameters_break_the_clients_signature_as_with_the_real_store(it):
    assert it.api.get("orders", params={"include": [10, 11]}).status_code == 401
    assert it.api.get("orders", params={"include": "10,11"}).status_code == 200


def test_a_nonce_works_once_and_a_timestamp_for_fifteen_minutes(it, monkeypatch):
    monkeypatch.setattr("woocommerce.oauth.OAuth.generate_nonce", staticmethod(lambda: "always-the-same"))
    assert it.api.get("orders").status_code == 200
    replay = it.api.get("orders")
    assert replay.json()["message"] == "Invalid nonce - nonce has already been used."
    stale = it.http.get(signed_long_ago(it), timeout=9).json()
    assert stale["message"] == "Invalid timestamp."


def signed_long_ago(it):
    from woocommerce.oauth import OAuth

    url = f"{it.api_base}/wp-json/wc/v3/orders"
    return OAuth(
        url, KEY, SECRET, version="wc/v3", method="GET", oauth_timestamp=1_700_000_000
    ).get_oauth_url()


def test_basic_counts_over_https_only(it):
    url = f"{it.api_base}/wp-json/wc/v3/orders"
    assert requests.get(url, auth=(KEY, SECRET), headers=HTTPS, timeout=9).status_code == 200
    plain = requests.get(url, auth=(KEY, SECRET), timeout=9)
    assert (plain.status_code, plain.json()["code"]) == (401, "woocommerce_rest_cannot_view")
    bad = requests.get(url, auth=(KEY, "cs_x"), headers=HTTPS, timeout=9)
    assert bad.json()["message"] == "Consumer secret is invalid."


def test_a_coupon_comes_back_as_recorded_and_only_once(it):
    asked = recorded("42")
    reply = it.api.post("coupons", asked["request"]["body"])
    ours, theirs = reply.json(), asked["body"]
    assert reply.status_code == 201 and list(ours) == list(theirs)
    different = {key for key in theirs if ours[key] != theirs[key]}
    assert different <= {
        "id",
        "date_created",
        "date_created_gmt",
        "date_modified",
        "date_modified_gmt",
        "meta_data",
        "_links",
    }
    duplicate = it.api.post("coupons", {"code": "Sms-8F2A-x", "amount": "10"})
    assert (duplicate.status_code, duplicate.json()) == (400, recorded("43")["body"])
    found = it.api.get("coupons", params={"code": "SMS-8F2A-X"}).json()
    assert [c["id"] for c in found] == [ours["id"]]
    assert (
        it.api.post("coupons", {"code": "x", "date_expires_gmt": "2026-12-24T00:00:00"}).json()[
            "date_expires"
        ]
        is None
    )


def test_a_new_webhook_is_pinged_unsigned_within_the_request_and_its_secret_never_shown(it):
    it.app.got.clear()
    wanted = {"name": "c", "topic": "coupon.created", "delivery_url": it.app.url, "secret": "s3"}
    reply = it.api.post("webhooks", wanted)
    assert reply.status_code == 201 and list(reply.json()) == list(recorded("44")["body"])
    ping = it.app.got[0]
    assert (ping.raw, ping.topic) == (f"webhook_id={reply.json()['id']}".encode(), None)
    assert ping.headers["Content-Type"] == "application/x-www-form-urlencoded"
    it.api.post("coupons", {"code": "hello", "amount": "1"})
    it.settle()
    assert it.app.got[-1].body["code"] == "hello"
    number = reply.json()["id"]
    assert it.api.delete(f"webhooks/{number}").status_code == 501
    assert it.api.delete(f"webhooks/{number}", params={"force": True}).json()["id"] == number
    assert it.api.get(f"webhooks/{number}").status_code == 404
    assert (
        it.api.post("webhooks", {"topic": "order.published", "delivery_url": it.app.url}).status_code == 400
    )


def test_a_disabled_webhook_is_seen_in_the_list_and_set_active_again_keeps_its_count(it):
    it.app.always = 500
    for _ in range(7):
        it.cart("woolly")
    listed = {hook["topic"]: hook for hook in it.api.get("webhooks").json()}
    assert listed["order.created"]["status"] == "disabled"
    it.api.put(f"webhooks/{listed['order.created']['id']}", {"status": "active"})
    it.cart("woolly")
    assert it.api.get(f"webhooks/{listed['order.created']['id']}").json()["status"] == "disabled"


def test_products_customers_and_status(it):
    status = it.api.get("system_status", params={"_fields": "environment,settings"}).json()
    assert status["environment"]["home_url"] == it.api_base and status["settings"]["HPOS_enabled"] is True
    it.api.put("products/11", {"stock_quantity": 0})
    assert it.api.get("products/11").json()["stock_status"] == "outofstock"
    made = it.api.post("customers", {"email": "bo@example.com", "billing": {"phone": "+12125550111"}})
    assert made.status_code == 201 and set(made.json()) == set(recorded("22")["body"])
    assert it.api.get("customers", params={"email": "bo@example.com"}).json()[0]["id"] == made.json()["id"]
    it.settle()
    assert {"product.updated", "customer.updated"} <= set(it.app.topics())


def test_a_store_in_maintenance_answers_503_with_a_page(it):
    it.world.faults.store_error = 1.0
    reply = it.api.get("orders")
    assert reply.status_code == 503 and reply.headers["Content-Type"].startswith("text/html")


def ids(reply):
    assert reply.status_code == 200, reply.text
    return [str(order["id"]) for order in reply.json()]
