"""Carts and their names."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from plugin_server.store.tx import Tx
from sequences.cart import Cart, Order
from sequences.codec import decode, encode
from sequences.engine import CartState

COLUMNS = "c.id, c.key, c.state, c.reason, c.sealed, c.updated_at, c.active_at, c.abandoned_at, c.order_key"


@dataclass(frozen=True, slots=True)
class CartRow:
    """A cart as we know it. `cart` is None once it was erased; times are aware UTC, the store's own."""

    id: int
    key: str
    state: CartState
    reason: str
    cart: Cart | None
    updated_at: datetime
    active_at: datetime
    abandoned_at: datetime | None
    order_key: str | None


# Carts that were opened already, by their sealed bytes. A cart that was written anew has other bytes: every
# envelope has a nonce of its own.
Opened = dict[bytes, Cart]


def from_row(tx: Tx, row: Row[Any], opened: Opened | None = None) -> CartRow:
    cart = None if row.sealed is None else _open(tx, bytes(row.sealed), opened)
    return CartRow(
        row.id,
        row.key,
        row.state,
        row.reason,
        cart,
        row.updated_at,
        row.active_at,
        row.abandoned_at,
        row.order_key,
    )


def _open(tx: Tx, sealed: bytes, opened: Opened | None) -> Cart:
    cart = None if opened is None else opened.get(sealed)
    if cart is None:
        cart = decode(Cart, tx.unseal(sealed))
        if opened is not None:
            opened[sealed] = cart
    return cart


def find(tx: Tx, names: Iterable[str]) -> CartRow | None:
    """The cart that goes by one of these names (surest first), locked; but not against rows that point to it: whoever
    decides on its text writes such a row, and holds the touch that we may want to cancel."""
    wanted = list(names)
    row = tx.one(
        f"SELECT {COLUMNS} FROM carts c JOIN cart_names n ON n.shop_id = c.shop_id AND n.cart_id = c.id"
        " WHERE c.shop_id = :shop_id AND n.name = ANY(:names)"
        " ORDER BY array_position(:names, n.name) LIMIT 1 FOR NO KEY UPDATE OF c",
        names=wanted,
    )
    return None if row is None else from_row(tx, row)


def by_id(tx: Tx, cart_id: int) -> CartRow | None:
    row = tx.one(f"SELECT {COLUMNS} FROM carts c WHERE c.shop_id = :shop_id AND c.id = :id", id=cart_id)
    return None if row is None else from_row(tx, row)


def by_ids(tx: Tx, ids: Iterable[int], opened: Opened | None = None) -> dict[int, CartRow]:
    """Those of the carts that exist, by id. `opened` spares opening a cart twice, and learns of new ones."""
    rows = tx.rows(
        f"SELECT {COLUMNS} FROM carts c WHERE c.shop_id = :shop_id AND c.id = ANY(:ids)", ids=sorted(set(ids))
    )
    return {row.id: from_row(tx, row, opened) for row in rows}


def add(tx: Tx, cart: Cart, state: str, reason: str, idle_at: datetime | None) -> int:
    """A cart seen for the first time. Returns its id."""
    row = tx.run(
        "INSERT INTO carts (shop_id, key, state, reason, sealed, phone_hash, email_hash, customer_id, total,"
        " currency, lines, created_at, updated_at, active_at, idle_at)"
        " VALUES (:shop_id, :key, :state, :reason, :sealed, :phone, :email, :customer, :total, :currency, :lines,"
        " :created, :updated, :updated, :idle) RETURNING id",
        key=cart.key,
        created=cart.created_at,
        **_content(tx, cart, state, reason, idle_at),
    )
    cart_id: int = row.scalar_one()
    name(tx, cart_id, cart)
    return cart_id


def change(tx: Tx, cart_id: int, cart: Cart, state: str, reason: str, idle_at: datetime | None) -> None:
    """Replace what we know of a cart by newer news."""
    tx.run(
        "UPDATE carts SET state = :state, reason = :reason, sealed = :sealed, phone_hash = :phone,"
        " email_hash = :email, customer_id = :customer, total = :total, currency = :currency, lines = :lines,"
        " updated_at = :updated, active_at = greatest(active_at, :updated), idle_at = :idle"
        " WHERE shop_id = :shop_id AND id = :id",
        id=cart_id,
        **_content(tx, cart, state, reason, idle_at),
    )
    name(tx, cart_id, cart)


