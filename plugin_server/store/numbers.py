"""Counts for people and for the demo's table. What the carrier saw is counted by the carrier, not here."""

from typing import Any

from plugin_server.store.tx import Tx

FUNNEL = """
SELECT (SELECT count(*) FROM carts WHERE shop_id = :shop_id) AS carts,
  (SELECT count(*) FROM carts WHERE shop_id = :shop_id AND abandoned_at IS NOT NULL) AS abandoned,
  (SELECT count(*) FROM attempts WHERE shop_id = :shop_id
     AND state IN ('accepted', 'delivered', 'undelivered')) AS texted,
  (SELECT count(*) FROM attempts WHERE shop_id = :shop_id AND state = 'delivered') AS delivered,
  (SELECT count(DISTINCT code) FROM clicks WHERE shop_id = :shop_id AND visitor = 'person') AS clicked,
  (SELECT count(*) FROM recoveries WHERE shop_id = :shop_id AND state = 'standing') AS recovered,
  (SELECT coalesce(sum(amount), 0) FROM recoveries WHERE shop_id = :shop_id AND state = 'standing') AS revenue,
  (SELECT count(*) FROM suppressions WHERE shop_id = :shop_id AND kind NOT IN ('erased', 'bounced')) AS opt_outs,
  (SELECT coalesce(sum(segments), 0) FROM attempts WHERE shop_id = :shop_id
     AND state IN ('accepted', 'delivered', 'undelivered')) AS segments,
  (SELECT coalesce(sum(price), 0) FROM attempts WHERE shop_id = :shop_id)
    + (SELECT coalesce(sum(price), 0) FROM notices WHERE shop_id = :shop_id) AS cost,
  (SELECT max(price_currency) FROM attempts WHERE shop_id = :shop_id) AS cost_currency
"""


def funnel(tx: Tx) -> dict[str, Any]:
    row = tx.one(FUNNEL)
    return {} if row is None else row._asdict()


def touches_by_state(tx: Tx) -> dict[str, int]:
    rows = tx.rows("SELECT state, count(*) AS n FROM touches WHERE shop_id = :shop_id GROUP BY state")
    return {row.state: row.n for row in rows}


def skipped_by_rule(tx: Tx) -> dict[str, int]:
    """Touches that ended without a text, by the rule that ended them."""
    rows = tx.rows(
        "SELECT rule, count(*) AS n FROM touches WHERE shop_id = :shop_id AND state IN ('skipped', 'expired')"
        " GROUP BY rule ORDER BY n DESC, rule"
    )
    return {row.rule or "deadline": row.n for row in rows}


def ever_held(tx: Tx) -> int:
    """Touches that compliance held at least once."""
    return int(
        tx.run(
            "SELECT count(DISTINCT touch_id) FROM traces WHERE shop_id = :shop_id AND outcome = 'held'"
            " AND \"check\" = 'compliance'"
        ).scalar_one()
    )


def recent_carts(tx: Tx, limit: int) -> list[Any]:
    return tx.rows(
        "SELECT c.id, c.key, c.state, c.reason, c.total, c.currency, c.lines, c.active_at,"
        " (SELECT t.state FROM touches t WHERE t.shop_id = c.shop_id AND t.cart_id = c.id ORDER BY t.step LIMIT 1)"
        " AS touch, (SELECT r.amount FROM recoveries r WHERE r.shop_id = c.shop_id AND r.cart_id = c.id"
        "  AND r.state = 'standing' LIMIT 1) AS recovered"
        " FROM carts c WHERE c.shop_id = :shop_id ORDER BY c.active_at DESC LIMIT :limit",
        limit=limit,
    )
