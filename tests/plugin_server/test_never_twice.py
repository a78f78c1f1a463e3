"""A touch leads to at most one text, whatever crashes, repeats itself or comes too late."""

import itertools
import threading
from datetime import timedelta

import pytest
from spine_kit import (
    BRITON,
    LONDON,
    carrier,
    change,
    claim,
    due,
    faults,
    hand_over,
    leave_cart,
    lose_leases,
    one,
    report,
    rows,
    settle,
    skip,
    states,
    texted,
    texts,
    wait_idle,
    work,
)
from sqlalchemy.exc import IntegrityError

from plugin_server.jobs import clock, dispatch, ingest, looking, queues, sweep
from sequences.ports import OutboundText, Outcome


class Killed(BaseException):
    """A worker's process ends: no `except Exception` sees it."""


class DyingChannel:
    """The worker dies in the hand-over: `after` the carrier took the text, or before."""

    def __init__(self, real, after: bool) -> None:
        self.real, self.after = real, after

    def send(self, message: OutboundText) -> Outcome:
        if self.after:
            self.real.send(message)
        raise Killed


def die_in_hand_over(spine, after: bool) -> None:
    real = spine.machine.channel
    spine.machine.channel = DyingChannel(real, after)
    with pytest.raises(Killed):
        hand_over(spine)
    spine.machine.channel = real


def test_a_worker_that_dies_before_the_call_leaves_a_doubt_that_is_never_sent(spine) -> None:
    due(spine)
    die_in_hand_over(spine, after=False)
    assert states(spine) == ["sending"]
    work(spine)
    assert states(spine) == ["sending"], "its lease still runs: it may be alive"
    lose_leases(spine)
    work(spine)
    assert (states(spine), states(spine, "attempts")) == (["unknown"], ["unknown"])
    skip(spine, hours=71)
    work(spine)
    assert states(spine) == ["unknown"]
    skip(spine, hours=2)
    work(spine)
    assert (states(spine), states(spine, "attempts")) == (["never_known"], ["never_known"])
    assert texts(spine) == []


def test_a_worker_that_dies_after_the_call_is_cleared_up_by_the_carriers_report(spine) -> None:
    due(spine)
    die_in_hand_over(spine, after=True)
    lose_leases(spine)
    sweep.run(spine.machine)
    assert states(spine) == ["unknown"]
    skip(spine, seconds=10)
    work(spine)
    assert (states(spine), states(spine, "attempts")) == (["delivered"], ["delivered"])
    skip(spine, days=2)
    work(spine)
    assert len(texts(spine)) == 1


def test_a_report_that_outruns_the_sweep_ends_the_doubt_before_it_begins(spine) -> None:
    due(spine)
    die_in_hand_over(spine, after=True)
    skip(spine, seconds=10)
    settle(spine)
    lose_leases(spine)
    work(spine)
    assert (states(spine), len(texts(spine))) == (["delivered"], 1)


def test_a_report_after_everybody_gave_up_is_still_believed(spine) -> None:
    due(spine)
    die_in_hand_over(spine, after=False)
    lose_leases(spine)
    sweep.run(spine.machine)
    skip(spine, hours=73)
    work(spine)
    assert states(spine) == ["never_known"]
    carrier(spine, report(one(spine, "touches").id, "delivered"))
    work(spine)
    assert (states(spine), texts(spine)) == (["delivered"], [])


def test_a_worker_that_dies_before_it_commits_has_sent_nothing_and_another_does_its_work(spine) -> None:
    due(spine)
    claim(spine)
    work(spine)
    assert (states(spine), texts(spine)) == (["claimed"], [])
    lose_leases(spine)
    work(spine)
    assert (states(spine), len(texts(spine))) == (["sent"], 1)


def test_a_claim_that_was_swept_and_taken_by_another_can_no_longer_send(spine) -> None:
    due(spine)
    late = claim(spine)
    lose_leases(spine)
    sweep.run(spine.machine)
    claim(spine)
    assert dispatch.run(spine.machine, late) == 0
    assert (states(spine), texts(spine)) == (["claimed"], [])


def test_a_worker_that_was_too_slow_in_asking_the_store_finds_its_touch_in_other_hands(
    spine, monkeypatch
) -> None:
    """It held the touch when it began; when it wants to commit, another worker does."""
    due(spine)
    late, real, others = claim(spine), looking.look, []

    def look_for_longer_than_the_lease(*args):
        looks = real(*args)
        lose_leases(spine)
        sweep.run(spine.machine)
        others.append(claim(spine))
        return looks

    monkeypatch.setattr(looking, "look", look_for_longer_than_the_lease)
    assert dispatch.run(spine.machine, late) == 0
    assert (states(spine), texts(spine)) == (["claimed"], [])
    monkeypatch.setattr(looking, "look", real)
    assert dispatch.run(spine.machine, others[0]) == 1
    assert len(texts(spine)) == 1


