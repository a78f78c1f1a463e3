"""What an order means, from a webhook or from the REST API: a cart, a purchase, or its undoing.

Deliveries carry the order as it is when they are sent, in any order: `order.updated` may come before
`order.created` and either may be the first to say that it was paid. So the status decides, not the topic.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

from connectors.platforms.woocommerce import shoppers
from connectors.platforms.woocommerce.checked import CheckedOrder, cart_of, order_of, recovery_link_of
from connectors.platforms.woocommerce.statuses import MEANINGS, meaning
from sequences.cart import Order, Shop
from sequences.events import CartChanged, OrderChanged, OrderPlaced, Reading, ShopperErased
from sequences.money import Money

# Made by the merchant, or by a plugin that bills again: waiting for payment, but nobody left a checkout.
NOT_CHECKOUTS = ("admin", "subscription")

# The body of a deletion is only {"id": n}; it has no time. Deletion is final, whatever is newer.
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_order(values: dict[str, Any], shop: Shop, *, created: bool = False) -> Reading:
    """The events in one order that `schema.ORDER` has checked. `created`: it is news that it exists, so
    that it was completed is no change of its own. Raises BadValue."""
    order = CheckedOrder(values, shop)
    if shoppers.is_erased(order.billing, values["meta_data"]):
        return Reading(events=(ShopperErased(at=order.updated_at, order_keys=(order.key,)),))
    what = meaning(values["status"])
    if what == "open":
        return _unpaid(order)
    if what == "bought" and not values["refunds"]:
        return _bought(order, created)
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
    link = recovery_link_of(order)
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


def _undone(order: CheckedOrder, what: Literal["refunded", "cancelled", "deleted"]) -> Reading:
    return Reading(events=(OrderChanged(order=order_of(order, what), change=what),))
