"""What the companion plugin sends, made by the words of docs/woocommerce-plugin.md and by nothing of ours."""

import copy
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from woo_recordings import SHOP

from connectors.delivery import Delivery

PLUGIN_SECRET = "plugin-secret-" + "s" * 29
CART_ID = "0b6f5f6c9d1e4d5c8f1c2a7e93b1d044"
STORE = SHOP.domain
NOW = datetime(2026, 11, 24, 17, 4, 12, tzinfo=UTC)
PHONE = "+12125550142"
WORDS = "I agree to get recurring automated marketing texts, such as reminders of my cart, from Mug House."
DELIVERY = "6f1c1e0e-4a53-4c2c-9f0e-0d1f5d1c7a10"

SNAPSHOT: dict[str, Any] = {
    "protocol": 1,
    "plugin": "1.0.0",
    "store": STORE,
    "cart": {
        "id": CART_ID,
        "revision": 3,
        "created_at": "2026-11-24T17:00:00Z",
        "updated_at": "2026-11-24T17:04:10Z",
        "currency": "USD",
        "total": "24.50",
        "coupons": ["WELCOME10"],
        "locale": "en_US",
        "lines": [
            {
                "product_id": 11,
                "variation_id": 14,
                "quantity": 1,
                "name": "T-Shirt",
                "variant": "S",
                "sku": "TS-S",
                "price": "24.50",
            }
        ],
        "restore_url": f"{STORE}/?comeback={CART_ID}.1796751850.9a0d8a0f9a0d8a0f9a0d8a0f9a0d8a0f",
    },
    "shopper": {
        "phone": "(212) 555-0142",
        "email": "ann@example.com",
        "first_name": "Ann",
        "last_name": "Lee",
        "customer_id": 0,
        "country": "US",
        "state": "NY",
        "city": "",
        "postcode": "10001",
    },
    "consent": {
        "at": "2026-11-24T17:03:55Z",
        "version": 3,
        "locale": "en",
        "text": WORDS,
        "form": "block",
        "page": f"{STORE}/checkout/",
        "ip": "203.0.113.7",
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64)",
    },
}


def snapshot(edit: Callable[[dict[str, Any]], Any] | None = None) -> dict[str, Any]:
    """A body of `cart.updated`, after `edit`."""
    made = copy.deepcopy(SNAPSHOT)
    if edit is not None:
        edit(made)
    return made


def removed(reason: str, revision: int = 4, at: str = "2026-11-24T17:05:00Z") -> dict[str, Any]:
    cart = {"id": CART_ID, "revision": revision, "updated_at": at}
    return {"protocol": 1, "plugin": "1.0.0", "store": STORE, "cart": cart, "reason": reason}


def plain(**values: Any) -> dict[str, Any]:
    """A body of `shopper.erased` or `store.disconnected`."""
    return {"protocol": 1, "plugin": "1.0.0", "store": STORE, "at": "2026-11-24T17:05:00Z", **values}


def signature(secret: str, topic: str, delivery: str, timestamp: str, body: bytes) -> str:
    signed = f"v1\n{topic}\n{delivery}\n{timestamp}\n".encode() + body
    return "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def headers(
    topic: str, body: bytes, *, at: datetime = NOW, secret: str = PLUGIN_SECRET, delivery: str = DELIVERY
) -> dict[str, str]:
    timestamp = str(int(at.timestamp()))
    return {
        "content-type": "application/json",
        "x-comeback-topic": topic,
        "x-comeback-delivery": delivery,
        "x-comeback-timestamp": timestamp,
        "x-comeback-signature": signature(secret, topic, delivery, timestamp, body),
    }


def sent(topic: str, body: dict[str, Any] | bytes, **more: Any) -> Delivery:
    """A signed delivery. `more`: as `headers` takes it."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Delivery(headers(topic, content, **more), content)
