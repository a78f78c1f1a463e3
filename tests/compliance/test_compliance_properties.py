"""Tries to find one allowed text at a forbidden hour. The oracle has hours, zones and holidays of its own."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import holidays
from compliance_tables import CHICAGO, COUNTRIES, DENVER, FEDERAL, LA, NY, STATES, STRICT, Week
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance import rulebook
from compliance.answers import Allowed, Held, Refused
from compliance.ask import Ask, ConsentView
from compliance.verdict import check

STATE_OF = json.loads((Path(__file__).parents[1] / "cases" / "npa_state.json").read_text())
PROVEN = ConsentView("given", "cart_reminders", proven=True)
A_SECOND = timedelta(seconds=1)
HOURS_48 = timedelta(hours=48)
BOISE, VANCOUVER, EDMONTON = "America/Boise", "America/Vancouver", "America/Edmonton"

# Area codes with their zones by the map; the library's answer for one number is often only one of them.
ZONES_OF_CODE: dict[int, tuple[str, ...]] = {
    212: (NY,), 305: (NY,), 850: (NY, CHICAGO), 448: (NY, CHICAGO), 423: (NY, CHICAGO), 615: (CHICAGO,),
    270: (NY, CHICAGO), 364: (NY, CHICAGO), 219: (NY, CHICAGO), 605: (CHICAGO, DENVER), 701: (CHICAGO, DENVER),
    208: (BOISE, LA), 415: (LA,), 206: (LA,), 503: (LA,), 458: (LA, BOISE), 401: (NY,), 801: (DENVER,),
    504: (CHICAGO,), 601: (CHICAGO, "Etc/GMT+6"), 205: (CHICAGO,), 215: (NY,), 214: (CHICAGO,),
    808: ("Pacific/Honolulu",), 907: ("America/Anchorage", "America/Adak", "Pacific/Honolulu"), 203: (NY,),
    702: (LA,), 303: (DENVER,),
    416: ("America/Toronto",), 604: (VANCOUVER,), 778: (VANCOUVER, EDMONTON), 403: (EDMONTON,),
    709: ("America/St_Johns", "America/Halifax"), 867: (VANCOUVER, EDMONTON, "America/Toronto"),
}  # fmt: skip
CANADIAN = {416, 604, 778, 403, 709, 867}
# State, postcode → the zones of the address.
ADDRESSES: dict[tuple[str, str], tuple[str, ...]] = {
    ("NY", "10001"): (NY,), ("CA", "94103"): (LA,), ("RI", "02903"): (NY,), ("UT", "84101"): (DENVER,),
    ("TX", "75201"): (CHICAGO,), ("TX", "79901"): (CHICAGO, DENVER), ("FL", "33101"): (NY,),
    ("FL", "32501"): (CHICAGO,), ("LA", "70112"): (CHICAGO,), ("HI", "96801"): ("Pacific/Honolulu",),
    ("TN", "37201"): (CHICAGO,), ("TN", "37402"): (NY, CHICAGO), ("CO", "80202"): (DENVER,), ("PA", "19103"): (NY,),
}  # fmt: skip
BROWSERS = (None, NY, LA, DENVER, "Europe/London", "Asia/Bangkok", "UTC", "Mars/Olympus", "")
CALENDARS = {state: holidays.country_holidays("US", subdiv=state) for state in ("RI", "UT", "LA", "PA", "AL")}
CALENDARS |= {country: holidays.country_holidays(country) for country in ("FR", "DE")}
EXTRA_DAYS = {"RI": {(5, 4)}, "LA": {(1, 8), (1, 19), (12, 24), (12, 26), (12, 31)}}


@dataclass(frozen=True)
class Question:
    """A person as the oracle sees them: (zone, place) for each clock that must agree."""

    ask: Ask
    clocks: tuple[tuple[str, str], ...]

    def is_open(self, at: datetime) -> bool:
        return all(allowed(place, at.astimezone(ZoneInfo(zone))) for zone, place in self.clocks)


def hours(place: str) -> Week:
    return COUNTRIES[place[1:]][2] if place.startswith("@") else STATES.get(place, ("", (), STRICT))[2]


def allowed(place: str, local: datetime) -> bool:
    """`place`: a state, or "@" and a country."""
    day, clock = (
        local.date(),
        local.hour + local.minute / 60 + local.second / 3600 + local.microsecond / 3.6e9,
    )
    spans = [hours(place)[day.weekday()]]
    if not place.startswith("@"):
        spans.append(FEDERAL[day.weekday()])
    return not is_holiday(place, day) and all(span and span[0] <= clock < span[1] for span in spans)


def is_holiday(place: str, day: date) -> bool:
    return day in CALENDARS.get(place.removeprefix("@"), ()) or (day.month, day.day) in EXTRA_DAYS.get(
        place, ()
    )


def plus_one_person(code: int, exchange: int, line: int, address, browser) -> Question:
    here = "@CA" if code in CANADIAN else STATE_OF[str(code)][0]
    clocks = [(zone, here) for zone in ZONES_OF_CODE[code]]
    if address:
        clocks += [(zone, address[0]) for zone in ADDRESSES[address]]
    if browser in (NY, LA, DENVER, "Europe/London", "Asia/Bangkok"):
        clocks += [(browser, place) for _, place in tuple(clocks)]
    ask = Ask(
        f"+1{code}{exchange}{line:04}", PROVEN, country="US" if address else None,
        region=address[0] if address else None, postcode=address[1] if address else None, browser_zone=browser,
    )  # fmt: skip
    return Question(ask, tuple(clocks))


def person_abroad(country: str, browser) -> Question:
    phone, zones, _ = COUNTRIES[country]
    clocks = [(zone, f"@{country}") for zone in zones]
    if browser in (NY, "Europe/London"):
        clocks.append((browser, f"@{country}"))
    return Question(Ask(phone, PROVEN, browser_zone=browser), tuple(clocks))


moments = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))
plus_one = st.builds(
    plus_one_person, st.sampled_from(sorted(ZONES_OF_CODE)), st.integers(220, 999).filter(lambda n: n % 100 != 11),
    st.integers(0, 9999), st.none() | st.sampled_from(sorted(ADDRESSES)), st.sampled_from(BROWSERS),
)  # fmt: skip
abroad = st.builds(
    person_abroad,
    st.sampled_from([c for c in COUNTRIES if c != "CA"]),
    st.sampled_from((None, NY, "Europe/London")),
)
anyone = st.one_of(plus_one, abroad)
seconds = st.integers(0, 86_400 * 3).map(lambda n: timedelta(seconds=n))


def asked(ask: Ask, now: datetime, left: timedelta = timedelta(0)):
    return check(replace(ask, abandoned_at=now - left), now, rulebook.load())


def near_the_edges(moments_: st.SearchStrategy[datetime]) -> st.SearchStrategy[datetime]:
    """Half of all instants lie at a full or half hour, or a second beside it."""
    edge = st.builds(
        lambda at, off: at.replace(minute=at.minute // 30 * 30, second=0, microsecond=0) + timedelta(seconds=off),
        moments_, st.sampled_from((-1, 0, 1)),
    )  # fmt: skip
    return st.one_of(moments_, edge)


@settings(max_examples=600, deadline=None)
@given(anyone, near_the_edges(moments))
def test_a_text_is_allowed_exactly_when_every_clock_and_every_rule_allows_it(person, now):
    answer = asked(person.ask, now)
    assert isinstance(answer, Allowed) == person.is_open(now)


@settings(max_examples=300, deadline=None)
@given(anyone, near_the_edges(moments), st.lists(st.floats(0, 1), min_size=12, max_size=12))
def test_a_hold_ends_with_the_first_second_that_is_allowed(person, now, samples):
    answer = asked(person.ask, now)
    if isinstance(answer, Held):
        assert answer.until > now
        assert person.is_open(answer.until)
        wait = answer.until - now
        for at in (
            now,
            answer.until - timedelta(microseconds=1),
            *(now + wait * share * 0.999 for share in samples),
        ):
            assert not person.is_open(at)
        assert isinstance(asked(person.ask, answer.until), Allowed)
        if person.ask.phone.startswith("+1"):
            assert answer.until <= now + HOURS_48


@settings(max_examples=300, deadline=None)
@given(anyone, near_the_edges(moments), st.lists(st.floats(0, 1), min_size=12, max_size=12))
def test_the_hours_are_open_to_their_last_second_and_no_longer(person, now, samples):
    answer = asked(person.ask, now)
    if isinstance(answer, Allowed):
        rest = answer.window_end - now
        for at in (
            answer.window_end - timedelta(microseconds=1),
            *(now + rest * share * 0.999 for share in samples),
        ):
            assert person.is_open(at)
        assert not person.is_open(answer.window_end)


@settings(max_examples=200, deadline=None)
@given(anyone, moments, seconds, seconds)
def test_nothing_is_held_beyond_any_deadline(person, now, left, more):
    """What can't be sent in time is refused, as expired, and never held."""
    ask = replace(person.ask, deadline=now - left + more, abandoned_at=now - left)
    answer = check(ask, now, rulebook.load())
    ends = [ask.deadline, *([now - left + HOURS_48] if person.ask.phone.startswith("+1") else [])]
    if isinstance(answer, Held):
        assert answer.until <= min(ends)
    elif isinstance(answer, Allowed):
        assert answer.deadline == min(ends) >= now
    elif now <= min(ends) and answer.code != "no_common_window":
        assert answer.expired
        assert not any(person.is_open(now + (min(ends) - now) * n / 50) for n in range(51))


