"""The clock: every few seconds, under a lease in the database, it finds what is due and asks for the work.

A second clock is harmless (it waits for the lease, and claims skip what is locked). A Redis that is down costs
nothing but time: a claim that nobody hears of runs out and is planned again.
"""

import os
import socket
import threading
import time
import uuid
from collections.abc import Mapping

import structlog
from rq import Queue
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from plugin_server.jobs import queues, sweep
from plugin_server.jobs.nightly import Nights
from plugin_server.jobs.tending import Rounds
from plugin_server.store import claiming, code_pools, connects, errands, usage, watermarks
from plugin_server.wiring import Machine

log = structlog.get_logger()
# Claims that may wait in the queue: more would only let their leases run out there.
MOST_WAITING = 4
FORGET_EVERY = 600.0
ANSWERS_AT_ONCE = 50

LEASE = text(
    "INSERT INTO leases (name, holder, until)"
    " VALUES ('clock', :me, clock_timestamp() + make_interval(secs => :ttl))"
    " ON CONFLICT (name) DO UPDATE SET holder = :me, until = excluded.until"
    " WHERE leases.holder = :me OR leases.until < clock_timestamp() RETURNING holder"
)
# One look for both reasons to wake the events worker.
EVENTS_WAIT = text(
    "SELECT EXISTS (SELECT FROM events WHERE state = 'new')"
    " OR EXISTS (SELECT FROM carts WHERE state = 'open' AND idle_at <= :now)"
)


def run(machine: Machine, stop: threading.Event) -> None:
    """Tick until `stop` is set. What is down now is tried again at the next tick."""
    me = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
    connection = queues.impatient(machine.redis_url)
    by_name = {name: queues.queue(name, connection) for name in queues.NAMES}
    forget_at, nights, rounds = 0.0, Nights(), Rounds()
    while not stop.is_set():
        try:
            tick(machine, me, by_name)
            if time.monotonic() >= forget_at:
                sweep.forget(machine)
                forget_at = time.monotonic() + FORGET_EVERY
            nights.pass_by(machine)
            rounds.pass_by(machine, by_name[queues.ERRANDS])
        except (OperationalError, *queues.DOWN) as error:
            log.warning("the clock couldn't do its errands", error=type(error).__name__)
        stop.wait(machine.settings.clock_seconds)


def tick(machine: Machine, me: str, by_name: Mapping[str, Queue]) -> int:
    """One round. Returns how many touches were claimed."""
    if not _lease(machine, me):
        return 0
    swept = sweep.run(machine)
    if swept.released or swept.doubted:
        log.warning("found what a lost worker left", released=swept.released, doubted=swept.doubted)
    now = machine.clock.now()
    with machine.db.system() as c:
        waiting = c.execute(EVENTS_WAIT, {"now": now}).scalar_one()
        untold = errands.waiting(c, now) or code_pools.waiting(c, now) or watermarks.waiting(c, now)
        untold = untold or (bool(machine.settings.shopify_usage_event) and usage.waiting(c, now))
        keyed = connects.waiting(c, now)
    if waiting:
        queues.ask_for_events(by_name[queues.EVENTS])
    if untold:
        queues.ask_for_errands(by_name[queues.ERRANDS])
    if keyed:
        queues.ask_for_connecting(by_name[queues.CONNECTS])
    _claim_answers(machine, by_name[queues.ANSWERS])
    return _claim_due(machine, by_name[queues.TEXTS])


def _lease(machine: Machine, me: str) -> bool:
    ttl = max(1.0, 3 * machine.settings.clock_seconds)
    with machine.db.system() as c:
        return c.execute(LEASE, {"me": me, "ttl": ttl}).one_or_none() is not None


def _claim_due(machine: Machine, texts: Queue) -> int:
    claimed, s = 0, machine.settings
    while texts.count < MOST_WAITING:
        with machine.db.system() as c:
            token, taken = claiming.claim(c, "touches", machine.clock.now(), s.batch, s.lease_seconds)
        if not taken:
            break
        queues.ask_for_texts(texts, token, timeout=s.lease_seconds)
        claimed += taken
        if taken < s.batch:
            break
    return claimed


def _claim_answers(machine: Machine, answers: Queue) -> None:
    """People who wrote wait for an answer: never behind a long row of reminders."""
    if answers.count >= MOST_WAITING:
        return
    with machine.db.system() as c:
        token, taken = claiming.claim(
            c, "notices", machine.clock.now(), ANSWERS_AT_ONCE, machine.settings.lease_seconds
        )
    if taken:
        queues.ask_for_answers(answers, token, timeout=machine.settings.lease_seconds)
