"""Shops' chains of evidence as a whole: walking them for verification, and anchoring them."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from compliance.evidence_chain import Anchor, Entry, Line, Link, Tombstone
from plugin_server.crypto import VaultError
from plugin_server.store.tx import Tx
from sequences.cart import Shop

# Times as compliance.evidence.moment writes them: also one that somebody set to infinity must not end the walk.
MOMENT = "to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US') || '+00:00'"
AT_A_TIME = 1000
LINES = (
    f"SELECT seq, phone_hash, state, {MOMENT.format('at')} AS at, {MOMENT.format('recorded_at')} AS recorded_at,"
    " source, proven, facts, personal, personal_digest, prev_hash, hash, 1 AS kind FROM consents"
    " WHERE shop_id = :shop_id"
)
TOMBSTONES = (
    f"SELECT seq, NULL, reason, {MOMENT.format('retired_at')}, NULL, NULL, NULL, NULL, NULL, NULL, prev_hash, hash, 2"
    " FROM consent_tombstones WHERE shop_id = :shop_id"
)
PLACES = (
    "SELECT seq, prev_hash, hash FROM consents WHERE shop_id = :shop_id AND seq >= :first"
    " UNION ALL SELECT seq, prev_hash, hash FROM consent_tombstones WHERE shop_id = :shop_id AND seq >= :first"
    " ORDER BY seq"
)
# Each table's last by its own key: over both together the planner sorts the whole chain.
HEADS = (
    "SELECT s.id AS shop_id, head.seq, head.hash FROM shops s CROSS JOIN LATERAL ("
    " (SELECT seq, hash FROM consents WHERE shop_id = s.id ORDER BY seq DESC LIMIT 1) UNION ALL"
    " (SELECT seq, hash FROM consent_tombstones WHERE shop_id = s.id ORDER BY seq DESC LIMIT 1)"
    " ORDER BY seq DESC LIMIT 1) AS head"
    " WHERE NOT EXISTS (SELECT FROM consent_anchors a WHERE a.shop_id = s.id AND a.seq = head.seq AND a.hash = head.hash)"
)
# Two anchors at one instant are two all the same.
LATER = (
    "greatest(CAST(:now AS timestamptz), (SELECT max(a.at) + interval '1 microsecond' FROM consent_anchors a"
    " WHERE a.shop_id = grown.shop_id))"
)


def walk(tx: Tx) -> Iterator[Entry]:
    """The shop's chain by its places, lines and tombstones together, a thousand at a time."""
    sql = f"{LINES} UNION ALL {TOMBSTONES} ORDER BY seq, kind"
    for row in _stream(tx, sql):
        yield _tombstone(row) if row.kind == 2 else _line(tx, row)


def lines_of(tx: Tx, phone: bytes) -> list[Line]:
    """The lines about one number, oldest first."""
    rows = tx.rows(f"{LINES} AND phone_hash = :phone ORDER BY seq", phone=phone)
    return [_line(tx, row) for row in rows]


def places(tx: Tx, first: int) -> Iterator[Link]:
    """The chain from a line on, as places without content."""
    for row in _stream(tx, PLACES, first=first):
        yield Link(seq=row.seq, prev_hash=_hex(row.prev_hash), hash=_hex(row.hash))


def length(tx: Tx) -> int:
    """How many lines there are, retired ones included."""
    return int(
        tx.run(
            "SELECT (SELECT count(*) FROM consents WHERE shop_id = :shop_id)"
            " + (SELECT count(*) FROM consent_tombstones WHERE shop_id = :shop_id)"
        ).scalar_one()
    )


def _stream(tx: Tx, sql: str, **binds: Any) -> Iterator[Any]:
    """Rows through a cursor of the server's: a long chain doesn't have to fit into memory."""
    options = {"stream_results": True, "yield_per": AT_A_TIME}
    found = tx.connection.execute(text(sql), {"shop_id": tx.shop.id, **binds}, execution_options=options)
    with found:
        yield from found


def _line(tx: Tx, row: Any) -> Line:
    personal, sealed = None, False
    if row.personal is not None:
        try:
            personal = tx.unseal(row.personal)
        except VaultError:
            sealed = True
    return Line(
        seq=row.seq,
        phone=_hex(row.phone_hash),
        state=row.state,
        at=row.at or "",
        recorded_at=row.recorded_at or "",
        source=row.source,
        proven=row.proven,
        facts=row.facts,
        personal=personal,
        personal_digest=_hex(row.personal_digest),
        prev_hash=_hex(row.prev_hash),
        hash=_hex(row.hash),
        sealed=sealed,
    )


def _tombstone(row: Any) -> Tombstone:
    return Tombstone(
        seq=row.seq,
        prev_hash=_hex(row.prev_hash),
        hash=_hex(row.hash),
        retired_at=row.at or "",
        reason=row.state,
    )


def _hex(value: Any) -> str:
    return bytes(value).hex()


# -- anchors


def anchor(tx: Tx, now: datetime) -> Anchor | None:
    """Write down the chain's last line; None for an empty chain."""
    _write(tx.connection, f"{HEADS} AND s.id = :shop_id", now, shop_id=tx.shop.id)
    found = anchors(tx)
    return found[-1] if found else None


def anchors(tx: Tx, since: int = 1) -> list[Anchor]:
    """Those on lines from `since` on, by their lines."""
    rows = tx.rows(
        f"SELECT seq, hash, {MOMENT.format('at')} AS at FROM consent_anchors WHERE shop_id = :shop_id"
        " AND seq >= :since ORDER BY seq, at",
        since=since,
    )
    return [Anchor(seq=row.seq, hash=_hex(row.hash), at=row.at or "") for row in rows]


def anchor_all(c: Connection, now: datetime) -> list[tuple[int, Anchor]]:
    """Anchor every shop whose chain grew since its last anchor, in the scope over all shops. Returns shop ids and
    anchors."""
    return _write(c, HEADS, now)


def _write(c: Connection, heads: str, now: datetime, **binds: Any) -> list[tuple[int, Anchor]]:
    rows = c.execute(
        text(
            f"INSERT INTO consent_anchors (shop_id, seq, hash, at) SELECT shop_id, seq, hash, {LATER} FROM ({heads}) AS grown"
            f" ON CONFLICT DO NOTHING RETURNING shop_id, seq, hash, {MOMENT.format('at')} AS at"
        ),
        {"now": now, **binds},
    )
    return [(row.shop_id, Anchor(seq=row.seq, hash=_hex(row.hash), at=row.at)) for row in rows]


def shops(c: Connection) -> Sequence[Shop]:
    """Every shop that has a row, by its id, also one whose credentials can't be read: its evidence can."""
    names = "id, key, platform, domain, name, currency, country, locale, support"
    return [Shop(**row._mapping) for row in c.execute(text(f"SELECT {names} FROM shops ORDER BY id"))]
