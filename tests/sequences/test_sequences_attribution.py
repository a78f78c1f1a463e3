"""Which cart an order closes, and which text may claim it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequences.attribution import (
    Attributed,
    HandedOver,
    Match,
    NotAttributed,
    Purchase,
    Rule,
    attribute,
    standing_amount,
    tie,
    void,
)
from sequences.money import Money

NOON = datetime(2026, 11, 24, 17, tzinfo=UTC)
HOUR = timedelta(hours=1)
WINDOW = timedelta(days=5)
NOTHING_BEFORE = "no text was handed over before the order"


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


def text(name: str, hours_before: float, cart: int = 1, **more) -> HandedOver:
    """Taken by the carrier so long before noon, and reported as delivered at once."""
    at = NOON - hours_before * HOUR
    return HandedOver(
        **{"touch_id": name, "cart_id": cart, "at": at, "taken_at": at, "delivered_at": at} | more
    )


CHECKOUT = (Match(Rule.same_checkout, 1),)


def order(*texts: HandedOver, matches=CHECKOUT, key="o", at=NOON, why="") -> Purchase:
    return Purchase(key=key, at=at, window=WINDOW, matches=tuple(matches), texts=texts, void=why)


def claim(purchase: Purchase) -> str:
    """The text that claims it, or why none does."""
    found = attribute([purchase])[purchase.key]
    return found.touch_id if isinstance(found, Attributed) else found.reason


# -- before


def test_the_last_text_before_the_order_claims_it() -> None:
    texts = [text("first", 30), text("last", 2), text("too late", -1)]
    for found in permutations(texts):
        assert claim(order(*found)) == "last"


@pytest.mark.parametrize(
    ("texts", "why"),
    [
        ([], NOTHING_BEFORE),
        ([text("after", -0.001)], NOTHING_BEFORE),
        ([text("old", 121)], "the last text was more than 5 days, 0:00:00 before the order"),
        ([text("lost", 2, delivered_at=None, failed=True)], "the text never reached the phone"),
        (
            [text("slow", 2, delivered_at=NOON + timedelta(seconds=1))],
            "the text reached the phone only after the order",
        ),
        ([text("unknown", 2, taken_at=None, delivered_at=None)], NOTHING_BEFORE),
        ([text("taken later", 2, taken_at=NOON + HOUR, delivered_at=None)], NOTHING_BEFORE),
        ([text("of another cart", 2, cart=2)], NOTHING_BEFORE),
        # Our own clock has the last word: a carrier's may be slow.
        ([text("clocks", -1, taken_at=NOON - HOUR, delivered_at=NOON - HOUR)], NOTHING_BEFORE),
    ],
)
def test_an_order_that_no_text_can_have_caused_isnt_claimed(texts, why) -> None:
    assert claim(order(*texts)) == why


@pytest.mark.parametrize("hours", [0, 120])
def test_the_ends_of_the_window_belong_to_it(hours) -> None:
    assert claim(order(text("t", hours))) == "t"


def test_an_old_text_isnt_saved_by_a_newer_one_after_the_order() -> None:
    assert claim(order(text("old", 200), text("after", -3))).startswith("the last text was more than")


@pytest.mark.parametrize(
    ("known", "proof"),
    [
        ({"delivered_at": None}, "accepted"),
        ({}, "delivered"),
        ({"delivered_at": NOON}, "delivered"),
        ({"read_at": NOON - HOUR}, "read"),
        # Whoever opens the link has the text, whatever the carrier reports, or doesn't.
        ({"read_at": NOON - HOUR, "delivered_at": None, "failed": True}, "read"),
        ({"read_at": NOON - HOUR, "delivered_at": NOON + HOUR}, "read"),
        ({"read_at": NOON - HOUR, "delivered_at": None, "taken_at": None}, "read"),
        # A report of failure beside one of delivery: it is on the phone.
        ({"failed": True}, "delivered"),
        ({"read_at": NOON + HOUR}, "delivered"),
        # A store tells whole seconds: opened at 12:00:00.2 and bought at 12:00:00.9 is told as bought at 12:00:00.
        ({"read_at": NOON + timedelta(seconds=0.2), "delivered_at": NOON + timedelta(seconds=3)}, "read"),
        ({"read_at": NOON + timedelta(seconds=1)}, "delivered"),
    ],
)
def test_a_claim_says_how_it_is_known_that_the_text_came_before(known, proof) -> None:
    found = attribute([order(text("t", 2, **known))])["o"]
    assert isinstance(found, Attributed) and found.proof == proof


def test_an_order_that_counts_for_nothing_is_nobodys_doing() -> None:
    assert claim(order(text("t", 1), why="a test order")) == "a test order"


# -- which text


@pytest.mark.parametrize("rule", [Rule.offer_code, Rule.recovery_ref, Rule.utm])
def test_the_text_that_the_order_points_to_claims_it_before_a_later_one(rule) -> None:
    texts = [text("first", 30), text("last", 2)]
    for matches in permutations([Match(Rule.same_checkout, 1), Match(rule, 1, "first")]):
        found = attribute([order(*texts, matches=matches)])["o"]
        assert found == Attributed(Match(Rule.same_checkout, 1), "first", "delivered")


def test_a_text_that_is_pointed_to_but_cant_have_been_read_leaves_it_to_another() -> None:
    lost = text("first", 30, delivered_at=None, failed=True)
    assert claim(order(lost, text("last", 2), matches=[Match(Rule.utm, 1, "first")])) == "last"


def test_of_two_that_are_pointed_to_the_surer_rules() -> None:
    matches = [Match(Rule.utm, 1, "last"), Match(Rule.offer_code, 1, "first")]
    assert claim(order(text("first", 30), text("last", 2), matches=matches)) == "first"


def test_without_a_pointer_the_last_that_was_read_and_then_the_last() -> None:
    first, last = text("first", 30, read_at=NOON - HOUR), text("last", 2)
    assert claim(order(first, last)) == "first"
    assert claim(order(first, replace(last, read_at=NOON - HOUR / 2))) == "last"
    assert claim(order(replace(first, read_at=NOON + HOUR), last)) == "last"


# -- which order


def test_a_new_checkout_that_nobody_was_texted_about_leaves_the_order_to_what_led_there() -> None:
    matches = [Match(Rule.same_checkout, 2), Match(Rule.recovery_ref, 1, "t")]
    found = attribute([order(text("t", 2), matches=matches)])["o"]
    assert found == Attributed(matches[1], "t", "delivered")


def test_of_two_carts_with_texts_the_surer_rule_has_it() -> None:
    matches = [Match(Rule.offer_code, 1, "code"), Match(Rule.same_checkout, 2)]
    assert claim(order(text("code", 2), text("checkout", 30, cart=2), matches=matches)) == "checkout"


@pytest.mark.parametrize("read_at", [None, NOON + HOUR])
def test_a_click_that_wasnt_before_the_order_ties_nobody(read_at) -> None:
    clicked = [Match(Rule.click_and_person, 1, "t")]
    assert isinstance(attribute([order(text("t", 2, read_at=read_at), matches=clicked)])["o"], NotAttributed)
    assert claim(order(text("t", 2, read_at=NOON), matches=clicked)) == "t"


def test_a_cart_comes_back_once_with_the_surest_order_then_the_first() -> None:
    t, seen = text("t", 2), [Match(Rule.utm, 1, "t")]
    own = order(t, key="own", at=NOON + HOUR)
    first, second = order(t, matches=seen, key="b"), order(t, matches=seen, key="a", at=NOON + HOUR / 2)
    again = NotAttributed("the cart came back with another order")
    for found in permutations([own, first, second]):
        assert attribute(found) == {
            "own": Attributed(own.matches[0], "t", "delivered"),
            "b": again,
            "a": again,
        }
    for found in permutations([first, second]):
        assert attribute(found)["a"] == again
    gone = replace(first, void="the order was cancelled")
    assert attribute([gone, second])["a"] == Attributed(seen[0], "t", "delivered")


RULES = st.sampled_from(list(Rule))
NAMES = st.sampled_from("abc")
SPANS = st.integers(-150, 150).map(lambda h: NOON + h * HOUR)
TEXTS = st.builds(
    HandedOver,
    touch_id=NAMES,
    cart_id=st.integers(1, 3),
    at=SPANS,
    taken_at=st.none() | SPANS,
    delivered_at=st.none() | SPANS,
    failed=st.booleans(),
    read_at=st.none() | SPANS,
)
PURCHASES = st.builds(
    Purchase,
    key=st.sampled_from("uvwxyz"),
    at=SPANS,
    window=st.just(WINDOW),
    matches=st.lists(st.builds(Match, RULES, st.integers(1, 3), NAMES | st.just("")), max_size=4).map(tuple),
    texts=st.lists(TEXTS, max_size=4, unique_by=lambda t: t.touch_id).map(tuple),
    void=st.sampled_from(["", "", "a test order"]),
)


@given(st.lists(PURCHASES, max_size=4, unique_by=lambda p: p.key), st.randoms())
def test_no_claim_without_a_text_before_and_none_twice_in_whatever_order_they_come(purchases, dice) -> None:
    verdicts = attribute(purchases)
    claims = {key: v for key, v in verdicts.items() if isinstance(v, Attributed)}
    assert set(verdicts) == {p.key for p in purchases}
    assert len({v.match.cart_id for v in claims.values()}) == len(claims)
    for purchase in purchases:
        if found := claims.get(purchase.key):
            (by,) = [t for t in purchase.texts if t.touch_id == found.touch_id]
            assert not purchase.void and found.match in purchase.matches and by.cart_id == found.match.cart_id
            assert timedelta(0) <= purchase.at - by.at <= WINDOW
            seen = [t for t in (by.read_at, by.delivered_at) if t is not None and t <= purchase.at]
            taken = by.taken_at is not None and by.taken_at <= purchase.at
            assert seen or (taken and by.delivered_at is None and not by.failed)
    dice.shuffle(purchases)
    shuffled = [replace(p, matches=p.matches[::-1], texts=p.texts[::-1]) for p in purchases]
    assert attribute(shuffled) == verdicts


# -- worth


@pytest.mark.parametrize(
    ("refunded", "left"), [(None, "24"), ("0", "24"), ("4", "20"), ("24", "0"), ("30", "0")]
)
def test_what_is_left_after_refunds_is_never_below_nothing(refunded, left) -> None:
    back = None if refunded is None else Money(Decimal(refunded), "USD")
    assert standing_amount(Money(Decimal(24), "USD"), back) == Money(Decimal(left), "USD")


@pytest.mark.parametrize(
    ("status", "test", "total", "left", "why"),
    [
        ("paid", False, 24, 20, ""),
        ("placed", False, 24, 24, ""),
        ("refunded", False, 24, 0, "the order was refunded"),
        ("paid", False, 0, 0, ""),  # a code that made it free: it came back, and is worth nothing
        ("cancelled", False, 24, 24, "the order was cancelled"),
        ("deleted", False, 24, 24, "the store deleted the order"),
        ("paid", True, 24, 24, "a test order"),
    ],
)
def test_what_counts_for_nothing_says_why(status, test, total, left, why) -> None:
    assert void(status, test, Money(Decimal(total), "USD"), Money(Decimal(left), "USD")) == why
