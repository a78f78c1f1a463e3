"""Carriers deliver late, twice and out of order; people change their minds. The newest no always holds."""

import threading
import uuid
from datetime import datetime, timedelta

import pytest
import requests
from sign_up_kit import code, evidence, opened, planned, send, suppress
from spine_kit import (
    BRITON,
    LONDON,
    PHONE,
    SENDERS,
    answer,
    at_noon,
    carrier,
    change,
    claim,
    due,
    one,
    plan,
    reply,
    report,
    rows,
    settle,
    skip,
    texted,
    texts,
    wait_idle,
    work,
)

from plugin_server.gathering import keys
from plugin_server.jobs import committing
from plugin_server.store import shops, touches
from plugin_server.store.tx import Tx


def said(spine) -> list[str]:
    return [entry["text"] for entry in texts(spine)]


def now(spine) -> datetime:
    return spine.world.status().now


def told(spine, words: str, at: datetime, phone: str = PHONE) -> None:
    """The carrier delivers what a person wrote at that time."""
    body = {
        "channel": "sms",
        "message_uuid": str(uuid.uuid4()),
        "to": SENDERS["mugs"],
        "from": phone[1:],
        "text": words,
        "timestamp": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "message_type": "text",
    }
    assert carrier(spine, body).status_code == 200
    settle(spine)


@pytest.mark.parametrize("words", ["START", "JOIN"])
def test_an_older_start_that_comes_late_undoes_no_stop(spine, words) -> None:
    texted(spine, **LONDON)
    stopped = now(spine)
    told(spine, "STOP", stopped, BRITON)
    told(spine, words, stopped - timedelta(seconds=60), BRITON)
    work(spine)
    assert one(spine, "suppressions", "lifted_at").lifted_at is None
    assert ["unsubscribed" in text for text in said(spine)] == [False, True]
    skip(spine, hours=30)
    due(spine, **LONDON)
    work(spine)
    assert len(said(spine)) == 2


def test_a_yes_that_was_written_before_the_question_answers_nothing(spine) -> None:
    plan(spine, store_consent=False)
    due(spine)
    work(spine)
    told(spine, "yes", now(spine) - timedelta(minutes=40))
    work(spine)
    assert len(said(spine)) == 1
    assert not any(line["proven"] for line in evidence(spine))


def test_after_a_stop_start_asks_anew_and_the_old_question_is_closed(spine) -> None:
    plan(spine, store_consent=False)
    due(spine)
    work(spine)
    skip(spine, minutes=1)
    reply(spine, "STOP")
    work(spine)
    skip(spine, hours=2)
    reply(spine, "Y")
    work(spine)
    assert not any(line["proven"] for line in evidence(spine))
    reply(spine, "START")
    work(spine)
    assert len(said(spine)) == 3 and "Reply Y" in said(spine)[2]


def test_whoever_says_stop_while_others_are_answered_gets_nothing_more(spine, monkeypatch) -> None:
    at_noon(spine)
    people = [f"+1415555267{n}" for n in range(3)]
    for phone in people:
        told(spine, "JOIN", now(spine), phone)
    real, seen = spine.machine.channel, []

    class Interrupted:
        def send(self, message):
            seen.append(message.to)
            if len(seen) == 1:
                for phone in people:
                    if phone != message.to:
                        told(spine, "STOP", now(spine), phone)
            return real.send(message)

    monkeypatch.setattr(spine.machine, "channel", Interrupted(), raising=False)
    answer(spine)
    assert len(seen) == 1


def test_a_plan_that_cant_be_read_costs_nobody_an_answer(spine) -> None:
    url = opened(spine, "mugs")
    at_noon(spine)
    assert send(url, phone=BRITON, country="GB").status_code == 200
    assert planned(spine) == ["welcome"]
    change(
        spine,
        'UPDATE shops SET gathering = gathering || \'{"incentive": "see www.x.example"}\' WHERE key = :key',
        key=spine.keys["mugs"],
    )
    reply(spine, "STOP", "wool")
    work(spine)
    assert sorted("unsubscribed" in text for text in said(spine)) == [False, True]


