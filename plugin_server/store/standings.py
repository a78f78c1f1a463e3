"""Where a number stands on the list, by its lines of evidence and its suppression."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Literal

from plugin_server.store.tx import Tx

State = Literal["subscribed", "pending", "unsubscribed", "retired"]
STATES: tuple[State, ...] = ("subscribed", "pending", "unsubscribed", "retired")
# Of two lines with one time the more cautious counts last; what was only noted says nothing.
CAUTION = {"given": 0, "pending": 1, "requested": 1, "withdrawn": 2}


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a number stands, since when, and where it came from first. `proven_at`: of the last proven consent that
    no withdrawal came after."""

    state: State
    source: str
    joined_at: datetime
    changed_at: datetime
    proven_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Mind:
    """What the lines so far add up to. `asked`: they were asked to confirm, and haven't yet."""

    state: State | None = None
    proven_at: datetime | None = None
    asked: bool = False


def standing(lines: Iterable[Any], stopped: Any = None) -> Standing | None:
    """Where a number stands by its lines (rows with state, at, source, proven; in any order) and the suppression in
    force (kind, at). None if no line says anything."""
    told = sorted((x for x in lines if x.state in CAUTION), key=lambda x: (x.at, CAUTION[x.state]))
    if not told:
        return None
    first = next((line for line in told if line.state != "withdrawn"), told[0])
    mind, changed_at = _Mind(), told[0].at
    for line in told:
        then = _after(mind, line)
        changed_at = changed_at if then.state == mind.state else line.at
        mind = then
    state: State = mind.state or "pending"
    if stopped is not None:
        state = "retired" if stopped.kind == "bounced" else "unsubscribed"
        changed_at = changed_at if state == mind.state else stopped.at
    return Standing(state, first.source, first.at, changed_at, mind.proven_at)


def _after(mind: _Mind, line: Any) -> _Mind:
    """As `compliance.consent.view` weighs them: a proven consent isn't weakened by a later flag or request."""
    if line.state == "withdrawn":
        return _Mind("unsubscribed")
    if line.state == "given" and (line.proven or not mind.asked):
        return _Mind("subscribed", line.at if line.proven else mind.proven_at)
    if mind.proven_at is not None:
        return mind
    return _Mind("pending", asked=mind.asked or line.state == "requested")


def standings(tx: Tx, phones: Sequence[bytes]) -> dict[bytes, Standing]:
    """Where these numbers stand, read from the lines and the suppressions themselves."""
    rows = tx.rows(
        "SELECT phone_hash, state, at, source, proven FROM consents WHERE shop_id = :shop_id"
        " AND phone_hash = ANY(:phones) ORDER BY phone_hash",
        phones=list(phones),
    )
    stops = tx.rows(
        "SELECT phone_hash, kind, at FROM suppressions WHERE shop_id = :shop_id AND phone_hash = ANY(:phones)"
        " AND lifted_at IS NULL",
        phones=list(phones),
    )
    stopped = {bytes(row.phone_hash): row for row in stops}
    lines = groupby(rows, lambda row: bytes(row.phone_hash))
    found = ((phone, standing(own, stopped.get(phone))) for phone, own in lines)
    return {phone: where for phone, where in found if where is not None}
