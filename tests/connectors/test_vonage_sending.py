"""Texts handed over to a stand-in for Vonage, over real sockets."""

import logging
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import jwt
import pytest
from raw_http import DeafServer, RawServer, ResettingServer, closed_port, reply
from vonage_cast import ACCEPTED, APPLICATION, PHONE, UUID, credentials, key, problem, sent_to, text

from connectors.channels.vonage_sms import connector
from connectors.channels.vonage_sms.account import account
from connectors.channels.vonage_sms.sender import VonageChannel
from sequences.ports import Outcome


def test_an_accepted_text_gives_vonages_id():
    outcome, seen = sent_to(ACCEPTED)
    assert outcome == Outcome(kind="accepted", provider_id=UUID)
    assert [(s.method, s.path) for s in seen] == [("POST", "/v1/messages")]


def test_the_body_is_what_the_messages_api_takes_field_by_field():
    _, seen = sent_to(ACCEPTED)
    assert seen[0].headers["content-type"] == "application/json"
    assert seen[0].headers["user-agent"].startswith("Comeback/")
    assert seen[0].json() == {
        "to": "14155552671",
        "from": "12015550123",
        "text": "Your mug is waiting",
        "client_ref": "touch-1",
        "webhook_url": "https://app.example/webhooks/vonage_sms/k",
        "webhook_version": "v1",
        "ttl": 3600,
        "channel": "sms",
        "message_type": "text",
    }


def test_a_unicode_text_says_so_and_arrives_whole():
    _, seen = sent_to(ACCEPTED, text(text="Schön, дом, 🎁", unicode=True))
    assert seen[0].json()["text"] == "Schön, дом, 🎁"
    assert seen[0].json()["sms"] == {"encoding_type": "unicode"}


def test_a_text_without_callback_names_none_and_a_named_sender_stays():
    _, seen = sent_to(ACCEPTED, text(callback="", sender="MUGS"))
    assert seen[0].json()["from"] == "MUGS"
    assert "webhook_url" not in seen[0].json()
    assert "webhook_version" not in seen[0].json()


def test_the_token_is_the_applications_and_good_for_a_quarter_of_an_hour():
    _, seen = sent_to(ACCEPTED)
    scheme, _, given = seen[0].headers["authorization"].partition(" ")
    claims = jwt.decode(given, key().public_key(), algorithms=["RS256"])
    assert scheme == "Bearer"
    assert claims["application_id"] == APPLICATION
    assert claims["jti"]
    assert claims["exp"] - claims["iat"] == 900


def test_a_server_that_hangs_up_after_reading_leaves_it_unknown_after_one_post():
    outcome, seen = sent_to(lambda seen: None)
    assert (outcome.kind, outcome.code) == ("unknown", "no-answer")
    assert len(seen) == 1


def test_a_server_that_never_answers_leaves_it_unknown_after_one_post():
    outcome, seen = sent_to(lambda seen: time.sleep(3), read=0.2)
    assert (outcome.kind, outcome.detail) == ("unknown", "ReadTimeout")
    assert len(seen) == 1


def test_a_reset_while_writing_leaves_it_unknown_after_one_try():
    with ResettingServer() as server:
        channel = VonageChannel(account(credentials(server.url)))
        assert channel.send(text()).kind == "unknown"
        time.sleep(0.05)
        assert server.connections == 1


def test_a_kept_connection_that_hangs_up_after_reading_is_not_posted_to_again():
    """Where the SDK posts up to ten times: the second text goes over a connection that worked before."""
    with RawServer(lambda seen: ACCEPTED if len(server.seen) == 1 else None) as server:
        channel = VonageChannel(account(credentials(server.url)))
        outcomes = [channel.send(text(ref=ref)).kind for ref in ("touch-1", "touch-2")]
        time.sleep(0.05)
    assert outcomes == ["accepted", "unknown"]
    assert [(s.json()["client_ref"], s.connection) for s in server.seen] == [("touch-1", 1), ("touch-2", 1)]


def test_a_kept_connection_that_was_closed_while_idle_is_replaced_and_the_text_goes_once():
    with RawServer(lambda seen: ACCEPTED) as server:
        channel = VonageChannel(account(credentials(server.url)))
        channel.send(text(ref="touch-1"))
        server.hang_up()
        time.sleep(0.05)
        assert channel.send(text(ref="touch-2")).kind == "accepted"
    assert [(s.json()["client_ref"], s.connection) for s in server.seen] == [("touch-1", 1), ("touch-2", 2)]


