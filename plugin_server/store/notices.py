"""Texts that remind of no cart: planned, claimed in batches, each handed over at most once."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from plugin_server.store.claiming import WAITING
from plugin_server.store.tx import Tx

# What was or may have been handed over.
GONE = "('sending', 'sent', 'delivered', 'undelivered', 'unknown', 'never_known')"

# `sealed`, once `:state` is an end: of what was asked for before its number's owner was erased nothing is kept.
KEPT = (
    "CASE WHEN CAST(:state AS text) NOT IN ('planned', 'held') AND EXISTS (SELECT FROM suppressions s"
    " WHERE s.shop_id = notices.shop_id AND s.phone_hash = notices.phone_hash AND s.erased_at >= notices.asked_at)"
    " THEN NULL ELSE sealed END"
)


def add(
    tx: Tx,
    kind: str,
    phone: str,
    *,
    asked_at: datetime,
    due_at: datetime,
    deadline: datetime,
    locale: str = "",
    reply_id: int | None = None,
    cart_id: int | None = None,
) -> bool:
    """Plan one. False where the same is planned already: one answer for a text, one open question for a person."""
    return (
        tx.run(
            "INSERT INTO notices (shop_id, id, kind, phone_hash, sealed, reply_id, cart_id, asked_at, due_at, deadline)"
            " VALUES (:shop_id, :id, :kind, :phone, :sealed, :reply, :cart, :asked, :due, :deadline)"
            " ON CONFLICT DO NOTHING",
            id=uuid.uuid4(),
            kind=kind,
            phone=tx.phone(phone),
            sealed=tx.seal({"to": phone, "locale": locale}),
            reply=reply_id,
            cart=cart_id,
            asked=asked_at,
            due=due_at,
            deadline=deadline,
        ).rowcount
        == 1
    )


def last(tx: Tx, phone: bytes, kind: str) -> datetime | None:
    """When this number last got, or was last promised, a text of this kind."""
    row = tx.one(
        "SELECT max(asked_at) AS at FROM notices WHERE shop_id = :shop_id AND phone_hash = :phone AND kind = :kind"
        f" AND (state IN {WAITING} OR state IN {GONE})",
        phone=phone,
        kind=kind,
    )
    return None if row is None else row.at


def cancel(tx: Tx, phone: bytes, reason: str, now: datetime, spare: Sequence[str] = ()) -> int:
    """End what still waits for this number, except kinds in `spare`."""
    return tx.run(
        "UPDATE notices SET state = 'cancelled', reason = :reason, claim = NULL, lease_until = NULL, decided_at = :now"
        " WHERE shop_id = :shop_id AND phone_hash = :phone AND NOT kind = ANY(:spare)"
        f" AND state IN {WAITING}",
        phone=phone,
        reason=reason,
        now=now,
        spare=list(spare),
    ).rowcount


def in_claim(tx: Tx, token: uuid.UUID) -> list[tuple[uuid.UUID, int | None]]:
    """What this claim holds: ids and the carts that wait. Whoever said STOP is answered first."""
    rows = tx.rows(
        "SELECT id, cart_id FROM notices WHERE shop_id = :shop_id AND claim = :token AND state = 'claimed'"
        " ORDER BY kind <> 'opt_out_confirmation', asked_at, id",
        token=token,
    )
    return [(row.id, row.cart_id) for row in rows]


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A claimed notice."""

    id: uuid.UUID
    kind: str
    phone: bytes
    to: str
    locale: str
    cart_id: int | None
    asked_at: datetime
    deadline: datetime
    holds: int
    is_answer: bool


def claimed(tx: Tx, token: uuid.UUID, notice_id: uuid.UUID) -> NoticeRow | None:
    """This notice, if the claim still holds it; locked: whoever wants to cancel it waits, and then finds it sent."""
    row = tx.one(
        "SELECT id, kind, phone_hash, sealed, cart_id, asked_at, deadline, holds, reply_id FROM notices"
        " WHERE shop_id = :shop_id AND id = :id AND claim = :token AND state = 'claimed' FOR UPDATE",
        id=notice_id,
        token=token,
    )
    return None if row is None else _row(tx, row)


def _row(tx: Tx, r: Any) -> NoticeRow:
    held = {} if r.sealed is None else tx.unseal(r.sealed)
    return NoticeRow(
        r.id,
        r.kind,
        bytes(r.phone_hash),
        held.get("to", ""),
        held.get("locale", ""),
        r.cart_id,
        r.asked_at,
        r.deadline,
        r.holds,
        r.reply_id is not None,
    )


def settle(
    tx: Tx,
    notice_id: uuid.UUID,
    state: str,
    now: datetime,
    *,
    reason: str = "",
    rule: str = "",
    due_at: datetime | None = None,
) -> None:
    """End it or put it off."""
    tx.run(
        "UPDATE notices SET state = :state, reason = :reason, rule = :rule, due_at = coalesce(:due, due_at),"
        " holds = holds + CASE WHEN CAST(:state AS text) = 'held' THEN 1 ELSE 0 END, claim = NULL, lease_until = NULL,"
        " decided_at = :now WHERE shop_id = :shop_id AND id = :id",
        id=notice_id,
        state=state,
        reason=reason,
        rule=rule,
        due=due_at,
        now=now,
    )


def start_sending(
    tx: Tx,
    row: NoticeRow,
    words: dict[str, str],
    decision: dict[str, Any],
    segments: int,
    lease: int,
    now: datetime,
) -> None:
    """Committed before the call: a worker that dies in between leaves it unknown, and it is never repeated."""
    tx.run(
        "UPDATE notices SET state = 'sending', sealed = :sealed, decision = CAST(:decision AS jsonb),"
        " segments = :segments, committed_at = :now, decided_at = :now,"
        " lease_until = clock_timestamp() + make_interval(secs => :lease) WHERE shop_id = :shop_id AND id = :id",
        id=row.id,
        sealed=tx.seal({"to": row.to, "locale": row.locale, **words}),
        decision=json.dumps(decision),
        segments=segments,
        lease=lease,
        now=now,
    )


def finish_sending(
    tx: Tx,
    notice_id: uuid.UUID,
    state: str,
    now: datetime,
    *,
    provider: str,
    code: str,
    reason: str,
    due_at: datetime | None,
) -> None:
    """The call's answer, unless a report was quicker."""
    tx.run(
        f"UPDATE notices SET state = :state, sealed = {KEPT}, provider_id = :provider, code = :code, reason = :reason, claim = NULL,"
        " lease_until = NULL, decided_at = :now, due_at = coalesce(:due, due_at)"
        " WHERE shop_id = :shop_id AND id = :id AND state = 'sending'",
        id=notice_id,
        state=state,
        provider=provider,
        code=code,
        reason=reason,
        due=due_at,
        now=now,
    )
