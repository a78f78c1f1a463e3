"""Abandoned checkouts, orders and their customers as Admin GraphQL objects; see `objects`."""

from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sandbox.shopify import redeem
from sandbox.shopify.finding import Page
from sandbox.shopify.objects import gid, line_objects, moment, money, money_bag, pairs, places_of
from sandbox.shopify.parts import recover_url
from sandbox.shopify.records import Records
from sandbox.shopify.sale_search import ORDER_FIELDS, found_orders, order_key, seen
from sandbox.shopify.search import Search
from sandbox.shopify.state import Checkout, Customer, Order

Object = dict[str, Any]
ZERO = Decimal("0.00")


def checkout_object(checkout: Checkout, store: Records) -> Object:
    """AbandonedCheckout: no token, no phone, no e-mail of its own and no consent (shopify.dev, AbandonedCheckout)."""
    off = redeem.off(store.applied(checkout), checkout)
    currency, person = store.currency, checkout.customer
    return {
        "id": gid("AbandonedCheckout", checkout.id),
        "name": f"#{checkout.id}",
        "abandonedCheckoutUrl": recover_url(checkout, store.shop),
        "createdAt": moment(checkout.created_at),
        "updatedAt": moment(checkout.updated_at),
        "completedAt": moment(checkout.completed_at),
        "note": checkout.note or "",
        "discountCodes": [checkout.discount_code] if checkout.discount_code else [],
        "customAttributes": pairs(checkout.attributes),
        "totalPriceSet": money_bag(checkout.subtotal - off, currency),
        "subtotalPriceSet": money_bag(checkout.subtotal - off, currency),
        "totalLineItemsPriceSet": money_bag(checkout.subtotal, currency),
        "totalDiscountSet": money_bag(off, currency),
        "totalTaxSet": money_bag(ZERO, currency),
        "totalDutiesSet": None,
        "taxLines": [],
        "taxesIncluded": False,
        "lineItemsQuantity": sum(line.quantity for line in checkout.lines),
        **places_of(checkout, store.shop),
        "customer": lambda args: customer_object(person, store) if person else None,
        "lineItems": line_objects("AbandonedCheckoutLineItem", checkout.id, checkout.lines, off, currency),
    }


def order_object(order: Order, store: Records) -> Object:
    checkout, request = order.checkout, order.checkout.request
    person, without = checkout.customer, request.without
    return {
        "id": gid("Order", order.id),
        "legacyResourceId": str(order.id),
        "name": f"#{order.number}",
        "number": order.number,
        "confirmationNumber": order.token[:9].upper(),
        "createdAt": moment(order.created_at),
        "processedAt": moment(order.created_at),
        "updatedAt": moment(order.updated_at),
        "cancelledAt": moment(order.cancelled_at),
        "cancelReason": "CUSTOMER" if order.cancelled_at else None,
        "cartToken": None if "tokens" in without else checkout.cart_token,
        "checkoutToken": None if "tokens" in without else checkout.token,
        "discountCode": order.code,
        "discountCodes": [order.code] if order.code else [],
        "email": request.email,
        "phone": None if "contact_phone" in without else request.phone,
        "customerLocale": request.locale or store.locale,
        "note": checkout.note,
        "tags": [],
        "sourceName": "web",
        "test": False,
        "confirmed": True,
        "closed": False,
        "displayFinancialStatus": order.status.upper(),
        "displayFulfillmentStatus": "UNFULFILLED",
        "landingPageUrl": landing_page(order, store),
        "customAttributes": pairs(order.attributes),
        **places_of(checkout, store.shop),
        "customer": lambda args: customer_object(person, store) if person else None,
        "customerJourneySummary": lambda args: journey(order, store),
        "lineItems": line_objects("LineItem", order.id, order.lines, order.discount, store.currency),
        **order_money(order, store.currency),
    }


