"""JSON and the schemas over it."""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError

from sequences.errors import BadDelivery, BadValue

# Wrong fields named in one message; the rest are counted.
NAMED = 5

KINDS = {
    dict: "an object",
    list: "a list",
    str: "a text",
    bool: "true or false",
    int: "a number",
    Decimal: "a number",
    type(None): "null",
}


def kind(value: object) -> str:
    """What a JSON value is, in words: for messages that must not show the value itself."""
    return KINDS.get(type(value), type(value).__name__)


def load_json(body: bytes, root: type = dict) -> Any:
    """The JSON in `body`, its numbers with a point as Decimal. Raises BadDelivery if it isn't UTF-8 or JSON,
    holds NaN or Infinity, is nested deeper or has longer numbers than Python reads, or if its outermost
    value isn't a `root`."""
    try:
        value = json.loads(body.decode("utf-8-sig"), parse_float=_decimal, parse_constant=_refuse)
    except UnicodeDecodeError as e:
        raise BadDelivery(f"the body isn't UTF-8 (at byte {e.start})") from None
    except json.JSONDecodeError as e:
        raise BadDelivery(f"the body isn't JSON: {e.msg} at character {e.pos}") from None
    except RecursionError:
        raise BadDelivery("the body is nested too deep") from None
    except ValueError:  # CPython reads no integer of more than 4300 digits
        raise BadDelivery("the body holds a number too long to read") from None
    if not isinstance(value, root):
        raise BadDelivery(f"the body should be {KINDS[root]}, not {kind(value)}")
    return value


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except ArithmeticError:  # an exponent beyond what Decimal holds
        raise BadDelivery("the body holds a number too large to read") from None


def _refuse(name: str) -> None:
    raise BadDelivery(f"the body holds {name}, which isn't JSON")


class Wire(Schema):
    """A schema over part of a payload: unknown fields are passed over."""

    class Meta:
        unknown = EXCLUDE

    error_messages = {"type": "should be an object"}

    def read(self, data: Any) -> dict[str, Any]:
        """The declared fields of `data`. Raises BadValue for one wrong field, BadDelivery for more."""
        try:
            loaded: dict[str, Any] = self.load(data)
        except ValidationError as e:
            wrong = list(_flat(e.messages))
        else:
            return loaded
        if len(wrong) == 1:
            raise BadValue(*wrong[0])
        more = f"; and {len(wrong) - NAMED} more" if len(wrong) > NAMED else ""
        raise BadDelivery("; ".join(f"{where}: {what}" for where, what in wrong[:NAMED]) + more)


def _flat(messages: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """marshmallow's nested messages as ("line_items[0].price", "is not a decimal amount")."""
    if isinstance(messages, Mapping):
        for key, below in messages.items():
            yield from _flat(below, _step(path, key))
    elif isinstance(messages, list):
        for message in messages:
            yield path or "the body", str(message)
    else:
        yield path or "the body", str(messages)


def _step(path: str, key: object) -> str:
    if key == "_schema":
        return path
    if isinstance(key, int):
        return f"{path}[{key}]"
    return f"{path}.{key}" if path else str(key)
