"""What the overview says for the words that our rows and traces hold. Pure: values in, sentences out."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from babel.numbers import format_currency

from compliance.rulebook import Rulebook
from sequences.attribution import Rule

PLATFORMS = {"shopify": "Shopify", "woocommerce": "WooCommerce"}

# The funnel's rows: the name in the numbers, the title, what is counted.
FUNNEL = (
    ("carts", "Carts seen", "checkouts that shoppers began"),
    ("abandoned", "Left behind", "lay still, and a phone reaches the shopper"),
    ("texted", "Texts sent", "the carrier took them; the rest was refused, held or left out"),
    ("delivered", "Texts delivered", "the carrier says they are on the phone"),
    ("clicked", "Links opened", "by a person; link previews don't count"),
    ("recovered", "Orders recovered", "placed after a text, and not refunded or cancelled since"),
)

# A line of the trace, as check and outcome, in a sentence.
LINES = {
    ("cart", "open"): "The shopper is at the checkout",
    ("cart", "abandoned"): "The cart lay still: it counts as left behind",
    ("cart", "waiting"): "A reminder is due, and the cart still waits",
    ("cart", "cancelled"): "The cart doesn't wait any more",
    ("cart", "bought"): "The cart was bought",
    ("cart", "recovered"): "The cart came back",
    ("cart", "expired"): "The cart is over",
    ("cart", "erased"): "The shopper was erased",
    ("plan", "planned"): "A reminder was planned",
    ("plan", "left out"): "A later reminder was left out",
    ("plan", "nothing"): "No reminder was planned",
    ("last look", "open"): "Last look at the store: still not bought",
    ("last look", "bought"): "Last look at the store: bought meanwhile",
    ("last look", "gone"): "Last look at the store: the cart is gone",
    ("last look", "unknown"): "Last look at the store: no answer",
    ("last look", "blind"): "Last look at the store: no answer, sent all the same",
    ("deadline", "in time"): "The reminder still makes sense",
    ("deadline", "expired"): "It is too late for a reminder",
    ("compliance", "allowed"): "The rules allow a text now",
    ("compliance", "held"): "The rules say: not now",
    ("compliance", "refused"): "The rules say: no text",
    ("confirmation", "ask"): "The rules want a confirmation: the shopper is asked for a YES",
    ("confirmation", "wait"): "The shopper was asked to confirm: the reminder waits for the answer",
    ("confirmation", "stop"): "There is no confirmation, and nothing more to ask",
    ("confirmation", "may not ask"): "The shopper may not be asked to confirm now",
    ("experiment", "treated"): "Not in the control group, so it gets its text",
    ("experiment", "holdout"): "In the control group, which gets no text: it shows what texts cause",
    ("touch", "held"): "The reminder was put off",
    ("touch", "ended"): "The reminder ended without a text",
    ("text", "chosen"): "The text was written",
    ("hand-over", "accepted"): "The carrier took the text",
    ("hand-over", "refused"): "The carrier refused the text",
    ("hand-over", "retry_later"): "The carrier asked to try later",
    ("hand-over", "unknown"): "The carrier's answer got lost: the text is never repeated",
    ("report", "submitted"): "The carrier reports: on its way",
    ("report", "delivered"): "The carrier reports: delivered",
    ("report", "undelivered"): "The carrier reports: not delivered",
    ("report", "retired"): "Nothing reaches this number: it is given up",
    ("reply", "stop"): "The shopper opted out by a reply",
    ("reply", "help"): "The shopper asked for help",
    ("reply", "start"): "The shopper opted in by a reply",
    ("reply", "confirm"): "The shopper confirmed by a reply",
    ("reply", "other"): "The shopper replied",
    ("click", "person"): "The shopper opened the link",
    ("opt-out", "stop"): "The shopper opted out",
    ("order", "bought"): "The cart was bought, but not because of a text",
    ("order", "recovered"): "The cart came back: an order after our text",
    ("order", "undone"): "The order doesn't count as a text's doing any more",
}

# What ends a touch besides a rule of the rulebook.
ENDS = {
    "last look": "The store said it was bought or gone, or couldn't be asked.",
    "holdout": "In the control group, which gets no text.",
    "deadline": "Too late for a reminder to make sense.",
    "template": "The text couldn't be made.",
    "link": "The store gave no link back to the cart.",
    "sequence": "The plan has no such step any more.",
}

TIES = {
    Rule.same_checkout: "The order names the very checkout that was left.",
    Rule.offer_code: "The order used a code that only this text carried.",
    Rule.recovery_ref: "The order carries the mark of our link.",
    Rule.same_cart: "The order names the very cart that was left.",
    Rule.utm: "The store saw the visit by our link.",
    Rule.click_and_person: "The same person opened our link, then bought.",
}
TIED = re.compile(r"tied by (\w+)")
CITED = re.compile(r"(?<=\]) ")


@dataclass(frozen=True, slots=True)
class Step:
    """A row of the funnel. `width`: 0 to 100; `share`: percent of the row above, where that says something."""

    title: str
    meaning: str
    count: int
    width: float
    share: int | None


@dataclass(frozen=True, slots=True)
class Told:
    """A line of a trace for people. `details`: sentences; `raw`: check and outcome as they are stored."""

    at: datetime
    words: str
    details: tuple[str, ...]
    raw: str


def funnel(numbers: Mapping[str, Any]) -> list[Step]:
    top = max((int(numbers[name]) for name, _, _ in FUNNEL), default=0) or 1
    steps: list[Step] = []
    for name, title, meaning in FUNNEL:
        count = int(numbers[name])
        above = steps[-1].count if steps else 0
        share = round(100 * count / above) if 0 < above >= count else None
        steps.append(Step(title, meaning, count, round(100 * count / top, 1), share))
    return steps


def trace(lines: Iterable[Mapping[str, Any]]) -> list[Told]:
    return [told(line) for line in lines]


def told(line: Mapping[str, Any]) -> Told:
    check, outcome = line["check"], line["outcome"]
    words = LINES.get((check, outcome), f"{check}: {outcome}")
    return Told(line["at"], words, _details(line["reason"]), f"{check}: {outcome}")


def _details(reason: str) -> tuple[str, ...]:
    """The reason's sentences: each citation ends one."""
    if found := TIED.fullmatch(reason):
        return (TIES[Rule[found[1]]],) if found[1] in Rule.__members__ else (reason,)
    return tuple(part for part in CITED.split(reason) if part)


def ended_by(rulebook: Rulebook, rule: str) -> str:
    """What stands behind the id that a touch ended with; empty if nobody knows it."""
    found = (r.text for file in rulebook.files.values() for r in file.rules if r.id == rule)
    return ENDS.get(rule) or next(found, "")


def money(amount: Decimal, currency: str) -> str:
    """Like $12.50; what is less than one unit keeps four digits, since a text costs less than a cent."""
    if 0 < abs(amount) < 1:
        return format_currency(amount, currency, "¤0.00##", locale="en_US", currency_digits=False)
    return format_currency(amount, currency, locale="en_US")
