"""Idle carts become abandoned and get their touches."""

from datetime import datetime

from sqlalchemy import text

from compliance.phones import Phone, parse
from compliance.rules import PerCart
from plugin_server.jobs import offering
from plugin_server.store import carts, shops, touches, traces
from plugin_server.store.carts import CartRow
from plugin_server.store.shops import Installed
from plugin_server.store.tx import Tx
from plugin_server.wiring import Machine
from sequences.cart import Cart
from sequences.engine import plan
from sequences.trace import Line


def run(machine: Machine, most: int = 200) -> int:
    """Plan up to `most` idle carts of every shop. Returns how many were looked at."""
    now = machine.clock.now()
    with machine.db.system() as c:
        waiting = c.execute(
            text("SELECT DISTINCT shop_id FROM carts WHERE state = 'open' AND idle_at <= :now"), {"now": now}
        )
        ids = [row.shop_id for row in waiting.all()]
        installed = shops.readable(c, machine.secrets.vault, ids)
    return sum(_shop(machine, shop, now, most) for shop in installed)


def _shop(machine: Machine, installed: Installed, now: datetime, most: int) -> int:
    with machine.db.shop(installed.shop.id) as c:
        tx = Tx(c, installed.shop, machine.secrets)
        idle = carts.idle(tx, now, most)
        for row in idle:
            _plan(machine, tx, installed, row, now)
    return len(idle)


def _plan(machine: Machine, tx: Tx, installed: Installed, row: CartRow, now: datetime) -> None:
    assert row.cart is not None  # noqa: S101  (only an erased cart has none, and that isn't open)
    elsewhere = carts.bought_since(tx, row.id)
    if elsewhere is not None:
        _close(tx, row, now, f"its shopper bought meanwhile ({elsewhere})")
        return
    planned = plan(row.cart, row.active_at, installed.sequence, most_texts(machine, row.cart), now)
    if not installed.active or not planned.touches:
        reason = planned.trace[0].reason if installed.active else f"the shop is {installed.state}"
        _close(tx, row, now, reason)
        return
    carts.abandon(tx, row.id, now)
    traces.write(tx, row.id, [Line(at=now, check="cart", outcome="abandoned"), *planned.trace])
    touches.plan(tx, row.id, planned.touches)
    offering.foresee(machine, tx, installed.sequence, planned.touches, now)


def _close(tx: Tx, row: CartRow, now: datetime, reason: str) -> None:
    """Idle, but nobody will be reminded: the cart is done unless its shopper comes back."""
    carts.turn(tx, row.id, "expired", reason)
    traces.write(tx, row.id, [Line(at=now, check="plan", outcome="nothing", reason=reason)])


def most_texts(machine: Machine, cart: Cart) -> int | None:
    """How many texts the rulebook lets one cart have, by its number's and its address's country; None: as
    many as the sequence plans."""
    phone = parse(cart.contact.phone or "")
    address = cart.shipping or cart.billing
    countries = {phone.country if isinstance(phone, Phone) else None, address.country if address else None}
    limits = machine.rulebook.find([c for c in countries if c], PerCart)
    return min((limit.max_texts for _, limit in limits), default=None)
