"""Recoveries: orders that count as a text's doing, and all that this is judged by."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from plugin_server.store.tx import Tx
from sequences.attribution import Attributed, HandedOver, Match, Purchase, Rule, standing_amount, void
from sequences.money import Money

# All orders that point to carts which one of these points to, and so on: they compete for the same carts.
TOGETHER = (
    "WITH RECURSIVE together (order_key) AS (SELECT CAST(:key AS text) UNION SELECT other.order_key FROM together"
    " JOIN ties mine ON mine.shop_id = :shop_id AND mine.order_key = together.order_key"
    " JOIN ties other ON other.shop_id = mine.shop_id AND other.cart_id = mine.cart_id)"
)


@dataclass(frozen=True, slots=True)
class Standing:
    """A purchase, what is left of its worth, and whether the store took it back (cancelled, deleted)."""

    purchase: Purchase
    worth: Money
    taken_back: bool


def together(tx: Tx, order_key: str, window: timedelta) -> list[Standing]:
    """This order and all that compete with it. `window`: for orders that were told before it was kept with them."""
    sql = f"{TOGETHER} SELECT o.* FROM orders o JOIN together ON together.order_key = o.key WHERE o.shop_id = :shop_id"
    rows = tx.rows(sql, key=order_key)
    keys = [row.key for row in rows]
    ties, texts = _ties(tx, keys), _texts(tx, keys)
    return [_standing(row, ties.get(row.key, ()), texts.get(row.key, ()), window) for row in rows]


def _standing(
    row: Row[Any], ties: Iterable[Match], texts: Iterable[HandedOver], window: timedelta
) -> Standing:
    total = Money(row.total, row.currency)
    # A store may say that all was paid back without listing the payments.
    all_back = row.status == "refunded" and row.refunded == 0
    left = standing_amount(total, total if all_back else Money(row.refunded, row.currency))
    why = void(row.status, row.test, total, left)
    return Standing(
        Purchase(
            key=row.key,
            at=row.created_at,
            window=window if row.claim_window is None else row.claim_window,
            matches=tuple(ties),
            texts=tuple(texts),
            void=why,
        ),
        left,
        row.status in ("cancelled", "deleted"),
    )


def _ties(tx: Tx, keys: list[str]) -> dict[str, list[Match]]:
    found: dict[str, list[Match]] = {}
    sql = (
        "SELECT order_key, rule, cart_id, touch FROM ties WHERE shop_id = :shop_id AND order_key = ANY(:keys)"
    )
    for row in tx.rows(sql, keys=keys):
        found.setdefault(row.order_key, []).append(Match(Rule[row.rule], row.cart_id, row.touch))
    return found


def _texts(tx: Tx, keys: list[str]) -> dict[str, list[HandedOver]]:
    """The texts of the carts that each order points to, and when each was last opened before that order. Also those of
    which nobody knows whether the carrier has them: a click proves it."""
    rows = tx.rows(
        "SELECT o.key, a.touch_id, a.cart_id, a.state, a.committed_at, a.handed_at, a.delivered_at,"
        " (SELECT max(k.at) FROM links l JOIN clicks k ON k.shop_id = l.shop_id AND k.code = l.code"
        "  WHERE l.shop_id = a.shop_id AND l.touch_id = a.touch_id AND k.visitor = 'person'"
        # As `sequences.attribution.read_by`.
        "  AND k.at < date_trunc('second', o.created_at) + interval '1 second') AS read_at"
        " FROM (SELECT DISTINCT order_key, cart_id FROM ties WHERE shop_id = :shop_id AND order_key = ANY(:keys)) i"
        " JOIN orders o ON o.shop_id = :shop_id AND o.key = i.order_key"
        " JOIN touches t ON t.shop_id = o.shop_id AND t.cart_id = i.cart_id"
        " JOIN attempts a ON a.shop_id = t.shop_id AND a.touch_id = t.id AND a.state NOT IN ('refused', 'retry_later')",
        keys=keys,
    )
    found: dict[str, list[HandedOver]] = {}
    for row in rows:
        text = HandedOver(
            touch_id=str(row.touch_id),
            cart_id=row.cart_id,
            at=row.committed_at,
            taken_at=row.handed_at,
            delivered_at=row.delivered_at,
            failed=row.state == "undelivered",
            read_at=row.read_at,
        )
        found.setdefault(row.key, []).append(text)
    return found


def pointing_to(tx: Tx, cart_id: int) -> str | None:
    """One of the orders that point to this cart; the others are found with it."""
    row = tx.one(
        "SELECT order_key FROM ties WHERE shop_id = :shop_id AND cart_id = :cart ORDER BY order_key LIMIT 1",
        cart=cart_id,
    )
    return None if row is None else str(row.order_key)


def recover(tx: Tx, standing: Standing, found: Attributed) -> None:
    """This order counts as that text's doing, with what is left of its worth."""
    tx.run(
        "INSERT INTO recoveries (shop_id, order_key, cart_id, touch_id, rule, proof, amount, currency, at)"
        " VALUES (:shop_id, :order, :cart, :touch, :rule, :proof, :amount, :currency, :at)"
        " ON CONFLICT (shop_id, order_key) DO UPDATE SET cart_id = excluded.cart_id, touch_id = excluded.touch_id,"
        " rule = excluded.rule, proof = excluded.proof, amount = excluded.amount, currency = excluded.currency,"
        " at = excluded.at, state = 'standing', reason = ''",
        order=standing.purchase.key,
        cart=found.match.cart_id,
        touch=uuid.UUID(found.touch_id),
        rule=found.match.rule.name,
        proof=found.proof,
        amount=standing.worth.amount,
        currency=standing.worth.currency,
        at=standing.purchase.at,
    )


def undo(tx: Tx, order_key: str, reason: str) -> bool:
    """The order came to nothing, or no text led to it after all."""
    sql = (
        "UPDATE recoveries SET state = 'undone', reason = :reason"
        " WHERE shop_id = :shop_id AND order_key = :order AND state = 'standing'"
    )
    return tx.run(sql, order=order_key, reason=reason).rowcount == 1
