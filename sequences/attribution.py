"""Which cart an order closes, and which text, if any, may claim it.

Two questions, kept apart: *tying* an order to a cart is a fact about the store; *claiming* it for a text also needs
that the text reached its shopper before the order, and not too long before. Pure: the answer follows from what is
known, in whatever order it came to be known. A report, or an order, that comes late is judged anew with all the rest.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Literal

from sequences.money import Money


class Rule(IntEnum):
    """How an order was tied to a cart, surest first (Shopify's order and checkout payloads, Woo's meta)."""

    same_checkout = 1  # the order names the checkout it came from
    offer_code = 2  # a code that only this cart's text carried
    recovery_ref = 3  # our mark, carried through the store to the order
    same_cart = 4  # the order names the cart before the checkout
    utm = 5  # the store saw our link's campaign parameters
    click_and_person = 6  # the same person clicked our link and then bought


# What names the very cart that became the order. The others say who bought, or what led them there.
OF_THE_CART = (Rule.same_checkout, Rule.same_cart)


@dataclass(frozen=True, slots=True)
class Match:
    """One way in which an order points to a cart. `touch_id`: to which of its texts, where the rule knows ("": not)."""

    rule: Rule
    cart_id: int
    touch_id: str = ""


def tie(matches: Iterable[Match]) -> Match | None:
    """The surest match; of two equally sure ones, the newer cart."""
    return min(matches, key=_sureness, default=None)


def _sureness(match: Match) -> tuple[int, int, str]:
    return match.rule, -match.cart_id, match.touch_id


Proof = Literal["read", "delivered", "accepted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """A text of a cart, as far as is known. All times are aware UTC.

    `at`: when we began to hand it over. `taken_at`: when the carrier surely had it, by its answer or a report.
    `delivered_at`: when it reached the phone, by the carrier's report. `failed`: the carrier reports that it didn't.
    `read_at`: when a person last opened its link before the order.
    """

    touch_id: str
    cart_id: int
    at: datetime
    taken_at: datetime | None = None
    delivered_at: datetime | None = None
    failed: bool = False
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """An order, with all that it points to and the texts of those carts.

    `void`: why it counts for nothing ("": it counts). `window`: how long after a text an order may be its doing.
    """

    key: str
    at: datetime
    window: timedelta
    matches: tuple[Match, ...] = ()
    texts: tuple[HandedOver, ...] = ()
    void: str = ""


@dataclass(frozen=True, slots=True)
class Attributed:
    """The order counts as this text's doing. `proof`: how we know that the text came before the order."""

    match: Match
    touch_id: str
    proof: Proof


@dataclass(frozen=True, slots=True)
class NotAttributed:
    """It doesn't, and why."""

    reason: str


Verdict = Attributed | NotAttributed


def attribute(purchases: Sequence[Purchase]) -> dict[str, Verdict]:
    """What each order counts as, by its key. `purchases`: all orders that point to carts which any of them points to.

    A cart comes back once and an order is counted once. Of all that is possible the surest rule is served first, then
    the earlier order. So a new checkout that nobody was texted about doesn't take its order from the text whose code or
    link led there, and what somebody buys besides isn't counted as the same cart's return.
    """
    verdicts: dict[str, Verdict] = {}
    back: set[int] = set()
    claims = sorted(_claims(purchases), key=_served)
    for purchase, found in claims:
        if purchase.key not in verdicts and found.match.cart_id not in back:
            verdicts[purchase.key] = found
            back.add(found.match.cart_id)
    late = {purchase.key for purchase, _ in claims}
    for purchase in purchases:
        why = "the cart came back with another order" if purchase.key in late else _why_not(purchase)
        verdicts.setdefault(purchase.key, NotAttributed(why))
    return verdicts


def _served(claim: tuple[Purchase, Attributed]) -> tuple[int, datetime, str, int]:
    purchase, found = claim
    return found.match.rule, purchase.at, purchase.key, -found.match.cart_id


