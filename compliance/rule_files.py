"""Reads `rules/*.toml`. What is missing, unknown or unsourced is a `RulebookError` naming file and rule."""

import re
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar, cast, get_args

from compliance import calendars
from compliance import rules as r
from compliance.ask import ConsentScope, ConsentState
from compliance.errors import RulebookError

T = TypeVar("T")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_KEYS = {"daily": range(7), "mon_fri": range(5), "mon_sat": range(6), "sat": (5,), "sun": (6,)}


@dataclass(frozen=True, slots=True)
class PlaceFile:
    """One file: a place, the place it lies in, whether its people may be texted, and its rules."""

    place: str
    name: str
    parent: str | None
    enabled: bool
    rules: tuple[r.Rule, ...]
    file: str


class Fields:
    """A TOML table that hands out each key once, typed, and complains about the rest."""

    def __init__(self, table: dict[str, Any], file: str, rule: str) -> None:
        self._left, self.file, self.rule = dict(table), file, rule

    def error(self, problem: str) -> RulebookError:
        return RulebookError(self.file, self.rule, problem)

    def take(self, key: str, kind: type[T]) -> T:
        if key not in self._left:
            raise self.error(f"`{key}` is missing")
        value = self._left.pop(key)
        if type(value) is not kind:
            raise self.error(f"`{key}` must be a {kind.__name__}, not {value!r}")
        return value

    def maybe(self, key: str, kind: type[T]) -> T | None:
        return self.take(key, kind) if key in self._left else None

    def choice(self, key: str, allowed: Iterable[str]) -> str:
        value = self.take(key, str)
        if value not in tuple(allowed):
            raise self.error(f"`{key}` is {value!r}, must be one of {', '.join(allowed)}")
        return value

    def finish(self) -> None:
        if self._left:
            raise self.error(f"unknown key `{min(self._left)}`")


def _span(text: str, fields: Fields) -> r.Span | None:
    if text == "none":
        return None
    match = re.fullmatch(r"(\d\d):(\d\d)-(\d\d):(\d\d)", text)
    numbers = [int(group) for group in match.groups()] if match else []
    if not numbers or max(numbers[1::2]) > 59:
        raise fields.error(f'hours are written "08:00-20:00" or "none", not {text!r}')
    start, end = numbers[0] * 60 + numbers[1], numbers[2] * 60 + numbers[3]
    if not 0 <= start < end <= 24 * 60:
        raise fields.error(f"hours {text!r} do not lie within one day")
    return start, end


def _hours(fields: Fields) -> r.Hours:
    week: list[r.Span | None] = [None] * 7
    known: set[int] = set()
    for key, days in DAY_KEYS.items():
        text = fields.maybe(key, str)
        for day in days if text is not None else ():
            week[day] = _span(text or "", fields)
            known.add(day)
    if len(known) < 7:
        raise fields.error(f"no hours for {', '.join(WEEKDAYS[day] for day in range(7) if day not in known)}")
    zone = fields.maybe("zone", str)
    if zone and not calendars.is_zone(zone):
        raise fields.error(f"`zone` {zone!r} is no IANA time zone")
    return r.Hours(tuple(week), zone)


def _closed_days(fields: Fields) -> r.ClosedDays:
    try:
        days = tuple((d.month, d.day) for d in map(_leap_day, fields.maybe("days", list) or []))
    except ValueError as error:
        raise fields.error(f'`days` are written "05-04": {error}') from None
    value = r.ClosedDays(
        fields.maybe("calendar", str), days, fields.maybe("first", date), fields.maybe("last", date)
    )
    if value.calendar and not calendars.is_known(value.calendar):
        raise fields.error(f"`calendar` {value.calendar!r} is not known to the package holidays")
    if value == r.ClosedDays() or (value.first is None) != (value.last is None):
        raise fields.error("needs `calendar`, `days`, or `first` and `last`")
    return value


def _leap_day(text: str) -> date:
    return date.fromisoformat(f"2024-{text}")


def _count(fields: Fields) -> int:
    number = fields.take("max_texts", int)
    if number < 1:
        raise fields.error("`max_texts` must be at least 1; disable the country instead")
    return number


def _states(fields: Fields) -> r.ConsentRequestNeed:
    states = tuple(fields.take("states", list))
    if not states or not set(states) <= set(get_args(ConsentState)):
        raise fields.error(f"`states` must be some of {', '.join(get_args(ConsentState))}")
    return r.ConsentRequestNeed(states)


def _consent(fields: Fields) -> r.ConsentNeed:
    scope = cast(ConsentScope, fields.choice("scope", ("cart_reminders", "marketing")))
    return r.ConsentNeed(scope, fields.take("proven", bool))


READERS: dict[str, Callable[[Fields], r.Value]] = {
    "hours": _hours,
    "closed_days": _closed_days,
    "cap": lambda fields: r.Cap(_count(fields)),
    "per_cart": lambda fields: r.PerCart(_count(fields)),
    "deadline": lambda fields: r.Deadline(timedelta(hours=fields.take("hours_after_abandonment", int))),
    "consent": _consent,
    "consent_request": _states,
    "statement": lambda fields: r.Statement(cast(r.Topic, fields.choice("topic", get_args(r.Topic)))),
}


def _sourced(fields: Fields) -> str:
    """An address, or a citation with a number in it: "ask a lawyer" is no source."""
    source = fields.take("source", str)
    if not re.match(r"https?://[^\s/]+\.\S+", source) and not re.search(r"\w.*\d", source):
        raise fields.error(f"`source` must be an address or a citation, not {source!r}")
    return source


def read_rule(table: dict[str, Any], place: str, file: str) -> r.Rule:
    """One `[[rule]]` table. Raises RulebookError."""
    fields = Fields(table, file, str(table.get("id", "without id")))
    rule = r.Rule(
        id=fields.take("id", str),
        place=place,
        text=fields.take("text", str),
        source=_sourced(fields),
        mark=cast(r.Mark, fields.choice("mark", get_args(r.Mark))),
        read=fields.take("read", date),
        profile=fields.maybe("profile", str),
        value=READERS[fields.choice("kind", READERS)](fields),
    )
    fields.finish()
    return rule


def read_file(path: Path) -> PlaceFile:
    """One rule file. Raises RulebookError, also where the file is not TOML."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RulebookError(path.name, "", f"not readable as TOML: {error}") from None
    fields = Fields(table, path.name, "")
    place = fields.take("place", str)
    tables = fields.maybe("rule", list) or []
    result = PlaceFile(
        place=place,
        name=fields.take("name", str),
        parent=fields.maybe("parent", str),
        enabled=fields.take("enabled", bool),
        rules=tuple(read_rule(table, place, path.name) for table in tables),
        file=path.name,
    )
    fields.finish()
    return result
