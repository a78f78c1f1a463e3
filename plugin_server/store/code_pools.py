"""Pools of codes: foreseen, made in the store, filled, closed. One is looked after at a time in each shop."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from plugin_server.store import locks
from plugin_server.store.claiming import WAITING
from plugin_server.store.locks import Lock
from plugin_server.store.tx import Tx
from sequences.pools import Shelf, pool_ends

DUE = "p.due_at <= :now"
MINE = "shop_id = :shop_id AND id = :id AND lease_until = :lease"
UNLEASED = "(p.lease_until IS NULL OR p.lease_until < clock_timestamp())"
AGAIN_AFTER = timedelta(hours=1)
"""A store that refused a discount may take it once somebody has mended what was wrong."""
EARLIER = timedelta(minutes=5)
"""A store whose clock is behind ours must not think that a code is still to come."""
LEFT = "the shop is "
"""How the note of a pool begins that was given up because its shop had left."""
COLUMNS = (
    "p.shop_id, p.id, p.spec, p.discount_id, p.single_code, p.starts_at, p.ends_at, p.state, p.job_id, p.tries,"
    " p.lease_until"
)
CLAIM = text(
    "WITH next AS (SELECT p.shop_id, p.id FROM code_pools p"
    f" WHERE {DUE} AND {UNLEASED} AND NOT EXISTS (SELECT FROM code_pools other WHERE other.shop_id = p.shop_id"
    "  AND other.lease_until > clock_timestamp())"
    " ORDER BY p.due_at, p.id LIMIT 1 FOR UPDATE SKIP LOCKED)"
    " UPDATE code_pools p SET lease_until = clock_timestamp() + make_interval(secs => :lease)"
    f" FROM next WHERE p.shop_id = next.shop_id AND p.id = next.id RETURNING {COLUMNS}"
)
KNOWN = (
    "SELECT 1 AS yes FROM code_pools WHERE shop_id = :shop_id AND spec = :spec AND (single_code <> '' OR NOT :shared)"
    " AND starts_at <= :at AND ((state IN ('making', 'open') AND ends_at >= :needed)"
    "  OR (state = 'broken' AND starts_at > :lately)) LIMIT 1"
)
AGAIN = text(
    "UPDATE code_pools SET due_at = :now, tries = 0, note = '',"
    " state = CASE WHEN state <> 'broken' THEN state WHEN discount_id = '' THEN 'making' ELSE 'open' END"
    " WHERE shop_id = :shop_id AND lease_until IS NULL"
    " AND ((state IN ('making', 'open') AND tries > 0 AND due_at > :now)"
    "  OR (state = 'broken' AND note LIKE :left AND ends_at > :now))"
)
WAITS = text(f"SELECT EXISTS (SELECT FROM code_pools p WHERE {DUE} AND {UNLEASED})")


@dataclass(frozen=True, slots=True)
class PoolRow:
    """A claimed pool. `lease_until` is also the token that says whose it is."""

    shop_id: int
    id: int
    spec: str
    discount_id: str
    single_code: str
    starts_at: datetime
    ends_at: datetime
    state: str
    job_id: str
    tries: int
    lease_until: datetime


def waiting(c: Connection, now: datetime) -> bool:
    """Is there one to look after?"""
    return bool(c.execute(WAITS, {"now": now}).scalar_one())


def claim(c: Connection, now: datetime, lease_seconds: int) -> PoolRow | None:
    """The one that waits longest, of any shop none of whose pools is in somebody's hands. Commit before calling."""
    locks.hold(c, Lock.CLAIM_POOL)
    row = c.execute(CLAIM, {"now": now, "lease": lease_seconds}).one_or_none()
    return None if row is None else PoolRow(*row)


def again(c: Connection, shop_id: int, now: datetime) -> None:
    """The shop lets us in again: what waited for that needn't wait longer."""
    c.execute(AGAIN, {"shop_id": shop_id, "now": now, "left": f"{LEFT}%"})


def need(
    tx: Tx,
    spec: str,
    first_code: str,
    at: datetime,
    needed_until: datetime,
    lasts: timedelta,
    *,
    shared: bool = False,
) -> bool:
    """See to it that there is a pool whose codes hold until `needed_until`; a new one is made at `at`. False if there
    is one, or if the store refused one a short while ago. `shared`: one with a single code."""
    binds = {"spec": spec, "at": at, "needed": needed_until, "lately": at - AGAIN_AFTER, "shared": shared}
    if tx.one(KNOWN, **binds) is not None:
        return False
    locks.hold(tx.connection, Lock.POOLS, tx.shop.id)  # and again: two may miss it at once
    if tx.one(KNOWN, **binds) is not None:
        return False
    row = tx.one(
        "INSERT INTO code_pools (shop_id, spec, single_code, starts_at, ends_at, due_at)"
        " VALUES (:shop_id, :spec, :single, :starts, :ends, :at) RETURNING id",
        spec=spec,
        single=first_code if shared else "",
        starts=at - EARLIER,
        ends=max(pool_ends(at, lasts), needed_until),
        at=at,
    )
    assert row is not None  # noqa: S101  (it was inserted)
    if not shared:
        ask_for(tx, row.id, [first_code])
    return True


