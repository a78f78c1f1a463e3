"""The pretend carrier's API: what it takes, what it refuses, how it breaks."""

import json
import re
import threading
import time
from collections import Counter
from datetime import timedelta

import pytest
import requests
from sandbox_carrier_kit import ANNA, SENDER, Quiet, account, key_pair, running_place
from werkzeug.serving import make_server

from sandbox.app import create_app
from sandbox.clock import SandboxClock
from sandbox.vonage import segments
from sandbox.world import World


@pytest.fixture
def place():
    with running_place() as place:
        yield place


def assert_problem(answer, status, fragment):
    """RFC 7807 with the four members that the Messages OpenAPI requires of every error."""
    body = answer.json()
    assert answer.status_code == status, body
    assert {"type", "title", "detail", "instance"} <= body.keys() and all(body.values())
    assert body["type"].startswith("https://developer.vonage.com/api-errors") and fragment in body["type"]
    return body


@pytest.mark.parametrize("path", ["/v1/messages", "/vonage/v1/messages"])
def test_a_proper_text_is_taken_and_stands_on_the_phone_at_once(place, path):
    answer = place.send("Hello Anna", path=path, client_ref="touch-1")
    assert answer.status_code == 202 and list(answer.json()) == ["message_uuid"]
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", answer.json()["message_uuid"])
    (entry,) = place.ledger("text")
    assert (entry["to"], entry["from"], entry["text"]) == (ANNA, SENDER, "Hello Anna")
    assert (entry["shop"], entry["client_ref"], entry["outcome"]) == ("mugs", "touch-1", "delivered")
    assert "Hello Anna" in place.get(f"/phone/{ANNA}").text


def test_a_request_with_failover_gets_a_workflow_id(place):
    assert "workflow_id" in place.send(failover=[]).json()


@pytest.mark.parametrize(
    ("claims", "says"),
    [
        ({"application_id": "someone-else"}, "unknown application_id"),
        ({"exp": 1_000_000_000, "iat": 999_999_000}, "expired"),
        ({"exp": None}, "exp"),
        ({"jti": ""}, "jti"),
        ({"iat": 1_700_000_000, "exp": 9_000_000_000}, "24 hours"),
    ],
)
def test_a_token_with_wrong_claims_is_refused(place, claims, says):
    body = assert_problem(place.send(token=place.token(**claims)), 401, "api-errors/#")
    assert says in body["detail"] and place.ledger("text") == []


def test_only_a_token_signed_by_the_accounts_key_gets_in(place):
    from cryptography.hazmat.primitives.asymmetric import rsa

    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert_problem(place.send(token=place.token(key=stranger)), 401, "#")
    assert_problem(place.send(token=place.token(key="s" * 32, algorithm="HS256")), 401, "#")
    assert_problem(place.send(token="not.a.token"), 401, "#")
    basic = {"Authorization": "Basic YTpi"}
    assert_problem(requests.post(place.url + "/v1/messages", json={}, headers=basic, timeout=5), 401, "#")
    assert place.send().status_code == 202


def test_without_a_public_key_any_rs256_token_of_the_application_gets_in(place):
    from cryptography.hazmat.primitives.asymmetric import rsa

    place.post("/sandbox/carrier", **account(place.receiver.url, public_key=None))
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert place.send(token=place.token(key=stranger)).status_code == 202
    assert place.send(token=place.token(key="s" * 32, algorithm="HS256")).status_code == 401


def test_a_client_that_lives_by_the_machines_clock_gets_in_after_a_skip(place):
    now = int(time.time())
    place.skip(days=40)
    assert place.send(token=place.token(iat=now, exp=now + 900)).status_code == 202


@pytest.mark.parametrize(
    ("change", "fragment", "parameter"),
    [
        ({"to": "+12125550110"}, "#1150", "to"),
        ({"to": "02125550110"}, "#1150", "to"),
        ({"to": "123456"}, "#1150", "to"),
        ({"to": 12125550110}, "#1150", "to"),
        ({"to": "12125550110\n"}, "#1150", "to"),
        ({"to": "١٢١٢٥٥٥٠١١٠"}, "#1150", "to"),
        ({"text": ""}, "#1150", "text"),
        ({"text": "x" * 1001}, "#1150", "text"),
        ({"text": None}, "#1150", "text"),
        ({"ttl": 19}, "#1150", "ttl"),
        ({"ttl": 604_801}, "#1150", "ttl"),
        ({"ttl": "3600"}, "#1150", "ttl"),
        ({"webhook_url": "ftp://127.0.0.1/x"}, "#1150", "webhook_url"),
        ({"webhook_url": "https://example.com/x"}, "#1150", "webhook_url"),
        ({"webhook_version": "v2"}, "#1150", "webhook_version"),
        ({"sms": {"encoding_type": "emoji"}}, "#1150", "sms"),
        ({"client_ref": "x" * 101}, "#1060", "client_ref"),
        ({"from": "+12015550123"}, "#1120", "from"),
        ({"from": ""}, "#1120", "from"),
        ({"from": "12015550199"}, "#1120", "from"),
        ({"from": "TwelveLetter"}, "#1120", "from"),
        ({"channel": "pigeon"}, "#1100", "channel"),
        ({"message_type": "image"}, "#1140", "message_type"),
    ],
)
def test_a_wrong_parameter_is_named(place, change, fragment, parameter):
    answer = raw_send(place, change)
    body = assert_problem(answer, 422, fragment)
    assert [p["name"] for p in body["invalid_parameters"]] == [parameter]
    assert all(p["reason"] for p in body["invalid_parameters"]) and place.ledger("text") == []


