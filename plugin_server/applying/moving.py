"""A cart moves from one state to another: what that ends is cancelled, and it is said why."""

from plugin_server.applying.effect import Effect, Here
from plugin_server.store import carts, touches, traces
from plugin_server.store.carts import CartRow
from sequences.engine import Next
from sequences.trace import Line


def move(here: Here, known: CartRow, then: Next) -> Effect:
    if then.state == known.state:
        return Effect("stale", f"the cart is {known.state} already", known.id)
    carts.turn(here.tx, known.id, then.state, then.reason)
    say(here, known.id, known.state, then)
    return Effect("applied", cart_id=known.id)


def say(here: Here, cart_id: int, before: str | None, then: Next) -> None:
    if then.cancels:
        touches.cancel(here.tx, [cart_id], then.reason, here.now)
    if before != then.state:
        line = Line(at=here.now, check="cart", outcome=then.state, reason=then.reason)
        traces.write(here.tx, cart_id, [line])
