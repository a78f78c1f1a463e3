"""Ways to damage a recorded body, and what has to hold of whatever is read from it."""

import copy
import json
from datetime import UTC
from decimal import Decimal

from hypothesis import strategies as st

from sequences import codec
from sequences.events import CartChanged, OrderLapsed

ODD_VALUES = [
    *(
        None,
        True,
        False,
        0,
        -1,
        1.5,
        "",
        [],
        {},
        [None],
        [[]],
        [{}],
        {"a": 1},
        {"0": {"key": [], "value": {}}},
    ),
    *(
        10**30,
        -(10**30),
        10**4000,
        1e308,
        "1e99999999",
        "1e-99999",
        "NaN",
        "-Infinity",
        "12,50",
        "0x10",
        "١٢",
    ),
    *("\x00", "a\x00b", "\ud800", "\udfff\ud800", "\N{PILE OF POO}" * 300, "x" * 100_000),
    *("2026-11-24T03:54:05", "2026-11-24T03:54:05Z", "2026-11-24T03:54:05+14:00", "0001-01-01T00:00:00"),
    *("9999-12-31T23:59:59-23:59", "2026-13-45T99:99:99", "0000-00-00T00:00:00", "now", "2026-11-24"),
    *("+00000000000", "deleted@site.invalid", "completed", "refunded", "pending", "cancelled", "trash", "US"),
    *("http://[", "http://\u2100.example/", "javascript:alert(1)", "//", "http://x:99999999/"),
]
odd = st.sampled_from(ODD_VALUES) | st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=5,
)
MISSING = object()


def places(value, path=()):
    """Every path in a JSON value."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        if key != "_links":
            yield from places(inner, (*path, key))


def put(value, path, new):
    """`value` with `new` at `path`; MISSING takes it away."""
    if not path:
        return {} if new is MISSING else new
    value = copy.deepcopy(value)
    inner = value
    for key in path[:-1]:
        inner = inner[key]
    if new is MISSING:
        del inner[path[-1]]
    else:
        inner[path[-1]] = new
    return value


def check(read):
    """Everything in a reading can be kept: text in UTF-8 without NUL, times aware and UTC, sane amounts."""
    for event in read.events:
        text = json.dumps(codec.event(event), ensure_ascii=False)
        text.encode()
        assert "\\u0000" not in text
        subject = (
            event.cart if isinstance(event, CartChanged | OrderLapsed) else getattr(event, "order", None)
        )
        if subject is not None:
            assert subject.created_at.tzinfo is UTC
            assert subject.updated_at.tzinfo is UTC
            assert abs(subject.total.amount) < Decimal(10) ** 12
            assert codec.decode(type(event), codec.encode(event)) == event
    for note in read.notes:
        note.encode()
