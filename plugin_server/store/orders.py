"""Orders, and what ties them to carts and to the texts of those carts."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from plugin_server.store.tx import Tx
from sequences.attribution import OF_THE_CART, Match, Rule, read_by
from sequences.cart import Order

# How long after a click the same person's order still points to that cart.
CLICK_DAYS = timedelta(days=7)
# So many orders may point to one cart. A link that more came by was passed on: it says nothing of who.
MOST_ORDERS = 20
# Of two words with one timestamp the one further along counts, then the one that leaves less: they come in any order,
# and a store's clock may show whole seconds only.
ALONG = "array_position(ARRAY['placed', 'paid', 'refunded', 'cancelled', 'deleted'], {0}.status), {0}.refunded, -{0}.total"


def save(tx: Tx, order: Order, window: timedelta) -> bool:
    """Write down what the store says of an order. False if we already know something newer.

    `window`: how long after a text it may be the text's doing; what the shop had when it was first told stands.
    """
    changed = tx.run(
        "INSERT INTO orders (shop_id, key, number, status, total, refunded, currency, phone_hash, email_hash,"
        " customer_id, test, created_at, updated_at, claim_window) VALUES (:shop_id, :key, :number, :status, :total,"
        " :refunded, :currency, :phone, :email, :customer, :test, :created, :updated, :window)"
        " ON CONFLICT (shop_id, key) DO UPDATE SET status = excluded.status, total = excluded.total,"
        " refunded = excluded.refunded, updated_at = excluded.updated_at,"
        # Whose it is may be told later: of an order at the till, or of a draft. Whoever was erased stays forgotten.
        " phone_hash = CASE WHEN orders.erased THEN NULL ELSE coalesce(orders.phone_hash, excluded.phone_hash) END,"
        " email_hash = CASE WHEN orders.erased THEN NULL ELSE coalesce(orders.email_hash, excluded.email_hash) END,"
        " customer_id = CASE WHEN orders.erased OR orders.customer_id <> '' THEN orders.customer_id"
        "  ELSE excluded.customer_id END"
        f" WHERE (orders.updated_at, {ALONG.format('orders')}) <= (excluded.updated_at, {ALONG.format('excluded')})"
        " AND orders.status <> 'deleted'",
        **_content(tx, order),
        window=window,
    )
    return changed.rowcount == 1


def bought_sooner(tx: Tx, key: str, at: datetime) -> bool:
    """An older word of an order, even one that comes late, may say that it was bought sooner than we thought."""
    sql = "UPDATE orders SET created_at = :at WHERE shop_id = :shop_id AND key = :key AND created_at > :at"
    return tx.run(sql, key=key, at=at).rowcount == 1


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
    """When an order we know of was bought, as far as we know by now."""
    row = tx.one("SELECT created_at FROM orders WHERE shop_id = :shop_id AND key = :key", key=key)
    return None if row is None else row.created_at


def cart_of(tx: Tx, key: str) -> int | None:
    row = tx.one("SELECT cart_id FROM orders WHERE shop_id = :shop_id AND key = :key", key=key)
    return None if row is None else row.cart_id


def note(tx: Tx, key: str, matches: list[Match]) -> bool:
    """Keep every way in which an order points to carts, once found: a code that others got meanwhile doesn't untie it.
    True if one of them is new."""
    return sum(_note(tx, key, match) for match in matches) > 0


def _note(tx: Tx, key: str, match: Match) -> int:
    return tx.run(
        "INSERT INTO ties (shop_id, order_key, rule, cart_id, touch) SELECT :shop_id, :key, :rule, :cart, :touch"
        " WHERE :sure OR (SELECT count(DISTINCT order_key) FROM ties WHERE shop_id = :shop_id AND cart_id = :cart"
        "  AND order_key <> :key) < :most ON CONFLICT DO NOTHING",
        key=key,
        rule=match.rule.name,
        cart=match.cart_id,
        touch=match.touch_id,
        sure=match.rule in OF_THE_CART,
        most=MOST_ORDERS,
    ).rowcount


def said(tx: Tx, key: str) -> tuple[Any, ...] | None:
    """What became of an order and where it came from, as far as we know; None if we know nothing of it."""
    row = tx.one(
        "SELECT status, total, refunded, cart_id FROM orders WHERE shop_id = :shop_id AND key = :key", key=key
    )
    return None if row is None else tuple(row)


def ties(tx: Tx, key: str) -> list[Match]:
    """Every way in which this order was ever found to point to a cart."""
    rows = tx.rows(
        "SELECT rule, cart_id, touch FROM ties WHERE shop_id = :shop_id AND order_key = :key", key=key
    )
    return [Match(Rule[row.rule], row.cart_id, row.touch) for row in rows]


def tied(tx: Tx, key: str, match: Match) -> None:
    """The cart that became this order, as far as we know by now."""
    tx.run(
        "UPDATE orders SET cart_id = :cart, tied_by = :rule WHERE shop_id = :shop_id AND key = :key",
        key=key,
        cart=match.cart_id,
        rule=match.rule.name,
    )


def matches(tx: Tx, order: Order) -> list[Match]:
    """Every way in which this order points to a cart of ours."""
    named = [
        *_by_name(tx, Rule.same_checkout, order.checkout_key),
        *_by_name(tx, Rule.same_cart, order.cart_key),
    ]
    if order.test:
        return named  # a merchant tries something out: it says nothing of who else was reminded
    return [*named, *_by_code(tx, order.discount_codes), *_by_link(tx, order), *_by_click(tx, order)]


def _by_name(tx: Tx, rule: Rule, name: str | None) -> list[Match]:
    if not name:
        return []
    sql = "SELECT cart_id FROM cart_names WHERE shop_id = :shop_id AND name = :name"
    return [Match(rule, row.cart_id) for row in tx.rows(sql, name=name)]


def _by_code(tx: Tx, codes: tuple[str, ...]) -> list[Match]:
    """A code that was made for one text ties, whatever its case. One that others have too says nothing of who: the
    merchant's own, or the one that stands in where no unique ones can be made."""
    rows = tx.rows(
        "SELECT l.cart_id, l.touch_id FROM links l JOIN codes c ON c.shop_id = l.shop_id AND c.touch_id = l.touch_id"
        " AND lower(c.code) = lower(l.offer_code) WHERE l.shop_id = :shop_id AND l.offer_code <> ''"
        " AND lower(l.offer_code) = ANY(:codes)",
        codes=[code.lower() for code in codes],
    )
    return [Match(Rule.offer_code, row.cart_id, str(row.touch_id)) for row in rows]