@settings(max_examples=100, deadline=None)
@given(anyone, moments, st.integers(0, 72 * 60))
def test_waiting_never_turns_a_refusal_into_a_yes_nor_moves_the_hour_forward(person, now, minutes):
    """The same cart asked again later: held for the same hour until then, and once expired, always expired."""
    cart = replace(person.ask, abandoned_at=now)
    later = now + timedelta(minutes=minutes)
    before, after = (check(cart, at, rulebook.load()) for at in (now, later))
    if isinstance(before, Refused):
        assert isinstance(after, Refused)
    if isinstance(before, Held) and later < before.until:
        assert isinstance(after, Held)
        assert after.until == before.until
    if isinstance(after, Held) and isinstance(before, Held):
        assert after.until >= before.until


@settings(max_examples=150, deadline=None)
@given(plus_one, moments, st.sampled_from(sorted(ADDRESSES)))
def test_knowing_one_more_place_never_allows_more(person, now, address):
    ask = replace(person.ask, country=None, region=None, postcode=None)
    more = replace(ask, country="US", region=address[0], postcode=address[1])
    if isinstance(asked(more, now), Allowed):
        assert isinstance(asked(ask, now), Allowed)


@settings(max_examples=60, deadline=None)
@given(plus_one, moments, st.integers(0, 60 * 60))
def test_no_plus_one_text_leaves_after_48_hours(person, now, minutes):
    left = timedelta(hours=36, minutes=minutes)
    answer = asked(person.ask, now, left)
    if isinstance(answer, Allowed):
        assert left <= HOURS_48
    if isinstance(answer, Held):
        assert answer.until <= now - left + HOURS_48
