"""The carrier's webhooks: reports on texts, and what people answer; their bodies held against Vonage's."""

import base64
import hashlib
import json
import re
from datetime import datetime, timedelta

import jwt
import pytest
from sandbox_carrier_kit import ANNA, SENDER, account, running_place, verified

STATUS_REQUIRED = {"message_uuid", "channel", "to", "from", "timestamp", "status"}
STATUS_OPTIONAL = {"client_ref", "usage", "destination", "sms", "error"}
INBOUND_REQUIRED = {"channel", "message_uuid", "to", "from", "timestamp", "text"}
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
LOCAL = 10  # seconds that may pass on the machine's clock during a test


@pytest.fixture
def place():
    with running_place() as place:
        yield place


def assert_status_body(body):
    """`messageStatusSMS` of the Messages OpenAPI 1.11.0: members, types, numbers as strings."""
    assert body.keys() >= STATUS_REQUIRED and body.keys() <= STATUS_REQUIRED | STATUS_OPTIONAL
    assert UUID.fullmatch(body["message_uuid"]) and body["channel"] == "sms"
    assert re.fullmatch(r"[1-9]\d{6,14}", body["to"]) and re.fullmatch(r"\d+|[A-Za-z0-9]{1,11}", body["from"])
    assert datetime.fromisoformat(body["timestamp"]).utcoffset() == timedelta(0)
    assert body["status"] in ("submitted", "delivered", "rejected", "undeliverable")
    assert ("error" in body) == (body["status"] in ("rejected", "undeliverable"))
    if "usage" in body:
        assert body["usage"]["currency"] == "EUR" and re.fullmatch(r"\d+\.\d{4}", body["usage"]["price"])
    if "error" in body:
        assert body["error"].keys() == {"type", "title", "detail", "instance"}
        assert (
            body["error"]["type"]
            == f"https://developer.vonage.com/api-errors/messages#{body['error']['title']}"
        )
    assert isinstance(body["sms"]["count_total"], str) and int(body["sms"]["count_total"]) >= 1


def last(place):
    return place.receiver.bodies("/status")[-1]


def test_a_text_is_reported_as_submitted_and_then_as_delivered(place):
    uuid = place.send("Hello", client_ref="touch-1").json()["message_uuid"]
    place.skip(seconds=10)
    submitted, delivered = place.receiver.bodies("/status")
    for body in (submitted, delivered):
        assert_status_body(body)
        assert (body["message_uuid"], body["client_ref"]) == (uuid, "touch-1")
        assert (body["to"], body["from"]) == (ANNA.lstrip("+"), SENDER)
        assert body["destination"]["network_code"] == "310260"
    assert (submitted["status"], delivered["status"]) == ("submitted", "delivered")
    assert submitted["timestamp"] < delivered["timestamp"]


def test_nothing_is_reported_before_its_time(place):
    place.send()
    place.settle()
    assert place.receiver.got == []


def test_every_webhook_is_signed_over_its_raw_bytes(place):
    place.send("Grüße 🛒", client_ref="touch-1")
    place.reply("Je n'en veux plus, merci 🙏")
    place.skip(seconds=10)
    assert len(place.receiver.got) == 3
    tokens = [verified(header, raw) for _, header, raw in place.receiver.got]
    assert len({claims["jti"] for claims in tokens}) == 3
    now = place.world.clock.now().timestamp()
    for claims in tokens:
        assert now - 20 - LOCAL < claims["iat"] <= now and "exp" not in claims
        assert claims["application_id"] == account("")["application_id"]


def test_a_changed_body_or_another_secret_does_not_verify(place):
    place.reply("hello")
    _, header, raw = place.receiver.got[0]
    with pytest.raises(AssertionError):
        verified(header, raw.replace(b"hello", b"hallo"))
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(header.partition(" ")[2], "x" * 40, algorithms=["HS256"])
    header_part = header.partition(" ")[2].split(".")[0]
    assert json.loads(base64.urlsafe_b64decode(header_part + "=="))["alg"] == "HS256"


def test_the_price_is_for_all_segments_and_comes_with_submitted_only(place):
    place.send("a" * 161)
    place.skip(seconds=10)
    submitted, delivered = place.receiver.bodies("/status")
    assert submitted["sms"]["count_total"] == delivered["sms"]["count_total"] == "2"
    assert submitted["usage"]["price"] == "0.0156" and "usage" not in delivered


