"""Codes for texts: taken in the transaction that commits the attempt, one for a touch, given back if no text went out."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from plugin_server.store.tx import Tx

# A touch that ended without any text, or without one that a carrier may have: nobody has seen its code.
UNSEEN = (
    "t.shop_id = codes.shop_id AND t.id = codes.touch_id AND t.state IN ('skipped', 'cancelled', 'expired')"
    " AND NOT EXISTS (SELECT FROM attempts a WHERE a.shop_id = t.shop_id AND a.touch_id = t.id"
    "  AND a.state NOT IN ('refused', 'retry_later'))"
)
# The newest period's codes last longest, so those of the oldest that still serves go first.
TAKE = (
    "UPDATE codes SET state = 'given', touch_id = :touch, given_at = :now WHERE shop_id = :shop_id AND code = ("
    " SELECT c.code FROM codes c JOIN code_pools p ON p.shop_id = c.shop_id AND p.id = c.pool_id"
    " WHERE c.shop_id = :shop_id AND c.state = 'ready' AND p.spec = :spec AND p.state = 'open'"
    " AND p.ends_at >= :needed ORDER BY p.ends_at, c.code LIMIT 1 FOR UPDATE OF c SKIP LOCKED)"
    " RETURNING code, pool_id"
)
SOON = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Code:
    """A code for one text. `shared`: others have it too. `ends_at`: when the store stops taking it."""

    code: str
    pool_id: int
    ends_at: datetime
    shared: bool = False


def take(tx: Tx, spec: str, touch: uuid.UUID, now: datetime, lasts: timedelta) -> Code | None:
    """A unique code that holds for `lasts` from now: the one this touch has, else a new one; None if none is ready."""
    kept = tx.one(
        "SELECT c.code, c.pool_id, p.ends_at, p.spec = :spec AND p.state = 'open' AND p.ends_at >= :needed AS good"
        " FROM codes c JOIN code_pools p ON p.shop_id = c.shop_id AND p.id = c.pool_id"
        " WHERE c.shop_id = :shop_id AND c.touch_id = :touch",
        spec=spec,
        touch=touch,
        needed=now + lasts,
    )
    if kept is not None and kept.good:
        return Code(kept.code, kept.pool_id, kept.ends_at)
    if kept is not None:  # decided again so late that it would end too soon; the carrier took no text with it
        give_back(tx, [touch])
    row = tx.one(TAKE, spec=spec, touch=touch, now=now, needed=now + lasts)
    if row is None:
        return None
    pool = tx.one("SELECT ends_at FROM code_pools WHERE shop_id = :shop_id AND id = :id", id=row.pool_id)
    assert pool is not None  # noqa: S101  (a code has its pool)
    return Code(row.code, row.pool_id, pool.ends_at)


def shared(tx: Tx, spec: str, now: datetime, lasts: timedelta) -> Code | None:
    """The code that everybody gets where unique ones can't be made."""
    row = tx.one(
        "SELECT single_code, id, ends_at FROM code_pools WHERE shop_id = :shop_id AND spec = :spec"
        " AND state = 'open' AND single_code <> '' AND ends_at >= :needed ORDER BY ends_at LIMIT 1",
        spec=spec,
        needed=now + lasts,
    )
    return None if row is None else Code(row.single_code, row.id, row.ends_at, shared=True)


def give_back(tx: Tx, touch_ids: Sequence[uuid.UUID]) -> None:
    """These touches leave their codes to others."""
    _free(tx, "codes.touch_id = ANY(:touches)", touches=list(touch_ids))


def give_back_unseen(tx: Tx, pool_id: int) -> int:
    """Touches that ended without a text leave their codes of this pool to others."""
    return _free(tx, f"codes.pool_id = :pool AND EXISTS (SELECT FROM touches t WHERE {UNSEEN})", pool=pool_id)


def _free(tx: Tx, which: str, **binds: object) -> int:
    """An order with the code must not be tied to a cart that never heard of it."""
    freed = tx.rows(
        "UPDATE codes SET state = 'ready', touch_id = NULL, given_at = NULL FROM codes before"
        " WHERE codes.shop_id = :shop_id AND before.shop_id = codes.shop_id AND before.code = codes.code"
        f" AND codes.state = 'given' AND codes.touch_id IS NOT NULL AND {which} RETURNING before.touch_id AS id",
        **binds,
    )
    if freed:
        tx.run(
            "UPDATE links SET offer_code = '' WHERE shop_id = :shop_id AND touch_id = ANY(:touches)",
            touches=[row.id for row in freed],
        )
    return len(freed)


def used_from(tx: Tx, pool_ids: Iterable[int], now: datetime) -> None:
    """Codes were taken from these pools: somebody should see soon whether enough are left."""
    ids = sorted(set(pool_ids))
    if ids:
        tx.run(
            "UPDATE code_pools SET due_at = least(due_at, CAST(:soon AS timestamptz)) WHERE shop_id = :shop_id"
            " AND id = ANY(:ids) AND state = 'open'",
            ids=ids,
            soon=now + SOON,
        )


def waited_since(tx: Tx, cart_id: int, touch: uuid.UUID, after: datetime) -> datetime | None:
    """When this touch first found no code, if that was after `after`."""
    row = tx.one(
        "SELECT min(at) AS at FROM traces WHERE shop_id = :shop_id AND cart_id = :cart AND touch_id = :touch"
        " AND \"check\" = 'offer' AND outcome = 'waiting' AND at > :after",
        cart=cart_id,
        touch=touch,
        after=after,
    )
    return None if row is None else row.at
