"""Bodies about the shop and its people: app/*, consent and the three compliance topics."""

from datetime import datetime
from typing import Any

from sandbox import places
from sandbox.shopify.parts import stamp
from sandbox.shopify.state import Customer, Shop

Json = dict[str, Any]


def shop_body(shop: Shop) -> Json:
    """app/uninstalled: the shop object."""
    place = places.country(shop.country)
    plain = "${{amount}}"
    flags_true = "eligible_for_payments has_storefront finances checkout_api_supported"
    flags_false = (
        "has_discounts has_gift_cards requires_extra_payments_agreement multi_location_enabled "
        "setup_required pre_launch_enabled transactional_sms_disabled taxes_included password_enabled"
    )
    null = (
        "source latitude longitude address2 created_at updated_at auto_configure_tax_inclusivity "
        "tax_shipping county_taxes google_apps_domain google_apps_login_enabled"
    )
    return {
        "id": shop.shop_id,
        "name": shop.name,
        "email": "owner@example.com",
        "customer_email": "hello@example.com",
        "domain": shop.domain,
        "myshopify_domain": shop.domain,
        "province": places.region_name(place.code, place.region),
        "province_code": place.region,
        "country": place.code,
        "country_code": place.code,
        "country_name": place.name,
        "address1": "1 Test Street",
        "zip": place.postcode,
        "city": place.city,
        "phone": "",
        "primary_locale": shop.locale.split("-")[0],
        "currency": shop.currency,
        "timezone": f"(GMT) {shop.zone}",
        "iana_timezone": shop.zone,
        "shop_owner": "Sandbox owner",
        "money_format": plain,
        "money_in_emails_format": plain,
        "money_with_currency_format": f"{plain} {shop.currency}",
        "money_with_currency_in_emails_format": f"{plain} {shop.currency}",
        "weight_unit": "kg",
        "plan_display_name": "Sandbox",
        "plan_name": "sandbox",
        "primary_location_id": 655441491,
        "enabled_presentment_currencies": [shop.currency],
        "marketing_sms_consent_enabled_at_checkout": True,
        **dict.fromkeys(flags_true.split(), True),
        **dict.fromkeys(flags_false.split(), False),
        **dict.fromkeys(null.split()),
    }


def scopes_body(shop: Shop, previous: list[str], current: list[str], now: datetime) -> Json:
    """app/scopes_update."""
    return {
        "id": 123456,
        "shop_id": f"gid://shopify/Shop/{shop.shop_id}",
        "previous": previous,
        "current": current,
        "updated_at": now.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    }


def consent_body(person: Customer, zone: str) -> Json:
    """customers_marketing_consent/update: SMS consent, in lower case."""
    return {
        "id": person.id,
        "phone": person.phone,
        "sms_marketing_consent": {
            "state": person.sms_state.lower(),
            "opt_in_level": person.sms_level.lower(),
            "consent_updated_at": stamp(person.sms_updated_at, zone),
            "consent_collected_from": person.sms_from.lower(),
        },
    }


def data_request_body(shop: Shop, person: Customer, orders: list[int], number: int) -> Json:
    """customers/data_request."""
    return {
        "shop_id": shop.shop_id,
        "shop_domain": shop.domain,
        "orders_requested": orders,
        "customer": named(person),
        "data_request": {"id": number},
    }


def customer_redact_body(shop: Shop, person: Customer, orders: list[int]) -> Json:
    """customers/redact."""
    return {
        "shop_id": shop.shop_id,
        "shop_domain": shop.domain,
        "customer": named(person),
        "orders_to_redact": orders,
    }


def shop_redact_body(shop: Shop) -> Json:
    """shop/redact, 48 hours after the uninstall."""
    return {"shop_id": shop.shop_id, "shop_domain": shop.domain}


def named(person: Customer) -> Json:
    return {"id": person.id, "email": person.email, "phone": person.phone}