def test_an_answer_that_comes_after_the_sweep_changes_nothing_and_sends_nothing(spine) -> None:
    """The call hung for longer than its lease, while the worker lived on."""
    due(spine)
    real = spine.machine.channel

    class Slow:
        def send(self, message: OutboundText) -> Outcome:
            lose_leases(spine)
            sweep.run(spine.machine)
            real.send(message)
            return Outcome(kind="retry_later", permanent=False)

    spine.machine.channel = Slow()
    hand_over(spine)
    spine.machine.channel = real
    assert states(spine) == ["unknown"], "who said 'later' after the doubt isn't believed"
    skip(spine, hours=1)
    work(spine)
    assert (states(spine), len(texts(spine))) == (["delivered"], 1)


def test_a_carrier_that_is_busy_gets_the_text_later_and_once(spine) -> None:
    due(spine)
    faults(spine, carrier_429=1)
    work(spine)
    assert (states(spine), states(spine, "attempts"), texts(spine)) == (["planned"], ["retry_later"], [])
    work(spine)
    assert states(spine, "attempts") == ["retry_later"], "not before its time"
    skip(spine, minutes=1, seconds=1)
    work(spine)
    assert states(spine, "attempts") == ["retry_later", "retry_later"]
    wait = one(spine, "touches").due_at - spine.world.status().now
    assert timedelta(minutes=1, seconds=30) < wait <= timedelta(minutes=2), "each time twice as long"
    faults(spine, carrier_429=0)
    skip(spine, minutes=2)
    work(spine)
    skip(spine, minutes=5)
    work(spine)
    assert (states(spine), len(texts(spine))) == (["delivered"], 1)


@pytest.mark.parametrize(("takes_it", "ends"), [(1, "delivered"), (0, "never_known")])
@pytest.mark.parametrize("fault", ["hangup", "5xx"])
def test_a_carrier_that_breaks_off_may_have_the_text_and_isnt_asked_again(
    spine, fault, takes_it, ends
) -> None:
    due(spine)
    faults(spine, **{f"carrier_{fault}": 1, f"carrier_{fault}_accepts": takes_it})
    work(spine)
    assert (states(spine), states(spine, "attempts")) == (["unknown"], ["unknown"])
    faults(spine, **{f"carrier_{fault}": 0})
    skip(spine, hours=1)
    work(spine)
    skip(spine, hours=72)
    work(spine)
    assert (states(spine), len(texts(spine))) == ([ends], takes_it)


@pytest.mark.parametrize("fault", ["carrier_401", "carrier_402"])
def test_a_carrier_that_refuses_our_account_is_asked_again_when_it_is_mended(spine, fault) -> None:
    due(spine)
    faults(spine, **{fault: True})
    work(spine)
    assert (states(spine), states(spine, "attempts")) == (["held"], ["refused"])
    faults(spine, **{fault: False})
    skip(spine, minutes=16)
    work(spine)
    assert (states(spine), len(texts(spine))) == (["sent"], 1)


ENDS = {"delivered": "delivered", "rejected": "undelivered", "undeliverable": "undelivered"}


@pytest.mark.parametrize("end", list(ENDS))
def test_reports_in_any_order_and_number_never_move_a_touch_backwards(spine, end) -> None:
    texted(spine)
    touch = one(spine, "touches", "id").id
    for order in sorted(set(itertools.permutations(("submitted", "submitted", end, end)))):
        change(spine, "UPDATE touches SET state = 'sent'")
        change(spine, "UPDATE attempts SET state = 'accepted'")
        for n, status in enumerate(order, 1):
            assert carrier(spine, report(touch, status)).status_code == 200
            ingest.run(spine.machine)
            wanted = ENDS[end] if end in order[:n] else "sent"
            assert states(spine) == [wanted], (order, n)
    assert states(spine, "attempts") == [ENDS[end]]
    work(spine)
    assert len(texts(spine)) == 1


def test_a_text_that_was_delivered_stays_delivered(spine) -> None:
    texted(spine)
    touch = one(spine, "touches", "id").id
    carrier(spine, report(touch, "rejected", "1300"))
    work(spine)
    assert states(spine) == ["delivered"]


def test_the_price_is_kept_once_however_often_it_is_told(spine) -> None:
    texted(spine)
    attempt = one(spine, "attempts", "touch_id, price, price_currency, segments")
    assert attempt.price > 0
    assert attempt.price_currency == "EUR"
    usage = {"usage": {"price": "9.99", "currency": "USD"}}
    carrier(spine, report(attempt.touch_id, "submitted", **usage))
    work(spine)
    assert one(spine, "attempts", "touch_id, price, price_currency, segments") == attempt


def several(spine, count: int = 8) -> None:
    """Carts of different people, all due at once."""
    due(spine, phone="+12125550100", email="p0@example.com")
    for n in range(1, count):
        leave_cart(spine, phone=f"+121255501{n:02}", email=f"p{n}@example.com")
    settle(spine)
    change(spine, "UPDATE carts SET idle_at = active_at")
    settle(spine)
    change(spine, "UPDATE touches SET due_at = due_at - interval '2 hours'")
    assert states(spine) == ["planned"] * count


