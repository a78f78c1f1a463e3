"""The file `.env`: NAME=value lines."""

from pathlib import Path


def read_dotenv(path: Path) -> dict[str, str]:
    """The names and values of a `.env` file.

    A line is `NAME=value`, with or without `export` before it and quotes around the value. Lines that start
    with # are comments; a # later in a line belongs to the value.
    """
    found: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and not name.startswith("#"):
            value = value.strip()
            quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
            found[name.strip()] = value[1:-1] if quoted else value
    return found
