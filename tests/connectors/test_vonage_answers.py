"""What each answer of Vonage leads to."""

import pytest
from raw_http import reply
from vonage_cast import PHONE, UUID, problem, sent_to

REFUSED = {"kind": "refused", "permanent": True, "account": False}
ACCOUNT = {"kind": "refused", "permanent": False, "account": True}
LATER = {"kind": "retry_later", "account": False}
UNKNOWN = {"kind": "unknown", "provider_id": ""}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (reply(200, {"message_uuid": UUID}), {"kind": "accepted", "provider_id": UUID}),
        (reply(202, {"message_uuid": UUID, "workflow_id": "3"}), {"kind": "accepted", "provider_id": UUID}),
        (reply(202), UNKNOWN),
        (reply(202, b"<html>ok</html>"), UNKNOWN),
        (reply(202, b"\xff\xfe"), UNKNOWN),
        (reply(202, b"[" * 100_000), UNKNOWN),
        (reply(202, []), UNKNOWN),
        (reply(202, {"message_uuid": None}), UNKNOWN),
        (reply(202, {"message_uuid": 7}), UNKNOWN),
        (reply(202, b"not gzip", "Content-Encoding: gzip\r\n"), UNKNOWN),
        (reply(301, headers="Location: https://elsewhere.example/\r\n"), ACCOUNT | {"code": "http-301"}),
        (reply(401, problem("unauthorized", "Unauthorized")), ACCOUNT | {"code": "unauthorized"}),
        (reply(402, problem("1070", "Low balance")), ACCOUNT | {"code": "1070", "detail": "Low balance"}),
        (reply(403, problem("1120", "Forbidden")), ACCOUNT | {"code": "1120"}),
        (reply(401), ACCOUNT | {"code": "http-401", "detail": ""}),
        (reply(400, problem("1", "Bad")), REFUSED | {"code": "1"}),
        (reply(404, b"<html>not found</html>"), REFUSED | {"code": "http-404"}),
        (reply(404, {"type": "about:blank", "title": None}), REFUSED | {"code": "http-404", "detail": ""}),
        (reply(409, {"type": 5, "title": ["x"], "invalid_parameters": 3}), REFUSED | {"code": "http-409"}),
        (reply(422, problem("1150", "Invalid params")), REFUSED | {"code": "1150"}),
        (
            reply(
                422, problem("1150", "Invalid params", invalid_parameters=[{"name": "to", "reason": PHONE}])
            ),
            REFUSED | {"detail": "Invalid params: to"},
        ),
        (reply(422, problem("1170", f"Bad number {PHONE}!")), REFUSED | {"detail": "Bad number …!"}),
        (reply(429, problem("1000", "Rate Limit Hit")), LATER | {"code": "1000", "retry_after": None}),
        (reply(429, headers="Retry-After: 7\r\n"), LATER | {"code": "http-429", "retry_after": 7.0}),
        (reply(429, headers="Retry-After: 999999\r\n"), LATER | {"retry_after": 3600.0}),
        (reply(429, headers="Retry-After: soon\r\n"), LATER | {"retry_after": None}),
        (reply(429, headers="Retry-After: -5\r\n"), LATER | {"retry_after": None}),
        (reply(429, headers="Retry-After: Wed, 21 Oct 2015 07:28:00 GMT\r\n"), LATER | {"retry_after": 0.0}),
        (reply(429, headers="Retry-After: Wed, 21 Oct 2099 07:28:00 GMT\r\n"), LATER | {"retry_after": 3600}),
        (reply(500), UNKNOWN | {"code": "http-500"}),
        (reply(502, b"<html>bad gateway</html>"), UNKNOWN | {"code": "http-502"}),
        (reply(503), UNKNOWN | {"code": "http-503"}),
        (reply(504), UNKNOWN | {"code": "http-504"}),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", UNKNOWN),
        (b"HTTP/1.1 202 Said\r\nContent-Length: 500\r\n\r\n{", UNKNOWN),
    ],
    ids=lambda value: value[9:60].decode("ascii", "replace") if isinstance(value, bytes) else "",
)
def test_every_answer_leads_to_its_outcome_after_one_post(answer, expected):
    outcome, seen = sent_to(answer, read=0.5)
    assert {name: getattr(outcome, name) for name in expected} == expected
    assert len(seen) == 1
    assert PHONE[1:] not in repr(outcome)
