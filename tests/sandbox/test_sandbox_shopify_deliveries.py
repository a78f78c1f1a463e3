"""How the pretend Shopify's webhooks differ: by version, by what a shopper left out, by what an app may have."""

import json
import time

import pytest
from sandbox_shop_kit import ROOT, SHOPIFY, shopify_stage
from test_sandbox_shopify_schemas import faults

from sandbox.courier import SHOPIFY_TIMEOUT
from sandbox.shopify import deliveries
from sandbox.shopify.deliveries import DROPPED_AFTER

SCHEMAS = ROOT / ".cache" / "contracts" / "webhooks"


@pytest.fixture
def it():
    with shopify_stage() as made:
        yield made


def api_stage():
    return shopify_stage(webhook_made_by="api")


def half_hours(it, count):
    """A retry is planned when the try before it has failed, so time passes in steps."""
    for _ in range(count):
        it.skip(minutes=30)


# -- versions


@pytest.mark.parametrize(
    ("asked", "said", "ids"),
    [
        ("2025-07", "2026-01", True),
        ("2026-01", "2026-01", True),
        ("2026-04", "2026-04", False),
        ("2026-10", "2026-10", False),
        ("unstable", "unstable", False),
    ],
)
def test_older_versions_have_the_checkouts_id_and_newer_ones_dont(asked, said, ids):
    with shopify_stage(api_version=asked) as it:
        cart = it.cart("mugs")
        it.buy("mugs", cart["token"])
        assert {got.headers["X-Shopify-API-Version"] for got in it.app.got} == {said}
        number = it.store.checkouts[cart["token"]].id
        for topic, name in (
            ("checkouts/create", "id"),
            ("checkouts/update", "id"),
            ("orders/paid", "checkout_id"),
        ):
            body = it.app.of(topic)[0].body
            assert (name in body, body.get(name)) == ((True, number) if ids else (False, None))
        assert it.app.of("orders/create")[0].body["id"] != number


@pytest.mark.skipif(not SCHEMAS.exists(), reason="run bin/contracts first")
@pytest.mark.parametrize("topic", ["checkouts/create", "checkouts/update", "orders/create", "orders/paid"])
def test_a_body_of_an_older_version_fits_that_versions_schema(topic):
    with shopify_stage(api_version="2026-01") as it:
        it.buy("mugs", it.cart("mugs")["token"])
        published = json.loads((SCHEMAS / "2026-01" / f"{topic}.json").read_text())
        newest = json.loads((SCHEMAS / "2026-07" / f"{topic}.json").read_text())
        body = it.app.of(topic)[0].body
        name = "checkout_id" if topic.startswith("orders/") else "id"
        assert [wrong for wrong in faults(body, published) if wrong.startswith(f"$.{name}:")] == []
        assert f"$.{name}: not in the schema" in faults(body, newest)


def test_when_todays_versions_are_retired_webhooks_fall_forward_too(it):
    it.post("/sandbox/faults", {"versions_retired": True})
    it.cart("mugs")
    assert {got.headers["X-Shopify-API-Version"] for got in it.app.got} == {"2027-01"}


# -- what a shopper left out


def test_what_the_store_knows_nothing_of_is_absent_or_null(it):
    cart = it.cart("mugs", without=["customer", "shipping_address", "contact_phone", "landing_site"])
    body = it.app.of("checkouts/update")[0].body
    assert "customer" not in body and "shipping_address" not in body
    assert (body["phone"], body["landing_site"]) == (None, None)
    assert body["billing_address"]["phone"] == body["sms_marketing_phone"] == "+14155552671"
    it.buy("mugs", cart["token"])
    order = it.app.of("orders/create")[0].body
    assert "customer" not in order and "shipping_address" not in order
    assert (order["phone"], order["landing_site"], order["email"]) == (None, None, "dana@example.com")


def test_an_order_may_name_no_checkout_and_no_cart(it):
    it.buy("mugs", it.cart("mugs", without=["tokens"])["token"])
    order = it.app.of("orders/create")[0].body
    assert (order["checkout_token"], order["cart_token"]) == (None, None)


def test_an_address_may_have_no_phone_or_one_that_is_no_number(it):
    it.cart("mugs", without=["address_phone"])
    it.cart("mugs", address_phone="555-555-SHIP")
    phones = [got.body["shipping_address"]["phone"] for got in it.app.of("checkouts/update")]
    assert phones == [None, "555-555-SHIP"]
    assert [got.body["phone"] for got in it.app.of("checkouts/update")] == ["+14155552671"] * 2


