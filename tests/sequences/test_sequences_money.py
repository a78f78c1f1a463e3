"""Money is exact, of one currency, and believable."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequences.errors import BadValue
from sequences.money import LARGEST, Money


@pytest.mark.parametrize(
    ("given", "amount"),
    [
        ("24.00", "24.00"),
        (24, "24"),
        (0.1, "0.1"),
        ("-5", "-5"),
        (Decimal("1.005"), "1.005"),
        ("0", "0"),
        (" 7 ", "7"),
    ],
)
def test_an_amount_is_what_was_written(given, amount) -> None:
    assert Money.parse(given, "usd") == Money(Decimal(amount), "USD")


@pytest.mark.parametrize(
    "given",
    [
        "",
        "much",
        "1,5",
        "NaN",
        "sNaN",
        "Infinity",
        "-Infinity",
        "1e12",
        "-1e12",
        "1e999999999",
        "1e-19",
        "9" * 5000,
        10**5000,
        float("nan"),
        float("inf"),
        1e300,
        None,
        True,
        False,
        [],
        {},
        b"1",
    ],
    ids=lambda v: f"{v!r}"[:20] if not isinstance(v, int) or isinstance(v, bool) else "a long number",
)
def test_what_is_no_believable_amount_is_refused_by_the_name_of_its_field(given) -> None:
    with pytest.raises(BadValue, match=r"^total: ") as caught:
        Money.parse(given, "USD", "total")
    assert (caught.value.where, caught.value.permanent) == ("total", True)


def test_a_refusal_doesnt_repeat_what_was_given() -> None:
    with pytest.raises(BadValue) as caught:
        Money.parse("+12125550142", "USD" * 0)
        Money.parse("call +12125550142", "USD")
    assert "555" not in str(caught.value)


AMOUNTS = st.decimals(min_value=-(10**9), max_value=10**9, places=4)


@given(AMOUNTS, AMOUNTS)
def test_what_was_added_can_be_taken_away_exactly(a, b) -> None:
    one, other = Money(a, "EUR"), Money(b, "EUR")
    assert one + other - other == one


@given(AMOUNTS)
def test_an_amount_survives_its_way_through_text(a) -> None:
    assert Money.parse(str(a), "EUR").amount == a


def test_currencies_dont_mix() -> None:
    for reckon in (Money.__add__, Money.__sub__):
        with pytest.raises(ValueError, match="can't reckon USD with EUR"):
            reckon(Money(Decimal(1), "USD"), Money(Decimal(1), "EUR"))


def test_the_largest_amount_is_just_below_the_limit() -> None:
    assert Money.parse(LARGEST - 1, "JPY").amount == LARGEST - 1
