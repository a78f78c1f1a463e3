"""Keys of the JSON API: shown once, kept as a hash. A key opens one shop."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from plugin_server.store.tx import Tx

PREFIX = "cbk_"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is known of a key: never the key itself."""

    id: int
    name: str
    made_at: datetime
    revoked_at: datetime | None


def make(tx: Tx, name: str, now: datetime) -> str:
    """A new key. This is the only time it is seen."""
    key = PREFIX + secrets.token_urlsafe(32)
    tx.run(
        "INSERT INTO api_keys (shop_id, name, hash, made_at) VALUES (:shop_id, :name, :hash, :now)",
        name=name,
        hash=_hash(key),
        now=now,
    )
    return key


def listed(tx: Tx) -> list[ApiKey]:
    rows = tx.rows("SELECT id, name, made_at, revoked_at FROM api_keys WHERE shop_id = :shop_id ORDER BY id")
    return [ApiKey(row.id, row.name, row.made_at, row.revoked_at) for row in rows]


def revoke(tx: Tx, key_id: int, now: datetime) -> bool:
    """False if there is no such key that still opens anything."""
    return (
        tx.run(
            "UPDATE api_keys SET revoked_at = :now WHERE shop_id = :shop_id AND id = :id AND revoked_at IS NULL",
            id=key_id,
            now=now,
        ).rowcount
        == 1
    )


def opens(c: Connection, key: str, join_code: str) -> int | None:
    """The id of the shop that this key opens, if it is the shop of this address and the shop still uses us.

    In the scope of the system: a key alone says which shop it is of. It has 256 bits of chance, so a plain hash
    is enough, and looking it up by its hash leaks nothing about it.
    """
    row = c.execute(
        text(
            "SELECT k.shop_id FROM api_keys k JOIN shops s ON s.id = k.shop_id"
            " WHERE k.hash = :hash AND k.revoked_at IS NULL AND s.join_code = :code AND s.state = 'active'"
        ),
        {"hash": _hash(key), "code": join_code},
    ).one_or_none()
    return None if row is None else int(row.shop_id)


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
