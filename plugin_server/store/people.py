"""Shoppers: who must not be texted, and what they wrote back."""

from datetime import datetime
from typing import Any

from plugin_server.store.tx import Tx
from sequences.events import TextReceived


def suppress(tx: Tx, phone_hash: bytes, reason: str, at: datetime, kind: str = "stop") -> None:
    """This number must not be texted by this shop. The first reason stands; but a person's own STOP outweighs
    what others said, and anything outweighs a number that merely couldn't be reached."""
    tx.run(
        "INSERT INTO suppressions (shop_id, phone_hash, reason, at, kind)"
        " VALUES (:shop_id, :phone, :reason, :at, :kind) ON CONFLICT (shop_id, phone_hash) DO UPDATE"
        " SET reason = excluded.reason, at = excluded.at, kind = excluded.kind, lifted_at = NULL"
        " WHERE suppressions.lifted_at IS NOT NULL OR suppressions.kind = 'bounced'"
        " OR (excluded.kind = 'stop' AND suppressions.kind NOT IN ('stop', 'merchant'))",
        phone=phone_hash,
        reason=reason,
        at=at,
        kind=kind,
    )


def lift(tx: Tx, phone_hash: bytes, at: datetime) -> None:
    """The suppression ends: only ever because the person wrote so themselves."""
    tx.run(
        "UPDATE suppressions SET lifted_at = :at WHERE shop_id = :shop_id AND phone_hash = :phone"
        " AND lifted_at IS NULL",
        phone=phone_hash,
        at=at,
    )


def suppression(tx: Tx, phone_hash: bytes) -> Any:
    """The row of this number, also of one that was lifted: kind, reason, at, lifted_at. None if there never was."""
    return tx.one(
        "SELECT kind, reason, at, lifted_at FROM suppressions WHERE shop_id = :shop_id AND phone_hash = :phone",
        phone=phone_hash,
    )


def suppressed(tx: Tx, phones: list[bytes]) -> dict[bytes, Any]:
    """Suppressions in force by phone hash: rows with kind, reason and at."""
    rows = tx.rows(
        "SELECT phone_hash, kind, reason, at FROM suppressions"
        " WHERE shop_id = :shop_id AND phone_hash = ANY(:phones) AND lifted_at IS NULL",
        phones=phones,
    )
    return {bytes(row.phone_hash): row for row in rows}


def lifted(tx: Tx, phones: list[bytes]) -> dict[bytes, Any]:
    """Opt-outs that their owners ended themselves, by phone hash: what was agreed to before one stays void (OPT-09).
    A number that merely couldn't be reached never said no."""
    rows = tx.rows(
        "SELECT phone_hash, at FROM suppressions WHERE shop_id = :shop_id AND phone_hash = ANY(:phones)"
        " AND lifted_at IS NOT NULL AND kind <> 'bounced'",
        phones=phones,
    )
    return {bytes(row.phone_hash): row for row in rows}


def withdrawn_at(tx: Tx, phone: bytes) -> datetime | None:
    """When this number's owner last said no, by the evidence."""
    row = tx.one(
        "SELECT max(at) AS at FROM consents WHERE shop_id = :shop_id AND phone_hash = :phone AND state = 'withdrawn'",
        phone=phone,
    )
    return None if row is None else row.at


def keep_reply(tx: Tx, reply: TextReceived, intent: str, rule: str, flagged: bool) -> int | None:
    """Store a text from a shopper once. Its id if it is new. `flagged`: a person should read it."""
    row = tx.one(
        "INSERT INTO replies (shop_id, provider_id, phone_hash, sealed, intent, rule, at, flagged)"
        " VALUES (:shop_id, :provider, :phone, :sealed, :intent, :rule, :at, :flagged)"
        " ON CONFLICT DO NOTHING RETURNING id",
        provider=reply.provider_id,
        phone=tx.phone(reply.sender),
        sealed=tx.seal({"from": reply.sender, "text": reply.text}),
        intent=intent,
        rule=rule,
        at=reply.at,
        flagged=flagged,
    )
    return None if row is None else int(row.id)


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
