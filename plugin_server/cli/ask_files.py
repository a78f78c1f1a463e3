"""What `may-text` is told in words and files: instants, lines of evidence about consent, texts that went before."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

from compliance.ask import Suppression
from compliance.consent import Claim
from compliance.evidence import State
from compliance.phones import Phone, parse

A_DAY = timedelta(hours=24)
YEARS = range(2000, 2101)
EXAMPLE = "2026-12-15T14:00:00Z"


class Unusable(Exception):
    """The input can't be used: what, where, and what to do."""


@dataclass(frozen=True, slots=True)
class History:
    """What this number got before, as far as it was known at the moment that is asked about."""

    texts_for_cart: int = 0
    texts_last_24h: int = 0
    suppression: Suppression | None = None
    notes: tuple[str, ...] = ()


def instant(text: object, where: str) -> datetime:
    """An instant in UTC. Raises Unusable for what is none, or has no time zone."""
    try:
        moment = datetime.fromisoformat(text)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise Unusable(f"{where}: {text!r} is no time; write it like {EXAMPLE}") from None
    if moment.tzinfo is None:
        raise Unusable(f"{where}: {text} has no time zone; end it with Z (UTC) or an offset such as -05:00")
    if moment.year not in YEARS:
        raise Unusable(f"{where}: {text} is not a time in the years {YEARS[0]} to {YEARS[-1]}")
    return moment.astimezone(UTC)


def claims(file: Path, phone: str, at: datetime) -> tuple[tuple[Claim, ...], tuple[str, ...]]:
    """The lines of evidence in `file` up to `at`, and what was left out. Raises Unusable, naming file and line."""
    rows = _json(file)
    if not isinstance(rows, list):
        raise Unusable(f'{file}: expected a list of claims: [{{"state": "given", "at": "{EXAMPLE}"}}]')
    found = [_claim(_Fields(row, f"{file}: claim {n}"), phone) for n, row in enumerate(rows, 1)]
    known = tuple(claim for claim in found if claim.at <= at)
    later = len(found) - len(known)
    return known, (f"{later} claim(s) later than --at left out",) * bool(later)


def history(file: Path, phone: str, at: datetime) -> History:
    """The texts and the opt-out in `file` up to `at`. Raises Unusable, naming the place in the file."""
    fields = _Fields(_json(file), str(file))
    rows, gone = fields.take("texts", list, []), fields.take("opted_out", dict, None)
    fields.finish()
    texts = [_text(_Fields(row, f"{file}: text {n}")) for n, row in enumerate(rows, 1)]
    past = [(moment, for_cart) for moment, for_cart in texts if moment <= at]
    opted_out = _opt_out(_Fields(gone, f"{file}: opted_out"), phone) if gone is not None else None
    notes = [f"{len(texts) - len(past)} text(s) later than --at left out"] * (len(past) < len(texts))
    if opted_out and opted_out.since > at:
        opted_out = None
        notes.append("the opt-out is later than --at: left out")
    return History(
        texts_for_cart=sum(for_cart for _, for_cart in past),
        texts_last_24h=sum(at - moment < A_DAY for moment, _ in past),
        suppression=opted_out,
        notes=tuple(notes),
    )


class _Fields:
    """An object of a file that hands out each field once, and complains about the rest."""

    def __init__(self, row: object, where: str) -> None:
        if not isinstance(row, Mapping):
            raise Unusable(f"{where}: expected an object, not {row!r}")
        self._left, self.where = dict(row), where

    def take(self, name: str, kind: type, default: Any) -> Any:
        value = self._left.pop(name, None)
        if value is None:
            return default
        if not isinstance(value, kind):
            raise Unusable(f"{self.where}: {name!r} is {value!r}, not a {kind.__name__}")
        if isinstance(value, str) and re.search("[\ud800-\udfff]", value):
            raise Unusable(f"{self.where}: {name!r} holds half a character: {value!r}")
        return value

    def time(self, name: str) -> datetime:
        return instant(self._left.pop(name, None), f"{self.where}: {name!r}")

    def finish(self) -> None:
        if self._left:
            raise Unusable(f"{self.where}: there is no field {min(map(str, self._left))!r}")


def _claim(fields: _Fields, phone: str) -> Claim:
    state, states = fields.take("state", str, None), get_args(State)
    if state not in states:
        raise Unusable(f"{fields.where}: 'state' is {state!r}, must be one of {', '.join(states)}")
    at, ends = fields.time("at"), fields.take("expires_at", str, None)
    claim = Claim(
        phone_e164=_number(fields, phone),
        state=state,
        at=at,
        source=fields.take("source", str, "a file"),
        wording=fields.take("wording", str, None),
        proven=fields.take("proven", bool, False),
        expires_at=instant(ends, f"{fields.where}: 'expires_at'") if ends else None,
    )
    fields.finish()
    return claim


def _number(fields: _Fields, phone: str) -> str:
    told = fields.take("phone", str, phone)
    found = parse(told)
    if told != phone and not isinstance(found, Phone):
        raise Unusable(f"{fields.where}: 'phone' is no number that can be texted; write it like +14155552671")
    return found.e164 if isinstance(found, Phone) else phone


def _text(fields: _Fields) -> tuple[datetime, bool]:
    """Without a word about it, the text was one for this cart: the cautious reading."""
    moment, for_cart = fields.time("at"), fields.take("cart", bool, True)
    fields.finish()
    return moment, for_cart


def _opt_out(fields: _Fields, phone: str) -> Suppression:
    since, why = fields.time("at"), fields.take("why", str, "opted out")
    fields.finish()
    return Suppression(phone, since, why)


def _json(file: Path) -> Any:
    try:
        return json.loads(file.read_bytes())
    except OSError as error:
        raise Unusable(f"{file}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise Unusable(f"{file}: is not JSON: {error}") from None
