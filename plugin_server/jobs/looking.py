"""The last look: what the stores say of the carts whose touches are due, asked in batches.

A claim's lease must outlast its stores, however slow: what can't be asked in time is unknown, put off and asked
about later, by a claim of its own.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from plugin_server.store import carts
from plugin_server.store.carts import CartRow, Opened
from plugin_server.store.shops import Installed
from plugin_server.store.tx import Tx
from plugin_server.wiring import Machine
from sequences.ports import CartRef, Look

log = structlog.get_logger()
UNKNOWN = Look(state="unknown", detail="the store gave no answer on this cart")

IN_VAIN = Look(state="unknown", detail="stores were too slow for all of this claim's carts to be asked about")
SLOW = 10.0
"""Seconds of one look, after which that store isn't asked again by the same claim. No look takes longer than twice
that: connectors/platforms/shopify/last_look.py."""


@dataclass(slots=True)
class Patience:
    """For how many seconds more one claim may wait for stores, and which of them (by shop id) were too slow for it."""

    seconds: float
    slow: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, lease: float) -> "Patience":
        """Half of what the lease has left: the rest is for deciding and handing over. One look is always worth it."""
        return cls(max(1.0, lease / 2))

    def may_ask(self, shop_id: int) -> bool:
        return self.seconds > 0 and shop_id not in self.slow

    def took(self, shop_id: int, seconds: float) -> None:
        self.seconds -= seconds
        if seconds >= SLOW:
            self.slow.add(shop_id)


def reference(row: CartRow) -> CartRef | None:
    """How to ask a store about this cart; None if it was erased."""
    if row.cart is None:
        return None
    contact = row.cart.contact
    return CartRef(
        key=row.key,
        aliases=tuple(name for name in (row.cart.key, *row.cart.aliases) if name != row.key),
        since=row.active_at,
        phone=contact.phone,
        email=contact.email,
        customer_id=contact.customer_id,
    )


def look(
    machine: Machine,
    installed: Installed,
    cart_ids: Sequence[int],
    opened: Opened | None = None,
    patience: Patience | None = None,
) -> dict[int, Look]:
    """What the store says, by cart id. A store that can't be asked, or not any more, makes every answer `unknown`.
    `opened` learns what the carts hold; `patience` is the claim's."""
    patience = patience or Patience.of(math.inf)
    with machine.db.shop(installed.shop.id) as c:
        tx = Tx(c, installed.shop, machine.secrets)
        known = carts.by_ids(tx, list(cart_ids), opened)
    refs = {
        row.id: ref
        for row in known.values()
        if row.state == "abandoned" and (ref := reference(row)) is not None
    }
    if not patience.may_ask(installed.shop.id):
        return dict.fromkeys(refs, IN_VAIN)
    platform, begun = machine.platform(installed.shop.platform), time.monotonic()
    answers = platform.last_look(installed.shop, machine.store_secrets(installed), list(refs.values()))
    patience.took(installed.shop.id, time.monotonic() - begun)
    return {cart_id: answers.get(ref.key, UNKNOWN) for cart_id, ref in refs.items()}
