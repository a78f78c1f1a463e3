"""What the store answers at the roots of the Admin schema: one function for each field that is played."""

from collections.abc import Callable
from typing import Any

from sandbox.shopify import bulk_codes, discounts, marketing, people, schema
from sandbox.shopify.finding import Count, Page, number
from sandbox.shopify.objects import gid, shop_object
from sandbox.shopify.sale_objects import checkout_object, order_object, orders_page
from sandbox.shopify.sale_search import (
    CHECKOUT_FIELDS,
    ORDER_FIELDS,
    checkout_key,
    found_checkouts,
    found_orders,
    seen,
)
from sandbox.shopify.search import Search
from sandbox.shopify.store import ShopifyStore

Object = dict[str, Any]
Root = Callable[[ShopifyStore, Object], Any]


class NotPlayed(Exception):
    """The sandbox doesn't play this mutation; it never pretends that something was done."""


def orders(store: ShopifyStore, args: Object) -> Page:
    """orders(query:), oldest first."""
    return orders_page(list(store.orders.values()), store, args)


def orders_count(store: ShopifyStore, args: Object) -> Count:
    search = Search(args.get("query") or "", ORDER_FIELDS)
    return Count(len(found_orders(store, store.orders.values(), search)), args, search)


def order(store: ShopifyStore, args: Object) -> Object | None:
    found = store.orders.get(number(args["id"], "Order"))
    return order_object(found, store) if found and seen(found, store) else None


def abandoned_checkouts(store: ShopifyStore, args: Object) -> Page:
    """abandonedCheckouts(query:), oldest first."""
    search = Search(args.get("query") or "", CHECKOUT_FIELDS)
    found = found_checkouts(store, search)
    return Page(
        search, found, checkout_key(args), lambda one: checkout_object(one, store), bool(args.get("reverse"))
    )


def abandoned_checkouts_count(store: ShopifyStore, args: Object) -> Count:
    search = Search(args.get("query") or "", CHECKOUT_FIELDS)
    return Count(len(found_checkouts(store, search)), args, search)


def installation(store: ShopifyStore, args: Object) -> Object:
    return {
        "id": gid("AppInstallation", store.shop.shop_id),
        "accessScopes": [{"handle": scope, "description": scope} for scope in store.desk.scopes],
        "activeSubscriptions": [],
    }


def api_versions(store: ShopifyStore, args: Object) -> list[Object]:
    retired = store.world.faults.versions_retired
    known = {**dict.fromkeys(schema.VERSIONS, not retired), schema.CANDIDATE: retired, "unstable": False}
    return [{"handle": v, "displayName": v, "supported": supported} for v, supported in known.items()]


QUERIES: dict[str, Root] = {
    "orders": orders,
    "ordersCount": orders_count,
    "order": order,
    "abandonedCheckouts": abandoned_checkouts,
    "abandonedCheckoutsCount": abandoned_checkouts_count,
    "customers": people.customers,
    "customersCount": people.customers_count,
    "customer": people.customer,
    "customerByIdentifier": people.customer_by_identifier,
    "marketingActivities": marketing.activities,
    "shop": lambda store, args: shop_object(store.shop) | store.settings,
    "codeDiscountNode": discounts.node,
    "codeDiscountNodeByCode": discounts.by_code,
    "discountRedeemCodeBulkCreation": bulk_codes.bulk_creation,
    "currentAppInstallation": installation,
    "publicApiVersions": api_versions,
}
MUTATIONS: dict[str, Root] = {
    "customerSmsMarketingConsentUpdate": people.sms_consent_update,
    "discountCodeBasicCreate": discounts.basic_create,
    "discountCodeFreeShippingCreate": discounts.free_shipping_create,
    "discountCodeBxgyCreate": discounts.bxgy_create,
    "discountRedeemCodeBulkAdd": bulk_codes.bulk_add,
    "discountCodeDeactivate": discounts.deactivate,
}
