"""A customer of the carrier: credentials and the numbers it sends from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.courier import is_loopback


class BadAccount(ValueError):
    """The carrier can't be set up like this."""


@dataclass(frozen=True, slots=True)
class Number:
    """A sender's number (digits only), the sandbox shop it speaks for, and where its webhooks go."""

    digits: str
    shop: str | None
    inbound_url: str | None
    status_url: str | None


@dataclass(frozen=True, slots=True)
class Account:
    """One Vonage application. `public_key` is PEM; None takes any RS256 token that names the application."""

    api_key: str
    application_id: str
    signature_secret: str
    public_key: str | None
    numbers: Mapping[str, Number]


def read_account(body: Mapping[str, Any]) -> Account:
    """The account in a request to the control API; raises BadAccount in words."""
    for name in ("api_key", "application_id", "signature_secret"):
        if not isinstance(body.get(name), str) or not body[name]:
            raise BadAccount(f"{name} must be a text that isn't empty")
    numbers = body.get("numbers")
    if not isinstance(numbers, dict):
        raise BadAccount('numbers must be an object like {"12015550123": {"shop": …, "inbound_url": …}}')
    return Account(
        body["api_key"],
        body["application_id"],
        body["signature_secret"],
        body.get("public_key"),
        {digits(number): _number(digits(number), said) for number, said in numbers.items()},
    )


def digits(number: str) -> str:
    """A number as the carrier writes it: no plus, no spaces."""
    return "".join(c for c in number if c in "0123456789")


def _number(number: str, said: Any) -> Number:
    if not 3 <= len(number) <= 15 or not isinstance(said, dict):
        raise BadAccount(f"number {number!r} must have 3 to 15 digits, and an object with its addresses")
    for name in ("inbound_url", "status_url"):
        if said.get(name) is not None and not is_loopback(said[name]):
            raise BadAccount(f"{name} of {number} must be an address of this machine (http://127.0.0.1:…)")
    return Number(number, said.get("shop"), said.get("inbound_url"), said.get("status_url"))
