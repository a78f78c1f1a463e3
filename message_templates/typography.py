"""Swaps typographic characters for plain ones where that saves money.

A curly quote looks like nothing and turns 160 characters a segment into 70. Vonage's Messages API does not
transliterate (`encoding_type` auto sends the whole text as UCS-2), so it is done here. Letters, emoji and
links are never touched: a name spelt wrong costs more than a segment.
"""

import re
from dataclasses import dataclass

from message_templates.segments import is_gsm7, name

_PLAIN = {
    "'": "‘’‚‛′´`‹›",
    '"': "“”„‟″«»",
    "-": "‐‑‒–—―−•‣▪●◦∙",
    "...": "…",
    " ": "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\t",
    "": "\u00ad\u200b\u200c\u200e\u200f\u2060\ufe0e\ufeff",
    "x": "×",
    "/": "⁄",
    "->": "→",
    "<-": "←",
    "(TM)": "™",
    "(R)": "®",
    "(C)": "©",
    "1/2": "½",
    "1/4": "¼",
    "3/4": "¾",
    "2": "²",
    "3": "³",
}
REPLACEMENTS = {char: plain for plain, chars in _PLAIN.items() for char in chars}

_LINK = re.compile(r"(https?://[!-~]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Replaced:
    """`char` (called `name` in Unicode) was swapped for `by`, `times` times."""

    char: str
    name: str
    by: str
    times: int


def plain(text: str, *, insist: bool = False) -> tuple[str, tuple[Replaced, ...]]:
    """`text` in GSM-7, with a report, if swapping typography alone gets it there; else `text` and `()`.

    With an emoji or a ç left over the text stays UCS-2 anyway, and then the nicer characters cost nothing.
    `insist=True` keeps the typography whatever it costs.
    """
    if insist or is_gsm7(text):
        return text, ()
    parts = _LINK.split(text)
    swapped = "".join(part if i % 2 else _swap(part) for i, part in enumerate(parts))
    if not is_gsm7(swapped):
        return text, ()
    return swapped, _report("".join(parts[::2]))


def _swap(text: str) -> str:
    return "".join(REPLACEMENTS.get(char, char) for char in text)


def _report(text: str) -> tuple[Replaced, ...]:
    # The backtick is ASCII but stands in no GSM table, so membership in REPLACEMENTS is the whole test.
    guilty = dict.fromkeys(char for char in text if char in REPLACEMENTS)
    return tuple(Replaced(char, name(char), REPLACEMENTS[char], text.count(char)) for char in guilty)
