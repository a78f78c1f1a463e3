"""Figures about a shop's list of numbers: for the hygiene report, and for telling which numbers are dead."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from plugin_server.store import subscriber_list
from plugin_server.store.standings import State
from plugin_server.store.tx import Tx

STALE = timedelta(days=7)  # a request for confirmation that nobody answered for so long
SILENT = timedelta(days=180)

# Every text that was handed over to a number: reminders, and the others.
TEXTS = (
    "(SELECT phone_hash, state, code, coalesce(reported_at, committed_at) AS at FROM attempts WHERE shop_id = :shop_id"
    " UNION ALL SELECT phone_hash, state, code, decided_at FROM notices WHERE shop_id = :shop_id"
    " AND committed_at IS NOT NULL) AS texts"
)


@dataclass(frozen=True, slots=True)
class Figures:
    """A list in numbers. Countries and sources are of those that are subscribed or pending; `opt_outs`: (month, kind,
    how many) in force; `silent`: subscribed, texted in the last 180 days, and never reached."""

    states: Mapping[State, int]
    countries: Mapping[str, int]
    sources: Mapping[str, int]
    unproven: int
    pending_since: datetime | None
    pending_stale: int
    opt_outs: tuple[tuple[str, str, int], ...]
    silent: int
    imports: int
    duplicates: int
    refused: int


def read(tx: Tx, now: datetime) -> Figures:
    waiting = tx.one(
        "SELECT min(changed_at) AS since, count(*) FILTER (WHERE changed_at < :stale) AS stale FROM subscribers"
        " WHERE shop_id = :shop_id AND state = 'pending'",
        stale=now - STALE,
    )
    files = tx.one(
        "SELECT count(*) AS n, coalesce(sum((counts->>'duplicates')::bigint), 0) AS duplicates,"
        " coalesce(sum((counts->>'refused')::bigint), 0) AS refused FROM imports WHERE shop_id = :shop_id"
    )
    assert waiting is not None  # noqa: S101  (an aggregate has one row)
    assert files is not None  # noqa: S101
    return Figures(
        states=subscriber_list.counts(tx),
        countries=_grouped(tx, "country"),
        sources=_grouped(tx, "source"),
        unproven=_unproven(tx),
        pending_since=waiting.since,
        pending_stale=waiting.stale,
        opt_outs=_opt_outs(tx),
        silent=_silent(tx, now - SILENT),
        imports=files.n,
        duplicates=int(files.duplicates),
        refused=int(files.refused),
    )


def failed_days(tx: Tx, phone: bytes, code: str) -> int:
    """On how many days (UTC) texts to this number ended with this code since one last reached it."""
    row = tx.one(
        "SELECT count(DISTINCT (at AT TIME ZONE 'UTC')::date) AS days"
        f" FROM {TEXTS} WHERE phone_hash = :phone AND state = 'undelivered' AND code = :code"
        " AND at > coalesce(CAST(:last AS timestamptz), '-infinity')",
        phone=phone,
        code=code,
        last=last_delivery(tx, phone),
    )
    return 0 if row is None else int(row.days)


def last_delivery(tx: Tx, phone: bytes) -> datetime | None:
    """When a text last reached this number."""
    row = tx.one(
        f"SELECT max(at) AS at FROM {TEXTS} WHERE phone_hash = :phone AND state = 'delivered'", phone=phone
    )
    return None if row is None else row.at


def _grouped(tx: Tx, column: str) -> dict[str, int]:
    rows = tx.rows(
        f"SELECT {column} AS name, count(*) AS n FROM subscribers WHERE shop_id = :shop_id"
        " AND state IN ('subscribed', 'pending') GROUP BY 1 ORDER BY 2 DESC, 1"
    )
    return {row.name: row.n for row in rows}


def _unproven(tx: Tx) -> int:
    """Subscribed by a claim alone: no proven consent that stands."""
    row = tx.one(
        "SELECT count(*) AS n FROM subscribers s WHERE s.shop_id = :shop_id AND s.state = 'subscribed'"
        " AND NOT EXISTS (SELECT FROM consents c WHERE c.shop_id = s.shop_id AND c.phone_hash = s.phone_hash"
        " AND c.state = 'given' AND c.proven AND NOT EXISTS (SELECT FROM consents w WHERE w.shop_id = c.shop_id"
        " AND w.phone_hash = c.phone_hash AND w.state = 'withdrawn' AND w.at >= c.at))"
    )
    return 0 if row is None else int(row.n)


def _opt_outs(tx: Tx) -> tuple[tuple[str, str, int], ...]:
    rows = tx.rows(
        "SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM') AS month, kind, count(*) AS n FROM suppressions"
        " WHERE shop_id = :shop_id AND lifted_at IS NULL GROUP BY 1, 2 ORDER BY 1 DESC, 2"
    )
    return tuple((row.month, row.kind, row.n) for row in rows)


def _silent(tx: Tx, since: datetime) -> int:
    row = tx.one(
        "SELECT count(*) AS n FROM (SELECT s.phone_hash FROM subscribers s"
        f" JOIN {TEXTS} ON texts.phone_hash = s.phone_hash AND texts.at > :since"
        " AND texts.state IN ('accepted', 'sent', 'undelivered', 'never_known', 'delivered')"
        " WHERE s.shop_id = :shop_id AND s.state = 'subscribed'"
        " GROUP BY s.phone_hash HAVING count(*) FILTER (WHERE texts.state = 'delivered') = 0) AS silent",
        since=since,
    )
    return 0 if row is None else int(row.n)