@pytest.mark.parametrize(
    ("phone", "status", "code", "after"),
    [
        ("+12125550199", "rejected", "1300", timedelta(seconds=10)),
        ("+12125550198", "undeliverable", "1260", timedelta(seconds=10)),
        ("+12125550197", "rejected", "1360", timedelta(hours=72)),
    ],
)
def test_a_numbers_ending_decides_how_its_texts_end(place, phone, status, code, after):
    assert place.send(to=phone).status_code == 202
    place.skip(seconds=after.total_seconds())
    assert place.receiver.states() == ["submitted", status]
    assert_status_body(last(place))
    assert last(place)["error"]["title"] == code
    assert "Nothing here yet" in place.get(f"/phone/{phone}").text
    assert place.summary()["texts"] == 0 and place.summary()["texts_not_delivered"] == 1


def test_a_switched_off_phone_waits_as_long_as_the_message_lives(place):
    place.send(to="+12125550197", ttl=3600)
    place.skip(minutes=50)
    assert place.receiver.states() == ["submitted"]
    place.skip(minutes=10)
    assert place.receiver.states() == ["submitted", "rejected"]


def test_a_name_as_sender_is_refused_in_the_us_and_fine_in_britain(place):
    place.send(**{"from": "MugsShop"}, webhook_url=f"{place.receiver.url}/status")
    place.skip(seconds=10)
    assert last(place)["error"]["title"] == "1120"
    place.send(to="+447400123456", **{"from": "MugsShop"}, webhook_url=f"{place.receiver.url}/status")
    place.skip(seconds=10)
    assert last(place)["status"] == "delivered" and last(place)["destination"]["network_code"] == "23410"


def test_a_messages_own_address_comes_before_the_numbers(place):
    place.send(webhook_url=f"{place.receiver.url}/own")
    place.skip(seconds=10)
    assert {path for path, _, _ in place.receiver.got} == {"/own"}


@pytest.mark.parametrize("trouble", [429, 500, 503])
def test_a_report_is_brought_again_with_a_fresh_token_until_it_is_taken(place, trouble):
    place.receiver.answers.extend([trouble, trouble])
    place.reply("hello")
    assert len(place.receiver.got) == 1
    place.skip(seconds=6)
    assert len(place.receiver.got) == 2
    place.skip(seconds=6)
    assert len(place.receiver.got) == 2, "the second pause is twice as long"
    place.skip(seconds=5)
    assert len(place.receiver.got) == 3
    assert len({raw for _, _, raw in place.receiver.got}) == 1
    assert len({verified(header, raw)["jti"] for _, header, raw in place.receiver.got}) == 3
    place.skip(hours=1)
    assert len(place.receiver.got) == 3
    (delivery,) = place.ledger("delivery")
    assert delivery["sha256"] == hashlib.sha256(place.receiver.got[0][2]).hexdigest()
    assert place.summary()["delivery_hashes"] == [delivery["sha256"]]


@pytest.mark.parametrize("answer", [302, 400, 401, 404])
def test_a_report_that_is_refused_is_gone(place, answer):
    place.receiver.answers.append(answer)
    place.reply("hello")
    place.skip(days=2)
    assert len(place.receiver.got) == 1 and place.summary()["deliveries"] == 0


def test_pauses_grow_to_a_quarter_of_an_hour_and_end_after_a_day(place):
    place.receiver.answers.extend([503] * 500)
    place.reply("hello")
    for _ in range(30 * 12):
        place.skip(minutes=5)
    # 5 s doubled to 640 s takes 8 tries and about 21 minutes, then every 15 minutes up to 24 hours
    assert 95 <= len(place.receiver.got) <= 105
    tries = len(place.receiver.got)
    place.skip(days=1)
    assert len(place.receiver.got) == tries


def test_a_server_that_is_away_gets_the_answer_when_it_is_back(place):
    away = account("http://127.0.0.1:9")  # the discard port: nobody listens
    place.post("/sandbox/carrier", **away)
    place.reply("STOP")
    (opt_out,) = place.ledger("opt_out")
    assert opt_out["known_seq"] is None and place.summary()["deliveries"] == 0


def test_duplicates_are_the_same_bytes_with_the_same_token(place):
    place.faults(report_duplicate=1)
    place.send()
    place.skip(seconds=10)
    assert sorted(place.receiver.states()) == ["delivered", "delivered", "submitted", "submitted"]
    assert len(set(place.receiver.got)) == 2


def test_lost_reports_never_come(place):
    place.faults(report_lost=1)
    place.send()
    place.skip(days=3)
    assert place.receiver.got == [] and place.summary()["texts"] == 1


def test_late_reports_come_late(place):
    place.faults(report_late=1, report_late_seconds=1800)
    place.send()
    place.skip(minutes=29)
    assert place.receiver.got == []
    place.skip(minutes=2)
    assert sorted(place.receiver.states()) == ["delivered", "submitted"]


