"""What a change makes of a cart, and which touches an idle one gets."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequences.cart import Cart, Contact, Dropped, Line
from sequences.engine import Next, after_change, back_off, is_news, plan
from sequences.money import Money
from sequences.sequence import Sequence, Step

LEFT = datetime(2026, 11, 24, 17, tzinfo=UTC)
HOUR = timedelta(hours=1)
MUG = Line(title="Mug", quantity=1, price=Money(Decimal(12), "USD"))
CART = Cart(
    key="checkout:t",
    created_at=LEFT,
    updated_at=LEFT,
    total=Money(Decimal(12), "USD"),
    lines=(MUG,),
    contact=Contact(phone="+12125550142"),
)
EMPTY = replace(CART, lines=())
DONE = replace(CART, completed_at=LEFT)
ENDS = ("bought", "recovered", "erased")
STATES = ("open", "abandoned", *ENDS, "expired")


@pytest.mark.parametrize(
    ("state", "cart", "removed", "then", "cancels"),
    [
        ("open", CART, False, "open", False),
        ("abandoned", CART, False, "open", True),
        ("expired", CART, False, "open", False),
        ("open", EMPTY, False, "expired", True),
        ("abandoned", EMPTY, False, "expired", True),
        ("open", CART, True, "expired", True),
        ("abandoned", CART, True, "expired", True),
        ("open", DONE, False, "bought", True),
        ("abandoned", DONE, False, "bought", True),
        ("expired", DONE, False, "bought", True),
        ("abandoned", DONE, True, "bought", True),
        ("open", replace(DONE, lines=()), False, "bought", True),
    ],
)
def test_a_change_leads_to_this_state(state, cart, removed, then, cancels) -> None:
    found = after_change(state, cart, removed=removed)
    assert (found.state, found.cancels) == (then, cancels)
    assert bool(found.reason) == (cancels or then != "open")


@pytest.mark.parametrize("state", ENDS)
@pytest.mark.parametrize("cart", [CART, EMPTY, DONE])
@pytest.mark.parametrize("removed", [False, True])
def test_an_end_stays_an_end_whatever_comes(state, cart, removed) -> None:
    assert after_change(state, cart, removed=removed) == Next(state)


@pytest.mark.parametrize("state", STATES)
def test_the_newer_one_is_news_and_the_older_one_isnt(state) -> None:
    moment = timedelta(microseconds=1)
    assert is_news(None, LEFT, state)
    assert is_news(LEFT, LEFT + moment, state)
    assert not is_news(LEFT, LEFT - moment, state)
    assert is_news(LEFT, LEFT, state) == (state == "open")


def steps(*hours: int, **more) -> Sequence:
    made = tuple(Step(delay=h * HOUR) for h in hours)
    return Sequence(steps=made, deadline=48 * HOUR, **more)


def planned(cart=CART, sequence=None, most=None, now=LEFT + HOUR / 2):
    return plan(cart, LEFT, sequence or steps(1, 24), most, now)


def test_every_step_becomes_a_touch_counted_from_when_the_cart_was_left() -> None:
    touches = planned().touches
    assert [(t.step, t.due_at, t.deadline) for t in touches] == [
        (0, LEFT + HOUR, LEFT + 48 * HOUR),
        (1, LEFT + 24 * HOUR, LEFT + 48 * HOUR),
    ]


def test_where_a_cart_may_get_one_text_the_later_steps_are_left_out_in_words() -> None:
    found = planned(most=1)
    assert [t.step for t in found.touches] == [0]
    assert "CART-03" in found.trace[-1].reason
    assert found.trace[-1].reason.startswith("1 later step")
    assert not any("CART-03" in line.reason for line in planned(most=2).trace)


def test_a_step_that_is_off_is_passed_over_and_doesnt_use_up_the_one_text() -> None:
    sequence = Sequence(steps=(Step(delay=HOUR, on=False), Step(delay=2 * HOUR), Step(delay=3 * HOUR)))
    assert [t.step for t in planned(sequence=sequence, most=1).touches] == [1]
    assert [t.step for t in planned(sequence=sequence).touches] == [1, 2]


def test_none_at_all_means_none() -> None:
    assert planned(most=0).touches == ()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"sequence": steps(1, on=False)}, "the shop's sequence is off"),
        ({"cart": replace(CART, contact=Contact())}, "no phone was given"),
        (
            {
                "cart": replace(
                    CART, contact=Contact(dropped=(Dropped(where="billing.phone", reason="a landline"),))
                )
            },
            "billing.phone can't be texted: a landline",
        ),
        ({"now": LEFT + 48 * HOUR}, "we learned of it only after the deadline"),
    ],
)
def test_a_cart_that_gets_nothing_is_told_why(change, why) -> None:
    found = planned(**change)
    assert found.touches == ()
    assert [(line.check, line.outcome, line.reason) for line in found.trace] == [("plan", "nothing", why)]


def test_every_dropped_phone_is_named() -> None:
    dropped = (
        Dropped(where="phone", reason="too short"),
        Dropped(where="shipping.phone", reason="a landline"),
    )
    found = planned(replace(CART, contact=Contact(dropped=dropped)))
    assert (
        found.trace[0].reason
        == "phone can't be texted: too short; shipping.phone can't be texted: a landline"
    )


def test_a_moment_before_the_deadline_is_in_time() -> None:
    assert planned(now=LEFT + 48 * HOUR - timedelta(microseconds=1)).touches


def test_a_trace_of_a_plan_names_no_phone() -> None:
    assert not any("555" in f"{line.reason}{line.facts}" for line in planned().trace)


@given(st.integers(0, 2000))
def test_waiting_grows_and_ends_at_half_an_hour(tries) -> None:
    assert timedelta(minutes=1) <= back_off(tries) <= back_off(tries + 1) <= timedelta(minutes=30)


def test_waiting_doubles() -> None:
    assert [back_off(n) / timedelta(minutes=1) for n in (1, 2, 3, 4, 5, 6, 7)] == [1, 2, 4, 8, 16, 30, 30]


def test_what_is_overdue_when_we_learn_of_a_cart_doesnt_come_at_once() -> None:
    late = LEFT + timedelta(hours=25)
    planned = plan(CART, LEFT, steps(1, 20, 40), None, late)
    assert [(t.step, t.due_at) for t in planned.touches] == [(0, late), (1, late + timedelta(hours=19))]
    assert planned.trace[-1].reason.startswith("1 later step(s): they would come after the deadline")
    (only,) = plan(CART, LEFT, steps(1, 20), 1, late).touches
    assert only.due_at == LEFT + timedelta(hours=1)
