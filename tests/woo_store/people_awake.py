"""Whom a text may reach right now: the store's clock can't be moved, and nobody is texted at night."""

import itertools
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from storefront import Person

AWAKE = range(9, 19)  # a full hour's distance from every quiet time


@dataclass(frozen=True, slots=True)
class Town:
    """`national`, `e164`: a number there but for its last two digits, which no subscriber has."""

    zone: str
    national: str
    e164: str
    person: Person


TOWNS = (
    Town("America/New_York", "(212) 555-01", "+121255501", Person()),
    Town(
        "Europe/London",
        "07400 1234",
        "+4474001234",
        Person(address="1 High Street", city="London", state="", postcode="SW1A 1AA", country="GB"),
    ),
    Town(
        "Pacific/Honolulu",
        "(808) 555-01",
        "+180855501",
        Person(city="Honolulu", state="HI", postcode="96813"),
    ),
)
# Everybody is new: whoever bought a moment ago, in a test before, rightly gets no text.
NUMBERS = itertools.count(int(time.time() / 10))


def awake(now: datetime | None = None) -> Person:
    """Skips the test in the few hours when all of them sleep."""
    now = now or datetime.now(UTC)
    for town in TOWNS:
        if now.astimezone(ZoneInfo(town.zone)).hour in AWAKE:
            return _somebody(town, next(NUMBERS))
    pytest.skip("from 05:00 to 09:00 UTC everybody these tests could text is asleep: run them later")


def _somebody(town: Town, n: int) -> Person:
    last = f"{n % 100:02}"
    return replace(
        town.person, phone=town.national + last, e164=town.e164 + last, email=f"dagmarella{n}@example.com"
    )
