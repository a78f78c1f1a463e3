"""Relay connections out of what was found, as the Admin API pages."""

import base64
import binascii
import bisect
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.shopify.finding import Page

MOST_PER_PAGE = 250
Args = Mapping[str, Any]
Place = tuple[str, int]  # sort value and id


class BadPage(Exception):
    """A connection needs `first` or `last`, from 0 to 250, and cursors that it gave."""


def connection(found: Page | list[dict[str, Any]], args: Args) -> dict[str, Any]:
    """Nodes, edges and page info of one page.

    A cursor holds the last one's sort value and id, so new things shift no page, and what changes while somebody
    pages by the time of change comes again at the end.
    """
    size = args.get("first") if args.get("first") is not None else args.get("last")
    if not isinstance(size, int) or not 0 <= size <= MOST_PER_PAGE:
        raise BadPage("you must provide one of first or last, from 0 to 250")
    places, things = _places(found, bool(args.get("reverse")))
    backwards = found.backwards if isinstance(found, Page) else False
    start, end = _window(places, args, backwards)
    if args.get("first") is not None:
        end_here = min(start + size, end)
        first, last = start, end_here
    else:
        first, last = max(start, end - size), end
    show = found.show if isinstance(found, Page) else dict
    nodes = [show(thing) for thing in things[first:last]]
    cursors = [cursor(place) for place in places[first:last]]
    return {
        "nodes": nodes,
        "edges": [{"cursor": c, "node": item} for c, item in zip(cursors, nodes, strict=True)],
        "pageInfo": {
            "hasNextPage": last < len(places),
            "hasPreviousPage": first > 0,
            "startCursor": cursors[0] if cursors else None,
            "endCursor": cursors[-1] if cursors else None,
        },
    }


def cursor(place: Place) -> str:
    value, number = place
    return base64.b64encode(json.dumps({"last_id": number, "last_value": value}).encode()).decode()


def _places(found: Page | list[dict[str, Any]], reverse: bool) -> tuple[list[Place], Sequence[Any]]:
    """What a root answers is in order already; a mere list is as long as the thing it belongs to."""
    if isinstance(found, Page):
        return [row[:2] for row in found.rows], [row[2] for row in found.rows]
    items = found[::-1] if reverse else found
    return [("", place) for place in range(len(items))], items


def _window(places: list[Place], args: Args, backwards: bool) -> tuple[int, int]:
    """From the first place after `after` to the last before `before`."""
    start, end = 0, len(places)
    if args.get("after"):
        start = _after(places, _read(args["after"]), backwards)
    if args.get("before"):
        mark = _read(args["before"])
        end = _after(places, mark, backwards)
        end -= 1 if end and places[end - 1] == mark else 0
    return min(start, end), end


def _after(places: list[Place], mark: Place, backwards: bool) -> int:
    """How many places come up to the mark and with it."""
    if backwards:
        ahead = bisect.bisect_left(places[::-1], mark)
        return len(places) - ahead
    return bisect.bisect_right(places, mark)


def _read(text: str) -> Place:
    try:
        told = json.loads(base64.b64decode(text, validate=True))
        return str(told["last_value"]), int(told["last_id"])
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise BadPage("Invalid cursor for current pagination sort.") from None
