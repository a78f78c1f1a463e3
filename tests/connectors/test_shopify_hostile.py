"""Whatever a delivery holds, reading it gives events that can be stored, or `BadDelivery`: nothing else."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from shopify_cast import SHOP, TOPICS, Drawer, delivery, recorded, storable, webhook_schema

from connectors.platforms.shopify import connector
from connectors.platforms.shopify.topics import READERS
from sequences.errors import BadDelivery

# One topic for each recording: those that share one share its reader too.
ONCE = sorted({file: topic for topic, file in TOPICS.items()}.values())

# Put in the place of every value of every recording. As JSON text: some of it Python wouldn't write.
ODD = [
    "null", "true", "0", "-1", "7", "1.5", '""', '"x"', "{}", "[]", "[[]]", "[null]", '{"a":1}', '[{"a":1}]',
    "9" * 40, "9" * 400, "1e400", "1e-400", "0e400", '"1e400"', '"0x10"', '"NaN"', '"-Infinity"', '"٣٫٥"',
    r'"\u0000"', r'"a\ud800"', r'"\udc00\ud800"', '"' + "x" * 3000 + '"', r'"\n\r\t"',
    '"2026-11-24T09:00:00"', '"0001-01-01T00:00:00+23:59"', '"9999-12-31T23:59:59-23:59"', '"2026-W48-2"',
    '"1969-12-31T23:59:59Z"', '"+14155552671"', '"+000000000000000000"', '"http://["', '"javascript:x"',
    '"?utm_source=%00%ff&utm_=&=&utm_a"', '"recovery_ref"', '"\\\\"',
]  # fmt: skip
# A body with one of these can't be read at all.
UNREADABLE = ["NaN", "Infinity", "9" * 5000, "1e99999999999999999999", "[" * 100_000, "}", '"\x01"', "\udcff"]


def spots(value: Any, path: tuple = ()) -> Iterator[tuple]:
    """The path of every value in a payload."""
    yield path
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in below:
        yield from spots(each, (*path, key))


def without(payload: Any, path: tuple) -> Any:
    holder = parent(payload, path)
    del holder[path[-1]]
    return payload


def holed(payload: Any, path: tuple) -> str:
    """The payload as JSON text with @@ in the place of one value."""
    if not path:
        return "@@"
    parent(payload, path)[path[-1]] = "@@"
    return json.dumps(payload)


def parent(payload: Any, path: tuple) -> Any:
    for key in path[:-1]:
        payload = payload[key]
    return payload


def survives(topic: str, body: bytes) -> bool:
    """True if it was read; anything but a reading or BadDelivery raises."""
    try:
        reading = connector.read(delivery(topic, body), SHOP)
    except BadDelivery as e:
        assert len(str(e)) < 2000
        return False
    assert storable(reading)
    return True


@pytest.mark.parametrize("topic", ONCE)
def test_every_value_may_be_anything(topic):
    file, read, refused = TOPICS[topic], 0, 0
    for path in spots(recorded(file)):
        text = holed(recorded(file), path)
        for odd in ODD:
            if survives(topic, text.replace('"@@"' if path else "@@", odd).encode()):
                read += 1
            else:
                refused += 1
    assert refused > 20
    assert read > refused / 10


@pytest.mark.parametrize("topic", ONCE)
def test_every_value_may_be_missing(topic):
    file = TOPICS[topic]
    outcomes = {
        path: survives(topic, json.dumps(without(recorded(file), path)).encode())
        for path in spots(recorded(file))
        if path
    }
    assert any(outcomes.values())


@pytest.mark.parametrize("odd", UNREADABLE, ids=lambda odd: odd[:12])
@pytest.mark.parametrize("topic", TOPICS)
def test_what_isnt_json_is_never_read(topic, odd):
    file = TOPICS[topic]
    path = (next(iter(recorded(file))),)
    body = holed(recorded(file), path).replace('"@@"', odd).encode("utf-8", "surrogateescape")
    assert not survives(topic, body)


def test_every_topic_we_read_has_a_recording_or_a_drawn_payload():
    assert set(READERS) - set(TOPICS) == {"carts/create", "carts/update", "app/uninstalled"}


@pytest.mark.parametrize("version", ["2025-10", "2026-01", "2026-04", "2026-07"])
@pytest.mark.parametrize("topic", READERS)
def test_payloads_of_every_version_are_read(topic, version):
    schema = webhook_schema(version, topic)
    said = 0
    for seed in range(60):
        payload = Drawer(seed).draw(schema)
        reading = connector.read(delivery(topic, payload, x_shopify_api_version=version), SHOP)
        assert storable(reading)
        said += bool(reading.events)
    assert said > 3
