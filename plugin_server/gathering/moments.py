"""When something happened, as files tell it: aware, or by a zone that the merchant names. Never guessed."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal

DateOrder = Literal["ymd", "mdy", "dmy"]
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)  # before texts could be asked for on a page
SLASHED = re.compile(
    r"(\d{1,2})[/.](\d{1,2})[/.](\d{4}|\d\d)(?:,?\s+(\d{1,2}):(\d\d)(?::(\d\d))?(?:\.\d+)?\s*([AaPp])?\.?[Mm]?\.?)?"
)


@dataclass(frozen=True, slots=True)
class Moment:
    """`at`: aware, UTC. `exact`: the file gave a time of day too."""

    at: datetime
    exact: bool


@dataclass(frozen=True, slots=True)
class NoMoment:
    """Why this is no time."""

    why: str


UNREADABLE = NoMoment("the time can't be read: write it as 2026-03-04T15:30:00Z")
AMBIGUOUS = NoMoment("the date could be two days: say which, with --dates mdy or dmy")
NO_ZONE = NoMoment("the time has no zone: say which, with --zone")
FUTURE = NoMoment("the time lies in the future")
ANCIENT = NoMoment("the time lies before 2000")


def moment(
    said: str,
    now: datetime,
    zone: tzinfo | None = None,
    order: DateOrder = "ymd",
    *,
    end_of_day: bool = False,
) -> Moment | NoMoment:
    """Reads ISO 8601, its cousins ("2024-05-01 10:22:33 -0400", "… UTC"), seconds since 1970, and with an `order`
    5/1/2024 10:22 AM. A day without a time is its beginning, or its end if `end_of_day`: whichever is more cautious."""
    found = _read(said.strip(), order)
    if isinstance(found, NoMoment):
        return found
    exact = isinstance(found, datetime)
    if not isinstance(found, datetime):
        found = datetime.combine(found, time.max if end_of_day else time.min)
    if found.tzinfo is None:
        if zone is None:
            return NO_ZONE
        found = found.replace(tzinfo=zone)
    return _sane(found, now, exact)


def _sane(found: datetime, now: datetime, exact: bool) -> Moment | NoMoment:
    try:
        at = found.astimezone(UTC)
    except OverflowError:
        return ANCIENT if found.year < 1970 else FUTURE
    if not exact and now < at < now + timedelta(days=1):
        at = now  # today, by its end
    if at > now:
        return FUTURE
    return ANCIENT if at < EARLIEST else Moment(at, exact)


def _read(said: str, order: DateOrder) -> datetime | date | NoMoment:
    if re.fullmatch(r"\d{10}|\d{13}", said):
        return datetime.fromtimestamp(int(said) / (1000 if len(said) == 13 else 1), UTC)
    slashed = SLASHED.fullmatch(said)
    if slashed:
        return AMBIGUOUS if order == "ymd" else _slashed(slashed, order)
    said = re.sub(r"\s*(?:UTC|GMT|Z)$", "+00:00", said)
    said = re.sub(r"\s+([+-]\d\d:?\d\d)$", r"\1", said)
    try:
        return date.fromisoformat(said) if re.fullmatch(r"\d{4}-\d\d-\d\d", said) else _iso(said)
    except ValueError:
        return UNREADABLE


def _iso(said: str) -> datetime:
    """Only what begins like a day: fromisoformat would also take 20240501 for one, and it may be a phone."""
    if not re.match(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d", said):
        raise ValueError
    return datetime.fromisoformat(said)


def _slashed(found: re.Match[str], order: DateOrder) -> datetime | date | NoMoment:
    first, second, year, hour, minute, second_of, half = found.groups()
    month, day = (first, second) if order == "mdy" else (second, first)
    try:
        when = date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))
        if hour is None:
            return when
        return datetime.combine(when, time(_hour(int(hour), half), int(minute), int(second_of or 0)))
    except ValueError:
        return UNREADABLE


def _hour(hour: int, half: str | None) -> int:
    if half is None:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError
    return hour % 12 + (12 if half in "Pp" else 0)
