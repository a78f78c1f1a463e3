"""A merchant's plan is taken as written, or refused with the place of each mistake."""

from datetime import timedelta
from decimal import Decimal

import pytest

from sequences.errors import BadSequence
from sequences.sequence import Offer, Sequence, Step, load


def test_nothing_said_means_the_defaults() -> None:
    assert load({}) == Sequence()


def test_a_plan_is_taken_as_written() -> None:
    made = load(
        {
            "idle_after": 600,
            "steps": [
                {"delay": 3600, "texts": {"en": "Hi {{ cart.link }}"}},
                {"delay": 7200, "tone": "brief", "offer": {"kind": "percent", "value": "10%", "code": "TEN"}},
            ],
            "deadline": 86400,
            "attribution": 3600,
            "holdout": "0.1",
            "send_blind": True,
            "store_consent": True,
            "on": False,
        }
    )
    assert made == Sequence(
        idle_after=timedelta(minutes=10),
        steps=(
            Step(delay=timedelta(hours=1), texts={"en": "Hi {{ cart.link }}"}),
            Step(
                delay=timedelta(hours=2), tone="brief", offer=Offer(kind="percent", value="10%", code="TEN")
            ),
        ),
        deadline=timedelta(days=1),
        attribution=timedelta(hours=1),
        holdout=Decimal("0.1"),
        send_blind=True,
        store_consent=True,
        on=False,
    )


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"steps": [{"delay": 7200}, {"delay": 3600}]}, "later than the one before"),
        ({"steps": [{"delay": 60}]}, "before the cart counts as abandoned"),
        ({"steps": [{"delay": 3600}], "deadline": 1800, "idle_after": 60}, "never be sent"),
        ({"steps": [{}]}, "delay"),
        ({"steps": [{"delay": "soon"}]}, "delay"),
        ({"steps": [{"delay": 10**30}]}, "delay"),
        ({"steps": [{"delay": None}]}, "delay"),
        ({"steps": [{"delay": 3600, "offer": {"code": "x" * 65}}]}, "code"),
        ({"steps": [{"delay": 3600, "texts": {"en": 7}}]}, "texts"),
        ({"steps": [{"delay": 3600, "texts": "Hi"}]}, "texts"),
        ({"steps": [{"delay": 3600, "colour": "blue"}]}, "colour"),
        ({"steps": "none"}, "steps"),
        ({"steps": None}, "steps"),
        ({"steps": [7]}, "steps"),
        ({"holdout": "0.51"}, "holdout"),
        ({"holdout": "-0.1"}, "holdout"),
        ({"holdout": "NaN"}, "holdout"),
        ({"holdout": "most"}, "holdout"),
        ({"holdout": None}, "holdout"),
        ({"on": "perhaps"}, "on"),
        ({"send_blind": "perhaps"}, "send_blind"),
        ({"store_consent": None}, "store_consent"),
        ({"idle_after": -1}, "idle_after"),
        ({"deadline": -1, "steps": []}, "deadline"),
        ({"attribution": -1}, "attribution"),
        ({"colour": "blue"}, "colour"),
    ],
)
def test_a_plan_that_cant_work_is_refused_with_the_place_of_the_mistake(wrong, where) -> None:
    with pytest.raises(BadSequence, match=where) as caught:
        load(wrong)
    assert caught.value.permanent


@pytest.mark.parametrize("wrong", [[], "plan", 7, None, [{}]])
def test_what_is_no_plan_at_all_is_refused_too(wrong) -> None:
    with pytest.raises(BadSequence):
        load(wrong)


def test_a_plan_without_steps_is_one_that_sends_nothing() -> None:
    assert load({"steps": []}).steps == ()


def test_steps_may_fall_on_the_limits() -> None:
    made = load({"idle_after": 60, "steps": [{"delay": 60}, {"delay": 60}, {"delay": 120}], "deadline": 120})
    assert len(made.steps) == 3
