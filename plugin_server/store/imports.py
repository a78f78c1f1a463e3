"""Files that consents were imported from, and what an import writes for many numbers at once."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from plugin_server.store import notices, touches
from plugin_server.store.claiming import WAITING
from plugin_server.store.tx import Tx


def imported_at(tx: Tx, sha256: str) -> datetime | None:
    """When this very file was imported; None if it wasn't, or changed nothing."""
    row = tx.one("SELECT at FROM imports WHERE shop_id = :shop_id AND file_sha256 = :sha256", sha256=sha256)
    return None if row is None else row.at


def begin(tx: Tx, sha256: str, name: str, mapping: Mapping[str, str], now: datetime) -> int | None:
    """Claim this file for this transaction. None if another import of it was quicker: it waits for that one's end."""
    row = tx.one(
        "INSERT INTO imports (shop_id, file_sha256, file_name, mapping, counts, at) VALUES (:shop_id, :sha256, :name,"
        " CAST(:mapping AS jsonb), '{}', :now) ON CONFLICT DO NOTHING RETURNING id",
        sha256=sha256,
        name=name,
        mapping=json.dumps(dict(mapping)),
        now=now,
    )
    return None if row is None else int(row.id)


def finish(tx: Tx, import_id: int, counts: Mapping[str, int]) -> None:
    tx.run(
        "UPDATE imports SET counts = CAST(:counts AS jsonb) WHERE shop_id = :shop_id AND id = :id",
        counts=json.dumps(dict(counts)),
        id=import_id,
    )


def withdraw(tx: Tx, import_id: int) -> None:
    """It changed nothing: the same file may be tried again, with another mapping."""
    tx.run("DELETE FROM imports WHERE shop_id = :shop_id AND id = :id", id=import_id)


def wordings(tx: Tx) -> dict[str, str]:
    """Every disclosure this shop ever showed, by "form/locale/version" and by its SHA-256."""
    found = {}
    for row in tx.rows(
        "SELECT form, locale, version, sha256, wording FROM disclosures WHERE shop_id = :shop_id"
    ):
        found[f"{row.form}/{row.locale}/{row.version}"] = found[row.sha256] = row.wording
    return found


def opt_out(tx: Tx, stops: Sequence[tuple[bytes, datetime]], reason: str, now: datetime) -> None:
    """These numbers must not be texted: their opt-outs (since when) were kept elsewhere. What waits for them ends.

    As `people.suppress` with kind "store", for many: whatever is in force stays, unless it only says that the number
    couldn't be reached."""
    tx.spread(
        "INSERT INTO suppressions (shop_id, phone_hash, reason, at, kind)"
        " SELECT :shop_id, decode(r.phone, 'hex'), r.reason, r.at, 'store'"
        " FROM json_to_recordset(CAST(:rows AS json)) AS r (phone text, reason text, at timestamptz)"
        " ON CONFLICT (shop_id, phone_hash) DO UPDATE SET reason = excluded.reason, at = excluded.at,"
        " kind = excluded.kind, lifted_at = NULL"
        " WHERE suppressions.lifted_at IS NOT NULL OR suppressions.kind = 'bounced'",
        [{"phone": phone.hex(), "reason": reason, "at": at} for phone, at in stops],
    )
    for phone in _waited_for(tx, [phone for phone, _ in stops]):
        touches.cancel_for_phone(tx, phone, "opted out", now)
        notices.cancel(tx, phone, "opted out", now)


def _waited_for(tx: Tx, phones: list[bytes]) -> list[bytes]:
    """Those that a text is planned for: few, of many."""
    rows = tx.rows(
        "SELECT c.phone_hash FROM carts c JOIN touches t ON t.shop_id = c.shop_id AND t.cart_id = c.id"
        f" WHERE c.shop_id = :shop_id AND c.phone_hash = ANY(:phones) AND t.state IN {WAITING}"
        " UNION SELECT phone_hash FROM notices WHERE shop_id = :shop_id AND phone_hash = ANY(:phones)"
        f" AND state IN {WAITING}",
        phones=phones,
    )
    return [bytes(row.phone_hash) for row in rows]
