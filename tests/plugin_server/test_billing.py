"""Shopify's billing hears of each text that a carrier took: once, whatever dies, and never of any other."""

import json
import threading
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import spine_kit as kit
from shopify_kit import open_app

from connectors.platforms.shopify.usage import Reported
from plugin_server import create_app
from plugin_server.cli import finding
from plugin_server.jobs import billing, clock, queues, rereading, worker
from plugin_server.store import usage as store

METER = "sms_segments"


def switch(spine, meter: str = METER) -> None:
    spine.machine.settings = replace(spine.machine.settings, shopify_usage_event=meter)


@pytest.fixture
def metered(spine):
    """Usage is reported, and mugs' id at Shopify is known."""
    switch(spine)
    assert open_app(spine, "mugs").status_code == 200
    return spine


def waits(spine) -> list:
    return kit.rows(spine, "SELECT * FROM usage_events ORDER BY shop_id, at, ref")


def dashboard(spine) -> dict:
    """What Shopify has heard of mugs."""
    return spine.world.get("/sandbox/shops/mugs/usage")


def keys_of(spine) -> list[str]:
    return [event["idempotency_key"] for event in dashboard(spine)["events"]]


def loses_leases(spine) -> None:
    kit.change(
        spine, "UPDATE usage_events SET lease_until = clock_timestamp() - interval '1 s' WHERE state = 'new'"
    )


def dies(*_args) -> None:
    raise OSError("dies")


def asked_for(spine) -> bool:
    """Does the clock have errands run? Not for stores that are read again: that is done first."""
    rereading.run(spine.machine)
    connection = queues.impatient(spine.machine.redis_url)
    by_name = {name: queues.queue(name, connection) for name in queues.NAMES}
    for queue in by_name.values():
        queue.empty()
    clock.tick(spine.machine, "a test", by_name)
    found = by_name[queues.ERRANDS].count > 0
    for queue in by_name.values():
        queue.empty()
    return found


def fill(spine, n: int) -> None:
    """As if so many texts had been taken."""
    kit.change(
        spine,
        "INSERT INTO usage_events (shop_id, ref, segments, at, due_at)"
        " SELECT id, gen_random_uuid(), 1, :now, :now FROM shops, generate_series(1, :n) WHERE key = :key",
        now=spine.machine.clock.now(),
        n=n,
        key=spine.keys["mugs"],
    )


# -- what counts


def test_a_text_that_was_taken_is_reported_once_with_its_segments(metered) -> None:
    kit.texted(metered)
    (row,), attempt = waits(metered), kit.one(metered, "attempts")
    assert (row.ref, row.segments, row.state, row.at) == (
        attempt.touch_id,
        attempt.segments,
        "new",
        attempt.committed_at,
    )
    assert asked_for(metered)
    assert billing.run(metered.machine) == 1
    told = dashboard(metered)
    (event,) = told["events"]
    assert (event["event_handle"], event["attributes"], event["error"]) == (
        METER,
        {"value": row.segments},
        "",
    )
    assert event["idempotency_key"] == str(row.ref)
    assert abs(datetime.fromisoformat(event["timestamp"]) - row.at) < timedelta(milliseconds=1)
    assert (told["billed"], waits(metered)[0].state) == (attempt.segments, "told")
    assert not asked_for(metered)
    assert billing.run(metered.machine) == 0


def test_nothing_about_a_person_is_reported(metered) -> None:
    kit.texted(metered)
    billing.run(metered.machine)
    (event,) = dashboard(metered)["events"]
    said = json.dumps(
        {name: value for name, value in event.items() if name != "shop"}
    )  # the sandbox's own name
    about = [
        kit.PHONE,
        kit.PHONE[1:],
        *kit.NAMES.values(),
        kit.NEW_YORK["city"],
        "Mugs",
        kit.texts(metered)[0]["text"],
    ]
    assert [word for word in about if word.lower() in said.lower()] == []


