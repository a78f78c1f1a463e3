"""Everything there is about the consent of one number in one shop, as plain values."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from compliance.evidence import moment
from compliance.evidence_chain import Line, Link
from plugin_server.evidence.form import FORMAT, line_out, runs
from plugin_server.store import chains, consents
from plugin_server.store.tx import Tx


class NothingKept(Exception):
    """Nothing is kept about that number in this shop: no line, no text, no reply, no opt-out."""


def gather(tx: Tx, e164: str, now: datetime) -> tuple[dict[str, Any], dict[str, Any]]:
    """What goes into evidence.json and messages.json. The chain stands still meanwhile, and is anchored. Raises
    NothingKept."""
    consents.hold(tx)
    phone = tx.phone(e164)
    assert phone is not None  # noqa: S101  (a number was given)
    anchor, lines, messages = chains.anchor(tx, now), chains.lines_of(tx, phone), _messages(tx, phone)
    if not lines and not any(messages.values()):
        raise NothingKept
    first = lines[0].seq if lines else (anchor.seq if anchor else 1)
    evidence = {
        "format": FORMAT,
        "made_at": moment(now),
        "shop": {name: getattr(tx.shop, name) for name in ("id", "key", "domain", "name", "platform")},
        "phone": e164,
        "phone_hash": phone.hex(),
        "begins": first,
        "lines": [line_out(line) for line in lines],
        "links": runs(_others(tx, first, lines)),
        "anchors": [asdict(one) for one in chains.anchors(tx, first)],
    }
    return evidence, {"format": FORMAT, **messages}


def _others(tx: Tx, first: int, lines: list[Line]) -> Iterator[Link]:
    own = {line.seq for line in lines}
    return (link for link in chains.places(tx, first) if link.seq not in own)


def _messages(tx: Tx, phone: bytes) -> dict[str, list[dict[str, Any]]]:
    sent = [*_rows(tx, REMINDERS, phone), *_rows(tx, NOTICES, phone)]
    return {
        "texts": sorted(sent, key=lambda text: str(text["committed_at"])),
        "replies": _rows(tx, REPLIES, phone),
        "suppressions": _rows(tx, SUPPRESSIONS, phone),
    }


REMINDERS = (
    "SELECT 'cart_reminder' AS kind, touch_id AS id, channel, state, provider_id, code, segments, decision,"
    " committed_at, handed_at, reported_at, sealed FROM attempts"
    " WHERE shop_id = :shop_id AND phone_hash = :phone ORDER BY committed_at, id"
)
NOTICES = (
    "SELECT kind, id, state, provider_id, code, segments, decision, asked_at, committed_at, answered_at, sealed"
    " FROM notices WHERE shop_id = :shop_id AND phone_hash = :phone AND committed_at IS NOT NULL"
    " ORDER BY committed_at, id"
)
REPLIES = (
    "SELECT at, provider_id, intent, rule, flagged, sealed FROM replies"
    " WHERE shop_id = :shop_id AND phone_hash = :phone ORDER BY at, id"
)
SUPPRESSIONS = (
    "SELECT kind, reason, at, lifted_at FROM suppressions WHERE shop_id = :shop_id AND phone_hash = :phone"
)


def _rows(tx: Tx, sql: str, phone: bytes) -> list[dict[str, Any]]:
    return [_plain(tx, dict(row._mapping)) for row in tx.rows(sql, phone=phone)]


def _plain(tx: Tx, row: dict[str, Any]) -> dict[str, Any]:
    """JSON values; what was sealed stands among the rest, and a text that was erased is null."""
    if "sealed" in row:
        sealed = row.pop("sealed")
        held = {} if sealed is None else tx.unseal(sealed)
        row |= {
            name: held.get(name)
            for name in ("text", "sender", "from", "locale")
            if name == "text" or held.get(name)
        }
    return {name: _json(value) for name, value in row.items()}


def _json(value: Any) -> Any:
    if isinstance(value, datetime):
        return moment(value)
    return value if isinstance(value, str | int | bool | dict | None) else str(value)
