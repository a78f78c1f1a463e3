"""Refusals as the Messages API words them: RFC 7807 documents. Source: Messages OpenAPI 1.11.0, "Error…"."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

DOCS = "https://developer.vonage.com/api-errors"


@dataclass(frozen=True, slots=True)
class Invalid:
    """One parameter that is wrong, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Problem:
    """An HTTP answer that refuses. `type` is the fragment or page behind the documentation's address."""

    status: int
    type: str
    title: str
    detail: str
    invalid: Sequence[Invalid] = ()

    def body(self, trace: str) -> dict[str, Any]:
        """The JSON document; `trace` is the id under which the carrier would find this answer."""
        document: dict[str, Any] = {
            "type": DOCS + self.type,
            "title": self.title,
            "detail": self.detail,
            "instance": trace,
        }
        if self.invalid:
            document["invalid_parameters"] = [{"name": i.name, "reason": i.reason} for i in self.invalid]
        return document


def unauthorized(why: str) -> Problem:
    return Problem(
        401,
        "/#unathorized",  # spelled like this in the document
        "You did not provide correct credentials.",
        "Check that you're using the correct credentials, and that your account has this feature enabled"
        f" ({why})",
    )


LOW_BALANCE = Problem(
    402,
    "/#low-balance",
    "Low balance",
    "This request could not be performed due to your account balance being low.",
)
THROTTLED = Problem(429, "/messages#1000", "Rate Limit Hit", "Please wait, then retry your request")


def internal(status: int) -> Problem:
    return Problem(
        status,
        "/messages#1000",
        "Internal error",
        "There was an error processing your request in the Platform.",
    )


def invalid_json(why: str) -> Problem:
    return Problem(422, "#invalid-json", "The request body did not contain valid JSON", why)


UNSUPPORTED_CHANNEL = Problem(
    422,
    "/messages#1100",
    "Unsupported channel",
    "The specified channel is not supported.",
    (Invalid("channel", "Must be `sms`: this sandbox has no other channel."),),
)
MESSAGE_TYPE = Problem(
    422,
    "/messages#1140",
    "Invalid message type",
    "The `message_type` parameter is invalid for the given channel.",
    (Invalid("message_type", "Must be `text`."),),
)


def invalid_sender(why: str) -> Problem:
    return Problem(
        422,
        "/messages#1120",
        "Invalid sender",
        "The `from` parameter is invalid for the given channel.",
        (Invalid("from", why),),
    )


CLIENT_REFERENCE = Problem(
    422,
    "/messages#1060",
    "Invalid client reference",
    "The client reference can be a string of up to 100 characters.",
    (Invalid("client_ref", "Must be a string of up to 100 characters."),),
)


def invalid_params(invalid: Sequence[Invalid]) -> Problem:
    return Problem(
        422, "/messages#1150", "Invalid params", "The value of one or more parameters is invalid.", invalid
    )