def coming(tx: Tx, spec: str, now: datetime, needed_until: datetime, by: datetime) -> bool:
    """Is there a pool that may have a code by then? What the store can't be asked for before isn't worth a wait."""
    row = tx.one(
        "SELECT 1 AS yes FROM code_pools WHERE shop_id = :shop_id AND spec = :spec AND state IN ('making', 'open')"
        " AND starts_at <= :now AND ends_at >= :needed AND due_at <= :by LIMIT 1",
        spec=spec,
        now=now,
        needed=needed_until,
        by=by,
    )
    return row is not None


def ask_for(tx: Tx, pool_id: int, codes: Sequence[str]) -> None:
    """Write down, before the store hears of them, which codes it is asked for."""
    tx.many(
        "INSERT INTO codes (shop_id, code, pool_id) VALUES (:shop_id, :code, :pool) ON CONFLICT DO NOTHING",
        [{"code": code, "pool": pool_id} for code in codes],
    )


def asked(tx: Tx, pool_id: int, most: int) -> list[str]:
    rows = tx.rows(
        "SELECT code FROM codes WHERE shop_id = :shop_id AND pool_id = :pool AND state = 'asked' ORDER BY code"
        " LIMIT :most",
        pool=pool_id,
        most=most,
    )
    return [row.code for row in rows]


def shelf(tx: Tx, pool: PoolRow, steps: Sequence[int], now: datetime) -> Shelf:
    """What is in it, and what its offer, that of `steps`, was and will be used for."""
    row = tx.one(
        "SELECT (SELECT count(*) FROM codes WHERE shop_id = :shop_id AND pool_id = :pool AND state = 'ready') AS ready,"
        " (SELECT count(*) FROM codes WHERE shop_id = :shop_id AND pool_id = :pool AND state = 'asked') AS asked,"
        " (SELECT count(*) FROM codes c JOIN code_pools p ON p.shop_id = c.shop_id AND p.id = c.pool_id"
        "  WHERE c.shop_id = :shop_id AND p.spec = :spec AND c.given_at > :yesterday) AS given,"
        f" (SELECT count(*) FROM touches WHERE shop_id = :shop_id AND state IN {WAITING} AND step = ANY(:steps)"
        "  AND due_at < :tomorrow) AS wanted",
        pool=pool.id,
        spec=pool.spec,
        steps=list(steps),
        yesterday=now - timedelta(days=1),
        tomorrow=now + timedelta(days=1),
    )
    assert row is not None  # noqa: S101  (counts)
    return Shelf(ready=row.ready, asked=row.asked, given_last_day=row.given, wanted_next_day=row.wanted)


def mark(tx: Tx, codes: Sequence[str], state: str) -> None:
    """What became of codes that were asked for: "ready" or "refused"."""
    tx.run(
        "UPDATE codes SET state = :state WHERE shop_id = :shop_id AND code = ANY(:codes) AND state = 'asked'",
        codes=list(codes),
        state=state,
    )


def forget_asked(tx: Tx, pool_id: int) -> None:
    """The store won't make them."""
    tx.run("DELETE FROM codes WHERE shop_id = :shop_id AND pool_id = :pool AND state = 'asked'", pool=pool_id)


def forget_codes(tx: Tx, pool_id: int) -> None:
    """The pool is over. Who got which code stands with the links."""
    tx.run("DELETE FROM codes WHERE shop_id = :shop_id AND pool_id = :pool", pool=pool_id)


def settle(tx: Tx, pool: PoolRow, due: datetime | None, **changes: object) -> bool:
    """Let go of a pool, to be looked after again at `due`. `changes`: state, discount_id, single_code, job_id, tries,
    note. False if it is somebody else's by now: then nothing changes."""
    columns = "".join(f", {name} = :{name}" for name in changes)
    done = tx.run(
        f"UPDATE code_pools SET lease_until = NULL, due_at = :due{columns} WHERE {MINE}",
        id=pool.id,
        lease=pool.lease_until,
        due=due,
        **changes,
    )
    return done.rowcount == 1


def drop(tx: Tx, pool: PoolRow) -> None:
    """Nobody needs it, and no store has heard of it; its codes go with it."""
    tx.run(f"DELETE FROM code_pools WHERE {MINE}", id=pool.id, lease=pool.lease_until)
