"""The bodies that the JSON API takes, each field with its limits."""

import ipaddress
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from marshmallow import Schema, ValidationError, validate, validates
from marshmallow import fields as f

# What a person may have done, and how the evidence says it (47 CFR 64.1200(f)(9), E-SIGN).
ACTIONS = {
    "ticked_box": "ticked a box that was empty",
    "pressed_button": "pressed a button beside the wording",
    "texted_keyword": "texted the word for signing up",
    "signed_paper": "signed on paper",
    "spoke": "said so to a person",
}
# Why somebody wants no more texts. No free text: evidence outlives the person's data.
REASONS = {
    "asked": "asked the shop",
    "unsubscribed": "unsubscribed on the shop's own page",
    "complained": "complained",
    "wrong_number": "is somebody else's number",
    "other": "for a reason the shop keeps itself",
}


def _text(most: int, least: int = 0) -> validate.Validator:
    return validate.And(validate.Length(min=least, max=most), validate.ContainsNoneOf("\0"))


class Number(Schema):
    """A phone, in E.164 or as it is written in `country`."""

    phone = f.String(required=True, validate=_text(40, 1))
    country = f.String(validate=validate.Regexp(r"[A-Z]{2}\Z", error="Not a country code such as US."))


class Consent(Schema):
    """The act itself, in the words that the person saw."""

    wording = f.String(required=True, validate=_text(4000, 20))
    at = f.AwareDateTime(required=True, format="iso")
    source_url = f.String(required=True, validate=_text(2000))
    action = f.String(required=True, validate=validate.OneOf(ACTIONS))
    ip = f.String(validate=_text(45))
    user_agent = f.String(validate=_text(1000))

    @validates("at")
    def _moment(self, value: datetime, data_key: str) -> None:
        if value.year < 2000:
            raise ValidationError("lies before the year 2000")

    @validates("source_url")
    def _address(self, value: str, data_key: str) -> None:
        if without_query(value) is None:
            raise ValidationError("Not a web address such as https://shop.example/join.")

    @validates("ip")
    def _ip(self, value: str, data_key: str) -> None:
        try:
            ipaddress.ip_address(value)
        except ValueError:
            raise ValidationError("Not an IP address.") from None


class Subscriber(Number):
    name = f.String(validate=_text(200))
    email = f.Email(validate=_text(254))
    locale = f.String(
        validate=validate.Regexp(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*\Z", error="Not like en-US.")
    )
    consent = f.Nested(Consent, required=True)


class OptOut(Number):
    reason = f.String(load_default="asked", validate=validate.OneOf(REASONS))


SUBSCRIBER, LOOKUP, OPT_OUT = Subscriber(), Number(), OptOut()


def without_query(url: str) -> str | None:
    """The page that an address names. What follows it may name a person, and evidence must not. None: no address."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host or any(char.isspace() for char in url):
        return None
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def loaded(schema: Schema, body: object) -> dict[str, Any]:
    """Raises marshmallow.ValidationError."""
    if not isinstance(body, dict):
        raise ValidationError("The body is no JSON object.")
    made: dict[str, Any] = schema.load(body)
    return made
