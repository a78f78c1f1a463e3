"""The customer database as it is looked at: counted, and a part at a time."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from plugin_server.store.standings import STATES, State
from plugin_server.store.tx import Tx


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A row of the list. `phone`, `name` and `email` are empty once the person was erased."""

    phone_hash: bytes
    phone: str = field(repr=False)
    name: str = field(repr=False)
    email: str = field(repr=False)
    country: str
    locale: str
    source: str
    state: State
    joined_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """A part of the list, newest change first. `following`: the cursor of the next part; None at the end."""

    people: tuple[Subscriber, ...]
    following: str | None


def counts(tx: Tx) -> dict[State, int]:
    """How many numbers are in each state; states that nobody is in are there with 0."""
    rows = tx.rows("SELECT state, count(*) AS n FROM subscribers WHERE shop_id = :shop_id GROUP BY state")
    found = {row.state: row.n for row in rows}
    return {state: found.get(state, 0) for state in STATES}


def page(tx: Tx, state: State, cursor: str | None = None, most: int = 100) -> Page:
    """Up to `most` numbers in this state. `cursor`: what the part before gave as `following`. Raises BadCursor."""
    at, phone = _read(cursor) if cursor else (None, b"")
    rows = tx.rows(
        "SELECT * FROM subscribers WHERE shop_id = :shop_id AND state = :state"
        " AND (CAST(:at AS timestamptz) IS NULL OR (changed_at, phone_hash) < (:at, :phone))"
        " ORDER BY changed_at DESC, phone_hash DESC LIMIT :most",
        state=state,
        at=at,
        phone=phone,
        most=most + 1,
    )
    people = tuple(_opened(tx, row) for row in rows[:most])
    return Page(people, _cursor(people[-1]) if len(rows) > most else None)


class BadCursor(ValueError):
    """This is no place in the list: begin without a cursor."""


def _cursor(last: Subscriber) -> str:
    return f"{last.changed_at.isoformat()}~{last.phone_hash.hex()}"


def _read(cursor: str) -> tuple[datetime, bytes]:
    at, _, phone = cursor.partition("~")
    try:
        found = datetime.fromisoformat(at), bytes.fromhex(phone)
    except ValueError:
        raise BadCursor(BadCursor.__doc__) from None
    if found[0].tzinfo is None:
        raise BadCursor(BadCursor.__doc__)
    return found


def _opened(tx: Tx, row: Any) -> Subscriber:
    known = tx.unseal(row.sealed) if row.sealed is not None else {}
    return Subscriber(
        phone_hash=bytes(row.phone_hash),
        phone=known.get("phone", ""),
        name=known.get("name", ""),
        email=known.get("email", ""),
        country=row.country,
        locale=row.locale,
        source=row.source,
        state=row.state,
        joined_at=row.joined_at,
        changed_at=row.changed_at,
    )
