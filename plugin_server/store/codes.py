"""Codes for texts: taken in the transaction that commits the attempt, one for a touch, given back if no text went out."""

import uuid
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from plugin_server.store.tx import Tx

# A touch that ended without any text, or without one that a carrier may have: nobody has seen its code.
UNSEEN = (
    "t.shop_id = codes.shop_id AND t.id = codes.touch_id AND t.state IN ('skipped', 'cancelled', 'expired')"
    " AND NOT EXISTS (SELECT FROM attempts a WHERE a.shop_id = t.shop_id AND a.touch_id = t.id"
    "  AND a.state NOT IN ('refused', 'retry_later'))"
)
KEPT = (
    "SELECT c.touch_id, c.code, c.pool_id, p.spec, p.state, p.ends_at FROM codes c"
    " JOIN code_pools p ON p.shop_id = c.shop_id AND p.id = c.pool_id"
    " WHERE c.shop_id = :shop_id AND c.touch_id = ANY(:touches)"
)
# The newest period's codes last longest, so those of the oldest that still serves go first.
READY = (
    "SELECT c.code, c.pool_id, p.ends_at FROM codes c JOIN code_pools p ON p.shop_id = c.shop_id AND p.id = c.pool_id"
    " WHERE c.shop_id = :shop_id AND c.state = 'ready' AND p.spec = :spec AND p.state = 'open'"
    " AND p.ends_at >= :needed ORDER BY p.ends_at, c.code LIMIT :most FOR UPDATE OF c SKIP LOCKED"
)
GIVE = (
    "UPDATE codes SET state = 'given', touch_id = r.touch, given_at = :now"
    " FROM json_to_recordset(CAST(:rows AS json)) AS r (code text, touch uuid)"
    " WHERE codes.shop_id = :shop_id AND codes.code = r.code"
)
SOON = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Code:
    """A code for one text. `shared`: others have it too. `ends_at`: when the store stops taking it."""

    code: str
    pool_id: int
    ends_at: datetime
    shared: bool = False


class Giving:
    """The codes for some touches of one transaction: looked for once for all of them, and written down once.

    As many as there are touches are locked until the transaction ends; what isn't needed stays as it was.
    """

    def __init__(self, tx: Tx, touch_ids: Sequence[uuid.UUID], now: datetime) -> None:
        self._tx, self._touches, self._now = tx, list(touch_ids), now
        self._kept: dict[uuid.UUID, Row[Any]] | None = None
        self._ready: dict[str, deque[Code]] = {}
        self._given: dict[uuid.UUID, Code] = {}
        self._pools: set[int] = set()

    def take(self, spec: str, touch: uuid.UUID, lasts: timedelta) -> Code | None:
        """A unique code that holds for `lasts` from now: the one this touch has, else a new one; None if none is
        ready."""
        code = self._has(spec, touch, lasts)
        if code is None:
            ready = self._ready_for(spec, lasts)
            if not ready:
                return None
            code = ready.popleft()
            self._given[touch] = code
        self._pools.add(code.pool_id)
        return code

    def give_back(self, touch: uuid.UUID) -> None:
        """No text went out with it. It is there for others, but not for the next of these touches: it may be the code
        that can't be sent."""
        if self._given.pop(touch, None) is None:
            give_back(self._tx, [touch])

    def write(self) -> None:
        """Once every touch is decided."""
        rows = [{"code": code.code, "touch": touch} for touch, code in self._given.items()]
        self._tx.spread(GIVE, rows, now=self._now)
        used_from(self._tx, self._pools, self._now)

    def _has(self, spec: str, touch: uuid.UUID, lasts: timedelta) -> Code | None:
        if self._kept is None:
            self._kept = {row.touch_id: row for row in self._tx.rows(KEPT, touches=self._touches)}
        kept = self._kept.pop(touch, None)
        if kept is None:
            return None
        if kept.spec == spec and kept.state == "open" and kept.ends_at >= self._now + lasts:
            return Code(kept.code, kept.pool_id, kept.ends_at)
        # Decided again so late that it would end too soon; the carrier took no text with it.
        give_back(self._tx, [touch])
        return None

    def _ready_for(self, spec: str, lasts: timedelta) -> deque[Code]:
        if spec not in self._ready:
            rows = self._tx.rows(READY, spec=spec, needed=self._now + lasts, most=len(self._touches))
            self._ready[spec] = deque(Code(row.code, row.pool_id, row.ends_at) for row in rows)
        return self._ready[spec]


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
