"""Recorded deliveries of a real WooCommerce, and the ones made from them by an edit of the body."""

import base64
import copy
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from connectors.delivery import Delivery
from connectors.platforms.woocommerce import connector
from sequences.cart import Shop
from sequences.events import CartChanged, Event, OrderChanged, OrderPlaced, Reading, ShopperErased
from sequences.money import Money

FOLDER = Path(__file__).parents[1] / "payloads" / "woocommerce"
SECRET = "whsec-test"
SHOP = Shop(
    id=1,
    key="k" * 32,
    platform="woocommerce",
    domain="http://127.0.0.1:8088",
    name="Mug House",
    currency="USD",
    country="US",
)
PHONE = "+12125550100"

Body = dict[str, Any]


@cache
def _recording(name: str) -> Body:
    return json.loads(next(FOLDER.glob(f"{name}*.json")).read_text())


def names(first: str = "00", last: str = "99") -> list[str]:
    """Of all recordings whose number is from `first` to `last`, without their ending."""
    return sorted(p.stem for p in FOLDER.glob("*.json") if first <= p.name[:2] <= last)


def delivery(name: str) -> Delivery:
    """A webhook as it came. `name`: how its file name begins."""
    found = _recording(name)
    return Delivery({k.lower(): v for k, v in found["headers"]}, found["raw_body"].encode())


def body(name: str) -> Any:
    """What stands in the body of a webhook, or of an answer of the REST API."""
    return json.loads(_recording(name)["raw_body"])


def raw(name: str) -> bytes:
    return _recording(name)["raw_body"].encode()


def edited(
    name: str, edit: Callable[[Body], None] | None = None, topic: str = "", **changes: Any
) -> Delivery:
    """The recording `name` with top-level `changes`, then `edit`, made to its body; signed anew."""
    changed = copy.deepcopy(body(name)) | changes
    if edit is not None:
        edit(changed)
    return webhook(topic or delivery(name).header("x-wc-webhook-topic"), json.dumps(changed).encode())


def webhook(topic: str, content: bytes, hook: str = "7") -> Delivery:
    signature = base64.b64encode(hmac.new(SECRET.encode(), content, hashlib.sha256).digest()).decode()
    headers = {
        "content-type": "application/json",
        "x-wc-webhook-topic": topic,
        "x-wc-webhook-id": hook,
        "x-wc-webhook-signature": signature,
        "x-wc-webhook-delivery-id": "0" * 32,
    }
    return Delivery(headers, content)


def meta(values: dict[str, Any]) -> Callable[[Body], None]:
    """An edit that adds rows to `meta_data`."""

    def edit(order: Body) -> None:
        order["meta_data"] += [
            {"id": 900 + n, "key": k, "value": v} for n, (k, v) in enumerate(values.items())
        ]

    return edit


def read(sent: Delivery) -> Reading:
    return connector.read(sent, SHOP)


def told(reading: Reading) -> list[tuple[str, Any]]:
    """The events of a reading in short: what happened to which order, or to whom."""
    return [_short(event) for event in reading.events]


def _short(event: Event) -> tuple[str, Any]:
    if isinstance(event, CartChanged):
        return ("cart", event.cart.key)
    if isinstance(event, OrderPlaced):
        return (event.order.status, event.order.key)
    if isinstance(event, OrderChanged):
        return (event.change, event.order.key)
    if isinstance(event, ShopperErased):
        return ("erased", event.order_keys or event.customer_id)
    return ("stock", event.product_id)


def usd(text: str) -> Money:
    return Money(Decimal(text), "USD")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
