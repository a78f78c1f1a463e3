from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from compliance import windows
from compliance.phones import parse
from compliance.rules import ClosedDays, Hours, Rule
from compliance.windows import Clock, LocalHours
from compliance.zones import candidates, locate

NY, CHICAGO, LA = "America/New_York", "America/Chicago", "America/Los_Angeles"
DECEMBER = datetime(2026, 12, 15, 6, tzinfo=UTC)


def daily(start: int, end: int, sunday: tuple[int, int] | None = None) -> tuple[Rule, Hours]:
    value = Hours(((start * 60, end * 60),) * 6 + (sunday or (start * 60, end * 60),))
    return Rule("T-01", "*", "A test rule.", "Test 1", "own reading", date(2026, 11, 24), value), value


def zoned(names, hours, closed=()) -> tuple[Clock, ...]:
    return tuple(Clock(LocalHours(name, (hours,), closed), "test") for name in names)


def opening(names, hours, now=DECEMBER) -> tuple[str, str]:
    found = windows.next_opening(zoned(names, hours), now)
    return f"{found.start:%d %H:%M}", f"{found.end:%d %H:%M}"


def zones_of(phone: str) -> list[str]:
    return [candidate.zone for candidate in candidates(parse(phone))]


@pytest.mark.parametrize(
    ("phone", "hours", "expected"),
    [
        ("+18505551234", (8, 20), ("15 14:00", "16 01:00")),  # Eastern and Central
        ("+14239991234", (8, 21), ("15 14:00", "16 02:00")),  # the library alone would allow an hour more
        ("+16045551234", (8, 20), ("15 15:00", "16 03:00")),  # UTC-7 all year, since 2026
        ("+14035551234", (8, 20), ("15 14:00", "16 02:00")),  # UTC-6 all year, since 2026
    ],
)
def test_the_window_is_open_in_every_zone_of_the_area_code(phone, hours, expected):
    assert opening(zones_of(phone), daily(*hours)) == expected


def test_texas_opens_at_noon_on_sunday():
    hours = daily(9, 21, sunday=(12 * 60, 21 * 60))
    sunday = datetime(2026, 11, 29, 12, tzinfo=UTC)
    assert opening([CHICAGO], hours, sunday) == ("29 18:00", "30 03:00")


@pytest.mark.parametrize(("day", "expected"), [(31, "31 12:00"), (1, "01 13:00")])
def test_new_york_opens_an_hour_later_in_utc_after_the_clocks_change(day, expected):
    now = datetime(2026, 10 if day == 31 else 11, day, 5, tzinfo=UTC)
    assert opening([NY], daily(8, 20), now)[0] == expected


def test_two_zones_at_the_ends_of_the_country_leave_the_hours_between():
    assert opening([NY, LA], daily(8, 20)) == ("15 16:00", "16 01:00")
    assert opening([NY, LA, "Pacific/Honolulu"], daily(8, 20)) == ("15 18:00", "16 01:00")


def test_the_ends_of_the_earth_leave_nothing():
    assert windows.next_opening(zoned([NY, "Asia/Tokyo"], daily(10, 20)), DECEMBER) is None
    assert windows.next_opening((), DECEMBER) is None


def test_a_zone_without_hours_is_never_open():
    assert windows.next_opening((Clock(LocalHours(NY, ()), "test"),), DECEMBER) is None


@pytest.mark.parametrize(("zone", "hour"), [("Pacific/Pago_Pago", 10), ("Pacific/Kiritimati", 9)])
def test_the_last_hour_of_a_day_counts_at_both_ends_of_the_earth(zone, hour):
    """23:30 on the 14th in American Samoa is 10:30 UTC on the 15th; on Kiritimati it is 9:30 UTC on the 14th."""
    local = datetime(2026, 12, 14, 23, 30, tzinfo=ZoneInfo(zone))
    assert local.astimezone(UTC).hour == hour
    found = windows.next_opening(zoned([zone], daily(8, 24)), local.astimezone(UTC))
    assert found.end - local == timedelta(minutes=30)


def test_an_opening_that_holds_now_keeps_its_real_start():
    now = datetime(2026, 12, 15, 18, tzinfo=UTC)
    assert opening([NY], daily(8, 20), now) == ("15 13:00", "16 01:00")


def test_closed_days_are_days_of_the_recipient():
    closed = ClosedDays(first=date(2026, 12, 15), last=date(2026, 12, 20))
    rule = Rule("T-02", "*", "Closed.", "Test 2", "own reading", date(2026, 11, 24), closed)
    found = windows.next_opening(zoned([NY], daily(8, 20), ((rule, closed),)), DECEMBER)
    assert found.start == datetime(2026, 12, 21, 13, tzinfo=UTC)


def test_nothing_is_looked_for_beyond_two_weeks():
    closed = ClosedDays(first=date(2026, 12, 1), last=date(2027, 1, 31))
    rule = Rule("T-02", "*", "Closed.", "Test 2", "own reading", date(2026, 11, 24), closed)
    assert windows.next_opening(zoned([NY], daily(8, 20), ((rule, closed),)), DECEMBER) is None


