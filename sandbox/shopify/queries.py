"""What the store answers at the roots of the Admin schema: one function for each field that is played."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sandbox.shopify import bulk_codes, discounts
from sandbox.shopify.objects import checkout_object, customer_object, gid, order_object, shop_object
from sandbox.shopify.schema import VERSIONS
from sandbox.shopify.search import Search
from sandbox.shopify.state import Checkout, Customer, Order
from sandbox.shopify.store import ShopifyStore

Object = dict[str, Any]
Root = Callable[[ShopifyStore, Object], Any]

ABANDONED_AFTER = timedelta(minutes=10)  # help.shopify.com, "Abandoned checkouts"
TIMES = ("created_at", "updated_at")
ORDER_FIELDS = frozenset(
    ("id", "name", "email", "checkout_token", "cart_token", "customer_id", "processed_at", "discount_code",
     "financial_status", "status", "test", "confirmation_number", *TIMES)
)  # fmt: skip
CHECKOUT_FIELDS = frozenset(("id", "status", "recovery_state", "email_state", *TIMES))


class NotPlayed(Exception):
    """The sandbox doesn't play this mutation; it never pretends that something was done."""


def orders(store: ShopifyStore, args: Object) -> list[Object]:
    """orders(query:), oldest first."""
    search = Search(args.get("query") or "", ORDER_FIELDS)
    found = [order for order in store.orders.values() if search.matches(order_fields(order))]
    by_update = args.get("sortKey") == "UPDATED_AT"
    found.sort(
        key=lambda order: order.updated_at if by_update else order.created_at,
        reverse=bool(args.get("reverse")),
    )
    return Page([order_object(order, store) for order in found], args, search)


def order_fields(order: Order) -> Object:
    checkout, person = order.checkout, order.checkout.customer
    return {
        "id": order.id,
        "name": f"#{order.number}",
        "email": checkout.request.email,
        "checkout_token": checkout.token,
        "cart_token": checkout.cart_token,
        "customer_id": person.id if person else None,
        "created_at": order.created_at,
        "updated_at": order.updated_at,
        "processed_at": order.created_at,
        "discount_code": order.code,
        "financial_status": order.status,
        "status": ["any", "cancelled" if order.cancelled_at else "open"],
        "test": "false",
        "confirmation_number": order.token[:9],
    }


def abandoned_checkouts(store: ShopifyStore, args: Object) -> list[Object]:
    """abandonedCheckouts(query:): unfinished for ten minutes, with a way to reach the shopper."""
    search = Search(args.get("query") or "", CHECKOUT_FIELDS)
    found = [
        checkout
        for checkout in store.checkouts.values()
        if abandoned(checkout, store) and search.matches(checkout_fields(checkout))
    ]
    found.sort(key=lambda checkout: checkout.id, reverse=bool(args.get("reverse")))
    return Page([checkout_object(checkout, store) for checkout in found], args, search)


def abandoned(checkout: Checkout, store: ShopifyStore) -> bool:
    if checkout.deleted_at is not None or not (checkout.request.phone or checkout.request.email):
        return False
    return (checkout.completed_at or store.now()) - checkout.created_at >= ABANDONED_AFTER


def checkout_fields(checkout: Checkout) -> Object:
    done = checkout.completed_at is not None
    return {
        "id": checkout.id,
        "created_at": checkout.created_at,
        "updated_at": checkout.updated_at,
        "status": "closed" if done else "open",
        "recovery_state": "recovered" if done else "not_recovered",
        "email_state": "not_sent",
    }


def order(store: ShopifyStore, args: Object) -> Object | None:
    found = store.orders.get(number(args["id"], "Order"))
    return order_object(found, store) if found else None


def customer(store: ShopifyStore, args: Object) -> Object | None:
    found = store.customers.get(number(args["id"], "Customer"))
    return customer_object(found, store) if found else None


