"""Hand-overs: committed before the call, resolved by its answer or by the carrier's report."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from plugin_server.store.tx import Tx
from sequences.events import DeliveryReported

# What a report may turn an attempt and its touch into. Never backwards: a delivered text stays delivered, and one that
# was delivered after all is, whichever report came first.
FORWARD = {
    "submitted": ("accepted", "sent", ("sending", "unknown", "never_known", "retry_later")),
    "delivered": (
        "delivered",
        "delivered",
        ("sending", "unknown", "never_known", "retry_later", "accepted", "undelivered"),
    ),
    "undelivered": (
        "undelivered",
        "undelivered",
        ("sending", "unknown", "never_known", "retry_later", "accepted"),
    ),
}


def commit(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """Write down that these texts are about to be handed over. Raises IntegrityError if one already was."""
    tx.many(
        "INSERT INTO attempts (shop_id, touch_id, cart_id, phone_hash, channel, state, sole, sealed, encoding,"
        " segments, estimate, decision, committed_at) VALUES (:shop_id, :touch, :cart, :phone, :channel, 'sending', :sole,"
        " :sealed, :encoding, :segments, :estimate, CAST(:decision AS jsonb), :now)",
        [{**row, "decision": json.dumps(row["decision"])} for row in rows],
    )


def resolve(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """The call's answer. A report that was quicker than the answer stands."""
    tx.spread(
        "UPDATE attempts a SET state = r.state, provider_id = r.provider, code = r.code, handed_at = r.handed"
        " FROM json_to_recordset(CAST(:rows AS json)) AS r"
        " (touch uuid, state text, provider text, code text, handed timestamptz)"
        " WHERE a.shop_id = :shop_id AND a.touch_id = r.touch AND a.state = 'sending'",
        list(rows),
    )


@dataclass(frozen=True, slots=True)
class History:
    """What was or may have been sent before."""

    for_cart: dict[int, int]
    last_day: dict[bytes, int]


def history(tx: Tx, carts: Sequence[int], phones: Sequence[bytes], since: datetime) -> History:
    """Texts per cart, and per number since `since`, that were or may have been handed over."""
    live = "state NOT IN ('refused', 'retry_later')"
    by_cart = tx.rows(
        f"SELECT cart_id, count(*) AS n FROM attempts WHERE shop_id = :shop_id AND {live}"
        " AND cart_id = ANY(:carts) GROUP BY cart_id",
        carts=list(carts),
    )
    by_phone = tx.rows(
        f"SELECT phone_hash, count(*) AS n FROM attempts WHERE shop_id = :shop_id AND {live}"
        " AND phone_hash = ANY(:phones) AND committed_at > :since GROUP BY phone_hash",
        phones=list(phones),
        since=since,
    )
    return History({r.cart_id: r.n for r in by_cart}, {bytes(r.phone_hash): r.n for r in by_phone})


def report(tx: Tx, touch_id: uuid.UUID, told: DeliveryReported) -> tuple[int, bytes] | None:
    """Apply a carrier's report to the last attempt of a touch. Returns its cart and phone hash, or None
    if we never handed this over. Telling the same twice, or out of order, changes nothing."""
    row = tx.one(
        "SELECT id, cart_id, phone_hash, state FROM attempts WHERE shop_id = :shop_id AND touch_id = :touch"
        " ORDER BY id DESC LIMIT 1 FOR UPDATE",
        touch=touch_id,
    )
    if row is None:
        return None
    attempt, touch, movable = FORWARD[told.status]
    if row.state in movable:
        _advance(tx, row.id, touch_id, attempt, touch, told)
    _date(tx, row.id, told)
    _price(tx, row.id, told)
    return row.cart_id, bytes(row.phone_hash)


def _advance(
    tx: Tx, attempt_id: int, touch_id: uuid.UUID, attempt: str, touch: str, told: DeliveryReported
) -> None:
    tx.run(
        "UPDATE attempts SET state = :state, code = :code, reported_at = :at,"
        " provider_id = CASE WHEN provider_id = '' THEN :provider ELSE provider_id END"
        " WHERE shop_id = :shop_id AND id = :id",
        id=attempt_id,
        state=attempt,
        code=told.code,
        at=told.at,
        provider=told.provider_id,
    )
    tx.run(
        "UPDATE touches SET state = :state, reason = :reason, claim = NULL, lease_until = NULL, decided_at = :at"
        " WHERE shop_id = :shop_id AND id = :id",
        id=touch_id,
        state=touch,
        reason=f"carrier: {told.code} {told.detail}".strip() if told.code else "",
        at=told.at,
    )


def _date(tx: Tx, attempt_id: int, told: DeliveryReported) -> None:
    """By when the carrier had it, and when it reached the phone: the earliest that any report says, in whatever order
    they come (least() passes over what isn't known)."""
    tx.run(
        "UPDATE attempts SET handed_at = least(handed_at, :at), delivered_at = least(delivered_at, :delivered)"
        " WHERE shop_id = :shop_id AND id = :id AND state NOT IN ('refused', 'retry_later')",
        id=attempt_id,
        at=told.at,
        delivered=told.at if told.status == "delivered" else None,
    )


def _price(tx: Tx, attempt_id: int, told: DeliveryReported) -> None:
    """The carrier's own count and price, kept once: `usage` may be repeated on later reports."""
    if told.price is None and told.segments is None:
        return
    tx.run(
        "UPDATE attempts SET price = coalesce(price, :price), segments = coalesce(:segments, segments),"
        " price_currency = CASE WHEN price_currency = '' THEN :currency ELSE price_currency END"
        " WHERE shop_id = :shop_id AND id = :id",
        id=attempt_id,
        price=told.price,
        segments=told.segments,
        currency=told.currency,
    )


def recipient(tx: Tx, touch_id: uuid.UUID) -> str | None:
    """The number that a touch's last attempt went to; None if it was forgotten, or there is none."""
    row = tx.one(
        "SELECT sealed FROM attempts WHERE shop_id = :shop_id AND touch_id = :touch ORDER BY id DESC LIMIT 1",
        touch=touch_id,
    )
    return None if row is None or row.sealed is None else tx.unseal(row.sealed).get("to")
