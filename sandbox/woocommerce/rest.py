"""What each REST v3 call does, apart from HTTP and authentication."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.catalog import BY_ID, PRODUCTS
from sandbox.woocommerce import accounts, coupon_batch, coupons, things
from sandbox.woocommerce.errors import RestError, invalid_param, unknown_id
from sandbox.woocommerce.listing import STATUSES, Listed, find_orders, page_of
from sandbox.woocommerce.notes import MERCHANT, set_status
from sandbox.woocommerce.order_json import order_json
from sandbox.woocommerce.php import truthy
from sandbox.woocommerce.state import Order
from sandbox.woocommerce.store import WooStore

Json = dict[str, Any]
NO_TRASH = "Webhooks do not support trashing."


@dataclass(frozen=True, slots=True)
class Ask:
    """A call that passed: the store, the id of a single resource, query and JSON body."""

    store: WooStore
    id: int
    query: Mapping[str, str]
    body: Json


@dataclass(frozen=True, slots=True)
class Made:
    """An answer and what to do before it is given, with no lock held."""

    body: Json
    after: Callable[[], None] | None = None
    status: int = 201


Answer = Json | Listed | Made
Play = Callable[[Ask], Answer]


def list_orders(ask: Ask) -> Answer:
    listed = page_of(find_orders(ask.store, ask.query), ask.query)
    return Listed(
        [order_json(order, ask.store.shop) for order in listed.items], listed.total, listed.pages, listed.page
    )


def get_order(ask: Ask) -> Answer:
    return order_json(found_order(ask, 404), ask.store.shop)


def put_order(ask: Ask) -> Answer:
    """Status and meta_data; an unknown order is 400 here and 404 on GET."""
    order = found_order(ask, 400)
    status = ask.body.get("status")
    if status is not None:
        if status not in STATUSES[2:]:
            reason = f"status is not one of {', '.join(STATUSES[2:])}."
            raise invalid_param("status", reason, "rest_not_in_enum")
        set_status(ask.store, order, status, author=MERCHANT)
        if status in ("processing", "completed") and order.paid_at is None:
            order.paid_at = ask.store.now()
    accounts.write_meta(order.meta, ask.body)
    ask.store.changed(order)
    return order_json(order, ask.store.shop)


def found_order(ask: Ask, status: int) -> Order:
    order = ask.store.orders.get(ask.id)
    if order is None:
        raise unknown_id("shop_order", status)
    return order


def list_coupons(ask: Ask) -> Answer:
    found = coupon_batch.find(ask.store, dict(ask.query))
    return listed(ask, [coupons.coupon_json(c, ask.store) for c in found])


def post_coupon(ask: Ask) -> Answer:
    return Made(coupon_batch.create(ask.store, ask.body))


def post_coupons(ask: Ask) -> Answer:
    return coupon_batch.batch(ask.store, ask.body)


def put_coupon(ask: Ask) -> Answer:
    return coupon_batch.change(ask.store, ask.id, ask.body)


def get_coupon(ask: Ask) -> Answer:
    return coupons.coupon_json(found_coupon(ask), ask.store)


def delete_coupon(ask: Ask) -> Answer:
    return coupon_batch.delete(ask.store, ask.id)


def found_coupon(ask: Ask) -> Any:
    coupon = next((c for c in ask.store.codes.values() if c.id == ask.id), None)
    if coupon is None:
        raise unknown_id("shop_coupon", 404)
    return coupon


def list_webhooks(ask: Ask) -> Answer:
    wanted = ask.query.get("status", "all")
    hooks = [hook for hook in ask.store.outbox.webhooks.values() if wanted in ("all", hook.status)]
    hooks.sort(key=lambda hook: -hook.id)
    return listed(ask, [things.webhook_json(hook, ask.store) for hook in hooks])


def post_webhook(ask: Ask) -> Answer:
    hook = things.create_webhook(ask.store, ask.body)
    after = (lambda: ask.store.outbox.ping(hook)) if hook.status == "active" else None
    return Made(things.webhook_json(hook, ask.store), after)


def get_webhook(ask: Ask) -> Answer:
    return things.webhook_json(found_webhook(ask), ask.store)


def put_webhook(ask: Ask) -> Answer:
    hook = found_webhook(ask)
    things.change_webhook(hook, ask.body, ask.store)
    after = (lambda: ask.store.outbox.ping(hook)) if hook.status == "active" else None
    return Made(things.webhook_json(hook, ask.store), after, 200)


def delete_webhook(ask: Ask) -> Answer:
    if not truthy(ask.query.get("force")):
        raise RestError(501, "woocommerce_rest_trash_not_supported", NO_TRASH)
    hook = found_webhook(ask)
    del ask.store.outbox.webhooks[hook.id]
    return things.webhook_json(hook, ask.store)


def found_webhook(ask: Ask) -> Any:
    hook = ask.store.outbox.webhooks.get(ask.id)
    if hook is None:
        raise unknown_id("shop_webhook", 404)
    return hook


def list_products(ask: Ask) -> Answer:
    return listed(ask, [things.product_json(product, ask.store) for product in PRODUCTS])


def get_product(ask: Ask) -> Answer:
    return things.product_json(found_product(ask), ask.store)


def put_product(ask: Ask) -> Answer:
    product = found_product(ask)
    ask.store.stock[product.id] = int(ask.body.get("stock_quantity", ask.store.stock[product.id]))
    ask.store.outbox.fire("product.updated", product.id, lambda: things.product_json(product, ask.store))
    return things.product_json(product, ask.store)


def found_product(ask: Ask) -> Any:
    if ask.id not in BY_ID:
        raise unknown_id("product", 404)
    return BY_ID[ask.id]


def list_customers(ask: Ask) -> Answer:
    email = ask.query.get("email", "").lower()
    return listed(ask, [c for c in ask.store.customers.values() if email in ("", c["email"].lower())])


def get_customer(ask: Ask) -> Answer:
    return found_customer(ask, 404)


def put_customer(ask: Ask) -> Answer:
    person = found_customer(ask, 400)
    accounts.change(person, ask.body, ask.store)
    ask.store.outbox.fire("customer.updated", ask.id, lambda: person)
    return person


def found_customer(ask: Ask, status: int) -> Json:
    if ask.id not in ask.store.customers:
        word = "resource " if status == 404 else ""
        raise RestError(status, "woocommerce_rest_invalid_id", f"Invalid {word}ID.")
    return ask.store.customers[ask.id]


def post_customer(ask: Ask) -> Answer:
    """Making a customer sends created and updated, as the REST API does."""
    person = accounts.create(ask.store, ask.body)
    for topic in ("customer.created", "customer.updated"):
        ask.store.outbox.fire(topic, person["id"], lambda: person)
    return Made(person)


def delete_customer(ask: Ask) -> Answer:
    if ask.id not in ask.store.customers:
        raise RestError(400, "woocommerce_rest_invalid_id", "Invalid resource id.")
    person = ask.store.customers.pop(ask.id)
    ask.store.outbox.fire("customer.deleted", ask.id, lambda: {"id": ask.id})
    return person


def listed(ask: Ask, items: list[Any]) -> Listed:
    return page_of(items, ask.query)


LISTS: dict[tuple[str, str], Play] = {
    ("GET", "orders"): list_orders,
    ("GET", "coupons"): list_coupons,
    ("POST", "coupons"): post_coupon,
    ("POST", "coupons/batch"): post_coupons,
    ("GET", "shipping/zones"): lambda ask: listed(ask, [{"id": 1, "name": "Everywhere", "order": 0}]),
    ("GET", "webhooks"): list_webhooks,
    ("POST", "webhooks"): post_webhook,
    ("GET", "products"): list_products,
    ("GET", "customers"): list_customers,
    ("POST", "customers"): post_customer,
    ("GET", "system_status"): lambda ask: things.system_status(ask.store),
}
SINGLES: dict[tuple[str, str], Play] = {
    ("GET", "orders"): get_order,
    ("PUT", "orders"): put_order,
    ("GET", "coupons"): get_coupon,
    ("PUT", "coupons"): put_coupon,
    ("GET", "shipping/methods"): lambda ask: listed(ask, coupon_batch.shipping_methods(ask.store)),
    ("DELETE", "coupons"): delete_coupon,
    ("GET", "webhooks"): get_webhook,
    ("PUT", "webhooks"): put_webhook,
    ("DELETE", "webhooks"): delete_webhook,
    ("GET", "products"): get_product,
    ("PUT", "products"): put_product,
    ("GET", "customers"): get_customer,
    ("PUT", "customers"): put_customer,
    ("DELETE", "customers"): delete_customer,
}
