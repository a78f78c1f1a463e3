"""A store with the companion plugin, before our machine: what the plugin sends, and orders that bear its mark."""

import hashlib
import hmac
import json
import uuid
from datetime import datetime, timedelta
from typing import Any

import requests
import spine_kit as kit

from connectors.platforms.woocommerce import Store
from plugin_server.store import shops
from plugin_server.store.shops import Installed

SECRET = "the-plugins-secret-of-wool-" + "w" * 16
CART_ID = "0b6f5f6c9d1e4d5c8f1c2a7e93b1d044"
OTHER_ID = "f" * 32
KEY = f"checkout:{CART_ID}"
WORDS = (
    "I agree to get recurring automated marketing texts, such as reminders of my cart, from Wool & Needle."
)


def wool(spine) -> Installed:
    with spine.machine.db.system() as c:
        found = shops.by_key(c, spine.machine.secrets.vault, "woocommerce", spine.keys["wool"])
    assert found is not None
    return found


def pair(spine, **facts: str) -> None:
    """The plugin is connected; `facts` change what the store said of itself."""
    found = wool(spine)
    with spine.machine.db.system() as c:
        secrets = {**found.credentials, "plugin_secret": SECRET}
        shops.give_credentials(c, spine.machine.secrets.vault, found.shop.key, secrets)
        shops.describe(c, found.shop.id, {"version": "11.0.1", "plugin": "1.0.0", **facts})


def now(spine) -> datetime:
    return spine.world.status().now


def told_at(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def body(
    spine, *, at: datetime | None = None, revision: int = 1, cart_id: str = CART_ID, **changes: Any
) -> dict:
    """A snapshot of now, or of `at`. `changes`: of the shopper."""
    when, store = at or now(spine), wool(spine).shop.domain
    line = {
        "product_id": 11,
        "variation_id": 0,
        "quantity": 2,
        "name": "Blue Mug",
        "variant": "",
        "sku": "MUG",
    }
    return {
        "protocol": 1,
        "plugin": "1.0.0",
        "store": store,
        "cart": {
            "id": cart_id,
            "revision": revision,
            "created_at": told_at(when - timedelta(minutes=2)),
            "updated_at": told_at(when),
            "currency": "USD",
            "total": "25.00",
            "coupons": [],
            "locale": "en_US",
            "lines": [{**line, "price": "12.50"}],
            "restore_url": f"{store}/?comeback={cart_id}.{int(when.timestamp()) + 1209600}.{'9a' * 16}",
        },
        "shopper": {
            "phone": "(212) 555-0142",
            "email": kit.NAMES["email"],
            "first_name": kit.NAMES["first_name"],
            "last_name": kit.NAMES["last_name"],
            "customer_id": 0,
            "country": "US",
            "state": "NY",
            "city": "New York",
            "postcode": "10001",
            **changes,
        },
        "consent": {
            "at": told_at(when - timedelta(minutes=1)),
            "version": 3,
            "locale": "en",
            "text": WORDS,
            "form": "block",
            "page": f"{store}/checkout/",
            "ip": "203.0.113.7",
            "user_agent": "Mozilla/5.0 (X11; Linux x86_64)",
        },
    }


def removal(
    spine, reason: str, *, at: datetime | None = None, revision: int = 2, cart_id: str = CART_ID
) -> dict:
    cart = {"id": cart_id, "revision": revision, "updated_at": told_at(at or now(spine))}
    return {**_head(spine), "cart": cart, "reason": reason}


def plain(spine, **values: Any) -> dict:
    """A body of `shopper.erased` or `store.disconnected`."""
    return {**_head(spine), "at": told_at(now(spine)), **values}


def _head(spine) -> dict:
    return {"protocol": 1, "plugin": "1.0.0", "store": wool(spine).shop.domain}


def send(
    spine,
    topic: str,
    told: dict | bytes,
    *,
    secret: str = SECRET,
    at: datetime | None = None,
    delivery: str = "",
    shop: str = "wool",
    settle: bool = True,
) -> requests.Response:
    """Signed as the plugin signs, at `at`; then applied."""
    content = told if isinstance(told, bytes) else json.dumps(told).encode()
    name, stamp = delivery or str(uuid.uuid4()), str(int((at or now(spine)).timestamp()))
    signed = f"v1\n{topic}\n{name}\n{stamp}\n".encode() + content
    headers = {
        "Content-Type": "application/json",
        "X-Comeback-Topic": topic,
        "X-Comeback-Delivery": name,
        "X-Comeback-Timestamp": stamp,
        "X-Comeback-Signature": "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest(),
    }
    address = f"{spine.url}/webhooks/woocommerce/{spine.keys[shop]}"
    answer = requests.post(address, data=content, headers=headers, timeout=10)
    if settle:
        kit.settle(spine)
    return answer


def store(spine) -> Store:
    """The pretend store, as its REST key sees it."""
    found = wool(spine)
    return Store(found.shop.domain, {**found.credentials, "allow_private": "1"})


def placed(spine, mark: str = CART_ID, **more: Any) -> str:
    """The shopper placed the order and is at the gateway; the plugin marked it. Returns its number."""
    kit.faults(spine, webhook_late=1.0, webhook_late_seconds=2)
    number = kit.leave_cart(spine, "wool", **more)
    store(spine).put(f"orders/{number}", {"meta_data": [{"key": "_comeback_cart", "value": mark}]})
    kit.faults(spine, webhook_late=0.0)
    kit.skip(spine, seconds=3)
    kit.settle(spine)
    return number


def order_told(spine, number: str, **changes: Any) -> None:
    """The webhook of an order as it is, with `changes`."""
    told = {**store(spine).get(f"orders/{number}"), **changes}
    content = json.dumps(told, default=float).encode()
    answer = kit.woo(spine, "order.updated", content, secret=wool(spine).credentials["webhook_secret"])
    assert answer.status_code == 200
    kit.settle(spine)
