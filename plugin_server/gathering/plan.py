"""How a shop gathers consent: its page, its keyword, its thanks. Kept as JSON in `shops.gathering`."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any
from urllib.parse import urlsplit

from marshmallow import EXCLUDE, Schema, ValidationError, post_load, validate, validates
from marshmallow import fields as f

from compliance import optout
from message_templates.segments import forced_by

JOIN = "JOIN"
_LINKS = re.compile(r"https?:|www\.|\{", re.IGNORECASE)
# After the confirmation, in the shopper's language; all of it within GSM-7.
_THANKS = {
    "en": "{text} with code {code}.",
    "es": "{text} con {code}.",
    "fr": "{text} avec le code {code}.",
    "de": "{text} mit Code {code}.",
}


class BadPlan(Exception):
    """The plan can't be used: `problems` says what is wrong with which key."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathering:
    """What a merchant decides about signing up.

    `terms_url`, `privacy_url`: https; without both the page shows no form (CART-05, CONT-02). `keyword`: the word
    that people text. `incentive`: what is promised, such as "10% off your next order"; `incentive_code` is given
    only after the confirmation. `min_age`: years; 0 asks for no birth date. `countries`: ISO 3166, those whose
    numbers are taken; empty: all that the rulebook enables. `headline`, `intro`: in place of ours, in all languages.
    """

    page_on: bool = True
    terms_url: str = ""
    privacy_url: str = ""
    keyword: str = JOIN
    incentive: str = ""
    incentive_code: str = ""
    min_age: int = 0
    countries: tuple[str, ...] = ()
    headline: str = ""
    intro: str = ""

    @property
    def ready(self) -> bool:
        """May the page ask for a number? Only where terms and privacy can be read."""
        return bool(self.terms_url and self.privacy_url)


KEYS = tuple(field.name for field in fields(Gathering))


def _printable(most: int) -> validate.Validator:
    return validate.And(validate.Length(max=most), validate.ContainsNoneOf("\r\n\t\0"))


class _Plan(Schema):
    class Meta:
        unknown = EXCLUDE  # other ways of gathering keep their settings beside these

    page_on = f.Boolean()
    terms_url = f.String()
    privacy_url = f.String()
    keyword = f.String()
    incentive = f.String(validate=_printable(60))
    incentive_code = f.String(
        validate=validate.Regexp(r"[A-Za-z0-9_-]{0,24}\Z", error="letters and digits only")
    )
    min_age = f.Integer(validate=validate.Range(0, 99))
    countries = f.List(
        f.String(validate=validate.Regexp(r"[A-Z]{2}\Z", error="not a country code such as US"))
    )
    headline = f.String(validate=_printable(80))
    intro = f.String(validate=_printable(300))

    @validates("terms_url", "privacy_url")
    def _address(self, value: str, data_key: str) -> None:
        parts = urlsplit(value)
        if value and (
            parts.scheme != "https" or "." not in (parts.hostname or "") or re.search(r"\s", value)
        ):
            raise ValidationError("not an address such as https://shop.example/privacy")

    @validates("keyword")
    def _word(self, value: str, data_key: str) -> None:
        """It must not be a word that means something else already, in whatever language (OPT-01)."""
        if not re.fullmatch(r"[A-Za-z0-9]{2,20}", value):
            raise ValidationError("not one word of 2 to 20 letters and digits")
        meaning = optout.classify(value).kind
        if meaning != "other":
            raise ValidationError(f"people who text {value.upper()} mean something else ({meaning})")

    @validates("incentive")
    def _texted(self, value: str, data_key: str) -> None:
        """It stands in the welcome text, where one character more than GSM-7 doubles the price."""
        if strange := "".join(char.char for char in forced_by(value)):
            raise ValidationError(f"{strange} would make the text cost twice as much: write it without")
        if _LINKS.search(value):
            raise ValidationError("no links and no blanks here")

    @post_load
    def _made(self, data: dict[str, Any], **_: object) -> Gathering:
        if data.get("incentive_code") and not data.get("incentive"):
            raise ValidationError("what the code is for is missing", "incentive")
        countries = tuple(dict.fromkeys(data.pop("countries", ())))
        keyword = data.pop("keyword", "") or JOIN
        return Gathering(**data, countries=countries, keyword=keyword.upper())


_SCHEMA = _Plan()


def load(raw: Mapping[str, Any]) -> Gathering:
    """The plan in a row of `shops`. Raises BadPlan."""
    try:
        made: Gathering = _SCHEMA.load(dict(raw))
    except ValidationError as error:
        said = error.normalized_messages()  # type: ignore[no-untyped-call]
        raise BadPlan(tuple(f"{key}: {_first(told)}" for key, told in said.items())) from None
    return made


def dump(plan: Gathering) -> dict[str, Any]:
    """As it is kept: only what differs from the defaults."""
    plain = {**asdict(plan), "countries": list(plan.countries)}
    usual = {**asdict(Gathering()), "countries": []}
    return {key: value for key, value in plain.items() if value != usual[key]}


def incentive_line(plan: Gathering, language: str) -> str:
    """The promise and its code as the end of a welcome text; empty if nothing was promised. GSM-7."""
    if not plan.incentive or not plan.incentive_code:
        return plan.incentive and f"{plan.incentive}."
    return _THANKS.get(language, _THANKS["en"]).format(text=plan.incentive, code=plan.incentive_code)


def _first(said: Any) -> str:
    """The first message, wherever it is nested."""
    while not isinstance(said, str):
        said = next(iter(said.values())) if isinstance(said, dict) else said[0]
    return said.rstrip(".")
