"""Texts to be reported to a platform's billing: written down in the transaction that learns of each, told once.

A row goes out under the same key however often it is tried. While the platform may have it without having said so
(`doubt_since`: from before the call until an answer that says it hasn't), it is repeated only as long as the key is
known there; then it is given up, since a text that is billed twice is worse than one that isn't billed.
"""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from plugin_server.store.attempts import FORWARD
from plugin_server.store.tx import Tx

DUE = "e.state = 'new' AND e.due_at <= :now"
UNLEASED = "(e.lease_until IS NULL OR e.lease_until < clock_timestamp())"
COUNT = (
    "INSERT INTO usage_events (shop_id, ref, segments, at, due_at)"
    " SELECT a.shop_id, a.touch_id, a.segments, a.committed_at, CAST(:now AS timestamptz) FROM {which} a"
    " WHERE a.state = ANY(:states) ON CONFLICT DO NOTHING"
)
TOLD_NOW = COUNT.format(which="(SELECT * FROM attempts WHERE shop_id = :shop_id AND touch_id = ANY(:refs))")
LAST = "(SELECT * FROM attempts WHERE shop_id = :shop_id AND touch_id = :ref ORDER BY id DESC LIMIT 1 FOR UPDATE)"
TOLD_LATER = COUNT.format(which=LAST)
# Of an attempt that the carrier accepted, its row is there. "undelivered" may be all that is known of one in doubt.
OPEN = [*FORWARD["submitted"][2], "undelivered"]
WAITS = text(f"SELECT EXISTS (SELECT FROM usage_events e WHERE {DUE} AND {UNLEASED})")
CLAIM = text(
    f"WITH next AS (SELECT e.shop_id, e.ref, e.doubt_since FROM usage_events e WHERE {DUE} AND {UNLEASED}"
    " ORDER BY e.due_at LIMIT :most FOR UPDATE SKIP LOCKED)"
    " UPDATE usage_events e SET tries = e.tries + 1, doubt_since = coalesce(e.doubt_since, :now),"
    " lease_until = clock_timestamp() + make_interval(secs => :lease)"
    " FROM next JOIN shops s ON s.id = next.shop_id WHERE e.shop_id = next.shop_id AND e.ref = next.ref"
    " RETURNING e.shop_id, e.ref, e.segments, e.at, e.tries, e.lease_until, next.doubt_since AS doubt_before,"
    " coalesce(s.facts ->> 'gid', '') AS gid"
)
DOUBTED = "e.doubt_since < :doubted"
# Unless it has come back. A shop that left before this was kept: with the text at the latest.
GONE = "s.state <> 'active' AND coalesce(s.uninstalled_at, e.at) < :gone"
# Without a wait for what another worker has in hand: two of these would wait for each other.
GIVE_UP = text(
    "WITH over AS (SELECT e.shop_id, e.ref FROM usage_events e JOIN shops s ON s.id = e.shop_id"
    f" WHERE {DUE} AND {UNLEASED} AND ({DOUBTED} OR {GONE} OR e.at < :old) FOR UPDATE OF e SKIP LOCKED)"
    " UPDATE usage_events e SET state = 'given_up', lease_until = NULL, ended_at = :now, note = left(CASE"
    f" WHEN {DOUBTED} THEN 'it may have been counted: too long ago to be told again without harm'"
    f" WHEN {GONE} THEN 'the shop uninstalled too long ago' ELSE 'too long ago' END"
    " || CASE WHEN e.note = '' THEN '' ELSE '; ' || e.note END, 300)"
    " FROM over JOIN shops s ON s.id = over.shop_id WHERE e.shop_id = over.shop_id AND e.ref = over.ref"
    " RETURNING e.shop_id, e.ref, e.note"
)
# Whoever was told says the truth, even if the lease is another's by now.
SETTLE = text(
    "UPDATE usage_events e SET state = r.state, note = r.note, due_at = coalesce(r.due, e.due_at),"
    " doubt_since = r.doubt, ended_at = r.ended, lease_until = NULL"
    " FROM json_to_recordset(CAST(:rows AS json)) AS r (shop bigint, ref uuid, lease timestamptz, state text,"
    " note text, due timestamptz, doubt timestamptz, ended timestamptz)"
    " WHERE e.shop_id = r.shop AND e.ref = r.ref AND e.state <> 'told'"
    " AND (r.state = 'told' OR e.state = 'new' AND e.lease_until = r.lease)"
)
REST = text(
    "WITH idle AS (SELECT shop_id, ref FROM usage_events WHERE state = 'new' AND due_at < :until"
    " FOR UPDATE SKIP LOCKED)"
    " UPDATE usage_events e SET due_at = :until FROM idle WHERE e.shop_id = idle.shop_id AND e.ref = idle.ref"
)


