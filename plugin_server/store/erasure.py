"""Forgetting: what must go when a person or a shop asks to be forgotten."""

from datetime import datetime

from plugin_server.store import confirmations, consents, data_requests, notices, people, subscribers, touches
from plugin_server.store.claiming import WAITING
from plugin_server.store.tx import Tx
from sequences.events import DataRequested, ShopperErased

OF_SHOP = (
    "recoveries clicks links attempts notices errands traces touches cart_names carts orders replies suppressions"
    " subscribers imports api_keys data_requests stock codes code_pools shop_tokens watermarks"
    " usage_events"
).split()


def shopper(tx: Tx, event: ShopperErased, now: datetime) -> list[int]:
    """Forget one person in this shop: only the hash that stops the next text stays. Returns their carts."""
    consents.hold(tx)
    carts = carts_of(tx, event)
    orders = orders_of(tx, event, carts)
    touches.cancel(tx, carts, "the shopper was erased", now)
    phones = phones_of(tx, event, carts, orders)
    for phone in sorted(phones):
        _forget_number(tx, phone, now)
    data_requests.forget(tx, event, phones)
    for table in ("attempts", "links"):
        tx.run(
            f"UPDATE {table} SET sealed = NULL WHERE shop_id = :shop_id AND cart_id = ANY(:carts)",
            carts=carts,
        )
    _empty_events(
        tx,
        "(cart_id = ANY(:carts) OR order_key = ANY(:orders) OR phone_hash = ANY(:phones))",
        carts=carts,
        orders=orders,
        phones=list(phones),
    )
    _forget_carts(tx, carts, orders)
    return carts


def _forget_number(tx: Tx, phone: bytes, now: datetime) -> None:
    """What stays is the hash that stops the next text, with the country that tells for how long, and the lines of
    evidence without what they say of a person: a sender must be able to prove consent, and that it stopped (47 CFR
    64.1200; GDPR art. 17(3)(e)). An opt-out's confirmation that is on its way still leaves, and is emptied then."""
    people.suppress(tx, phone, "erased", now, "erased")
    notices.cancel(tx, phone, "the shopper was erased", now, spare=["opt_out_confirmation"])
    confirmations.close(tx, phone, now)  # a YES to words that are gone would be proof of nothing
    _remember_erasure(tx, phone, now)
    subscribers.forget(tx, phone)
    waiting = f" AND state NOT IN {WAITING}"
    for table, unless in (("replies", ""), ("notices", waiting), ("errands", "")):
        tx.run(
            f"UPDATE {table} SET sealed = NULL WHERE shop_id = :shop_id AND phone_hash = :phone{unless}",
            phone=phone,
        )
    consents.forget(tx, phone, now, "the shopper asked to be forgotten")
    subscribers.refresh(tx, [phone])


def _remember_erasure(tx: Tx, phone: bytes, now: datetime) -> None:
    """Whatever opt-out the row tells of, now or later. A sender's clock may be ahead of ours: what is planned for
    this number was asked for before it was forgotten, whatever it says."""
    tx.run(
        "UPDATE suppressions SET erased_at = greatest(CAST(:now AS timestamptz), (SELECT max(n.asked_at) FROM notices n"
        " WHERE n.shop_id = :shop_id AND n.phone_hash = :phone AND n.sealed IS NOT NULL))"
        " WHERE shop_id = :shop_id AND phone_hash = :phone",
        phone=phone,
        now=now,
    )


def _empty_events(tx: Tx, which: str, **binds: object) -> None:
    """What they held goes, and whom they were about; of those that weren't applied yet there is nothing left to apply."""
    tx.run(
        "UPDATE events SET sealed = '', phone_hash = NULL, note = CASE WHEN state IN ('new', 'parked') THEN 'erased' ELSE note END,"
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
        "UPDATE orders SET phone_hash = NULL, email_hash = NULL, customer_id = '', erased = true WHERE shop_id = :shop_id"
        " AND key = ANY(:orders)",
        orders=orders,
    )


def carts_of(tx: Tx, event: ShopperErased | DataRequested) -> list[int]:
    """Matched by each name that is there: a person may have only an e-mail, or only a phone."""
    rows = tx.rows(
        "SELECT id FROM carts WHERE shop_id = :shop_id AND (phone_hash = ANY(:phones) OR email_hash = :email"
        " OR (customer_id <> '' AND customer_id = :customer) OR order_key = ANY(:orders) OR id IN"
        " (SELECT cart_id FROM cart_names WHERE shop_id = :shop_id AND name = ANY(:names)))"
        " ORDER BY id",
        phones=list(_named(tx, event)),
        email=tx.email(event.email),
        customer=event.customer_id,
        orders=list(event.order_keys),
        names=[*event.order_keys, *(event.cart_keys if isinstance(event, ShopperErased) else ())],
    )
    return [row.id for row in rows]


def orders_of(tx: Tx, event: ShopperErased | DataRequested, carts: list[int]) -> list[str]:
    """Those that the event names, those that came of these carts, and the person's others."""
    rows = tx.rows(
        "SELECT key FROM orders WHERE shop_id = :shop_id AND (cart_id = ANY(:carts) OR phone_hash = ANY(:phones)"
        " OR email_hash = :email OR (customer_id <> '' AND customer_id = :customer))",
        carts=carts,
        phones=list(_named(tx, event)),
        email=tx.email(event.email),
        customer=event.customer_id,
    )
    return sorted({*event.order_keys, *(row.key for row in rows)})


def phones_of(
    tx: Tx, event: ShopperErased | DataRequested, carts: list[int], orders: list[str]
) -> set[bytes]:
    """The numbers (hashed) that this person is known by: the one named, those on the customer list with their
    address, and those of their carts and orders."""
    rows = tx.rows(
        "SELECT phone_hash FROM carts WHERE shop_id = :shop_id AND id = ANY(:carts) AND phone_hash IS NOT NULL"
        " UNION SELECT phone_hash FROM orders WHERE shop_id = :shop_id AND key = ANY(:orders)"
        " AND phone_hash IS NOT NULL",
        carts=carts,
        orders=orders,
    )
    return {bytes(row.phone_hash) for row in rows} | _named(tx, event)


def _named(tx: Tx, event: ShopperErased | DataRequested) -> set[bytes]:
    """Without carts and orders: whoever signed up for texts may have neither."""
    rows = tx.rows(
        "SELECT phone_hash FROM subscribers WHERE shop_id = :shop_id AND email_hash = :email",
        email=tx.email(event.email),
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
        "UPDATE shops SET state = 'removed', name = '', support = '', sender = '', credentials = '', gathering = '{}',"
        " facts = '{}' WHERE id = :shop_id"
    )
    tx.run("SELECT comeback_forget_shop()")
