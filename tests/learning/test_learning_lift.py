import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.lift import lift, wilson

# Newcombe, Statistics in Medicine 17 (1998), 873-890, table II, method 10.
NEWCOMBE = [
    ((70, 56, 80, 48), 0.0524, 0.3339),
    ((10, 9, 10, 3), 0.1705, 0.8090),
    ((7, 6, 7, 2), 0.0582, 0.8062),
    ((56, 5, 29, 0), -0.0381, 0.1926),
    ((10, 0, 20, 0), -0.1611, 0.2775),
    ((10, 0, 10, 0), -0.2775, 0.2775),
    ((10, 10, 20, 0), 0.6791, 1.0000),
    ((10, 10, 10, 0), 0.6075, 1.0000),
]


@pytest.mark.parametrize(("counts", "low", "high"), NEWCOMBE)
def test_the_interval_is_the_one_that_newcombe_printed(counts, low, high):
    found = lift(*counts)
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))
    assert found.estimate == pytest.approx(counts[1] / counts[0] - counts[3] / counts[2])


def test_wilson_gives_the_intervals_of_the_same_paper():
    # Newcombe, Statistics in Medicine 17 (1998), 857-872, table I, method 3: 81/263, 15/148, 0/20, 1/29.
    assert wilson(263, 81) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(148, 15) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(20, 0) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(29, 1) == pytest.approx((0.0061, 0.1718), abs=5e-5)


def test_an_arm_without_anybody_proves_nothing():
    found = lift(500, 60, 0, 0)
    assert (found.estimate, found.low, found.high, found.proven, found.caused) == (
        None,
        -1.0,
        1.0,
        False,
        None,
    )


def test_a_clear_lift_is_proven_and_counted_in_orders():
    found = lift(9_500, 1_140, 500, 30)
    assert found.proven
    low, middle, high = found.caused
    assert middle == pytest.approx(9_500 * 0.06)
    assert 0 < low < middle < high


def test_texts_that_drive_people_away_show_a_negative_lift():
    found = lift(1000, 50, 1000, 100)
    assert found.high < 0
    assert not found.proven


def test_more_confidence_is_a_wider_interval():
    narrow, wide = lift(400, 40, 100, 5, 0.8), lift(400, 40, 100, 5, 0.99)
    assert wide.low < narrow.low < narrow.high < wide.high


arms = st.integers(1, 5_000).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))


@given(arms, arms)
def test_the_interval_holds_the_estimate_and_swapping_the_arms_mirrors_it(treated, holdout):
    found, mirrored = lift(*treated, *holdout), lift(*holdout, *treated)
    assert -1 <= found.low <= found.estimate <= found.high <= 1
    assert (mirrored.low, mirrored.high) == (pytest.approx(-found.high), pytest.approx(-found.low))


@pytest.mark.parametrize("counts", [(10, 11, 10, 1), (10, -1, 10, 1), (10, 1, -1, 0)])
def test_counts_that_cannot_be_are_refused(counts):
    with pytest.raises(ValueError, match="not a count"):
        lift(*counts)


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_a_confidence_is_a_fraction(confidence):
    with pytest.raises(ValueError, match="confidence"):
        lift(10, 1, 10, 1, confidence)
