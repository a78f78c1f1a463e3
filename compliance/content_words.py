"""Words and phrases in a text, found whatever their case, accents and invisible characters, at their true positions."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from compliance.errors import RulebookError
from compliance.places import DATA, table

BEGIN, END = r"(?<![^\W_])", r"(?![^\W_])"
APART = r"[\s\-_.'&/]{1,3}"  # what may stand for a space of a phrase: "credit-repair", "d'alcool"
_PLURAL = "(?:e?s)?"
# What Unicode doesn't take apart.
_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "ı": "i"})
_MARKS = str.maketrans("‘’‚‛′´`‐‑‒–—−", "'''''''------")
Tree = dict[str, "Tree"]


@dataclass(frozen=True, slots=True)
class Folded:
    """A text in lower case without accents. `at`: the index in the original of each character, and of the end."""

    original: str
    plain: str
    at: tuple[int, ...] | None  # None: the same

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where in the original the characters `start` to `end` of `plain` stand, with the accents of the last."""
        if self.at is None:
            return start, end
        return self.at[start], max(self.at[end], self.at[end - 1] + 1)


def fold(text: str) -> Folded:
    """`text` as the patterns of this module want it; no more than its letters decide."""
    if text.isascii():
        return Folded(text, text.lower(), None)
    parts = [_folded(char) for char in text]
    at = [index for index, part in enumerate(parts) for _ in part]
    return Folded(text, "".join(parts), (*at, len(text)))


@cache
def _folded(char: str) -> str:
    decomposed = unicodedata.normalize("NFKD", char.translate(_MARKS)).casefold()
    bare = (
        c for c in unicodedata.normalize("NFKD", decomposed) if unicodedata.category(c) not in ("Mn", "Cf")
    )
    return "".join(bare).translate(_LETTERS)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words of one category. `every` finds them all; what it found is harmless, else blocks, else is doubtful."""

    name: str
    every: re.Pattern[str]
    harmless: re.Pattern[str] | None
    words: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Word:
    """`start` to `end` in the folded text. `sure`: it hardly means anything else."""

    start: int
    end: int
    sure: bool


def find(category: str, plain: str) -> Iterable[Word]:
    """The words of a category in a folded text, in their order. Raises RulebookError for a category without a file."""
    words = lexicon(category)
    for found in words.every.finditer(plain):
        said = found[0]
        if not (words.harmless and words.harmless.fullmatch(said)):
            yield Word(found.start(), found.end(), bool(words.words.fullmatch(said)))


def innocent(text: str) -> bool:
    """True if nothing in it reads as a word of any category: for what chance has made."""
    return not any_of(categories()).search(fold(text).plain)


@cache
def categories() -> tuple[str, ...]:
    """All that have a list of words."""
    files = sorted(path.stem for path in (DATA / "content").glob("*.toml"))
    return tuple(name for name in files if "words" in _data(name))


@cache
def any_of(categories: tuple[str, ...]) -> re.Pattern[str]:
    """One look for the words of all categories: nearly every text has none, and is done."""
    return pattern(phrase for name in categories for phrase in _phrases(_data(name)))


@cache
def lexicon(category: str) -> Lexicon:
    """The file of a category. Raises RulebookError if there is none, or if it can't be read as one."""
    data = _data(category)
    harmless, words = (_listed(data.get(part, {})) for part in ("harmless", "words"))
    return Lexicon(
        name=str(data["name"]),
        every=pattern(_phrases(data)),
        harmless=pattern(harmless) if harmless else None,
        words=pattern(words),
    )


def _data(category: str) -> dict[str, object]:
    path = DATA / "content" / f"{category}.toml"
    if not path.is_file():
        raise RulebookError(path.name, "", "a rule names this category, which has no list of words")
    return table(f"content/{category}")


def _phrases(data: Mapping[str, object]) -> list[str]:
    return [p for part in ("words", "doubtful", "harmless") for p in _listed(data.get(part, {}))]


def _listed(part: object) -> list[str]:
    return [phrase for phrases in part.values() for phrase in phrases] if isinstance(part, dict) else []


@cache
def listed(file: str, key: str) -> str:
    """The phrases of one list in a file of `data/content/`, as a piece of a pattern, without capturing groups."""
    return piece(table(f"content/{file}")[key])


def pattern(phrases: Iterable[str]) -> re.Pattern[str]:
    """Finds the longest of the phrases at each place where a word begins."""
    return re.compile(f"{BEGIN}{piece(phrases)}{END}")


def piece(phrases: Iterable[str]) -> str:
    """The phrases as one expression: a tree of their letters, since a thousand alternatives in a row are slow."""
    tree: Tree = {}
    for phrase in phrases:
        for spelling in spellings(phrase):
            node = tree
            for char in spelling:
                node = node.setdefault(char, {})
            node[""] = {}
    return f"(?:{_expression(tree)}){_PLURAL}"


def _expression(node: Tree) -> str:
    longest_first = sorted(node.items(), key=lambda branch: (branch[0] == "*", branch[0]))
    branches = [_char(char) + _expression(below) for char, below in longest_first if char]
    whole = "|".join(branches)
    if "" not in node:
        return whole if len(branches) == 1 else f"(?:{whole})"
    return f"(?:{whole})?" if branches else ""


def _char(char: str) -> str:
    return {" ": APART, "*": r"[^\W_]*"}.get(char) or re.escape(char)


def spellings(phrase: str) -> list[str]:
    """ "free (bet|spin)" is two. Raises RulebookError for brackets that don't close."""
    opened = re.fullmatch(r"([^()]*)\(([^()]*)\)(.*)", phrase)
    if opened is None:
        if set("()|?") & set(phrase) or phrase != fold(phrase).plain:
            raise RulebookError("data/content", "", f"{phrase!r}: lower case, no accents, (a|b) and * only")
        return [phrase]
    before, choices, rest = opened.groups()
    return [before + choice + end for choice in choices.split("|") for end in spellings(rest)]
