"""How alike a text is to opt-outs that people wrote: the last stage, for wordings that no rule foresaw.

A logistic regression over the letters and words of a text, in all languages at once, trained on the corpora in
tests/cases/optout by bench/train_optout.py. What it finds is always read by a person: words alone it can't weigh.
"""

import base64
import math
import zlib
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from compliance import places

LONGEST = 480
"""Characters that are looked at: three texts' worth. Who opts out does so at once."""

SURE = 1.5
"""Log-odds from which a text counts as an opt-out. A miss costs 500 to 1,500 dollars, a false alarm one sale."""


@dataclass(frozen=True, slots=True)
class Model:
    """Weights by hashed feature, as whole numbers; `scale` makes log-odds of them."""

    bits: int
    bias: float
    scale: float
    weights: bytes

    def score(self, plain: str) -> float:
        """Log-odds that a text (as `optout.normalise` leaves it) is an opt-out."""
        found = features(plain, self.bits)
        total = sum(_signed(self.weights[feature]) for feature in found)
        return self.bias + self.scale * total / math.sqrt(len(found) + 1)


def features(plain: str, bits: int) -> set[int]:
    """What a text is made of: runs of 3 to 5 letters, words, and pairs of words, each hashed to `bits` bits."""
    text = f" {plain[:LONGEST]} "
    words = text.split()
    runs = (text[i : i + n] for n in (3, 4, 5) for i in range(len(text) - n + 1))
    pairs = (f"b{one} {two}" for one, two in pairwise(words))
    return {
        zlib.crc32(part.encode()) >> (32 - bits) for part in (*runs, *(f"w{word}" for word in words), *pairs)
    }


@cache
def model() -> Model:
    table = places.table("optout_model")
    weights = base64.b64decode("".join(table["weights"]))
    return Model(table["bits"], table["bias"], table["scale"], weights)


def likeness(plain: str) -> float | None:
    """The probability that it is an opt-out, if it is high enough to count; None if not."""
    if " " not in plain:
        return None  # one word is a keyword, one with a slip, or says too little
    score = model().score(plain)
    return 1 / (1 + math.exp(-min(score, 30.0))) if score >= SURE else None


def _signed(byte: int) -> int:
    return byte - 256 if byte > 127 else byte
