"""What an incoming text means: STOP before everything else, and what is unclear is a STOP (OPT-01, OPT-02).

The FCC counts any wording that a reasonable person would understand as a revocation (47 CFR 64.1200(a)(10));
exact keyword lists miss most of them. A false alarm costs one sale, a miss 500 to 1,500 dollars. Words are
data, a file for each language in `data/optout/`; all are tried: a number does not tell its owner's language.
What no rule foresaw is compared with what people wrote (`optout_model`).
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from compliance.errors import RulebookError
from compliance.optout_model import likeness
from compliance.optout_phrases import Phrases
from compliance.optout_spelling import LONG, Spelling, mended
from compliance.optout_text import clauses, fold_letters, normalise, reaction, signs

__all__ = ["FOLDER", "Intent", "classify", "lexicon", "normalise"]

FOLDER = Path(__file__).parent / "data" / "optout"
WORDS = ("stop", "unclear", "anywhere", "help", "start", "confirm", "polite")
EXPRESSIONS = ("phrases", "benign")
OPTIONAL_WORDS = ("typos_of", "real_words")
OPTIONAL_EXPRESSIONS = ("unclear_phrases",)
PARTS = "parts"


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
    phrases: Phrases
    unclear_phrases: Phrases
    benign: Phrases
    single: frozenset[str]
    spelling: Spelling


def classify(text: str) -> Intent:
    """The intent of one incoming text, in any of the languages of `data/optout/`."""
    words = lexicon()
    tapped = reaction(text)
    if tapped:
        return Intent("stop", "sign", ambiguous=True) if tapped == "disliked" else Intent("other", "reaction")
    plain = normalise(text, words.single)
    sign = signs(text, len(plain.split()))
    if not plain and not sign:
        return Intent("other", "empty")
    texts = {plain, _without_politeness(plain, words)}
    return (
        _stop(text, plain, texts, words)
        or (Intent("stop", "sign", ambiguous=True) if sign else None)
        or _whole_message("help", texts, words)
        or _whole_message("start", texts, words)
        or _whole_message("confirm", texts, words)
        or _alike(plain, words)
        or Intent("other", "none")
    )


def _alike(plain: str, words: Lexicon) -> Intent | None:
    """Nothing that a rule foresaw, but much like what others wrote who wanted no more texts: a person reads it."""
    found = likeness(" ".join(words.benign.without(plain).split()))
    return None if found is None else Intent("stop", f"likeness {found:.2f}", ambiguous=True)


@cache
def lexicon(folder: Path = FOLDER) -> Lexicon:
    """All language files together. Raises RulebookError naming the file where a list is wrong."""
    files = [_read(path) for path in sorted(folder.glob("*.toml"))]
    merged = {name: [entry for file in files for entry in file[name]] for name in files[0]}
    whole = {kind: frozenset(merged[kind]) for kind in ("stop", "help", "start", "confirm")}
    anywhere = frozenset(merged["anywhere"])
    single = frozenset(word for word in anywhere.union(*whole.values()) if " " not in word)
    return Lexicon(
        whole=whole,
        unclear=frozenset(merged["unclear"]),
        polite=frozenset(merged["polite"]),
        anywhere=anywhere,
        phrases=Phrases(merged["phrases"]),
        unclear_phrases=Phrases(merged["unclear_phrases"]),
        benign=Phrases(merged["benign"]),
        single=single,
        spelling=Spelling(
            targets=frozenset(merged["typos_of"]) | {w for w in single & whole["stop"] if len(w) >= LONG - 2},
            real=single.union(merged["polite"], merged["real_words"]),
        ),
    )


def _stop(text: str, plain: str, texts: set[str], words: Lexicon) -> Intent | None:
    """A keyword, a keyword that is a sentence, a word or phrase in a sentence, a keyword with a slip in it."""
    return (
        _whole_message("stop", texts, words)
        or _stop_sentence(text, words)
        or _stop_inside(plain, words)
        or _misspelled(min(texts, key=len).split(), words)
    )


def _whole_message(
    kind: Literal["stop", "help", "start", "confirm"], texts: set[str], words: Lexicon
) -> Intent | None:
    found = texts & words.whole[kind]
    if not found:
        return None
    return Intent(kind, f"keyword {min(found)}", ambiguous=kind == "stop" and found <= words.unclear)


def _stop_inside(plain: str, words: Lexicon) -> Intent | None:
    rest = words.benign.without(plain)
    found = set(rest.split()) & words.anywhere
    phrase = words.phrases.first(rest)
    if phrase:
        return Intent("stop", f"phrase {phrase}")
    if found - words.unclear:
        return Intent("stop", f"word {min(found - words.unclear)}")
    phrase = words.unclear_phrases.first(rest)
    if phrase:
        return Intent("stop", f"phrase {phrase}", ambiguous=True)
    return Intent("stop", f"word {min(found)}", ambiguous=True) if found else None


def _stop_sentence(text: str, words: Lexicon) -> Intent | None:
    """ "END. I bought it elsewhere." What is unclear counts only alone: "No. The large one" is no stop."""
    plain = [normalise(clause, words.single) for clause in clauses(text)]
    said = [{clause, _without_politeness(clause, words)} & words.whole["stop"] for clause in plain if clause]
    clear = set().union(*said) - words.unclear
    if clear:
        return Intent("stop", f"keyword {min(clear)}")
    return Intent("stop", f"keyword {min(said[0])}", ambiguous=True) if said and all(said) else None


def _misspelled(core: list[str], words: Lexicon) -> Intent | None:
    meant = mended(core, words.spelling)
    if meant == core:
        return None
    plain = " ".join(meant)
    found = _whole_message("stop", {plain}, words) or _stop_inside(plain, words)
    return Intent("stop", f"misspelled {found.rule}", found.ambiguous) if found else None


def _without_politeness(plain: str, words: Lexicon) -> str:
    """ "please stop now thanks" → "stop"; a message of nothing but politeness stays as it is."""
    return " ".join(word for word in plain.split() if word not in words.polite) or plain


def _read(path: Path) -> dict[str, list[str]]:
    """The lists of one file; those it may leave out are empty. `parts` are names for pieces of its expressions."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        parts = {name: fold_letters(part) for name, part in table.pop(PARTS, {}).items()}
        names = (*WORDS, *EXPRESSIONS, *OPTIONAL_WORDS, *OPTIONAL_EXPRESSIONS)
        if not set(table) <= set(names):
            raise RulebookError(path.name, "", f"unknown lists {sorted(set(table) - set(names))}")
        lists = {name: [] for name in (*OPTIONAL_WORDS, *OPTIONAL_EXPRESSIONS)} | table
        words = {name: [_word(entry) for entry in lists[name]] for name in (*WORDS, *OPTIONAL_WORDS)}
        expressions = (*EXPRESSIONS, *OPTIONAL_EXPRESSIONS)
        return words | {name: [_expression(e, parts) for e in lists[name]] for name in expressions}
    except (tomllib.TOMLDecodeError, KeyError, ValueError, re.error, TypeError, AttributeError) as error:
        raise RulebookError(path.name, "", f"wrong or missing list: {error}") from None


def _word(entry: Any) -> str:
    plain = normalise(entry)
    if not plain:
        raise ValueError(f"{entry!r} holds no word")
    return plain


def _expression(entry: Any, parts: dict[str, str]) -> str:
    """The expression with its `<parts>` put in, its letters as a text has them. Raises KeyError for an unknown part."""
    filled = re.sub(r"(?<!\?P)(?<!\?)<([a-z_]+)>", lambda part: f"(?:{parts[part[1]]})", fold_letters(entry))
    return re.compile(filled).pattern
