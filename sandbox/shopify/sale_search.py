"""What orders, abandoned checkouts and customers can be searched by, as the Admin schema lists it."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from sandbox.shopify.records import Records
from sandbox.shopify.search import Search
from sandbox.shopify.state import Checkout, Customer, Order

Object = dict[str, Any]
ABANDONED_AFTER = timedelta(minutes=10)  # help.shopify.com, "Abandoned checkouts"
SEEN_BACK = timedelta(days=60)  # of orders, without read_all_orders: shopify.dev, "Access scopes"
TIMES = ("created_at", "updated_at")
ORDER_FIELDS = frozenset(
    ("id", "name", "email", "checkout_token", "cart_token", "customer_id", "processed_at", "discount_code",
     "financial_status", "status", "test", "confirmation_number", *TIMES)
)  # fmt: skip
CHECKOUT_FIELDS = frozenset(("id", "status", "recovery_state", "email_state", *TIMES))
CUSTOMER_FIELDS = frozenset(
    ("id", "email", "phone", "first_name", "last_name", "country", "orders_count", "customer_date", "order_date",
     "last_abandoned_order_date", "state", "updated_at")
)  # fmt: skip
ORDER_KEYS: dict[str, Callable[[Order], Any]] = {
    "UPDATED_AT": lambda order: order.updated_at,
    "TOTAL_PRICE": lambda order: order.total,
    "ID": lambda order: order.id,
}
CUSTOMER_KEYS: dict[str, Callable[[Customer], Any]] = {
    "CREATED_AT": lambda person: person.created_at,
    "UPDATED_AT": lambda person: person.updated_at,
    "NAME": lambda person: f"{person.last_name}, {person.first_name}",
}


def order_key(args: Object) -> Callable[[Order], Any]:
    return ORDER_KEYS.get(str(args.get("sortKey")), lambda order: order.created_at)


def checkout_key(args: Object) -> Callable[[Checkout], Any]:
    by_price = args.get("sortKey") == "TOTAL_PRICE"
    return lambda checkout: checkout.subtotal if by_price else checkout.id


def customer_key(args: Object) -> Callable[[Customer], Any]:
    return CUSTOMER_KEYS.get(str(args.get("sortKey")), lambda person: person.id)


def found_orders(store: Records, among: Iterable[Order], search: Search) -> list[Order]:
    return [order for order in among if seen(order, store) and search.matches(order_fields(order))]


def seen(order: Order, store: Records) -> bool:
    """Older orders only show to an app with read_all_orders."""
    return store.now() - order.created_at <= SEEN_BACK or "read_all_orders" in store.desk.scopes


def order_fields(order: Order) -> Object:
    checkout, person = order.checkout, order.checkout.customer
    return {
        "id": order.id,
        "name": f"#{order.number}",
        "email": checkout.request.email,
        "checkout_token": None if "tokens" in checkout.request.without else checkout.token,
        "cart_token": None if "tokens" in checkout.request.without else checkout.cart_token,
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


def found_checkouts(store: Records, search: Search) -> list[Checkout]:
    """Unfinished for ten minutes, with a way to reach the shopper."""
    return [
        checkout
        for checkout in store.checkouts.values()
        if abandoned(checkout, store) and search.matches(checkout_fields(checkout))
    ]


def abandoned(checkout: Checkout, store: Records) -> bool:
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


def found_customers(store: Records, search: Search) -> list[Customer]:
    orders: dict[int, list[Order]] = {}
    left: dict[int, Checkout] = {}
    for order in store.orders.values():
        if order.checkout.customer:
            orders.setdefault(order.checkout.customer.id, []).append(order)
    for checkout in store.checkouts.values():
        if checkout.customer and abandoned(checkout, store):
            left[checkout.customer.id] = checkout
    return [
        person
        for person in store.customers.values()
        if search.matches(customer_fields(person, orders.get(person.id, []), left.get(person.id)))
    ]


def customer_fields(person: Customer, orders: list[Order], left: Checkout | None) -> Object:
    return {
        "id": person.id,
        "email": person.email,
        "phone": person.phone,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "country": person.country,
        "orders_count": len(orders),
        "customer_date": person.created_at,
        "order_date": orders[-1].created_at if orders else None,
        "last_abandoned_order_date": left.created_at if left else None,
        "state": "disabled",
        "updated_at": person.updated_at,
    }
