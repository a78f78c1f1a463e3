"""The bodies of the carrier's webhooks.

Source: Messages OpenAPI 1.11.0, `messageStatusSMS` and `inboundMessageSMS`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sandbox.vonage import segments
from sandbox.vonage.problems import DOCS

# Prices per segment in EUR and mobile networks by calling code; made up, of the usual size.
_TARIFFS = (
    ("1", Decimal("0.0078"), "310260"),
    ("44", Decimal("0.0403"), "23410"),
    ("33", Decimal("0.0648"), "20801"),
    ("49", Decimal("0.0735"), "26201"),
    ("34", Decimal("0.0621"), "21407"),
)
_ELSEWHERE = ("", Decimal("0.0900"), "")
ERRORS = {
    "1120": "Illegal Sender Address - rejected",
    "1240": "Illegal Number - the user has already sent a STOP opt-out message",
    "1260": "Destination unreachable - The message could not be delivered to the phone number",
    "1300": "Not part of the provider network - The number or ID is not a user in the provider network",
    "1360": "TTL was activated, or message expired before delivered",
}


@dataclass(frozen=True, slots=True)
class Message:
    """A text the carrier took. Numbers without "+"; `ttl` in seconds."""

    uuid: str
    to: str
    sender: str
    text: str
    client_ref: str | None
    status_url: str | None
    ttl: int
    at: datetime
    shop: str | None


def status(message: Message, state: str, at: datetime, code: str | None, trace: str) -> bytes:
    """The body of a status webhook; `code` is the error's number for rejected and undeliverable ones.

    The price is the charge for the whole message; it comes with `submitted`, when SMS are charged.
    """
    body: dict[str, Any] = {
        "message_uuid": message.uuid,
        "to": message.to,
        "from": message.sender,
        "timestamp": stamp(at),
        "status": state,
        "channel": "sms",
    }
    if message.client_ref is not None:
        body["client_ref"] = message.client_ref
    if code is not None:
        body["error"] = _error(code, trace)
    parts = segments.count(message.text)
    _, price, network = tariff(message.to)
    if state == "submitted":
        body["usage"] = {"currency": "EUR", "price": str(price * parts)}
    if network:
        body["destination"] = {"network_code": network}
    return encode(body | {"sms": {"count_total": str(parts)}})


def inbound(uuid: str, to: str, sender: str, text: str, at: datetime) -> bytes:
    """The body of the webhook for a person's own text. `sms.keyword` is its first word in upper case."""
    words = text.split()
    body: dict[str, Any] = {
        "channel": "sms",
        "message_uuid": uuid,
        "to": to,
        "from": sender,
        "timestamp": stamp(at),
        "text": text,
        "sms": {"num_messages": str(segments.count(text)), "keyword": words[0].upper() if words else ""},
        "usage": {"currency": "EUR", "price": "0.0050"},
    }
    if network := tariff(sender)[2]:
        body["origin"] = {"network_code": network}
    return encode(body)


def tariff(number: str) -> tuple[str, Decimal, str]:
    """Calling code, price per segment, network code."""
    return next((t for t in _TARIFFS if number.startswith(t[0])), _ELSEWHERE)


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def encode(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _error(code: str, trace: str) -> dict[str, str]:
    return {"type": f"{DOCS}/messages#{code}", "title": code, "detail": ERRORS[code], "instance": trace}