@dataclass(frozen=True, slots=True)
class UsageRow:
    """A claimed row. `lease_until` also says whose it is; `doubt_before`: since when it was in doubt before this try;
    `gid`: the shop's name at its platform, '' if it isn't known."""

    shop_id: int
    ref: uuid.UUID
    segments: int
    at: datetime
    tries: int
    lease_until: datetime
    doubt_before: datetime | None
    gid: str


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a row is tried: since it may have been counted, since its shop left, since its text."""

    doubt: timedelta
    gone: timedelta
    old: timedelta


# -- writing down


def count(tx: Tx, refs: Sequence[uuid.UUID], now: datetime) -> None:
    """The carrier just took these touches' texts: `attempts` says so already."""
    if refs:
        tx.run(TOLD_NOW, refs=list(refs), states=["accepted"], now=now)


def count_reported(tx: Tx, ref: uuid.UUID, status: str, now: datetime) -> None:
    """A report is about to be applied: if it is the first to say that the carrier has this text, it counts. One that
    only says that it couldn't be delivered leaves that open."""
    if status != "undelivered":
        tx.run(TOLD_LATER, ref=ref, states=OPEN, now=now)


# -- telling


def waiting(c: Connection, now: datetime) -> bool:
    """Is there one to tell?"""
    return bool(c.execute(WAITS, {"now": now}).scalar_one())


def give_up(c: Connection, now: datetime, patience: Patience) -> list[Any]:
    """End what mustn't or needn't be tried any more. Returns those: shop_id, ref, note."""
    binds = {
        "now": now,
        "doubted": now - patience.doubt,
        "gone": now - patience.gone,
        "old": now - patience.old,
    }
    return list(c.execute(GIVE_UP, binds))


def claim(c: Connection, now: datetime, most: int, lease_seconds: int) -> list[UsageRow]:
    """Take those that wait longest, of any shop. Commit before telling: from then on they are in doubt."""
    found = c.execute(CLAIM, {"now": now, "most": most, "lease": lease_seconds})
    return [UsageRow(*row) for row in found]


def settle(c: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """What became of claimed rows: shop, ref, lease, state, note, due (None: as it was), doubt, ended."""
    if rows:
        c.execute(SETTLE, {"rows": json.dumps(list(rows), default=str)})


def rest(c: Connection, until: datetime) -> None:
    """The platform doesn't answer: nothing is tried before `until`."""
    c.execute(REST, {"until": until})


# -- looking


def summary(tx: Tx) -> list[Any]:
    """By state: texts, segments, first and last."""
    return tx.rows(
        "SELECT state, count(*) AS texts, sum(segments) AS segments, min(at) AS first, max(at) AS last"
        " FROM usage_events WHERE shop_id = :shop_id GROUP BY state ORDER BY state DESC"
    )


def troubled(tx: Tx, most: int) -> list[Any]:
    """What was given up or isn't told yet, the newest first: ref, state, segments, at, tries, note."""
    return tx.rows(
        "SELECT ref, state, segments, at, tries, note FROM usage_events WHERE shop_id = :shop_id AND state <> 'told'"
        " ORDER BY at DESC, ref LIMIT :most",
        most=most,
    )