def order_money(order: Order, currency: str) -> Object:
    left = order.total - order.refunded
    sums = {
        "totalPriceSet": order.total,
        "originalTotalPriceSet": order.total,
        "subtotalPriceSet": order.subtotal,
        "totalDiscountsSet": order.discount,
        "currentTotalPriceSet": left,
        "currentSubtotalPriceSet": left,
        "currentTotalDiscountsSet": order.discount,
        "currentTotalTaxSet": ZERO,
        "totalRefundedSet": order.refunded,
        "totalReceivedSet": order.total,
        "netPaymentSet": left,
        "totalOutstandingSet": ZERO,
        "totalShippingPriceSet": ZERO,
        "totalTaxSet": ZERO,
    }
    bags = {name: money_bag(amount, currency) for name, amount in sums.items()}
    return {**bags, "currencyCode": currency, "presentmentCurrencyCode": currency}


def journey(order: Order, store: Records) -> Object | None:
    """How the buyer came. Some orders never have one, and it isn't ready at once (faults `journey_*`)."""
    faults = store.world.faults
    if order.id % 100 < faults.journey_missing * 100:
        return None
    nothing = {"ready": False, "daysToConversion": None, "firstVisit": None, "lastVisit": None}
    if (store.now() - order.created_at).total_seconds() < faults.journey_late_seconds:
        return nothing
    visit = visit_object(order, store)
    return {"ready": True, "daysToConversion": 0, "firstVisit": visit, "lastVisit": visit}


def landing_page(order: Order, store: Records) -> str | None:
    if "landing_site" in order.checkout.request.without:
        return None
    return f"https://{store.shop.domain}{order.landing_site}"


def visit_object(order: Order, store: Records) -> Object:
    utm = dict(parse_qsl(urlsplit(order.landing_site).query))
    names = ("source", "medium", "campaign", "content", "term")
    found = {name: utm.get(f"utm_{name}") for name in names}
    return {
        "id": gid("CustomerVisit", order.id),
        "landingPage": landing_page(order, store),
        "referrerUrl": None,
        "referralCode": None,
        "source": found["source"] or "direct",
        "occurredAt": moment(order.created_at),
        "utmParameters": found if any(found.values()) else None,
    }


def customer_object(person: Customer, store: Records) -> Object:
    theirs = [order for order in store.orders.values() if order.checkout.customer is person]
    spent = sum((order.total - order.refunded for order in theirs), ZERO)
    return {
        "id": gid("Customer", person.id),
        "legacyResourceId": str(person.id),
        "firstName": person.first_name,
        "lastName": person.last_name,
        "displayName": f"{person.first_name} {person.last_name}".strip(),
        "createdAt": moment(person.created_at),
        "updatedAt": moment(person.updated_at),
        "email": person.email,
        "phone": person.phone,
        "state": "DISABLED",
        "locale": person.locale.split("-")[0],
        "numberOfOrders": str(len(theirs)),
        "amountSpent": money(spent, store.currency),
        "lastOrder": lambda args: last_order(theirs, store),
        "orders": lambda args: orders_page(theirs, store, args),
        "defaultPhoneNumber": phone_number(person) if person.phone else None,
        "defaultEmailAddress": (
            {"emailAddress": person.email, "marketingState": "NOT_SUBSCRIBED", "validFormat": True}
            if person.email
            else None
        ),
        "smsMarketingConsent": consent_2026_07(person) if person.phone else None,
    }


def last_order(theirs: list[Order], store: Records) -> Object | None:
    return order_object(theirs[-1], store) if theirs and seen(theirs[-1], store) else None


def orders_page(among: list[Order], store: Records, args: Object) -> Page:
    """orders(query:, sortKey:, reverse:) of the shop or of a customer; oldest first."""
    search = Search(args.get("query") or "", ORDER_FIELDS)
    found = found_orders(store, among, search)
    return Page(
        search, found, order_key(args), lambda order: order_object(order, store), bool(args.get("reverse"))
    )


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