def test_it_is_off_unless_a_meter_is_named(spine) -> None:
    open_app(spine, "mugs")
    kit.texted(spine)
    assert waits(spine) == []
    assert not asked_for(spine)
    assert billing.run(spine.machine) == 0
    switch(spine)
    kit.skip(spine, hours=1)
    kit.work(spine)
    assert waits(spine) == [], "what was taken before isn't counted afterwards"


def test_what_waits_when_it_is_switched_off_is_left_alone(metered) -> None:
    kit.texted(metered)
    switch(metered, "")
    assert not asked_for(metered)
    assert billing.run(metered.machine) == 0
    assert dashboard(metered)["events"] == []


def test_another_platforms_texts_are_nothing_to_shopify(metered) -> None:
    kit.texted(metered, "wool")
    assert waits(metered) == []


def test_what_a_carrier_refuses_is_never_reported(metered) -> None:
    kit.faults(metered, carrier_402=True)
    kit.due(metered)
    kit.work(metered)
    assert [a.state for a in kit.rows(metered, "SELECT state FROM attempts")] == ["refused"]
    assert waits(metered) == []


def test_answers_to_people_are_free(metered) -> None:
    kit.texted(metered)
    kit.reply(metered, "STOP")
    kit.work(metered)
    kit.skip(metered, seconds=10)
    kit.work(metered)
    assert kit.states(metered, "notices") == ["delivered"]
    assert [row.ref for row in waits(metered)] == [kit.one(metered, "attempts").touch_id]


def test_a_text_of_which_nobody_knows_counts_once_a_report_says_that_it_was_taken(metered) -> None:
    kit.faults(metered, carrier_hangup=1, carrier_hangup_accepts=1, report_late=1, report_late_seconds=600)
    kit.due(metered)
    kit.work(metered)
    assert kit.states(metered)[0] == "unknown"
    assert waits(metered) == []
    kit.skip(metered, minutes=20)
    kit.work(metered)
    assert kit.states(metered)[0] == "delivered"
    assert [row.ref for row in waits(metered)] == [kit.one(metered, "attempts").touch_id]


def test_one_that_the_carrier_never_had_doesnt_count(metered) -> None:
    kit.faults(metered, carrier_hangup=1, carrier_hangup_accepts=0)
    kit.due(metered)
    kit.work(metered)
    for _ in range(8):
        kit.skip(metered, hours=12)
        kit.work(metered)
    assert kit.states(metered)[0] == "never_known"
    assert waits(metered) == []


@pytest.mark.parametrize(
    ("said", "counts"),
    [
        (["undeliverable", "undeliverable"], 0),
        (["submitted", "undeliverable"], 1),
        (["undeliverable", "submitted"], 1),
        (["undeliverable", "delivered", "delivered"], 1),
    ],
)
def test_of_one_in_doubt_only_a_report_that_it_was_taken_counts(metered, said, counts) -> None:
    kit.faults(metered, carrier_hangup=1, carrier_hangup_accepts=0)
    kit.due(metered)
    kit.work(metered)
    ref = kit.one(metered, "attempts").touch_id
    for status in said:
        assert kit.carrier(metered, kit.report(ref, status)).status_code == 200
        kit.settle(metered)
    assert len(waits(metered)) == counts


def test_what_was_taken_counts_even_if_it_isnt_delivered(metered) -> None:
    kit.texted(metered, phone="+12125550198")
    assert kit.states(metered)[0] == "undelivered"
    assert len(waits(metered)) == 1


def test_segments_are_ours_even_if_the_carrier_counts_others_and_is_quicker_than_its_answer(metered) -> None:
    kit.faults(metered, carrier_hangup=1, carrier_hangup_accepts=0)
    kit.due(metered)
    kit.work(metered)
    attempt = kit.one(metered, "attempts")
    usage = {"usage": {"currency": "EUR", "price": "0.0079"}, "sms": {"count_total": "7"}}
    kit.carrier(metered, kit.report(attempt.touch_id, "delivered", **usage))
    kit.settle(metered)
    assert kit.one(metered, "attempts").segments == 7
    assert [row.segments for row in waits(metered)] == [attempt.segments]


