"""Slips of the finger: which keyword a word was meant to be.

A slip is a letter too many, too few, a wrong one, or two that changed places (Damerau 1964: four in five misspellings
are one of these). Real words that lie that near ("step", "shop") are no slips; only the reader's lists know them.
"""

import re
from dataclasses import dataclass

LONG = 9
"""From so many letters on, two slips are forgiven, and the word counts in any sentence: nothing else is like it."""
FEW = 2
"""A short word counts as a slip only in a message of at most so many words."""
LONGEST = 24


@dataclass(frozen=True, slots=True)
class Spelling:
    """`targets`: what may be meant, a word or two. `real`: what is no slip."""

    targets: frozenset[str]
    real: frozenset[str]


def mended(words: list[str], spelling: Spelling) -> list[str]:
    """The words with slips put right; the very same list where there are none."""
    if len(words) <= FEW:
        whole = meant(" ".join(words), spelling)
        if whole and not spelling.real.issuperset(words):
            return whole.split()
    forgiven = [word for word in words if len(words) <= FEW or len(word) >= LONG - 1]
    slips = {word: meant(word, spelling) for word in forgiven}
    return [slips.get(word) or word for word in words]


def meant(word: str, spelling: Spelling) -> str | None:
    """The nearest of the targets, if the word is a slip for one, and not a word of its own."""
    if word in spelling.real or word in spelling.targets or not 3 <= len(word) <= LONGEST:
        return None
    found = [(slips, target) for target in spelling.targets if (slips := _slips(word, target)) is not None]
    return min(found)[1] if found else None


def _slips(word: str, target: str) -> int | None:
    allowed = 2 if len(target) >= LONG else 1
    if abs(len(word) - len(target)) > allowed or not _same_begin(word, target):
        return None
    slips = distance(word, target)
    if slips <= allowed:
        return slips
    return allowed if re.sub(r"(\w)\1", r"\1", word) == target else None  # "sttopp"


def _same_begin(word: str, target: str) -> bool:
    """Slips rarely begin a word, but to change places with the second letter."""
    return word[0] == target[0] or word[:2] == target[1::-1]


def distance(one: str, two: str) -> int:
    """How many letters to add, drop, change, or swap with a neighbour, to get from one word to the other."""
    before: list[int] = []
    last = list(range(len(two) + 1))
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(two, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == two[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]
