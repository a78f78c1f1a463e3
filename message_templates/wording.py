"""The fixed words around a text: opting out, help, confirmations, the disclosure beside the phone field.

Kept in `library/wording.toml`, one table per language.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from string import Formatter

from message_templates.cleaning import one_line
from message_templates.errors import LibraryBroken

FALLBACK = "en"

_BLANKS = {
    "opt_out": set(),
    "opt_out_link": {"link"},
    "help": {"shop", "contact"},
    "stop_confirmation": {"shop"},
    "double_opt_in": {"shop"},
    "welcome": {"shop", "contact"},
    "disclosure": {"shop", "terms", "privacy"},
}
"""The blanks each wording must have, no more and no fewer."""


@dataclass(frozen=True, slots=True)
class Wording:
    """One language's fixed texts. Blanks such as `{shop}` are filled in with `fill`.

    - `opt_out`: ends every text (CTIA Messaging Principles and Best Practices, 2023, 5.1.3)
    - `opt_out_link`: the same for senders that can't be replied to (47 CFR 64.1200(a)(10): say so, give
      another way)
    - `help`: the answer to HELP: brand and a way to reach a person
    - `stop_confirmation`: the one answer to STOP: names the brand, holds no marketing (47 CFR 64.1200(a)(12))
    - `double_opt_in`: asks for the reply that confirms, naming cart reminders (help.twilio.com, error 30517)
    - `welcome`: confirms the opt-in: programme, frequency, help, opt-out, fees (CTIA 5.1.2.1)
    - `disclosure`: stands beside the unticked box where the phone number is asked for
    """

    language: str
    opt_out: str
    opt_out_link: str
    help: str
    stop_confirmation: str
    double_opt_in: str
    welcome: str
    disclosure: str


def wording(language: str) -> Wording:
    """The wording for a language tag such as "fr", "fr-CA" or "pt_BR"; English where there's none."""
    return _all()[best_language(language)]


def best_language(locale: str | None) -> str:
    """The language of the library nearest to `locale` ("de-CH" → "de"); "en" if there's none."""
    main = (locale or "").strip().replace("_", "-").split("-")[0].split(".")[0].lower()
    return main if main in _all() else FALLBACK


def languages() -> tuple[str, ...]:
    return tuple(_all())


def fill(pattern: str, **blanks: str) -> str:
    """`pattern` with its blanks filled, each value cleaned and on one line. Raises KeyError."""
    return pattern.format_map({key: one_line(value) for key, value in blanks.items()})


@cache
def _all() -> Mapping[str, Wording]:
    text = (files("message_templates") / "library" / "wording.toml").read_text("utf-8")
    return {language: _read(language, table) for language, table in tomllib.loads(text).items()}


def _read(language: str, table: Mapping[str, object]) -> Wording:
    expected = {field.name for field in fields(Wording)} - {"language"}
    if set(table) != expected:
        raise LibraryBroken(
            f"wording.toml [{language}]: keys differ from {sorted(expected)}: {sorted(table)}"
        )
    for key, text in table.items():
        blanks = {blank for _, blank, _, _ in Formatter().parse(str(text)) if blank is not None}
        if blanks != _BLANKS[key]:
            raise LibraryBroken(f"wording.toml [{language}] {key}: blanks must be {sorted(_BLANKS[key])}")
    return Wording(language=language, **{key: str(text) for key, text in table.items()})
