"""What was answered with 200 is applied, or parked in sight and can be replayed; nothing waits for ever."""

import json
import os
import subprocess
import threading
import time
from datetime import timedelta

import pytest
from redis import Redis
from spine_kit import (
    buy,
    change,
    due,
    faults,
    leave_cart,
    left,
    one,
    owner,
    plan,
    rows,
    settle,
    shopify,
    skip,
    states,
    texts,
    wait_idle,
    work,
)
from sqlalchemy.exc import OperationalError
from tests_settings import ROOT

from connectors import registry
from plugin_server.jobs import clock, ingest, queues, worker
from sequences.errors import BadDelivery

NOBODY_LISTENS = "redis://127.0.0.1:1/0"


def comeback(spine, *command: str) -> subprocess.CompletedProcess[str]:
    env = {
        **os.environ,
        "COMEBACK_WIRING": "sandbox",
        "COMEBACK_DATA_DIR": str(ROOT / ".data" / "tests"),
        "DATABASE_URL": spine.machine.db.url,
        "REDIS_URL": spine.machine.redis_url,
    }
    return subprocess.run(
        [ROOT / "bin" / "comeback", *command], env=env, capture_output=True, text=True, timeout=60
    )


def events(spine) -> list:
    return rows(spine, "SELECT state, note FROM events ORDER BY id")


def test_what_cant_be_read_is_parked_shown_and_replayed_when_the_fault_is_mended(spine, monkeypatch) -> None:
    broken = True
    real = registry.platform("shopify")

    class Broken:
        def __getattr__(self, name):
            return getattr(real, name)

        def read(self, delivery, shop):
            if broken:
                raise BadDelivery("this version doesn't know that field")
            return real.read(delivery, shop)

    monkeypatch.setattr(spine.machine, "door", lambda source: Broken())
    leave_cart(spine)
    settle(spine)
    assert {e.state for e in events(spine)} == {"parked"}
    assert rows(spine, "SELECT * FROM carts") == []
    shown = comeback(spine, "replay", "--failed")
    assert shown.returncode == 0, shown.stderr
    assert "this version doesn't know that field" in shown.stdout
    assert shown.stdout.count("mugs.myshopify.com") == len(events(spine))
    broken = False
    replayed = comeback(spine, "replay", "--failed", "--all")
    assert replayed.stdout.strip() == f"{len(events(spine))} event(s) will be applied again"
    settle(spine)
    assert "parked" not in {e.state for e in events(spine)}
    assert one(spine, "carts").state == "open"


def test_one_event_can_be_applied_again_and_that_changes_nothing(spine) -> None:
    key = due(spine)
    buy(spine, key)
    work(spine)
    before = [rows(spine, f"SELECT * FROM {t} ORDER BY 1, 2") for t in ("carts", "orders", "touches")]  # noqa: S608
    for event in rows(spine, "SELECT id FROM events"):
        change(spine, "UPDATE events SET state = 'new' WHERE id = :id", id=event.id)
    work(spine)
    assert {e.state for e in events(spine)} <= {"applied", "stale", "ignored"}
    after = [rows(spine, f"SELECT * FROM {t} ORDER BY 1, 2") for t in ("carts", "orders", "touches")]  # noqa: S608
    assert after == before