def test_what_never_reached_vonage_may_be_tried_later():
    urls = [f"http://127.0.0.1:{closed_port()}", "http://nowhere.invalid"]
    for url in urls:
        outcome = VonageChannel(account(credentials(url))).send(text())
        assert (outcome.kind, outcome.code, outcome.permanent) == ("retry_later", "not-reached", False)
    with DeafServer() as server:
        outcome = VonageChannel(account(credentials(server.url)), connect=0.2).send(text())
    assert (outcome.kind, outcome.code) == ("retry_later", "not-reached")


def test_an_address_inside_the_network_is_the_accounts_fault():
    with RawServer(lambda seen: ACCEPTED) as server:
        url = server.url.replace("http", "https")
        outcome = connector.channel(credentials(url, allow_private="")).send(text())
    assert (outcome.kind, outcome.code, outcome.account) == ("refused", "private-address", True)
    assert server.connections == 0


@pytest.mark.parametrize(
    ("changes", "code", "detail"),
    [
        ({"text": "x" * 1001}, "too-long", "1000"),
        ({"to": "+1 415 555"}, "invalid", "to: string_pattern_mismatch"),
        ({"ref": "r" * 101}, "invalid", "client_ref: string_too_long"),
        ({"ttl_seconds": 5}, "invalid", "ttl: greater_than_equal"),
        ({"text": "half \ud83c"}, "invalid", "text: string_unicode"),
    ],
)
def test_what_vonage_would_not_take_is_refused_before_the_call(changes, code, detail):
    outcome, seen = sent_to(ACCEPTED, text(**changes))
    assert (outcome.kind, outcome.code, outcome.permanent) == ("refused", code, True)
    assert detail in outcome.detail
    assert seen == []


def test_a_text_of_a_thousand_characters_goes():
    outcome, _ = sent_to(ACCEPTED, text(text="x" * 1000))
    assert outcome.kind == "accepted"


def test_sixty_four_threads_share_one_channel_without_mixing():
    together = threading.Barrier(64)

    def answer(seen):
        together.wait(20)  # nobody is answered before all 64 threads are waiting
        return reply(202, {"message_uuid": f"id of {seen.json()['client_ref']}"})

    with RawServer(answer) as server:
        channel = VonageChannel(account(credentials(server.url)))

        def send(number):
            message = text(ref=f"touch-{number}", text=f"text {number}")
            return channel.send(message).provider_id

        with ThreadPoolExecutor(64) as pool:
            waves = [range(64), range(64, 128), range(128, 192)]
            ids = [given for wave in waves for given in list(pool.map(send, wave))]
    assert ids == [f"id of touch-{number}" for number in range(192)]
    assert all(s.json()["text"] == s.json()["client_ref"].replace("touch-", "text ") for s in server.seen)
    assert len({s.headers["authorization"] for s in server.seen}) == 1
    assert len(server.seen) == 192
    assert server.connections == 64


def test_no_log_line_holds_phone_text_or_token(caplog):
    with caplog.at_level(logging.DEBUG), RawServer(lambda seen: answers.pop(0)) as server:
        answers = [ACCEPTED, reply(422, problem("1150", f"Invalid {PHONE}")), reply(500), None]
        channel = connector.channel(credentials(server.url))
        outcomes = [channel.send(text()) for _ in range(4)]
        outcomes.append(channel.send(text(to="nonsense", text="x")))
        bearer = server.seen[0].headers["authorization"].split()[1]
    assert [o.kind for o in outcomes] == ["accepted", "refused", "unknown", "unknown", "refused"]
    told = caplog.text + repr(outcomes)
    assert "/v1/messages" in caplog.text
    for secret in ("4155552671", "mug is waiting", bearer, bearer.split(".")[2], "nonsense"):
        assert secret not in told


def test_the_sdks_own_logger_is_silent():
    assert not logging.getLogger("vonage").isEnabledFor(logging.WARNING)


def test_taking_deliveries_does_not_load_the_sdk():
    code = (
        "import sys; import connectors.channels.vonage_sms; "
        "print([m for m in ('vonage_messages', 'vonage_jwt', 'requests') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
