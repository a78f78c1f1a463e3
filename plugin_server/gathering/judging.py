"""What the rows of a file are worth, before anything is written: read once, the best row of each number kept."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from compliance.phones import mask
from plugin_server.gathering import rows as file_rows
from plugin_server.gathering.csv_files import Table, records
from plugin_server.gathering.errors import TooManyErrors
from plugin_server.gathering.rows import Number, Reading, Refusal, Row

CHUNK = 2000  # rows that are written at once
Tick = Callable[[int], None]
"""Told how many lines of the file were passed; for showing progress."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something the merchant should know about one row. `masked`: its number, as far as it may be shown."""

    line: int
    outcome: str
    why: str
    masked: str = ""


@dataclass(slots=True)
class Judged:
    """What the rows of a file are worth, before anything is written. `kept`: the rows that count, by line."""

    kept: dict[int, Number] = field(default_factory=dict, repr=False)
    rows: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0
    remarks: list[Remark] = field(default_factory=list)


def judge(table: Table, how: Reading, tick: Tick = lambda _: None) -> Judged:
    """Read every row. Of several rows about one number the best counts: an opt-out, else the better evidence, else
    the newer. Raises BadFile."""
    judged, best = Judged(), dict[str, tuple[tuple[int, datetime], int, str]]()
    for line, row in _read(table, how, tick):
        judged.rows += 1
        if isinstance(row, Refusal):
            judged.refused[row.why] += 1
            judged.remarks.append(Remark(line, "refused", row.why, row.masked))
            continue
        if row.note:
            judged.remarks.append(Remark(line, "unproven", row.note, mask(row.phone)))
        _weigh(judged, best, row)
    judged.kept = {line: (phone, country) for phone, (_, line, country) in best.items()}
    return judged


def _read(table: Table, how: Reading, tick: Tick) -> Iterator[tuple[int, Row | Refusal]]:
    passed = 1
    for n, (line, cells) in enumerate(records(table)):
        yield line, file_rows.read(line, cells, how)
        if n % CHUNK == 0:
            tick(line - passed)
            passed = line
    tick(max(table.lines - passed, 0))


def _weigh(judged: Judged, best: dict[str, tuple[tuple[int, datetime], int, str]], row: Row) -> None:
    before = best.get(row.phone)
    better = before is None or row.rank > before[0]
    if better:
        best[row.phone] = (row.rank, row.line, row.country)
    if before is not None:
        lost, won = (before[1], row.line) if better else (row.line, before[1])
        judged.duplicates += 1
        judged.remarks.append(
            Remark(lost, "duplicate", f"line {won} about this number counts", mask(row.phone))
        )


def refuse_if_strict(judged: Judged, strict: bool) -> None:
    """Raises TooManyErrors."""
    wrong = judged.refused.total()
    if strict and wrong:
        first = "; ".join(f"line {r.line}: {r.why}" for r in judged.remarks[:3])
        raise TooManyErrors(
            f"{wrong} of {judged.rows} rows are wrong, and --strict takes all or nothing. The first: {first}."
            " --dry-run with --report lists them all"
        )
