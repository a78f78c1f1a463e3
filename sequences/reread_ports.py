"""What we need from a store to find what its webhooks lost: pages of what changed in it since a moment.

A store changes while it is read. A page never holds less for that: whatever changes behind the reader's back changed
after the reading began, and the next reading begins before that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol

from sequences.events import Reading

What = Literal["orders", "checkouts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`page`: what was read, a reading for each thing. `cursor` leads to the next page; '': this was the last, and
    whatever changed before the reading began has been read. `expected`: how many things the whole reading holds, with
    the first page, if the store says so. `rest`: for how many seconds to leave the store alone before the next.

    `retry_later`: the store couldn't be asked now; `retry_after` is in seconds, if it said. `refused`: it doesn't let
    us read until somebody mends something, or it doesn't know this cursor (any more). `detail` is for people.
    """

    kind: Literal["page", "retry_later", "refused"]
    readings: tuple[Reading, ...] = ()
    cursor: str = ""
    expected: int | None = None
    rest: float = 0.0
    detail: str = ""
    retry_after: float | None = None


class Rereader(Protocol):
    """Reads one store. Never raises for what the store or the network does."""

    lag: Mapping[What, timedelta]
    """How long after a change the store may show it for the first time, at most. A reading begins as much before the
    last one did."""

    def page(self, what: What, since: datetime, cursor: str = "") -> Page:
        """A page of what changed at `since` (aware UTC) or later. A cursor goes with the `since` it was got with."""
        ...


@dataclass
class FakeRereader:
    """A store in memory: for tests and dry runs. `things`: when each changed, and its reading, in any order. What
    stands in `troubles` is answered first."""

    things: dict[What, list[tuple[datetime, Reading]]] = field(default_factory=dict)
    size: int = 2
    lag: Mapping[What, timedelta] = field(
        default_factory=lambda: {"orders": timedelta(minutes=5), "checkouts": timedelta(minutes=5)}
    )
    troubles: list[Page] = field(default_factory=list)
    asked: list[tuple[What, datetime, str]] = field(default_factory=list)

    def page(self, what: What, since: datetime, cursor: str = "") -> Page:
        self.asked.append((what, since, cursor))
        if self.troubles:
            return self.troubles.pop(0)
        found: Sequence[Reading] = [read for at, read in self.things.get(what, ()) if at >= since]
        start = int(cursor or 0)
        end = start + self.size
        return Page(
            kind="page",
            readings=tuple(found[start:end]),
            cursor=str(end) if end < len(found) else "",
            expected=None if cursor else len(found),
        )
