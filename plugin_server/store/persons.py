"""A person's carts beside each other: which is the newest, which have a plan, when they were last reminded."""

from collections.abc import Sequence
from datetime import datetime

from plugin_server.store import events, locks
from plugin_server.store.claiming import WAITING
from plugin_server.store.locks import Lock
from plugin_server.store.tx import Tx
from sequences.one_plan import Newer


def lock(tx: Tx) -> None:
    """Until the end of the transaction no event of this shop is applied and no touch of it decided elsewhere: whoever
    gives a person's newest cart the plan must see all their carts as they are, and what was sent to them.

    In this order, everywhere: first the lock of those who apply events, then that of those who decide on texts.
    """
    events.wait_turn(tx)
    locks.hold(tx.connection, Lock.TEXTS, tx.shop.id)


def with_others(tx: Tx, carts: Sequence[int]) -> set[int]:
    """Those of the carts whose person left others, whatever became of them. Most people leave one."""
    rows = tx.rows(
        "SELECT c.id FROM carts c WHERE c.shop_id = :shop_id AND c.id = ANY(:carts) AND EXISTS (SELECT FROM carts o"
        " WHERE o.shop_id = c.shop_id AND o.phone_hash = c.phone_hash AND o.id <> c.id)",
        carts=list(carts),
    )
    return {row.id for row in rows}


def newer(tx: Tx, carts: Sequence[int]) -> dict[int, Newer]:
    """By cart: one that the same person was in after it. One that has the plan, if there is one; else the newest that is
    open. An open one that names no phone is theirs by its e-mail address or customer."""
    of = "SELECT o.id, o.state, o.active_at, o.idle_at FROM carts o WHERE o.shop_id = c.shop_id AND "
    rows = tx.rows(
        "SELECT c.id, n.state, n.idle_at FROM carts c JOIN LATERAL (SELECT * FROM ("
        f"{of} o.phone_hash = c.phone_hash AND o.state IN ('open', 'abandoned')"
        f" UNION ALL {of} o.email_hash = c.email_hash AND o.phone_hash IS NULL AND o.state = 'open'"
        f" UNION ALL {of} o.customer_id = c.customer_id AND o.customer_id <> '' AND o.phone_hash IS NULL"
        " AND o.state = 'open') o WHERE (o.active_at, o.id) > (c.active_at, c.id)"
        " ORDER BY o.state = 'abandoned' DESC, o.active_at DESC, o.id DESC LIMIT 1) n ON true"
        " WHERE c.shop_id = :shop_id AND c.id = ANY(:carts)",
        carts=list(carts),
    )
    return {row.id: Newer(state=row.state, idle_at=row.idle_at) for row in rows}


def left_newer(tx: Tx, cart_id: int) -> bool:
    """Did the same person leave another cart after this one, and does that have the plan?"""
    return (
        tx.one(
            "SELECT 1 FROM carts c JOIN carts o ON o.shop_id = c.shop_id AND o.phone_hash = c.phone_hash"
            " AND o.state = 'abandoned' AND (o.active_at, o.id) > (c.active_at, c.id)"
            " WHERE c.shop_id = :shop_id AND c.id = :cart LIMIT 1",
            cart=cart_id,
        )
        is not None
    )


def planned_before(tx: Tx, cart_id: int) -> list[int]:
    """The carts that the same person left before this one and that would still be texted about, locked."""
    rows = tx.rows(
        "SELECT o.id FROM carts c JOIN carts o ON o.shop_id = c.shop_id AND o.phone_hash = c.phone_hash"
        " AND (o.active_at, o.id) < (c.active_at, c.id) AND o.state = 'abandoned' AND EXISTS (SELECT FROM touches t"
        f" WHERE t.shop_id = o.shop_id AND t.cart_id = o.id AND t.state IN {WAITING})"
        " WHERE c.shop_id = :shop_id AND c.id = :cart ORDER BY o.id FOR UPDATE OF o",
        cart=cart_id,
    )
    return [row.id for row in rows]


def reminded(tx: Tx, carts: Sequence[int], since: datetime) -> dict[int, datetime]:
    """By cart: when its person was last reminded of another one, after `since`. A text that the holdout kept back counts
    as one that was sent: else the two arms would be treated differently in more than the text."""
    rows = tx.rows(
        "SELECT c.id, max(r.at) AS at FROM carts c JOIN LATERAL ("
        "SELECT a.committed_at AS at FROM attempts a WHERE a.shop_id = c.shop_id AND a.phone_hash = c.phone_hash"
        " AND a.cart_id <> c.id AND a.committed_at > :since AND a.state NOT IN ('refused', 'retry_later', 'undelivered')"
        " UNION ALL SELECT t.decided_at FROM carts o JOIN touches t ON t.shop_id = o.shop_id AND t.cart_id = o.id"
        " AND t.state = 'skipped' AND t.rule = 'holdout' AND t.decided_at > :since"
        " WHERE o.shop_id = c.shop_id AND o.phone_hash = c.phone_hash AND o.id <> c.id) r ON true"
        " WHERE c.shop_id = :shop_id AND c.id = ANY(:carts) GROUP BY c.id",
        carts=list(carts),
        since=since,
    )
    return {row.id: row.at for row in rows}
