"""The last look: what the stores say of the carts whose touches are due, asked in batches."""

from collections.abc import Sequence

import structlog

from plugin_server.store import carts
from plugin_server.store.carts import CartRow, Opened
from plugin_server.store.shops import Installed
from plugin_server.store.tx import Tx
from plugin_server.wiring import Machine
from sequences.ports import CartRef, Look

log = structlog.get_logger()
UNKNOWN = Look(state="unknown", detail="the store gave no answer on this cart")


def reference(row: CartRow) -> CartRef | None:
    """How to ask a store about this cart; None if it was erased."""
    if row.cart is None:
        return None
    contact = row.cart.contact
    return CartRef(
        key=row.key,
        aliases=row.cart.aliases,
        since=row.active_at,
        phone=contact.phone,
        email=contact.email,
        customer_id=contact.customer_id,
    )


def look(
    machine: Machine, installed: Installed, cart_ids: Sequence[int], opened: Opened | None = None
) -> dict[int, Look]:
    """What the store says, by cart id. A store that can't be asked makes every answer `unknown`. `opened`
    learns what the carts hold."""
    with machine.db.shop(installed.shop.id) as c:
        tx = Tx(c, installed.shop, machine.secrets)
        known = carts.by_ids(tx, list(cart_ids), opened)
    refs = {
        row.id: ref
        for row in known.values()
        if row.state == "abandoned" and (ref := reference(row)) is not None
    }
    platform = machine.platform(installed.shop.platform)
    answers = platform.last_look(installed.shop, machine.store_secrets(installed), list(refs.values()))
    return {cart_id: answers.get(ref.key, UNKNOWN) for cart_id, ref in refs.items()}
