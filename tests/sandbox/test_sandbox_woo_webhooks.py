"""The pretend WooCommerce's webhooks against what a real 11.0.1 sent (tests/payloads/woocommerce)."""

import json

import pytest
from sandbox_shop_kit import PAYLOADS, WOO, hmac_base64, woo_stage

from sandbox.woocommerce.deliveries import signature
from sandbox.woocommerce.php import json_encode

RECORDED = PAYLOADS / "woocommerce"
OWN = {
    "Host",
    "Accept",
    "Accept-Encoding",
    "Content-Length",
    "Connection",
}  # the HTTP client's, not WooCommerce's
CONSENT = "_wc_other/comeback/sms-consent"


@pytest.fixture
def it():
    with woo_stage() as made:
        yield made


def recording(name):
    return json.loads(next(RECORDED.glob(f"{name}*.json")).read_text())


def shape(value):
    """Keys and kinds of a JSON value; a list is judged by its first item."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return (
        "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__
    )


def meta(body):
    return {row["key"]: row["value"] for row in body["meta_data"]}


def test_signs_and_escapes_as_the_recorded_store_did():
    for path in sorted(RECORDED.glob("0[2-9]-*.json")) + sorted(RECORDED.glob("1[0-9]-*.json")):
        recorded = json.loads(path.read_text())
        raw = recorded["raw_body"].encode()
        assert json_encode(recorded["body"]) == raw
        headers = dict(recorded["headers"])
        assert signature(raw, recorded["webhook_secret"]) == headers["X-WC-Webhook-Signature"]


def test_a_cart_left_at_the_gateway_is_a_pending_order_updated_before_created(it):
    cart = it.cart("woolly")
    assert it.app.topics() == ["order.updated", "order.created"]
    for got in it.app.got:
        assert got.headers["X-Wc-Webhook-Signature"] == hmac_base64(got.raw, WOO["webhook_secret"])
        assert got.raw.isascii() and b"\\/" in got.raw and b"S\\u00f6hne" in got.raw
        body = got.body
        assert (body["status"], str(body["id"]), body["needs_payment"]) == ("pending", cart["order_id"], True)
        assert (body["billing"]["phone"], meta(body)[CONSENT]) == ("+14155552671", "1")
        assert body["payment_url"] == cart["recover_url"]


def test_the_request_has_the_recorded_headers(it):
    it.cart("woolly")
    recorded = {name.title() for name, _ in recording("06")["headers"]} - OWN
    assert set(it.app.got[0].headers) >= recorded
    assert it.app.got[0].headers["Connection"] == "close"
    assert it.app.got[0].headers["X-Wc-Webhook-Resource"] == "order"


def test_an_order_has_the_keys_and_kinds_of_a_recorded_one(it):
    it.cart("woolly")
    ours, theirs = it.app.got[0].body, recording("06")["body"]
    assert list(ours) == list(theirs)
    for part in set(theirs) - {"meta_data", "_links"}:
        assert shape(ours[part]) == shape(theirs[part]), part
    assert set(ours["_links"]) == set(theirs["_links"])


def test_without_consent_there_is_no_meta_row_at_all(it):
    it.cart("woolly", consent=False)
    assert CONSENT not in meta(it.app.got[0].body)


def test_paying_the_waiting_order_sends_one_update_with_the_same_id(it):
    cart = it.cart("woolly")
    it.app.got.clear()
    bought = it.buy("woolly", cart["order_id"])
    assert it.app.topics() == ["order.updated"] and bought["order_id"] == cart["order_id"]
    body = it.app.got[0].body
    assert body["status"] == "processing" and body["date_paid_gmt"].startswith("2026-11-24T15:00:")
    assert body["date_paid"].startswith("2026-11-24T10:00:")  # site time
    assert it.post(f"/sandbox/carts/woolly/{cart['order_id']}/buy").status_code == 409


def test_with_a_coupon_the_rebuilt_cart_is_bought_as_a_new_order_with_coupon_and_attribution(it):
    coupon(it, "open5", "fixed_cart", "5")
    cart = it.cart("woolly")
    it.store.visit(cart["order_id"], "/woo/woolly/checkout/?utm_source=sms&utm_id=rec_8f2a")
    it.app.got.clear()
    bought = it.buy("woolly", cart["order_id"], discount_code="OPEN5")
    assert bought["order_id"] != cart["order_id"] and bought["discount"] == "5.00"
    created = it.app.of("order.created")[0].body
    assert created["status"] == "processing"
    recorded = recording("41-")["body"]["coupon_lines"][0]
    assert shape(created["coupon_lines"][0]) == shape(recorded)
    assert created["coupon_lines"][0]["code"] == "open5"
    assert (
        meta(created)["_wc_order_attribution_utm_source"],
        meta(created)["_wc_order_attribution_utm_id"],
    ) == (
        "sms",
        "rec_8f2a",
    )
    assert it.ledger("order")[0]["token"] == cart["order_id"]
    assert it.post(f"/sandbox/carts/woolly/{cart['order_id']}/buy").status_code == 409


def test_a_coupon_bound_to_an_email_is_not_applied_by_link(it):
    coupon(it, "mine", "percent", "10", email_restrictions=["dana@example.com"])
    assert it.buy("woolly", it.cart("woolly")["order_id"], discount_code="mine")["discount"] == "0.00"


def test_change_empty_refund_cancel_trash_and_erasure(it):
    orders = [it.cart("woolly", phone=f"+1415555267{n}")["order_id"] for n in range(5)]
    it.app.got.clear()
    it.post(f"/sandbox/carts/woolly/{orders[0]}/change")
    it.settle()  # deliveries about two orders may come in either order
    it.post(f"/sandbox/carts/woolly/{orders[1]}/empty")
    it.settle()
    assert [got.body["status"] for got in it.app.got] == ["pending", "cancelled"]
    it.buy("woolly", orders[2])
    it.post(f"/sandbox/orders/woolly/{orders[2]}/refund")
    it.settle()
    refunded = it.app.got[-1].body
    assert (refunded["status"], refunded["refunds"][0]["total"]) == ("refunded", "-45.00")
    assert shape(refunded["refunds"]) == shape(recording("14")["body"]["refunds"])
    it.post(f"/sandbox/orders/woolly/{orders[3]}/delete")
    it.settle()
    assert it.app.of("order.deleted")[0].raw == f'{{"id":{orders[3]}}}'.encode()
    assert it.post("/sandbox/shops/woolly/erase", {"phone": "+14155552674"}).json() == {"erased_orders": 1}
    it.settle()
    erased = it.app.got[-1].body
    assert (erased["billing"]["phone"], erased["billing"]["email"]) == (
        "+00000000000",
        "deleted@site.invalid",
    )
    assert meta(erased)["_anonymized"] == "yes" and b"Dana" not in it.app.got[-1].raw


def test_classic_checkout_sends_created_first_and_says_so():
    with woo_stage(checkout="classic") as it:
        it.cart("woolly")
        assert it.app.topics() == ["order.created", "order.updated"]
        assert it.app.got[0].body["created_via"] == "checkout" == recording("08")["body"]["created_via"]


def test_changes_that_wait_together_are_one_delivery_with_the_state_at_delivery(it):
    it.world.faults.webhook_late, it.world.faults.webhook_late_seconds = 1.0, 600
    cart = it.cart("woolly")
    it.post(f"/sandbox/carts/woolly/{cart['order_id']}/change")
    it.buy("woolly", cart["order_id"])
    assert it.app.got == []
    it.skip(minutes=11)
    assert sorted(it.app.topics()) == ["order.created", "order.updated"]
    assert {got.body["status"] for got in it.app.got} == {"processing"}


def test_two_deliveries_of_one_webhook_in_one_second_share_their_delivery_id(it):
    carts = [it.cart("woolly", email=f"{n}@example.com") for n in range(8)]
    ids = [got.headers["X-Wc-Webhook-Delivery-Id"] for got in it.app.of("order.created")]
    assert len(carts) == len(ids) and len(set(ids)) < len(ids)


def test_nothing_is_sent_again_and_the_seventh_failure_in_a_row_switches_the_webhook_off(it):
    it.app.always = 500
    for _ in range(6):
        it.cart("woolly")
    hook = next(h for h in it.store.outbox.webhooks.values() if h.topic == "order.created")
    assert (hook.status, hook.failures) == ("active", 6)
    it.cart("woolly")
    it.skip(hours=5)
    assert hook.status == "disabled" and len(it.app.of("order.created")) == 7
    it.cart("woolly")
    assert len(it.app.of("order.created")) == 7
    assert it.ledger("delivery") == []


def test_any_success_starts_the_count_again_and_a_redirect_counts_as_one(it):
    it.app.always = 500
    for _ in range(6):
        it.cart("woolly")
    it.app.always = 302
    it.cart("woolly")
    hooks = [h for h in it.store.outbox.webhooks.values() if h.topic.startswith("order.c")]
    assert [(h.status, h.failures) for h in hooks] == [("active", 0)]
    assert it.ledger("delivery") == []


def coupon(it, code, kind, amount, **more):
    from sandbox.woocommerce.coupons import create

    return create(it.store, {"code": code, "discount_type": kind, "amount": amount, **more})
