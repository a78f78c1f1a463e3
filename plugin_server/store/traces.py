"""Why a cart was or wasn't texted, line by line."""

import uuid
from collections.abc import Iterable
from typing import Any

from plugin_server.store.tx import Tx
from sequences.trace import Line


def write(tx: Tx, cart_id: int, lines: Iterable[Line], touch_id: uuid.UUID | None = None) -> None:
    write_many(tx, [(cart_id, touch_id, line) for line in lines])


def write_many(tx: Tx, lines: Iterable[tuple[int, uuid.UUID | None, Line]]) -> None:
    tx.spread(
        'INSERT INTO traces (shop_id, cart_id, touch_id, at, "check", outcome, reason, facts)'
        " SELECT CAST(:shop_id AS bigint), line.* FROM json_to_recordset(CAST(:rows AS json)) AS line"
        ' (cart bigint, touch uuid, at timestamptz, "check" text, outcome text, reason text, facts jsonb)',
        [
            {
                "cart": cart_id,
                "touch": touch_id,
                "at": line.at,
                "check": line.check,
                "outcome": line.outcome,
                "reason": line.reason,
                "facts": line.facts,
            }
            for cart_id, touch_id, line in lines
        ],
    )


def read(tx: Tx, cart_id: int) -> list[dict[str, Any]]:
    rows = tx.rows(
        'SELECT at, touch_id, "check", outcome, reason, facts FROM traces'
        " WHERE shop_id = :shop_id AND cart_id = :cart ORDER BY id",
        cart=cart_id,
    )
    return [dict(row._mapping) for row in rows]
