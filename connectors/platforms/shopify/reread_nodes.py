"""Checkouts and orders as the Admin API shows them when a store is re-read, and how they say what webhooks say.

Fields and types: the Admin schema, versions 2026-07 and 2026-10. A checkout has no token, phone, e-mail address or
consent of its own there: those are its customer's. A line's product would need leave to read products.
"""

from collections.abc import Mapping
from typing import Any

from marshmallow import fields

from connectors.platforms.shopify.payloads import TOKEN
from connectors.wire import Amount, Count, Currency, Email, Flag, Part, Prose, StoreTime, Text, Wire

Values = Mapping[str, Any]
CURSOR = 2048


class _Money(Wire):
    amount = Amount(required=True)
    currencyCode = Currency(required=True)


class _Bag(Wire):
    shopMoney = Part(_Money(), required=True)


class _Place(Wire):
    firstName = Prose()
    lastName = Prose()
    city = Prose()
    zip = Prose(longest=32)
    provinceCode = Prose(longest=16)
    countryCodeV2 = Prose(longest=8)
    phone = Prose(longest=64)


class _Address(Wire):
    emailAddress = Email()


class _Phone(Wire):
    phoneNumber = Prose(longest=64)
    marketingState = Prose(longest=32)
    marketingOptInLevel = Prose(longest=32)
    marketingUpdatedAt = StoreTime()


class _Customer(Wire):
    id = Text(longest=80)
    firstName = Prose()
    lastName = Prose()
    locale = Prose(longest=35)
    defaultEmailAddress = Part(_Address())
    defaultPhoneNumber = Part(_Phone())


class _Changed(Wire):
    id = Text(longest=80, required=True)
    name = Text(longest=64)
    createdAt = StoreTime(required=True)
    updatedAt = StoreTime(required=True)
    totalPriceSet = Part(_Bag(), required=True)
    discountCodes = fields.List(Prose(), load_default=list, allow_none=True)
    billingAddress = Part(_Place())
    shippingAddress = Part(_Place())
    customer = Part(_Customer())


class _Line(Wire):
    title = Prose()
    variantTitle = Prose()
    sku = Prose()
    quantity = Count(required=True)
    originalUnitPriceSet = Part(_Bag(), required=True)


class _Lines(Wire):
    nodes = Part(_Line(), many=True, required=True)


class _Checkout(_Changed):
    abandonedCheckoutUrl = Text(longest=2048)
    completedAt = StoreTime()
    lineItems = Part(_Lines(), required=True)


class _Attribute(Wire):
    key = Prose()
    value = fields.Raw(allow_none=True, load_default=None)


class _Visit(Wire):
    landingPage = Prose(longest=2048)


class _Journey(Wire):
    lastVisit = Part(_Visit())


class _Order(_Changed):
    cancelledAt = StoreTime()
    test = Flag(load_default=False)
    checkoutToken = Text(longest=TOKEN)
    cartToken = Text(longest=TOKEN)
    displayFinancialStatus = Prose(longest=32)
    email = Email()
    phone = Prose(longest=64)
    customAttributes = Part(_Attribute(), many=True)
    customerJourneySummary = Part(_Journey())
    currentTotalPriceSet = Part(_Bag())
    totalRefundedSet = Part(_Bag())


class _PageInfo(Wire):
    hasNextPage = Flag(required=True)
    endCursor = Text(longest=CURSOR)


class _Connection(Wire):
    """Each node is read by itself: one that can't be read must not hide the others."""

    nodes = fields.List(fields.Raw(allow_none=True), required=True)
    pageInfo = Part(_PageInfo(), required=True)


class _Expected(Wire):
    count = Count(required=True, most=2**31 - 1)


class _Answer(Wire):
    expected = Part(_Expected())
    found = Part(_Connection(), required=True)


CHECKOUT, ORDER, ANSWER = _Checkout(), _Order(), _Answer()


def number(gid: str) -> str:
    """gid://shopify/Order/9001 → 9001, which is what webhooks call it."""
    return gid.rsplit("/", 1)[-1]


def shared(node: Values) -> dict[str, Any]:
    """What checkouts and orders have in common, under the webhooks' names."""
    customer = node["customer"] or {}
    phone = customer.get("defaultPhoneNumber") or {}
    known = {
        "id": number(customer.get("id", "")),
        "first_name": customer.get("firstName", ""),
        "last_name": customer.get("lastName", ""),
        "email": (customer.get("defaultEmailAddress") or {}).get("emailAddress", ""),
        "phone": phone.get("phoneNumber", ""),
    }
    return {
        "name": node["name"],
        "created_at": node["createdAt"],
        "updated_at": node["updatedAt"],
        "currency": node["totalPriceSet"]["shopMoney"]["currencyCode"],
        "total_price": node["totalPriceSet"]["shopMoney"]["amount"],
        "discount_codes": [{"code": code} for code in node["discountCodes"] or ()],
        "billing_address": _place(node["billingAddress"]),
        "shipping_address": _place(node["shippingAddress"]),
        "customer": known if node["customer"] else None,
    }


def _place(node: Values | None) -> dict[str, Any] | None:
    if node is None:
        return None
    return {
        "first_name": node["firstName"],
        "last_name": node["lastName"],
        "city": node["city"],
        "zip": node["zip"],
        "province_code": node["provinceCode"],
        "country_code": node["countryCodeV2"],
        "phone": node["phone"],
    }
