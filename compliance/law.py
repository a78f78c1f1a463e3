"""All rules that hold at some places, looked up once for everybody who may be there."""

from collections.abc import Iterable
from datetime import date
from typing import Any, TypeVar

from compliance.rulebook import WORLD, Rulebook
from compliance.rules import Rule, Topic, Value

V = TypeVar("V", bound=Value)
MOST_KEPT = 8192
Found = tuple[tuple[Rule, Any], ...]


class Law:
    """The rules of one book at some places. What was asked once is remembered: a book never changes."""

    __slots__ = ("_book", "_found", "_places", "_together", "dated")

    def __init__(self, places: tuple[str, ...], book: Rulebook) -> None:
        self._places, self._book = places, book
        self._found: dict[type[Any], Found] = {}
        self.dated: set[type[Any]] = set()  # kinds of which some rule, that was looked up, begins or ends
        self._together: dict[tuple[type[Any], ...], tuple[Rule, ...]] = {}

    def rules(self, kind: type[V]) -> tuple[tuple[Rule, V], ...]:
        """Rules of one kind in any of the places, on whatever days they hold; the most specific first."""
        found = self._found.get(kind)
        if found is None:
            found = self._found[kind] = self._book.find(self._places or (WORLD,), kind)
            if any(rule.since or rule.until for rule, _ in found):
                self.dated.add(kind)
        return found

    def rules_on(self, days: Iterable[date], kind: type[V]) -> tuple[tuple[Rule, V], ...]:
        """Those that hold on one of the days."""
        return tuple((rule, value) for rule, value in self.rules(kind) if any(map(rule.in_force, days)))

    def together(self, kinds: tuple[type[Any], ...]) -> tuple[Rule, ...]:
        """The rules of several kinds, on whatever days they hold."""
        found = self._together.get(kinds)
        if found is None:
            found = self._together[kinds] = tuple(rule for kind in kinds for rule, _ in self.rules(kind))
        return found

    def statement(self, topic: Topic) -> Rule:
        """The rule to name for a check without a number."""
        return self._book.statement(self._places, topic)


_laws: dict[tuple[tuple[str, ...], str], Law] = {}


def law_of(places: tuple[str, ...], book: Rulebook) -> Law:
    """The law of a book at some places; the same object as long as it is remembered."""
    key = (places, book.version)
    found = _laws.get(key)
    if found is None:
        if len(_laws) >= MOST_KEPT:
            _laws.clear()
        found = _laws[key] = Law(places, book)
    return found