def test_an_answer_arrives_as_vonage_words_it(place):
    place.reply("Stop please")
    ((path, _, _),) = place.receiver.got
    (body,) = place.receiver.bodies()
    assert path == "/inbound" and body.keys() >= INBOUND_REQUIRED and "message_type" not in body
    assert (body["from"], body["to"], body["channel"]) == (ANNA.lstrip("+"), SENDER, "sms")
    assert body["text"] == "Stop please" and UUID.fullmatch(body["message_uuid"])
    assert body["sms"] == {"num_messages": "1", "keyword": "STOP"}
    assert datetime.fromisoformat(body["timestamp"]).utcoffset() == timedelta(0)
    assert place.ledger("reply")[0]["text"] == "Stop please"


def test_a_long_answer_names_its_segments(place):
    place.reply("ы" * 71)
    assert place.receiver.bodies()[0]["sms"] == {"num_messages": "2", "keyword": "Ы" * 71}


def test_an_answer_without_words_or_to_nobody_is_refused(place):
    assert place.post(f"/sandbox/phones/{ANNA}/reply", text=" ").status_code == 422
    answer = place.post(f"/sandbox/phones/{ANNA}/reply", text="hi", to="19995550100")
    assert answer.status_code == 422 and "19995550100" in answer.json()["error"]


def test_an_answer_goes_to_the_number_that_texted_last(place):
    second = "12015550124"
    number = {"shop": "tea", "inbound_url": f"{place.receiver.url}/tea", "status_url": None}
    place.post("/sandbox/carrier", **account(place.receiver.url, numbers={second: number}))
    place.send()
    place.send(**{"from": second})
    place.reply("hello")
    assert [(path, json.loads(raw)["to"]) for path, _, raw in place.receiver.got] == [("/tea", second)]


def test_after_stop_the_carrier_takes_texts_and_rejects_them(place):
    place.send("Your cart waits")
    place.reply("stop.")
    assert place.send("Your cart still waits").status_code == 202
    place.skip(seconds=10)
    body = next(b for b in place.receiver.bodies("/status") if b["status"] == "rejected")
    assert_status_body(body)
    assert body["error"]["title"] == "1240"
    assert place.get(f"/phone/{ANNA}").text.count("still waits") == 0


def test_one_confirmation_may_follow_a_stop_and_only_one(place):
    place.reply("STOP")
    for _ in range(2):
        place.send("Mugs: you are unsubscribed and get no more texts.")
    assert [entry["outcome"] for entry in place.ledger("text")] == ["delivered", "rejected"]
    assert [entry["after_stop"] for entry in place.ledger("text")] == [False, True]


def test_a_confirmation_that_sells_something_is_none(place):
    place.reply("STOP")
    place.send("You are unsubscribed. Still, here is your cart: http://127.0.0.1:9/r/abc")
    assert place.ledger("text")[0]["outcome"] == "rejected" and place.summary()["texts_after_stop"] == 1


def test_a_confirmation_hours_later_is_too_late(place):
    place.reply("STOP")
    place.skip(hours=2)
    place.send("You are unsubscribed.")
    assert place.ledger("text")[0]["outcome"] == "rejected" and place.summary()["texts_after_stop"] == 1


def test_help_is_answered_even_after_stop(place):
    place.reply("STOP")
    place.skip(hours=1)
    place.reply("HELP")
    place.send("Mugs cart reminders. Write to help@mugs.example.")
    assert place.ledger("text")[0]["outcome"] == "delivered" and place.summary()["texts_after_stop"] == 0


def test_start_opens_the_way_again(place):
    place.cart()
    for text in ("STOP", "START"):
        place.reply(text)
    place.skip(hours=1)
    place.send()
    assert place.ledger("text")[0]["outcome"] == "delivered" and place.summary()["texts_after_stop"] == 0


def test_a_stop_to_one_sender_leaves_the_others_alone(place):
    number = {"shop": "tea", "inbound_url": f"{place.receiver.url}/tea", "status_url": None}
    place.post("/sandbox/carrier", **account(place.receiver.url, numbers={"12015550124": number}))
    place.post(f"/sandbox/phones/{ANNA}/reply", text="STOP", to=SENDER)
    place.settle()
    place.send(**{"from": "12015550124"})
    assert place.ledger("text")[0]["outcome"] == "delivered" and place.summary()["texts_after_stop"] == 0


@pytest.mark.parametrize(
    ("words", "out"),
    [
        ("STOP", True),
        ("stop texting me", True),
        ("Please remove me", True),
        ("No more texts!!", True),
        ("Arrêt", True),
        ("bitte keine SMS mehr", True),
        ("BAJA", True),
        ("Can I stop by to pick it up?", False),
        ("When do you restock?", False),
        ("Is it stoppable?", False),
    ],
)
def test_the_ledger_knows_an_opt_out_however_it_is_worded(place, words, out):
    place.reply(words)
    assert bool(place.ledger("opt_out")) is out
    assert place.summary()["opt_outs"] == int(out)
