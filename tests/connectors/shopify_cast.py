"""One shop, and Shopify's recorded payloads as deliveries: the cast of the Shopify tests."""

import base64
import copy
import dataclasses
import gzip
import hashlib
import hmac
import json
import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from connectors.delivery import Delivery
from sequences.cart import Shop

ROOT = Path(__file__).resolve().parents[2]
RECORDED = ROOT / "tests" / "payloads" / "shopify"
CONTRACTS = ROOT / ".cache" / "contracts"
HOW = "run bin/contracts: it fetches Shopify's published schemas into .cache/contracts"

SECRET = "shpss_test_0123456789abcdef0123456789"
DOMAIN = "demo-shop.myshopify.com"
SHOP = Shop(id=1, key="k", platform="shopify", domain=DOMAIN, name="Demo", currency="USD", country="US")

# Which recordings can come under which topics.
TOPICS = {
    "checkouts/create": "checkouts_update.json",
    "checkouts/update": "checkouts_update.json",
    "checkouts/delete": "checkouts_delete.json",
    "orders/create": "orders_create.json",
    "orders/paid": "orders_create.json",
    "orders/cancelled": "orders_create.json",
    "orders/updated": "orders_create.json",
    "customers_marketing_consent/update": "customers_marketing_consent_update.json",
    "customers/data_request": "customers_data_request.json",
    "customers/redact": "customers_redact.json",
    "shop/redact": "shop_redact.json",
    "app/scopes_update": "app_scopes_update.json",
}


@cache
def _recording(file: str) -> Any:
    return json.loads((RECORDED / file).read_text())


def recorded(file: str, **changes: Any) -> dict[str, Any]:
    """A recording with top-level fields replaced; `...` takes a field out."""
    payload = copy.deepcopy(_recording(file)) | changes
    return {name: value for name, value in payload.items() if value is not ...}


def delivery(topic: str, payload: Any, **headers: str) -> Delivery:
    """As Shopify sends it, signed. Header names are given with underscores; '' takes one out."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    signed = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
    given = {
        "x-shopify-topic": topic,
        "x-shopify-hmac-sha256": signed,
        "x-shopify-shop-domain": DOMAIN,
        "x-shopify-api-version": "2026-10",
        "x-shopify-webhook-id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
        "x-shopify-triggered-at": "2026-11-24T09:03:11.123456789Z",
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    return Delivery({name: value for name, value in given.items() if value}, body)


def texts(value: Any) -> Iterator[str]:
    """Every text in a reading."""
    if isinstance(value, str):
        yield value
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from texts(getattr(value, field.name))
    elif isinstance(value, tuple):
        for each in value:
            yield from texts(each)


def storable(reading: Any) -> bool:
    """PostgreSQL can keep every text in it."""
    return all(
        "\x00" not in text and text == text.encode("utf-8", "replace").decode() for text in texts(reading)
    )


def contract(name: str) -> Path:
    """A file under .cache/contracts; skips, saying how to get it, if it isn't there."""
    path = CONTRACTS / name
    if not path.exists():
        pytest.skip(f"{name} isn't there; {HOW}")
    return path


def webhook_schema(version: str, topic: str) -> dict[str, Any]:
    """The JSON schema of one topic's payloads in one API version, made from payloads that Shopify sent."""
    schema: dict[str, Any] = json.loads(contract(f"webhooks/{version}/{topic}.json").read_text())
    return schema


def admin_schema(version: str = "2026-10") -> dict[str, Any]:
    """The Admin API's introspection."""
    with gzip.open(contract(f"admin/admin_{version}.json.gz")) as file:
        data: dict[str, Any] = json.load(file)["data"]
    return data


class Drawer:
    """Draws payloads that fit a webhook schema. The schemas know types and little more, so names help: a
    field called `…_at` holds a time, `…price` an amount."""

    TIMES = ("2026-11-24T04:03:10-05:00", "2026-01-01T00:00:00Z", "2026-06-30T23:59:59.999+13:45")
    AMOUNTS = ("0.00", "19.99", "1250000.00", "0.001", "-3.50")
    PHONES = ("+14155552671", "555-555-SHIP", "", "(415) 555-2671", "+447400123456", "0", "+00000000000")
    WORDS = ("", "a", "Zoë 🧦", "x" * 300, "line\nbreak", "😀" * 70, 'O\'Brien "Q"', "\ufffd", "'; --")

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)

    def draw(self, schema: Any, name: str = "") -> Any:
        kinds = schema.get("type") or [s.get("type", "null") for s in schema["anyOf"]]
        kind = self.dice.choice(kinds) if isinstance(kinds, list) else kinds
        return getattr(self, f"_{kind}")(schema, name)

    def _object(self, schema: Any, name: str) -> Any:
        return {key: self.draw(below, key) for key, below in schema.get("properties", {}).items()}

    def _array(self, schema: Any, name: str) -> Any:
        items = schema.get("items")
        return [self.draw(items, name) for _ in range(self.dice.randrange(4))] if items else []

    def _string(self, schema: Any, name: str) -> str:
        if name.endswith("_at"):
            return self.dice.choice(self.TIMES)
        if name.endswith(("price", "amount", "total", "rate")):
            return self.dice.choice(self.AMOUNTS)
        if "currency" in name:
            return self.dice.choice(("USD", "EUR", "JPY"))
        if name.endswith("token") or name == "id":
            return f"{self.dice.getrandbits(128):032x}"
        if name == "name":
            return f"#{self.dice.getrandbits(60)}"
        if name.endswith("domain"):
            return DOMAIN
        if name == "email":
            return self.dice.choice(("", "dana@example.com", "nobody"))
        if name == "current":
            return self.dice.choice(("read_orders", "write_discounts"))
        if name == "state":
            return self.dice.choice(("subscribed", "unsubscribed", "pending", "not_subscribed", "redacted"))
        return self.dice.choice(self.PHONES if "phone" in name else self.WORDS)

    def _integer(self, schema: Any, name: str) -> int:
        return self.dice.randrange(5) if name == "quantity" else self.dice.getrandbits(60) + 1

    def _number(self, schema: Any, name: str) -> float:
        return round(self.dice.uniform(0, 100), 2)

    def _boolean(self, schema: Any, name: str) -> bool:
        return self.dice.random() < 0.5

    def _null(self, schema: Any, name: str) -> None:
        return None
