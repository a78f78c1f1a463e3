"""How far the first reading of a shop is, in words for the merchant."""

from collections.abc import Sequence
from dataclasses import dataclass

from plugin_server.store.watermarks import Watermark
from sequences.reread_ports import What

LABELS: dict[What, str] = {"orders": "Orders", "checkouts": "Abandoned checkouts"}


@dataclass(frozen=True, slots=True)
class Progress:
    """One kind of thing. `most`: how many there are, as far as is known; 0 before that is asked. `says`: in words."""

    what: What
    label: str
    done: int
    most: int
    says: str


def first_reading(rows: Sequence[Watermark]) -> list[Progress]:
    """Every kind, until the last of them has been read once; then nothing is left to show."""
    if all(not row.first for row in rows):
        return []
    return [_of(row) for row in rows]


def _of(row: Watermark) -> Progress:
    most = row.done if not row.first else max(row.expected or 0, row.done)
    return Progress(row.what, LABELS[row.what], row.done, most, _says(row, most))


def _says(row: Watermark, most: int) -> str:
    if not row.first:
        return f"{row.done:,} read: done"
    if row.note:
        return "can't be read just now; it will be tried again"
    if row.began_at is None:
        return "waiting for their turn"
    return f"{row.done:,} of {most:,} read" if row.expected is not None else "just begun"
