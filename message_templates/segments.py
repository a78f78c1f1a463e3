"""Counts the segments a text is billed as.

One segment holds 160 GSM-7 septets or 70 UCS-2 code units; parts of a longer text hold 153 or 67, since
six octets of each go to the concatenation header (3GPP TS 23.040, 9.2.3.24.1). The alphabets are those of
3GPP TS 23.038, 6.2.1: a character of the extension table is sent as an escape pair and costs two septets.
One character outside both tables turns the whole text into UCS-2. Pairs (escape or surrogate) are never
split over two parts.
"""

import unicodedata
from dataclasses import dataclass
from typing import Literal

Encoding = Literal["GSM7", "UCS2"]

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")
GSM7 = BASIC | EXTENSION

_CAPACITY: dict[Encoding, tuple[int, int]] = {"GSM7": (160, 153), "UCS2": (70, 67)}


@dataclass(frozen=True, slots=True)
class Forced:
    """A character that forces UCS-2. `position` counts characters from 0, `line` counts from 1."""

    char: str
    name: str
    position: int
    line: int


@dataclass(frozen=True, slots=True)
class SegmentCount:
    """`units`: septets (GSM7) or 16-bit code units (UCS2); `forced_by`: each guilty character once."""

    encoding: Encoding
    units: int
    segments: int
    forced_by: tuple[Forced, ...]


def count(text: str) -> SegmentCount:
    """The segments of `text`, which is 0 for the empty text. Accepts any string."""
    forced = forced_by(text)
    encoding: Encoding = "UCS2" if forced else "GSM7"
    costs = [_cost(char, encoding) for char in text]
    return SegmentCount(encoding, sum(costs), _fill(costs, *_CAPACITY[encoding]), forced)


def is_gsm7(text: str) -> bool:
    return GSM7.issuperset(text)


def forced_by(text: str) -> tuple[Forced, ...]:
    """The distinct characters outside the GSM-7 alphabet, each where it first stands."""
    first: dict[str, int] = {}
    for position, char in enumerate(text):
        if char not in GSM7:
            first.setdefault(char, position)
    return tuple(Forced(char, name(char), at, text.count("\n", 0, at) + 1) for char, at in first.items())


def name(char: str) -> str:
    """The character's Unicode name, or `U+XXXX` where it has none (controls, surrogates)."""
    return unicodedata.name(char, f"U+{ord(char):04X}")


def _cost(char: str, encoding: Encoding) -> int:
    if encoding == "GSM7":
        return 2 if char in EXTENSION else 1
    return 2 if ord(char) > 0xFFFF else 1


def _fill(costs: list[int], alone: int, part: int) -> int:
    if sum(costs) <= alone:
        return 1 if costs else 0
    segments, used = 1, 0
    for cost in costs:
        if used + cost > part:
            segments, used = segments + 1, 0
        used += cost
    return segments
