from decimal import Decimal
from itertools import pairwise

import pytest

from learning.holdout import arm, position

UNITS = [f"shopper-{number}" for number in range(20_000)]
# Five sigma: a fair hash leaves it once in two million times, and the units are fixed, so it never flickers.


def five_sigma(share: float, n: int) -> float:
    return 5 * (share * (1 - share) / n) ** 0.5


@pytest.mark.parametrize("share", [0.02, 0.05, 0.2, 0.5])
def test_the_holdout_has_the_share_that_was_asked_for(share: float):
    held = sum(arm("shop key", unit, share, "lift-2026") == "holdout" for unit in UNITS)
    assert abs(held / len(UNITS) - share) < five_sigma(share, len(UNITS))


def test_positions_are_spread_evenly_over_twenty_bins():
    bins = [0] * 20
    for unit in UNITS:
        bins[int(position("shop key", unit, "lift-2026") * 20)] += 1
    chi_square = sum((count - 1000) ** 2 / 1000 for count in bins)
    assert chi_square < 43.8  # χ² with 19 degrees of freedom exceeds this once in a thousand


def test_neighbouring_carts_do_not_share_their_fate():
    arms = [arm("shop key", str(number), 0.5, "s") for number in range(20_000)]
    same = sum(a == b for a, b in pairwise(arms))
    assert abs(same / (len(arms) - 1) - 0.5) < five_sigma(0.5, len(arms))


@pytest.mark.parametrize(
    ("first", "second"),
    [(("shop a", "s"), ("shop b", "s")), (("shop a", "s"), ("shop a", "t")), ((b"a", "bc"), (b"a", "b"))],
)
def test_two_shops_or_two_experiments_split_independently(first, second):
    both = sum(
        arm(first[0], unit, 0.2, first[1]) == arm(second[0], unit, 0.2, second[1]) == "holdout"
        for unit in UNITS
    )
    assert abs(both / len(UNITS) - 0.04) < five_sigma(0.04, len(UNITS))


def test_an_arm_never_changes_and_is_the_one_written_down_here():
    assert [arm("demo", f"cart-{n}", Decimal("0.3"), "holdout-v1") for n in range(8)] == [
        "treated", "treated", "treated", "holdout", "treated", "holdout", "holdout", "treated",
    ]  # fmt: skip


def test_a_larger_share_keeps_everyone_who_was_held_out():
    small = {unit for unit in UNITS if arm("k", unit, 0.05, "s") == "holdout"}
    large = {unit for unit in UNITS if arm("k", unit, 0.2, "s") == "holdout"}
    assert small < large


def test_no_share_holds_out_nobody_and_the_whole_share_everybody():
    assert {arm("k", unit, 0, "s") for unit in UNITS[:500]} == {"treated"}
    assert {arm("k", unit, Decimal(1), "s") for unit in UNITS[:500]} == {"holdout"}


def test_bytes_and_text_name_the_same_shop_and_long_keys_are_taken():
    assert position("key", "u", "s") == position(b"key", "u", "s")
    assert position("x" * 200, "u", "s") != position("x" * 201, "u", "s")


def test_salt_and_unit_cannot_be_pushed_into_each_other():
    assert position("k", "bc", "a") != position("k", "c", "ab")


@pytest.mark.parametrize("share", [-0.01, 1.01, Decimal("2")])
def test_a_share_that_is_no_share_is_refused(share):
    with pytest.raises(ValueError, match="between 0 and 1"):
        arm("k", "u", share, "s")


def test_an_empty_key_is_refused():
    with pytest.raises(ValueError, match="empty"):
        arm(b"", "u", 0.1, "s")
