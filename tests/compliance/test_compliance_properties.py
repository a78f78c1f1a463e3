"""Tries to find one allowed text at a forbidden hour. The oracle has its own hours, zone by zone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from compliance import rulebook
from compliance.answers import Allowed, Held, Refused
from compliance.ask import Ask, ConsentView
from compliance.verdict import check

PHONES = [
    "+12125551234", "+18505551234", "+14239991234", "+14155552671", "+14015551234", "+18015551234",
    "+15045551234", "+19075551234", "+18085551234", "+16015551234", "+18675551234", "+17785551234",
    "+17095551234", "+17875551234",
]  # fmt: skip
OTHERS = ["+447400123456", "+33612345678", "+4915123456789", "+34612345678", "+61412345678", "+64211234567"]
STATES = [None, "NY", "CA", "RI", "UT", "TX", "HI", "LA", "TN", "AK"]
BROWSERS = [None, "America/New_York", "America/Los_Angeles", "America/Denver", "UTC"]
PROVEN = ConsentView("given", "cart_reminders", proven=True)

moments = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)).map(
    lambda at: at.replace(tzinfo=UTC, microsecond=0)
)
plus_one = st.builds(
    lambda phone, state, zone: Ask(phone, PROVEN, country=state and "US", region=state, browser_zone=zone),
    st.sampled_from(PHONES), st.sampled_from(STATES), st.sampled_from(BROWSERS),
)  # fmt: skip
anywhere = st.one_of(plus_one, st.sampled_from(OTHERS).map(lambda phone: Ask(phone, PROVEN)))


def asked(ask: Ask, now: datetime, left: timedelta = timedelta(0)):
    return check(replace(ask, abandoned_at=now - left), now, rulebook.load())


def strict(local: datetime) -> bool:
    return (12 if local.weekday() == 6 else 10) <= local.hour < 20


@settings(max_examples=150, deadline=None)
@given(plus_one, moments)
def test_an_allowed_text_is_within_strict_hours_in_every_candidate_zone(ask, now):
    answer = asked(ask, now)
    if isinstance(answer, Allowed):
        for zone in answer.zones:
            if zone != "Etc/GMT+6":  # Mississippi's own clock, which has its own hours
                assert strict(now.astimezone(ZoneInfo(zone)))
                assert strict((answer.window_end - timedelta(seconds=1)).astimezone(ZoneInfo(zone)))


@settings(max_examples=150, deadline=None)
@given(anywhere, moments)
def test_what_is_held_until_an_hour_is_allowed_at_that_hour_and_not_a_second_before(ask, now):
    answer = asked(ask, now)
    if isinstance(answer, Held):
        left = timedelta(0)
        assert answer.until > now
        assert isinstance(asked(ask, answer.until, left), Allowed)
        assert not isinstance(asked(ask, answer.until - timedelta(seconds=1), left), Allowed)


@settings(max_examples=100, deadline=None)
@given(anywhere, moments)
def test_the_end_of_the_window_is_not_in_it_and_the_second_before_is(ask, now):
    answer = asked(ask, now)
    if isinstance(answer, Allowed):
        assert isinstance(asked(ask, answer.window_end - timedelta(seconds=1)), Allowed)
        assert not isinstance(asked(ask, answer.window_end), Allowed)


@settings(max_examples=100, deadline=None)
@given(anywhere, moments, st.integers(0, 72 * 60))
def test_waiting_never_turns_a_refusal_into_a_yes_nor_moves_the_hour_forward(ask, now, minutes):
    """The same cart asked again later: held for the same hour until then, and once expired, always expired."""
    cart = replace(ask, abandoned_at=now)
    first, later = now, now + timedelta(minutes=minutes)
    before, after = (check(cart, at, rulebook.load()) for at in (first, later))
    if isinstance(before, Refused):
        assert isinstance(after, Refused)
    if isinstance(before, Held) and later < before.until:
        assert isinstance(after, Held)
        assert after.until == before.until
    if isinstance(after, Held) and isinstance(before, Held):
        assert after.until >= before.until


@settings(max_examples=100, deadline=None)
@given(plus_one, moments, st.sampled_from(STATES[1:]))
def test_knowing_one_more_place_never_allows_more(ask, now, state):
    more = replace(ask, country="US", region=state) if ask.region is None else ask
    if isinstance(asked(more, now), Allowed):
        assert isinstance(asked(ask, now), Allowed)


@settings(max_examples=60, deadline=None)
@given(plus_one, moments, st.integers(0, 60 * 60))
def test_no_plus_one_text_leaves_after_48_hours(ask, now, minutes):
    left = timedelta(hours=36, minutes=minutes)
    answer = asked(ask, now, left)
    if isinstance(answer, Allowed):
        assert left <= timedelta(hours=48)
    if isinstance(answer, Held):
        assert answer.until <= now - left + timedelta(hours=48)