def learn(tx: Tx, cart_id: int, cart: Cart) -> None:
    """What late news add to a cart, whose state and times stay."""
    tx.run(
        "UPDATE carts SET sealed = :sealed, phone_hash = :phone, email_hash = :email, customer_id = :customer"
        " WHERE shop_id = :shop_id AND id = :id",
        id=cart_id,
        sealed=tx.seal(encode(cart)),
        phone=tx.phone(cart.contact.phone),
        email=tx.email(cart.contact.email),
        customer=cart.contact.customer_id,
    )
    name(tx, cart_id, cart)


def _content(tx: Tx, cart: Cart, state: str, reason: str, idle_at: datetime | None) -> dict[str, Any]:
    return {
        "state": state,
        "reason": reason,
        "sealed": tx.seal(encode(cart)),
        "phone": tx.phone(cart.contact.phone),
        "email": tx.email(cart.contact.email),
        "customer": cart.contact.customer_id,
        "total": cart.total.amount,
        "currency": cart.total.currency,
        "lines": sum(line.quantity for line in cart.lines),
        "updated": cart.updated_at,
        "idle": idle_at,
    }


def name(tx: Tx, cart_id: int, cart: Cart) -> None:
    """A cart's key and aliases point to it; a name that another cart holds stays there."""
    tx.many(
        "INSERT INTO cart_names (shop_id, name, cart_id) VALUES (:shop_id, :name, :cart)"
        " ON CONFLICT (shop_id, name) DO NOTHING",
        [{"name": n, "cart": cart_id} for n in (cart.key, *cart.aliases)],
    )


def turn(tx: Tx, cart_id: int, state: str, reason: str, order_key: str | None = None) -> None:
    """Move a cart to a state, with the reason."""
    tx.run(
        "UPDATE carts SET state = :state, reason = :reason, idle_at = NULL,"
        " order_key = coalesce(:order, order_key) WHERE shop_id = :shop_id AND id = :id",
        id=cart_id,
        state=state,
        reason=reason,
        order=order_key,
    )


def alive(tx: Tx, cart_id: int, at: datetime, idle_at: datetime) -> None:
    """The shopper is still shopping: idleness is counted from `at`."""
    tx.run(
        "UPDATE carts SET active_at = :at, idle_at = :idle, state = 'open', reason = ''"
        " WHERE shop_id = :shop_id AND id = :id",
        id=cart_id,
        at=at,
        idle=idle_at,
    )


def idle(tx: Tx, now: datetime, limit: int) -> list[CartRow]:
    """Open carts whose time of idleness has come, locked, skipping those in other hands."""
    rows = tx.rows(
        f"SELECT {COLUMNS} FROM carts c WHERE c.shop_id = :shop_id AND c.state = 'open' AND c.idle_at <= :now"
        " ORDER BY c.idle_at LIMIT :limit FOR UPDATE SKIP LOCKED",
        now=now,
        limit=limit,
    )
    return [from_row(tx, row) for row in rows]


def abandon(tx: Tx, cart_id: int, at: datetime) -> None:
    tx.run(
        "UPDATE carts SET state = 'abandoned', reason = '', abandoned_at = :at, idle_at = NULL"
        " WHERE shop_id = :shop_id AND id = :id",
        id=cart_id,
        at=at,
    )


def of_person(tx: Tx, order: Order) -> list[int]:
    """Other unfinished carts of whoever placed this order, left before it: their owner has bought."""
    rows = tx.rows(
        "SELECT id FROM carts WHERE shop_id = :shop_id AND state IN ('open', 'abandoned') AND active_at <= :at"
        " AND (phone_hash = :phone OR email_hash = :email OR (customer_id <> '' AND customer_id = :customer))",
        at=order.created_at,
        phone=tx.phone(order.contact.phone),
        email=tx.email(order.contact.email),
        customer=order.contact.customer_id,
    )
    return [row.id for row in rows]


def bought_since(tx: Tx, cart_id: int) -> str | None:
    """An order that the cart's owner placed after leaving it, if we know of one."""
    # Each name by its own index: with OR between them, all of the shop's orders were read for each cart.
    theirs = (
        "SELECT o.key FROM orders o WHERE o.shop_id = c.shop_id AND NOT o.test"
        " AND o.status NOT IN ('cancelled', 'deleted') AND o.created_at >= c.active_at AND "
    )
    row = tx.one(
        f"SELECT b.key FROM carts c CROSS JOIN LATERAL ({theirs} o.phone_hash = c.phone_hash"
        f" UNION ALL {theirs} o.email_hash = c.email_hash"
        f" UNION ALL {theirs} o.customer_id = c.customer_id AND o.customer_id <> '') b"
        " WHERE c.shop_id = :shop_id AND c.id = :id LIMIT 1",
        id=cart_id,
    )
    return None if row is None else str(row.key)
