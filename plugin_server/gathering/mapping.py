"""Which column holds what: guessed by the names that other programs give them, or said by the merchant."""

import csv
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plugin_server.gathering.errors import BadMapping

# What an import understands, and what columns of it are called: in exports of Klaviyo, Postscript, Attentive, Mailchimp
# and Shopify, and by people. The first name wins. A name that may as well speak of consent to e-mails is none of these.
FIELDS: dict[str, tuple[str, ...]] = {
    "phone": (
        "phone number", "phone", "mobile", "mobile number", "mobile phone", "cell", "cell phone", "sms number",
        "sms phone", "sms phone number", "subscriber phone", "msisdn", "telephone", "tel", "default address phone",
    ),
    "status": (
        "sms status", "sms marketing status", "sms consent", "sms marketing consent", "sms subscription status",
        "accepts sms marketing", "sms opt in status", "subscription status", "subscriber status", "opt in status",
        "opted in", "status",
    ),
    "at": (
        "sms consent timestamp", "sms consent time", "sms consent date", "sms opt in time", "sms opt in timestamp",
        "sms opt in date", "sms marketing consent timestamp", "sms marketing consent updated at", "sms subscribed at",
        "opted in at", "opt in at", "opt in time", "optin time", "opt in timestamp", "opt in date", "subscribed at",
        "subscribe date", "consented at", "consent time", "consent at",
    ),
    "source": (
        "sms consent source", "sms source", "sms consent method", "opt in source", "optin source", "opt in method",
        "subscriber source", "signup source", "sign up source", "consent source", "consent method", "origin", "source",
    ),
    "url": (
        "sms consent url", "opt in url", "consent url", "source url", "page url", "signup url", "sign up url",
        "consent page", "page", "url",
    ),
    "wording": (
        "sms consent wording", "consent wording", "consent text", "disclosure", "disclosure text", "opt in language",
        "consent language", "opt in disclosure", "wording",
    ),
    "wording_version": ("wording version", "disclosure version", "consent version"),
    "action": ("consent action", "opt in action", "action"),
    "confirmed_at": (
        "double opt in at", "double opt in time", "sms confirmed at", "confirmed at", "confirm time",
        "confirmation time", "sms double opt in timestamp",
    ),
    "request": ("confirmation request", "double opt in message", "opt in message", "confirmation message"),
    "reply": ("confirmation reply", "double opt in reply", "reply text", "opt in reply", "reply"),
    "stopped_at": (
        "sms unsubscribed at", "unsubscribed at", "unsubscribe date", "unsub time", "opted out at", "opt out at",
        "opt out time", "opt out timestamp", "opt out date",
    ),
    "ip": (
        "sms consent ip", "opt in ip", "optin ip", "consent ip", "signup ip", "ip address", "ip",
    ),
    "user_agent": ("user agent", "browser"),
    "email": ("email", "e mail", "email address"),
    "name": ("full name", "name"),
    "first_name": ("first name", "firstname", "fname"),
    "last_name": ("last name", "lastname", "surname", "lname"),
    "country": (
        "country code", "default address country code", "phone country", "country iso", "country", "cc",
    ),
    "locale": ("locale", "language", "preferred language"),
}  # fmt: skip
PROOF = "when the person agreed (at), and where (source or url)"


@dataclass(frozen=True, slots=True)
class Columns:
    """Field → its place in a row, and the column's own name. `unused`: columns that nothing is read from."""

    places: Mapping[str, int]
    names: Mapping[str, str]
    unused: tuple[str, ...]

    def __contains__(self, field: str) -> bool:
        return field in self.places


def columns(header: Sequence[str], said: Mapping[str, str]) -> Columns:
    """What the merchant said, and for the rest what the header's names suggest. Raises BadMapping."""
    places = {field: _place(header, field, name) for field, name in said.items() if name}
    _none_twice(header, places)
    _guess(header, places, set(said))
    _complete(places)
    names = {field: header[place] for field, place in places.items()}
    taken = set(places.values())
    unused = tuple(name for place, name in enumerate(header) if name and place not in taken)
    return Columns(places, names, unused)


def plain(name: str) -> str:
    """A column's name without case, signs and underscores: SMS_Consent-Time is "sms consent time"."""
    return " ".join(re.sub(r"[\W_]+", " ", name.casefold()).split())


def _place(header: Sequence[str], field: str, name: str) -> int:
    if field not in FIELDS:
        raise BadMapping(f"there is no field {field!r}: there are {', '.join(FIELDS)}")
    found = [place for place, column in enumerate(header) if column and plain(column) == plain(name)]
    exact = [place for place in found if header[place].casefold() == name.strip().casefold()]
    if len(exact or found) != 1:
        raise BadMapping(
            f"{field}={name}: there is no such column; the file has {', '.join(filter(None, header))}"
        )
    return (exact or found)[0]


def _none_twice(header: Sequence[str], places: Mapping[str, int]) -> None:
    for place in set(places.values()):
        fields = [field for field, taken in places.items() if taken == place]
        if len(fields) > 1:
            raise BadMapping(f"the column {header[place]!r} can't be both {' and '.join(fields)}")


def _guess(header: Sequence[str], places: dict[str, int], said: set[str]) -> None:
    """Fill in what nobody spoke of. A field that was said to be nowhere (`locale=`) stays so."""
    known: dict[str, int] = {}
    for place, name in enumerate(header):
        known.setdefault(plain(name), place)
    for field, names in FIELDS.items():
        free = [known[name] for name in names if name in known and known[name] not in places.values()]
        if field not in said and free:
            places[field] = free[0]


def _complete(places: Mapping[str, int]) -> None:
    if "phone" not in places:
        raise BadMapping("no column holds phone numbers: say which, with --mapping phone=COLUMN")
    proof = "at" in places and ("source" in places or "url" in places)
    if not proof and "status" not in places:
        raise BadMapping(
            f"an import must say {PROOF}: say in which columns, with --mapping at=COLUMN,source=COLUMN."
            " A list without them is no evidence of consent. Opt-outs alone need phone and status"
        )


def said(option: str) -> dict[str, str]:
    """`phone=Mobile,at=Opt-in date`; a name with a comma stands in double quotes with its field. Raises BadMapping."""
    found: dict[str, str] = {}
    for part in next(csv.reader([option], skipinitialspace=True), []):
        field, sign, name = part.partition("=")
        if not sign:
            raise BadMapping(f"{part!r} isn't FIELD=COLUMN")
        found[field.strip()] = name.strip().strip('"')
    return found


def from_json(raw: bytes) -> dict[str, str]:
    """{"phone": "Mobile", …}. Raises BadMapping."""
    try:
        value: Any = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadMapping(f"the mapping file is not JSON: {error}") from None
    if not isinstance(value, dict) or not all(isinstance(name, str) for name in value.values()):
        raise BadMapping('the mapping file must hold an object of names: {"phone": "Mobile", …}')
    return {str(field): name for field, name in value.items()}
