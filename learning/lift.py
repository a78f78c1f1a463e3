"""What the texts caused: the conversion of those treated, less that of those held out, with an interval.

Interval: Newcombe's hybrid score (Statistics in Medicine 17, 1998, 873-890, method 10), built from Wilson's
score intervals (JASA 22, 1927). It stays honest for small counts and for none at all, where the textbook
interval does not. It holds for one look at a time fixed beforehand; who looks every day and stops at the
first good news needs a wider one.
"""

from dataclasses import dataclass
from math import hypot, sqrt
from statistics import NormalDist


@dataclass(frozen=True, slots=True)
class Lift:
    """The difference of the rates, 0.021 for 2.1 percentage points. None: an arm has nobody yet."""

    treated_n: int
    treated_k: int
    holdout_n: int
    holdout_k: int
    estimate: float | None
    low: float
    high: float
    confidence: float

    @property
    def proven(self) -> bool:
        """The whole interval lies above zero."""
        return self.low > 0

    @property
    def caused(self) -> tuple[float, float, float] | None:
        """Conversions that the texts caused among the treated: low, estimate, high. Negative: lost."""
        if self.estimate is None:
            return None
        return self.low * self.treated_n, self.estimate * self.treated_n, self.high * self.treated_n


def lift(treated_n: int, treated_k: int, holdout_n: int, holdout_k: int, confidence: float = 0.95) -> Lift:
    """`k` of `n` units converted in each arm. Raises ValueError for impossible counts or confidence."""
    treated_low, treated_high = wilson(treated_n, treated_k, confidence)
    holdout_low, holdout_high = wilson(holdout_n, holdout_k, confidence)
    counts = (treated_n, treated_k, holdout_n, holdout_k)
    if not treated_n or not holdout_n:
        return Lift(*counts, estimate=None, low=-1.0, high=1.0, confidence=confidence)
    treated, holdout = treated_k / treated_n, holdout_k / holdout_n
    difference = treated - holdout
    low = difference - hypot(treated - treated_low, holdout_high - holdout)
    high = difference + hypot(treated_high - treated, holdout - holdout_low)
    return Lift(*counts, estimate=difference, low=max(low, -1.0), high=min(high, 1.0), confidence=confidence)


def wilson(n: int, k: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval for a rate of `k` in `n`, uncorrected; (0, 1) when `n` is 0."""
    if not 0 <= k <= n:
        raise ValueError(f"{k} of {n} is not a count: 0 <= k <= n")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    if n == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    rate = k / n
    centre = rate + z * z / (2 * n)
    spread = z * sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    low = 0.0 if k == 0 else (centre - spread) / scale
    high = 1.0 if k == n else (centre + spread) / scale
    return low, high
