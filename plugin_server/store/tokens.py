"""A shop's token that ends: sealed, in a row of its own, so that refreshing locks it and nothing else.

Both tokens of the pair are kept, and the refresh token before them: Shopify takes that one again until its successor
was used.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, cast

from sqlalchemy import Connection, Row, text

from connectors.platforms.shopify.tokens import Tokens
from plugin_server.crypto import Vault

State = Literal["good", "lost"]
COLUMNS = "sealed, scopes, expires_at, refresh_expires_at, refreshed_at, state, note"
WRITE = text(
    "INSERT INTO shop_tokens (shop_id, sealed, scopes, expires_at, refresh_expires_at, refreshed_at)"
    " VALUES (:shop_id, :sealed, :scopes, :expires_at, :refresh_expires_at, :now)"
    " ON CONFLICT (shop_id) DO UPDATE SET sealed = excluded.sealed, scopes = excluded.scopes,"
    " expires_at = excluded.expires_at, refresh_expires_at = excluded.refresh_expires_at,"
    " refreshed_at = excluded.refreshed_at, state = 'good', note = ''"
)
# Shops that nothing asked for so long that their refresh token needs a new one; and those that refused us, as long as
# their refresh token may be good: it may have been Shopify's own trouble.
DORMANT = text(
    "SELECT t.shop_id FROM shop_tokens t JOIN shops s ON s.id = t.shop_id WHERE s.state = 'active'"
    " AND ((t.state = 'good' AND t.refresh_expires_at IS NOT NULL AND t.refreshed_at < :before)"
    "  OR (t.state = 'lost' AND t.refresh_expires_at > :now))"
    " ORDER BY t.state, t.refresh_expires_at LIMIT :most"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A shop's row. `before`: the refresh token before this pair's, '' for none."""

    tokens: Tokens
    before: str = field(default="", repr=False)
    refreshed_at: datetime
    state: State = "good"
    note: str = ""

    @property
    def good(self) -> bool:
        return self.state == "good"


def read(c: Connection, vault: Vault, shop_id: int, *, lock: bool = False) -> Kept | None:
    """`lock`: nobody else refreshes until this transaction ends."""
    sql = f"SELECT {COLUMNS} FROM shop_tokens WHERE shop_id = :shop_id{' FOR UPDATE' if lock else ''}"
    row = c.execute(text(sql), {"shop_id": shop_id}).one_or_none()
    return _kept(vault, shop_id, row) if row else None


def write(c: Connection, vault: Vault, shop_id: int, tokens: Tokens, now: datetime, before: str = "") -> None:
    """Keep a pair that was just given; the shop is good again."""
    sealed = {"access": tokens.access, "refresh": tokens.refresh, "before": before}
    c.execute(
        WRITE,
        {
            "shop_id": shop_id,
            "sealed": vault.encrypt_json(sealed, _bind(shop_id)),
            "scopes": ",".join(tokens.scopes),
            "expires_at": tokens.expires_at,
            "refresh_expires_at": tokens.refresh_expires_at,
            "now": now,
        },
    )


def lose(c: Connection, shop_id: int, note: str, *, for_good: bool = False) -> None:
    """The shop lets us in no more, until somebody opens the app there. `for_good`: nor is its refresh token taken."""
    c.execute(
        text(
            "UPDATE shop_tokens SET state = 'lost', note = :note,"
            " refresh_expires_at = CASE WHEN :for_good THEN NULL ELSE refresh_expires_at END WHERE shop_id = :shop_id"
        ),
        {"shop_id": shop_id, "note": note[:300], "for_good": for_good},
    )


def set_scopes(c: Connection, shop_id: int, scopes: tuple[str, ...]) -> None:
    c.execute(
        text("UPDATE shop_tokens SET scopes = :scopes WHERE shop_id = :shop_id"),
        {"shop_id": shop_id, "scopes": ",".join(sorted(scopes))},
    )


def forget(c: Connection, shop_id: int) -> None:
    """What a shop that left gave us opens nothing any more."""
    c.execute(text("DELETE FROM shop_tokens WHERE shop_id = :shop_id"), {"shop_id": shop_id})


def dormant(c: Connection, before: datetime, now: datetime, most: int) -> list[int]:
    """Active shops whose tokens were last refreshed before this, those that end soonest first; then those that let us
    in no more, though their refresh token hasn't ended."""
    return [row.shop_id for row in c.execute(DORMANT, {"before": before, "now": now, "most": most})]


def _kept(vault: Vault, shop_id: int, row: Row[Any]) -> Kept:
    sealed = cast(Mapping[str, str], vault.decrypt_json(bytes(row.sealed), _bind(shop_id)))
    return Kept(
        tokens=Tokens(
            access=sealed["access"],
            refresh=sealed["refresh"],
            scopes=tuple(filter(None, row.scopes.split(","))),
            expires_at=row.expires_at,
            refresh_expires_at=row.refresh_expires_at,
        ),
        before=sealed["before"],
        refreshed_at=row.refreshed_at,
        state=row.state,
        note=row.note,
    )


def _bind(shop_id: int) -> str:
    return f"tokens of shop {shop_id}"
