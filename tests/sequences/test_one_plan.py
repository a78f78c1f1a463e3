"""One plan per person: what the carts that somebody left besides say of a text about this one."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from sequences.cart import Cart, Contact
from sequences.decisions import Hold, Skip
from sequences.engine import plan
from sequences.money import Money
from sequences.one_plan import REST, RULE, SHOPPING, TAKEN_OVER, Newer, Person, one_plan, rests_until
from sequences.sequence import Sequence, Step

NOON = datetime(2026, 11, 24, 17, tzinfo=UTC)
HOUR = timedelta(hours=1)
DEADLINE = NOON + 48 * HOUR
CART = Cart(
    key="checkout:t",
    created_at=NOON,
    updated_at=NOON,
    total=Money(Decimal(12), "USD"),
    contact=Contact(phone="+12125550142"),
)
LADDER = Sequence(steps=(Step(delay=HOUR), Step(delay=24 * HOUR)))


def said(now=NOON, **person):
    found = one_plan(Person(**person), DEADLINE, now)
    return found and (found[0], (found[1].check, found[1].outcome))


def test_who_left_one_cart_and_was_not_reminded_of_another_is_texted() -> None:
    assert said() is None


def test_the_newer_cart_that_has_the_plan_ends_the_touches_of_the_older_one() -> None:
    assert said(newer=Newer(state="abandoned")) == (
        Skip(TAKEN_OVER, RULE, "cancelled"),
        ("person", "cancelled"),
    )


@pytest.mark.parametrize(
    ("idle_at", "until"),
    [
        (NOON + HOUR / 2, NOON + HOUR / 2),
        (NOON, NOON + timedelta(minutes=1)),
        (NOON - HOUR, NOON + timedelta(minutes=1)),
        (None, NOON + timedelta(minutes=1)),
    ],
)
def test_who_is_shopping_is_left_in_peace_until_that_cart_lies_idle(idle_at, until) -> None:
    assert said(newer=Newer(state="open", idle_at=idle_at)) == (
        Hold(until, SHOPPING, RULE),
        ("person", "held"),
    )


def test_who_was_reminded_of_another_cart_rests() -> None:
    decision, line = said(rests_until=NOON + HOUR)
    assert (type(decision), decision.until, decision.rule) == (Hold, NOON + HOUR, REST)
    assert "rests until 2026-11-24 18:00 UTC" in decision.reason
    assert line == ("person", "held")
    assert said(rests_until=NOON) is None, "the rest is over at its end"


def test_a_rest_that_outlasts_the_deadline_ends_the_touch() -> None:
    decision, line = said(rests_until=DEADLINE)
    assert (type(decision), decision.state, decision.rule) == (Skip, "skipped", REST)
    assert line == ("person", "skipped")
    assert isinstance(said(rests_until=DEADLINE - timedelta(seconds=1))[0], Hold)


def test_a_rest_begins_with_a_reminder() -> None:
    assert rests_until(None, HOUR) is None
    assert rests_until(NOON, HOUR) == NOON + HOUR


# -- planning after a reminder of another cart


def planned(rest=None, sequence=LADDER, most=None):
    return plan(CART, NOON, sequence, most, NOON + HOUR / 2, rest)


def due(found) -> list[tuple[int, float]]:
    return [(t.step, (t.due_at - NOON) / HOUR) for t in found.touches]


@pytest.mark.parametrize("rest", [None, NOON - HOUR, NOON + HOUR])
def test_a_rest_that_ends_before_the_first_step_changes_nothing(rest) -> None:
    assert planned(rest) == planned()
    assert due(planned(rest)) == [(0, 1), (1, 24)]


def test_the_whole_plan_begins_after_the_rest_and_keeps_its_distances() -> None:
    found = planned(NOON + 21 * HOUR)
    assert due(found) == [(0, 21), (1, 44)]
    assert {t.deadline for t in found.touches} == {DEADLINE}
    assert [line.outcome for line in found.trace] == ["planned", "planned", "put off"]
    assert "rests until 2026-11-25 14:00 UTC" in found.trace[-1].reason


def test_what_would_come_after_the_deadline_is_left_out_and_said() -> None:
    found = planned(NOON + 25 * HOUR)
    assert due(found) == [(0, 25)]
    assert [line.outcome for line in found.trace] == ["planned", "put off", "left out"]
    assert found.trace[-1].reason.startswith("1 later step(s)")


def test_a_rest_until_the_deadline_leaves_nothing() -> None:
    found = planned(DEADLINE)
    assert found.touches == ()
    assert "rests until 2026-11-26 17:00 UTC, when this cart's deadline has passed" in found.trace[0].reason


def test_a_sequence_with_no_step_on_plans_nothing_and_says_so() -> None:
    for steps in ((), (Step(delay=HOUR, on=False),)):
        found = planned(sequence=Sequence(steps=steps))
        assert (found.touches, found.trace[0].reason) == ((), "no step of the sequence is on")
