"""What an incoming text means: STOP before everything else, and what is unclear is a STOP (OPT-01, OPT-02).

The FCC counts any wording that a reasonable person would understand as a revocation (47 CFR 64.1200(a)(10));
exact keyword lists miss most of them. A false alarm costs one sale, a miss 500 to 1,500 dollars. Words are
data, a file for each language in `data/optout/`; all are tried: a number does not tell its owner's language.
"""

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from compliance.errors import RulebookError

FOLDER = Path(__file__).parent / "data" / "optout"
STOP_SIGNS = "🛑🚫✋⛔🤚🖕"
LISTS = ("stop", "unclear", "anywhere", "phrases", "benign", "help", "start", "confirm", "polite")


@dataclass(frozen=True, slots=True)
class Intent:
    """What the person wants and how we know. `ambiguous`: a stop, to be safe, that a person should read.

    `confirm` counts only while a confirmation request is open, never as a new consent after STOP (OPT-01).
    """

    kind: Literal["stop", "help", "start", "confirm", "other"]
    rule: str
    ambiguous: bool = False


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words of all languages, ready to match."""

    whole: dict[str, frozenset[str]]
    unclear: frozenset[str]
    polite: frozenset[str]
    anywhere: frozenset[str]
    phrases: re.Pattern[str]
    benign: re.Pattern[str]


def classify(text: str) -> Intent:
    """The intent of one incoming text, in any of the languages of `data/optout/`."""
    words = lexicon()
    plain = normalise(text)
    if not plain:
        signs = any(sign in text for sign in STOP_SIGNS)
        return Intent("stop", "sign", ambiguous=True) if signs else Intent("other", "empty")
    core = _without_politeness(plain, words)
    return (
        _whole_message("stop", {plain, core}, words)
        or _stop_inside(plain, words)
        or _whole_message("help", {plain, core}, words)
        or _whole_message("start", {plain, core}, words)
        or _whole_message("confirm", {plain, core}, words)
        or Intent("other", "none")
    )


def normalise(text: str) -> str:
    """Lower case without accents, punctuation, emoji: "S.T.O.P", "st0p" and "STOOOP" are "stop"."""
    plain = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    plain = re.sub("[\u0300-\u036f]", "", plain)  # Latin accents only: other scripts need their marks
    plain = "".join(
        char for char in unicodedata.normalize("NFC", plain) if unicodedata.category(char) != "Cf"
    )
    plain = re.sub(r"(?<=\w)['’`´](?=\w)", "", plain)
    plain = re.sub(r"[\W_]+", " ", plain).strip()
    return _unspelled(plain)


def _unspelled(plain: str) -> str:
    """ "s t 0 p" and "stooop" to "stop". Each change may open the way for another: until none is left."""
    before = None
    while plain != before:
        before = plain
        plain = re.sub(r"\b(?:\w ){2,}\w\b", lambda spelled: spelled.group().replace(" ", ""), plain)
        plain = re.sub(r"(?<=[a-z])0(?=[a-z])", "o", plain)
        plain = re.sub(r"([^\W\d])\1{2,}", r"\1", plain)
    return plain


@cache
def lexicon(folder: Path = FOLDER) -> Lexicon:
    """All language files together. Raises RulebookError naming the file where a list is wrong."""
    files = [_read(path) for path in sorted(folder.glob("*.toml"))]
    merged = {name: [entry for file in files for entry in file[name]] for name in LISTS}
    return Lexicon(
        whole={kind: frozenset(merged[kind]) for kind in ("stop", "help", "start", "confirm")},
        unclear=frozenset(merged["unclear"]),
        polite=frozenset(merged["polite"]),
        anywhere=frozenset(merged["anywhere"]),
        phrases=_any_of(merged["phrases"]),
        benign=_any_of(merged["benign"]),
    )


def _whole_message(
    kind: Literal["stop", "help", "start", "confirm"], texts: set[str], words: Lexicon
) -> Intent | None:
    found = texts & words.whole[kind]
    if not found:
        return None
    return Intent(kind, f"keyword {min(found)}", ambiguous=kind == "stop" and found <= words.unclear)


def _stop_inside(plain: str, words: Lexicon) -> Intent | None:
    rest = words.benign.sub(" ", plain)
    phrase = words.phrases.search(rest)
    if phrase:
        return Intent("stop", f"phrase {phrase.group().strip()}")
    found = set(rest.split()) & words.anywhere
    return Intent("stop", f"word {min(found)}", ambiguous=found <= words.unclear) if found else None


def _without_politeness(plain: str, words: Lexicon) -> str:
    """ "please stop now thanks" → "stop"; a message of nothing but politeness stays as it is."""
    return " ".join(word for word in plain.split() if word not in words.polite) or plain


def _any_of(expressions: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(rf"\b(?:{expression})(?!\w)" for expression in expressions))


def _read(path: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        for name in LISTS:
            for entry in table[name]:
                re.compile(entry)
    except (tomllib.TOMLDecodeError, KeyError, re.error) as error:
        raise RulebookError(path.name, "", f"wrong or missing list: {error}") from None
    if set(table) != set(LISTS):
        raise RulebookError(path.name, "", f"unknown lists {set(table) - set(LISTS)}")
    return table
