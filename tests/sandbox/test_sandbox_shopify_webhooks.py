"""The pretend Shopify's webhooks, caught by a real HTTP server and checked from their raw bytes."""

import json
from datetime import datetime, timedelta

import pytest
from sandbox_shop_kit import PAYLOADS, SHOPIFY, hmac_base64, shopify_stage

from sandbox.shopify.deliveries import FIRST_WAIT, RETRIES, signature

VECTORS = json.loads((PAYLOADS / "shopify" / "vectors.json").read_text())
EIGHT = {
    "X-Shopify-Topic",
    "X-Shopify-Hmac-Sha256",
    "X-Shopify-Shop-Domain",
    "X-Shopify-API-Version",
    "X-Shopify-Webhook-Id",
    "X-Shopify-Event-Id",
    "X-Shopify-Triggered-At",
}


@pytest.fixture
def it():
    with shopify_stage() as made:
        yield made


def test_signs_the_known_body_as_the_vector_says():
    raw = VECTORS["webhook_body"].encode()
    assert signature(raw, VECTORS["client_secret"]) == VECTORS["x_shopify_hmac_sha256"]


def test_a_left_cart_sends_cart_and_checkout_signed_over_the_raw_bytes(it):
    cart = it.cart("mugs")
    assert it.app.topics() == ["carts/create", "checkouts/create", "checkouts/update"]
    for got in it.app.got:
        assert set(got.headers) >= EIGHT
        assert got.headers["X-Shopify-Hmac-Sha256"] == hmac_base64(got.raw, SHOPIFY["webhook_secret"])
        assert got.headers["X-Shopify-Shop-Domain"] == "mugs.myshopify.com"
        assert got.headers["X-Shopify-API-Version"] == "2026-10"
        assert datetime.fromisoformat(got.headers["X-Shopify-Triggered-At"][:26] + "+00:00")
        again = json.dumps(got.body).encode()
        assert again != got.raw  # whoever dumps the body again can't verify it
    ids = [got.headers["X-Shopify-Webhook-Id"] for got in it.app.got]
    assert len(set(ids)) == 3
    assert len({got.headers["X-Shopify-Event-Id"] for got in it.app.got}) == 1
    assert it.app.of("checkouts/update")[0].body["token"] == cart["token"]


def test_a_named_subscription_sends_the_eighth_header():
    with shopify_stage(webhook_name="carts") as it:
        it.cart("mugs")
        assert {got.headers["X-Shopify-Name"] for got in it.app.got} == {"carts"}


def test_the_checkout_has_no_id_and_tells_of_consent_only_once_it_was_ticked(it):
    cart = it.cart("mugs")
    first, then = it.app.of("checkouts/create")[0].body, it.app.of("checkouts/update")[0].body
    assert "id" not in first and "id" not in then
    assert "customer" not in first and then["customer"]["email"] == "dana@example.com"
    assert (first["buyer_accepts_sms_marketing"], first["sms_marketing_phone"]) == (False, None)
    assert (then["buyer_accepts_sms_marketing"], then["sms_marketing_phone"]) == (True, "+14155552671")
    assert then["abandoned_checkout_url"] == cart["recover_url"]
    assert then["total_price"] == "45.00"
    assert then["created_at"].startswith("2026-11-24T10:00:") and then["created_at"].endswith("-05:00")
    assert then["shipping_address"]["province"] == "California"


def test_a_shopper_without_email_has_no_customer_and_without_consent_no_sms_phone(it):
    it.cart("mugs", email=None, consent=False)
    body = it.app.of("checkouts/update")[0].body
    assert "customer" not in body
    assert (body["buyer_accepts_sms_marketing"], body["sms_marketing_phone"]) == (False, None)
    assert body["phone"] == "+14155552671"


def test_a_purchase_sends_the_order_tied_by_tokens_code_and_landing_site(it):
    it.store.codes["back-7h2k"] = code(it, "BACK-7H2K", "percent", "0.10")
    cart = it.cart("mugs")
    page = it.get(cart["recover_url"] + "&discount=back-7h2k&utm_source=sms&utm_content=m_42")
    assert page.status_code == 200
    bought = it.buy("mugs", cart["token"], attributes={"recovery_ref": "m_42"})
    order = it.app.of("orders/create")[0].body
    assert it.app.of("orders/paid")[0].body["id"] == order["id"] == int(bought["order_id"])
    assert order["checkout_token"] == cart["token"] and "checkout_id" not in order
    assert order["cart_token"] in cart["recover_url"]
    assert order["discount_codes"] == [{"code": "BACK-7H2K", "amount": "4.50", "type": "percentage"}]
    assert order["total_price"] == "40.50" == bought["total"]
    assert "utm_content=m_42" in order["landing_site"] and "key=" not in order["landing_site"]
    assert order["note_attributes"] == [{"name": "recovery_ref", "value": "m_42"}]
    assert it.app.of("checkouts/update")[-1].body["completed_at"] is not None
    assert it.ledger("order")[0]["discount"] == "4.50"


