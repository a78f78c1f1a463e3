"""Idle carts become abandoned and get their touches: of several that one person left, the newest."""

from datetime import datetime, timedelta

from sqlalchemy import text

from compliance.phones import Phone, parse
from compliance.rules import PerCart
from plugin_server.install import automations
from plugin_server.jobs import offering
from plugin_server.store import carts, persons, shops, touches, traces
from plugin_server.store.carts import CartRow
from plugin_server.store.shops import Installed
from plugin_server.store.tx import Tx
from plugin_server.wiring import Machine
from sequences.cart import Cart
from sequences.engine import plan
from sequences.one_plan import TAKEN_OVER, rests_until
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
        persons.lock(tx)
        idle = carts.idle(tx, now, most)
        shared = persons.with_others(tx, [row.id for row in idle])
        # The newest first: what a person left before it then gets no plan that would be cancelled at once.
        for row in sorted(idle, key=lambda row: (row.active_at, row.id), reverse=True):
            _plan(machine, tx, installed, row, row.id in shared, now)
    return len(idle)


def _plan(machine: Machine, tx: Tx, installed: Installed, row: CartRow, shared: bool, now: datetime) -> None:
    assert row.cart is not None  # noqa: S101  (only an erased cart has none, and that isn't open)
    sequence = installed.sequence
    if why := _needless(tx, installed, row, shared):
        _close(tx, row, now, why)
        return
    rests = _rests_until(tx, row, sequence.rest, now) if shared else None
    planned = plan(row.cart, row.active_at, sequence, most_texts(machine, row.cart), now, rests)
    if not planned.touches:
        _close(tx, row, now, planned.trace[0].reason)
        return
    carts.abandon(tx, row.id, now)
    traces.write(tx, row.id, [Line(at=now, check="cart", outcome="abandoned"), *planned.trace])
    touches.plan(tx, row.id, planned.touches)
    if shared:
        _take_over(tx, row, now)
    offering.foresee(machine, tx, sequence, planned.touches, now)


def _needless(tx: Tx, installed: Installed, row: CartRow, shared: bool) -> str:
    """Why nobody should be reminded of this cart, whatever the sequence says; ''."""
    elsewhere = carts.bought_since(tx, row.id)
    if elsewhere is not None:
        return f"its shopper bought meanwhile ({elsewhere})"
    if not installed.active:
        return f"the shop is {installed.state}"
    if shared and persons.left_newer(tx, row.id):
        return TAKEN_OVER
    found = automations.others_of(installed)
    return found.reason if found.stands_down else ""


def _rests_until(tx: Tx, row: CartRow, rest: timedelta, now: datetime) -> datetime | None:
    reminded_at = persons.reminded(tx, [row.id], now - rest).get(row.id)
    return rests_until(reminded_at, rest)


def _take_over(tx: Tx, row: CartRow, now: datetime) -> None:
    """The person's one plan is this cart's now."""
    older = persons.planned_before(tx, row.id)
    touches.cancel(tx, older, TAKEN_OVER, now)
    for cart_id in older:
        carts.turn(tx, cart_id, "expired", TAKEN_OVER)
        facts = {"cart": row.id}
        traces.write(
            tx, cart_id, [Line(at=now, check="cart", outcome="expired", reason=TAKEN_OVER, facts=facts)]
        )


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
