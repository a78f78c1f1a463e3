"""The common model as plain JSON values and back: for storage, and for people to read."""

import dataclasses
import types
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

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
    readers = _readers(cls)  # type: ignore[arg-type]
    return cls(**{name: readers[name](raw) for name, raw in data.items() if name in readers})


Reader = Callable[[Any], Any]


@cache
def _readers(cls: Any) -> dict[str, Reader]:
    """How each field is read: found out once for each class, since thousands of carts are read at a time."""
    return {name: _reader(kind) for name, kind in get_type_hints(cls).items()}


def _reader(kind: Any) -> Reader:
    read = _reader_of(kind)
    return lambda raw: None if raw is None else read(raw)


def _reader_of(kind: Any) -> Reader:
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return _reader_of(next(a for a in inner if a is not type(None)))
    if origin is tuple:
        return _tuple_reader(inner)
    if origin is dict:
        value = _reader(inner[1])
        return lambda raw: {k: value(v) for k, v in raw.items()}
    return _scalar_reader(kind)


def _tuple_reader(kinds: tuple[Any, ...]) -> Reader:
    readers = [_reader(kind) for kind in kinds if kind is not Ellipsis]
    if Ellipsis in kinds:
        return lambda raw: tuple(map(readers[0], raw))
    return lambda raw: tuple(read(item) for read, item in zip(readers, raw, strict=True))


def _scalar_reader(kind: Any) -> Reader:
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return lambda raw: decode(kind, raw)
    if kind is timedelta:
        return lambda raw: timedelta(seconds=raw)
    readers: dict[Any, Reader] = {Decimal: Decimal, datetime: datetime.fromisoformat}
    return readers.get(kind, _as_it_is)


def _as_it_is(raw: Any) -> Any:
    return raw
