"""Forgetting: what must go when a person or a shop asks to be forgotten."""

from datetime import datetime

from plugin_server.store import people, touches
from plugin_server.store.tx import Tx
from sequences.events import ShopperErased

OF_SHOP = (
    "recoveries clicks links attempts traces touches cart_names carts orders replies consents suppressions stock"
).split()


def shopper(tx: Tx, event: ShopperErased, now: datetime) -> list[int]:
    """Forget one person in this shop: only the hash that stops the next text stays. Returns their carts."""
    carts = _carts(tx, event)
    touches.cancel(tx, carts, "the shopper was erased", now)
    for phone in {p for p in (tx.phone(event.phone), *_phones(tx, carts)) if p is not None}:
        people.suppress(tx, phone, "erased", now)
        tx.run(
            "UPDATE replies SET sealed = NULL WHERE shop_id = :shop_id AND phone_hash = :phone", phone=phone
        )
    for table in ("attempts", "links"):
        tx.run(
            f"UPDATE {table} SET sealed = NULL WHERE shop_id = :shop_id AND cart_id = ANY(:carts)",
            carts=carts,
        )
    tx.run(
        "UPDATE events SET sealed = '' WHERE shop_id = :shop_id AND (cart_id = ANY(:carts)"
        " OR order_key = ANY(:orders))",
        carts=carts,
        orders=list(event.order_keys),
    )
    _forget_carts(tx, carts, event)
    return carts


def _forget_carts(tx: Tx, carts: list[int], event: ShopperErased) -> None:
    tx.run(
        "UPDATE carts SET state = 'erased', reason = 'the shopper was erased', sealed = NULL, phone_hash = NULL,"
        " email_hash = NULL, customer_id = '', idle_at = NULL WHERE shop_id = :shop_id AND id = ANY(:carts)",
        carts=carts,
    )
    tx.run(
        "UPDATE orders SET phone_hash = NULL, email_hash = NULL, customer_id = '' WHERE shop_id = :shop_id"
        " AND (cart_id = ANY(:carts) OR key = ANY(:orders))",
        carts=carts,
        orders=list(event.order_keys),
    )


def _carts(tx: Tx, event: ShopperErased) -> list[int]:
    """Matched by each name that is there: a person may have only an e-mail, or only a phone."""
    rows = tx.rows(
        "SELECT id FROM carts WHERE shop_id = :shop_id AND (phone_hash = :phone OR email_hash = :email"
        " OR (customer_id <> '' AND customer_id = :customer) OR order_key = ANY(:orders) OR key = ANY(:orders))",
        phone=tx.phone(event.phone),
        email=tx.email(event.email),
        customer=event.customer_id,
        orders=list(event.order_keys),
    )
    return [row.id for row in rows]


def _phones(tx: Tx, carts: list[int]) -> list[bytes]:
    rows = tx.rows(
        "SELECT DISTINCT phone_hash FROM carts WHERE shop_id = :shop_id AND id = ANY(:carts)"
        " AND phone_hash IS NOT NULL",
        carts=carts,
    )
    return [bytes(row.phone_hash) for row in rows]


def shop(tx: Tx) -> None:
    """Forget a whole shop. Its row stays, empty, so that a late delivery still finds a closed door."""
    for table in OF_SHOP:
        tx.run(f"DELETE FROM {table} WHERE shop_id = :shop_id")
    tx.run("UPDATE events SET sealed = '' WHERE shop_id = :shop_id")
    tx.run(
        "UPDATE shops SET state = 'removed', name = '', support = '', sender = '', credentials = ''"
        " WHERE id = :shop_id"
    )