@pytest.mark.parametrize(
    ("calendar", "day", "closed"),
    [
        ("US-RI", date(2026, 9, 7), True),
        ("US-RI", date(2026, 9, 8), False),
        ("US-UT", date(2026, 7, 24), True),
        ("US-PA", date(2026, 12, 25), True),
        ("FR", date(2026, 7, 14), True),
        ("FR", date(2026, 7, 15), False),
        ("DE", date(2026, 10, 3), True),
    ],
)
def test_holidays_come_from_the_calendar_of_the_place(calendar, day, closed):
    assert windows.is_closed(ClosedDays(calendar=calendar), day) is closed


def test_fixed_days_recur_every_year():
    assert windows.is_closed(ClosedDays(days=((5, 4),)), date(2031, 5, 4))
    assert not windows.is_closed(ClosedDays(days=((5, 4),)), date(2031, 5, 5))


def test_hours_across_a_clock_change_never_start_early_nor_end_late():
    """An hour that comes twice opens the second time and closes the first; a skipped one opens after it."""
    value = Hours(((90, 22 * 60),) * 7)
    rule = Rule("T-03", "*", "Night owls.", "Test 3", "own reading", date(2026, 11, 24), value)
    twice = windows.opening(LocalHours(NY, ((rule, value),)), date(2026, 11, 1))
    assert twice.start == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    skipping = Hours(((150, 22 * 60),) * 7)
    skipped = windows.opening(LocalHours(NY, ((rule, skipping),)), date(2026, 3, 8))
    assert skipped.start.astimezone(ZoneInfo(NY)).hour == 3


def test_hours_end_with_the_first_of_two_equal_hours():
    value = Hours(((0, 90),) * 7)
    rule = Rule("T-03", "*", "Night owls.", "Test 3", "own reading", date(2026, 11, 24), value)
    twice = windows.opening(LocalHours(NY, ((rule, value),)), date(2026, 11, 1))
    assert twice.end == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


def test_the_search_goes_on_where_the_openings_of_one_day_do_not_meet():
    """Tokyo's evening is over when New York's morning begins; on Tuesdays Tokyo is open until midnight."""
    week = tuple((9 * 60, 24 * 60) if day == 1 else (9 * 60, 20 * 60) for day in range(7))
    late = Hours(week)
    rule = Rule("T-04", "*", "Late Tuesdays.", "Test 4", "own reading", date(2026, 11, 24), late)
    tokyo = Clock(LocalHours("Asia/Tokyo", ((rule, late),)), "test")
    found = windows.next_opening((*zoned([NY], daily(8, 18)), tokyo), datetime(2026, 12, 10, tzinfo=UTC))
    assert (found.start, found.end) == (
        datetime(2026, 12, 15, 13, tzinfo=UTC),
        datetime(2026, 12, 15, 15, tzinfo=UTC),
    )


def dated(since=None, until=None) -> tuple[Clock, ...]:
    """8 to 20, and from 10 on the days on which a second rule holds."""
    value = Hours(((600, 1200),) * 7)
    rule = Rule(
        "T-05", "*", "Some days.", "Test 5", "own reading", date(2026, 1, 1), value, since=since, until=until
    )
    return (Clock(LocalHours(NY, (daily(8, 20), (rule, value))), "test"),)


@pytest.mark.parametrize(
    ("since", "until", "opens"),
    [
        (None, None, 15),
        (date(2026, 12, 15), None, 15),
        (date(2026, 12, 16), None, 13),
        (None, date(2026, 12, 15), 13),
        (None, date(2026, 12, 16), 15),
    ],
)
def test_a_rule_with_dates_holds_from_its_first_day_and_no_more_on_its_last(since, until, opens):
    clocks = dated(since, until)
    assert windows.next_opening(clocks, DECEMBER).start == datetime(2026, 12, 15, opens, tzinfo=UTC)
    nine = datetime(2026, 12, 15, 14, tzinfo=UTC)
    assert bool(windows.closing_rules(clocks[0].local, nine.astimezone(ZoneInfo(NY)))) == (opens == 15)


def test_mississippi_keeps_both_readings_of_its_central_standard_time(standard):
    clocks = windows.clocks(locate(parse("+16015551234")), standard)
    july = datetime(2026, 7, 14, 8, tzinfo=UTC)
    found = windows.next_opening(clocks, july)
    assert (found.start, found.end - found.start) == (
        datetime(2026, 7, 14, 14, tzinfo=UTC),
        timedelta(hours=11),
    )


def test_one_zone_reached_in_two_ways_is_one_with_both_reasons(book):
    clocks = windows.clocks(locate(parse("+13055551234"), "US", "FL", "32501"), book)
    assert [(clock.zone, clock.why) for clock in clocks] == [
        (NY, "area code 305"),
        (CHICAGO, "address in US-FL"),
    ]
    clocks = windows.clocks(locate(parse("+13055551234"), "US", "FL", "33101"), book)
    assert [(clock.zone, clock.why) for clock in clocks] == [(NY, "area code 305 and address in US-FL")]


def test_the_same_place_is_looked_up_once_and_another_book_anew(book, strict):
    where = locate(parse("+13055551234"), "US", "FL", "33101")
    assert locate(parse("+13055559876"), "us", "us-fl", " 33109-1234") is where
    assert windows.clocks(where, book)[0].local is windows.clocks(where, book)[0].local
    assert windows.clocks(where, book) != windows.clocks(where, strict)
