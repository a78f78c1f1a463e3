"""Shops: who installed us, how to reach their store, and their sequence."""

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

import structlog
from sqlalchemy import Connection, Row, text

from plugin_server.crypto import Vault, VaultError
from sequences.cart import Shop
from sequences.codec import encode
from sequences.errors import BadSequence
from sequences.sequence import Sequence, load

log = structlog.get_logger()
COLUMNS = (
    "id, key, platform, domain, name, currency, country, locale, support, sender, state, credentials, sequence,"
    " join_code, gathering, facts, installed_at"
)
JOIN = "JOIN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """A shop with what it takes to serve it. `sender`: E.164 number or sender id its texts come from. `join_code`:
    the address of its sign-up page; `gathering`: how it gathers consent (see `gathering.plan`); `facts`: what the
    platform says of it (see `install.shopify`)."""

    shop: Shop
    sender: str
    state: str
    sequence: Sequence
    credentials: Mapping[str, str] = field(repr=False)
    join_code: str = ""
    gathering: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    installed_at: datetime | None = None

    @property
    def active(self) -> bool:
        return self.state == "active"

    @property
    def keyword(self) -> str:
        """The word that people text to sign up."""
        return str(self.gathering.get("keyword") or JOIN)


def install(
    c: Connection,
    vault: Vault,
    *,
    credentials: Mapping[str, str],
    sequence: Sequence,
    at: datetime | None = None,
    **facts: str,
) -> str:
    """Add a shop, or bring an old one back with new credentials; it keeps its plan. `at`: when, by the world's clock
    (None: the database's). Returns its key."""
    # No dash: a key that began with one would be an option on the command line.
    key = secrets.token_urlsafe(18).replace("-", "_")
    row = c.execute(
        text(
            "INSERT INTO shops (key, platform, domain, name, currency, country, locale, support, sender,"
            " credentials, sequence, installed_at) VALUES (:key, :platform, :domain, :name, :currency, :country, :locale,"
            " :support, :sender, :credentials, :sequence, coalesce(CAST(:at AS timestamptz), now()))"
            " ON CONFLICT (platform, domain) DO UPDATE SET state = 'active', name = excluded.name, currency = excluded.currency,"
            " country = excluded.country, locale = excluded.locale,"
            " sender = excluded.sender, installed_at = excluded.installed_at RETURNING key"
        ),
        {
            "support": "",
            "sender": "",
            **facts,
            "key": key,
            "at": at,
            "credentials": b"",
            "sequence": json.dumps(encode(sequence)),
        },
    ).scalar_one()
    # Sealed under the key that the row really has: an old row keeps its own.
    give_credentials(c, vault, row, credentials)
    return str(row)


def give_credentials(c: Connection, vault: Vault, key: str, credentials: Mapping[str, str]) -> None:
    """Seal these and keep them in place of what the shop had."""
    sealed = vault.encrypt_json(dict(credentials), _bind(key))
    c.execute(text("UPDATE shops SET credentials = :sealed WHERE key = :key"), {"sealed": sealed, "key": key})


def describe(c: Connection, shop_id: int, facts: Mapping[str, Any], **columns: str) -> None:
    """What the platform says of the shop: added to its `facts`, and into the columns name, currency, country, locale."""
    c.execute(
        text(
            "UPDATE shops SET facts = facts || CAST(:facts AS jsonb), name = coalesce(:name, name),"
            " currency = coalesce(:currency, currency), country = coalesce(:country, country),"
            " locale = coalesce(:locale, locale) WHERE id = :shop_id"
        ),
        {
            **dict.fromkeys(("name", "currency", "country", "locale")),
            **columns,
            "facts": json.dumps(dict(facts)),
            "shop_id": shop_id,
        },
    )


def by_key(c: Connection, vault: Vault, platform_or_channel: str | None, key: str) -> Installed | None:
    """The shop with this key. `platform_or_channel`: only if it is a shop of this platform (None: any)."""
    sql = f"SELECT {COLUMNS} FROM shops WHERE key = :key AND (:p IS NULL OR platform = :p)"
    row = c.execute(text(sql.replace(":p IS", "CAST(:p AS text) IS")), {"key": key, "p": platform_or_channel})
    return _built(vault, row.one_or_none())


def by_domain(c: Connection, vault: Vault, platform: str, domain: str) -> Installed | None:
    row = c.execute(
        text(f"SELECT {COLUMNS} FROM shops WHERE platform = :p AND domain = :d"), {"p": platform, "d": domain}
    )
    return _built(vault, row.one_or_none())


def by_id(c: Connection, vault: Vault, shop_id: int) -> Installed | None:
    return _built(
        vault, c.execute(text(f"SELECT {COLUMNS} FROM shops WHERE id = :i"), {"i": shop_id}).one_or_none()
    )


def readable(c: Connection, vault: Vault, shop_ids: Iterable[int]) -> list[Installed]:
    """These shops, without those whose sequence or credentials can't be read: one broken shop must not stop
    the others. Its work waits, and the log says so."""
    found = []
    for shop_id in shop_ids:
        try:
            installed = by_id(c, vault, shop_id)
        except (BadSequence, VaultError) as error:
            log.error("a shop can't be served", shop=shop_id, error=str(error))
            continue
        if installed is not None:
            found.append(installed)
    return found


def everyone(c: Connection, vault: Vault) -> list[Installed]:
    rows = c.execute(text(f"SELECT {COLUMNS} FROM shops ORDER BY id"))
    return [built for row in rows if (built := _built(vault, row)) is not None]


def _built(vault: Vault, row: Row[Any] | None) -> Installed | None:
    if row is None:
        return None
    names = ("id", "key", "platform", "domain", "name", "currency", "country", "locale", "support")
    version = str(row.facts.get("version") or "")
    shop = Shop(**{name: getattr(row, name) for name in names}, version=version)
    credentials = _credentials(vault, row)
    return Installed(
        shop=shop,
        sender=row.sender,
        state=row.state,
        sequence=load(row.sequence),
        credentials=credentials,
        join_code=row.join_code,
        gathering=row.gathering,
        facts=row.facts,
        installed_at=row.installed_at,
    )


def _credentials(vault: Vault, row: Row[Any]) -> dict[str, str]:
    if not row.credentials:
        return {}
    return dict(cast(dict[str, str], vault.decrypt_json(bytes(row.credentials), _bind(row.key))))


def _bind(key: str) -> str:
    return f"credentials of {key}"
