"""Requests for confirmation (double opt-in): which are open, what they said, how many a number has had."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from plugin_server.store.claiming import WAITING
from plugin_server.store.notices import GONE
from plugin_server.store.tx import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request for confirmation. `open`: it was or may have been sent, and wasn't answered."""

    id: uuid.UUID
    phone: bytes
    asked_at: datetime
    sent_at: datetime | None
    open: bool
    waiting: bool
    cart_id: int | None


def requests_to(tx: Tx, phones: Sequence[bytes]) -> dict[bytes, list[Request]]:
    """The requests to these numbers that were handed over or still wait, oldest first."""
    rows = tx.rows(
        "SELECT id, phone_hash, asked_at, committed_at, answered_at, state, cart_id FROM notices"
        " WHERE shop_id = :shop_id AND kind = 'consent_request' AND phone_hash = ANY(:phones)"
        f" AND (state IN {WAITING} OR state IN {GONE}) ORDER BY asked_at",
        phones=list(phones),
    )
    found: dict[bytes, list[Request]] = {}
    for r in rows:
        waits = r.state in ("planned", "held", "claimed")
        request = Request(
            id=r.id,
            phone=bytes(r.phone_hash),
            asked_at=r.asked_at,
            sent_at=r.committed_at,
            open=r.answered_at is None and not waits and r.state != "undelivered",
            waiting=waits,
            cart_id=r.cart_id,
        )
        found.setdefault(request.phone, []).append(request)
    return found


def text_of(tx: Tx, notice_id: uuid.UUID) -> dict[str, Any]:
    """What was handed over: to, sender, text."""
    row = tx.one("SELECT sealed FROM notices WHERE shop_id = :shop_id AND id = :id", id=notice_id)
    return {} if row is None or row.sealed is None else dict(tx.unseal(row.sealed))


def answered(tx: Tx, notice_id: uuid.UUID, at: datetime) -> None:
    tx.run("UPDATE notices SET answered_at = :at WHERE shop_id = :shop_id AND id = :id", id=notice_id, at=at)


def sent_since(tx: Tx, phones: Sequence[bytes], since: datetime) -> dict[bytes, int]:
    """Requests for confirmation that were or may have been sent: they count as promotion, answers don't."""
    rows = tx.rows(
        "SELECT phone_hash, count(*) AS n FROM notices WHERE shop_id = :shop_id AND kind = 'consent_request'"
        f" AND state IN {GONE} AND phone_hash = ANY(:phones) AND committed_at > :since GROUP BY phone_hash",
        phones=list(phones),
        since=since,
    )
    return {bytes(r.phone_hash): r.n for r in rows}


def close(tx: Tx, phone: bytes, now: datetime) -> None:
    """No request that went to this number can be answered any more."""
    tx.run(
        "UPDATE notices SET answered_at = :now WHERE shop_id = :shop_id AND phone_hash = :phone"
        " AND kind = 'consent_request' AND committed_at IS NOT NULL AND answered_at IS NULL",
        phone=phone,
        now=now,
    )
