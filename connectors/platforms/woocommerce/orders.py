"""What an order means, from a webhook or from the REST API: a cart, a purchase, or its undoing.

Deliveries carry the order as it is when they are sent, in any order: `order.updated` may come before
`order.created` and either may be the first to say that it was paid. So the status decides, not the topic.
"""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

from connectors.platforms.woocommerce import shoppers
from connectors.platforms.woocommerce.checked import CheckedOrder, cart_of, order_of
from connectors.platforms.woocommerce.statuses import MEANINGS, meaning
from connectors.platforms.woocommerce.ways_back import rebuilt, way_back
from sequences.cart import Order, Shop
from sequences.events import (
    CartChanged,
    OrderChanged,
    OrderLapsed,
    OrderPlaced,
    Reading,
    ShopperErased,
)
from sequences.money import Money

# Made by the merchant, or by a plugin that bills again: waiting for payment, but nobody left a checkout.
NOT_CHECKOUTS = ("admin", "subscription")

# WooCommerce cancels what stays unpaid for an hour (woocommerce_hold_stock_minutes, wc_cancel_unpaid_orders): orders
# that shoppers placed themselves and that wait as `pending`. What is paid on account or at the door never does.
PLACED_BY_SHOPPERS = ("checkout", "store-api")
ON_ACCOUNT = ("bacs", "cheque", "cod")

# The body of a deletion is only {"id": n}; it has no time. Deletion is final, whatever is newer.
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_order(values: dict[str, Any], shop: Shop, *, created: bool = False) -> Reading:
    """The events in one order that `schema.ORDER` has checked. `created`: it is news that it exists, so
    that it was completed is no change of its own. Raises BadValue."""
    order = CheckedOrder(values, shop)
    if shoppers.is_erased(order.billing, values["meta_data"]):
        erased = ShopperErased(at=order.updated_at, order_keys=(order.key,), cart_keys=order.cart_keys)
        return Reading(events=(erased,))
    what = meaning(values["status"])
    if what == "open":
        return _unpaid(order)
    if what == "bought" and not values["refunds"]:
        return _bought(order, created)
    if what == "cancelled" and _may_have_lapsed(order):
        return _lapsed(order)
    return _undone(order, "refunded" if what == "bought" else what)


def deleted(order_id: str, shop: Shop) -> Reading:
    """An order that was put in the trash: all that is known is its id."""
    key, nothing = f"order:{order_id}", Money(Decimal(0), shop.currency)
    order = Order(
        key=key, status="deleted", created_at=EPOCH, updated_at=EPOCH, total=nothing, checkout_key=key
    )
    return Reading(events=(OrderChanged(order=order, change="deleted"),))


def _unpaid(order: CheckedOrder) -> Reading:
    via, status = order.values["created_via"], order.values["status"]
    if via in NOT_CHECKOUTS:
        return Reading(notes=(f"{order.key} is {status}, but made by {via}: nobody left a checkout",))
    link = way_back(order)
    notes = () if link else (f"{order.key} is {status}: it has no page on which it can be paid",)
    return Reading(events=(CartChanged(cart=cart_of(order, link)),), notes=notes)


def _bought(order: CheckedOrder, created: bool) -> Reading:
    status = order.values["status"]
    bought = order_of(order, "paid" if order.values["date_paid_gmt"] else "placed")
    placed = OrderPlaced(order=bought)
    if status not in MEANINGS:
        return Reading(events=(placed,), notes=(f"{order.key} is {status}, unknown here: taken as bought",))
    if created or status != "completed":
        return Reading(events=(placed,))
    return Reading(events=(placed, OrderChanged(order=bought, change="completed")))


def _may_have_lapsed(order: CheckedOrder) -> bool:
    """It was never paid, and its cart can be rebuilt: by core, or by the plugin that marked it."""
    values = order.values
    return (
        values["date_paid_gmt"] is None
        and not values["refunds"]
        and values["created_via"] in PLACED_BY_SHOPPERS
        and values["payment_method"] not in ON_ACCOUNT
        and bool(order.cart_keys or rebuilt(order))
    )


def _lapsed(order: CheckedOrder) -> Reading:
    """The cart as old as the order: that it was cancelled was not its shopper's doing."""
    cart = replace(cart_of(order, rebuilt(order)), updated_at=order.created_at)
    return Reading(events=(OrderLapsed(order=order_of(order, "cancelled"), cart=cart),))


def _undone(order: CheckedOrder, what: Literal["refunded", "cancelled", "deleted"]) -> Reading:
    return Reading(events=(OrderChanged(order=order_of(order, what), change=what),))
