"""People who asked, through their store, what is held on them: open until somebody handed it over."""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from plugin_server.store.tx import Tx
from sequences.codec import decode, encode
from sequences.events import DataRequested, ShopperErased

ANSWER_WITHIN = timedelta(days=30)
"""A month: GDPR art. 12(3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request. `names` is None once it was answered: then there is no reason left to keep them."""

    id: int
    request_id: str
    names: DataRequested | None
    asked_at: datetime
    answer_by: datetime
    answered_at: datetime | None


def add(tx: Tx, event: DataRequested, now: datetime) -> None:
    """Write it down once. A store that gives its requests no number is told apart by whom it named: while one waits
    that is the same, and on another day one anew."""
    told = f"unnumbered {_digest(tx, event)}" if not event.request_id else ""
    tx.run(
        "INSERT INTO data_requests (shop_id, request_id, sealed, asked_at, answer_by)"
        " SELECT :shop_id, :request, :sealed, :now, :by WHERE CAST(:told AS text) = '' OR NOT EXISTS ("
        "  SELECT FROM data_requests WHERE shop_id = :shop_id AND starts_with(request_id, :told)"
        "  AND answered_at IS NULL) ON CONFLICT DO NOTHING",
        told=told,
        request=event.request_id or f"{told} {now:%Y-%m-%d}",
        sealed=tx.seal(encode(event)),
        now=now,
        by=now + ANSWER_WITHIN,
    )


def _digest(tx: Tx, event: DataRequested) -> str:
    """Of the names, by hashes that only this installation can make."""
    hashes = [value.hex() for value in (tx.phone(event.phone), tx.email(event.email)) if value]
    named = json.dumps([event.customer_id, hashes, sorted(event.order_keys)])
    return hashlib.sha256(named.encode()).hexdigest()[:16]


def every(tx: Tx, *, open_only: bool = True) -> list[Asked]:
    """The most urgent first."""
    rows = tx.rows(
        "SELECT id, request_id, sealed, asked_at, answer_by, answered_at FROM data_requests WHERE shop_id = :shop_id"
        + (" AND answered_at IS NULL" if open_only else "")
        + " ORDER BY answer_by, id"
    )
    return [
        Asked(
            id=r.id,
            request_id=r.request_id,
            names=None if r.sealed is None else decode(DataRequested, tx.unseal(r.sealed)),
            asked_at=r.asked_at,
            answer_by=r.answer_by,
            answered_at=r.answered_at,
        )
        for r in rows
    ]


def answered(tx: Tx, request_id: str, now: datetime) -> bool:
    """It was handed over. False if there is no such open request."""
    return (
        tx.run(
            "UPDATE data_requests SET answered_at = :now, sealed = NULL WHERE shop_id = :shop_id"
            " AND request_id = :request AND answered_at IS NULL",
            request=request_id,
            now=now,
        ).rowcount
        == 1
    )


def forget(tx: Tx, who: ShopperErased, phones: Collection[bytes]) -> None:
    """Whoever is erased left nothing to hand over: their requests stand as answered, without names. `phones`: the
    numbers (hashed) that they were known by."""
    for asked in every(tx):
        if asked.names is not None and (tx.phone(asked.names.phone) in phones or _same(tx, asked.names, who)):
            tx.run(
                "UPDATE data_requests SET sealed = NULL, answered_at = asked_at WHERE shop_id = :shop_id AND id = :id",
                id=asked.id,
            )


def _same(tx: Tx, asked: DataRequested, who: ShopperErased) -> bool:
    pairs = ((tx.email(asked.email), tx.email(who.email)), (asked.customer_id, who.customer_id))
    return any(a and a == b for a, b in pairs) or bool(set(asked.order_keys) & set(who.order_keys))
