"""What a text may promise: the code that its touch gets, in words; or nothing, if there is none to be had.

A touch that finds no code waits for the pool to fill, ten minutes at most; then its text goes out without an offer. No
text promises what no code keeps.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from plugin_server.jobs.spelling import shown, when
from plugin_server.store import code_pools, codes
from plugin_server.store.codes import Code, Giving
from plugin_server.store.touches import TouchRow
from plugin_server.store.tx import Tx
from plugin_server.wiring import Machine
from sequences.cart import Cart, Shop
from sequences.dispatching import Hold
from sequences.engine import Touch
from sequences.offers import Discount, falls_short, spec
from sequences.offers import codes as draw_codes
from sequences.pools import promised_until, said_until
from sequences.sequence import Offer, Sequence, Step
from sequences.trace import Line

LONGEST_WAIT = timedelta(minutes=10)
LOOK_AGAIN = timedelta(minutes=1)
ROOM = timedelta(minutes=30)
"""So long before its deadline a touch waits for nothing any more."""
AHEAD = timedelta(hours=1)
"""A pool is made so long before its first code is wanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One touch that is about to be sent. `zones`: where its shopper's clock may stand; `locale`: how they read;
    `language`: of the text; `makes_codes`: whether the shop's platform makes codes for us."""

    row: TouchRow
    cart: Cart
    step: Step
    zones: tuple[str, ...]
    locale: str
    language: str
    makes_codes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The step as its text may put it. `pool`: whose code was taken."""

    step: Step
    pool: int | None = None


def offer_for(tx: Tx, giving: Giving, case: Case, now: datetime) -> tuple[Given | Hold, Line | None]:
    """The step with its offer filled in, or without any, or a wait; and what the trace says."""
    offer = case.step.offer
    if offer is None or offer.discount is None:
        return Given(step=case.step), None
    if why := _unfit(tx, case, offer.discount):
        return _without(case, now, why)
    if not case.makes_codes:
        return _own(case, offer, now)
    d, name = offer.discount, spec(offer.discount)
    code = giving.take(name, case.row.id, d.lasts) or codes.shared(tx, name, now, d.lasts)
    if code is not None:
        return _given(case, offer, code, now)
    need(tx, d, now, now)
    since = codes.waited_since(tx, case.row.cart_id, case.row.id, now - timedelta(hours=1)) or now
    until = min(now + LOOK_AGAIN, since + LONGEST_WAIT)
    coming = code_pools.coming(tx, name, now, now + d.lasts, now + LONGEST_WAIT)
    if not coming or until <= now or until > case.row.deadline - ROOM:
        return _without(case, now, "no code was ready in time")
    why = "no code is ready yet; the pool is being filled"
    return Hold(until, why, "offer"), Line(at=now, check="offer", outcome="waiting", reason=why)


def _unfit(tx: Tx, case: Case, d: Discount) -> str:
    if d.kind == "amount" and d.currency != tx.shop.currency:
        return f"the offer is in {d.currency}, the shop sells in {tx.shop.currency}"
    if d.kind == "buy_x_get_y" and case.language not in case.step.texts:
        return f"the shop has no words of its own for this offer in {case.language}"
    if falls_short(d, case.cart, tx.shop.currency) and case.language not in case.step.texts:
        return "the cart is below the offer's minimum, and the shop has no words of its own that name it"
    return ""


def _without(case: Case, now: datetime, why: str) -> tuple[Given, Line]:
    """The merchant's own words were written for the offer, so they stay away with it."""
    bare = replace(case.step, offer=None, texts={})
    return Given(step=bare), Line(
        at=now, check="offer", outcome="none", reason=f"{why}: the text goes without"
    )


def _own(case: Case, offer: Offer, now: datetime) -> tuple[Given, Line]:
    if not offer.code:
        return _without(case, now, "this platform makes no codes for us yet")
    filled = replace(case.step, offer=shown(offer, offer.code, "", case.locale))
    why = "this platform makes no codes for us yet: everybody gets the shop's own"
    return Given(step=filled), Line(
        at=now, check="offer", outcome="own code", reason=why, facts={"code": offer.code}
    )


def _given(case: Case, offer: Offer, code: Code, now: datetime) -> tuple[Given, Line]:
    assert offer.discount is not None  # noqa: S101  (it has a code)
    until = promised_until(now, offer.discount.lasts, code.ends_at)
    words = when(said_until(until, case.zones), case.locale) if case.zones else ""
    facts: dict[str, Any] = {"code": code.code, "pool": code.pool_id, "until": until.isoformat()}
    outcome, why = "given", ""
    if code.shared:
        outcome, why = "shared code", "the store makes no unique codes for this offer: others get the same"
    filled = replace(case.step, offer=shown(offer, code.code, words, case.locale))
    pool = None if code.shared else code.pool_id
    return Given(step=filled, pool=pool), Line(
        at=now, check="offer", outcome=outcome, reason=why, facts=facts
    )


# -- pools that will be wanted


def need(tx: Tx, d: Discount, at: datetime, first_use: datetime, *, shared: bool = False) -> bool:
    """See to it that there is a pool to give codes from `first_use` on; if it must be made, at `at`."""
    first = draw_codes(d.prefix, 1, secrets.randbelow)[0]
    return code_pools.need(tx, spec(d), first, at, first_use + d.lasts, d.lasts, shared=shared)


def foresee(machine: Machine, tx: Tx, plan: Sequence, planned: Iterable[Touch], now: datetime) -> None:
    """Touches were planned: have their pools made before they're due."""
    for touch in planned if makes_codes(machine, tx.shop) else ():
        offer = plan.steps[touch.step].offer
        if offer is not None and offer.discount is not None:
            need(tx, offer.discount, max(now, touch.due_at - AHEAD), max(now, touch.due_at))


def makes_codes(machine: Machine, shop: Shop) -> bool:
    """Whether the shop's platform makes codes for us."""
    return machine.platform(shop.platform).codes(shop, {}) is not None


def steps_with(sequence: Sequence, name: str) -> list[int]:
    """The numbers of the steps that give the discount which `spec` calls so."""
    return [
        number
        for number, step in enumerate(sequence.steps)
        if step.offer and step.offer.discount and spec(step.offer.discount) == name
    ]
