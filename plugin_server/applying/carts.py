"""A changed cart: newest wins, idleness starts anew, what it ends is cancelled."""

from dataclasses import replace

from plugin_server.applying import removing
from plugin_server.applying.claims import evidence_of
from plugin_server.applying.effect import Effect, Here
from plugin_server.applying.moving import move, say
from plugin_server.store import carts, consents
from plugin_server.store.carts import CartRow
from sequences.cart import Cart
from sequences.engine import after_change, is_news
from sequences.events import CartChanged
from sequences.merging import added, joined, outnumbered, together


def changed(here: Here, event: CartChanged) -> Effect:
    known = carts.find(here.tx, (event.cart.key, *event.cart.aliases))
    if event.scope == "checkout":
        return _checkout(here, event.cart, known)
    if event.scope == "removed" and event.cart.revision:
        return removing.removed(here, event, known)
    if known is None:
        return Effect("ignored", "a cart before checkout: nobody to reach yet")
    if event.scope == "removed":
        return move(here, known, after_change(known.state, known.cart or event.cart, removed=True))
    return _still_shopping(here, event.cart, known)


def _checkout(here: Here, cart: Cart, known: CartRow | None) -> Effect:
    if known is None:
        return _news(here, cart, None)
    if known.cart is None:
        return Effect("ignored", "its shopper was erased", known.id)
    fuller = joined(known.cart, cart) or together(known.cart, cart)
    if is_news(known.updated_at, cart.updated_at, known.state) and not outnumbered(known.cart, cart):
        return _news(here, fuller or cart, known)
    if known.reason == removing.UNTICKED:
        return Effect("stale", f"{removing.UNTICKED} since", known.id)
    return _late(here, cart, fuller, known)


def _late(here: Here, told: Cart, fuller: Cart | None, known: CartRow) -> Effect:
    """Old news. But a cart that was found by re-reading its store may learn from them its own name, who agreed to what,
    and how its shopper can be reached at all."""
    fuller = fuller or (added(known.cart, told) if known.cart else None)
    if fuller is None or fuller == known.cart:
        return Effect("stale", "we know something newer of this cart", known.id)
    unreachable = known.cart is not None and known.cart.contact.phone is None
    if known.state == "expired" and unreachable and fuller.contact.phone:
        return _news(here, fuller, known)
    consents.append(here.tx, evidence_of(told.consent), here.now)
    carts.learn(here.tx, known.id, fuller)
    return Effect("applied", "old news, with something that we didn't know", known.id)


def _news(here: Here, cart: Cart, known: CartRow | None) -> Effect:
    consents.append(here.tx, evidence_of(cart.consent), here.now)
    then = after_change(known.state if known else "open", cart)
    if known and known.state == then.state and not then.reason:
        then = replace(then, reason=known.reason)  # an end that stays keeps its why
    idle_at = cart.updated_at + here.sequence.idle(cart.stage) if then.state == "open" else None
    if known is None:
        cart_id = carts.add(here.tx, cart, then.state, then.reason, idle_at)
    else:
        cart_id = known.id
        carts.change(here.tx, cart_id, cart, then.state, then.reason, idle_at)
    say(here, cart_id, known.state if known else None, then)
    return Effect("applied", cart_id=cart_id)


def _still_shopping(here: Here, cart: Cart, known: CartRow) -> Effect:
    """A cart event before checkout knows only the lines: a sign of life, or of an emptied cart."""
    if known.state not in ("open", "abandoned") or cart.updated_at <= known.active_at:
        return Effect("stale", "we know something newer of this cart", known.id)
    then = after_change(known.state, cart)
    if then.state != "open":
        return move(here, known, then)
    carts.alive(here.tx, known.id, cart.updated_at, cart.updated_at + here.sequence.idle_after)
    say(here, known.id, known.state, then)
    return Effect("applied", cart_id=known.id)