def test_an_event_that_breaks_our_own_code_is_parked_and_the_next_one_is_applied(spine, monkeypatch) -> None:
    real = ingest.apply_all
    seen = []

    def breaks_once(here, reading):
        seen.append(reading)
        if len(seen) == 1:
            here.tx.run("UPDATE shops SET name = 'half done' WHERE id = :shop_id")
            raise KeyError("+12125550142 dagmarella@example.com")
        return real(here, reading)

    monkeypatch.setattr(ingest, "apply_all", breaks_once)
    leave_cart(spine)
    settle(spine)
    first, *others = events(spine)
    assert first.state == "parked"
    assert "KeyError" in first.note
    assert "+12125550142" not in first.note, "a note stands there in the clear"
    assert "example.com" not in first.note
    assert {e.state for e in others} == {"applied"}
    assert rows(spine, "SELECT * FROM shops WHERE name = 'half done'") == [], "nothing of it stays"


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT CAST('x' AS integer)",
        "INSERT INTO stock VALUES (:shop_id, 'p', true, 1e30, now())",
        "INSERT INTO carts (shop_id, key) VALUES (:shop_id, 'k')",
        "SELECT md5(string_agg(CAST(random() AS text), '')), count(*) FROM generate_series(1, 3) HAVING 1/0 = 1",
        # An index entry that is too long is an error of the operational kind to drivers; it is the event's fault.
        "INSERT INTO stock SELECT :shop_id, string_agg(md5(CAST(n AS text)), ''), true, 1, now()"
        " FROM generate_series(1, 1000) n",
    ],
)
def test_what_the_database_refuses_is_parked_and_the_next_event_is_applied(
    spine, monkeypatch, statement
) -> None:
    real = ingest.apply_all
    seen = []

    def refused_once(here, reading):
        seen.append(reading)
        if len(seen) == 1:
            here.tx.run(statement)
        return real(here, reading)

    monkeypatch.setattr(ingest, "apply_all", refused_once)
    leave_cart(spine)
    settle(spine)
    first, *others = events(spine)
    assert (first.state, {e.state for e in others}) == ("parked", {"applied"})
    assert first.note.startswith("the database refused it")


def test_a_database_that_goes_away_in_the_middle_leaves_the_event_for_the_next_worker(
    spine, monkeypatch
) -> None:
    real = ingest.apply_all

    def cut_off(here, reading):
        pid = here.tx.run("SELECT pg_backend_pid()").scalar_one()
        with owner(spine.machine.db.url) as c:
            c.execute("SELECT pg_terminate_backend(%s)", (pid,))
        here.tx.run("SELECT 1")

    leave_cart(spine)
    wait_idle(spine)
    monkeypatch.setattr(ingest, "apply_all", cut_off)
    with pytest.raises(OperationalError, match="terminating connection"):
        ingest.run(spine.machine)
    assert {e.state for e in events(spine)} == {"new"}
    monkeypatch.setattr(ingest, "apply_all", real)
    settle(spine)
    assert one(spine, "carts").state == "open"


def test_disorder_and_duplicates_lead_to_the_same_end(spine) -> None:
    faults(spine, webhook_duplicate=1, webhook_disorder=1, report_duplicate=1, report_late=0.5)
    key = due(spine)
    skip(spine, minutes=20)
    work(spine)
    assert len(texts(spine)) == 1
    skip(spine, hours=1)
    buy(spine, key)
    for _ in range(4):
        skip(spine, minutes=20)
        work(spine)
    assert one(spine, "carts").state == "recovered"
    assert one(spine, "recoveries").state == "standing"
    assert (states(spine), len(texts(spine))) == (["delivered"], 1)
    assert "parked" not in {e.state for e in events(spine)}


def test_an_old_delivery_that_comes_last_is_kept_and_not_applied(spine) -> None:
    now = spine.world.status().now

    def checkout(minutes: int, **more) -> bytes:
        at = (now + timedelta(minutes=minutes)).isoformat()
        line = {"title": "Mug", "quantity": 1, "price": "5.00"}
        told = {"token": "t1", "created_at": now.isoformat(), "updated_at": at, "total_price": "5.00"}
        return json.dumps({**told, "line_items": [line], "phone": "+12125550142", **more}).encode()

    shopify(spine, "checkouts/update", checkout(9, completed_at=now.isoformat()))
    shopify(spine, "checkouts/update", checkout(5))
    settle(spine)
    assert [e.state for e in events(spine)] == ["applied", "stale"]
    assert one(spine, "carts").state == "bought"