def test_change_empty_refund_cancel_and_the_errands_each_send_their_topic(it):
    first, second, third = it.cart("mugs"), it.cart("mugs"), it.cart("mugs")
    it.post(f"/sandbox/carts/mugs/{first['token']}/change")
    it.post(f"/sandbox/carts/mugs/{second['token']}/empty")
    order = it.buy("mugs", first["token"])["order_id"]
    other = it.buy("mugs", third["token"])["order_id"]
    it.post(f"/sandbox/orders/mugs/{order}/refund")
    it.post(f"/sandbox/orders/mugs/{other}/cancel")
    for errand in ("consent", "data-request", "redact", "scopes", "uninstall", "shop-redact"):
        assert it.post(f"/sandbox/shops/mugs/{errand}", {"phone": "+14155552671"}).status_code == 200
    it.settle()
    assert it.app.of("checkouts/update")[-3].body["total_price"] != "0.00"
    deleted = it.app.of("checkouts/delete")[0].body
    assert "token" not in deleted and deleted["cart_token"] in second["recover_url"]
    assert it.app.of("orders/updated")[-2].body["financial_status"] == "refunded"
    assert it.app.of("orders/cancelled")[0].body["cancelled_at"] is not None
    assert (
        it.app.of("customers_marketing_consent/update")[0].body["sms_marketing_consent"]["state"]
        == "unsubscribed"
    )
    assert it.app.of("customers/redact")[0].body["customer"]["phone"] == "+14155552671"
    assert set(it.app.topics()) >= {
        "app/uninstalled",
        "app/scopes_update",
        "customers/data_request",
        "shop/redact",
    }


def test_what_can_not_be_done_is_said_in_words(it):
    cart = it.cart("mugs")
    it.buy("mugs", cart["token"])
    assert it.post(f"/sandbox/carts/mugs/{cart['token']}/buy").status_code == 409
    unknown = it.post("/sandbox/carts/mugs/nothing/buy")
    assert (unknown.status_code, "nothing" in unknown.json()["error"]) == (404, True)
    nowhere = it.post("/sandbox/carts", {"shop": "none", "items": [{"sku": "MUG-BLUE"}]})
    assert nowhere.status_code == 404
    outside = it.post("/sandbox/shops", {**SHOPIFY, "webhook_url": "http://example.com/hook"})
    assert outside.status_code == 422 and "on this machine" in outside.json()["error"]


def test_a_failed_delivery_comes_again_with_the_same_bytes_and_id_until_it_is_taken(it):
    it.app.answers.extend([500, 302, 404])  # for carts/create, checkouts/create, checkouts/update
    it.cart("mugs")
    lost = [(got.raw, got.headers["X-Shopify-Webhook-Id"]) for got in it.app.got]
    assert it.ledger("delivery") == []
    it.skip(minutes=2)
    again = [(got.raw, got.headers["X-Shopify-Webhook-Id"]) for got in it.app.got[3:]]
    assert sorted(again) == sorted(lost)
    assert len(it.ledger("delivery")) == 3


def test_eight_retries_over_four_hours_then_silence(it):
    it.app.always = 503
    it.cart("mugs")
    waits = sum((FIRST_WAIT * 2**n for n in range(RETRIES)), timedelta())
    assert abs(waits - timedelta(hours=4)) < timedelta(seconds=1)
    for _ in range(30):
        it.skip(minutes=30)
    assert [len(it.app.of(topic)) for topic in ("checkouts/create", "checkouts/update")] == [9, 9]
    assert len(it.ledger("delivery_lost")) == 3


def test_duplicates_carry_the_same_webhook_id_and_bytes(it):
    it.world.faults.webhook_duplicate = 1.0
    it.cart("mugs")
    it.skip(minutes=11)
    pairs = [(got.headers["X-Shopify-Webhook-Id"], got.raw) for got in it.app.got]
    assert len(pairs) == 6 and len(set(pairs)) == 3


def test_disorder_lets_later_webhooks_overtake(it):
    it.world.faults.webhook_disorder = 1.0
    for _ in range(6):
        it.cart("mugs")
    assert it.app.got == []
    it.skip(minutes=3)
    triggered = [got.headers["X-Shopify-Triggered-At"] for got in it.app.got]
    assert len(triggered) == 18 and triggered != sorted(triggered)


def test_late_webhooks_come_when_the_fault_says(it):
    it.world.faults.webhook_late, it.world.faults.webhook_late_seconds = 1.0, 7200
    it.cart("mugs")
    it.skip(minutes=119)
    assert it.app.got == []
    it.skip(minutes=2)
    assert len(it.app.got) == 3


def code(it, name, kind, value):
    from decimal import Decimal

    from sandbox.pricing import Code

    return Code(1, name, kind, Decimal(value), starts_at=it.world.clock.now())
