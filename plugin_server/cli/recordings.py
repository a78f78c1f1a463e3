"""Recorded deliveries as files: what was kept of a real one, in the shapes people keep them in."""

import json
import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from connectors.delivery import Delivery

STDIN = Path("-")


class Unreadable(Exception):
    """The file holds no delivery."""


def recording(platform: str, file: Path, topic: str = "", version: str = "") -> list[Delivery]:
    """The delivery in `file` (`-`: standard input); or, of a recorded answer of WooCommerce's REST API, one for each
    order in it, as its webhook would have told it. `topic`, `version`: what its headers say, if not the file itself.
    Raises Unreadable, saying why."""
    told = _told(platform, file, topic, version)
    try:
        raw = sys.stdin.buffer.read() if file == STDIN else file.read_bytes()
        kept = json.loads(raw)
    except OSError as error:
        raise Unreadable(error.strerror or str(error)) from None
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"is not JSON: {error}") from None
    if not isinstance(kept, dict):
        raise Unreadable("is not a recorded delivery: expected an object with headers and body")
    if platform == "woocommerce" and isinstance(kept.get("request"), dict) and "status" in kept:
        return _orders_answered(kept)
    if "headers" in kept and ("body" in kept or "raw_body" in kept):
        given = _told(platform, None, topic, version)
        return [Delivery(_headers(kept["headers"]) | given, _body(kept), _query(kept.get("query")))]
    if _topic_header(platform, topic) not in told:
        raise Unreadable(
            'is not a recorded delivery: expected {"headers": …, "body": …}, or a bare body with --topic'
        )
    return [Delivery(headers=told, body=raw)]


def _told(platform: str, file: Path | None, topic: str, version: str) -> dict[str, str]:
    """The headers that options and, if they don't say it, the file's name amount to. Raises Unreadable."""
    if version and platform not in VERSION_HEADERS:
        raise Unreadable(f"--api-version: what {platform} sends has none")
    if version and not VERSION.fullmatch(version):
        raise Unreadable(f"--api-version: {version!r} is none; they are called 2026-07, or unstable")
    topic = _SHOPIFY_NAMES.get(topic.lower(), topic) if platform == "shopify" else topic
    given = {
        _topic_header(platform, topic): topic or (topic_of(file) if file else ""),
        VERSION_HEADERS.get(platform, ""): version or (version_of(file) if file else ""),
    }
    return {name: value for name, value in given.items() if name and value}


def _topic_header(platform: str, topic: str) -> str:
    """Where a delivery's topic stands."""
    if platform == "woocommerce" and topic in PLUGIN_TOPICS:
        return "x-comeback-topic"
    return TOPIC_HEADERS.get(platform, "topic")


def _orders_answered(kept: dict[str, Any]) -> list[Delivery]:
    path = urlsplit(str(kept["request"].get("url", ""))).path
    if kept["status"] != 200 or not re.search(r"/wc/v3/orders(/\d+)?$", path):
        return []
    orders = kept.get("body") if isinstance(kept.get("body"), list) else [kept.get("body")]
    headers = {TOPIC_HEADERS["woocommerce"]: "order.updated"}
    return [Delivery(headers=headers, body=json.dumps(order).encode()) for order in orders or []]


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
PLUGIN_TOPICS = (
    "cart.updated",
    "cart.removed",
    "shopper.erased",
    "store.disconnected",
)  # of WooCommerce's plugin
VERSION_HEADERS = {"shopify": "x-shopify-api-version"}
VERSION = re.compile(r"20\d\d-(?:01|04|07|10)|unstable")


def topic_of(file: Path) -> str:
    """checkouts_update.json, as Shopify's own examples are named, checkouts-update_2026-07_3.json and
    checkouts/update.json → checkouts/update."""
    for name in (file.stem, f"{file.parent.name}_{file.stem}"):
        bare = re.sub("[^a-z]+", "_", VERSION.sub("", name.lower())).strip("_") + "_"
        found = [known for known in _SHOPIFY_NAMES if bare.startswith(known + "_")]
        if found:
            return _SHOPIFY_NAMES[max(found, key=len)]
    return ""


def version_of(file: Path) -> str:
    """2026-07/checkouts_update.json, checkouts_update_2026-07.json → 2026-07: the nearest name that has one."""
    found = (VERSION.search(name) for name in (file.stem, *(folder.name for folder in file.parents)))
    return next((match[0] for match in found if match), "")


_TOPICS = (
    "checkouts/create checkouts/update checkouts/delete carts/create carts/update orders/create orders/paid"
    " orders/cancelled orders/updated customers_marketing_consent/update app/uninstalled app/scopes_update"
    " customers/data_request customers/redact shop/redact customers/update customers/create shop/update"
    " refunds/create products/update inventory_levels/update app_subscriptions/update"
).split()
_SHOPIFY_NAMES = {topic.replace("/", "_"): topic for topic in _TOPICS}
