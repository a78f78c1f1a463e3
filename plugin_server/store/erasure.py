"""Forgetting: what must go when a person or a shop asks to be forgotten."""

from datetime import datetime

from plugin_server.store import consents, data_requests, notices, people, touches
from plugin_server.store.tx import Tx
from sequences.events import DataRequested, ShopperErased

OF_SHOP = (
    "recoveries clicks links attempts notices errands traces touches cart_names carts orders replies suppressions"
    " subscribers imports api_keys data_requests stock"
).split()


def shopper(tx: Tx, event: ShopperErased, now: datetime) -> list[int]:
    """Forget one person in this shop: only the hash that stops the next text stays. Returns their carts."""
    consents.hold(tx)
    carts = carts_of(tx, event)
    orders = orders_of(tx, event, carts)
    touches.cancel(tx, carts, "the shopper was erased", now)
    for phone in phones_of(tx, event, carts, orders):
        _forget_number(tx, phone, now)
    data_requests.forget(tx, event)
    for table in ("attempts", "links"):
        tx.run(
            f"UPDATE {table} SET sealed = NULL WHERE shop_id = :shop_id AND cart_id = ANY(:carts)",
            carts=carts,
        )
    _empty_events(tx, "(cart_id = ANY(:carts) OR order_key = ANY(:orders))", carts=carts, orders=orders)
    _forget_carts(tx, carts, orders)
    return carts


def _forget_number(tx: Tx, phone: bytes, now: datetime) -> None:
    """What stays is the hash that stops the next text, and the lines of evidence without what they say of a person:
    a sender must be able to prove consent, and that it stopped (47 CFR 64.1200; GDPR art. 17(3)(e))."""
    people.suppress(tx, phone, "erased", now, "erased")
    notices.cancel(tx, phone, "the shopper was erased", now, spare=["opt_out_confirmation"])
    tx.run("DELETE FROM subscribers WHERE shop_id = :shop_id AND phone_hash = :phone", phone=phone)
    for table, unless in (("replies", ""), ("notices", " AND state <> 'planned'"), ("errands", "")):
        tx.run(
            f"UPDATE {table} SET sealed = NULL WHERE shop_id = :shop_id AND phone_hash = :phone{unless}",
            phone=phone,
        )
    consents.forget(tx, phone, now, "the shopper asked to be forgotten")


def _empty_events(tx: Tx, which: str, **binds: object) -> None:
    """What they held goes; of those that weren't applied yet there is nothing left to apply."""
    tx.run(
        "UPDATE events SET sealed = '', note = CASE WHEN state IN ('new', 'parked') THEN 'erased' ELSE note END,"
        " state = CASE WHEN state IN ('new', 'parked') THEN 'ignored' ELSE state END"
        f" WHERE shop_id = :shop_id AND {which}",
        **binds,
    )


def _forget_carts(tx: Tx, carts: list[int], orders: list[str]) -> None:
    tx.run(
        "UPDATE carts SET state = 'erased', reason = 'the shopper was erased', sealed = NULL, phone_hash = NULL,"
        " email_hash = NULL, customer_id = '', idle_at = NULL WHERE shop_id = :shop_id AND id = ANY(:carts)",
        carts=carts,
    )
    tx.run(
        "UPDATE orders SET phone_hash = NULL, email_hash = NULL, customer_id = '' WHERE shop_id = :shop_id"
        " AND key = ANY(:orders)",
        orders=orders,
    )


def carts_of(tx: Tx, event: ShopperErased | DataRequested) -> list[int]:
    """Matched by each name that is there: a person may have only an e-mail, or only a phone."""
    rows = tx.rows(
        "SELECT id FROM carts WHERE shop_id = :shop_id AND (phone_hash = :phone OR email_hash = :email"
        " OR (customer_id <> '' AND customer_id = :customer) OR order_key = ANY(:orders) OR key = ANY(:orders))"
        " ORDER BY id",
        phone=tx.phone(event.phone),
        email=tx.email(event.email),
        customer=event.customer_id,
        orders=list(event.order_keys),
    )
    return [row.id for row in rows]


def orders_of(tx: Tx, event: ShopperErased | DataRequested, carts: list[int]) -> list[str]:
    """Those that the event names, those that came of these carts, and the person's others."""
    rows = tx.rows(
        "SELECT key FROM orders WHERE shop_id = :shop_id AND (cart_id = ANY(:carts) OR phone_hash = :phone"
        " OR email_hash = :email OR (customer_id <> '' AND customer_id = :customer))",
        carts=carts,
        phone=tx.phone(event.phone),
        email=tx.email(event.email),
        customer=event.customer_id,
    )
    return sorted({*event.order_keys, *(row.key for row in rows)})


def phones_of(
    tx: Tx, event: ShopperErased | DataRequested, carts: list[int], orders: list[str]
) -> set[bytes]:
    """The numbers (hashed) that this person is known by: the one named, and those of their carts and orders."""
    rows = tx.rows(
        "SELECT phone_hash FROM carts WHERE shop_id = :shop_id AND id = ANY(:carts) AND phone_hash IS NOT NULL"
        " UNION SELECT phone_hash FROM orders WHERE shop_id = :shop_id AND key = ANY(:orders)"
        " AND phone_hash IS NOT NULL",
        carts=carts,
        orders=orders,
    )
    named = tx.phone(event.phone)
    return {bytes(row.phone_hash) for row in rows} | ({named} if named else set())


def shop(tx: Tx) -> None:
    """Forget a whole shop. Its row stays, empty, so that a late delivery still finds a closed door."""
    consents.hold(tx)
    for table in OF_SHOP:
        tx.run(f"DELETE FROM {table} WHERE shop_id = :shop_id")
    _empty_events(tx, "true")
    tx.run(
        "UPDATE shops SET state = 'removed', name = '', support = '', sender = '', credentials = '', gathering = '{}'"
        " WHERE id = :shop_id"
    )
    tx.run("SELECT comeback_forget_shop()")
