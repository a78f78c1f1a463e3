"""Whether a text takes an order or a payment, or asks for a card (CART-06)."""

import re
from collections.abc import Iterator
from functools import cache

from compliance.content_words import APART, BEGIN, END, listed

_NEAR = 40  # characters in which one sentence still speaks of the same thing
_BEFORE = 24  # "we will never ask you to" stands so near


def asks(plain: str) -> Iterator[tuple[int, int]]:
    """Where a folded text takes an order or asks for a payment."""
    if not _first().search(plain):
        return
    for shape in _shapes():
        yield from (found.span() for found in shape.finditer(plain))
    for found in _card().finditer(plain):
        if not _never().search(plain, max(0, found.start() - _BEFORE), found.start()):
            yield found.span()


def _said(key: str) -> str:
    return f"{BEGIN}{listed('payment', key)}{END}"


@cache
def _first() -> re.Pattern[str]:
    """What each of the shapes begins with."""
    return re.compile("|".join(map(_said, ("reply", "word", "give", "phrases"))))


@cache
def _shapes() -> tuple[re.Pattern[str], ...]:
    """As `data/content/payment.toml` describes them."""
    quote = r"[\s:,\"“”„«»*']{1,4}"
    filled = f"(?:{_said('with')}{quote})" + "{0,2}"
    step = rf"(?:(?!https?:|{BEGIN}(?:tap|click|visit|link){END})[^.!?\n])"
    reply = (
        rf"{_said('reply')}(?!{quote}{filled}{_said('not')}){step}{{0,{_NEAR}}}?"
        rf"{_said('link')}{APART}(?:{_said('fill')}{APART}){{0,5}}{_said('buy')}"
    )
    word = rf"{_said('word')}{quote}{filled}{_said('shout')}(?!{APART}{_said('noun')})"
    return tuple(map(re.compile, (reply, word, _said("phrases"))))


@cache
def _card() -> re.Pattern[str]:
    return re.compile(rf"{_said('give')}[^.!?\n]{{0,{_NEAR}}}?{_said('card')}")


@cache
def _never() -> re.Pattern[str]:
    return re.compile(_said("never"))
