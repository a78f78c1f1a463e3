"""What a rule is: a value we can compute with, and where it was read.

The values are small on purpose. A new sort of rule is a new dataclass here and a reader in `rule_files`.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from compliance.ask import ConsentScope, ConsentState

Mark = Literal["primary", "quoted", "secondary", "own reading"]
Topic = Literal[
    "gate", "number", "opt_out", "opt_out_reply", "opt_in_reply", "help_reply", "window", "deadline",
]  # fmt: skip
"""What the code asks a sentence for (`Rulebook.statement`); the world file has one for each."""

Reading = Literal[
    "cart",
    "consent",
    "disclosure",
    "evidence",
    "registry",
    "registration",
    "opt_out_law",
    "hours_law",
    "data",
]
"""What no code asks a sentence for: rules that a person wants to read."""

ContentTopic = Literal[
    "brand", "opt_out_wording", "one_way_sender", "shortener", "payment", "category", "double_discount",
    "sensitive", "mailing_address",
]  # fmt: skip
Record = Literal["consent", "opt_out", "message", "reply", "cart"]

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
class Confirmation:
    """Double opt-in: how long a request stays open, how much later (and only after a new act of the person, such as
    ticking the box again) the next may follow, and how many there are in all, ever."""

    expires: timedelta
    resend_after: timedelta
    max_requests: int


@dataclass(frozen=True, slots=True)
class Content:
    """What the words of a text must or must not hold; `categories` of goods for the topics about goods."""

    topic: ContentTopic
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SenderNeed:
    """May the sender be a name? `registered`: only one in the country's register. `numbers`: the same of numbers."""

    alphanumeric: Literal["free", "registered", "refused"]
    numbers: Literal["free", "registered"] = "free"


@dataclass(frozen=True, slots=True)
class Revocation:
    """What one STOP ends: `all` texts of the shop, or only those of the programme it answers."""

    scope: Literal["all", "programme"]


@dataclass(frozen=True, slots=True)
class Honour:
    """An opt-out must have taken effect within so many business days; here it does at once."""

    business_days: int


@dataclass(frozen=True, slots=True)
class Retention:
    """How long a record is kept. Proof (`consent`: after it ended, `opt_out`) at least so long, the rest at most."""

    record: Record
    keep: timedelta


@dataclass(frozen=True, slots=True)
class Statement:
    """A rule without a number: the sentence behind a check that the code makes itself, or one for readers.

    `checked`: the software keeps it. Where it doesn't, the sentence says so, and what the merchant must do.
    """

    topic: Topic | Reading
    checked: bool = True


Value = (
    Hours | ClosedDays | Cap | PerCart | Deadline | ConsentNeed | ConsentRequestNeed | Confirmation
    | Content | SenderNeed | Revocation | Honour | Retention | Statement
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of one place, with the address or citation it was read at and the day it was read.

    `profile`: only in books of that profile. `fallback`: only where `place` is the most specific place with a file
    of its own. `since`: in force from the start of that day, `until`: no longer on that day; None: always.
    """

    id: str
    place: str
    text: str
    source: str
    mark: Mark
    read: date
    value: Value
    profile: str | None = None
    fallback: bool = False
    since: date | None = None
    until: date | None = None

    def in_force(self, day: date) -> bool:
        """Does it hold on this local day? `since` included, `until` excluded."""
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)

    def cite(self) -> str:
        """Rule id and source, for a sentence shown to a person."""
        return f"[{self.id}: {self.source}]"
