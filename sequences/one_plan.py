"""One plan per person, however many checkouts they leave: two tabs, a checkout for each click, phone and desktop.

A text goes to a phone, so a person is a phone. Two numbers under one e-mail address or one customer account may be two
people of a household: each has a plan. A cart that names no phone has no plan to take over; but it says that whoever it
names by e-mail or account is shopping at this moment.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sequences.decisions import Hold, Skip
from sequences.trace import Line

TAKEN_OVER = "the same person left a newer cart"
SHOPPING = "the same person is shopping in another cart"
RULE = "one plan"
REST = "rest"
A_MOMENT = timedelta(minutes=1)
"""How long to wait for a cart that should have been planned by now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Newer:
    """A cart that the same person was in after this one. `idle_at`: when it counts as left, if it is open."""

    state: Literal["open", "abandoned"]
    idle_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What is known of a cart's person beyond the cart. `rests_until`: they got a reminder of another cart, and get
    none of this one before that."""

    newer: Newer | None = None
    rests_until: datetime | None = None


def rests_until(reminded_at: datetime | None, rest: timedelta) -> datetime | None:
    """Until when someone rests who was last reminded of another cart at `reminded_at` (None: never)."""
    return None if reminded_at is None else reminded_at + rest


def resting(until: datetime) -> str:
    return f"the same person got a reminder of another cart and rests until {until:%Y-%m-%d %H:%M} UTC"


def one_plan(person: Person, deadline: datetime, now: datetime) -> tuple[Hold | Skip, Line] | None:
    """What the person's other carts say against a text now; None: nothing. Pure."""
    newer = person.newer
    if newer is not None and newer.state == "abandoned":
        return Skip(TAKEN_OVER, RULE, "cancelled"), _line(now, "cancelled", TAKEN_OVER)
    if newer is not None:
        until = max(newer.idle_at or now, now + A_MOMENT)
        return Hold(until, SHOPPING, RULE), _line(now, "held", SHOPPING)
    rested = person.rests_until
    if rested is None or rested <= now:
        return None
    why = resting(rested)
    if rested >= deadline:
        late = f"{why}, when this cart's deadline has passed"
        return Skip(late, REST), _line(now, "skipped", late)
    return Hold(rested, why, REST), _line(now, "held", why)


def _line(now: datetime, outcome: str, reason: str) -> Line:
    return Line(at=now, check="person", outcome=outcome, reason=reason)
