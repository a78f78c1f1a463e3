"""Payloads made from a JSON schema: whole ones, bare ones, and ones with a hole or something odd in one place.

The schemas of webhooks know types and little more, so names help: `…_at` holds a time, `…price` an amount.
"""

import copy
from collections.abc import Iterator
from typing import Any

DOMAIN = "demo-shop.myshopify.com"
# A whole payload's values, by what the field is called; the first that fits counts.
BY_NAME = (
    ("_at", "2026-11-24T04:03:10-05:00"),
    ("price", "19.99"),
    ("amount", "19.99"),
    ("currency", "USD"),
    ("domain", DOMAIN),
    ("email", "dana@example.com"),
    ("phone", "+14155552671"),
    ("token", "5a1f0c7e9b3d4c2e8f6a7b0d1c2e3f40"),
    ("url", "https://demo-shop.example/70001/checkouts/ac/5a1f/recover?key=0c1d"),
    ("state", "subscribed"),
    ("current", "read_orders"),
    ("country_code", "US"),
)
PLAIN = {"string": "Zoë 🧦", "integer": 548380009, "number": 0.5, "boolean": True, "null": None}
ODD: dict[str, tuple[Any, ...]] = {
    "string": (
        "",
        "Zo\u0308e\u202e 🧦",
        "x" * 3000,
        "a\x00b",
        "2026-02-30T25:61:00Z",
        "0000-00-00",
        "-",
        "9" * 50,
        7,
    ),
    "integer": (-1, 0, 2**63, 10**30, "7", "seven", 1.5),
    "number": (-0.0, 1e308, "0.5", "NaN"),
    "boolean": ("true", 1, 0, ""),
    "array": ({}, [None], ["x"], [[]], "x", 0),
    "object": ([], "x", {}, 7, [{}]),
}
Path = tuple[str | int, ...]


def whole(schema: Any, name: str = "") -> Any:
    """Every field there, with a value that isn't null, every list with one entry."""
    kind = _kind(schema)
    if kind == "object":
        return {key: whole(below, key) for key, below in schema.get("properties", {}).items()}
    if kind == "array":
        return [whole(schema["items"], name)] if schema.get("items") else []
    if kind == "string":
        return next((value for part, value in BY_NAME if _called(name, part)), PLAIN["string"])
    return 2 if name == "quantity" else PLAIN[kind]


def bare(schema: Any, name: str = "") -> Any:
    """The least that the schema allows: null where it may be, no list with an entry, nothing that isn't required."""
    if "null" in _kinds(schema):
        return None
    kind = _kind(schema)
    if kind == "object":
        needed = schema.get("required", ())
        return {k: bare(below, k) for k, below in schema.get("properties", {}).items() if k in needed}
    return [] if kind == "array" else whole(schema, name)


def nulls(schema: Any, name: str = "") -> Any:
    """Null wherever it may be; all else whole."""
    if "null" in _kinds(schema):
        return None
    kind = _kind(schema)
    if kind == "object":
        return {key: nulls(below, key) for key, below in schema.get("properties", {}).items()}
    if kind == "array":
        return [nulls(schema["items"], name)] if schema.get("items") else []
    return whole(schema, name)


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Where something stands in a payload, the payload itself left out."""
    if path:
        yield path
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in below:
        yield from places(each, (*path, key))


def without(payload: Any, path: Path) -> Any:
    """The payload with a hole."""
    changed, holder = _copied(payload, path)
    del holder[path[-1]]
    return changed


def with_odd(payload: Any, path: Path, turn: int) -> Any:
    """The payload with something odd of the kind that stood there; `turn` picks which."""
    changed, holder = _copied(payload, path)
    odd = ODD[_kind_of(holder[path[-1]])]
    holder[path[-1]] = odd[turn % len(odd)]
    return changed


def named(path: Path) -> str:
    """line_items[].price"""
    return "".join("[]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


def _called(name: str, part: str) -> bool:
    return name.endswith(part) if part.startswith("_") else part in name


def _kinds(schema: Any) -> list[str]:
    given = schema.get("type") or [kind for option in schema["anyOf"] for kind in _kinds(option)]
    return given if isinstance(given, list) else [given]


def _kind(schema: Any) -> str:
    return next((kind for kind in _kinds(schema) if kind != "null"), "null")


def _kind_of(value: Any) -> str:
    kinds = {dict: "object", list: "array", bool: "boolean", int: "integer", float: "number"}
    return kinds.get(type(value), "string")


def _copied(payload: Any, path: Path) -> tuple[Any, Any]:
    """The payload, copied as far as it is about to change, and what holds the place."""
    changed = holder = copy.copy(payload)
    for key in path[:-1]:
        holder[key] = copy.copy(holder[key])
        holder = holder[key]
    return changed, holder
