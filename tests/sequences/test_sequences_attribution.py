"""Which cart an order closes, and whether a text may claim it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations

import pytest

from sequences.attribution import (
    Attributed,
    HandedOver,
    Match,
    NotAttributed,
    Rule,
    attribute,
    standing_amount,
    tie,
)
from sequences.money import Money

NOON = datetime(2026, 11, 24, 17, tzinfo=UTC)
HOUR = timedelta(hours=1)
WINDOW = timedelta(days=5)


def test_the_surest_rule_ties_whatever_order_they_are_found_in() -> None:
    ranked = [Match(rule, n) for n, rule in enumerate(sorted(Rule))]
    assert [m.rule for m in ranked] == [
        Rule.same_checkout,
        Rule.offer_code,
        Rule.recovery_ref,
        Rule.same_cart,
        Rule.utm,
        Rule.click_and_person,
    ]
    for start in range(len(ranked)):
        rest = ranked[start:]
        for found in permutations(rest, min(3, len(rest))):
            assert tie(list(found)) == min(found, key=lambda m: m.rule)


def test_of_two_equally_sure_the_newer_cart() -> None:
    found = [Match(Rule.utm, 7), Match(Rule.utm, 9), Match(Rule.click_and_person, 99)]
    assert tie(found) == tie(found[::-1]) == Match(Rule.utm, 9)


def test_nothing_found_ties_nothing() -> None:
    assert tie([]) is None


def text(name: str, hours_before: float) -> HandedOver:
    return HandedOver(touch_id=name, at=NOON - hours_before * HOUR)


def test_the_last_text_before_the_order_claims_it() -> None:
    texts = [text("first", 30), text("last", 2), text("too late", -1)]
    for found in permutations(texts):
        assert attribute(NOON, False, list(found), WINDOW) == Attributed("last")


@pytest.mark.parametrize(
    ("texts", "why"),
    [
        ([], "no text was handed over before the order"),
        ([text("after", -0.001)], "no text was handed over before the order"),
        ([text("old", 121)], "the last text was more than 5 days, 0:00:00 before the order"),
    ],
)
def test_an_order_that_no_text_can_have_caused_isnt_claimed(texts, why) -> None:
    assert attribute(NOON, False, texts, WINDOW) == NotAttributed(why)


@pytest.mark.parametrize("hours", [0, 120])
def test_the_ends_of_the_window_belong_to_it(hours) -> None:
    assert attribute(NOON, False, [text("t", hours)], WINDOW) == Attributed("t")


def test_an_old_text_isnt_saved_by_a_newer_one_after_the_order() -> None:
    texts = [text("old", 200), text("after", -3)]
    assert isinstance(attribute(NOON, False, texts, WINDOW), NotAttributed)


def test_a_test_order_is_nobodys_doing() -> None:
    assert attribute(NOON, True, [text("t", 1)], WINDOW) == NotAttributed("a test order")


@pytest.mark.parametrize(
    ("refunded", "left"), [(None, "24"), ("0", "24"), ("4", "20"), ("24", "0"), ("30", "0")]
)
def test_what_is_left_after_refunds_is_never_below_nothing(refunded, left) -> None:
    back = None if refunded is None else Money(Decimal(refunded), "USD")
    assert standing_amount(Money(Decimal(24), "USD"), back) == Money(Decimal(left), "USD")
