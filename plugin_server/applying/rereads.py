"""What re-reading a store found, applied as events are; but what webhooks told already is none of it."""

from plugin_server.applying.apply import apply
from plugin_server.applying.effect import Effect, Here
from plugin_server.store import carts, orders, traces
from sequences.events import CartChanged, Event, OrderChanged, OrderLapsed, OrderPlaced, Reading
from sequences.merging import reread
from sequences.trace import Line


def applied(here: Here, reading: Reading) -> list[Effect]:
    """What each of its events led to: "applied" only if webhooks hadn't told of it."""
    effects = [_one(here, event) for event in reading.events]
    for effect in effects:
        if effect.state == "applied" and effect.cart_id is not None:
            line = Line(at=here.now, check="reread", outcome="found", reason="found by re-reading the store")
            traces.write(here.tx, effect.cart_id, [line])
    return effects


def _one(here: Here, event: Event) -> Effect:
    if isinstance(event, CartChanged) and event.scope == "checkout":
        return _cart(here, event)
    if isinstance(event, OrderPlaced | OrderChanged | OrderLapsed):
        return _order(here, event)
    return apply(here, event)


def _cart(here: Here, event: CartChanged) -> Effect:
    known = carts.find(here.tx, (event.cart.key, *event.cart.aliases))
    if known is None or known.cart is None:
        return apply(here, event)
    cart = reread(known.cart, event.cart)
    if cart is None:
        return Effect("stale", "webhooks told of it", known.id)
    return apply(here, CartChanged(cart=cart))


def _order(here: Here, event: OrderPlaced | OrderChanged | OrderLapsed) -> Effect:
    """A store touches its orders for many reasons: only what became of one, and where it came from, is news."""
    before = orders.said(here.tx, event.order.key)
    effect = apply(here, event)
    if effect.state == "applied" and effect.order_key and orders.said(here.tx, event.order.key) == before:
        return Effect("stale", "webhooks told of it", effect.cart_id, event.order.key)
    return effect
