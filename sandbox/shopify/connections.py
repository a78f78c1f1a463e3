"""Relay connections out of lists, as the Admin API pages."""

import base64
from collections.abc import Mapping
from typing import Any

MOST_PER_PAGE = 250


class BadPage(Exception):
    """A connection needs `first` or `last`, from 0 to 250."""


def connection(items: list[dict[str, Any]], args: Mapping[str, Any]) -> dict[str, Any]:
    """Nodes, edges and page info of one page. A cursor names a node's id, so new items shift no page."""
    size = args.get("first") if args.get("first") is not None else args.get("last")
    if not isinstance(size, int) or not 0 <= size <= MOST_PER_PAGE:
        raise BadPage("you must provide one of first or last, from 0 to 250")
    if args.get("reverse") and type(items) is list:  # what a root answers is in order already
        items = items[::-1]
    start, end = _window(items, args)
    inside = items[start:end]
    page = inside[:size] if args.get("first") is not None else inside[max(0, len(inside) - size) :]
    offset = start if args.get("first") is not None else end - len(page)
    cursors = [cursor(item, offset + place) for place, item in enumerate(page)]
    return {
        "nodes": page,
        "edges": [{"cursor": c, "node": item} for c, item in zip(cursors, page, strict=True)],
        "pageInfo": {
            "hasNextPage": offset + len(page) < len(items),
            "hasPreviousPage": offset > 0,
            "startCursor": cursors[0] if cursors else None,
            "endCursor": cursors[-1] if cursors else None,
        },
    }


def cursor(item: dict[str, Any], place: int) -> str:
    return base64.b64encode(str(item.get("id", place)).encode()).decode()


def _window(items: list[dict[str, Any]], args: Mapping[str, Any]) -> tuple[int, int]:
    places = {cursor(item, place): place for place, item in enumerate(items)}
    after, before = args.get("after"), args.get("before")
    return places[after] + 1 if after in places else 0, places[before] if before in places else len(items)