def raw_send(place, change):
    body = {
        "to": "12125550110", "from": SENDER, "text": "hi", "channel": "sms", "message_type": "text", **change,
    }  # fmt: skip
    headers = {"Authorization": f"Bearer {place.token()}"}
    return requests.post(place.url + "/v1/messages", json=body, headers=headers, timeout=5)


def test_the_limits_themselves_are_fine(place):
    for change in ({"text": "x" * 1000}, {"ttl": 20}, {"ttl": 604_800}, {"client_ref": "x" * 100}):
        assert place.send(**change).status_code == 202, change


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"\xff"])
def test_a_body_that_is_no_json_object_is_refused(place, raw):
    headers = {"Authorization": f"Bearer {place.token()}"}
    answer = requests.post(place.url + "/v1/messages", data=raw, headers=headers, timeout=5)
    assert_problem(answer, 422, "#invalid-json")


@pytest.mark.parametrize(
    ("fault", "status", "fragment"),
    [
        ({"carrier_401": True}, 401, "api-errors/#"),
        ({"carrier_402": True}, 402, "#low-balance"),
        ({"carrier_429": 1}, 429, "#1000"),
    ],
)
def test_a_refusal_that_is_switched_on_means_no_text(place, fault, status, fragment):
    place.faults(**fault)
    assert_problem(place.send(), status, fragment)
    assert place.ledger("text") == []


@pytest.mark.parametrize(("accepts", "texts"), [(0, 0), (1, 1)])
def test_the_carrier_hangs_up_after_reading_and_only_it_knows_whether_it_sends(place, accepts, texts):
    place.faults(carrier_hangup=1, carrier_hangup_accepts=accepts)
    with pytest.raises(requests.ConnectionError) as broken:
        place.send()
    assert "RemoteDisconnected" in repr(broken.value) or "reset" in repr(broken.value).lower()
    assert len(place.ledger("text")) == texts
    place.faults(carrier_hangup=0)
    assert place.send().status_code == 202


@pytest.mark.parametrize(("accepts", "texts"), [(0, 0), (1, 1)])
def test_a_server_error_says_nothing_about_the_text(place, accepts, texts):
    place.faults(carrier_5xx=1, carrier_5xx_accepts=accepts)
    answer = place.send()
    assert_problem(answer, answer.status_code, "#1000")
    assert answer.status_code in (500, 503) and len(place.ledger("text")) == texts


def test_by_default_half_of_the_server_errors_send_all_the_same(place):
    place.faults(carrier_5xx=1)
    for number in range(40):
        place.send(client_ref=f"touch-{number}")
    assert 8 <= len(place.ledger("text")) <= 32


def test_a_hang_up_is_real_under_werkzeugs_server_too():
    world = World(SandboxClock())
    server = make_server("127.0.0.1", 0, create_app(world), threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.port}"
    try:
        requests.post(f"{url}/sandbox/carrier", json=account(url, public_key=None), timeout=5)
        requests.post(f"{url}/sandbox/faults", json={"carrier_hangup": 1}, timeout=5)
        import jwt

        now = int(time.time())
        claims = {"application_id": account(url)["application_id"], "iat": now, "exp": now + 60, "jti": "1"}
        headers = {"Authorization": "Bearer " + jwt.encode(claims, key_pair()[0], algorithm="RS256")}
        body = {"to": "12125550110", "from": SENDER, "text": "hi", "channel": "sms", "message_type": "text"}
        with pytest.raises(requests.ConnectionError):
            requests.post(f"{url}/v1/messages", json=body, headers=headers, timeout=5)
    finally:
        server.shutdown()
        server.server_close()


def test_a_slow_carrier_has_taken_the_text_before_it_answers(place):
    place.faults(carrier_slow=1, carrier_slow_seconds=60)
    with pytest.raises(requests.ReadTimeout):
        requests.post(
            place.url + "/v1/messages",
            json={
                "to": "12125550110",
                "from": SENDER,
                "text": "hi",
                "channel": "sms",
                "message_type": "text",
            },
            headers={"Authorization": f"Bearer {place.token()}"},
            timeout=0.5,
        )
    assert len(place.ledger("text")) == 1


def test_skipping_the_clock_ends_a_slow_carriers_wait(place):
    place.faults(carrier_slow=1, carrier_slow_seconds=60)
    threading.Timer(0.3, lambda: place.world.clock.skip(timedelta(minutes=2))).start()
    started = time.monotonic()
    assert place.send().status_code == 202
    assert 0.2 < time.monotonic() - started < 10


def test_texts_are_counted_per_reference_even_when_the_sender_never_heard_of_them(place):
    place.send(client_ref="touch-1")
    place.faults(carrier_hangup=1, carrier_hangup_accepts=1)
    with pytest.raises(requests.ConnectionError):
        place.send(client_ref="touch-1")
    summary = place.summary()
    assert (summary["texts"], summary["max_texts_per_ref"], summary["distinct_recipients"]) == (2, 2, 1)


def test_the_same_seed_breaks_at_the_same_places():
    def statuses():
        with running_place(seed=7) as place:
            place.faults(carrier_429=0.5)
            return [place.send().status_code for _ in range(20)]

    first = statuses()
    assert first == statuses() and Counter(first).keys() == {202, 429}


def test_segments_are_counted_as_the_carrier_counts_them():
    from pathlib import Path

    cases = json.loads((Path(__file__).parents[1] / "cases" / "segments.json").read_text())
    cases = cases if isinstance(cases, list) else cases["cases"]
    assert len(cases) > 20
    for case in cases:
        expected = max(1, case["segments"])  # an empty text would still be one message
        assert segments.count(case["text"]) == expected, case
