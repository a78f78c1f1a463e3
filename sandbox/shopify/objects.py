"""The store's things as Admin GraphQL objects: dictionaries with the schema's field names.

A value that is a function is called when the field is asked for; a list becomes a connection where the schema
has one.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sandbox import places, zones
from sandbox.catalog import Line
from sandbox.pricing import cents, spread
from sandbox.shopify.parts import address
from sandbox.shopify.state import Checkout, Shop

Object = dict[str, Any]


def gid(kind: str, number: int) -> str:
    return f"gid://shopify/{kind}/{number}"


def moment(at: datetime | None) -> str | None:
    """DateTime of the Admin API: UTC with a Z, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def money(amount: Decimal, currency: str) -> Object:
    """MoneyV2; the amount has no needless zeros: "12.5", "40.0"."""
    short = f"{amount.normalize():f}"
    return {"amount": short if "." in short else f"{short}.0", "currencyCode": currency}


def money_bag(amount: Decimal, currency: str) -> Object:
    return {"shopMoney": money(amount, currency), "presentmentMoney": money(amount, currency)}


def shop_object(shop: Shop) -> Object:
    return {
        "id": gid("Shop", shop.shop_id),
        "name": shop.name,
        "myshopifyDomain": shop.domain,
        "url": f"https://{shop.domain}",
        "primaryDomain": {
            "host": shop.domain,
            "url": f"https://{shop.domain}",
            "sslEnabled": True,
            "localization": {"defaultLocale": shop.locale.partition("-")[0], "alternateLocales": []},
        },
        "email": "owner@example.com",
        "contactEmail": "hello@example.com",
        "ianaTimezone": shop.zone,
        "timezoneOffset": "+0000",
        "currencyCode": shop.currency,
        "marketingSmsConsentEnabledAtCheckout": True,
        "transactionalSmsDisabled": False,
        "taxesIncluded": False,
        "plan": {"publicDisplayName": "Sandbox", "partnerDevelopment": True, "shopifyPlus": False},
        "billingAddress": {"countryCodeV2": shop.country, "country": places.country(shop.country).name},
        "shopAddress": {"countryCodeV2": shop.country, "country": places.country(shop.country).name},
    }


def mailing_address(typed: Object) -> Object:
    country = places.country(typed["country_code"])
    return {
        "firstName": typed["first_name"],
        "lastName": typed["last_name"],
        "name": typed["name"],
        "phone": typed["phone"] or None,
        "address1": typed["address1"],
        "city": typed["city"],
        "zip": typed["zip"],
        "province": typed["province"],
        "provinceCode": typed["province_code"],
        "country": typed["country"],
        "countryCodeV2": typed["country_code"],
        "timeZone": zones.zone_of_address(country.code, typed["province_code"]) or country.zone,
    }


def places_of(checkout: Checkout, shop: Shop) -> Object:
    """The address that was typed, for billing and shipping alike."""
    place, without = mailing_address(address(checkout.request, shop.country)), checkout.request.without
    return {
        name: None if hidden in without else place
        for name, hidden in (("billingAddress", "billing_address"), ("shippingAddress", "shipping_address"))
    }


def pairs(attributes: dict[str, str]) -> list[Object]:
    return [{"key": key, "value": value} for key, value in attributes.items()]


def line_objects(
    kind: str, owner: int, lines: tuple[Line, ...], discount: Decimal, currency: str
) -> list[Object]:
    """The lines of an abandoned checkout or an order (`kind`), the discount spread over them."""
    parts = spread(discount, [line.total for line in lines])
    return [
        line_object(gid(kind, owner * 10 + place), line, off, currency)
        for place, (line, off) in enumerate(zip(lines, parts, strict=True))
    ]


def line_object(identifier: str, line: Line, off: Decimal, currency: str) -> Object:
    """AbandonedCheckoutLineItem and LineItem in one: each has fields that the other hasn't."""
    product = line.product
    left = line.total - off
    unit, whole = money_bag(product.price, currency), money_bag(line.total, currency)
    unit_left, rest = money_bag(cents(left / line.quantity), currency), money_bag(left, currency)
    return {
        "id": identifier,
        "title": product.title,
        "name": f"{product.title} - {product.variant}",
        "variantTitle": product.variant,
        "quantity": line.quantity,
        "currentQuantity": line.quantity,
        "sku": product.sku,
        "vendor": "Comeback sandbox",
        "variant": {"id": gid("ProductVariant", product.shopify_variant_id), "title": product.variant},
        "product": {"id": gid("Product", product.shopify_product_id), "title": product.title},
        "image": None,
        "customAttributes": [],
        "originalUnitPriceSet": unit,
        "originalTotalPriceSet": whole,
        "originalTotalSet": whole,
        "discountedUnitPriceSet": unit,
        "discountedTotalPriceSet": whole,
        "discountedTotalSet": whole,
        "discountedUnitPriceWithCodeDiscount": unit_left,
        "discountedUnitPriceAfterAllDiscountsSet": unit_left,
        "discountedTotalPriceWithCodeDiscount": rest,
        "totalDiscountSet": money_bag(Decimal(0), currency),
    }
