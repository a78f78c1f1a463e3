"""A purchase: tied to its cart by the surest rule, it ends the reminders and may count as a recovery."""

from dataclasses import replace

from plugin_server.applying import recovering
from plugin_server.applying.claims import evidence_of
from plugin_server.applying.effect import Effect, Here
from plugin_server.store import carts, consents, orders, touches, traces
from plugin_server.store.carts import CartRow
from sequences.attribution import Match, tie
from sequences.cart import Order
from sequences.events import OrderChanged, OrderPlaced
from sequences.trace import Line


def placed(here: Here, event: OrderPlaced) -> Effect:
    return _order(here, event.order)


def changed(here: Here, event: OrderChanged) -> Effect:
    if event.change == "deleted":
        return _deleted(here, event.order)
    return _order(here, event.order)


def _order(here: Here, told: Order) -> Effect:
    order = _as_bought(here, told)
    consents.append(here.tx, evidence_of(order.consent), here.now)
    fresh = orders.save(here.tx, order, here.sequence.attribution)
    sooner = orders.bought_sooner(here.tx, order.key, order.created_at)
    # What ties it may stand in an older word that comes late: the newest of the store says what became of the order,
    # all that it ever said tells where it came from.
    tied = orders.note(here.tx, order.key, orders.matches(here.tx, order))
    if not (fresh or sooner or tied):
        return Effect("stale", "we know something newer of this order", order_key=order.key)
    match = _tie(here, order)
    if fresh and order.status == "cancelled":
        return _cancelled(here, order)
    if fresh:
        _end_reminders(here, order, match)
    if match is None:
        return Effect("applied", "no cart of ours led to this order", order_key=order.key)
    _judge(here, order.key)
    return Effect("applied", cart_id=match.cart_id, order_key=order.key)


def _as_bought(here: Here, told: Order) -> Order:
    """Created when it was bought, by the earliest word of it. A WooCommerce order that waited for payment was a cart of
    ours until then: its own creation says nothing of the purchase."""
    was_a_cart = carts.find(here.tx, [told.key]) is not None
    when = (told.paid_at or told.updated_at) if was_a_cart else told.created_at
    return replace(told, created_at=min(when, orders.bought_at(here.tx, told.key) or when))


def _tie(here: Here, order: Order) -> Match | None:
    """The surest of all ties found so far: an order moves to another cart if something surer is told of it later."""
    match = tie(orders.ties(here.tx, order.key))
    if match is not None:
        orders.tied(here.tx, order.key, match)
    return match


def _end_reminders(here: Here, order: Order, match: Match | None) -> None:
    """Nobody is reminded of a cart after buying, neither of this one nor of another they left before. A test order
    closes the checkout that it came from, and says nothing of the others."""
    others = [] if order.test else carts.of_person(here.tx, order)
    ended = sorted({*others, *([match.cart_id] if match else [])})
    touches.cancel(here.tx, ended, f"bought ({order.key})", here.now)


def _judge(here: Here, order_key: str) -> None:
    recovering.of_order(here.tx, order_key, here.sequence.attribution, here.now)


def _cancelled(here: Here, order: Order) -> Effect:
    reason = "the order was cancelled"
    _judge(here, order.key)
    cart = carts.find(here.tx, filter(None, [order.checkout_key, order.cart_key]))
    if cart is not None:
        # WooCommerce: the pending order that was the cart is now a cancelled one. Shopify: its checkout is closed.
        _expire(here, cart, reason)
    found = orders.cart_of(here.tx, order.key) or (cart.id if cart else None)
    return Effect("applied", reason, found, order.key)


def _expire(here: Here, cart: CartRow, reason: str) -> None:
    if cart.state in ("open", "abandoned"):
        carts.turn(here.tx, cart.id, "expired", reason)
        touches.cancel(here.tx, [cart.id], reason, here.now)
        traces.write(here.tx, cart.id, [Line(at=here.now, check="order", outcome="undone", reason=reason)])


def _deleted(here: Here, order: Order) -> Effect:
    """The store threw an order away and names only its id. What was a pending order's cart goes with it. One that we
    never heard of is written down too: what the store said of it before may still come."""
    reason = "the store deleted the order"
    if not orders.mark_deleted(here.tx, order.key):
        orders.save(here.tx, replace(order, status="deleted"), here.sequence.attribution)
    _judge(here, order.key)
    cart = carts.find(here.tx, [order.key])
    if cart is not None:
        _expire(here, cart, reason)
    return Effect("applied", reason, cart.id if cart else None, order.key)
