"""All rules in force, by place. A place lies in its parent: US-FL in US, US in +1, +1 in the world ("*")."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, get_args

from compliance.errors import RulebookError
from compliance.rule_files import PlaceFile, read_file
from compliance.rules import (
    ClosedDays,
    ConsentNeed,
    Hours,
    Record,
    Retention,
    Rule,
    Statement,
    Topic,
    Value,
)  # fmt: skip

RULES_FOLDER = Path(__file__).parent / "rules"
WORLD = "*"
LAW = "law"
PROOF: tuple[Record, ...] = ("consent", "opt_out")
MOST_FOUND = 4096  # answers that are remembered: one text asks a dozen times, the next asks the same
V = TypeVar("V", bound=Value)


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Immutable; `version` changes with any rule. Profiles: `law`; `standard` and `strict` add hours of their own."""

    files: dict[str, PlaceFile]
    profile: str
    version: str
    _found: dict[tuple[tuple[str, ...], type, date | None], Any] = field(
        default_factory=dict, compare=False, repr=False
    )

    def chain(self, place: str) -> tuple[str, ...]:
        """Places whose rules hold in `place`, the narrowest first. A state without a file is its country."""
        if place not in self.files:
            return self.chain(place.split("-")[0]) if "-" in place else (WORLD,)
        parent = self.files[place].parent
        return (place, *self.chain(parent)) if parent else (place,)

    def enabled(self, country: str) -> bool:
        """INT-01: only a country with a reviewed file that says so."""
        return country in self.files and self.files[country].enabled

    def find(
        self, places: Iterable[str], kind: type[V], on: date | None = None
    ) -> tuple[tuple[Rule, V], ...]:
        """Rules of one kind in these places and all they lie in, each once, the most specific first.

        `on`: only those in force on that day. Without it also what is not in force yet or any more, the strictest
        reading: who asks for another day looks at `Rule.in_force`.
        """
        key = (tuple(places), kind, on)
        found: tuple[tuple[Rule, V], ...] | None = self._found.get(key)
        if found is None:
            if len(self._found) >= MOST_FOUND:
                self._found.clear()
            found = self._found[key] = self._find(*key)
        return found

    def statement(self, places: Iterable[str], topic: Topic) -> Rule:
        """The most specific sentence on a topic; the world file has one for every topic."""
        return next(rule for rule, value in self.find((*places, WORLD), Statement) if value.topic == topic)

    def retention(self, places: Iterable[str], record: Record) -> tuple[Rule, timedelta]:
        """How long a record is kept in these places. Where several rules hold: proof the longest, the rest the
        shortest of them."""
        found = (
            (rule, value.keep)
            for rule, value in self.find((*places, WORLD), Retention)
            if value.record == record
        )
        choose = max if record in PROOF else min
        return choose(found, key=lambda one: one[1])

    def with_rules(self, *extra: Rule) -> "Rulebook":
        """This book and more: a shop's own quiet hours, an `emergency` (ST-04). Rules only ever narrow.

        Raises RulebookError for a place without a file. Keep the new book: it begins with nothing remembered.
        """
        files = dict(self.files)
        for rule in extra:
            if rule.place not in files:
                raise RulebookError("with_rules", rule.id, f"there is no place {rule.place!r}")
            files[rule.place] = replace(files[rule.place], rules=(rule, *files[rule.place].rules))
        return _book(files, self.profile)

    def stale(self, today: date, after: timedelta = timedelta(days=180)) -> tuple[Rule, ...]:
        """ST-06: rules that nobody has read again for half a year."""
        return tuple(rule for file in self.files.values() for rule in file.rules if today - rule.read > after)

    def _find(self, places: tuple[str, ...], kind: type[V], on: date | None) -> tuple[tuple[Rule, V], ...]:
        found: dict[str, tuple[Rule, V]] = {}
        for rule in self._rules_in(places):
            if isinstance(rule.value, kind) and (on is None or rule.in_force(on)):
                found.setdefault(rule.id, (rule, rule.value))
        return tuple(found.values())

    def _rules_in(self, places: tuple[str, ...]) -> Iterator[Rule]:
        """A place that another of them lies in says nothing new: "US" beside "US-FL" needs no fallback."""
        chains = {place: self.chain(place) for place in places}
        around = {link for chain in chains.values() for link in chain[1:]}
        narrowest = {chain[0] for place, chain in chains.items() if place not in around}
        for link in dict.fromkeys(link for chain in chains.values() for link in chain):
            yield from (r for r in self.files[link].rules if not r.fallback or link in narrowest)


