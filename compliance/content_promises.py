"""What a text promises to take off: percentages, amounts, codes, free shipping (CONT-13)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Literal

from compliance.content_words import APART, BEGIN, END, Folded, listed

_NUMBER = r"\d{1,6}(?:[.,']\d{1,3})*"
_MONEY = r"(?:(?:us|ca|au|nz|a|c)?[$£€]|(?:usd|eur|gbp|cad|aud|chf|kr|zl)\s)"
_MONEYS = r"(?:[$£€]|eur|euros?|usd|dollars?|gbp|pounds?|cad|aud|chf|kr|zl|sek|dkk|pln)"
_PERCENT = r"\s?(?:%|percent|per cent|prozent|pour cent|por ciento|per cento|por cento|procent)"
VALUE = (
    rf"(?:(?P<percent>(?<![\d.,]){_NUMBER}){_PERCENT}|{_MONEY}\s?(?P<money>{_NUMBER})"
    rf"|(?P<moneys>(?<![\d.,]){_NUMBER})\s?{_MONEYS}(?![^\W_]))"
)
_VALUE = re.compile(VALUE)
Worth = tuple[Literal["percent", "amount"], Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What the step of a text really gives, in the shop's words: 10%, $5. Empty: nothing of the sort."""

    kind: str = ""
    value: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise and where it stands in the folded text (a code: in the original). `worth`: comparable."""

    kind: Literal["percent", "amount", "free", "gift", "stack", "code"]
    start: int
    end: int
    worth: Decimal | str | None = None


def promises(text: Folded, prose: str) -> Iterator[Promise]:
    """All promises of a text; `prose` is its folded text without what is no prose."""
    if _VALUE.search(prose):
        yield from _amounts(prose)
    for kind in ("free", "gift"):
        yield from (Promise(kind, *found.span()) for found in _phrases(kind).finditer(prose))
    yield from _codes(text)


def worth(value: str) -> Worth | None:
    """ "10 %" as ("percent", 10), "US$5.00" as ("amount", 5); None for what is neither."""
    found = _VALUE.search(value.casefold())
    return _read(found) if found else None


def _amounts(prose: str) -> Iterator[Promise]:
    for found in _shape().finditer(prose):
        if not (found["before"] or found["minus"] or found["after"]):
            continue  # a price, or "100% cotton"
        kind, number = _read(found)
        yield Promise(kind, *found.span("all"), number)
        for more in ("stack", "top"):
            if found[more]:
                yield Promise("stack", *found.span(more))


def _read(found: re.Match[str]) -> Worth:
    percent = found["percent"]
    return (
        ("percent", _decimal(percent)) if percent else ("amount", _decimal(found["money"] or found["moneys"]))
    )


def _decimal(digits: str) -> Decimal:
    """ "1.000,50", "1,000.50" and "1'000.5" are the same; three digits after a lone mark are thousands."""
    whole, mark, rest = re.fullmatch(r"(.*?)(?:([.,'])(\d+))?", digits).groups()  # type: ignore[union-attr]
    fraction = rest if mark and mark != "'" and len(rest) != 3 else ""
    return Decimal(re.sub(r"\D", "", whole if fraction else digits) + (f".{fraction}" if fraction else ""))


def _codes(text: Folded) -> Iterator[Promise]:
    """A code is told by its capitals, so that "code below" is none; in a text of capitals, by its digits."""
    for found in _code().finditer(text.plain):
        start, end = text.span(*found.span("code"))
        code = text.original[start:end]
        told = any(map(str.isdigit, code)) or not text.original.isupper()
        if not found["other"] and told and code.isupper():
            yield Promise("code", *found.span("code"), code)


def _said(key: str) -> str:
    return f"{BEGIN}{listed('promises', key)}{END}"


@cache
def _phrases(kind: str) -> re.Pattern[str]:
    return re.compile(_said(kind))


@cache
def _shape() -> re.Pattern[str]:
    """ "10% off", "save $5", "-20%", each with what makes it one more: "extra 10% off", "10% off on top"."""
    filled = f"(?:{_said('filler')}{APART})" + "{0,3}"
    lead = rf"(?:(?P<before>{_said('before')}{APART}{filled})|(?P<minus>(?<![^\s(])-\s?))?"
    after = rf"(?P<after>[\s-]{{0,2}}{filled}(?!{_said('white')}){_said('after')})?"
    stack, top = rf"(?P<stack>{_said('stack')}){APART}", rf"{APART}(?P<top>{_said('stack')})"
    return re.compile(rf"(?:{stack})?(?P<all>{lead}{VALUE}{after})(?:{top})?")


@cache
def _code() -> re.Pattern[str]:
    quote = r"[\s:=\"'“”„«»*]{1,4}"
    return re.compile(
        rf"(?P<other>{_said('no_code')}{APART})?{_said('code')}(?:{APART}{_said('is')})?{quote}"
        rf"(?P<code>[a-z0-9][a-z0-9_-]{{2,39}}){END}"
    )
