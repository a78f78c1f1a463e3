"""What becomes of notices: the carrier's reports, and what a lost worker or a silent carrier left behind."""

import uuid
from datetime import datetime

from sqlalchemy import Connection, text

from plugin_server.store.notices import KEPT
from plugin_server.store.tx import Tx
from sequences.events import DeliveryReported

# What a report may turn a notice into. Never backwards.
FORWARD = {
    "submitted": ("sent", ("sending", "unknown", "never_known")),
    "delivered": ("delivered", ("sending", "unknown", "never_known", "sent")),
    "undelivered": ("undelivered", ("sending", "unknown", "never_known", "sent")),
}


def report(tx: Tx, notice_id: uuid.UUID, told: DeliveryReported) -> tuple[bytes, int | None] | None:
    """Apply a carrier's report. Returns the number's hash and the cart that waits, or None if this is none of ours."""
    state, before = FORWARD[told.status]
    tx.run(
        f"UPDATE notices SET state = :state, sealed = {KEPT}, reason = :reason, code = :code, claim = NULL, lease_until = NULL,"
        " provider_id = CASE WHEN provider_id = '' THEN :provider ELSE provider_id END, decided_at = :at"
        " WHERE shop_id = :shop_id AND id = :id AND state = ANY(:before)",
        id=notice_id,
        state=state,
        reason=f"carrier: {told.code} {told.detail}".strip() if told.code else "",
        code=told.code,
        provider=told.provider_id,
        at=told.at,
        before=list(before),
    )
    row = tx.one(
        "UPDATE notices SET price = coalesce(price, :price), segments = coalesce(:segments, segments),"
        " price_currency = CASE WHEN price_currency = '' THEN :currency ELSE price_currency END"
        " WHERE shop_id = :shop_id AND id = :id AND committed_at IS NOT NULL RETURNING phone_hash, cart_id",
        id=notice_id,
        price=told.price,
        segments=told.segments,
        currency=told.currency,
    )
    return None if row is None else (bytes(row.phone_hash), row.cart_id)


def doubt_lost_sendings(c: Connection, now: datetime) -> int:
    """A hand-over whose worker died: the carrier may have the text. Unknown, and never repeated."""
    return c.execute(
        text(
            "UPDATE notices SET state = 'unknown', reason = 'the outcome of the hand-over was lost', claim = NULL,"
            " lease_until = NULL, decided_at = :now WHERE state = 'sending' AND lease_until < clock_timestamp()"
        ),
        {"now": now},
    ).rowcount


def give_up_unknown(c: Connection, before: datetime) -> int:
    return c.execute(
        text(
            "UPDATE notices SET state = 'never_known', reason = 'no report came'"
            " WHERE state = 'unknown' AND decided_at < :before"
        ),
        {"before": before},
    ).rowcount


def expire(c: Connection, now: datetime) -> int:
    """An answer that comes too late, a question about a cart that is past: dropped, never sent late."""
    return c.execute(
        text(
            "UPDATE notices SET state = 'expired', reason = 'its deadline passed', claim = NULL, lease_until = NULL,"
            " decided_at = :now WHERE state IN ('planned', 'held') AND deadline <= :now"
        ),
        {"now": now},
    ).rowcount