def tick(spine, redis_url: str, seconds: float = 2) -> None:
    """The clock process, for a while."""
    stop = threading.Event()
    spine.machine.redis_url, kept = redis_url, spine.machine.redis_url
    thread = threading.Thread(target=clock.run, args=(spine.machine, stop))
    thread.start()
    time.sleep(seconds)
    alive = thread.is_alive()
    stop.set()
    thread.join(15)
    spine.machine.redis_url = kept
    assert alive, "the clock died"


def test_a_clock_outlives_its_redis_and_still_does_what_needs_none(spine) -> None:
    due(spine)
    change(
        spine,
        "UPDATE touches SET state = 'sending', lease_until = clock_timestamp() - interval '1 second'",
    )
    leave_cart(spine, phone="+12125550143", email="other@example.com")
    wait_idle(spine)
    tick(spine, NOBODY_LISTENS)
    assert states(spine) == ["unknown"], "it swept"
    assert "new" in {e.state for e in events(spine)}, "the inbox waits"


def test_what_a_dead_redis_lost_is_found_again_by_clock_and_workers(spine, monkeypatch) -> None:
    due(spine)
    change(spine, "UPDATE touches SET state = 'claimed', claim = gen_random_uuid(), lease_until = now()")
    key = leave_cart(spine, phone="+12125550143", email="other@example.com")
    wait_idle(spine)
    monkeypatch.setattr(worker, "_machine", spine.machine)
    connection = Redis.from_url(spine.machine.redis_url)
    by_name = {name: queues.queue(f"test-{os.getpid()}-{name}", connection) for name in queues.NAMES}
    try:
        for _ in range(3):
            clock.tick(spine.machine, "me", by_name)
            for queue in by_name.values():
                for job in queue.jobs:
                    getattr(worker, job.func_name.rpartition(".")[2])(*job.args)
                    job.delete()
    finally:
        for queue in by_name.values():
            queue.delete(delete_jobs=True)
    assert rows(spine, "SELECT state FROM carts WHERE key = :key", key=f"checkout:{key}")[0].state == "open"
    assert (states(spine), len(texts(spine))) == (["sent"], 1)


def test_a_full_queue_gets_no_more_claims_whose_leases_would_run_out_there(spine) -> None:
    due(spine)
    connection = Redis.from_url(spine.machine.redis_url)
    by_name = {name: queues.queue(f"test-full-{os.getpid()}-{name}", connection) for name in queues.NAMES}
    try:
        for _ in range(clock.MOST_WAITING):
            queues.ask_for_texts(by_name[queues.TEXTS], "00000000-0000-4000-8000-000000000000", 60)
        assert clock.tick(spine.machine, "me", by_name) == 0
        assert states(spine) == ["planned"]
    finally:
        for queue in by_name.values():
            queue.delete(delete_jobs=True)


def test_no_touch_stays_undecided_past_its_deadline_whatever_it_waits_in(spine) -> None:
    left(spine)
    for state in ("planned", "held", "claimed"):
        change(
            spine,
            "UPDATE touches SET state = :state, deadline = now() - interval '1 day',"
            " lease_until = CASE WHEN :state = 'claimed' THEN now() - interval '1 day' END",
            state=state,
        )
        work(spine)
        assert states(spine) == ["expired"], state
    assert texts(spine) == []


@pytest.mark.parametrize("off", [{"on": False}, {"steps": [{"delay": 3600, "on": False}]}, {"steps": []}])
def test_what_the_merchant_switched_off_is_not_sent_though_it_was_planned(spine, off) -> None:
    due(spine)
    plan(spine, **off)
    work(spine)
    touch = one(spine, "touches")
    assert (touch.state, touch.rule, texts(spine)) == ("skipped", "sequence", [])


def test_a_report_of_a_text_whose_cart_is_long_gone_is_still_taken(spine) -> None:
    """Carriers repeat their reports for days; what they tell of must only not be forgotten by then."""
    due(spine)
    work(spine)
    change(spine, "UPDATE carts SET state = 'expired'")
    skip(spine, days=2)
    work(spine)
    assert states(spine) == ["delivered"]