def test_the_row_is_written_with_the_outcome_or_not_at_all(metered, monkeypatch) -> None:
    """A worker that dies while it records leaves neither: the text is in doubt, and a report settles both."""
    kit.due(metered)
    with monkeypatch.context() as broken:
        broken.setattr("plugin_server.jobs.recording.touches.finish_sending", dies)
        with pytest.raises(OSError, match="dies"):
            kit.hand_over(metered)
    assert (waits(metered), [a.state for a in kit.rows(metered, "SELECT state FROM attempts")]) == (
        [],
        ["sending"],
    )
    kit.lose_leases(metered)
    kit.skip(metered, seconds=10)
    kit.work(metered)
    assert kit.states(metered)[0] == "delivered"
    assert len(waits(metered)) == len(kit.texts(metered)) == 1


# -- told once


def test_an_answer_that_was_lost_is_asked_for_again_under_the_same_key_and_counts_once(metered) -> None:
    fill(metered, 1)
    kit.faults(metered, usage_hangup=1)
    assert billing.run(metered.machine) == 1
    (row,) = waits(metered)
    assert (row.state, row.tries, row.doubt_since is not None) == ("new", 1, True)
    assert row.note.startswith("no answer")
    kit.faults(metered, usage_hangup=0)
    assert billing.run(metered.machine) == 0, "not at once"
    kit.skip(metered, minutes=2)
    assert billing.run(metered.machine) == 1
    assert (waits(metered)[0].state, waits(metered)[0].tries) == ("told", 2)
    assert keys_of(metered) == [str(row.ref)]


def test_a_worker_that_dies_between_telling_and_marking_costs_a_repetition(metered, monkeypatch) -> None:
    fill(metered, 1)
    with monkeypatch.context() as broken:
        broken.setattr(billing.usage, "settle", dies)
        with pytest.raises(OSError, match="dies"):
            billing.run(metered.machine)
    (row,) = waits(metered)
    assert (row.state, row.doubt_since is not None) == ("new", True)
    assert billing.run(metered.machine) == 0, "its lease stands"
    loses_leases(metered)
    assert billing.run(metered.machine) == 1
    assert (waits(metered)[0].state, keys_of(metered)) == ("told", [str(row.ref)])


def test_a_worker_that_was_only_slow_says_the_truth(metered) -> None:
    fill(metered, 1)
    now = metered.machine.clock.now()
    with metered.machine.db.system() as c:
        (mine,) = store.claim(c, now, 9, 60)
    loses_leases(metered)
    with metered.machine.db.system() as c:
        (theirs,) = store.claim(c, now, 9, 60)
    later, told = Reported(kind="later", detail="no answer", doubtful=True), Reported(kind="told")
    billing._record(metered.machine, [(mine, later)], now)
    assert waits(metered)[0].lease_until == theirs.lease_until, "its try is no longer its own"
    billing._record(metered.machine, [(mine, told)], now)
    billing._record(metered.machine, [(theirs, later)], now)
    assert waits(metered)[0].state == "told"


