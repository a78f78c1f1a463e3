"""Short links: an unguessable code on our own domain for one touch."""

import re
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from plugin_server.store.tx import Tx

CODE = re.compile(r"[A-Za-z0-9_-]{12}")


def new_code() -> str:
    """72 random bits as 12 characters that need no escaping in a URL."""
    return secrets.token_urlsafe(9)


def new_ref() -> str:
    """A mark for the store's campaign parameters. It is no secret: analytics see it."""
    return secrets.token_hex(6)


def add(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """One link per touch. A touch that is handed over anew (the carrier took nothing) gets its new link."""
    tx.many(
        "INSERT INTO links (shop_id, code, ref, touch_id, cart_id, sealed, offer_code, expires_at)"
        " VALUES (:shop_id, :code, :ref, :touch, :cart, :sealed, :offer_code, :expires)"
        " ON CONFLICT (shop_id, touch_id) DO UPDATE SET code = excluded.code, ref = excluded.ref, sealed = excluded.sealed,"
        " offer_code = excluded.offer_code, expires_at = excluded.expires_at",
        list(rows),
    )


@dataclass(frozen=True, slots=True)
class LinkRow:
    """`target` is None once the cart was erased."""

    code: str
    shop_id: int
    cart_id: int
    touch_id: uuid.UUID
    sealed: bytes | None
    expires_at: datetime


def find(c: Connection, code: str) -> LinkRow | None:
    """By its code, whichever shop it is of: the code is the secret. What can't be one isn't looked for: an
    address may hold characters that PostgreSQL refuses to compare with."""
    if not CODE.fullmatch(code):
        return None
    row = c.execute(
        text("SELECT code, shop_id, cart_id, touch_id, sealed, expires_at FROM links WHERE code = :code"),
        {"code": code},
    ).one_or_none()
    if row is None:
        return None
    sealed = None if row.sealed is None else bytes(row.sealed)
    return LinkRow(row.code, row.shop_id, row.cart_id, row.touch_id, sealed, row.expires_at)


def click(tx: Tx, code: str, visitor: str, at: datetime) -> None:
    tx.run(
        "INSERT INTO clicks (shop_id, code, visitor, at) VALUES (:shop_id, :code, :visitor, :at)",
        code=code,
        visitor=visitor,
        at=at,
    )
