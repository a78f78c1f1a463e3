"""Stores that are being connected: one-time states, and the keys that stores gave for them until they were tried.

Only the hash of a state is kept: whoever reads the table can't play a store.
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Connection, text

from plugin_server.crypto import Vault, VaultError

LASTS = timedelta(minutes=30)
UNLEASED = "(lease_until IS NULL OR lease_until < clock_timestamp())"
DUE = f"state = 'keyed' AND due_at <= :now AND {UNLEASED}"
CLAIM = text(
    "UPDATE connect_states SET tries = tries + 1, lease_until = clock_timestamp() + make_interval(secs => :lease)"
    f" WHERE hash = (SELECT hash FROM connect_states WHERE {DUE} ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)"
    " RETURNING hash, store, sealed, keyed_at, tries, lease_until"
)
# What came of a key is of no interest once there is a later one: then only the lease is given back.
SETTLE = text(
    "UPDATE connect_states SET lease_until = NULL,"
    " state = CASE WHEN keyed_at = :keyed_at THEN :state ELSE state END,"
    " sealed = CASE WHEN keyed_at = :keyed_at AND :state <> 'keyed' THEN NULL ELSE sealed END,"
    " shop = coalesce(:shop, shop), due_at = CASE WHEN keyed_at = :keyed_at THEN :due ELSE due_at END,"
    " trouble = CASE WHEN keyed_at = :keyed_at THEN :trouble ELSE trouble END,"
    " note = CASE WHEN keyed_at = :keyed_at THEN :note ELSE note END"
    " WHERE hash = :hash AND lease_until = :lease"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """How far somebody's attempt to connect a store is. `shop`: the id of whose it became."""

    store: str
    state: str
    expires_at: datetime
    trouble: str
    note: str
    shop: int | None
    tries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A key to be tried. `lease` is also the token that says whose it is."""

    hash: bytes
    store: str
    key: str = field(repr=False)
    secret: str = field(repr=False)
    keyed_at: datetime
    tries: int
    lease: datetime


def begin(c: Connection, store: str, now: datetime) -> str:
    """A new attempt. Returns its state, which nobody else knows and which is good for half an hour."""
    state = secrets.token_urlsafe(32)
    c.execute(
        text(
            "INSERT INTO connect_states (hash, store, made_at, expires_at) VALUES (:hash, :store, :now, :until)"
        ),
        {"hash": _hash(state), "store": store, "now": now, "until": now + LASTS},
    )
    return state


def read(c: Connection, state: str) -> Attempt | None:
    columns = "store, state, expires_at, trouble, note, shop, tries"
    row = c.execute(
        text(f"SELECT {columns} FROM connect_states WHERE hash = :hash"), {"hash": _hash(state)}
    ).one_or_none()
    return None if row is None else Attempt(**row._mapping)


def take_key(c: Connection, vault: Vault, state: str, key: str, secret: str, now: datetime) -> bool:
    """A store gave a key. It may give another later: the last one counts. False: the state isn't good (any more)."""
    hashed = _hash(state)
    row = c.execute(
        text(
            "UPDATE connect_states SET state = 'keyed', sealed = :sealed, keyed_at = :now, due_at = :now, tries = 0,"
            " trouble = '', note = '' WHERE hash = :hash AND expires_at > :now AND state <> 'denied' RETURNING hash"
        ),
        {"hash": hashed, "sealed": vault.encrypt_json([key, secret], _bind(hashed)), "now": now},
    )
    return row.one_or_none() is not None


def deny(c: Connection, state: str) -> None:
    """The merchant said no at the store. After a key it says nothing any more."""
    c.execute(
        text("UPDATE connect_states SET state = 'denied' WHERE hash = :hash AND state = 'waiting'"),
        {"hash": _hash(state)},
    )


def waiting(c: Connection, now: datetime) -> bool:
    """Is there a key to be tried?"""
    sql = f"SELECT EXISTS (SELECT FROM connect_states WHERE {DUE})"
    return bool(c.execute(text(sql), {"now": now}).scalar_one())


def claim(c: Connection, vault: Vault, now: datetime, lease_seconds: int) -> Claimed | None:
    """Take the key that waits longest. Commit before trying it."""
    row = c.execute(CLAIM, {"now": now, "lease": lease_seconds}).one_or_none()
    if row is None:
        return None
    hashed = bytes(row.hash)
    try:
        key, secret = cast(list[str], vault.decrypt_json(bytes(row.sealed), _bind(hashed)))
    except VaultError:  # it was sealed under a key that is gone: it opens nothing, and others wait behind it
        key, secret = "", ""
    return Claimed(
        hash=hashed,
        store=row.store,
        key=key,
        secret=secret,
        keyed_at=row.keyed_at,
        tries=row.tries,
        lease=row.lease_until,
    )


def finish(c: Connection, claimed: Claimed, shop_id: int) -> None:
    _settle(c, claimed, state="connected", shop=shop_id)


def fail(c: Connection, claimed: Claimed, trouble: str, note: str) -> None:
    """The key opens nothing: it isn't kept."""
    _settle(c, claimed, state="failed", trouble=trouble, note=note)


def put_off(c: Connection, claimed: Claimed, trouble: str, note: str, due: datetime) -> None:
    _settle(c, claimed, state="keyed", trouble=trouble, note=note, due=due)


def forget(c: Connection, before: datetime) -> int:
    """Drop what ended before this. Returns how many."""
    return c.execute(
        text("DELETE FROM connect_states WHERE expires_at < :before"), {"before": before}
    ).rowcount


def _settle(c: Connection, claimed: Claimed, **said: Any) -> None:
    usual = {"shop": None, "trouble": "", "note": "", "due": None}
    c.execute(
        SETTLE,
        {
            **usual,
            **said,
            "note": str(said.get("note", ""))[:500],
            "hash": claimed.hash,
            "keyed_at": claimed.keyed_at,
            "lease": claimed.lease,
        },
    )


def _hash(state: str) -> bytes:
    return hashlib.sha256(state.encode("utf-8", "replace")).digest()


def _bind(hashed: bytes) -> str:
    return f"key for {hashed.hex()}"
