"""What an import says when it is done: in words, as JSON, and row by row in a file for the merchant."""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from plugin_server.gathering.csv_files import DELIMITERS, Table
from plugin_server.gathering.importing import Outcome, counts
from plugin_server.gathering.judging import Judged, Remark
from plugin_server.gathering.mapping import Columns

COLUMNS = ("line", "outcome", "why", "phone")
FORMULAS = ("=", "+", "-", "@", "\t", "\r")
COUNTED = {
    "new": "new numbers",
    "known": "numbers that were known",
    "proven": "proven: confirmed in words that name cart reminders",
    "unproven": "unproven: asked to confirm where the rules want it",
    "pending": "pending: had not confirmed",
    "opted_out": "opted out",
    "stays_out": "stay opted out, whatever the file says",
    "duplicates": "duplicates left out",
    "refused": "rows refused",
}


def write_report(path: Path, remarks: Iterable[Remark]) -> None:
    """A CSV file with a line for each row that wasn't simply taken. Raises OSError."""
    with path.open(
        "w", encoding="utf-8-sig", newline=""
    ) as file:  # with the mark, or Excel takes it for another
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for one in sorted(remarks, key=lambda r: r.line):
            writer.writerow([one.line, *map(harmless, (one.outcome, one.why, one.masked))])


def harmless(cell: str) -> str:
    """A cell that a spreadsheet takes for text, never for a formula (OWASP, CSV Injection)."""
    return f"'{cell}" if cell.startswith(FORMULAS) else cell


def as_json(table: Table, columns: Columns, judged: Judged, outcome: Outcome, dry: bool) -> dict[str, Any]:
    return {
        "file": table.path.name,
        "sha256": table.sha256,
        "encoding": table.encoding,
        "delimiter": table.delimiter,
        "columns": dict(columns.names),
        "unused": list(columns.unused),
        "dry_run": dry,
        "counts": counts(judged, outcome),
        "refused": dict(judged.refused.most_common()),
    }


def in_words(table: Table, columns: Columns, judged: Judged, outcome: Outcome, dry: bool) -> list[str]:
    numbers = counts(judged, outcome)
    said = [
        f"{table.path.name}: {table.encoding.upper()}, delimiter {DELIMITERS[table.delimiter]},"
        f" {numbers['rows']} rows",
        "columns: " + ", ".join(f"{field}={name}" for field, name in columns.names.items()),
    ]
    if columns.unused:
        said.append(f"not used: {', '.join(columns.unused)}")
    said.append("would be imported:" if dry else "imported:")
    said += [f"  {numbers[name]:>8}  {words}" for name, words in COUNTED.items() if numbers[name]]
    said += [f"  {n:>8}    {why}" for why, n in judged.refused.most_common(10)]
    return said
