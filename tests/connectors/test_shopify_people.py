"""Consent, compliance and the shop's comings and goings, from payload to event."""

from datetime import UTC, datetime

import pytest
from shopify_cast import DOMAIN, SHOP, delivery, recorded

from connectors.platforms.shopify import connector
from sequences.errors import BadDelivery, BadValue
from sequences.events import (
    ConsentChanged,
    DataRequested,
    ScopesChanged,
    ShopperErased,
    ShopRemoved,
    Uninstalled,
)


def read(topic: str, payload, **headers: str):
    return connector.read(delivery(topic, payload, **headers), SHOP)


def consent(state: str | None, **changes):
    said = recorded("customers_marketing_consent_update.json")["sms_marketing_consent"] | {"state": state}
    payload = recorded("customers_marketing_consent_update.json", sms_marketing_consent=said, **changes)
    return read("customers_marketing_consent/update", payload)


@pytest.mark.parametrize("state", ["subscribed", "unsubscribed", "pending", "not_subscribed", "redacted"])
def test_each_state_of_consent_is_told(state):
    (event,) = consent(state).events
    assert isinstance(event, ConsentChanged)
    assert (event.claim.state, event.claim.phone, event.claim.level) == (
        state,
        "+15025550123",
        "single_opt_in",
    )
    assert event.claim.at == datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
    assert event.customer_id == "7001"


def test_a_state_nobody_knows_is_parked_not_guessed():
    with pytest.raises(BadValue, match=r"sms_marketing_consent\.state"):
        consent("maybe")


@pytest.mark.parametrize("phone", [None, "", "555-555-SHIP"])
def test_consent_for_no_number_is_a_note(phone):
    reading = consent("subscribed", phone=phone)
    assert not reading.events
    assert "phone" in reading.notes[0]


def test_no_state_is_a_note():
    assert consent(None).notes
    payload = recorded("customers_marketing_consent_update.json", sms_marketing_consent=None)
    assert read("customers_marketing_consent/update", payload).notes


def test_without_its_own_time_consent_has_the_deliverys():
    said = {"state": "unsubscribed", "consent_updated_at": None}
    payload = recorded("customers_marketing_consent_update.json", sms_marketing_consent=said)
    (event,) = read("customers_marketing_consent/update", payload).events
    assert event.claim.at == datetime(2026, 11, 24, 9, 3, 11, 123456, tzinfo=UTC)
    with pytest.raises(BadDelivery, match="consent_updated_at"):
        read("customers_marketing_consent/update", payload, x_shopify_triggered_at="")


def test_a_person_is_erased_by_all_their_names():
    (event,) = read("customers/redact", recorded("customers_redact.json")).events
    assert isinstance(event, ShopperErased)
    assert (event.customer_id, event.phone, event.email) == ("7001", "+15025550123", "dana@example.com")
    assert event.order_keys == ("order:9001",)
    assert event.at == datetime(2026, 11, 24, 9, 3, 11, 123456, tzinfo=UTC)


@pytest.mark.parametrize("customer", [{"id": 7001}, {"email": "dana@example.com"}, {"phone": "+15025550123"}])
def test_or_by_the_one_name_that_is_there(customer):
    payload = recorded("customers_redact.json", customer=customer, orders_to_redact=[])
    (event,) = read("customers/redact", payload, x_shopify_triggered_at="").events
    assert [event.customer_id, event.email, event.phone].count(None) + [event.customer_id].count("") == 2
    assert event.at is None


def test_an_erasure_of_nobody_is_parked():
    with pytest.raises(BadDelivery, match="named by no"):
        read("customers/redact", recorded("customers_redact.json", customer={}, orders_to_redact=[]))


def test_a_person_asks_what_is_held():
    (event,) = read("customers/data_request", recorded("customers_data_request.json")).events
    assert isinstance(event, DataRequested)
    assert (event.request_id, event.customer_id, event.order_keys) == ("9999", "7001", ("order:9001",))


def test_a_shop_is_removed():
    (event,) = read("shop/redact", recorded("shop_redact.json")).events
    assert event == ShopRemoved(domain=DOMAIN, at=datetime(2026, 11, 24, 9, 3, 11, 123456, tzinfo=UTC))


def test_the_app_is_uninstalled():
    (event,) = read("app/uninstalled", {"id": 548380009, "myshopify_domain": DOMAIN}).events
    at = datetime(2026, 11, 24, 9, 3, 11, 123456, tzinfo=UTC)
    assert event == Uninstalled(domain=DOMAIN, at=at)
    (event,) = read("app/uninstalled", {"id": 548380009, "myshopify_domain": None}).events
    assert event == Uninstalled(domain=DOMAIN, at=at)


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("shop/redact", recorded("shop_redact.json", shop_domain="other.myshopify.com")),
        ("customers/redact", recorded("customers_redact.json", shop_domain="other.myshopify.com")),
        (
            "customers/data_request",
            recorded("customers_data_request.json", shop_domain="other.myshopify.com"),
        ),
        ("app/uninstalled", {"myshopify_domain": "other.myshopify.com"}),
    ],
)
def test_one_shops_signed_body_does_nothing_to_another_shop(topic, payload):
    with pytest.raises(BadDelivery, match="another shop"):
        read(topic, payload)


def test_scopes_change():
    (event,) = read("app/scopes_update", recorded("app_scopes_update.json")).events
    assert isinstance(event, ScopesChanged)
    assert event.granted == ("read_orders", "write_discounts")
    assert event.at == datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def test_a_shop_that_took_every_scope_back():
    (event,) = read("app/scopes_update", recorded("app_scopes_update.json", current=[])).events
    assert event.granted == ()
