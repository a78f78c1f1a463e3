"""All rules in force, by place. A place lies in its parent: US-FL in US, US in +1, +1 in the world ("*")."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, get_args

from compliance.errors import RulebookError
from compliance.rule_files import PlaceFile, read_file
from compliance.rules import ConsentNeed, Hours, Rule, Statement, Topic, Value

RULES_FOLDER = Path(__file__).parent / "rules"
WORLD = "*"
MOST_FOUND = 4096  # answers that are remembered: one text asks a dozen times, the next asks the same
V = TypeVar("V", bound=Value)


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Immutable; `version` changes with any rule. Profiles: `strict` (default) or `standard` hours for +1."""

    files: dict[str, PlaceFile]
    profile: str
    version: str
    _found: dict[tuple[tuple[str, ...], type], Any] = field(default_factory=dict, compare=False, repr=False)

    def chain(self, place: str) -> tuple[str, ...]:
        """Places whose rules hold in `place`, the narrowest first. A state without a file is its country."""
        if place not in self.files:
            return self.chain(place.split("-")[0]) if "-" in place else (WORLD,)
        parent = self.files[place].parent
        return (place, *self.chain(parent)) if parent else (place,)

    def enabled(self, country: str) -> bool:
        """INT-01: only a country with a reviewed file that says so."""
        return country in self.files and self.files[country].enabled

    def find(self, places: Iterable[str], kind: type[V]) -> tuple[tuple[Rule, V], ...]:
        """Rules of one kind in these places and all they lie in, each once, the most specific first."""
        key = (tuple(places), kind)
        found: tuple[tuple[Rule, V], ...] | None = self._found.get(key)
        if found is None:
            if len(self._found) >= MOST_FOUND:
                self._found.clear()
            found = self._found[key] = self._find(key[0], kind)
        return found

    def statement(self, places: Iterable[str], topic: Topic) -> Rule:
        """The most specific sentence on a topic; the world file has one for every topic."""
        return next(rule for rule, value in self.find((*places, WORLD), Statement) if value.topic == topic)

    def with_rules(self, *extra: Rule) -> "Rulebook":
        """This book and more: a shop's own quiet hours, an emergency (ST-04). Rules only ever narrow."""
        files = dict(self.files)
        for rule in extra:
            if rule.place not in files:
                raise RulebookError("with_rules", rule.id, f"there is no place {rule.place!r}")
            files[rule.place] = replace(files[rule.place], rules=(rule, *files[rule.place].rules))
        return _book(files, self.profile)

    def stale(self, today: date, after: timedelta = timedelta(days=180)) -> tuple[Rule, ...]:
        """ST-06: rules that nobody has read again for half a year."""
        return tuple(rule for file in self.files.values() for rule in file.rules if today - rule.read > after)

    def _find(self, places: Iterable[str], kind: type[V]) -> tuple[tuple[Rule, V], ...]:
        found: dict[str, tuple[Rule, V]] = {}
        for rule in self._rules_in(places):
            if isinstance(rule.value, kind):
                found.setdefault(rule.id, (rule, rule.value))
        return tuple(found.values())

    def _rules_in(self, places: Iterable[str]) -> Iterable[Rule]:
        for link in dict.fromkeys(link for place in places for link in self.chain(place)):
            yield from self.files[link].rules


@cache
def load(folder: Path = RULES_FOLDER, profile: str = "strict") -> Rulebook:
    """Reads and checks every file. Raises RulebookError naming file and rule."""
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
    known = {rule.profile for file in files.values() for rule in file.rules if rule.profile}
    if known and profile not in known:
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
