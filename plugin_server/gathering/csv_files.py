"""A CSV file as people have them: its encoding and delimiter found out, or the line and byte where it is broken.

The file is looked through as a whole before anything is done with a row of it, and read twice after that, a row at a
time: it is never in memory.
"""

import codecs
import csv
import hashlib
import io
import itertools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from plugin_server.gathering.errors import BadFile

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
CHUNK = 1 << 20
SAMPLE = 50  # records that the delimiter is told from

# By its byte order mark; without one it must be UTF-8.
MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


@dataclass(frozen=True, slots=True)
class Table:
    """A file that can be read. `lines` counts line ends, for showing progress; `sha256` names its bytes."""

    path: Path
    encoding: str
    mark: int
    delimiter: str
    header: tuple[str, ...]
    sha256: str
    lines: int


def look(path: Path) -> Table:
    """Look the whole file through. Raises BadFile, naming line and byte."""
    encoding, mark = _encoding(path)
    sha256, lines = _whole(path, encoding, mark)
    delimiter = _delimiter(path, encoding, mark)
    header = _header(path, encoding, mark, delimiter)
    return Table(path, encoding, mark, delimiter, header, sha256, lines)


def records(table: Table) -> Iterator[tuple[int, list[str]]]:
    """Each record after the header with the line it begins on (the header is on line 1). Blank lines are left out.

    Raises BadFile where quotes are broken: from there on nothing can be told apart."""
    with _text(table.path, table.encoding, table.mark) as file:
        reader = csv.reader(file, delimiter=table.delimiter, strict=True)
        begins, first = 1, True
        while True:
            try:
                cells = next(reader, None)
            except csv.Error as error:
                raise BadFile(
                    f"line {begins}: {error}; a quoted cell begins or ends in a wrong place"
                ) from None
            if cells is None:
                return
            if any(cell.strip() for cell in cells):
                if not first:
                    yield begins, cells
                first = False
            begins = reader.line_num + 1


def unchanged(table: Table) -> bool:
    """The file still holds the bytes it was judged by."""
    with table.path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == table.sha256


def _text(path: Path, encoding: str, mark: int) -> io.TextIOWrapper:
    raw = path.open("rb")
    raw.seek(mark)
    return io.TextIOWrapper(raw, encoding=encoding, newline="")


def _encoding(path: Path) -> tuple[str, int]:
    """The encoding, and how many bytes its mark takes."""
    try:
        with path.open("rb") as file:
            head = file.read(4)
    except OSError as error:
        raise BadFile(error.strerror or str(error)) from None
    if not head:
        raise BadFile("the file is empty")
    if head == b"PK\x03\x04":
        raise BadFile("this is a spreadsheet or an archive, not CSV: save the sheet as 'CSV UTF-8'")
    for mark, encoding in MARKS:
        if head.startswith(mark):
            return encoding, len(mark)
    return "utf-8", 0


def _whole(path: Path, encoding: str, mark: int) -> tuple[str, int]:
    """The file's SHA-256 and its number of line ends; every byte of it is decoded on the way."""
    decoder = codecs.getincrementaldecoder(encoding)()
    digest, ends, done = hashlib.sha256(), Counter[str](), mark
    with path.open("rb") as file:
        digest.update(file.read(mark))
        while True:
            chunk = file.read(CHUNK)
            digest.update(chunk)
            held = len(decoder.getstate()[0])
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                before = error.object[: error.start].decode(encoding)
                if "\0" in before:
                    raise BadFile(_holds_nul(ends, before)) from None
                raise BadFile(_undecodable(error, encoding, done - held, _line(ends, before))) from None
            if "\0" in text:
                raise BadFile(_holds_nul(ends, text))
            ends.update({"\n": text.count("\n"), "\r": text.count("\r")})
            done += len(chunk)
            if not chunk:
                return digest.hexdigest(), ends["\n"] or ends["\r"]


def _line(ends: Counter[str], before: str) -> int:
    """The line that comes after what was read; a file of old Macs ends its lines with \\r alone."""
    feeds = ends["\n"] + before.count("\n")
    return 1 + (feeds or ends["\r"] + before.count("\r"))


def _undecodable(error: UnicodeDecodeError, encoding: str, base: int, line: int) -> str:
    byte = error.object[error.start]
    return (
        f"line {line}, byte {base + error.start + 1} (0x{byte:02X}) isn't {encoding.upper()}: save the file as"
        " 'CSV UTF-8' and try again"
    )


def _holds_nul(ends: Counter[str], text: str) -> str:
    line = _line(ends, text[: text.index("\0")])
    return (
        f"line {line} holds a NUL character: the file is no text, or UTF-16 without a byte order mark; save it as"
        " 'CSV UTF-8' and try again"
    )


def _delimiter(path: Path, encoding: str, mark: int) -> str:
    """Which of the four makes a table of the first records: as many cells in each row as in the header."""
    scores: dict[str, tuple[float, int]] = {}
    for one in DELIMITERS:
        widths = _widths(path, encoding, mark, one)
        if widths and widths[0] > 1:
            scores[one] = (sum(width == widths[0] for width in widths) / len(widths), widths[0])
    best = max(scores.values(), default=None)
    found = [one for one, score in scores.items() if score == best]
    names = ", ".join(DELIMITERS.values())
    if not found:
        raise BadFile(
            f"no delimiter found in the first line: looked for {names}; a table has two columns or more"
        )
    if len(found) > 1:
        raise BadFile(
            f"the delimiter can't be told: it could be {' or '.join(DELIMITERS[one] for one in found)}"
        )
    return found[0]


def _widths(path: Path, encoding: str, mark: int, delimiter: str) -> list[int]:
    """Cells in each of the first records, up to where quotes don't fit this delimiter."""
    widths: list[int] = []
    with _text(path, encoding, mark) as file:
        try:
            for cells in itertools.islice(csv.reader(file, delimiter=delimiter, strict=True), SAMPLE):
                if any(cell.strip() for cell in cells):
                    widths.append(len(cells))
        except csv.Error:
            pass
    return widths


def _header(path: Path, encoding: str, mark: int, delimiter: str) -> tuple[str, ...]:
    with _text(path, encoding, mark) as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        cells = next(
            tuple(cell.strip() for cell in row) for row in reader if any(cell.strip() for cell in row)
        )
    if any(map(_is_data, cells)):
        raise BadFile("the first line holds data: a header is needed, one name for each column")
    twice = [name for name, n in Counter(cell.casefold() for cell in cells if cell).items() if n > 1]
    if twice:
        raise BadFile(f"the header names a column twice: {', '.join(twice)}")
    return cells


def _is_data(cell: str) -> bool:
    """A number, an address, a day: nothing that a column is called. It may be somebody's, so it isn't repeated."""
    return bool(
        re.search(r"\d(?:[ ().-]?\d){6,}|\S@\S+\.\S|\d{4}-\d\d-\d\d|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}", cell)
    )