def api(spine, what: str, body: dict) -> requests.Response:
    machine = spine.machine
    with machine.db.system() as c:
        installed = shops.by_key(c, machine.secrets.vault, None, spine.keys["mugs"])
        key = keys.make(Tx(c, installed.shop, machine.secrets), "a test", machine.clock.now())
    return requests.post(
        f"{spine.url}/api/v1/shops/{code(spine, 'mugs')}/{what}",
        json=body,
        headers={"Authorization": f"Bearer {key}"},
        timeout=10,
    )


def test_an_opt_out_of_a_number_that_was_given_up_is_not_thrown_away(spine) -> None:
    texted(spine, **LONDON)
    suppress(spine, "mugs", BRITON, "bounced")
    assert api(spine, "opt-outs", {"phone": BRITON}).json() == {"state": "opted_out"}
    skip(spine, minutes=1)
    reply(spine, "hello?", phone=BRITON)
    work(spine)
    assert api(spine, "lookup", {"phone": BRITON}).json()["state"] == "opted_out"


def test_what_was_agreed_before_a_carriers_opt_out_is_void_after_start(spine) -> None:
    plan(spine, store_consent=False)
    due(spine)
    work(spine)
    reply(spine, "Y")
    work(spine)
    ref = rows(spine, "SELECT id FROM touches WHERE state = 'sent'")[0].id
    skip(spine, hours=26)
    carrier(spine, report(ref, "rejected", "1240"))
    settle(spine)
    assert rows(spine, "SELECT FROM consents WHERE state = 'withdrawn' AND source = 'opt-out: carrier'")
    skip(spine, minutes=1)
    reply(spine, "START")
    work(spine)
    skip(spine, hours=1)
    count = len(said(spine))
    due(spine, items=[{"sku": "TOTE", "quantity": 1}])
    work(spine)
    assert not any("/r/" in text for text in said(spine)[count:])


def test_a_report_from_before_their_start_stops_nobody(spine) -> None:
    texted(spine)
    ref = one(spine, "touches").id
    reply(spine, "STOP")
    work(spine)
    skip(spine, hours=2)
    reply(spine, "START")
    work(spine)
    late = report(ref, "rejected", "1240")
    late["timestamp"] = (now(spine) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    carrier(spine, late)
    settle(spine)
    assert one(spine, "suppressions", "lifted_at").lifted_at is not None


def test_nobody_else_can_undo_what_was_withdrawn_at_the_store(spine) -> None:
    url = opened(spine, "mugs")
    texted(spine, **LONDON)
    spine.world.post("/sandbox/shops/mugs/consent", {"phone": BRITON, "state": "UNSUBSCRIBED"})
    settle(spine)
    skip(spine, hours=25)
    at_noon(spine)
    assert send(url, phone=BRITON, country="GB").status_code == 200
    work(spine)
    assert len(said(spine)) == 1
    assert [line["state"] for line in evidence(spine)][-1] == "noted"


def test_a_carriers_clock_that_runs_ahead_costs_nobody_the_confirmation(spine) -> None:
    texted(spine)
    told(spine, "STOP", now(spine) + timedelta(seconds=3))
    work(spine)
    assert len(said(spine)) == 2


def test_a_yes_while_the_reminder_is_being_decided_is_not_lost(spine) -> None:
    plan(spine, store_consent=False)
    due(spine)
    work(spine)
    change(spine, "UPDATE touches SET due_at = :now", now=now(spine))
    token = claim(spine)
    reply(spine, "Y")
    settle(spine)
    with spine.machine.db.system() as c:
        installed = shops.by_key(c, spine.machine.secrets.vault, None, spine.keys["mugs"])
    with spine.machine.db.shop(installed.shop.id) as c:
        assert touches.claimed(Tx(c, installed.shop, spine.machine.secrets), token) == []
    assert committing.commit(spine.machine, installed, token, [], {}) == []
    work(spine)
    assert "/r/" in said(spine)[-1]


def test_a_report_and_the_opt_out_page_never_wait_for_each_other(spine) -> None:
    texted(spine)
    ref, link = one(spine, "touches").id, next(w for w in said(spine)[0].split() if "/r/" in w)
    answers: list[int] = []
    for _ in range(5):
        page = threading.Thread(
            target=lambda: answers.append(requests.post(f"{link}/stop", timeout=10).status_code)
        )
        page.start()
        carrier(spine, report(ref, "rejected", "1240"))
        settle(spine)
        page.join()
        wait_idle(spine)
    assert set(answers) == {200}
