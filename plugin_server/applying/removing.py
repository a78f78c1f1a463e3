"""A cart that its store watched was removed: emptied, or its shopper took back the tick that let us hear of it.

A box that is left empty says nothing (`noted`). A tick that we were told of and that is taken away before the purchase
is more: the shopper had agreed, and now does not. Consent may be revoked in any reasonable way, and as easily as it was
given (47 CFR 64.1200(a)(10); Regulation (EU) 2016/679, art. 7(3)), so it is written down as withdrawn: no text rests on
that tick any more, nor on anything that this number agreed to before. Ticked again later, it counts anew.
"""

from dataclasses import replace

from plugin_server.applying import people
from plugin_server.applying.effect import Effect, Here
from plugin_server.applying.moving import say
from plugin_server.store import carts
from plugin_server.store.carts import CartRow
from sequences.cart import Cart
from sequences.engine import Next, after_change
from sequences.events import CartChanged, ConsentChanged

UNTICKED = "its shopper took back the tick that it rested on"
EMPTIED = "the cart was emptied"


def removed(here: Here, event: CartChanged, known: CartRow | None) -> Effect:
    reason = UNTICKED if event.unticked else EMPTIED
    if known is None:
        # Remembered: a snapshot from before may still come, and must not bring it back.
        cart_id = carts.add(here.tx, event.cart, "expired", reason, None)
        say(here, cart_id, None, Next("expired", reason))
        return Effect("applied", cart_id=cart_id)
    if known.cart is None:
        return Effect("ignored", "its shopper was erased", known.id)
    taken_back = event.unticked and _take_back(here, known.cart, event.cart)
    if _is_old(event.cart, known, known.cart):
        return Effect("applied" if taken_back else "stale", "we know something newer of this cart", known.id)
    if known.cart.stage == "payment":
        # What was placed can still be paid: that its lines left the cart says nothing.
        return Effect("applied" if taken_back else "stale", "it is an order by now", known.id)
    return _end(here, event.cart, known, known.cart, reason)


def _is_old(told: Cart, known: CartRow, cart: Cart) -> bool:
    return (told.updated_at, told.revision) < (known.updated_at, cart.revision)


def _end(here: Here, told: Cart, known: CartRow, cart: Cart, reason: str) -> Effect:
    then = after_change(known.state, cart, removed=True)
    if then.state != "expired":
        return Effect("stale", f"the cart is {known.state} already", known.id)
    then = replace(then, reason=reason)
    empty = replace(cart, lines=(), updated_at=told.updated_at, revision=told.revision)
    carts.change(here.tx, known.id, empty, then.state, then.reason, None)
    say(here, known.id, known.state, then)
    return Effect("applied", cart_id=known.id)


def _take_back(here: Here, cart: Cart, told: Cart) -> bool:
    """Every consent that the cart brought and that is no newer. True if there was one."""
    ticks = [claim for claim in cart.consent if claim.state == "subscribed" and claim.at <= told.updated_at]
    for tick in ticks:
        people.consent(here, ConsentChanged(claim=replace(tick, state="unsubscribed", at=told.updated_at)))
    return bool(ticks)
