"""The pretend WooCommerce misbehaving: pages for answers, redirects, lost answers, clocks, webhooks that stop."""

import pytest
import requests
from sandbox_shop_kit import WOO, rest, woo_stage
from woocommerce import API


@pytest.fixture
def it():
    with woo_stage() as made:
        yield made


def faults(it, **values):
    assert it.post("/sandbox/faults", values).status_code == 200


def test_a_firewall_answers_with_a_page(it):
    faults(it, store_firewall=1)
    for path in ("wc/v3/orders", "wc-comeback/v1/connection"):
        reply = rest(it, "GET", path)
        assert reply.status_code == 403 and reply.headers["Content-Type"].startswith("text/html")


def test_a_redirect_leads_to_the_stores_other_address_and_makes_a_get_of_a_post(it):
    faults(it, store_redirect=True)
    reply = rest(it, "POST", "wc/v3/coupons", {"code": "a"})
    assert reply.status_code == 301
    assert reply.headers["Location"].startswith(it.api_base.replace("127.0.0.1", "localhost"))
    assert it.store.codes == {}


@pytest.mark.parametrize("path", ["wc/v3/coupons", "wc-comeback/v1/connection"])
def test_an_answer_may_be_lost_although_the_thing_was_done(path):
    with woo_stage(plugin=True) as it:
        faults(it, store_hangup=1)
        method = "POST" if "coupons" in path else "GET"
        with pytest.raises(requests.ConnectionError):
            rest(it, method, path, {"code": "once", "amount": "1"} if method == "POST" else None)
        faults(it, store_hangup=0)
        assert ("once" in it.store.codes) == (method == "POST")


def test_a_store_may_take_its_time(it):
    faults(it, store_slow_seconds=0.3)
    assert rest(it, "GET", "wc/v3/orders").elapsed.total_seconds() >= 0.3


@pytest.mark.parametrize("seconds", [1200, -1200])
def test_a_store_whose_clock_is_off_by_more_than_a_quarter_refuses_signatures(it, seconds):
    faults(it, store_clock_skew_seconds=seconds)
    api = API(it.api_base, WOO["consumer_key"], WOO["consumer_secret"], timeout=20)
    assert api.get("orders").json()["message"] == "Invalid timestamp."
    assert rest(it, "GET", "wc/v3/orders").status_code == 200  # https signs nothing


def test_the_clock_of_a_store_stands_in_its_orders(it):
    faults(it, store_clock_skew_seconds=3600)
    it.cart("woolly")
    assert it.app.got[0].body["date_created_gmt"].startswith("2026-11-24T16:00")


def test_a_store_without_a_plugin_or_keys_can_be_opened(it):
    reply = it.post("/sandbox/shops", {"id": "bare", "platform": "woocommerce"})
    assert reply.status_code == 201
    bare = reply.json()["api_base"]
    assert it.get(f"{bare}/wp-json/wc/v3/orders").json()["code"] == "woocommerce_rest_cannot_view"
    assert "wc/v3" in it.get(f"{bare}/wp-json/").json()["namespaces"]


def test_a_webhook_to_nowhere_is_taken_and_fails_in_silence(it):
    body = {"topic": "order.created", "delivery_url": "https://nowhere.example/x", "secret": "s"}
    reply = rest(it, "POST", "wc/v3/webhooks", body)
    assert (reply.status_code, reply.json()["status"]) == (201, "active")
    for _ in range(7):
        it.cart("woolly")
    assert rest(it, "GET", f"wc/v3/webhooks/{reply.json()['id']}").json()["status"] == "disabled"
    listed = rest(it, "GET", "wc/v3/webhooks?status=disabled").json()
    assert [hook["id"] for hook in listed] == [reply.json()["id"]]


def test_a_webhook_that_is_changed_is_pinged_again_and_keeps_its_failures(it):
    it.app.got.clear()
    hook = next(iter(it.store.outbox.webhooks.values()))
    hook.failures = 6
    paused = rest(it, "PUT", f"wc/v3/webhooks/{hook.id}", {"status": "paused"})
    assert paused.status_code == 200 and it.app.got == []
    rest(it, "PUT", f"wc/v3/webhooks/{hook.id}", {"status": "active"})
    assert [got.raw for got in it.app.got] == [f"webhook_id={hook.id}".encode()]
    assert hook.failures == 6
    wrong = rest(it, "PUT", f"wc/v3/webhooks/{hook.id}", {"topic": "order.published"})
    assert wrong.json()["code"] == "woocommerce_rest_shop_webhook_invalid_topic"


def test_errands_of_the_merchant_switch_webhooks_off_and_revoke_keys(it):
    it.post("/sandbox/shops/woolly/disable-webhooks")
    assert {hook["status"] for hook in rest(it, "GET", "wc/v3/webhooks").json()} == {"disabled"}
    it.post("/sandbox/shops/woolly/revoke")
    assert rest(it, "GET", "wc/v3/webhooks").json()["code"] == "woocommerce_rest_cannot_view"
    assert it.post("/sandbox/shops/woolly/nothing").status_code == 404
