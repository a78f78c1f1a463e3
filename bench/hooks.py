"""Webhooks as Shopify sends them: a real checkout of about 10 kB, signed with the app's secret."""

import base64
import hashlib
import hmac
import json
import uuid
from typing import Any

from bench import stage
from plugin_server.setting import ROOT

PAYLOAD = ROOT / "tests" / "payloads" / "shopify" / "checkouts_update.json"
SIZE = 10_000
HEAD = (
    "POST /webhooks/shopify/{key} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    "User-Agent: Shopify-Captain-Hook\r\nAccept: */*\r\nX-Shopify-Topic: checkouts/update\r\n"
    "X-Shopify-Shop-Domain: {domain}\r\nX-Shopify-API-Version: 2026-10\r\n"
    "X-Shopify-Hmac-SHA256: {signature}\r\nX-Shopify-Webhook-Id: {id}\r\nX-Shopify-Event-Id: {id}\r\n"
    "X-Shopify-Triggered-At: 2026-11-24T17:00:00.000000000Z\r\nContent-Length: {size}\r\n\r\n"
)


def checkout() -> dict[str, Any]:
    """With as many lines as make it about 10 kB."""
    made: dict[str, Any] = json.loads(PAYLOAD.read_bytes())
    line = made["line_items"][0]
    while len(json.dumps(made)) < SIZE:
        made["line_items"].append({**line, "key": uuid.uuid4().hex})
    return made


def signature(on: stage.Stage, body: bytes) -> str:
    key = on.settings.shopify_client_secret.encode()
    return base64.b64encode(hmac.digest(key, body, hashlib.sha256)).decode()


def head(on: stage.Stage, body: bytes, signed: str) -> bytes:
    """A delivery of its own: none is taken for a repetition."""
    facts = {"key": on.key, "domain": stage.DOMAIN, "signature": signed, "size": len(body)}
    return HEAD.format(**facts, id=uuid.uuid4()).encode()
