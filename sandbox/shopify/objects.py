"""The store's things as Admin GraphQL objects: dictionaries with the schema's field names.

A value that is a function is called when the field is asked for; a list becomes a connection where the schema
has one.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sandbox import places, zones
from sandbox.catalog import Line
from sandbox.shopify import redeem
from sandbox.shopify.parts import address, recover_url
from sandbox.shopify.records import Records
from sandbox.shopify.state import Checkout, Customer, Order, Shop

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


def checkout_object(checkout: Checkout, store: Records) -> Object:
    off = redeem.off(store.applied(checkout), checkout)
    place = mailing_address(address(checkout.request, store.country))
    return {
        "id": gid("AbandonedCheckout", checkout.id),
        "name": f"#{checkout.id}",
        "abandonedCheckoutUrl": recover_url(checkout, store.shop),
        "createdAt": moment(checkout.created_at),
        "updatedAt": moment(checkout.updated_at),
        "completedAt": moment(checkout.completed_at),
        "note": "",
        "discountCodes": [checkout.discount_code] if checkout.discount_code else [],
        "customAttributes": [],
        "totalPriceSet": money_bag(checkout.subtotal - off, store.currency),
        "subtotalPriceSet": money_bag(checkout.subtotal - off, store.currency),
        "totalLineItemsPriceSet": money_bag(checkout.subtotal, store.currency),
        "totalDiscountSet": money_bag(off, store.currency),
        "billingAddress": place,
        "shippingAddress": place,
        "customer": customer_object(checkout.customer, store) if checkout.customer else None,
        "lineItems": [
            line_object(line, checkout.id * 10 + n, store) for n, line in enumerate(checkout.lines)
        ],
    }


def line_object(line: Line, number: int, store: Records) -> Object:
    product = line.product
    return {
        "id": gid("LineItem", number),
        "title": product.title,
        "name": f"{product.title} - {product.variant}",
        "variantTitle": product.variant,
        "quantity": line.quantity,
        "currentQuantity": line.quantity,
        "sku": product.sku,
        "variant": {"id": gid("ProductVariant", product.shopify_variant_id), "title": product.variant},
        "product": {"id": gid("Product", product.shopify_product_id), "title": product.title},
        "image": None,
        "originalUnitPriceSet": money_bag(product.price, store.currency),
        "originalTotalPriceSet": money_bag(line.total, store.currency),
    }


def order_object(order: Order, store: Records) -> Object:
    checkout, currency = order.checkout, store.currency
    place = mailing_address(address(checkout.request, store.country))
    left = order.total - order.refunded
    return {
        "id": gid("Order", order.id),
        "legacyResourceId": str(order.id),
        "name": f"#{order.number}",
        "createdAt": moment(order.created_at),
        "processedAt": moment(order.created_at),
        "updatedAt": moment(order.updated_at),
        "cancelledAt": moment(order.cancelled_at),
        "cancelReason": "CUSTOMER" if order.cancelled_at else None,
        "cartToken": checkout.cart_token,
        "checkoutToken": checkout.token,
        "discountCode": order.code,
        "discountCodes": [order.code] if order.code else [],
        "email": checkout.request.email,
        "phone": checkout.request.phone,
        "test": False,
        "confirmed": True,
        "displayFinancialStatus": order.status.upper(),
        "displayFulfillmentStatus": "UNFULFILLED",
        "currencyCode": currency,
        "presentmentCurrencyCode": currency,
        "totalPriceSet": money_bag(order.total, currency),
        "subtotalPriceSet": money_bag(order.subtotal, currency),
        "totalDiscountsSet": money_bag(order.discount, currency),
        "currentTotalPriceSet": money_bag(left, currency),
        "totalRefundedSet": money_bag(order.refunded, currency),
        "customAttributes": [{"key": k, "value": v} for k, v in order.attributes.items()],
        "billingAddress": place,
        "shippingAddress": place,
        "customer": lambda: customer_object(checkout.customer, store) if checkout.customer else None,
        "lineItems": [line_object(line, order.id * 10 + n, store) for n, line in enumerate(order.lines)],
        "customerJourneySummary": journey(order),
    }


def journey(order: Order) -> Object:
    utm = dict(parse_qsl(urlsplit(order.landing_site).query))
    names = ("source", "medium", "campaign", "content", "term")
    found = {name: utm.get(f"utm_{name}") for name in names}
    visit = {
        "id": gid("CustomerVisit", order.id),
        "landingPage": order.landing_site,
        "referrerUrl": None,
        "source": found["source"] or "direct",
        "occurredAt": moment(order.created_at),
        "utmParameters": found if any(found.values()) else None,
    }
    return {"ready": True, "daysToConversion": 0, "firstVisit": visit, "lastVisit": visit}


def customer_object(person: Customer, store: Records) -> Object:
    theirs = [order for order in store.orders.values() if order.checkout.customer is person]
    spent = sum((order.total - order.refunded for order in theirs), Decimal("0.00"))
    return {
        "id": gid("Customer", person.id),
        "firstName": person.first_name,
        "lastName": person.last_name,
        "displayName": f"{person.first_name} {person.last_name}".strip(),
        "createdAt": moment(person.created_at),
        "updatedAt": moment(person.updated_at),
        "email": person.email,
        "phone": person.phone,
        "locale": person.locale.split("-")[0],
        "numberOfOrders": str(len(theirs)),
        "amountSpent": money(spent, store.currency),
        "lastOrder": lambda: order_object(theirs[-1], store) if theirs else None,
        "orders": lambda: [order_object(order, store) for order in theirs],
        "defaultPhoneNumber": phone_number(person) if person.phone else None,
        "defaultEmailAddress": (
            {"emailAddress": person.email, "marketingState": "NOT_SUBSCRIBED"} if person.email else None
        ),
        "smsMarketingConsent": consent_2026_07(person) if person.phone else None,
    }


def phone_number(person: Customer) -> Object:
    """Both spellings: `smsMarketingConsent` is new in 2026-10, the flat fields are deprecated."""
    return {
        "phoneNumber": person.phone,
        "marketingState": person.sms_state,
        "marketingOptInLevel": person.sms_level,
        "marketingUpdatedAt": moment(person.sms_updated_at),
        "marketingCollectedFrom": person.sms_from,
        "smsMarketingConsent": {
            "state": person.sms_state,
            "optInLevel": person.sms_level,
            "updatedAt": moment(person.sms_updated_at),
            "collectedFrom": person.sms_from,
            "sourceLocation": None,
        },
    }


def consent_2026_07(person: Customer) -> Object:
    return {
        "marketingState": person.sms_state,
        "marketingOptInLevel": person.sms_level,
        "consentUpdatedAt": moment(person.sms_updated_at),
        "consentCollectedFrom": person.sms_from,
    }