def test_two_workers_tell_each_text_once(metered) -> None:
    fill(metered, 150)
    counts: list[int] = []
    both = [threading.Thread(target=lambda: counts.append(billing.run(metered.machine))) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(60)
    assert (sum(counts), {row.state for row in waits(metered)}) == (150, {"told"})
    assert len(keys_of(metered)) == len(set(keys_of(metered))) == 150
    assert {row.tries for row in waits(metered)} == {1}


def test_the_wait_grows_and_an_hour_is_the_longest(metered) -> None:
    fill(metered, 1)
    kit.faults(metered, usage_429=1)
    found = []
    for _ in range(9):
        assert billing.run(metered.machine) == 1
        row, now = waits(metered)[0], metered.machine.clock.now()
        found.append(round((row.due_at - now).total_seconds() / 60))
        kit.skip(metered, seconds=(row.due_at - now).total_seconds() + 1)
    assert found == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_while_shopify_is_down_the_others_rest_too(metered) -> None:
    fill(metered, billing.BATCH + 5)
    kit.faults(metered, usage_error=1)
    assert billing.run(metered.machine) == billing.BATCH
    assert not asked_for(metered)
    assert {row.tries for row in waits(metered)} == {0, 1}
    kit.faults(metered, usage_error=0)
    kit.skip(metered, minutes=2)
    assert billing.run(metered.machine) == billing.BATCH + 5
    assert dashboard(metered)["billed"] == billing.BATCH + 5


# -- given up


def test_what_may_have_been_counted_is_not_repeated_when_shopify_may_have_forgotten_its_key(metered) -> None:
    fill(metered, 1)
    kit.faults(metered, usage_hangup=1)
    billing.run(metered.machine)
    kit.faults(metered, usage_hangup=0, usage_429=1)
    kit.skip(metered, hours=19, minutes=58)
    assert billing.run(metered.machine) == 1, "within 20 hours of the doubt"
    assert waits(metered)[0].state == "new"
    kit.faults(metered, usage_429=0)
    kit.skip(metered, hours=5)
    assert billing.run(metered.machine) == 0
    (row,) = waits(metered)
    assert (row.state, row.note) == (
        "given_up",
        "it may have been counted: too long ago to be told again without harm; too many at once (HTTP 429)",
    )
    assert len(keys_of(metered)) == 1
    assert dashboard(metered)["billed"] == row.segments


def test_what_surely_wasnt_counted_is_told_days_later(metered) -> None:
    fill(metered, 1)
    kit.faults(metered, usage_429=1)
    billing.run(metered.machine)
    assert waits(metered)[0].doubt_since is None
    kit.skip(metered, days=3)
    kit.faults(metered, usage_429=0)
    assert billing.run(metered.machine) == 1
    assert (waits(metered)[0].state, len(keys_of(metered))) == ("told", 1)


def test_doubt_once_there_stays_whatever_a_later_try_says(metered) -> None:
    fill(metered, 1)
    kit.faults(metered, usage_hangup=1)
    billing.run(metered.machine)
    since = waits(metered)[0].doubt_since
    kit.faults(metered, usage_hangup=0, usage_429=1)
    kit.skip(metered, minutes=2)
    assert billing.run(metered.machine) == 1
    assert (waits(metered)[0].tries, waits(metered)[0].doubt_since) == (2, since)


def test_after_a_billing_cycle_nobody_waits_any_longer(metered) -> None:
    fill(metered, 1)
    kit.faults(metered, usage_429=1)
    billing.run(metered.machine)
    kit.skip(metered, days=31)
    assert billing.run(metered.machine) == 0
    assert (waits(metered)[0].state, waits(metered)[0].note[:12]) == ("given_up", "too long ago")


def test_a_shop_that_shopify_doesnt_know_is_given_up_with_its_words(metered) -> None:
    kit.change(metered, """UPDATE shops SET facts = facts || '{"gid": "gid://shopify/Shop/7"}'""")
    fill(metered, 1)
    billing.run(metered.machine)
    (row,) = waits(metered)
    assert (row.state, row.note) == ("given_up", "Forbidden, shop_id not_installed (HTTP 403)")


def test_a_shop_whose_id_isnt_known_waits_and_keeps_nobody_else_waiting(spine) -> None:
    switch(spine)
    fill(spine, 1)
    assert billing.run(spine.machine) == 1
    (row,) = waits(spine)
    assert (row.state, row.doubt_since, "must open the app" in row.note) == ("new", None, True)
    open_app(spine, "mugs")
    kit.skip(spine, minutes=2)
    billing.run(spine.machine)
    assert (waits(spine)[0].state, len(keys_of(spine))) == ("told", 1)


# -- the end of an installation


def test_what_a_shop_used_is_told_within_a_day_of_its_uninstall(metered) -> None:
    fill(metered, 1)
    kit.errand(metered, "uninstall")
    kit.settle(metered)
    assert (
        kit.rows(metered, "SELECT state FROM shops WHERE key = :k", k=metered.keys["mugs"])[0].state
        == "uninstalled"
    )
    kit.skip(metered, hours=23)
    assert billing.run(metered.machine) == 1
    told = dashboard(metered)
    assert (told["events"][0]["error"], told["billed"]) == ("", waits(metered)[0].segments)


def test_later_its_books_are_closed(metered) -> None:
    fill(metered, 1)
    kit.errand(metered, "uninstall")
    kit.settle(metered)
    kit.skip(metered, hours=12)
    kit.errand(metered, "uninstall")  # told of once more
    kit.settle(metered)
    kit.skip(metered, hours=13)
    assert billing.run(metered.machine) == 0
    assert (waits(metered)[0].state, waits(metered)[0].note) == (
        "given_up",
        "the shop uninstalled too long ago",
    )
    assert dashboard(metered)["events"] == []


def test_one_that_came_back_is_told_of_as_ever(metered) -> None:
    fill(metered, 1)
    kit.errand(metered, "uninstall")
    kit.settle(metered)
    kit.skip(metered, hours=30)
    assert open_app(metered, "mugs").status_code == 200
    assert billing.run(metered.machine) == 1
    assert waits(metered)[0].state == "told"


def test_nothing_is_left_of_a_shop_that_is_erased(metered) -> None:
    fill(metered, 1)
    kit.errand(metered, "uninstall")
    kit.settle(metered)
    kit.skip(metered, hours=48)
    kit.errand(metered, "shop-redact")
    kit.settle(metered)
    assert waits(metered) == []
    assert billing.run(metered.machine) == 0


# -- for people


@pytest.fixture
def comeback(metered, monkeypatch):
    """The command, on this test's machine."""
    monkeypatch.setattr(finding, "start", lambda: (None, nullcontext()))
    monkeypatch.setattr(finding, "build", lambda *_: metered.machine)
    return lambda *args: create_app().test_cli_runner().invoke(args=["usage", *args])


def test_a_command_shows_what_was_reported_what_waits_and_what_was_given_up(metered, comeback) -> None:
    assert comeback("mugs.myshopify.com").output.splitlines() == [
        "mugs.myshopify.com: meter sms_segments",
        "nothing was counted",
    ]
    kit.texted(metered)
    billing.run(metered.machine)
    fill(metered, 2)
    kit.change(
        metered,
        "UPDATE usage_events SET state = 'given_up', tries = 3, note = 'of no use' WHERE ref ="
        " (SELECT ref FROM usage_events WHERE state = 'new' ORDER BY ref LIMIT 1)",
    )
    lines = comeback("mugs.myshopify.com").output.splitlines()
    assert [line[:9].strip() for line in lines[1:5]] == ["", "reported", "waiting", "given up"]
    assert lines[2].split()[1:3] == ["1", str(dashboard(metered)["billed"])]
    assert sum("of no use" in line for line in lines) == sum("not tried yet" in line for line in lines) == 1
    said = json.loads(comeback(metered.keys["mugs"], "--json").output)
    assert {row["state"]: row["texts"] for row in said["counts"]} == {
        "reported": 1,
        "waiting": 1,
        "given up": 1,
    }


def test_it_says_no_to_a_shop_of_another_platform(metered, comeback) -> None:
    done = comeback(metered.keys["wool"])
    assert done.exit_code == 2
    assert "is no Shopify shop" in done.output + done.stderr


def test_the_way_to_the_plans_is_shopifys_own_page(metered) -> None:
    """shopify.dev/docs/apps/launch/billing/shopify-app-pricing (plan selection page)."""
    assert "pricing_plans" not in open_app(metered, "mugs").text
    metered.machine.settings = replace(metered.machine.settings, shopify_app_handle="sms-recovery")
    page = open_app(metered, "mugs").text
    assert 'href="https://admin.shopify.com/store/mugs/charges/sms-recovery/pricing_plans"' in page


def test_the_errands_worker_reports_usage(metered, monkeypatch) -> None:
    monkeypatch.setattr(worker, "_machine", metered.machine)
    fill(metered, 1)
    worker.work_errands()
    assert [row.state for row in waits(metered)] == ["told"]
