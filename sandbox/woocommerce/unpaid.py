"""Orders that nobody pays: a store that holds stock cancels them after an hour (`wc_cancel_unpaid_orders`)."""

from datetime import timedelta

from sandbox.woocommerce.notes import set_status
from sandbox.woocommerce.ordering import Ordering
from sandbox.woocommerce.state import Order

TIME_IS_UP = "Unpaid order cancelled - time limit reached."
BY_SHOPPER = "Order cancelled by customer."


def held(store: Ordering) -> timedelta:
    """woocommerce_hold_stock_minutes."""
    return timedelta(minutes=store.shop.hold_stock_minutes)


def watch(store: Ordering, order: Order) -> None:
    """Look at it when its time is up, if this store manages stock."""
    if store.shop.holds_stock and order.status == "pending":
        wait = max(order.modified_at + held(store) - store.now(), timedelta(seconds=1))
        store.courier.later(wait, lambda: _look(store, order))


def _look(store: Ordering, order: Order) -> None:
    with store.world.lock:
        if is_late(store, order):
            cancel(store, order, TIME_IS_UP)
        else:
            watch(store, order)


def cancel_late(store: Ordering) -> list[int]:
    """The store's hourly job runs now. Returns the orders that it cancelled."""
    with store.world.lock:
        late = [order for order in store.orders.values() if is_late(store, order)]
        for order in late:
            cancel(store, order, TIME_IS_UP)
        return [order.id for order in late]


def is_late(store: Ordering, order: Order) -> bool:
    """Pending, placed by a checkout, and unchanged for as long as stock is held."""
    waits = order.status == "pending" and order.bought_as is None
    return waits and store.now() - order.modified_at >= held(store)


def cancel(store: Ordering, order: Order, why: str, author: str = "system") -> None:
    """A shopper who cancels at the gateway leaves a note of the system as well: core's note has no other author."""
    set_status(store, order, "cancelled", why, author)
    store.changed(order)
