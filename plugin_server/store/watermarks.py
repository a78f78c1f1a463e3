"""How far each store was read again, and the reading that is under way.

A reading begins at `until`, less what the store may be late with, and once its last page is applied, `until` moves to
the moment it began. Each page is applied in the transaction that moves the cursor, so a lost worker costs one page read
twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from plugin_server.store import locks
from plugin_server.store.locks import Lock
from plugin_server.store.tx import Tx
from sequences.reread_ports import What

MINE = "shop_id = :shop_id AND what = :what AND lease_until = :lease"
# Nothing is put off for as long as a day: that was a clock which ran ahead.
DUE = "({0}.due_at <= :now OR {0}.due_at > CAST(:now AS timestamptz) + interval '1 day')"
# Whoever bought must be known before their cart: checkouts wait until no reading of orders is due or under way. A shop
# that lets us in no more isn't asked until somebody opens the app there.
READY = (
    f"{DUE.format('w')} AND EXISTS (SELECT FROM shops s WHERE s.id = w.shop_id AND s.state = 'active')"
    " AND NOT EXISTS (SELECT FROM shop_tokens t WHERE t.shop_id = w.shop_id AND t.state = 'lost')"
    " AND NOT EXISTS (SELECT FROM watermarks other WHERE other.shop_id = w.shop_id"
    "  AND (other.lease_until > clock_timestamp()"
    "   OR w.what <> 'orders' AND other.what = 'orders'"
    f"   AND (other.began_at IS NOT NULL OR {DUE.format('other')})))"
)
COLUMNS = (
    "w.shop_id, w.what, w.until, w.began_at, w.cursor, w.done, w.expected, w.read_at, w.healed, w.tries, w.note,"
    " w.lease_until"
)
WAITS = text(f"SELECT EXISTS (SELECT FROM watermarks w WHERE {READY})")
CLAIM = text(
    f"WITH next AS (SELECT w.shop_id, w.what FROM watermarks w WHERE {READY}"
    " ORDER BY w.due_at, w.shop_id LIMIT 1 FOR UPDATE SKIP LOCKED)"
    " UPDATE watermarks w SET began_at = coalesce(w.began_at, :now),"
    " done = CASE WHEN w.began_at IS NULL THEN 0 ELSE w.done END,"
    " lease_until = clock_timestamp() + make_interval(secs => :lease)"
    f" FROM next WHERE w.shop_id = next.shop_id AND w.what = next.what RETURNING {COLUMNS}"
)
ADOPT = text(
    "INSERT INTO watermarks (shop_id, what, until, due_at) SELECT s.id, :what, :until, :now FROM shops s"
    " WHERE s.state = 'active' AND s.platform = :platform ON CONFLICT DO NOTHING RETURNING shop_id"
)


@dataclass(frozen=True, slots=True)
class Watermark:
    """One row. `read_at` is None until the first reading since the shop came, or came back, is done; `lease_until` is
    also the token that says whose it is."""

    shop_id: int
    what: What
    until: datetime
    began_at: datetime | None
    cursor: str
    done: int
    expected: int | None
    read_at: datetime | None
    healed: int
    tries: int
    note: str
    lease_until: datetime | None

    @property
    def first(self) -> bool:
        return self.read_at is None


def begin(c: Connection, shop_id: int, since: Mapping[What, datetime], now: datetime) -> None:
    """The shop came, or came back: read it, from `since` or from where it was last known if that is later."""
    for what, until in since.items():
        c.execute(
            text(
                "INSERT INTO watermarks (shop_id, what, until, due_at) VALUES (:shop_id, :what, :since, :now)"
                " ON CONFLICT (shop_id, what) DO UPDATE SET until = greatest(watermarks.until, excluded.until),"
                " began_at = NULL, cursor = '', done = 0, expected = NULL, read_at = NULL, due_at = excluded.due_at,"
                " tries = 0, lease_until = NULL, note = ''"
            ),
            {"shop_id": shop_id, "what": what, "since": until, "now": now},
        )


def adopt(c: Connection, platform: str, since: Mapping[What, datetime], now: datetime) -> int:
    """Have the platform's shops read that never were. Returns how many readings that makes."""
    binds = {"platform": platform, "now": now}
    return sum(
        len(c.execute(ADOPT, {**binds, "what": what, "until": until}).all()) for what, until in since.items()
    )


def waiting(c: Connection, now: datetime) -> bool:
    """Is there a store to read?"""
    return bool(c.execute(WAITS, {"now": now}).scalar_one())


def claim(c: Connection, now: datetime, lease_seconds: int) -> Watermark | None:
    """Take the reading that waits longest, of a shop that nobody else reads. Commit before reading."""
    locks.hold(c, Lock.CLAIM_READING)  # two claims see each other
    row = c.execute(CLAIM, {"now": now, "lease": lease_seconds}).one_or_none()
    return None if row is None else Watermark(**row._mapping)


def of_shop(tx: Tx) -> Sequence[Watermark]:
    """Orders first."""
    rows = tx.rows(f"SELECT {COLUMNS} FROM watermarks w WHERE w.shop_id = :shop_id ORDER BY w.what DESC")
    return [Watermark(**row._mapping) for row in rows]


def held(tx: Tx, row: Watermark) -> bool:
    """Is the reading still ours? If so, it is until the transaction ends."""
    sql = f"SELECT 1 AS yes FROM watermarks WHERE {MINE} FOR UPDATE"
    return tx.one(sql, what=row.what, lease=row.lease_until) is not None


def move(tx: Tx, row: Watermark, cursor: str, read: int, healed: int, expected: int | None) -> None:
    """A page was applied."""
    tx.run(
        "UPDATE watermarks SET cursor = :cursor, done = done + :read, expected = coalesce(:expected, expected),"
        f" healed = healed + :healed, tries = 0, note = '' WHERE {MINE}",
        what=row.what,
        lease=row.lease_until,
        cursor=cursor,
        read=read,
        healed=healed,
        expected=expected,
    )


def finish(tx: Tx, row: Watermark, now: datetime, due: datetime) -> None:
    """The last page was applied: everything that changed before the reading began is known."""
    tx.run(
        "UPDATE watermarks SET until = began_at, began_at = NULL, cursor = '', read_at = :now,"
        f" due_at = :due, lease_until = NULL WHERE {MINE}",
        what=row.what,
        lease=row.lease_until,
        now=now,
        due=due,
    )


def let_go(tx: Tx, row: Watermark, due: datetime) -> None:
    """Go on at the cursor, later."""
    tx.run(
        f"UPDATE watermarks SET due_at = :due, lease_until = NULL WHERE {MINE}",
        what=row.what,
        lease=row.lease_until,
        due=due,
    )


def put_off(tx: Tx, row: Watermark, note: str, due: datetime, *, anew: bool = False) -> None:
    """It couldn't be read, for the reason in `note`. `anew`: the cursor isn't taken (any more)."""
    restart = ", cursor = '', done = 0" if anew else ""
    tx.run(
        f"UPDATE watermarks SET due_at = :due, lease_until = NULL, tries = tries + 1, note = :note{restart}"
        f" WHERE {MINE}",
        what=row.what,
        lease=row.lease_until,
        note=note[:300],
        due=due,
    )
