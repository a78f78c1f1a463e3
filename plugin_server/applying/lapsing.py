"""An order that was never paid was cancelled. WooCommerce does so by itself, an hour after it was placed: that is no
word of its shopper's, and where the cart can be rebuilt it is as abandoned as before.

Whether a person cancelled it stands in the order's notes, which the last look reads before a text.
"""

from dataclasses import replace

from plugin_server.applying import carts as cart_news
from plugin_server.applying import orders as order_news
from plugin_server.applying.claims import evidence_of
from plugin_server.applying.effect import Effect, Here
from plugin_server.store import carts, consents, orders
from plugin_server.store.carts import CartRow
from sequences.cart import Cart
from sequences.events import CartChanged, OrderChanged, OrderLapsed
from sequences.merging import joined


def lapsed(here: Here, event: OrderLapsed) -> Effect:
    known = carts.find(here.tx, (event.cart.key, *event.cart.aliases))
    if known is not None and known.cart is None:
        return Effect("ignored", "its shopper was erased", known.id)
    was_bought = orders.said(here.tx, event.order.key) is not None  # on account, and never paid
    fuller = _rebuildable(known.cart if known else None, event.cart)
    if was_bought or fuller is None:
        return order_news.changed(here, OrderChanged(order=event.order, change="cancelled"))
    if known is None:
        return cart_news.changed(here, CartChanged(cart=fuller))
    return _learn(here, event.cart, fuller, known)


def _rebuildable(known: Cart | None, told: Cart) -> Cart | None:
    """The cart as it was left, with a link that doesn't need the order; None if there is none."""
    cart = (joined(known, told) or known) if known else told
    if cart.restores:
        return cart
    return replace(cart, recovery_link=told.recovery_link, restores=True) if told.recovery_link else None


def _learn(here: Here, told: Cart, fuller: Cart, known: CartRow) -> Effect:
    """Its state stays, and so do its reminders: nobody came back to it."""
    if known.state in ("bought", "recovered") or fuller == known.cart:
        return Effect("stale", f"the cart is {known.state}, whatever became of this order", known.id)
    consents.append(here.tx, evidence_of(told.consent), here.now)
    carts.learn(here.tx, known.id, fuller)
    return Effect("applied", "it was never paid and lapsed: its cart is rebuilt by a link", known.id)
