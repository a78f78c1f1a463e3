"""Reads what Vonage tells us: what became of a text, and what people answer.

Shapes by Vonage's Messages OpenAPI 1.11.0 (`sms` status and inbound webhooks). Numbers come as texts; only
message_uuid, channel, to, from, timestamp and status (or text) are always there. Order isn't promised, and
the same report may come more than once.
"""

import re
from typing import Any

from connectors.channels.vonage_sms.codes import classify
from connectors.wire import Amount, Count, Currency, Part, Prose, StoreTime, Text, Wire, load_json
from sequences.events import DeliveryReported, Reading, ReportStatus, TextReceived

STATUSES: dict[str, ReportStatus] = {
    "submitted": "submitted",
    "delivered": "delivered",
    "rejected": "undelivered",  # by Vonage or the provider, or its time to live ran out
    "undeliverable": "undelivered",  # Vonage couldn't connect to the provider
}
LONGEST_REPLY = 3200  # characters; Vonage joins the parts of a long text

_NUMBERS = re.compile(r"\+?\d{5,}")
_NAME = re.compile("[a-z_]{1,20}")
_E164 = re.compile(r"\+?([1-9]\d{6,14})", re.ASCII)


class _Usage(Wire):
    price = Amount()
    currency = Currency()


class _Sms(Wire):
    count_total = Count()


class _Error(Wire):
    type = Text()
    title = Text()
    detail = Prose()


class _Report(Wire):
    message_uuid = Text(required=True)
    client_ref = Text()
    status = Text(required=True)
    timestamp = StoreTime(required=True, naive_is_utc=True)
    usage = Part(_Usage())
    sms = Part(_Sms())
    error = Part(_Error())


class _Inbound(Wire):
    message_uuid = Text(required=True)
    sender = Text(required=True, data_key="from")
    recipient = Text(required=True, data_key="to")
    timestamp = StoreTime(required=True, naive_is_utc=True)
    text = Prose(required=True, longest=LONGEST_REPLY)


_REPORT, _INBOUND = _Report(), _Inbound()


def reading(body: bytes) -> Reading:
    """The report or the reply in one delivery; a note for what isn't about a text message. Raises
    BadDelivery."""
    said = load_json(body)
    if "msisdn" in said:
        return _left_out(
            "in the format of the SMS API: set the account's default SMS setting to Messages API"
        )
    channel = said.get("channel")
    if channel != "sms":
        return _left_out(f"it is of the channel {_word(channel)}, not sms")
    if "status" in said:
        return _report(_REPORT.read(said))
    if "text" in said:
        return _reply(_INBOUND.read(said))
    return _left_out("it holds neither a status nor a text")


def _left_out(why: str) -> Reading:
    return Reading(notes=(f"a delivery is left out: {why}",))


def _word(value: object) -> str:
    """A name such as Vonage uses; anything else may be somebody's data and isn't repeated."""
    return value if isinstance(value, str) and _NAME.fullmatch(value) else "(no known name)"


def _report(said: dict[str, Any]) -> Reading:
    status = STATUSES.get(said["status"])
    if status is None:
        return _left_out(f"its status is {_word(said['status'])}, which tells a text nothing")
    usage, error = said["usage"] or {}, said["error"] or {}
    code = _code(error)
    kind = classify(code)
    report = DeliveryReported(
        ref=said["client_ref"],
        provider_id=said["message_uuid"],
        status=status,
        at=said["timestamp"],
        code=code,
        detail=_NUMBERS.sub("…", error.get("detail", ""))[:200],
        opted_out=kind == "opted_out",
        dead=kind == "dead_number" and status == "undelivered",
        absent=kind == "absent" and status == "undelivered",
        price=usage.get("price"),
        currency=usage.get("currency", ""),
        segments=(said["sms"] or {}).get("count_total"),
    )
    return Reading(events=(report,))


def _code(error: dict[str, Any]) -> str:
    """The number in `title`, else the #fragment of `type`."""
    title: str = error.get("title", "")
    kind: str = error.get("type", "")
    return title if title.isdecimal() else kind.partition("#")[2]


def _reply(said: dict[str, Any]) -> Reading:
    sender = _E164.fullmatch(said["sender"])
    if not sender:
        return _left_out("its sender is no phone number")
    recipient = _E164.fullmatch(said["recipient"])
    received = TextReceived(
        provider_id=said["message_uuid"],
        sender="+" + sender[1],
        recipient="+" + recipient[1] if recipient else said["recipient"],  # else a short code
        text=said["text"],
        at=said["timestamp"],
    )
    return Reading(events=(received,))
