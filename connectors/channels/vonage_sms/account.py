"""A shop's Vonage credentials, checked when the channel is made rather than when a text is due."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from urllib.parse import urlsplit

from sequences.errors import ComebackError

BASE_URL = "https://api.nexmo.com"
PER_SECOND = 30.0  # Vonage's default limit of API requests per key (api.support.vonage.com 203993598)


class BadCredentials(ComebackError):
    """The Vonage credentials can't work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What sending needs. `per_second`: texts per second from one channel object, 0 for no limit."""

    application_id: str
    private_key: str = field(repr=False)
    base_url: str = BASE_URL
    allow_private: bool = False
    per_second: float = PER_SECOND


def account(credentials: Mapping[str, str]) -> Account:
    """Raises BadCredentials, which says what is wrong and never what was given."""
    allow_private = credentials.get("allow_private", "") == "1"
    return Account(
        application_id=_needed(credentials, "application_id"),
        private_key=_pem(_needed(credentials, "private_key")),
        base_url=_base_url(credentials.get("base_url", "") or BASE_URL, allow_private),
        allow_private=allow_private,
        per_second=_per_second(credentials.get("per_second", "")),
    )


def _needed(credentials: Mapping[str, str], name: str) -> str:
    value = credentials.get(name, "").strip()
    if not value:
        raise BadCredentials(f"{name} is missing. It stands in the Vonage dashboard under Applications.")
    return value


def _pem(text: str) -> str:
    r"""The key with its line breaks back: environment files and forms turn them into a literal \n."""
    pem = text.replace("\\r", "").replace("\\n", "\n")
    if "-----BEGIN PRIVATE KEY-----" not in pem:
        raise BadCredentials(
            "private_key should be the PEM text of a PKCS#8 key, from -----BEGIN PRIVATE KEY----- on, as the "
            "Vonage dashboard gives it. `openssl pkcs8 -topk8 -nocrypt -in old.pem` makes one of other kinds."
        )
    return pem + "\n"


def _base_url(url: str, allow_private: bool) -> str:
    parts = urlsplit(url)
    schemes = ("https", "http") if allow_private else ("https",)
    if parts.scheme not in schemes or not parts.hostname or parts.query or parts.fragment:
        raise BadCredentials(f"base_url should be an address like {BASE_URL}.")
    return url.rstrip("/")


def _per_second(text: str) -> float:
    try:
        rate = float(text or PER_SECOND)
    except ValueError:
        rate = -1.0
    if not isfinite(rate) or rate < 0:
        raise BadCredentials("per_second should be a number of texts per second, or 0 for no limit.")
    return rate