@cache
def load(folder: Path = RULES_FOLDER, profile: str = LAW) -> Rulebook:
    """Reads and checks every file. Raises RulebookError naming file and rule, also for an unknown profile."""
    files: dict[str, PlaceFile] = {}
    for file in map(read_file, sorted(folder.glob("*.toml"))):
        if file.place in files:
            raise RulebookError(file.file, "", f"{files[file.place].file} also describes {file.place}")
        files[file.place] = file
    _check_places(files)
    _check_ids(files)
    _check_profile(files, profile)
    book = _book({place: _in_profile(file, profile) for place, file in files.items()}, profile)
    _check_complete(book)
    return book


def _book(files: dict[str, PlaceFile], profile: str) -> Rulebook:
    content = "\n".join(f"{place} {files[place]!r}" for place in sorted(files))
    newest = max((rule.read for file in files.values() for rule in file.rules), default=date.min)
    return Rulebook(files, profile, f"{newest}+{hashlib.sha256(content.encode()).hexdigest()[:10]}")


def _in_profile(file: PlaceFile, profile: str) -> PlaceFile:
    return replace(file, rules=tuple(rule for rule in file.rules if rule.profile in (None, profile)))


def _check_places(files: dict[str, PlaceFile]) -> None:
    for file in files.values():
        seen = {file.place}
        parent = file.parent
        while parent is not None:
            if parent not in files or parent in seen:
                raise RulebookError(file.file, "", f"parent {parent!r} has no file, or is its own parent")
            seen.add(parent)
            parent = files[parent].parent
        if WORLD not in seen:
            raise RulebookError(file.file, "", f'has no parent; a country lies in "{WORLD}"')


def _check_ids(files: dict[str, PlaceFile]) -> None:
    owners: dict[str, str] = {}
    for file in files.values():
        for rule in file.rules:
            if rule.id in owners:
                raise RulebookError(file.file, rule.id, f"{owners[rule.id]} has a rule of this id")
            owners[rule.id] = file.file


def _check_profile(files: dict[str, PlaceFile], profile: str) -> None:
    known = {LAW, *(rule.profile for file in files.values() for rule in file.rules if rule.profile)}
    if profile not in known:
        raise RulebookError(
            "rules", "", f"no rule has the profile {profile!r}, only {', '.join(sorted(known))}"
        )


def _check_complete(book: Rulebook) -> None:
    """Every topic has a sentence; every place that may be texted has hours and says what consent it needs."""
    for topic in get_args(Topic):
        if not any(value.topic == topic for _, value in book.find((WORLD,), Statement)):
            raise RulebookError("rules", "", f"no file of {WORLD!r} has a statement on {topic!r}")
    for place, file in book.files.items():
        if file.enabled and not book.find((place,), Hours):
            raise RulebookError(file.file, "", f"{place} is enabled without an hours rule")
        if file.enabled and not book.find((place,), ConsentNeed):
            raise RulebookError(file.file, "", f"{place} is enabled without a consent rule")


def emergency(place: str, first: date, last: date, source: str = "") -> Rule:
    """ST-04: no texts to a state from `first` to `last` (both included), for `Rulebook.with_rules`.

    `source`: the proclamation. Raises ValueError when `last` lies before `first`.
    """
    if last < first:
        raise ValueError(f"an emergency can't end on {last}, before it begins on {first}")
    return Rule(
        id=f"ST-04-{place}-{first}",
        place=place,
        text=f"State of emergency in {place}: no texts from {first} to {last}.",
        source=source or f"Set by hand for {first}",
        mark="own reading",
        read=first,
        value=ClosedDays(first=first, last=last),
    )
