"""The common model as plain JSON values and back: for storage, and for people to read."""

import dataclasses
import types
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


def encode(value: Any) -> Any:
    """Dataclasses to dicts, tuples to lists, Decimal to str, datetime to ISO 8601, timedelta to seconds."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: encode(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, tuple | list):
        return [encode(v) for v in value]
    if isinstance(value, dict):
        return {k: encode(v) for k, v in value.items()}
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return value.total_seconds() if isinstance(value, timedelta) else value


def event(value: Any) -> dict[str, Any]:
    """An event with its name in `type`."""
    return {"type": type(value).__name__, **encode(value)}


def decode(cls: type[T], data: dict[str, Any]) -> T:
    """What `encode` made of a `cls`. Trusts its input: it is our own. Raises KeyError, ValueError."""
    hints = _hints(cls)  # type: ignore[arg-type]
    return cls(**{name: _value(hints[name], raw) for name, raw in data.items() if name in hints})


@cache
def _hints(cls: Any) -> dict[str, Any]:
    return get_type_hints(cls)


def _value(kind: Any, raw: Any) -> Any:
    if raw is None:
        return None
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _value(next(a for a in get_args(kind) if a is not type(None)), raw)
    if origin is tuple:
        return _items(get_args(kind), raw)
    if origin is Literal:
        return raw
    if origin is dict:
        return {k: _value(get_args(kind)[1], v) for k, v in raw.items()}
    return _scalar(kind, raw)


def _items(kinds: tuple[Any, ...], raw: list[Any]) -> tuple[Any, ...]:
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        return tuple(_value(kinds[0], item) for item in raw)
    return tuple(_value(kind, item) for kind, item in zip(kinds, raw, strict=True))


def _scalar(kind: Any, raw: Any) -> Any:
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return decode(kind, raw)
    if kind is Decimal:
        return Decimal(raw)
    if kind is datetime:
        return datetime.fromisoformat(raw)
    return timedelta(seconds=raw) if kind is timedelta else raw
