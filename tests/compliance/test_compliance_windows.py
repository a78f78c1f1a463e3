from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from compliance import windows
from compliance.phones import parse
from compliance.rules import ClosedDays, Hours, Rule
from compliance.windows import LocalHours
from compliance.zones import candidates

NY, CHICAGO, LA = "America/New_York", "America/Chicago", "America/Los_Angeles"
DECEMBER = datetime(2026, 12, 15, 6, tzinfo=UTC)


def daily(start: int, end: int, sunday: tuple[int, int] | None = None) -> tuple[Rule, Hours]:
    value = Hours(((start * 60, end * 60),) * 6 + (sunday or (start * 60, end * 60),))
    return Rule("T-01", "*", "A test rule.", "Test 1", "own reading", date(2026, 11, 24), value), value


def zoned(names, hours, closed=()) -> tuple[LocalHours, ...]:
    return tuple(LocalHours(name, "test", (hours,), closed) for name in names)


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
    assert windows.next_opening((LocalHours(NY, "test", (), ()),), DECEMBER) is None


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
    zone = LocalHours(NY, "test", ((rule, value),), ())
    twice = windows.openings(zone, [date(2026, 11, 1)])[0]
    assert twice.start == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    skipping = Hours(((150, 22 * 60),) * 7)
    zone = LocalHours(NY, "test", ((rule, skipping),), ())
    skipped = windows.openings(zone, [date(2026, 3, 8)])[0]
    assert skipped.start.astimezone(ZoneInfo(NY)).hour == 3


def test_mississippi_keeps_both_readings_of_its_central_standard_time(standard):
    zones = windows.local_hours(candidates(parse("+16015551234")), standard)
    july = datetime(2026, 7, 14, 8, tzinfo=UTC)
    found = windows.next_opening(zones, july)
    assert (found.start, found.end - found.start) == (
        datetime(2026, 7, 14, 14, tzinfo=UTC),
        timedelta(hours=11),
    )


def test_one_zone_reached_in_two_ways_is_one_with_both_reasons(book):
    zones = windows.local_hours(candidates(parse("+13055551234"), "US", "FL"), book)
    assert [(zone.zone, zone.why) for zone in zones] == [
        (NY, "area code 305 and address in US-FL"),
        (CHICAGO, "address in US-FL"),
    ]
