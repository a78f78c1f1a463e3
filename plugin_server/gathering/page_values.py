"""What the sign-up page says and reads: its words, its countries, and what a person typed. Pure."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path

from babel import Locale

from compliance.phones import NotAPhone, Phone, Reason, parse
from compliance.rulebook import Rulebook
from plugin_server.gathering.plan import Gathering

FILE = Path(__file__).parent / "words.toml"
# A reason why there is no number to text, and the words for it; the others are "invalid".
PHONE_WORDS: dict[Reason, str] = {
    "empty": "phone_empty",
    "words": "phone_words",
    "extension": "phone_words",
    "too_short": "phone_short",
    "too_long": "phone_long",
    "toll_free": "phone_not_mobile",
    "premium_rate": "phone_not_mobile",
    "shared_cost": "phone_not_mobile",
    "fixed_line": "phone_not_mobile",
    "voip": "phone_not_mobile",
    "personal": "phone_not_mobile",
    "pager": "phone_not_mobile",
}
LONGEST = 200  # characters of a field; what is longer was not typed by a person
SAID_AGE = "gave a birth date that makes them {age} or older"


@cache
def all_words() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(FILE.read_text("utf-8"))


def languages() -> dict[str, str]:
    """Each language of the page by its own name: en → English."""
    return {tag: (Locale(tag).language_name or tag).capitalize() for tag in all_words()}


def countries(plan: Gathering, book: Rulebook, language: str, first: str) -> list[tuple[str, str]]:
    """(code, name) of the countries whose numbers may be texted: the shop's own, then by name."""
    enabled = [place for place, file in book.files.items() if len(place) == 2 and file.enabled]
    offered = [c for c in enabled if c in plan.countries] if plan.countries else enabled
    named = [(code, country_name(code, language)) for code in offered]
    return sorted(named, key=lambda pair: (pair[0] != first, pair[1]))


def country_name(code: str, language: str) -> str:
    return str(Locale(language).territories.get(code, code))


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """The form as it came: nothing is changed, so that it can be shown again."""

    phone: str = ""
    country: str = ""
    name: str = ""
    day: str = ""
    month: str = ""
    year: str = ""
    agree: bool = False
    trap: bool = False
    token: str = field(default="", repr=False)


def typed(form: Mapping[str, str]) -> Typed:
    """From the fields of a form. `trap`: a field that people don't see was filled in."""
    cut = {name: form.get(name, "").replace("\0", "")[:LONGEST].strip() for name in FIELDS}
    return Typed(
        **cut, agree="agree" in form, trap=bool(form.get("subject")), token=form.get("token", "")[:2000]
    )


FIELDS = ("phone", "country", "name", "day", "month", "year")


@dataclass(frozen=True, slots=True)
class Checked:
    """A number to text, or the errors: field → (key of the words, the blanks in them)."""

    phone: Phone | None
    errors: Mapping[str, tuple[str, Mapping[str, str]]]


def check(
    said: Typed, plan: Gathering, offered: list[tuple[str, str]], language: str, today: date
) -> Checked:
    """All errors at once, in the order of the form."""
    codes = [code for code, _ in offered]
    hint = said.country if said.country in codes else codes[0] if codes else None
    phone = parse(said.phone, hint)
    errors: dict[str, tuple[str, Mapping[str, str]]] = {}
    if (wrong := _phone(phone, codes, language)) is not None:
        errors["phone"] = wrong
    if plan.min_age and (key := _age(said, plan.min_age, today)):
        errors["born"] = (key, {"age": str(plan.min_age)})
    if not said.agree:
        errors["agree"] = ("agree_missing", {})
    return Checked(phone if isinstance(phone, Phone) and not errors else None, errors)


def _phone(phone: Phone | NotAPhone, codes: list[str], language: str) -> tuple[str, Mapping[str, str]] | None:
    if phone.country and phone.country not in codes:
        return "phone_refused", {"country": country_name(phone.country, language)}
    if isinstance(phone, NotAPhone):
        return PHONE_WORDS.get(phone.reason, "phone_invalid"), {}
    return None if phone.country else ("phone_refused_unknown", {})


def _age(said: Typed, least: int, today: date) -> str | None:
    """CONT-07: an age gate is a birth date, not a box. The date itself isn't kept."""
    try:
        born = date(int(said.year), int(said.month), int(said.day))
    except (ValueError, OverflowError):
        return "born_wrong"
    if born > today or today.year - born.year > 120:
        return "born_wrong"
    years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return "born_young" if years < least else None
