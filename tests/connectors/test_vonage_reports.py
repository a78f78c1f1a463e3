"""What is read in what Vonage tells us."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from vonage_cast import PHONE, SHOP, UUID

from connectors.channels.vonage_sms import connector
from connectors.delivery import Delivery
from sequences.errors import BadDelivery
from sequences.events import DeliveryReported, TextReceived

STATUS = {
    "message_uuid": UUID,
    "to": "14155552671",
    "from": "12015550123",
    "timestamp": "2026-11-24T12:14:25Z",
    "status": "submitted",
    "client_ref": "touch-1",
    "channel": "sms",
    "usage": {"currency": "EUR", "price": "0.0333"},
    "destination": {"network_code": "310260"},
    "sms": {"count_total": "2"},
}
STOP = {
    "type": "https://developer.vonage.com/api-errors/messages#1240",
    "title": "1240",
    "detail": "Illegal Number - 14155552671 said STOP",
    "instance": "bf0ca0bf927b3b52e3cb03217e1a1ddf",
}
INBOUND = {
    "channel": "sms",
    "message_uuid": UUID,
    "to": "12015550123",
    "from": "14155552671",
    "timestamp": "2026-11-24T12:20:01Z",
    "text": "Stop please",
    "sms": {"num_messages": "1", "keyword": "STOP"},
    "usage": {"currency": "EUR", "price": "0.0050"},
    "origin": {"network_code": "310260"},
}


def read(said, **changes):
    left = {name: value for name, value in {**said, **changes}.items() if value is not ...}
    return connector.read(Delivery(headers={}, body=json.dumps(left).encode()), SHOP)


def event(said, **changes):
    found = read(said, **changes)
    assert found.notes == ()
    (one,) = found.events
    return one


def test_a_submitted_text_brings_price_and_segments():
    assert event(STATUS) == DeliveryReported(
        ref="touch-1",
        provider_id=UUID,
        status="submitted",
        at=datetime(2026, 11, 24, 12, 14, 25, tzinfo=UTC),
        price=Decimal("0.0333"),
        currency="EUR",
        segments=2,
    )


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("submitted", "submitted"),
        ("delivered", "delivered"),
        ("rejected", "undelivered"),
        ("undeliverable", "undelivered"),
    ],
)
def test_each_status_has_our_word(theirs, ours):
    assert event(STATUS, status=theirs).status == ours


def test_a_rejection_names_its_code_and_an_opt_out_is_one():
    report = event(STATUS, status="rejected", error=STOP)
    assert (report.code, report.opted_out) == ("1240", True)
    assert report.detail == "Illegal Number - … said STOP"


@pytest.mark.parametrize("code", ["1241", "1050", "1360"])
def test_another_rejection_is_no_opt_out(code):
    report = event(STATUS, status="rejected", error={**STOP, "title": code})
    assert (report.code, report.opted_out) == (code, False)


@pytest.mark.parametrize("title", [..., "", "Illegal Number", None])
def test_without_a_number_in_its_title_the_fragment_is_the_code(title):
    error = {name: value for name, value in {**STOP, "title": title}.items() if value is not ...}
    report = event(STATUS, status="rejected", error=error)
    assert (report.code, report.opted_out) == ("1240", True)


def test_a_report_with_only_what_is_required_is_read():
    bare = event(STATUS, client_ref=..., usage=..., destination=..., sms=...)
    assert (bare.ref, bare.price, bare.currency, bare.segments, bare.code) == ("", None, "", None, "")


@pytest.mark.parametrize(
    ("timestamp", "at"),
    [
        ("2026-11-24T12:14:25Z", datetime(2026, 11, 24, 12, 14, 25, tzinfo=UTC)),
        ("2026-11-24T12:14:25.000Z", datetime(2026, 11, 24, 12, 14, 25, tzinfo=UTC)),
        ("2026-11-24T12:14:25.250Z", datetime(2026, 11, 24, 12, 14, 25, 250_000, tzinfo=UTC)),
        ("2026-11-24T13:14:25+01:00", datetime(2026, 11, 24, 12, 14, 25, tzinfo=UTC)),
    ],
)
def test_both_forms_of_time_are_read(timestamp, at):
    assert event(STATUS, timestamp=timestamp).at == at
    assert event(INBOUND, timestamp=timestamp).at == at


def test_numbers_may_come_as_numbers_too():
    report = event(STATUS, usage={"currency": "USD", "price": 0.0333}, sms={"count_total": 2})
    assert (report.price, report.currency, report.segments) == (Decimal("0.0333"), "USD", 2)


def test_a_reply_is_read_with_both_numbers_in_full():
    assert event(INBOUND) == TextReceived(
        provider_id=UUID,
        sender=PHONE,
        recipient="+12015550123",
        text="Stop please",
        at=datetime(2026, 11, 24, 12, 20, 1, tzinfo=UTC),
    )


def test_a_reply_may_be_empty_come_to_a_short_code_and_carry_a_plus():
    reply = event(INBOUND, text="", to="55512", **{"from": "+14155552671"})
    assert (reply.text, reply.recipient, reply.sender) == ("", "55512", PHONE)


@pytest.mark.parametrize(
    ("said", "changes", "note"),
    [
        (STATUS, {"status": "read"}, "status is read"),
        (STATUS, {"status": "for Jane, 14155552671"}, "(no known name)"),
        (STATUS, {"channel": "rcs"}, "channel rcs"),
        (STATUS, {"channel": ["sms"]}, "channel (no known name)"),
        (STATUS, {"channel": ...}, "channel"),
        (INBOUND, {"channel": "mms"}, "channel mms"),
        (INBOUND, {"text": ...}, "neither a status nor a text"),
        (INBOUND, {"from": "VONAGE"}, "no phone number"),
        ({"msisdn": "14155552671", "to": "MUGS", "status": "delivered", "err-code": "0"}, {}, "Messages API"),
        ({}, {}, "channel"),
    ],
)
def test_anything_else_is_left_out_with_a_note(said, changes, note):
    found = read(said, **changes)
    assert found.events == ()
    assert note in found.notes[0]
    assert "4155552671" not in found.notes[0]


@pytest.mark.parametrize(
    ("said", "changes"),
    [
        (STATUS, {"message_uuid": ...}),
        (STATUS, {"message_uuid": ""}),
        (STATUS, {"message_uuid": ["x"]}),
        (STATUS, {"status": 5.5}),
        (STATUS, {"status": {}}),
        (STATUS, {"timestamp": ...}),
        (STATUS, {"timestamp": "yesterday"}),
        (STATUS, {"timestamp": 1795522465}),
        (STATUS, {"client_ref": {"a": 1}}),
        (STATUS, {"client_ref": "r" * 300}),
        (STATUS, {"error": "1240"}),
        (STATUS, {"error": {"title": [1240]}}),
        (STATUS, {"usage": "0.0333"}),
        (STATUS, {"usage": {"price": "cheap"}}),
        (STATUS, {"usage": {"price": "NaN"}}),
        (STATUS, {"usage": {"currency": 978}}),
        (STATUS, {"sms": {"count_total": "two"}}),
        (STATUS, {"sms": {"count_total": -1}}),
        (INBOUND, {"from": ...}),
        (INBOUND, {"from": ["14155552671"]}),
        (INBOUND, {"to": None}),
        (INBOUND, {"text": 5.5}),
        (INBOUND, {"text": ["Stop"]}),
    ],
)
def test_wrong_types_are_a_bad_delivery_that_repeats_no_data(said, changes):
    with pytest.raises(BadDelivery) as caught:
        read(said, **changes)
    assert "4155552671" not in str(caught.value)


@pytest.mark.parametrize("body", [b"", b"not json", b"[]", b'"text"', b"\xff", b"[" * 100_000, b"null"])
def test_what_is_no_object_is_a_bad_delivery(body):
    with pytest.raises(BadDelivery):
        connector.read(Delivery(headers={}, body=body), SHOP)
