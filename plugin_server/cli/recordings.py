"""Recorded deliveries as files: what was kept of a real one, in the shapes people keep them in."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from connectors.delivery import Delivery


class Unreadable(Exception):
    """The file holds no delivery."""


def recording(platform: str, file: Path, topic: str = "") -> list[Delivery]:
    """The delivery in `file`; or, of a recorded answer of WooCommerce's REST API, one for each order in it, as its
    webhook would have told it. Raises Unreadable, saying why."""
    try:
        kept = json.loads(file.read_bytes())
    except OSError as error:
        raise Unreadable(error.strerror or str(error)) from None
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"is not JSON: {error}") from None
    if not isinstance(kept, dict):
        raise Unreadable("is not a recorded delivery: expected an object with headers and body")
    if platform == "woocommerce" and isinstance(kept.get("request"), dict) and "status" in kept:
        return _orders_answered(kept)
    if "headers" in kept and ("body" in kept or "raw_body" in kept):
        return [_delivery(kept, platform, topic)]
    return [_bare(kept, platform, topic or topic_of(file))]


def _orders_answered(kept: dict[str, Any]) -> list[Delivery]:
    path = urlsplit(str(kept["request"].get("url", ""))).path
    if kept["status"] != 200 or not re.search(r"/wc/v3/orders(/\d+)?$", path):
        return []
    orders = kept.get("body") if isinstance(kept.get("body"), list) else [kept.get("body")]
    headers = {TOPIC_HEADERS["woocommerce"]: "order.updated"}
    return [Delivery(headers=headers, body=json.dumps(order).encode()) for order in orders or []]


def _delivery(kept: dict[str, Any], platform: str, topic: str) -> Delivery:
    headers = _headers(kept["headers"])
    if topic:
        headers[TOPIC_HEADERS.get(platform, "topic")] = topic
    return Delivery(headers=headers, body=_body(kept), query=_query(kept.get("query")))


def _headers(raw: Any) -> dict[str, str]:
    pairs = raw.items() if isinstance(raw, dict) else raw
    try:
        return {str(name).lower(): str(value) for name, value in pairs}
    except (TypeError, ValueError):
        raise Unreadable("headers: expected an object, or a list of [name, value]") from None


def _query(raw: Any) -> dict[str, str]:
    return {str(k): str(v) for k, v in raw.items()} if isinstance(raw, dict) else {}


def _body(kept: dict[str, Any]) -> bytes:
    """The raw bytes if they were kept (signatures are over them), else the body written as JSON."""
    raw = kept.get("raw_body", kept.get("body"))
    if isinstance(raw, str):
        return raw.encode("utf-8", "surrogatepass")
    return json.dumps(raw).encode()


TOPIC_HEADERS = {"shopify": "x-shopify-topic", "woocommerce": "x-wc-webhook-topic"}


def topic_of(file: Path) -> str:
    """checkouts_update.json → checkouts/update: how Shopify's own examples are named."""
    return _SHOPIFY_NAMES.get(file.stem, "")


def _bare(kept: dict[str, Any], platform: str, topic: str) -> Delivery:
    if platform not in TOPIC_HEADERS or not topic:
        raise Unreadable(
            'is not a recorded delivery: expected {"headers": …, "body": …}, or a bare body with --topic'
        )
    return Delivery(headers={TOPIC_HEADERS[platform]: topic}, body=json.dumps(kept).encode())


_TOPICS = (
    "checkouts/create checkouts/update checkouts/delete carts/create carts/update orders/create orders/paid"
    " orders/cancelled orders/updated customers_marketing_consent/update app/uninstalled app/scopes_update"
    " customers/data_request customers/redact shop/redact customers/update customers/create shop/update"
    " refunds/create products/update inventory_levels/update app_subscriptions/update"
).split()
_SHOPIFY_NAMES = {topic.replace("/", "_"): topic for topic in _TOPICS}
