"""Orders, what ties them to carts, and the recoveries they count as."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from plugin_server.store.tx import Tx
from sequences.attribution import HandedOver, Match, Rule
from sequences.cart import Order

# How long after a click the same person's order still points to that cart.
CLICK_DAYS = timedelta(days=7)


def save(tx: Tx, order: Order) -> bool:
    """Write down what the store says of an order. False if we already know something newer."""
    changed = tx.run(
        "INSERT INTO orders (shop_id, key, number, status, total, refunded, currency, phone_hash, email_hash,"
        " customer_id, test, created_at, updated_at) VALUES (:shop_id, :key, :number, :status, :total, :refunded,"
        " :currency, :phone, :email, :customer, :test, :created, :updated)"
        " ON CONFLICT (shop_id, key) DO UPDATE SET status = excluded.status, total = excluded.total,"
        " refunded = excluded.refunded, updated_at = excluded.updated_at"
        " WHERE orders.updated_at <= excluded.updated_at AND orders.status <> 'deleted'",
        **_content(tx, order),
    )
    return changed.rowcount == 1


def _content(tx: Tx, order: Order) -> dict[str, Any]:
    return {
        "key": order.key,
        "number": order.number,
        "status": order.status,
        "total": order.total.amount,
        "refunded": order.refunded.amount if order.refunded else Decimal(0),
        "currency": order.total.currency,
        "phone": tx.phone(order.contact.phone),
        "email": tx.email(order.contact.email),
        "customer": order.contact.customer_id,
        "test": order.test,
        "created": order.created_at,
        "updated": order.updated_at,
    }


def mark_deleted(tx: Tx, key: str) -> bool:
    """The store only names what it threw away. True if we knew it."""
    sql = "UPDATE orders SET status = 'deleted' WHERE shop_id = :shop_id AND key = :key"
    return tx.run(sql, key=key).rowcount == 1


def bought_at(tx: Tx, key: str) -> datetime | None:
    """When an order we know of was bought: what was first said stands."""
    row = tx.one("SELECT created_at FROM orders WHERE shop_id = :shop_id AND key = :key", key=key)
    return None if row is None else row.created_at


def cart_of(tx: Tx, key: str) -> int | None:
    row = tx.one("SELECT cart_id FROM orders WHERE shop_id = :shop_id AND key = :key", key=key)
    return None if row is None else row.cart_id


def tie_of(tx: Tx, key: str) -> Match | None:
    """What an order was tied to and how. Most rules no longer find it once its cart is closed."""
    row = tx.one(
        "SELECT cart_id, tied_by FROM orders WHERE shop_id = :shop_id AND key = :key AND cart_id IS NOT NULL",
        key=key,
    )
    return None if row is None else Match(Rule[row.tied_by], row.cart_id)


def tied(tx: Tx, key: str, cart_id: int, rule: Rule) -> None:
    tx.run(
        "UPDATE orders SET cart_id = :cart, tied_by = :rule WHERE shop_id = :shop_id AND key = :key",
        key=key,
        cart=cart_id,
        rule=rule.name,
    )


def matches(tx: Tx, order: Order) -> list[Match]:
    """Every way in which this order points to a cart of ours."""
    refs = [ref for ref in (order.recovery_ref, dict(order.utm).get("utm_id", "")) if ref]
    found = [
        *_by_name(tx, Rule.same_checkout, order.checkout_key),
        *_by_name(tx, Rule.same_cart, order.cart_key),
        *_by_code(tx, order.discount_codes),
        *_by_link(tx, refs, order),
        *_by_click(tx, order),
    ]
    return [Match(rule, cart_id) for rule, cart_id in found]


def _by_name(tx: Tx, rule: Rule, name: str | None) -> list[tuple[Rule, int]]:
    if not name:
        return []
    sql = "SELECT cart_id FROM cart_names WHERE shop_id = :shop_id AND name = :name"
    return [(rule, row.cart_id) for row in tx.rows(sql, name=name)]


def _by_code(tx: Tx, codes: tuple[str, ...]) -> list[tuple[Rule, int]]:
    """A code ties only if exactly one cart's text carried it: a shared code says nothing of who."""
    rows = tx.rows(
        "SELECT min(cart_id) AS cart_id FROM links WHERE shop_id = :shop_id AND offer_code <> ''"
        " AND lower(offer_code) = ANY(:codes) GROUP BY lower(offer_code) HAVING count(DISTINCT cart_id) = 1",
        codes=[code.lower() for code in codes],
    )
    return [(Rule.offer_code, row.cart_id) for row in rows]


def _by_link(tx: Tx, refs: list[str], order: Order) -> list[tuple[Rule, int]]:
    rows = tx.rows("SELECT ref, cart_id FROM links WHERE shop_id = :shop_id AND ref = ANY(:refs)", refs=refs)
    return [(Rule.recovery_ref if row.ref == order.recovery_ref else Rule.utm, row.cart_id) for row in rows]


def _by_click(tx: Tx, order: Order) -> list[tuple[Rule, int]]:
    rows = tx.rows(
        "SELECT DISTINCT c.id FROM carts c JOIN links l ON l.shop_id = c.shop_id AND l.cart_id = c.id"
        " JOIN clicks k ON k.shop_id = l.shop_id AND k.code = l.code AND k.visitor = 'person'"
        " WHERE c.shop_id = :shop_id AND c.order_key IS NULL AND k.at BETWEEN :since AND :until"
        " AND (c.phone_hash = :phone OR (c.customer_id <> '' AND c.customer_id = :customer))",
        since=order.created_at - CLICK_DAYS,
        until=order.created_at,
        phone=tx.phone(order.contact.phone),
        customer=order.contact.customer_id,
    )
    return [(Rule.click_and_person, row.id) for row in rows]


def handed_over(tx: Tx, cart_id: int) -> list[HandedOver]:
    """Texts of this cart that the carrier took: by its answer, or by a later report."""
    rows = tx.rows(
        "SELECT touch_id, coalesce(handed_at, committed_at) AS at FROM attempts WHERE shop_id = :shop_id"
        " AND cart_id = :cart AND state IN ('accepted', 'delivered', 'undelivered')",
        cart=cart_id,
    )
    return [HandedOver(touch_id=str(row.touch_id), at=row.at) for row in rows]


def recover(
    tx: Tx, order: Order, cart_id: int, touch_id: str, rule: str, amount: Decimal, at: datetime
) -> None:
    tx.run(
        "INSERT INTO recoveries (shop_id, order_key, cart_id, touch_id, rule, amount, currency, at)"
        " VALUES (:shop_id, :order, :cart, :touch, :rule, :amount, :currency, :at)"
        " ON CONFLICT (shop_id, order_key) DO UPDATE SET amount = excluded.amount"
        " WHERE recoveries.state = 'standing'",
        order=order.key,
        cart=cart_id,
        touch=touch_id,
        rule=rule,
        amount=amount,
        currency=order.total.currency,
        at=at,
    )


def undo(tx: Tx, order_key: str, reason: str) -> bool:
    """The order came to nothing, so the text recovered nothing."""
    return (
        tx.run(
            "UPDATE recoveries SET state = 'undone', reason = :reason"
            " WHERE shop_id = :shop_id AND order_key = :order AND state = 'standing'",
            order=order_key,
            reason=reason,
        ).rowcount
        == 1
    )
