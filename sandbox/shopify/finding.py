"""What roots that search answer with: all that was found, or how many, with the warnings of the search."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Protocol, TypeVar

from sandbox.shopify.search import Search

Object = dict[str, Any]
MOST_COUNTED = 10_000  # by default, as the Admin schema says of ordersCount and abandonedCheckoutsCount


class Numbered(Protocol):
    """Whatever has a number of its own."""

    @property
    def id(self) -> int: ...


Thing = TypeVar("Thing", bound=Numbered)


class Page:
    """All that was found, in order: (sort value, id, thing). The engine takes the wanted page of it."""

    def __init__(
        self,
        search: Search,
        found: Iterable[Thing],
        key: Callable[[Thing], Any],
        show: Callable[[Thing], Object],
        backwards: bool = False,
    ) -> None:
        rows: list[tuple[str, int, Any]] = [(sort_text(key(thing)), thing.id, thing) for thing in found]
        rows.sort(key=lambda row: row[:2], reverse=backwards)
        self.search, self.rows, self.backwards = search, rows, backwards
        self.show: Callable[[Any], Object] = show


class Count(dict[str, Any]):
    """Count of the Admin schema: exact up to the limit, "at least" beyond."""

    def __init__(self, found: int, args: Object, search: Search) -> None:
        limit = args.get("limit", MOST_COUNTED)
        over = limit is not None and found > limit
        super().__init__(count=limit if over else found, precision="AT_LEAST" if over else "EXACT")
        self.search = search


def sort_text(value: Any) -> str:
    """The value as a text that sorts as it does: a cursor carries it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    if isinstance(value, int | Decimal):
        return f"{value:020.4f}"
    return str(value)


def number(identifier: str, kind: str) -> int:
    """The number of a global id (or of a bare one); 0, which nothing has, for another kind's."""
    head, _, tail = identifier.rpartition("/")
    return int(tail) if tail.isdigit() and head in ("", f"gid://shopify/{kind}") else 0
