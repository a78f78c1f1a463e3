"""Shoppers: what is known of their consent, who must not be texted, and what they wrote back."""

from datetime import datetime
from typing import Any

from plugin_server.store.tx import Tx
from sequences.cart import ConsentClaim
from sequences.events import TextReceived


def claim(tx: Tx, claims: tuple[ConsentClaim, ...]) -> None:
    """Append consent claims; the same claim told twice is one line."""
    tx.many(
        "INSERT INTO consents (shop_id, phone_hash, state, at, source, level, wording)"
        " VALUES (:shop_id, :phone, :state, :at, :source, :level, :wording) ON CONFLICT DO NOTHING",
        [
            {
                "phone": tx.phone(c.phone),
                "state": c.state,
                "at": c.at,
                "source": c.source,
                "level": c.level,
                "wording": c.wording,
            }
            for c in claims
        ],
    )


def claims_of(tx: Tx, phones: list[bytes]) -> dict[bytes, list[Any]]:
    """Consent lines by phone hash, oldest first."""
    found: dict[bytes, list[Any]] = {}
    rows = tx.rows(
        "SELECT phone_hash, state, at, source, level, wording FROM consents"
        " WHERE shop_id = :shop_id AND phone_hash = ANY(:phones) ORDER BY at, id",
        phones=phones,
    )
    for row in rows:
        found.setdefault(bytes(row.phone_hash), []).append(row)
    return found


def suppress(tx: Tx, phone_hash: bytes, reason: str, at: datetime) -> None:
    """This number must not be texted by this shop; the first reason stands."""
    tx.run(
        "INSERT INTO suppressions (shop_id, phone_hash, reason, at) VALUES (:shop_id, :phone, :reason, :at)"
        " ON CONFLICT DO NOTHING",
        phone=phone_hash,
        reason=reason,
        at=at,
    )


def suppressed(tx: Tx, phones: list[bytes]) -> dict[bytes, Any]:
    """Suppressions by phone hash: rows with reason and at."""
    rows = tx.rows(
        "SELECT phone_hash, reason, at FROM suppressions WHERE shop_id = :shop_id AND phone_hash = ANY(:phones)",
        phones=phones,
    )
    return {bytes(row.phone_hash): row for row in rows}


def keep_reply(tx: Tx, reply: TextReceived, intent: str, rule: str) -> bool:
    """Store a text from a shopper once. True if it is new."""
    return (
        tx.run(
            "INSERT INTO replies (shop_id, provider_id, phone_hash, sealed, intent, rule, at)"
            " VALUES (:shop_id, :provider, :phone, :sealed, :intent, :rule, :at) ON CONFLICT DO NOTHING",
            provider=reply.provider_id,
            phone=tx.phone(reply.sender),
            sealed=tx.seal({"from": reply.sender, "text": reply.text}),
            intent=intent,
            rule=rule,
            at=reply.at,
        ).rowcount
        == 1
    )


def carts_with_phone(tx: Tx, phone_hash: bytes) -> list[int]:
    rows = tx.rows(
        "SELECT id FROM carts WHERE shop_id = :shop_id AND phone_hash = :phone ORDER BY id", phone=phone_hash
    )
    return [row.id for row in rows]


def set_stock(tx: Tx, product_id: str, in_stock: bool, quantity: Any, at: datetime) -> None:
    """Newest wins."""
    tx.run(
        "INSERT INTO stock (shop_id, product_id, in_stock, quantity, at)"
        " VALUES (:shop_id, :product, :in_stock, :quantity, :at)"
        " ON CONFLICT (shop_id, product_id) DO UPDATE SET in_stock = excluded.in_stock,"
        " quantity = excluded.quantity, at = excluded.at WHERE stock.at <= excluded.at",
        product=product_id,
        in_stock=in_stock,
        quantity=quantity,
        at=at,
    )
