"""Everything held on one person in one shop, as plain values: what a data request is answered with (GDPR art. 15)."""

import json
from datetime import datetime
from typing import Any

from plugin_server.store import carts, erasure
from plugin_server.store.tx import Tx
from sequences.codec import encode
from sequences.events import DataRequested

Section = list[dict[str, Any]]


def everything(tx: Tx, who: DataRequested) -> dict[str, Any]:
    """By each name that is given: number, e-mail, the store's customer, its orders. Sealed values are opened."""
    cart_ids = erasure.carts_of(tx, who)
    orders = erasure.orders_of(tx, who, cart_ids)
    phones = sorted(erasure.phones_of(tx, who, cart_ids, orders))
    return {
        "shop": tx.shop.name,
        "asked_by": {k: v for k, v in encode(who).items() if v},
        "carts": [_cart(row) for row in carts.by_ids(tx, cart_ids).values()],
        "orders": _orders(tx, orders),
        "texts_sent": _reminders(tx, cart_ids) + _notices(tx, phones),
        "texts_received": _replies(tx, phones),
        "links_opened": _clicks(tx, cart_ids),
        "consent": _consent(tx, phones),
        "opt_outs": _opt_outs(tx, phones),
        "customer_list": _subscriber(tx, phones),
        "why_texted_or_not": _traces(tx, cart_ids),
    }


def _cart(row: carts.CartRow) -> dict[str, Any]:
    known = {"state": row.state, "reason": row.reason, "last_active": row.active_at}
    if row.cart is None:
        return known
    # The way back into the checkout is a key to it, not data on the person.
    content = {k: v for k, v in encode(row.cart).items() if k != "recovery_link" and v not in (None, "", [])}
    return {**known, **content}


def _orders(tx: Tx, keys: list[str]) -> Section:
    return _rows(
        tx,
        "SELECT number, status, total, refunded, currency, created_at, tied_by FROM orders"
        " WHERE shop_id = :shop_id AND key = ANY(:keys) ORDER BY created_at",
        keys=keys,
    )


def _reminders(tx: Tx, cart_ids: list[int]) -> Section:
    return _rows(
        tx,
        "SELECT 'cart reminder' AS kind, sealed, state, segments, decision, committed_at AS at FROM attempts"
        " WHERE shop_id = :shop_id AND cart_id = ANY(:carts) ORDER BY committed_at",
        carts=cart_ids,
    )


def _notices(tx: Tx, phones: list[bytes]) -> Section:
    return _rows(
        tx,
        "SELECT replace(kind, '_', ' ') AS kind, sealed, state, segments, decision, committed_at AS at FROM notices"
        " WHERE shop_id = :shop_id AND phone_hash = ANY(:phones) AND committed_at IS NOT NULL ORDER BY committed_at",
        phones=phones,
    )


def _replies(tx: Tx, phones: list[bytes]) -> Section:
    return _rows(
        tx,
        "SELECT at, sealed, intent AS understood_as FROM replies"
        " WHERE shop_id = :shop_id AND phone_hash = ANY(:phones) ORDER BY at",
        phones=phones,
    )


def _clicks(tx: Tx, cart_ids: list[int]) -> Section:
    return _rows(
        tx,
        "SELECT c.at, c.visitor AS by FROM clicks c JOIN links l ON l.shop_id = c.shop_id AND l.code = c.code"
        " WHERE c.shop_id = :shop_id AND l.cart_id = ANY(:carts) ORDER BY c.at",
        carts=cart_ids,
    )


def _consent(tx: Tx, phones: list[bytes]) -> Section:
    rows = tx.rows(
        "SELECT seq, state, at, recorded_at, source, proven, facts, personal, hash FROM consents"
        " WHERE shop_id = :shop_id AND phone_hash = ANY(:phones) ORDER BY seq",
        phones=phones,
    )
    return [
        {
            "line": r.seq,
            "state": r.state,
            "at": r.at,
            "recorded_at": r.recorded_at,
            "source": r.source,
            "confirmed": r.proven,
            **json.loads(r.facts),
            **({} if r.personal is None else {k: v for k, v in tx.unseal(r.personal).items() if k != "salt"}),
            "hash": bytes(r.hash).hex(),
        }
        for r in rows
    ]


def _opt_outs(tx: Tx, phones: list[bytes]) -> Section:
    return _rows(
        tx,
        "SELECT kind, reason, at, lifted_at FROM suppressions WHERE shop_id = :shop_id AND phone_hash = ANY(:phones)",
        phones=phones,
    )


def _subscriber(tx: Tx, phones: list[bytes]) -> Section:
    return _rows(
        tx,
        "SELECT sealed, country, locale, source, state, joined_at, changed_at FROM subscribers"
        " WHERE shop_id = :shop_id AND phone_hash = ANY(:phones)",
        phones=phones,
    )


def _traces(tx: Tx, cart_ids: list[int]) -> Section:
    return _rows(
        tx,
        'SELECT at, "check", outcome, reason, facts FROM traces WHERE shop_id = :shop_id AND cart_id = ANY(:carts)'
        " ORDER BY id",
        carts=cart_ids,
    )


def _rows(tx: Tx, sql: str, **binds: Any) -> Section:
    """Rows as dicts; what is sealed is opened and stands among the rest."""
    found: Section = []
    for row in tx.rows(sql, **binds):
        values = dict(row._mapping)
        sealed = values.pop("sealed", None)
        if sealed is not None:
            values.update(tx.unseal(sealed))
        found.append({k: v for k, v in values.items() if v not in (None, "", {}, [])})
    return found


def plain(value: Any) -> Any:
    """As JSON wants it: times in UTC, money as text."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)
