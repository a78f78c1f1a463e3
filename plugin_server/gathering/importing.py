"""Consents from a file, all or nothing: the whole file is judged first, then written in one transaction.

Nothing in a file can lift an opt-out, and an opt-out in a file is always taken.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from compliance.phones import mask
from plugin_server.gathering import rows as file_rows
from plugin_server.gathering.csv_files import Table, records, unchanged
from plugin_server.gathering.errors import AlreadyImported, BadFile
from plugin_server.gathering.judging import CHUNK, Judged, Remark, Tick
from plugin_server.gathering.proof import evidence
from plugin_server.gathering.rows import Reading, Row
from plugin_server.store import consents, imports, people
from plugin_server.store.standings import Standing, standings
from plugin_server.store.tx import Tx


@dataclass(slots=True)
class Outcome:
    """What was done, or would be done. Counts are of numbers; `stays_out`: opted out here, whatever the file says."""

    new: int = 0
    known: int = 0
    proven: int = 0
    unproven: int = 0
    pending: int = 0
    opted_out: int = 0
    stays_out: int = 0
    remarks: list[Remark] = field(default_factory=list)

    @property
    def taken(self) -> int:
        return self.new + self.known + self.opted_out


def rehearse(tx: Tx, table: Table, how: Reading, judged: Judged, tick: Tick = lambda _: None) -> Outcome:
    """What `write` would do. Raises AlreadyImported."""
    _refuse_again(tx, table)
    outcome = Outcome()
    for rows in _chunks(table, how, judged, tick):
        _decide(tx, rows, outcome)
    return outcome


def write(tx: Tx, table: Table, how: Reading, judged: Judged, tick: Tick = lambda _: None) -> Outcome:
    """Write what counts, in the transaction of `tx`: if anything fails, or the process is killed, there is nothing.

    Raises AlreadyImported, and BadFile if the file is no longer what was judged."""
    consents.hold(
        tx
    )  # before any row: whoever writes about the same numbers waits, and no two wait for each other
    _refuse_again(tx, table)
    outcome, name = Outcome(), table.path.name
    claimed = imports.begin(tx, table.sha256, name, how.columns.names, how.now)
    if claimed is None:
        raise AlreadyImported("this file is being imported, or was a moment ago")
    for rows in _chunks(table, how, judged, tick):
        _put(tx, _decide(tx, rows, outcome), name, how.now)
    if not unchanged(table):
        raise BadFile("the file changed while it was being imported: nothing was")
    if outcome.taken:
        imports.finish(tx, claimed, counts(judged, outcome))
    else:
        imports.withdraw(tx, claimed)
    return outcome


def counts(judged: Judged, outcome: Outcome) -> dict[str, int]:
    """The numbers of an import, as they are kept and shown."""
    return {
        "rows": judged.rows,
        "new": outcome.new,
        "known": outcome.known,
        "proven": outcome.proven,
        "unproven": outcome.unproven,
        "pending": outcome.pending,
        "opted_out": outcome.opted_out,
        "stays_out": outcome.stays_out,
        "duplicates": judged.duplicates,
        "refused": judged.refused.total(),
    }


@dataclass(slots=True)
class _Decided:
    """Of some rows: those to be written down, and of these the opt-outs that are in force."""

    taken: list[Row] = field(default_factory=list)
    stops: list[Row] = field(default_factory=list)


def _refuse_again(tx: Tx, table: Table) -> None:
    at = imports.imported_at(tx, table.sha256)
    if at is not None:
        raise AlreadyImported(
            f"this very file was imported on {at:%Y-%m-%d %H:%M} UTC: put the rows that were refused then, once they"
            " are right, into a file of their own"
        )


def _chunks(table: Table, how: Reading, judged: Judged, tick: Tick) -> Iterator[list[Row]]:
    """The rows that count, again from the file."""
    waiting: list[Row] = []
    passed = 1
    for line, cells in records(table):
        number = judged.kept.get(line)
        row = file_rows.read(line, cells, how, number) if number else None
        if isinstance(row, Row):
            waiting.append(row)
        if len(waiting) == CHUNK:
            yield waiting
            tick(line - passed)
            waiting, passed = [], line
    if waiting:
        yield waiting
    tick(max(table.lines - passed, 0))


def _decide(tx: Tx, rows: Sequence[Row], outcome: Outcome) -> _Decided:
    """Weigh these rows against what is known here, and count."""
    hashes = {row.phone: phone for row in rows if (phone := tx.phone(row.phone)) is not None}
    stands = standings(tx, list(hashes.values()))
    stopped = people.suppressed(tx, list(hashes.values()))
    decided = _Decided()
    for row in rows:
        phone = hashes[row.phone]
        where, stop = stands.get(phone), stopped.get(phone)
        if row.kind == "opt_out":
            _decide_opt_out(row, where, stop, decided, outcome)
        else:
            _decide_consent(row, where, stop, decided, outcome)
    return decided


def _decide_consent(row: Row, where: Standing | None, stop: Any, decided: _Decided, outcome: Outcome) -> None:
    if stop is not None or (where is not None and where.state in ("unsubscribed", "retired")):
        outcome.stays_out += 1
        why = (
            "this number was retired: nothing reached it"
            if _bounced(stop)
            else "opted out here: only they can undo it"
        )
        outcome.remarks.append(Remark(row.line, "stays out", why, mask(row.phone)))
        return
    decided.taken.append(row)
    outcome.new += where is None
    outcome.known += where is not None
    outcome.proven += row.kind == "confirmed"
    outcome.unproven += row.kind == "given"
    outcome.pending += row.kind == "pending"


def _decide_opt_out(row: Row, where: Standing | None, stop: Any, decided: _Decided, outcome: Outcome) -> None:
    if stop is not None and not _bounced(stop):
        outcome.stays_out += 1
        return
    decided.taken.append(row)
    if where is not None and where.proven_at is not None and where.proven_at > row.at:
        outcome.known += 1
        why = "an old opt-out: this person proved a new consent after it"
        outcome.remarks.append(Remark(row.line, "outlived", why, mask(row.phone)))
        return
    outcome.opted_out += 1
    decided.stops.append(row)


def _bounced(stop: Any) -> bool:
    return stop is not None and stop.kind == "bounced"


def _put(tx: Tx, decided: _Decided, name: str, now: datetime) -> None:
    """Suppress before the lines are added: the list then knows at once."""
    stops = [(phone, row.at) for row in decided.stops if (phone := tx.phone(row.phone)) is not None]
    imports.opt_out(tx, stops, f"opted out before the import of {name}", now)
    consents.append(tx, [line for row in decided.taken for line in evidence(row, name)], now)
