"""The kinds of rules, and what each needs in its file: one reader for each dataclass of `rules`."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, cast, get_args

from compliance import calendars
from compliance import rules as r
from compliance.ask import ConsentScope, ConsentState
from compliance.rule_fields import Fields

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_KEYS = {"daily": range(7), "mon_fri": range(5), "mon_sat": range(6), "sat": (5,), "sun": (6,)}
ABOUT_GOODS: tuple[r.ContentTopic, ...] = ("category", "sensitive")
DAYS_OF_A_YEAR = 366  # what must be kept for a year is kept for the longest
NOT_CHECKED = "Not checked: the merchant must "


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
    if value.first and value.last and value.last < value.first:
        raise fields.error(f"`last` {value.last} lies before `first` {value.first}")
    return value


def _leap_day(text: str) -> date:
    return date.fromisoformat(f"2024-{text}")


def _texts(fields: Fields) -> int:
    return fields.count("max_texts", hint="; disable the country instead")


def _states(fields: Fields) -> r.ConsentRequestNeed:
    states = tuple(fields.take("states", list))
    if not states or not set(states) <= set(get_args(ConsentState)):
        raise fields.error(f"`states` must be some of {', '.join(get_args(ConsentState))}")
    return r.ConsentRequestNeed(states)


def _consent(fields: Fields) -> r.ConsentNeed:
    scope = cast(ConsentScope, fields.choice("scope", ("cart_reminders", "marketing")))
    return r.ConsentNeed(scope, fields.take("proven", bool))


def _confirmation(fields: Fields) -> r.Confirmation:
    return r.Confirmation(
        expires=timedelta(days=fields.count("expires_days")),
        resend_after=timedelta(days=fields.count("resend_after_days")),
        max_requests=fields.count("max_requests"),
    )


def _content(fields: Fields) -> r.Content:
    topic = cast(r.ContentTopic, fields.choice("topic", get_args(r.ContentTopic)))
    categories = fields.words("categories")
    if bool(categories) != (topic in ABOUT_GOODS):
        raise fields.error(f"`categories` belong to the topics {' and '.join(ABOUT_GOODS)}, and only to them")
    return r.Content(topic, categories)


def _sender(fields: Fields) -> r.SenderNeed:
    numbers = fields.choice("numbers", ("free", "registered"))
    return r.SenderNeed(
        alphanumeric=cast(Any, fields.choice("alphanumeric", ("free", "registered", "refused"))),
        numbers=cast(Any, numbers),
    )


def _retention(fields: Fields) -> r.Retention:
    record = cast(r.Record, fields.choice("record", get_args(r.Record)))
    years, days = fields.maybe("years", int), fields.maybe("days", int)
    if (years is None) == (days is None):
        raise fields.error("needs either `years` or `days`")
    whole = days if days is not None else (years or 0) * DAYS_OF_A_YEAR
    if whole < 1:
        raise fields.error(f"a {record} must be kept for at least a day")
    return r.Retention(record, timedelta(days=whole))


def _statement(fields: Fields) -> r.Statement:
    """A sentence about what the software checks, or one that says that it doesn't."""
    topic = cast(r.Topic | r.Reading, fields.choice("topic", (*get_args(r.Topic), *get_args(r.Reading))))
    checked = fields.maybe("checked", bool)
    if topic in get_args(r.Reading) and checked is None:
        raise fields.error(f"`checked` is missing: does the software keep what it says about {topic!r}?")
    return r.Statement(topic, checked is not False)


READERS: dict[str, Callable[[Fields], r.Value]] = {
    "hours": _hours,
    "closed_days": _closed_days,
    "cap": lambda fields: r.Cap(_texts(fields)),
    "per_cart": lambda fields: r.PerCart(_texts(fields)),
    "deadline": lambda fields: r.Deadline(timedelta(hours=fields.count("hours_after_abandonment"))),
    "consent": _consent,
    "consent_request": _states,
    "confirmation": _confirmation,
    "content": _content,
    "sender": _sender,
    "revocation": lambda fields: r.Revocation(cast(Any, fields.choice("scope", ("all", "programme")))),
    "honour": lambda fields: r.Honour(fields.count("business_days")),
    "retention": _retention,
    "statement": _statement,
}
