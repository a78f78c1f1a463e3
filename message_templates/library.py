"""Ready-made texts, per language and tone, from `library/<language>.toml`.

A new language is a new file plus a table in `wording.toml`; nothing else lists them. A broken file raises
LibraryBroken on first use, and the tests render every text.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

from message_templates.check import check
from message_templates.errors import LibraryBroken
from message_templates.wording import Wording, best_language, fill, languages, wording

__all__ = [
    "TONES",
    "Text",
    "Tone",
    "Wording",
    "best_language",
    "fill",
    "languages",
    "text",
    "texts",
    "wording",
]

Tone = Literal["friendly", "brief", "helpful", "honest_urgency", "formal", "playful"]
TONES: tuple[Tone, ...] = get_args(Tone)

_KEYS = {"tone": str, "needs_offer": bool, "text": str}


@dataclass(frozen=True, slots=True)
class Text:
    """A ready-made text. `id` is "<language>.<name>"; `needs_offer`: for steps that carry an offer."""

    id: str
    language: str
    tone: Tone
    needs_offer: bool
    text: str


def texts(language: str, tone: Tone | None = None) -> tuple[Text, ...]:
    """A language's texts ("fr-CA" is understood, English is the fallback), of one tone or of all."""
    spoken = best_language(language)
    return tuple(t for t in _all().values() if t.language == spoken and tone in (None, t.tone))


def text(id: str) -> Text:
    """The text with this id. Raises KeyError if there is none."""
    return _all()[id]


@cache
def _all() -> Mapping[str, Text]:
    found: dict[str, Text] = {}
    for language in languages():
        source = (files("message_templates") / "library" / f"{language}.toml").read_text("utf-8")
        found.update((t.id, t) for t in read(language, source))
    return found


def read(language: str, source: str) -> Iterable[Text]:
    """The texts of one file. Raises LibraryBroken for wrong keys, tones or texts that `check` refuses."""
    for name, table in tomllib.loads(source).items():
        yield _read(language, name, table)


def _read(language: str, name: str, table: object) -> Text:
    if not isinstance(table, dict) or {key: type(value) for key, value in table.items()} != _KEYS:
        raise LibraryBroken(
            f"{language}.toml [{name}] must have exactly tone, needs_offer (true or false) and text"
        )
    if table["tone"] not in TONES:
        raise LibraryBroken(f"{language}.toml [{name}]: tone {table['tone']!r} is none of {', '.join(TONES)}")
    made = Text(f"{language}.{name}", language, table["tone"], table["needs_offer"], table["text"])
    for problem in check(made.text, language, needs_offer=made.needs_offer):
        if problem.blocks:
            raise LibraryBroken(f"{language}.toml [{name}]: {problem.what} {problem.how}")
    return made
