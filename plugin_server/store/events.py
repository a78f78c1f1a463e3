"""The durable inbox: every delivery is one row, written before it is answered."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import psycopg
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from connectors.delivery import Delivery
from plugin_server.crypto import Vault
from plugin_server.store import locks
from plugin_server.store.locks import Lock
from plugin_server.store.tx import Tx

# One round trip: the scope is set inside the statement, before row-level security looks at the new row.
INSERT = """
WITH scope AS MATERIALIZED (SELECT set_config('comeback.shop', %s, true) AS shop)
INSERT INTO events (shop_id, source, dedup, digest, sealed)
SELECT CAST(scope.shop AS bigint), %s, %s, %s, %s FROM scope
ON CONFLICT (shop_id, source, dedup) DO NOTHING
"""

LONGEST_WAIT = "2s"


def _place(shop_id: int) -> str:
    """What an event's sealed bytes are bound to: they can't be moved to another shop."""
    return f"event of {shop_id}"


def seal(vault: Vault, shop_id: int, delivery: Delivery) -> bytes:
    """Headers, query and raw body in one envelope: a length, JSON, then the untouched bytes."""
    head = json.dumps({"headers": dict(delivery.headers), "query": dict(delivery.query)}).encode()
    return vault.encrypt(len(head).to_bytes(4, "big") + head + delivery.body, _place(shop_id))


def unseal(vault: Vault, shop_id: int, sealed: bytes) -> Delivery:
    plain = vault.decrypt(sealed, _place(shop_id))
    size = int.from_bytes(plain[:4], "big")
    head = json.loads(plain[4 : 4 + size])
    return Delivery(headers=head["headers"], body=plain[4 + size :], query=head["query"])


def keep(
    c: "psycopg.Connection[Any]", vault: Vault, shop_id: int, source: str, dedup: str, delivery: Delivery
) -> None:
    """Write one delivery down, once. In autocommit it is committed when this returns.

    The driver itself, without SQLAlchemy around it: that took twice as long as the driver.
    """
    digest = hashlib.sha256(delivery.body).digest()
    c.execute(INSERT, (str(shop_id), source, dedup, digest, seal(vault, shop_id, delivery)))


@dataclass(frozen=True, slots=True)
class Kept:
    """One row of the inbox."""

    shop_id: int
    id: int
    source: str
    sealed: bytes


def next_new(c: Connection) -> Kept | None:
    """The oldest undecided event that nobody else has in hand, locked until the transaction ends.

    A shop's events are applied one at a time (an advisory lock per shop), so that two deliveries about one
    cart never race; other shops go on beside it. If there are only such whose shop is busy, the oldest one's is
    waited for, a short while: otherwise a reading that takes hours would leave none of its turns to them.
    """
    return _free(c) or (_free(c) if _turn_came(c) else None)


def _turn_came(c: Connection) -> bool:
    """Wait in the row of those who want the oldest event's shop. Not tried again and again: who waits comes first."""
    row = c.execute(text("SELECT shop_id FROM events WHERE state = 'new' ORDER BY id LIMIT 1")).one_or_none()
    if row is None:
        return False
    c.execute(text("SELECT set_config('lock_timeout', :wait, true)"), {"wait": LONGEST_WAIT})
    try:
        with c.begin_nested():
            locks.hold(c, Lock.NEWS, row.shop_id)
    except OperationalError as error:
        if isinstance(error.orig, psycopg.errors.LockNotAvailable):
            return False
        raise
    c.execute(text("SELECT set_config('lock_timeout', '0', true)"))
    return True


def _free(c: Connection) -> Kept | None:
    row = c.execute(
        text(
            "SELECT shop_id, id, source, sealed FROM events WHERE state = 'new'"
            f" AND pg_try_advisory_xact_lock({Lock.NEWS:d}, CAST(shop_id AS integer))"
            " ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED"
        )
    ).one_or_none()
    return None if row is None else Kept(row.shop_id, row.id, row.source, bytes(row.sealed))


def wait_turn(tx: Tx) -> None:
    """Nobody applies anything to this shop until the transaction ends, as `next_new` sees to."""
    locks.hold(tx.connection, Lock.NEWS, tx.shop.id)


def decide(
    c: Connection,
    kept: Kept,
    state: str,
    note: str = "",
    cart_id: int | None = None,
    order_key: str | None = None,
    *,
    phone: bytes | None = None,
    forget: bool = False,
) -> None:
    """applied, stale, ignored or parked; `note` says why, for people. Its content goes if `forget` says so, or
    if it speaks of a cart or a number whose owner was erased: a webhook may come hours after that."""
    c.execute(
        text(
            "UPDATE events SET state = :state, note = :note, decided_at = now(), cart_id = :cart,"
            " order_key = :order, phone_hash = :phone, sealed = CASE WHEN :forget OR EXISTS (SELECT FROM carts c"
            "   WHERE c.shop_id = :shop AND c.state = 'erased' AND (c.id = :cart OR c.id = (SELECT o.cart_id"
            "   FROM orders o WHERE o.shop_id = :shop AND o.key = :order))) OR EXISTS (SELECT FROM suppressions s"
            "   WHERE s.shop_id = :shop AND s.phone_hash = :phone AND s.erased_at IS NOT NULL)"
            " THEN '' ELSE sealed END"
            " WHERE shop_id = :shop AND id = :id"
        ),
        {
            "state": state,
            "note": note[:1000],
            "cart": cart_id,
            "order": order_key,
            "phone": phone,
            "forget": forget,
            "shop": kept.shop_id,
            "id": kept.id,
        },
    )


def forget_old(c: Connection, days: int, most: int = 5000) -> int:
    """Drop the content of decided events after `days` days; the row itself stays, so that a repetition is
    still known. Parked ones stay whole until somebody decides on them."""
    return c.execute(
        text(
            "UPDATE events SET sealed = '', phone_hash = NULL WHERE (shop_id, id) IN (SELECT shop_id, id FROM events"
            " WHERE sealed <> '' AND received_at < now() - make_interval(days => :days)"
            " AND state IN ('applied', 'stale', 'ignored') LIMIT :most)"
        ),
        {"days": days, "most": most},
    ).rowcount


def parked(c: Connection, limit: int = 200) -> list[dict[str, Any]]:
    """What couldn't be applied, newest first, with its reason; no content."""
    rows = c.execute(
        text(
            "SELECT e.id, s.domain AS shop, e.source, e.received_at, e.note FROM events e"
            " JOIN shops s ON s.id = e.shop_id WHERE e.state = 'parked' ORDER BY e.id DESC LIMIT :limit"
        ),
        {"limit": limit},
    )
    return [dict(row._mapping) for row in rows]


def replay(c: Connection, event_id: int | None = None) -> int:
    """Set one event, or every parked one, back to `new`. Applying is idempotent, so this is always safe."""
    which = "id = :id AND state <> 'new'" if event_id is not None else "state = 'parked'"
    sql = f"UPDATE events SET state = 'new', note = '' WHERE {which} AND length(sealed) > 0"
    return c.execute(text(sql), {"id": event_id} if event_id is not None else {}).rowcount
