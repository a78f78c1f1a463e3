"""What a rule is: a value we can compute with, and where it was read.

The values are small on purpose. A new sort of rule is a new dataclass here and a reader in `rule_files`.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from compliance.ask import ConsentScope, ConsentState

Mark = Literal["primary", "quoted", "secondary", "own reading"]
Topic = Literal["gate", "number", "opt_out", "opt_out_reply", "help_reply", "window", "deadline"]

Span = tuple[int, int]
"""Minutes after local midnight, the end exclusive: (480, 1200) is 08:00 to 20:00."""


@dataclass(frozen=True, slots=True)
class Hours:
    """When texts may be sent: one span for each weekday, Monday first; None means not on that day.

    The clock is that of the recipient's zone, or `zone` where the rule itself names one.
    """

    week: tuple[Span | None, ...]
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class ClosedDays:
    """Days without texts: public holidays of a calendar ("US-RI"), fixed (month, day)s, a span of dates."""

    calendar: str | None = None
    days: tuple[tuple[int, int], ...] = ()
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `max_texts` promotional texts in any 24 hours; the next one is skipped, not moved."""

    max_texts: int


@dataclass(frozen=True, slots=True)
class PerCart:
    """At most `max_texts` reminders for one abandoned cart, ever."""

    max_texts: int


@dataclass(frozen=True, slots=True)
class Deadline:
    """A reminder may leave until `after_abandonment` has passed, that instant included."""

    after_abandonment: timedelta


@dataclass(frozen=True, slots=True)
class ConsentNeed:
    """A marketing text needs this scope, and (`proven`) evidence that is ours, not only a platform's flag."""

    scope: ConsentScope
    proven: bool


@dataclass(frozen=True, slots=True)
class ConsentRequestNeed:
    """In which states of consent a text that asks for confirmation may be sent."""

    states: tuple[ConsentState, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """A rule without a number: the sentence behind a check that the code makes itself."""

    topic: Topic


Value = Hours | ClosedDays | Cap | PerCart | Deadline | ConsentNeed | ConsentRequestNeed | Statement


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of one place, with the address or citation it was read at and the day it was read."""

    id: str
    place: str
    text: str
    source: str
    mark: Mark
    read: date
    value: Value
    profile: str | None = None

    def cite(self) -> str:
        """Rule id and source, for a sentence shown to a person."""
        return f"[{self.id}: {self.source}]"
