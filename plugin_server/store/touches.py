"""Touches: planned, claimed in batches, cancelled in one statement, each ending in one final state."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from plugin_server.store.claiming import WAITING
from plugin_server.store.tx import Tx
from sequences.engine import Touch


def plan(tx: Tx, cart_id: int, planned: Sequence[Touch]) -> int:
    """Write a cart's touches down. A step that was cancelled before anything was sent is planned again; one
    that was sent, refused or expired keeps its end. Returns how many now wait."""
    rows = [
        {"id": uuid.uuid4(), "cart": cart_id, "step": t.step, "due": t.due_at, "deadline": t.deadline}
        for t in planned
    ]
    tx.many(
        "INSERT INTO touches (shop_id, id, cart_id, step, due_at, deadline)"
        " VALUES (:shop_id, :id, :cart, :step, :due, :deadline)"
        " ON CONFLICT (shop_id, cart_id, step) DO UPDATE SET state = 'planned', reason = '',"
        " due_at = excluded.due_at, deadline = excluded.deadline, decided_at = NULL"
        " WHERE touches.state = 'cancelled'",
        rows,
    )
    waiting = (
        "SELECT count(*) FROM touches WHERE shop_id = :shop_id AND cart_id = :cart AND state = 'planned'"
    )
    return int(tx.run(waiting, cart=cart_id).scalar_one())


def cancel(tx: Tx, cart_ids: Sequence[int], reason: str, now: datetime) -> int:
    """End every touch of these carts that isn't in the carrier's hands yet: one statement."""
    return tx.run(
        f"UPDATE touches SET state = 'cancelled', reason = :reason, claim = NULL, lease_until = NULL,"
        f" decided_at = :now WHERE shop_id = :shop_id AND cart_id = ANY(:carts) AND state IN {WAITING}",
        carts=list(cart_ids),
        reason=reason,
        now=now,
    ).rowcount


def cancel_for_phone(tx: Tx, phone_hash: bytes, reason: str, now: datetime) -> int:
    """End every waiting touch to one number."""
    return tx.run(
        f"UPDATE touches t SET state = 'cancelled', reason = :reason, claim = NULL, lease_until = NULL,"
        f" decided_at = :now FROM carts c WHERE t.shop_id = :shop_id AND c.shop_id = t.shop_id"
        f" AND c.id = t.cart_id AND c.phone_hash = :phone AND t.state IN {WAITING}",
        phone=phone_hash,
        reason=reason,
        now=now,
    ).rowcount


def wake(tx: Tx, phone_hash: bytes, now: datetime) -> int:
    """What was put off for this number is decided again now: it waited for the person's answer. One that is being
    decided at this moment goes back to be decided with it."""
    return tx.run(
        "UPDATE touches t SET due_at = :now, claim = NULL, lease_until = NULL,"
        " state = CASE WHEN t.state = 'claimed' THEN 'planned' ELSE t.state END FROM carts c"
        " WHERE t.shop_id = :shop_id AND c.shop_id = t.shop_id AND c.id = t.cart_id AND c.phone_hash = :phone"
        " AND (t.state = 'claimed' OR t.state = 'held' AND t.due_at > :now)",
        phone=phone_hash,
        now=now,
    ).rowcount


def cancel_for_shop(tx: Tx, reason: str, now: datetime) -> int:
    """End every waiting touch of the shop."""
    return tx.run(
        f"UPDATE touches SET state = 'cancelled', reason = :reason, claim = NULL, lease_until = NULL,"
        f" decided_at = :now WHERE shop_id = :shop_id AND state IN {WAITING}",
        reason=reason,
        now=now,
    ).rowcount


@dataclass(frozen=True, slots=True)
class TouchRow:
    """A claimed touch. `refusals`: hand-overs that led to nothing; `holds`: how often it was put off."""

    id: uuid.UUID
    cart_id: int
    step: int
    due_at: datetime
    deadline: datetime
    refusals: int
    holds: int


def claimed(tx: Tx, token: uuid.UUID, only: Sequence[uuid.UUID] | None = None) -> list[TouchRow]:
    """The touches that this claim still holds; with `only`, those among them, locked until the end of the
    transaction: whoever wants to cancel one waits, and then finds it sent."""
    sql = (
        "SELECT t.id, t.cart_id, t.step, t.due_at, t.deadline, t.holds, (SELECT count(*) FROM attempts a"
        " WHERE a.shop_id = t.shop_id AND a.touch_id = t.id) AS refusals"
        " FROM touches t WHERE t.shop_id = :shop_id AND t.claim = :token AND t.state = 'claimed'"
    )
    if only is None:
        rows = tx.rows(f"{sql} ORDER BY t.due_at, t.id", token=token)
    else:
        # Locking in one order keeps two batches from waiting for each other.
        rows = tx.rows(
            f"{sql} AND t.id = ANY(:only) ORDER BY t.id FOR UPDATE OF t", token=token, only=list(only)
        )
    return [TouchRow(r.id, r.cart_id, r.step, r.due_at, r.deadline, r.refusals, r.holds) for r in rows]


def settle(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """End or postpone touches. Each row: id, state, reason, rule, due (for held and planned), now."""
    tx.many(
        "UPDATE touches SET state = :state, reason = :reason, rule = :rule, due_at = coalesce(:due, due_at), claim = NULL,"
        " holds = holds + CASE WHEN CAST(:state AS text) = 'held' THEN 1 ELSE 0 END, lease_until = NULL, decided_at = :now"
        " WHERE shop_id = :shop_id AND id = :id",
        list(rows),
    )


def start_sending(tx: Tx, ids: Sequence[uuid.UUID], lease_seconds: int, now: datetime) -> None:
    tx.run(
        "UPDATE touches SET state = 'sending', reason = '', decided_at = :now,"
        " lease_until = clock_timestamp() + make_interval(secs => :lease)"
        " WHERE shop_id = :shop_id AND id = ANY(:ids)",
        ids=list(ids),
        lease=lease_seconds,
        now=now,
    )


def finish_sending(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """What the hand-over led to, unless a report was quicker. Each row: id, state, reason, due, now."""
    tx.spread(
        "UPDATE touches t SET state = r.state, reason = r.reason, due_at = coalesce(r.due, t.due_at), claim = NULL,"
        " lease_until = NULL, decided_at = r.now FROM json_to_recordset(CAST(:rows AS json)) AS r"
        " (id uuid, state text, reason text, due timestamptz, now timestamptz)"
        " WHERE t.shop_id = :shop_id AND t.id = r.id AND t.state = 'sending'",
        list(rows),
    )


def doubt_lost_sendings(c: Connection, now: datetime) -> int:
    """A hand-over whose worker died: the carrier may have the text. Unknown, and never repeated."""
    lost = c.execute(
        text(
            "UPDATE touches SET state = 'unknown', reason = 'the outcome of the hand-over was lost', claim = NULL,"
            " lease_until = NULL, decided_at = :now WHERE state = 'sending' AND lease_until < clock_timestamp()"
            " RETURNING shop_id, id"
        ),
        {"now": now},
    ).all()
    if lost:
        c.execute(
            text("UPDATE attempts SET state = 'unknown' WHERE state = 'sending' AND touch_id = ANY(:ids)"),
            {"ids": [row.id for row in lost]},
        )
    return len(lost)


def give_up_unknown(c: Connection, before: datetime) -> int:
    """No report came for so long that none will (the carrier repeats reports for 72 hours)."""
    ids = [
        row.id
        for row in c.execute(
            text(
                "UPDATE touches SET state = 'never_known', reason = 'no report came' WHERE state = 'unknown'"
                " AND decided_at < :before RETURNING id"
            ),
            {"before": before},
        )
    ]
    if ids:
        c.execute(
            text(
                "UPDATE attempts SET state = 'never_known' WHERE state = 'unknown' AND touch_id = ANY(:ids)"
            ),
            {"ids": ids},
        )
    return len(ids)


def expire(c: Connection, now: datetime) -> int:
    """What still waits past its deadline is dropped, never sent late."""
    return c.execute(
        text(
            "UPDATE touches SET state = 'expired', claim = NULL, reason = 'its deadline passed'"
            " || CASE WHEN state = 'held' AND reason <> '' THEN ' (' || reason || ')' ELSE '' END,"
            " lease_until = NULL, decided_at = :now WHERE state IN ('planned', 'held') AND deadline <= :now"
        ),
        {"now": now},
    ).rowcount