def test_what_can_be_left_out_is_listed(it):
    reply = it.post("/sandbox/carts", {"shop": "mugs", "items": [{"sku": "MUG-BLUE"}], "without": ["shoes"]})
    assert (reply.status_code, "shipping_address" in reply.json()["error"]) == (422, True)


# -- what an app may have


def test_what_the_app_isnt_approved_for_is_null_in_webhooks_too(it):
    it.post("/sandbox/shops/mugs/protected-data", {"approved": ["customer", "address"]})
    it.buy("mugs", it.cart("mugs")["token"])
    body = it.app.of("checkouts/update")[0].body
    assert (body["phone"], body["sms_marketing_phone"], body["email"]) == (None, None, None)
    assert (body["customer"]["first_name"], body["shipping_address"]["name"]) == (None, None)
    assert body["shipping_address"]["address1"] == "12 Test Street" and body["name"].startswith("#")
    order = it.app.of("orders/create")[0].body
    assert (order["contact_email"], order["name"], order["line_items"][0]["name"]) == (
        None,
        "#1001",
        "Blue mug - 350 ml",
    )


def test_without_any_approval_nothing_comes_about_people_but_what_the_law_asks_for(it):
    it.post("/sandbox/shops/mugs/protected-data", {"approved": []})
    it.cart("mugs")
    assert it.app.topics() == ["carts/create"]
    it.post("/sandbox/shops/mugs/redact", {"phone": "+14155552671"})
    it.settle()
    assert it.app.of("customers/redact")[0].body["customer"]["email"] == "dana@example.com"


# -- failures


def test_a_subscription_of_the_admin_api_ends_after_eight_failures_in_a_row():
    with api_stage() as it:
        it.app.always = 500
        it.cart("mugs")
        half_hours(it, 10)
        assert len(it.app.of("checkouts/create")) == DROPPED_AFTER == 8
        assert {entry["topic"] for entry in it.ledger("subscription_dropped")} == {
            "carts/create",
            "checkouts/create",
            "checkouts/update",
        }
        it.app.always = 200
        it.app.got.clear()
        cart = it.cart("mugs", email="else@example.com")
        assert it.app.got == [], "nobody is told any more"
        it.buy("mugs", cart["token"])
        assert set(it.app.topics()) == {"orders/create", "orders/paid", "orders/updated"}, (
            "each topic has its own"
        )
        it.post("/sandbox/shops", {**SHOPIFY, "webhook_url": it.app.url, "webhook_made_by": "api"})
        it.cart("mugs", email="third@example.com")
        assert it.app.of("checkouts/create") != [], "made anew"


def test_seven_failures_and_a_success_end_nothing():
    with api_stage() as it:
        it.app.always = 500
        it.cart("mugs")
        while len(it.app.of("checkouts/create")) < DROPPED_AFTER - 1:
            it.skip(minutes=1)
        it.app.always = 200
        half_hours(it, 10)
        it.app.always = 500
        it.cart("mugs", email="else@example.com")
        it.skip(minutes=1)
        assert it.ledger("subscription_dropped") == []


def test_a_subscription_of_the_apps_configuration_stays(it):
    it.app.always = 500
    for number in range(3):
        it.cart("mugs", email=f"p{number}@example.com")
    half_hours(it, 10)
    it.app.always = 200
    it.app.got.clear()
    it.cart("mugs")
    assert it.app.topics() == ["carts/create", "checkouts/create", "checkouts/update"]
    assert it.ledger("subscription_dropped") == []


def test_there_are_two_ways_to_subscribe(it):
    reply = it.post("/sandbox/shops", {**SHOPIFY, "webhook_made_by": "hand"})
    assert (reply.status_code, '"toml"' in reply.json()["error"]) == (422, True)


def test_who_takes_too_long_to_answer_gets_it_again(it, monkeypatch):
    assert SHOPIFY_TIMEOUT == (1.0, 5.0)
    monkeypatch.setattr(deliveries, "SHOPIFY_TIMEOUT", (1.0, 0.2))
    answer, ids = it.app.wsgi, []

    def wsgi(environ, start_response):
        ids.append(environ["HTTP_X_SHOPIFY_WEBHOOK_ID"])
        if len(ids) == 1:
            time.sleep(0.5)
        return answer(environ, start_response)

    it.app.server.app = wsgi
    it.cart("mugs")
    assert len(it.ledger("delivery")) == 2, "one wasn't answered in time"
    it.skip(minutes=2)
    assert len(it.ledger("delivery")) == 3
    assert (len(ids), len(set(ids)), ids[0]) == (4, 3, ids[3])
