"""Which cart an order closes, and whether a text may claim it.

Two questions, kept apart: *tying* an order to a cart is a fact about the store; *attributing* it to a text
also needs that the text was handed over before the order, and not too long before.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from sequences.money import Money


class Rule(IntEnum):
    """How an order was tied to a cart, surest first (Shopify's order and checkout payloads, Woo's meta)."""

    same_checkout = 1  # the order names the checkout it came from
    offer_code = 2  # a code that only this cart's text carried
    recovery_ref = 3  # our mark, carried through the store to the order
    same_cart = 4  # the order names the cart before the checkout
    utm = 5  # the store saw our link's campaign parameters
    click_and_person = 6  # the same person clicked our link and then bought


@dataclass(frozen=True, slots=True)
class Match:
    """One way in which an order points to a cart."""

    rule: Rule
    cart_id: int


def tie(matches: list[Match]) -> Match | None:
    """The surest match; of two equally sure ones, the newer cart."""
    return min(matches, key=lambda m: (m.rule, -m.cart_id), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """A text of that cart that the carrier took, and when (aware UTC)."""

    touch_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Attributed:
    """The order counts as this text's doing."""

    touch_id: str


@dataclass(frozen=True, slots=True)
class NotAttributed:
    """It doesn't, and why."""

    reason: str


def attribute(
    ordered_at: datetime, test: bool, texts: list[HandedOver], window: timedelta
) -> Attributed | NotAttributed:
    """The last text handed over before the order claims it, if the order came within `window` of it."""
    if test:
        return NotAttributed("a test order")
    before = [t for t in texts if t.at <= ordered_at]
    if not before:
        return NotAttributed("no text was handed over before the order")
    last = max(before, key=lambda t: t.at)
    if ordered_at - last.at > window:
        return NotAttributed(f"the last text was more than {window} before the order")
    return Attributed(last.touch_id)


def standing_amount(total: Money, refunded: Money | None) -> Money:
    """What is left of an order's worth after refunds; never below nothing."""
    left = total if refunded is None else total - refunded
    return left if left.amount > 0 else Money(left.amount * 0, left.currency)
