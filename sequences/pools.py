"""Pools of codes: how long one gives codes, how many it keeps, what to do for it next. Pure.

The codes of one discount share its end, so discounts are made for a period each. A pool gives codes for `PERIOD` and
lives as long as the last of them must; what a text says of the end is never later than that, and hardly more than a
`PERIOD` earlier.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

PERIOD = timedelta(days=1)
SLACK = timedelta(hours=1)
"""The next pool is made so long before this one has given its last."""


def pool_ends(starts: datetime, lasts: timedelta) -> datetime:
    """When the pool's codes end: so late that what it gives on its last day still stands; on the hour."""
    return _hour_up(starts + PERIOD + SLACK + lasts)


def gives_until(ends: datetime, lasts: timedelta) -> datetime:
    """The last moment at which a code of this pool can be promised for as long as the offer lasts."""
    return ends - lasts


def promised_until(now: datetime, lasts: timedelta, ends: datetime) -> datetime:
    """What the text may promise: `lasts` from now, and never beyond the code's own end."""
    return min(now + lasts, ends)


def said_until(until: datetime, zones: Iterable[str]) -> datetime:
    """`until` as people are told it: on the hour, by the clock of that of their `zones` which is furthest behind. Read
    by any of those clocks it's never later than `until`. Raises ValueError if there is none."""
    earliest = min(
        (until.astimezone(ZoneInfo(zone)) for zone in zones), key=lambda at: at.replace(tzinfo=None)
    )
    return earliest.replace(minute=0, second=0, microsecond=0)


def _hour_up(at: datetime) -> datetime:
    floor = at.replace(minute=0, second=0, microsecond=0)
    return floor if floor == at else floor + timedelta(hours=1)


# -- how many codes to keep


@dataclass(frozen=True, slots=True)
class Stock:
    """`low`: make more when fewer are ready. `full`: how many to have then."""

    low: int
    full: int


def stock(given_last_day: int, wanted_next_day: int) -> Stock:
    """By what was used lately and what is already planned: a quarter more than a day's worth, and never below ten, so
    that a small shop's first surprise doesn't find the pool dry."""
    day = max(given_last_day, wanted_next_day)
    return Stock(low=max(10, -(-day // 2)), full=max(20, -(-day * 5 // 4)))


# -- what to do next

Act = Literal["drop", "make", "ask", "add", "close", "tidy", "rest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """As it stands. `made`: the store has the discount; `tried`: it was asked, and may; `shared`: it has one code,
    for everybody; `job`: the store is making codes and can be asked how far it is; `closed`: it was."""

    made: bool
    closed: bool = False
    tried: bool = False
    shared: bool
    job: bool
    ends_at: datetime
    lasts: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Codes in it: `ready` to give, `asked` for. Of the whole offer: given in the last day, wanted in the next one."""

    ready: int
    asked: int
    given_last_day: int
    wanted_next_day: int


def next_act(pool: Pool, shelf: Shelf, now: datetime) -> tuple[Act, int]:
    """What to do for a pool, and how many new codes to draw for it: to "add" none is to ask for the same ones again."""
    if pool.closed:
        return "tidy", 0
    if now >= pool.ends_at:
        return ("close" if pool.made else "drop"), 0
    if not pool.made:
        # It was foreseen for carts that were bought meanwhile.
        wanted = shelf.wanted_next_day or shelf.given_last_day or pool.tried
        return ("make", 0 if pool.shared or shelf.asked else 1) if wanted else ("drop", 0)
    if pool.shared:
        return "rest", 0
    if pool.job:
        return "ask", 0
    if shelf.asked:
        return "add", 0
    keep = stock(shelf.given_last_day, shelf.wanted_next_day)
    if shelf.ready >= keep.low or now > gives_until(pool.ends_at, pool.lasts):
        return "rest", 0
    return "add", keep.full - shelf.ready


def needs_next(pool: Pool, shelf: Shelf, now: datetime) -> bool:
    """Whether the pool after this one is wanted by now."""
    return shelf.wanted_next_day > 0 and now > gives_until(pool.ends_at, pool.lasts) - SLACK
