"""When may a text leave? Local hours, day by day, in every candidate zone; what is open in all of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from compliance import calendars
from compliance.rulebook import Rulebook
from compliance.rules import ClosedDays, Hours, Rule, Span
from compliance.zones import Whereabouts

HORIZON = timedelta(days=15)
"""How far ahead an opening is looked for. Nothing that is closed for longer is worth waiting for."""

A_DAY = timedelta(days=1)
MOST_KEPT = 8192  # of what is worked out once: clocks of whereabouts, zones with their rules, days of a zone


@dataclass(frozen=True, slots=True)
class Opening:
    """A span of time, aware UTC, the end exclusive."""

    start: datetime
    end: datetime


HourRules = tuple[tuple[Rule, Hours], ...]
ClosingRules = tuple[tuple[Rule, ClosedDays], ...]


@dataclass(frozen=True, slots=True, eq=False)
class LocalHours:
    """The hour rules that hold in one zone. The days asked for are remembered. Compared by identity."""

    zone: str
    hours: HourRules
    closed: ClosingRules = ()
    _days: dict[date, Opening | None] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Clock:
    """One zone that counts, with its hours, and why it does."""

    local: LocalHours
    why: str

    @property
    def zone(self) -> str:
        """The zone's IANA name."""
        return self.local.zone


_clocks: dict[tuple[Whereabouts, str], tuple[Clock, ...]] = {}


def clocks(where: Whereabouts, book: Rulebook) -> tuple[Clock, ...]:
    """The rules of each candidate, each in its zone; a rule that names its own zone stands for itself.

    Candidates with one zone and the same rules become one, with both their reasons.
    """
    key = (where, book.version)
    found = _clocks.get(key)
    if found is None:
        if len(_clocks) >= MOST_KEPT:
            _clocks.clear()
        found = _clocks[key] = _make_clocks(where, book)
    return found


def next_opening(found: tuple[Clock, ...], now: datetime) -> Opening | None:
    """The span open in every zone that holds `now` (aware UTC), else the next; None when there is none within
    `HORIZON`.

    An opening that began before `now` keeps its real start. What ends first is no part of a common opening if another
    zone opens only later: the search goes on from that end.
    """
    moment, last = now, now + HORIZON
    while found and moment <= last:
        spans = [_next(clock.local, moment, last) for clock in found]
        starts = [span.start for span in spans if span]
        if len(starts) < len(spans):
            return None
        start, end = max(starts), min(span.end for span in spans if span)
        if start < end:
            return Opening(start, end) if start <= last else None
        moment = end
    return None


def opening(local: LocalHours, day: date) -> Opening | None:
    """When a text may arrive in this zone on this local day."""
    try:
        return local._days[day]
    except KeyError:
        if len(local._days) >= MOST_KEPT:
            local._days.clear()
        found = local._days[day] = _opening(local, day)
        return found


def closing_rules(local: LocalHours, here: datetime) -> list[Rule]:
    """The rules that forbid a text in this zone at this instant, told by the zone's own clock."""
    day, minute, weekday = here.date(), here.hour * 60 + here.minute, here.weekday()
    closed = [rule for rule, value in local.closed if rule.in_force(day) and is_closed(value, day)]
    for rule, value in local.hours:
        span = value.week[weekday]
        if not (span and span[0] <= minute < span[1]) and rule.in_force(day):
            closed.append(rule)
    return closed


def is_closed(value: ClosedDays, day: date) -> bool:
    """Is it a holiday of the calendar, a fixed day, or within the span of dates?"""
    return (
        (day.month, day.day) in value.days
        or (value.calendar is not None and day in calendars.public_holidays(value.calendar, day.year))
        or (value.first is not None and value.last is not None and value.first <= day <= value.last)
    )


def _make_clocks(where: Whereabouts, book: Rulebook) -> tuple[Clock, ...]:
    whys: dict[LocalHours, list[str]] = {}
    for candidate in where.candidates:
        hours = book.find(candidate.places, Hours)
        closed = book.find(candidate.places, ClosedDays)
        here = _local_hours(candidate.zone, tuple(pair for pair in hours if not pair[1].zone), closed, book)
        whys.setdefault(here, []).append(candidate.why)
        for rule, value in hours:
            if value.zone:
                own = _local_hours(value.zone, ((rule, value),), (), book)
                whys[own] = [f"the zone that {rule.id} names"]
    return tuple(Clock(here, " and ".join(dict.fromkeys(why))) for here, why in whys.items())


_local: dict[tuple[str, ...], LocalHours] = {}


def _local_hours(zone: str, hours: HourRules, closed: ClosingRules, book: Rulebook) -> LocalHours:
    """One object for one zone and its rules, so that all who live by them share the days worked out."""
    key = (book.version, zone, *(rule.id for rule, _ in hours), *(rule.id for rule, _ in closed))
    found = _local.get(key)
    if found is None:
        if len(_local) >= MOST_KEPT:
            _local.clear()
        found = _local[key] = LocalHours(zone, hours, closed)
    return found


def _next(local: LocalHours, moment: datetime, last: datetime) -> Opening | None:
    """The first opening that ends after `moment`. Yesterday is over everywhere at noon UTC."""
    day, end = moment.date() if moment.hour >= 12 else moment.date() - A_DAY, last.date() + A_DAY
    while day <= end:
        found = opening(local, day)
        if found and found.end > moment:
            return found
        day += A_DAY
    return None


def _opening(local: LocalHours, day: date) -> Opening | None:
    span = _span(local, day)
    if span is None or any(rule.in_force(day) and is_closed(value, day) for rule, value in local.closed):
        return None
    return _in_utc(local.zone, day, *span)


def _span(local: LocalHours, day: date) -> Span | None:
    """What all rules of the day leave; a place without any is never open."""
    weekday, start, end = day.weekday(), 0, 0
    for rule, value in local.hours:
        if rule.in_force(day):
            span = value.week[weekday]
            if span is None:
                return None
            start, end = max(start, span[0]), min(end, span[1]) if end else span[1]
    return (start, end) if start < end else None


def _in_utc(zone: str, day: date, start: int, end: int) -> Opening | None:
    """Where the clocks change, the later start and the earlier end."""
    midnight = _midnight(zone, day)
    if _midnight(zone, day + A_DAY) - midnight == A_DAY:  # they don't on this day
        return Opening(midnight + timedelta(minutes=start), midnight + timedelta(minutes=end))
    found = Opening(max(_instants(zone, day, start)), min(_instants(zone, day, end)))
    return found if found.start < found.end else None


@lru_cache(maxsize=65536)  # a year in all zones that count
def _midnight(zone: str, day: date) -> datetime:
    return next(_instants(zone, day, 0))


def _instants(zone: str, day: date, minute: int) -> Iterator[datetime]:
    wall = datetime.combine(day, time.min) + timedelta(minutes=minute)
    for fold in (0, 1):
        yield wall.replace(tzinfo=calendars.zone(zone), fold=fold).astimezone(UTC)
