"""Taking due rows in batches: the same for touches and for notices, which have the same columns for it.

Leases run on the database's own clock: they are about this machine's processes, not about shoppers.
"""

import uuid
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, text

Table = Literal["touches", "notices"]
WAITING = "('planned', 'held', 'claimed')"
"""States in which nothing is in the carrier's hands yet."""


def claim(
    c: Connection, table: Table, now: datetime, limit: int, lease_seconds: int
) -> tuple[uuid.UUID, int]:
    """Take up to `limit` due rows of any shop into one claim. Returns its token and how many it holds."""
    token = uuid.uuid4()
    taken = c.execute(
        text(
            f"WITH due AS (SELECT shop_id, id FROM {table} WHERE state IN ('planned', 'held') AND due_at <= :now"
            " ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED)"
            f" UPDATE {table} t SET state = 'claimed', claim = :token,"
            " lease_until = clock_timestamp() + make_interval(secs => :lease)"
            " FROM due WHERE t.shop_id = due.shop_id AND t.id = due.id"
        ),
        {"now": now, "limit": limit, "token": token, "lease": lease_seconds},
    ).rowcount
    return token, taken


def shops_in(c: Connection, table: Table, token: uuid.UUID) -> list[int]:
    rows = c.execute(
        text(f"SELECT DISTINCT shop_id FROM {table} WHERE claim = :token AND state = 'claimed' ORDER BY 1"),
        {"token": token},
    )
    return [row.shop_id for row in rows]


def seconds_left(c: Connection, table: Table, token: uuid.UUID) -> float:
    """Until the first of this claim's leases runs out; negative if it has."""
    found = c.execute(
        text(
            f"SELECT extract(epoch FROM min(lease_until) - clock_timestamp()) FROM {table}"
            " WHERE claim = :token AND state = 'claimed'"
        ),
        {"token": token},
    ).scalar_one()
    return float(found or 0)


def release_lost(c: Connection, table: Table) -> int:
    """Claims whose worker died before anything was committed: nothing was sent, plan it again."""
    return c.execute(
        text(
            f"UPDATE {table} SET state = 'planned', claim = NULL, lease_until = NULL"
            " WHERE state = 'claimed' AND lease_until < clock_timestamp()"
        )
    ).rowcount