def _claims(purchases: Iterable[Purchase]) -> Iterator[tuple[Purchase, Attributed]]:
    """For each order and each cart that it points to, the text that would claim it."""
    for purchase in purchases:
        matches = [m for m in purchase.matches if _holds(m, purchase)] if not purchase.void else []
        for cart_id in {m.cart_id for m in matches}:
            pointing = [m for m in matches if m.cart_id == cart_id]
            text = _claiming(purchase, cart_id, pointing)
            surest = tie(pointing)
            if text is not None and surest is not None:
                yield purchase, Attributed(surest, text.touch_id, _proof(text, purchase.at))


def _holds(match: Match, purchase: Purchase) -> bool:
    """A click says something only if it came before the purchase, by what is known of its time by now."""
    if match.rule != Rule.click_and_person:
        return True
    return any(t.touch_id == match.touch_id and _read(t, purchase.at) is not None for t in purchase.texts)


def _claiming(purchase: Purchase, cart_id: int, pointing: Sequence[Match]) -> HandedOver | None:
    """The text that the surest rule points to: its code was used, its link followed. Else the last one that was read;
    else the last one."""
    able = [t for t in purchase.texts if t.cart_id == cart_id and not _unable(t, purchase)]

    def weight(text: HandedOver) -> tuple[float, bool, datetime, datetime, str]:
        rank = min((m.rule for m in pointing if m.touch_id == text.touch_id), default=99)
        read = _read(text, purchase.at)
        return -rank, read is not None, read or text.at, text.at, text.touch_id

    return max(able, key=weight, default=None)


NOTHING_BEFORE = "no text was handed over before the order"


def _unable(text: HandedOver, purchase: Purchase) -> str:
    """Why this text can't have led to the order; empty if it can. Having been read proves that it arrived, whatever
    the carrier reports; without any report, that the carrier took it has to do: some never report."""
    if text.at > purchase.at:
        return NOTHING_BEFORE
    if _read(text, purchase.at) is None:
        if text.delivered_at is not None and text.delivered_at > purchase.at:
            return "the text reached the phone only after the order"
        if text.delivered_at is None and text.failed:
            return "the text never reached the phone"
        if text.delivered_at is None and (text.taken_at is None or text.taken_at > purchase.at):
            return NOTHING_BEFORE
    if purchase.at - text.at > purchase.window:
        return f"the last text was more than {purchase.window} before the order"
    return ""


def read_by(bought: datetime) -> datetime:
    """Until when (exclusive) a link was opened before this purchase. Stores tell whole seconds: whoever opened it and
    bought within one second did so in this order, since the link leads to the page on which they bought."""
    return bought.replace(microsecond=0) + timedelta(seconds=1)


def _read(text: HandedOver, bought: datetime) -> datetime | None:
    return text.read_at if text.read_at is not None and text.read_at < read_by(bought) else None


def _proof(text: HandedOver, before: datetime) -> Proof:
    if _read(text, before) is not None:
        return "read"
    return "accepted" if text.delivered_at is None else "delivered"


def _why_not(purchase: Purchase) -> str:
    """Of the last text that was handed over before the order, of the cart that it is tied to."""
    match = tie(purchase.matches)
    if purchase.void or match is None:
        return purchase.void or "no cart of ours led to this order"
    before = [t for t in purchase.texts if t.cart_id == match.cart_id and t.at <= purchase.at]
    last = max(before, key=lambda t: (t.at, t.touch_id), default=None)
    return NOTHING_BEFORE if last is None else _unable(last, purchase)


def void(status: str, test: bool, total: Money, left: Money) -> str:
    """Why an order counts for nothing, or empty. `left`: its worth after refunds."""
    if test:
        return "a test order"
    if status in ("cancelled", "deleted"):
        return "the order was cancelled" if status == "cancelled" else "the store deleted the order"
    return "the order was refunded" if total.amount > 0 and not left.amount > 0 else ""


def standing_amount(total: Money, refunded: Money | None) -> Money:
    """What is left of an order's worth after refunds; never below nothing."""
    left = total if refunded is None else total - refunded
    return left if left.amount > 0 else Money(left.amount * 0, left.currency)
