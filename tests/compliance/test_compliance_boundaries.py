"""The first and the last second of every day's hours, in every place with a file of its own.

The hours stand in `compliance_tables` again: a slip in either shows. Each second is asked with a telephone number of
the place, and with an address there.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from compliance_tables import CHICAGO, LA, NY, PLACES, STATES

from compliance import rulebook
from compliance.answers import Allowed, Held
from compliance.ask import Ask, ConsentView
from compliance.verdict import check

PROVEN = ConsentView("given", "cart_reminders", proven=True)
MONDAY = date(2026, 11, 30)  # a week without a holiday in any of the calendars
A_SECOND = timedelta(seconds=1)


def asked(place: str, at: datetime, by_address: bool):
    """The place by its number alone, or by the number and an address there."""
    country, _, region = place.partition("-")
    phone = PLACES[place][0]
    ask = Ask(phone, PROVEN, abandoned_at=at)
    if by_address:
        ask = Ask(phone, PROVEN, country=country, region=region or None, abandoned_at=at)
    return check(ask, at, rulebook.load())


def hours_of(place: str, day: date) -> tuple[datetime, datetime] | None:
    _, zones, hours = PLACES[place]
    span = hours[day.weekday()]
    if span is None:
        return None
    midnights = [datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)) for zone in zones]
    ends = [[(m + timedelta(hours=hour)).astimezone(UTC) for m in midnights] for hour in span]
    return max(ends[0]), min(ends[1])


def test_every_place_that_may_be_texted_is_in_this_table():
    book = rulebook.load()
    enabled = {place for place, file in book.files.items() if file.enabled}
    assert enabled - {"US"} <= set(PLACES)


@pytest.mark.parametrize("by_address", [False, True], ids=["number", "address"])
@pytest.mark.parametrize("weekday", range(7))
@pytest.mark.parametrize("place", PLACES)
def test_the_hours_of_a_place_begin_and_end_to_the_second(place, weekday, by_address):
    day = MONDAY + timedelta(days=weekday)
    hours = hours_of(place, day)
    if hours is None:
        noon = datetime(day.year, day.month, day.day, 13, tzinfo=ZoneInfo(PLACES[place][1][0]))
        for at in (noon - timedelta(hours=13), noon, noon + timedelta(hours=11) - A_SECOND):
            assert isinstance(asked(place, at.astimezone(UTC), by_address), Held)
        return
    start, end = hours
    before, first, last, after = (
        asked(place, at, by_address) for at in (start - A_SECOND, start, end - A_SECOND, end)
    )
    assert isinstance(before, Held)
    assert before.until == start
    assert isinstance(first, Allowed)
    assert first.window_end == end
    assert isinstance(last, Allowed)
    assert last.window_end == end
    assert isinstance(after, Held)
    assert after.until > end


@pytest.mark.parametrize("state", sorted(STATES))
def test_an_address_in_a_state_brings_its_hours_to_a_number_of_another(state):
    """New York's hours are those of the whole country: what is narrower comes from the address."""
    day = MONDAY + timedelta(days=1)
    start, end = hours_of(f"US-{state}", day) or pytest.fail("open on Tuesdays")
    eight = datetime(day.year, day.month, day.day, 8, tzinfo=ZoneInfo(NY))
    zip_code = {"TX": "75201", "SD": None, "FL": "33101", "AZ": "85001", "IN": "46201", "KY": "40201"}.get(
        state
    )
    zip_code = {"MI": "48201", "TN": "37201", "OR": "97201", "NV": "89101"}.get(state, zip_code)
    start, end = max(start, eight), min(end, eight + timedelta(hours=13))

    def at(moment: datetime):
        ask = Ask("+12125551234", PROVEN, country="US", region=state, postcode=zip_code, abandoned_at=moment)
        return check(ask, moment, rulebook.load())

    assert at(start - A_SECOND).until == start
    assert at(start).window_end == end
    assert isinstance(at(end - A_SECOND), Allowed)
    assert isinstance(at(end), Held)


@pytest.mark.parametrize(
    ("clock", "kind"), [((8, 59, 59), Held), ((9,), Allowed), ((19, 59, 59), Allowed), ((20,), Held)]
)
def test_in_summer_mississippi_keeps_both_readings_of_its_standard_time(clock, kind):
    """8 to 20 by the clock on the wall, and 8 to 20 of Central Standard Time, which is 9 to 21 by that clock."""
    at = datetime(2026, 7, 14, *clock, tzinfo=ZoneInfo(CHICAGO)).astimezone(UTC)
    assert isinstance(asked("US-MS", at, False), kind)


CLOCK_CHANGES = [
    ("US-NY", NY, date(2026, 3, 8)), ("US-NY", NY, date(2026, 11, 1)), ("US-FL", CHICAGO, date(2026, 3, 8)),
    ("US-CA", LA, date(2026, 11, 1)), ("US-AZ", "America/Phoenix", date(2026, 3, 8)),
    ("GB", "Europe/London", date(2026, 3, 29)), ("GB", "Europe/London", date(2026, 10, 25)),
    ("ES", "Europe/Madrid", date(2026, 10, 25)), ("AU", "Australia/Sydney", date(2026, 10, 4)),
    ("AU", "Australia/Sydney", date(2026, 4, 5)), ("NZ", "Pacific/Auckland", date(2026, 9, 27)),
]  # fmt: skip


@pytest.mark.parametrize(("place", "zone", "day"), CLOCK_CHANGES)
def test_on_the_days_around_a_change_of_clocks_the_wall_clock_counts(place, zone, day):
    for n in (-1, 0, 1):
        hours = hours_of(place, day + timedelta(days=n))
        assert hours is not None
        start, end = hours
        assert asked(place, start - A_SECOND, False).until == start
        assert asked(place, start, False).window_end == end
        assert isinstance(asked(place, end, False), Held)


def test_the_change_of_clocks_moves_the_morning_in_utc():
    saturday, sunday = (hours_of("US-NY", date(2026, *day))[0] for day in ((10, 31), (11, 1)))
    assert (saturday.hour, sunday.hour) == (12, 13)


HOLIDAYS = [
    # place, holiday, the next open day (None: more than 48 hours later, the text is dropped)
    ("US-RI", date(2026, 9, 7), date(2026, 9, 8)),  # Labor Day
    ("US-RI", date(2027, 5, 4), date(2027, 5, 5)),  # Rhode Island Independence Day
    ("US-UT", date(2026, 7, 24), date(2026, 7, 25)),  # Pioneer Day
    ("US-LA", date(2027, 1, 8), date(2027, 1, 9)),  # Battle of New Orleans
    ("US-LA", date(2026, 12, 25), None),  # Friday; Saturday is the governor's, and then Sunday
    ("US-PA", date(2026, 12, 25), date(2026, 12, 26)),
    ("US-AL", date(2026, 12, 25), date(2026, 12, 26)),
    ("FR", date(2026, 7, 14), date(2026, 7, 15)),
    ("DE", date(2026, 12, 25), date(2026, 12, 28)),  # the 26th is one, too, and then Sunday
]


@pytest.mark.parametrize(("place", "day", "following"), HOLIDAYS)
def test_on_a_holiday_nobody_is_texted_and_on_the_next_open_day_from_its_first_second(place, day, following):
    start, end = hours_of(place, day)
    answers = [asked(place, at, False) for at in (start, end - A_SECOND)]
    if following is None:
        assert all(answer.expired for answer in answers)
    else:
        assert [answer.until for answer in answers] == [hours_of(place, following)[0]] * 2