def in_threads(*jobs) -> None:
    failures: list[BaseException] = []

    def run(job) -> None:
        try:
            job()
        except BaseException as error:  # noqa: BLE001  (the test's own thread tells what went wrong in another)
            failures.append(error)

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []


def refs(spine) -> list[str]:
    return sorted(entry["client_ref"] for entry in texts(spine))


def test_two_workers_with_one_claim_send_each_text_once(spine) -> None:
    several(spine)
    token = claim(spine)
    in_threads(*[lambda: dispatch.run(spine.machine, token)] * 2)
    assert refs(spine) == sorted(str(r.id) for r in rows(spine, "SELECT id FROM touches"))


def test_claims_made_at_once_share_no_touch(spine) -> None:
    several(spine)
    tokens = []
    in_threads(*[lambda: tokens.append(claim(spine, limit=3))] * 4)
    held = rows(spine, "SELECT claim, count(*) AS n FROM touches WHERE state = 'claimed' GROUP BY claim")
    assert sum(row.n for row in held) == 8
    assert max(row.n for row in held) <= 3
    in_threads(*[lambda token=token: dispatch.run(spine.machine, token) for token in tokens])
    assert refs(spine) == sorted(str(r.id) for r in rows(spine, "SELECT id FROM touches"))


def test_of_two_clocks_one_works_and_the_other_takes_over_when_it_is_gone(spine) -> None:
    several(spine, 3)
    connection = queues.impatient(spine.machine.redis_url)
    by_name = {name: queues.queue(f"test-clocks-{name}", connection) for name in queues.NAMES}
    taken: dict[str, int] = {}
    try:
        in_threads(*[lambda me=me: taken.update({me: clock.tick(spine.machine, me, by_name)}) for me in "ab"])
        assert sorted(taken.values()) == [0, 3]
        assert by_name[queues.TEXTS].count == 1, "one job for the whole claim"
        (first,) = [me for me, n in taken.items() if n]
        other = "b" if first == "a" else "a"
        change(spine, "UPDATE touches SET state = 'planned', claim = NULL, lease_until = NULL")
        assert clock.tick(spine.machine, other, by_name) == 0, "the lease is still held"
        change(spine, "UPDATE leases SET until = clock_timestamp() - interval '1 second'")
        assert clock.tick(spine.machine, other, by_name) == 3
    finally:
        for queue in by_name.values():
            queue.delete(delete_jobs=True)


def write(spine, touch: object = None, sole: bool = False) -> None:
    """One more attempt like the one that was made, for its own touch or for another of the same cart."""
    change(
        spine,
        "INSERT INTO attempts (shop_id, touch_id, cart_id, phone_hash, channel, state, sole, encoding, segments,"
        " decision, committed_at) SELECT shop_id, coalesce(CAST(:touch AS uuid), touch_id), cart_id, phone_hash,"
        " channel, 'sending', :sole, encoding, segments, decision, committed_at FROM attempts",
        touch=touch,
        sole=sole,
    )


@pytest.mark.parametrize(
    "state", ["sending", "accepted", "unknown", "delivered", "undelivered", "never_known"]
)
def test_the_database_refuses_a_second_attempt_beside_one_that_was_or_may_have_been_sent(
    spine, state
) -> None:
    texted(spine)
    change(spine, "UPDATE attempts SET state = :state", state=state)
    with pytest.raises(IntegrityError, match="attempts_once"):
        write(spine)


@pytest.mark.parametrize("state", ["refused", "retry_later"])
def test_the_database_allows_an_attempt_after_one_that_surely_wasnt_sent(spine, state) -> None:
    texted(spine)
    change(spine, "UPDATE attempts SET state = :state", state=state)
    write(spine)
    assert states(spine, "attempts") == [state, "sending"]


def test_the_database_refuses_a_second_text_for_a_cart_where_carriers_allow_one(spine) -> None:
    texted(spine)
    other = "00000000-0000-4000-8000-000000000001"
    change(
        spine,
        "INSERT INTO touches SELECT shop_id, :id, cart_id, 1, due_at, deadline FROM touches",
        id=other,
    )
    with pytest.raises(IntegrityError, match="attempts_sole"):
        write(spine, other, sole=True)


def test_a_touch_planned_again_by_mistake_is_not_sent_again(spine) -> None:
    """In Britain no rule counts the texts of a cart: there the database alone stands in the way."""
    texted(spine, **LONDON)
    assert texts(spine)[0]["to"] == BRITON
    change(spine, "UPDATE touches SET state = 'planned', due_at = due_at - interval '1 day' WHERE step = 0")
    with pytest.raises(IntegrityError):
        hand_over(spine)
    wait_idle(spine)
    assert len(texts(spine)) == 1
