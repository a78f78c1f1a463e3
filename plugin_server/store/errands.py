"""What a store must be told, until it has heard it: rows that are worked off one at a time in each shop.

An errand is written in the transaction of what it tells of, and telling twice does no harm, so a lost worker costs a
repetition and nothing else. What is no longer waiting has no phone in it any more.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from plugin_server.store import locks
from plugin_server.store.locks import Lock
from plugin_server.store.tx import Tx

DUE = "e.state = 'new' AND e.due_at <= :now"
MINE = "shop_id = :shop_id AND id = :id AND lease_until = :lease"
UNLEASED = "(e.lease_until IS NULL OR e.lease_until < clock_timestamp())"
# One of a shop's errands at a time: a YES can't overtake the STOP that followed it, and a store that is slow keeps
# one worker waiting, not all. The lock makes two claims see each other.
CLAIM = text(
    "WITH next AS (SELECT e.shop_id, e.id FROM errands e"
    f" WHERE {DUE} AND {UNLEASED} AND NOT EXISTS (SELECT FROM errands other WHERE other.shop_id = e.shop_id"
    "  AND other.lease_until > clock_timestamp())"
    " ORDER BY e.due_at, e.at DESC, e.id DESC LIMIT 1 FOR UPDATE SKIP LOCKED)"
    " UPDATE errands e SET tries = e.tries + 1,"
    " lease_until = clock_timestamp() + make_interval(secs => :lease)"
    " FROM next WHERE e.shop_id = next.shop_id AND e.id = next.id"
    " RETURNING e.shop_id, e.id, e.kind, e.phone_hash, e.sealed, e.at, e.tries, e.lease_until"
)
WAITING = text(f"SELECT EXISTS (SELECT FROM errands e WHERE {DUE} AND {UNLEASED})")
GIVE_UP = text(
    "UPDATE errands e SET state = 'given_up', sealed = NULL, lease_until = NULL, done_at = :now,"
    " note = left('given up after ' || tries || ' tries: ' || note, 300)"
    f" WHERE {DUE} AND {UNLEASED} AND e.at < :before AND e.tries >= :least RETURNING e.shop_id, e.id, e.kind, e.note"
)


@dataclass(frozen=True, slots=True)
class Errand:
    """A claimed errand. `tries` counts this one; `lease_until` is also the token that says whose it is."""

    shop_id: int
    id: int
    kind: str
    phone: bytes
    sealed: bytes | None
    at: datetime
    tries: int
    lease_until: datetime


def add(
    tx: Tx, kind: str, phone: str, at: datetime, email: str = "", customer_id: str = "", delay: float = 0
) -> None:
    """Have the store told what this person said at `at` ("opt_out", "opt_in"), in `delay` seconds at the earliest.
    What they said before and the store hasn't heard yet needn't be told any more."""
    hashed = tx.phone(phone)
    tx.run(
        "UPDATE errands SET state = 'needless', note = 'they said something since', sealed = NULL, done_at = :at"
        " WHERE shop_id = :shop_id AND phone_hash = :phone AND state = 'new' AND at <= :at",
        phone=hashed,
        at=at,
    )
    tx.run(  # a sender's clock that is ahead must not put it off
        "INSERT INTO errands (shop_id, kind, phone_hash, sealed, at, due_at) VALUES (:shop_id, :kind, :phone,"
        " :sealed, :at, least(CAST(:at AS timestamptz), clock_timestamp()) + make_interval(secs => :delay))",
        kind=kind,
        phone=hashed,
        sealed=tx.seal({"phone": phone, "email": email, "customer_id": customer_id}),
        at=at,
        delay=delay,
    )


def waiting(c: Connection, now: datetime) -> bool:
    """Is there one to run?"""
    return bool(c.execute(WAITING, {"now": now}).scalar_one())


def claim(c: Connection, now: datetime, lease_seconds: int) -> Errand | None:
    """Take the one that waits longest, of any shop none of whose errands is being run. Commit before running it."""
    locks.hold(c, Lock.CLAIM_ERRAND)
    row = c.execute(CLAIM, {"now": now, "lease": lease_seconds}).one_or_none()
    if row is None:
        return None
    sealed = None if row.sealed is None else bytes(row.sealed)
    return Errand(
        row.shop_id, row.id, row.kind, bytes(row.phone_hash), sealed, row.at, row.tries, row.lease_until
    )


def finish(tx: Tx, errand: Errand, state: str, note: str, now: datetime) -> None:
    """The end, "done" or "needless", unless it ended already: by a later word, or by whoever took the lease over."""
    tx.run(
        "UPDATE errands SET state = CASE WHEN state = 'new' THEN :state ELSE state END,"
        " note = CASE WHEN state = 'new' THEN :note ELSE note END, done_at = coalesce(done_at, :now), sealed = NULL,"
        f" lease_until = NULL WHERE {MINE}",
        id=errand.id,
        lease=errand.lease_until,
        state=state,
        note=note[:300],
        now=now,
    )


def put_off(tx: Tx, errand: Errand, note: str, until: datetime, others_until: datetime) -> None:
    """Try it again later; and the shop's others not before `others_until`: it is the store that doesn't answer."""
    tx.run(
        "UPDATE errands SET note = CASE WHEN state = 'new' THEN :note ELSE note END, due_at = :until,"
        f" lease_until = NULL WHERE {MINE}",
        id=errand.id,
        lease=errand.lease_until,
        note=note[:300],
        until=until,
    )
    tx.run(
        "UPDATE errands SET due_at = :until WHERE shop_id = :shop_id AND id <> :id AND state = 'new'"
        " AND due_at < :until",
        id=errand.id,
        until=others_until,
    )


def give_up(c: Connection, now: datetime, after: timedelta, least_tries: int) -> list[Any]:
    """End what was tried for so long. Returns those: shop_id, id, kind, note."""
    binds = {"now": now, "before": now - after, "least": least_tries}
    return list(c.execute(GIVE_UP, binds))
