"""Double opt-in: may we ask this person to confirm, and does the cart wait for the answer? Pure.

Where the rules want a confirmed consent (US, Canada: CART-02) and only a ticked box is on record, one text asks for a
YES. The reminder waits for it, and its deadline still counts.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from compliance.rulebook import Rulebook
from compliance.rules import Confirmation

UNCONFIRMED = frozenset({"consent_unproven", "consent_scope", "consent_pending"})
"""Refusals that a confirmation would end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request for confirmation that went to this number, or still waits to."""

    at: datetime
    open: bool
    waiting: bool


@dataclass(frozen=True, slots=True)
class Next:
    """`ask`: send a request now. `wait`: one is open, until `until`. `stop`: there is nothing more to ask."""

    what: Literal["ask", "wait", "stop"]
    why: str
    until: datetime | None = None


def next_step(asked: tuple[Asked, ...], act: datetime | None, terms: Confirmation, now: datetime) -> Next:
    """`asked`: oldest first; `act`: when the person last did something that let us ask (ticked the box)."""
    last = asked[-1] if asked else None
    if last is None:
        return Next("ask", "consent isn't confirmed yet: the shopper is asked")
    if last.waiting or (last.open and now - last.at < terms.expires):
        return Next("wait", "the shopper was asked to confirm", last.at + terms.expires)
    if len(asked) >= terms.max_requests:
        return Next("stop", f"the shopper was asked {len(asked)} times and never confirmed")
    if act is None or act <= last.at:
        return Next("stop", f"the shopper was asked on {last.at:%Y-%m-%d} and didn't confirm")
    if now - last.at < terms.resend_after:
        return Next("stop", f"the shopper was asked on {last.at:%Y-%m-%d}, too lately to ask again")
    return Next("ask", "the shopper ticked the box again: they are asked again")


def terms_of(book: Rulebook, places: tuple[str, ...]) -> Confirmation:
    """The narrowest terms of these places; the world file has some for everywhere."""
    found = [value for _, value in book.find((*places, "*"), Confirmation)]
    return Confirmation(
        expires=min(value.expires for value in found),
        resend_after=max(value.resend_after for value in found),
        max_requests=min(value.max_requests for value in found),
    )


SHORTEST = timedelta(minutes=30)
"""A request that leaves less time than this before the cart's deadline isn't worth its price."""
