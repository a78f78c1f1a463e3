"""A purchase: tied to its cart by the surest rule, it ends the reminders and may count as a recovery."""

from dataclasses import replace

from plugin_server.applying.claims import evidence_of
from plugin_server.applying.effect import Effect, Here
from plugin_server.store import carts, consents, orders, touches, traces
from sequences.attribution import Attributed, Match, attribute, standing_amount, tie
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
    if not orders.save(here.tx, order):
        return Effect("stale", "we know something newer of this order", order_key=order.key)
    if order.status == "cancelled":
        return _undone(here, order, "the order was cancelled")
    match = _tie(here, order)
    _end_reminders(here, order, match)
    if match is None:
        return Effect("applied", "no cart of ours led to this order", order_key=order.key)
    _recovery(here, order, match)
    return Effect("applied", cart_id=match.cart_id, order_key=order.key)


def _as_bought(here: Here, told: Order) -> Order:
    """Created when it was bought. A WooCommerce order that waited for payment was a cart of ours until then:
    its own creation says nothing of the purchase."""
    was_a_cart = carts.find(here.tx, [told.key]) is not None
    when = (told.paid_at or told.updated_at) if was_a_cart else told.created_at
    return replace(told, created_at=orders.bought_at(here.tx, told.key) or when)


def _tie(here: Here, order: Order) -> Match | None:
    """An order stays with the cart it was first tied to."""
    known = orders.tie_of(here.tx, order.key)
    if known is not None:
        return known
    match = tie(orders.matches(here.tx, order))
    if match is not None:
        orders.tied(here.tx, order.key, match.cart_id, match.rule)
    return match


def _end_reminders(here: Here, order: Order, match: Match | None) -> None:
    """Nobody is reminded of a cart after buying, neither of this one nor of another they left before."""
    others = [] if order.test else carts.of_person(here.tx, order)
    ended = sorted({*others, *([match.cart_id] if match else [])})
    touches.cancel(here.tx, ended, f"bought ({order.key})", here.now)


def _recovery(here: Here, order: Order, match: Match) -> None:
    texts = orders.handed_over(here.tx, match.cart_id)
    verdict = attribute(order.created_at, order.test, texts, here.sequence.attribution)
    # A store may say that all was paid back without listing the payments.
    all_back = order.status == "refunded" and order.refunded is None
    amount = standing_amount(order.total, order.total if all_back else order.refunded)
    facts = {"order": order.key, "rule": match.rule.name}
    if not isinstance(verdict, Attributed):
        _close(here, order, match, "bought", verdict.reason, facts)
        return
    orders.recover(
        here.tx, order, match.cart_id, verdict.touch_id, match.rule.name, amount.amount, order.created_at
    )
    _close(here, order, match, "recovered", f"tied by {match.rule.name}", facts)
    if amount.amount == 0:
        orders.undo(here.tx, order.key, "the order was refunded")


def _close(here: Here, order: Order, match: Match, state: str, reason: str, facts: dict[str, str]) -> None:
    known = carts.by_id(here.tx, match.cart_id)
    if (
        known is None
        or known.state in ("erased", "recovered")
        or (known.state, known.order_key) == (state, order.key)
    ):
        return
    carts.turn(here.tx, match.cart_id, state, reason, order.key)
    line = Line(at=here.now, check="order", outcome=state, reason=reason, facts=dict(facts))
    traces.write(here.tx, match.cart_id, [line])


def _undone(here: Here, order: Order, reason: str) -> Effect:
    orders.undo(here.tx, order.key, reason)
    cart_id = orders.cart_of(here.tx, order.key)
    cart = carts.find(here.tx, [order.checkout_key]) if cart_id is None and order.checkout_key else None
    if cart is not None and cart.state in ("open", "abandoned"):
        # WooCommerce: the pending order that was the cart is now a cancelled one.
        carts.turn(here.tx, cart.id, "expired", reason)
        touches.cancel(here.tx, [cart.id], reason, here.now)
    found = cart_id if cart is None else cart.id
    if found is not None:
        traces.write(here.tx, found, [Line(at=here.now, check="order", outcome="undone", reason=reason)])
    return Effect("applied", reason, found, order.key)


def _deleted(here: Here, order: Order) -> Effect:
    """The store threw an order away and names only its id. What was a pending order's cart goes with it."""
    reason = "the store deleted the order"
    orders.mark_deleted(here.tx, order.key)
    orders.undo(here.tx, order.key, reason)
    cart = carts.find(here.tx, [order.key])
    if cart is not None and cart.state in ("open", "abandoned"):
        carts.turn(here.tx, cart.id, "expired", reason)
        touches.cancel(here.tx, [cart.id], reason, here.now)
    return Effect("applied", reason, cart.id if cart else None, order.key)
