"""What single cells say: a status, a page, who the person is. Pure; what makes no sense is left out, not kept."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

from compliance.phones import NotAPhone, Reason
from plugin_server.gathering.mapping import plain

Status = Literal["in", "out", "pending", "none", "unknown"]
_STATUS: dict[Status, str] = {
    "in": "subscribed|yes|y|true|t|1|active|opted in|opt in|optin|confirmed|consented|double opt in",
    "out": "unsubscribed|unsubscribe|opted out|opt out|optout|stop|stopped|revoked|withdrawn|suppressed|blocked"
    "|blacklisted|complained|do not text|redacted",
    "pending": "pending|pending confirmation|unconfirmed|not confirmed|awaiting confirmation",
    # "No" is no opt-out: exports write it beside whoever never ticked the box.
    "none": "no|n|false|f|0|none|never subscribed|not subscribed|non subscribed|inactive|unknown",
}
STATUS = {word: status for status, words in _STATUS.items() for word in words.split("|")}

NO_PHONE: dict[Reason, str] = {
    "empty": "the phone is missing",
    "words": "the phone holds letters",
    "extension": "a number with an extension takes no texts",
    "anonymised": "the phone was made anonymous",
    "no_country": "the phone is a national number: say of which country, with --country or a country column",
    "no_such_country": "the phone begins with a calling code that no country has",
    "too_short": "the phone is too short",
    "too_long": "the phone is too long",
    "wrong_length": "no number of that country is as long as this",
    "invalid": "no such number can exist",
    "unknown_area_code": "no area code is like this",
    "toll_free": "a toll-free number takes no texts",
    "premium_rate": "a premium-rate number takes no texts",
    "shared_cost": "a shared-cost number takes no texts",
    "fixed_line": "a landline takes no texts",
    "voip": "an internet telephone number takes no texts",
    "personal": "a personal number takes no texts",
    "pager": "a pager takes no texts",
    "other": "this kind of number takes no texts",
}
LONGEST = 500  # characters of a cell that isn't evidence word for word


@dataclass(frozen=True, slots=True)
class Who:
    """The person, as far as the file says."""

    name: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    ip: str = field(default="", repr=False)
    user_agent: str = field(default="", repr=False)


NOBODY = Who()


def who(told: Mapping[str, str]) -> Who:
    full = told.get("name") or f"{told.get('first_name', '')} {told.get('last_name', '')}".strip()
    email = told.get("email", "")
    return Who(
        name=clipped(full),
        email=email if re.fullmatch(r"[^\s@]{1,64}@[^\s@]{1,190}", email) else "",
        ip=_ip(told.get("ip", "")),
        user_agent=clipped(told.get("user_agent", "")),
    )


@lru_cache(maxsize=256)
def status(said: str) -> Status:
    return STATUS.get(plain(said), "unknown")


def strange_status(said: str) -> str:
    """Named only if it can be nobody's data."""
    if not said:
        return "the status is missing: it must say that the person subscribed, or unsubscribed"
    shown = repr(said) if re.fullmatch(r"[A-Za-z][A-Za-z _-]{0,29}", said) else "with such a value"
    return f"a status {shown} isn't known"


def no_phone(said: str, found: NotAPhone) -> str:
    if re.fullmatch(r"'?\d[.,]\d+E\+?\d+", said, re.IGNORECASE):
        return "a spreadsheet rounded the phone: format the column as text and export again"
    return NO_PHONE[found.reason]


def phone_cell(said: str) -> str:
    """Without the sign by which spreadsheets are told that +1415… is no sum."""
    return said.removeprefix("'").removeprefix('="').removesuffix('"').strip()


@lru_cache(maxsize=256)
def page(said: str) -> str:
    """The page's address without what may name a person: its query, its fragment, a password."""
    try:
        parts = urlsplit(said)
    except ValueError:
        return ""
    return clipped(urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", "")))


def language(said: str) -> str:
    found = re.fullmatch(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{2,4}))?", said)
    return said.replace("_", "-") if found else ""


def clipped(said: str) -> str:
    return " ".join(said.split())[:LONGEST]


def _ip(said: str) -> str:
    try:
        return str(ipaddress.ip_address(said))
    except ValueError:
        return ""
