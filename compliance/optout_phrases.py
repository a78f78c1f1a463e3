"""Many expressions over whole words, tried only where they can begin.

A thousand expressions at every word of a text are a millisecond a word; those that can begin with the word's first
letter are a few dozen. Not one alternation: Python tries each of its branches everywhere.
"""

import re
from collections.abc import Iterable, Iterator

_WORD_STARTS = re.compile(r"\b\w")
_CLOSES_EARLY = re.compile(r"[?*]|\{0")


class Phrases:
    """Expressions, each matching from the begin of a word to the end of one."""

    def __init__(self, expressions: Iterable[str]) -> None:
        self._anywhere: list[re.Pattern[str]] = []
        self._by_letter: dict[str, list[re.Pattern[str]]] = {}
        for expression in dict.fromkeys(expressions):
            compiled = re.compile(rf"(?:{expression})(?!\w)")
            letters = first_letters(expression)
            for letter in letters or ():
                self._by_letter.setdefault(letter, []).append(compiled)
            if letters is None:
                self._anywhere.append(compiled)

    def first(self, text: str) -> str | None:
        """What the first match says."""
        found = next(self._matches(text), None)
        return found.group().strip() if found else None

    def without(self, text: str) -> str:
        """The text with a blank where each match stood."""
        kept, at = [], 0
        for match in self._matches(text):
            kept.append(text[at : match.start()])
            at = match.end()
        return " ".join([*kept, text[at:]])

    def _matches(self, text: str) -> Iterator[re.Match[str]]:
        """From left to right; none begins within another."""
        end = 0
        for start in _WORD_STARTS.finditer(text):
            if start.start() < end:
                continue
            match = self._match(text, start.start(), start.group())
            if match:
                end = max(match.end(), start.end())
                yield match

    def _match(self, text: str, at: int, letter: str) -> re.Match[str] | None:
        for patterns in (self._by_letter.get(letter, ()), self._anywhere):
            for pattern in patterns:
                match = pattern.match(text, at)
                if match and match.end() > at:
                    return match
        return None


def first_letters(expression: str) -> frozenset[str] | None:
    """The letters that a match can begin with, none left out; None where it may be any."""
    found: set[str] = set()
    for alternative in _alternatives(expression):
        letters = _begin(alternative)
        if letters is None:
            return None
        found |= letters
    return frozenset(found)


def _begin(alternative: str) -> frozenset[str] | None:
    found: set[str] = set()
    at = 0
    while at < len(alternative):
        char, end = alternative[at], at + 1
        if char == "(":
            end = _closing(alternative, at) + 1
            letters = _of_group(alternative[at + 1 : end - 1])
        else:
            letters = frozenset(char) if char.isalnum() else frozenset() if char == "^" else None
        if letters is None:
            return None
        found |= letters
        if letters and not _CLOSES_EARLY.match(alternative, end):
            return frozenset(found)
        at = end + 1 if letters else end
        if letters and alternative[end] == "{":
            return None
    return None


def _of_group(inner: str) -> frozenset[str] | None:
    if inner.startswith(("?=", "?!", "?<")):
        return frozenset()  # looks, and takes no letter
    return first_letters(inner.removeprefix("?:"))


def _alternatives(expression: str) -> list[str]:
    """Cut at each "|" that stands in no group."""
    cuts, at = [-1], 0
    while at < len(expression):
        if expression[at] == "|":
            cuts.append(at)
        at = _closing(expression, at) + 1 if expression[at] in "([" else at + 1 + (expression[at] == "\\")
    ends = [*cuts[1:], len(expression)]
    return [expression[begin + 1 : end] for begin, end in zip(cuts, ends, strict=True)]


def _closing(expression: str, at: int) -> int:
    """Where the group or set that opens at `at` ends."""
    if expression[at] == "[":
        found = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]").match(expression, at)
        return found.end() - 1 if found else len(expression)
    depth = 0
    while at < len(expression):
        char = expression[at]
        if char == "[":
            at = _closing(expression, at)
        depth += (char == "(") - (char == ")")
        if not depth:
            return at
        at += 1 + (char == "\\")
    return at
