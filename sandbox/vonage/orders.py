"""Reads what a client asks to be sent: the SMS part of `POST /v1/messages`, checked as the carrier does."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.courier import is_loopback
from sandbox.vonage import problems
from sandbox.vonage.problems import Invalid, Problem

_TO = re.compile(r"[1-9][0-9]{6,14}")
_FROM = re.compile(r"[0-9]{3,15}|[A-Za-z0-9]{1,11}")
_TTL = (20, 604_800)  # seconds, vonage-messages 1.8.1
MAX_TEXT = 1000  # "limited to 1000 characters", Messages OpenAPI 1.11.0


class Refused(Exception):
    """The carrier says no before it takes the message; `problem` is the answer."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.title)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Order:
    """A text to send. Numbers without "+"; `ttl` in seconds or None for the carrier's 72 hours."""

    to: str
    sender: str
    text: str
    client_ref: str | None = None
    webhook_url: str | None = None
    ttl: int | None = None
    failover: bool = False


def read(raw: bytes) -> Order:
    """The order in a request's body; raises Refused with a 422."""
    body = _json(raw)
    for check in (_channel, _message_type, _client_ref, _sender, _parameters):
        if (problem := check(body)) is not None:
            raise Refused(problem)
    return Order(
        body["to"],
        body["from"],
        body["text"],
        body.get("client_ref"),
        body.get("webhook_url"),
        body.get("ttl"),
        "failover" in body,
    )


def _json(raw: bytes) -> Mapping[str, Any]:
    try:
        body = json.loads(raw)
    except ValueError as trouble:
        raise Refused(problems.invalid_json(str(trouble))) from None
    if not isinstance(body, dict):
        raise Refused(problems.invalid_json("expected an object"))
    return body


def _channel(body: Mapping[str, Any]) -> Problem | None:
    return None if body.get("channel") == "sms" else problems.UNSUPPORTED_CHANNEL


def _message_type(body: Mapping[str, Any]) -> Problem | None:
    return None if body.get("message_type") == "text" else problems.MESSAGE_TYPE


def _client_ref(body: Mapping[str, Any]) -> Problem | None:
    ref = body.get("client_ref", "")
    return None if isinstance(ref, str) and len(ref) <= 100 else problems.CLIENT_REFERENCE


def _sender(body: Mapping[str, Any]) -> Problem | None:
    sender = body.get("from")
    if isinstance(sender, str) and _FROM.fullmatch(sender):
        return None
    return problems.invalid_sender("Must be a number without + or 00, or up to 11 letters and digits.")


def _parameters(body: Mapping[str, Any]) -> Problem | None:
    invalid = list(_invalid(body))
    return problems.invalid_params(invalid) if invalid else None


def _invalid(body: Mapping[str, Any]) -> Iterator[Invalid]:
    to, text = body.get("to"), body.get("text")
    if not isinstance(to, str) or not _TO.fullmatch(to):
        yield Invalid("to", "Must be an E.164 number of 7 to 15 digits without + or 00.")
    if not isinstance(text, str) or not 1 <= len(text) <= MAX_TEXT:
        yield Invalid("text", f"Must be 1 to {MAX_TEXT} characters.")
    for name, good, reason in _OPTIONAL:
        if name in body and not good(body[name]):
            yield Invalid(name, reason)


def _is_ttl(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and _TTL[0] <= value <= _TTL[1]


def _is_options(value: Any) -> bool:
    return isinstance(value, dict) and value.get("encoding_type", "auto") in ("text", "unicode", "auto")


_OPTIONAL: tuple[tuple[str, Callable[[Any], bool], str], ...] = (
    ("ttl", _is_ttl, f"Must be a whole number of seconds from {_TTL[0]} to {_TTL[1]}."),
    (
        "webhook_url",
        lambda value: isinstance(value, str) and is_loopback(value),
        "Must be an http(s) address; this sandbox only calls addresses of this machine.",
    ),
    ("webhook_version", lambda value: value in ("v0.1", "v1"), "Must be `v0.1` or `v1`."),
    ("sms", _is_options, "`encoding_type` must be one of `text`, `unicode`, `auto`."),
    ("failover", lambda value: isinstance(value, list), "Must be a list of messages."),
)