def _by_link(tx: Tx, order: Order) -> list[Match]:
    """Our mark, once as an attribute of the order and once as a campaign parameter of the visit."""
    marks = {Rule.recovery_ref: order.recovery_ref, Rule.utm: dict(order.utm).get("utm_id", "")}
    given = [mark for mark in marks.values() if mark]
    rows = tx.rows(
        "SELECT ref, cart_id, touch_id FROM links WHERE shop_id = :shop_id AND ref = ANY(:refs)", refs=given
    )
    return [
        Match(rule, row.cart_id, str(row.touch_id))
        for row in rows
        for rule, mark in marks.items()
        if mark == row.ref
    ]


def _by_click(tx: Tx, order: Order) -> list[Match]:
    """Only where the order tells who bought: a number or a customer that the cart has too."""
    rows = tx.rows(
        "SELECT DISTINCT c.id, l.touch_id FROM carts c JOIN links l ON l.shop_id = c.shop_id AND l.cart_id = c.id"
        " JOIN clicks k ON k.shop_id = l.shop_id AND k.code = l.code AND k.visitor = 'person'"
        " WHERE c.shop_id = :shop_id AND k.at >= :since AND k.at < :until"
        " AND (c.phone_hash = :phone OR (c.customer_id <> '' AND c.customer_id = :customer))",
        since=order.created_at - CLICK_DAYS,
        until=read_by(order.created_at),
        phone=tx.phone(order.contact.phone),
        customer=order.contact.customer_id,
    )
    return [Match(Rule.click_and_person, row.id, str(row.touch_id)) for row in rows]
