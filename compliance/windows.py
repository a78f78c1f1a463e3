"""When may a text leave? Local hours, day by day, in every candidate zone; what is open in all of them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from compliance import calendars
from compliance.rulebook import Rulebook
from compliance.rules import ClosedDays, Hours, Rule, Span
from compliance.zones import Candidate

HORIZON = timedelta(days=15)
"""How far ahead an opening is looked for. Nothing that is closed for longer is worth waiting for."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A span of time, aware UTC, the end exclusive."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class LocalHours:
    """The hour rules that hold in one zone."""

    zone: str
    why: str
    hours: tuple[tuple[Rule, Hours], ...]
    closed: tuple[tuple[Rule, ClosedDays], ...]


def local_hours(candidates: tuple[Candidate, ...], book: Rulebook) -> tuple[LocalHours, ...]:
    """The rules of each candidate, each in its zone; a rule that names its own zone stands for itself.

    Candidates with one zone and the same rules become one, with both their reasons.
    """
    whys: dict[LocalHours, list[str]] = {}
    for candidate in candidates:
        hours = book.find(candidate.places, Hours)
        closed = book.find(candidate.places, ClosedDays)
        here = LocalHours(candidate.zone, "", tuple(pair for pair in hours if not pair[1].zone), closed)
        whys.setdefault(here, []).append(candidate.why)
        for rule, value in hours:
            if value.zone:
                whys[LocalHours(value.zone, "", ((rule, value),), ())] = [f"the zone that {rule.id} names"]
    return tuple(replace(here, why=" and ".join(dict.fromkeys(why))) for here, why in whys.items())


def next_opening(zones: tuple[LocalHours, ...], now: datetime) -> Opening | None:
    """The span open in every zone that holds `now`, else the next; None when there is none within `HORIZON`.

    An opening that began before `now` keeps its real start.
    """
    for reach in (timedelta(days=2), HORIZON):  # nearly always today or tomorrow
        found = next((span for span in _common(zones, now, reach.days) if span.end > now), None)
        if found and found.start <= now + reach:
            return found
    return None


def openings(zone: LocalHours, days: list[date]) -> list[Opening]:
    """The openings of one zone on these local days, in order."""
    found = (_opening(zone, day) for day in days)
    return [opening for opening in found if opening]


def closing_rules(zone: LocalHours, now: datetime) -> tuple[Rule, ...]:
    """The rules that forbid a text in this zone at this instant."""
    local = now.astimezone(calendars.zone(zone.zone))
    minute = local.hour * 60 + local.minute
    closed = (rule for rule, value in zone.closed if is_closed(value, local.date()))
    shut = (rule for rule, value in zone.hours if not _within(value.week[local.weekday()], minute))
    return (*closed, *shut)


def is_closed(value: ClosedDays, day: date) -> bool:
    """Is it a holiday of the calendar, a fixed day, or within the span of dates?"""
    return (
        (day.month, day.day) in value.days
        or (value.calendar is not None and day in calendars.public_holidays(value.calendar, day.year))
        or (value.first is not None and value.last is not None and value.first <= day <= value.last)
    )


def _common(zones: tuple[LocalHours, ...], now: datetime, reach: int) -> list[Opening]:
    """What is open in all zones; local days begin up to a day before or after those of UTC."""
    days = [now.astimezone(UTC).date() + timedelta(days=n) for n in range(-2, reach + 2)]
    spans = openings(zones[0], days) if zones else []
    for zone in zones[1:]:
        spans = _both(spans, openings(zone, days))
    return spans


def _opening(zone: LocalHours, day: date) -> Opening | None:
    spans = [value.week[day.weekday()] for _, value in zone.hours]
    if not spans or None in spans or any(is_closed(value, day) for _, value in zone.closed):
        return None
    start, end = (max(s for s, _ in _known(spans)), min(e for _, e in _known(spans)))
    return _in_utc(zone.zone, day, start, end)


@lru_cache(maxsize=8192)
def _in_utc(zone: str, day: date, start: int, end: int) -> Opening | None:
    """Where the clocks change, the later start and the earlier end."""
    opening = Opening(max(_instants(zone, day, start)), min(_instants(zone, day, end)))
    return opening if opening.start < opening.end else None


def _instants(zone: str, day: date, minute: int) -> Iterator[datetime]:
    wall = datetime.combine(day, time.min) + timedelta(minutes=minute)
    for fold in (0, 1):
        yield wall.replace(tzinfo=calendars.zone(zone), fold=fold).astimezone(UTC)


def _known(spans: list[Span | None]) -> Iterator[Span]:
    return (span for span in spans if span)


def _within(span: Span | None, minute: int) -> bool:
    return span is not None and span[0] <= minute < span[1]


def _both(left: list[Opening], right: list[Opening]) -> list[Opening]:
    """What lies in one of `left` and in one of `right`; both sorted and without overlaps."""
    found: list[Opening] = []
    i = j = 0
    while i < len(left) and j < len(right):
        span = Opening(max(left[i].start, right[j].start), min(left[i].end, right[j].end))
        if span.start < span.end:
            found.append(span)
        if left[i].end <= right[j].end:
            i += 1
        else:
            j += 1
    return found