def customer_by_identifier(store: ShopifyStore, args: Object) -> Object | None:
    wanted = args["identifier"]
    if wanted.get("id"):
        return customer(store, {"id": wanted["id"]})
    for person in store.customers.values():
        if wanted.get("phoneNumber") and person.phone == wanted["phoneNumber"]:
            return customer_object(person, store)
        if wanted.get("emailAddress") and (person.email or "").lower() == wanted["emailAddress"].lower():
            return customer_object(person, store)
    return None


def sms_consent_update(store: ShopifyStore, args: Object) -> Object:
    """customerSmsMarketingConsentUpdate; the store then sends customers_marketing_consent/update."""
    wanted = args["input"]
    person = store.customers.get(number(wanted["customerId"], "Customer"))
    trouble = consent_trouble(person, wanted["smsMarketingConsent"])
    if person is None or trouble:
        return {"customer": None, "userErrors": [trouble]}
    consent = wanted["smsMarketingConsent"]
    at = datetime.fromisoformat(consent["consentUpdatedAt"]) if consent.get("consentUpdatedAt") else None
    store.set_consent(person, consent["marketingState"], consent.get("marketingOptInLevel"), at)
    return {"customer": customer_object(person, store), "userErrors": []}


def consent_trouble(person: Customer | None, consent: Object) -> Object | None:
    if person is None:
        return {"field": ["input", "customerId"], "code": "INVALID", "message": "Customer not found"}
    if not person.phone:
        message = "A phone number is required to set the SMS consent state."
        return {"field": ["input", "smsMarketingConsent"], "code": "INVALID", "message": message}
    if consent["marketingState"] == "REDACTED":
        where = ["input", "smsMarketingConsent", "marketingState"]
        return {"field": where, "code": "INCLUSION", "message": "Marketing state cannot be set to REDACTED"}
    if not is_time(consent.get("consentUpdatedAt")):
        where = ["input", "smsMarketingConsent", "consentUpdatedAt"]
        return {"field": where, "code": "INVALID", "message": "Consent updated at is not a time"}
    return None


def is_time(given: str | None) -> bool:
    """True for a time with its offset, and for none."""
    try:
        return given is None or datetime.fromisoformat(given).tzinfo is not None
    except ValueError:
        return False


def installation(store: ShopifyStore, args: Object) -> Object:
    return {
        "id": gid("AppInstallation", store.shop.shop_id),
        "accessScopes": [{"handle": scope, "description": scope} for scope in store.desk.scopes],
        "activeSubscriptions": [],
    }


def api_versions(store: ShopifyStore, args: Object) -> list[Object]:
    return [{"handle": v, "displayName": v, "supported": v != "unstable"} for v in VERSIONS]


def number(identifier: str, kind: str) -> int:
    """The number of a global id (or of a bare one); 0, which nothing has, for another kind's."""
    head, _, tail = identifier.rpartition("/")
    return int(tail) if tail.isdigit() and head in ("", f"gid://shopify/{kind}") else 0


class Page(list[Object]):
    """All that was found, with the page that is wanted of it and the search's warnings."""

    def __init__(self, items: list[Object], args: Object, search: Search) -> None:
        super().__init__(items)
        self.args, self.search = args, search


QUERIES: dict[str, Root] = {
    "orders": orders,
    "abandonedCheckouts": abandoned_checkouts,
    "order": order,
    "customer": customer,
    "customerByIdentifier": customer_by_identifier,
    "shop": lambda store, args: shop_object(store.shop) | store.settings,
    "codeDiscountNode": discounts.node,
    "codeDiscountNodeByCode": discounts.by_code,
    "discountRedeemCodeBulkCreation": bulk_codes.bulk_creation,
    "currentAppInstallation": installation,
    "publicApiVersions": api_versions,
}
MUTATIONS: dict[str, Root] = {
    "customerSmsMarketingConsentUpdate": sms_consent_update,
    "discountCodeBasicCreate": discounts.basic_create,
    "discountCodeFreeShippingCreate": discounts.free_shipping_create,
    "discountCodeBxgyCreate": discounts.bxgy_create,
    "discountRedeemCodeBulkAdd": bulk_codes.bulk_add,
    "discountCodeDeactivate": discounts.deactivate,
}
