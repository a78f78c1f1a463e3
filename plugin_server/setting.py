"""What one setting is: its meaning, how its text is read, what it is when nobody sets it."""

import base64
import binascii
import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from plugin_server.crypto import KEY_BYTES, Key

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "COMEBACK_"
PEM = "-----BEGIN "


class SettingsError(Exception):
    """Comeback can't start with these settings. `problems` says what to change, a line each."""

    permanent = True

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        lines = "".join(f"\n  {problem}" for problem in problems)
        super().__init__(
            f"Comeback can't start with these settings:{lines}\nEach is explained in .env.example."
        )


@dataclass(frozen=True, slots=True)
class Setting:
    """`read` turns the text into a value and raises ValueError with words; `sandbox` is the default there."""

    words: str
    read: Callable[[str], Any]
    default: str
    sandbox: str | None
    secret: bool
    made: bool  # in the sandbox it is made once and kept in the data folder


def setting(
    default: str,
    words: str,
    read: Callable[[str], Any] = str,
    *,
    sandbox: str | None = None,
    secret: bool = False,
    made: bool = False,
) -> Any:
    """A field of Settings that carries its Setting."""
    about = Setting(words, read, default, sandbox, secret, made)
    return field(repr=not secret, metadata={"setting": about})


def one_of(*choices: str) -> Callable[[str], str]:
    """Reads one of the given words."""

    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"must be {' or '.join(choices)}")
        return text

    return read


def whole(least: int, most: int) -> Callable[[str], int]:
    """Reads a whole number between `least` and `most`."""

    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,12}", text) or not least <= int(text) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(text)

    return read


def decimal(least: float, most: float) -> Callable[[str], float]:
    """Reads a number between `least` and `most`."""

    def read(text: str) -> float:
        if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", text) or not least <= float(text) <= most:
            raise ValueError(f"must be a number from {least:g} to {most:g}")
        return float(text)

    return read


def folder(text: str) -> Path:
    """Reads a folder; a relative one starts at the project's folder, wherever the command was called."""
    return ROOT / Path(text).expanduser()


def url(*schemes: str, holds: str = "") -> Callable[[str], str]:
    """Reads an address of one of the schemes, without a slash at its end. `holds` must stand in it."""

    def read(text: str) -> str:
        try:
            parts = urlsplit(text)
            named = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
        except ValueError:
            named = False
        if not named or parts.query or parts.fragment or re.search(r"\s", text):
            raise ValueError(f"must be an address that starts with {':// or '.join(schemes)}://")
        if holds not in text:
            raise ValueError(f"must contain {holds}")
        return text.rstrip("/")

    return lambda text: read(text) if text else ""


def database_url(text: str) -> str:
    """Reads a PostgreSQL address in any usual spelling, or nothing; gives SQLAlchemy's for psycopg 3."""
    if not text:
        return ""
    scheme, _, rest = text.partition("://")
    if scheme not in ("postgres", "postgresql", "postgresql+psycopg") or not rest:
        raise ValueError("must be an address that starts with postgresql://")
    return f"postgresql+psycopg://{rest}"


def redis_url(text: str) -> str:
    """Reads a Redis or Valkey address, or nothing."""
    if not text:
        return ""
    scheme, _, rest = text.partition("://")
    if scheme not in ("redis", "rediss", "unix", "valkey", "valkeys") or not rest:
        raise ValueError("must be an address that starts with redis://, rediss:// or unix://")
    return f"{scheme.replace('valkeys', 'rediss').replace('valkey', 'redis')}://{rest}"


def prices(text: str) -> dict[str, Decimal]:
    """Reads what one segment costs by country, `US:0.0079,GB:0.042,*:0.08`; * is everywhere else."""
    found = {}
    for part in (p.strip() for p in text.split(",") if p.strip()):
        country, colon, amount = part.partition(":")
        if (
            not colon
            or not re.fullmatch(r"[A-Z]{2}|\*", country)
            or not re.fullmatch(r"\d{1,3}(\.\d{1,6})?", amount)
        ):
            raise ValueError("must be COUNTRY:price of one segment, such as US:0.0079,GB:0.042,*:0.08")
        found[country] = Decimal(amount)
    return found


@dataclass(frozen=True, slots=True)
class Closed:
    """Days on which a place gets no texts, both included."""

    place: str
    first: date
    last: date

    def __str__(self) -> str:
        return f"{self.place}:{self.first}..{self.last}"


def emergencies(text: str) -> tuple[Closed, ...]:
    """Reads places without texts for some days, `US-LA:2026-08-29..2026-09-05`, separated by commas."""
    found = []
    for part in (p.strip() for p in text.split(",") if p.strip()):
        match = re.fullmatch(r"([A-Z]{2}(?:-[A-Z]{2,3})?):(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)", part)
        closed = _closed(*match.groups()) if match else None
        if closed is None:
            raise ValueError("must be PLACE:first..last, such as US-LA:2026-08-29..2026-09-05")
        found.append(closed)
    return tuple(found)


def _closed(place: str, first: str, last: str) -> Closed | None:
    try:
        closed = Closed(place, date.fromisoformat(first), date.fromisoformat(last))
    except ValueError:
        return None
    return closed if closed.first <= closed.last else None


def key_bytes(text: str) -> bytes:
    """Reads 32 bytes in base64, or nothing."""
    try:
        secret = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        secret = b"?"
    if len(secret) not in (0, KEY_BYTES):
        raise ValueError(f"must be {KEY_BYTES} random bytes in base64: openssl rand -base64 {KEY_BYTES}")
    return secret


def keys(text: str) -> tuple[Key, ...]:
    """Reads `id:base64,id:base64`, newest first."""
    found = tuple(_key(part.strip()) for part in text.split(",") if part.strip())
    if len({key.id for key in found}) != len(found):
        raise ValueError("must not name two keys alike")
    return found


def _key(text: str) -> Key:
    id_, colon, secret = text.partition(":")
    if not colon or not secret:
        raise ValueError("must be id:base64 of 32 bytes, separated by commas, newest first")
    return Key(id_, key_bytes(secret))


def pem(text: str) -> str:
    """Reads a private key: PEM (line ends may be written as \\n), or the path of a file that holds it."""
    if text and not text.startswith(PEM):
        text = _file(text)
    if text and not text.startswith(PEM):
        raise ValueError("must be a private key in PEM form, or the path of a file that holds one")
    return text.replace("\\n", "\n").strip()


def _file(path: str) -> str:
    try:
        return folder(path).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError, ValueError):
        raise ValueError("must be a private key in PEM form, or the path of a readable file") from None


def without_password(address: str) -> str:
    """The address with *** for its password, also for one in its query."""
    address = re.sub(r"(://[^:@/?]*:).*@", r"\1***@", address)
    return re.sub(r"([?&](?:password|sslpassword)=)[^&]*", r"\1***", address)


def closest(name: str, names: Iterable[str]) -> str:
    """`, did you mean …?` when a known name is near, with our prefix or without it; else nothing."""
    bare = {known.removeprefix(PREFIX): known for known in names}
    near = difflib.get_close_matches(name.removeprefix(PREFIX), bare, n=1, cutoff=0.75)
    return f", did you mean {bare[near[0]]}?" if near else ""
