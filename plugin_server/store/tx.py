"""One shop's transaction: SQL with the shop filled in, values sealed and people hashed on the way."""

import hashlib
import hmac
import json
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, CursorResult, Row, TextClause, text

from plugin_server.crypto import Vault, phone_hash, shop_phone_key
from sequences.cart import Shop


@dataclass(frozen=True, slots=True)
class Secrets:
    """What it takes to read and find personal data: the vault, and the key that phones are hashed under."""

    vault: Vault = field(repr=False)
    phone_key: bytes = field(repr=False)


@lru_cache(maxsize=512)
def _statement(sql: str) -> TextClause:
    """A statement is looked through for its names once, not each time it is run."""
    return text(sql)


def _as_json(value: object) -> str:
    """Raises TypeError for what would come out of the database as something else."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    raise TypeError(f"a {type(value).__name__} can't be spread")


@dataclass(frozen=True, slots=True)
class Tx:
    """What the store's functions work with. `:shop_id` is bound in every statement."""

    connection: Connection
    shop: Shop
    secrets: Secrets

    def run(self, sql: str, **binds: Any) -> CursorResult[Any]:
        return self.connection.execute(_statement(sql), {"shop_id": self.shop.id, **binds})

    def one(self, sql: str, **binds: Any) -> Row[Any] | None:
        return self.run(sql, **binds).one_or_none()

    def rows(self, sql: str, **binds: Any) -> list[Row[Any]]:
        return list(self.run(sql, **binds))

    def many(self, sql: str, rows: list[dict[str, Any]]) -> None:
        """One statement for many rows; nothing for none."""
        if rows:
            self.connection.execute(_statement(sql), [{"shop_id": self.shop.id, **row} for row in rows])

    def spread(self, sql: str, rows: list[dict[str, Any]], **binds: Any) -> None:
        """As `many`, for rows of JSON values, UUIDs and times: the statement gets them as one JSON array in
        `:rows` (see json_to_recordset), which costs a fraction of a parameter for each value."""
        if rows:
            self.run(sql, rows=json.dumps(rows, default=_as_json), **binds)

    def seal(self, value: Any) -> bytes:
        """A JSON value, encrypted and bound to this shop."""
        return self.secrets.vault.encrypt_json(value, self._place)

    def unseal(self, blob: bytes) -> Any:
        return self.secrets.vault.decrypt_json(bytes(blob), self._place)

    def phone(self, e164: str | None) -> bytes | None:
        """A phone as it is looked up: keyed, and different in every shop. None stays None."""
        return phone_hash(e164, self._people_key) if e164 else None

    def email(self, address: str | None) -> bytes | None:
        """An e-mail address as it is looked up, whatever its case."""
        if not address:
            return None
        return hmac.digest(self._people_key, b"email " + address.strip().lower().encode(), hashlib.sha256)

    @property
    def _people_key(self) -> bytes:
        return shop_phone_key(self.secrets.phone_key, self.shop.key)

    @property
    def _place(self) -> str:
        return f"shop {self.shop.key}"
