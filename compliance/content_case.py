"""What the checks of a text are given, and what they answer."""

from collections.abc import Iterable
from dataclasses import dataclass

from compliance.content_links import Page
from compliance.content_promises import Offer
from compliance.content_words import fold
from compliance.rules import Content, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Whose text it is.

    `brand`: the shop's name as shoppers know it. `own`: its hosts or addresses. `offer`: what the step gives (None:
    nothing). `values`: what was filled in and can be left out, such as the title of an item. `age_gate`: the shop asks
    for the date of birth. `way_out`: for a sender that takes no replies, the link by which to opt out.
    """

    brand: str
    own: tuple[str, ...] = ()
    offer: Offer | None = None
    values: tuple[str, ...] = ()
    age_gate: bool = False
    way_out: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is wrong, by which rule: `words` stand from `start` to `end` in the text (all 0: something is missing).

    `code` never changes. `blocks`: the text must not go out so. `filled`: the words came in with one of
    `About.values`: without it the text would be fine.
    """

    code: str
    what: str
    how: str
    rule: Rule
    words: str = ""
    start: int = 0
    end: int = 0
    blocks: bool = True
    filled: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """One text under one rule."""

    page: Page
    about: About
    opts_out: bool
    rule: Rule
    value: Content

    def at(self, start: int, end: int, code: str, what: str, how: str, *, blocks: bool = True) -> Finding:
        """A finding about `start` to `end` of the folded text; in `what` and `how` {} stands for the words."""
        start, end = self.page.text.span(start, end)
        words = self.page.text.original[start:end]
        return Finding(
            code=code, what=what.replace("{}", words), how=how, rule=self.rule, words=words, start=start, end=end,
            blocks=blocks, filled=inside(words, self.about.values),
        )  # fmt: skip

    def missing(self, code: str, what: str, how: str, *, blocks: bool = True) -> Finding:
        return Finding(code=code, what=what, how=how, rule=self.rule, blocks=blocks)


def inside(words: str, values: Iterable[str]) -> bool:
    """Do the words stand in one of the values?"""
    said = fold(words).plain
    return any(said in fold(value).plain for value in values)
