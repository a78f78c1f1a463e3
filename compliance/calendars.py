"""Public holidays and time zones by name: the two places where a package answers for a calendar."""

from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays


@lru_cache(maxsize=512)
def public_holidays(calendar: str, year: int) -> frozenset[date]:
    """Public holidays of "FR" or of a subdivision "US-RI", observed days included, by the package `holidays`.

    They are *public* holidays; a telemarketing list may hold more (rule files add those as `days`).
    """
    country, _, subdivision = calendar.partition("-")
    return frozenset(holidays.country_holidays(country, subdiv=subdivision or None, years=year))


def is_known(calendar: str) -> bool:
    """Does the package know the country, and the subdivision if one is named?"""
    country, _, subdivision = calendar.partition("-")
    known = holidays.list_supported_countries()
    return country in known and (not subdivision or subdivision in known[country])


def utc(moment: datetime) -> datetime:
    """The same instant in UTC, where hours can be added."""
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """A zone, kept: ZoneInfo itself keeps eight and reads the others from disk each time."""
    return ZoneInfo(name)


@lru_cache(maxsize=1024)
def is_zone(name: str) -> bool:
    """Is this the name of a place's IANA zone? "UTC" and "Etc/…" are zones but no place, see `zones`."""
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # unknown, a folder such as "America", or not a relative path
        return False
    return True
