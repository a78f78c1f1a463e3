"""Every phone of the pretend world, and what stands on its screen."""

import itertools
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

_CALLING_CODES = {
    "US": "1", "CA": "1", "PR": "1", "GB": "44", "IE": "353", "FR": "33", "DE": "49", "ES": "34", "IT": "39",
    "NL": "31", "AT": "43", "PT": "351", "SE": "46", "AU": "61",
}  # fmt: skip
_NO_TRUNK_ZERO = ("ES", "PT", "IT", "US", "CA", "PR")


def e164(typed: str | None, country: str | None) -> str | None:
    """A number as a shopper typed it, in E.164 as far as that can be told; None if there are no digits.

    No judgement on validity: a store takes what it is given.
    """
    digits = "".join(c for c in typed or "" if c in "0123456789")
    if not digits or typed is None:
        return None
    if typed.strip().startswith("+"):
        return f"+{digits}"
    if digits.startswith("00"):
        return f"+{digits[2:]}"
    code = _CALLING_CODES.get(country or "", "")
    if code == "1" and len(digits) == 11:
        return f"+{digits}"
    return f"+{code}{digits if country in _NO_TRUNK_ZERO else digits.removeprefix('0')}"


@dataclass
class Bubble:
    """One text on a screen. `other` is the number at the other end; `state` is in a person's words."""

    id: int
    incoming: bool
    text: str
    at: datetime
    other: str
    shop: str | None
    state: str


@dataclass
class PhoneBook:
    """Conversations by phone (E.164). Thread-safe."""

    _talks: dict[str, list[Bubble]] = field(default_factory=dict)
    _ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, phone: str, **facts: object) -> Bubble:
        """Put a text on a phone's screen; `facts` are Bubble's other fields."""
        with self._lock:
            bubble = Bubble(id=next(self._ids), **facts)  # type: ignore[arg-type]
            self._talks.setdefault(phone, []).append(bubble)
            return bubble

    def talk(self, phone: str) -> list[Bubble]:
        """The conversation, oldest first."""
        with self._lock:
            return list(self._talks.get(phone, ()))

    def latest(self) -> Iterator[tuple[str, Bubble]]:
        """Each phone with its last bubble, the latest first."""
        with self._lock:
            last = [(phone, talk[-1]) for phone, talk in self._talks.items()]
        yield from sorted(last, key=lambda pair: pair[1].id, reverse=True)

    def __len__(self) -> int:
        with self._lock:
            return len(self._talks)
