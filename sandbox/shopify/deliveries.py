"""Webhooks as Shopify sends them: signed over the raw bytes, retried for four hours, never in a sure order.

Rules: shopify.dev/docs/apps/build/webhooks ("verify deliveries", "troubleshooting").
"""

import base64
import hashlib
import hmac
import json
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.courier import SHOPIFY_TIMEOUT, Courier
from sandbox.shopify.schema import VERSIONS, served_version
from sandbox.world import World

RETRIES = 8
DROPPED_AFTER = 8  # failures in a row, of a subscription that was made over the Admin API
FIRST_WAIT = timedelta(hours=4) / (2**RETRIES - 1)  # doubling: eight waits that add up to four hours


@dataclass(frozen=True, slots=True)
class Subscription:
    """Where an app wants its webhooks and with which client secret they are signed; "" sends none.

    `made_by`: "toml", of the app's configuration, or "api"; there's one of each topic.
    """

    url: str
    secret: str
    api_version: str = "2026-10"
    name: str = ""  # X-Shopify-Name, only there when the subscription has one
    made_by: str = "toml"


@dataclass(frozen=True, slots=True)
class Parcel:
    """One delivery: the same bytes and the same Webhook-Id on every try."""

    shop: str
    topic: str
    body: bytes
    headers: dict[str, str]
    url: str
    attempt: int = 0


def encode(payload: dict[str, Any]) -> bytes:
    """Compact UTF-8 JSON with & < > escaped as Rails does: who parses and dumps it gets other bytes."""
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e").encode()


def signature(body: bytes, secret: str) -> str:
    """X-Shopify-Hmac-Sha256: base64 of HMAC-SHA256 over the raw body with the client secret."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def uuid_like(hex32: str) -> str:
    return "-".join((hex32[:8], hex32[8:12], hex32[12:16], hex32[16:20], hex32[20:32]))


def instant(moment: datetime) -> str:
    """RFC 3339 with nanoseconds, as X-Shopify-Triggered-At comes."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}000Z"


class Outbox:
    """Sends one store's webhooks through the courier, with the misbehaviour that `world.faults` asks for."""

    def __init__(self, world: World, courier: Courier, shop: str, domain: str) -> None:
        self.world, self.courier, self.shop, self.domain = world, courier, shop, domain
        self.subscription = Subscription("", "")
        self.failures: Counter[str] = Counter()  # in a row, by topic
        self.dropped: set[str] = set()

    def subscribe(self, subscription: Subscription) -> None:
        """To every topic, anew."""
        self.subscription = subscription
        self.failures.clear()
        self.dropped.clear()

    @property
    def version(self) -> str:
        """Of the API, in which bodies are written."""
        asked = self.subscription.api_version
        return served_version(asked, self.world.faults.versions_retired) or VERSIONS[-1]

    def send(self, topic: str, payload: dict[str, Any], about: str, event_id: str) -> None:
        """Queue one webhook. Those `about` the same thing leave in order, unless a fault says otherwise."""
        if not self.subscription.url or topic in self.dropped:
            return
        parcel = self.pack(topic, encode(payload), event_id)
        lane, faults = f"{self.shop}:{about}", self.world.faults
        if self.world.roll(faults.webhook_late):
            self.courier.later(timedelta(seconds=faults.webhook_late_seconds), lambda: self.carry(parcel))
        elif self.world.roll(faults.webhook_disorder):
            self.courier.later(self.moments(120), lambda: self.carry(parcel))
        else:
            self.courier.queue(lambda: self.carry(parcel), lane)
        if self.world.roll(faults.webhook_duplicate):
            self.courier.later(self.moments(600), lambda: self.carry(parcel))

    def pack(self, topic: str, body: bytes, event_id: str) -> Parcel:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Shopify-Captain-Hook",
            "X-Shopify-Topic": topic,
            "X-Shopify-Hmac-Sha256": signature(body, self.subscription.secret),
            "X-Shopify-Shop-Domain": self.domain,
            "X-Shopify-API-Version": self.version,
            "X-Shopify-Webhook-Id": uuid_like(self.dice_hex()),
            "X-Shopify-Event-Id": event_id,
            "X-Shopify-Triggered-At": instant(self.world.clock.now()),
        }
        if self.subscription.name:
            headers["X-Shopify-Name"] = self.subscription.name
        return Parcel(self.shop, topic, body, headers, self.subscription.url)

    def carry(self, parcel: Parcel) -> None:
        """One try. Anything but 2xx, redirects too, is a failure and is tried again later."""
        if parcel.topic in self.dropped:
            return
        reply = self.courier.call(
            "POST", parcel.url, body=parcel.body, headers=parcel.headers, timeout=SHOPIFY_TIMEOUT
        )
        facts = {
            "shop": parcel.shop,
            "topic": parcel.topic,
            "webhook_id": parcel.headers["X-Shopify-Webhook-Id"],
            "sha256": hashlib.sha256(parcel.body).hexdigest(),
            "status": reply.status,
            "attempt": parcel.attempt,
        }
        self.count(parcel.topic, reply.ok)
        if reply.ok:
            self.world.ledger.write("delivery", **facts)
        elif parcel.attempt < RETRIES:
            again = replace(parcel, attempt=parcel.attempt + 1)
            self.courier.later(FIRST_WAIT * 2**parcel.attempt, lambda: self.carry(again))
        else:
            self.world.ledger.write("delivery_lost", **facts)

    def count(self, topic: str, ok: bool) -> None:
        """A subscription of the Admin API doesn't outlive eight failures in a row."""
        with self.world.lock:
            self.failures[topic] = 0 if ok else self.failures[topic] + 1
            if self.subscription.made_by != "api" or self.failures[topic] < DROPPED_AFTER:
                return
            if topic not in self.dropped:
                self.dropped.add(topic)
                self.world.ledger.write("subscription_dropped", shop=self.shop, topic=topic)

    def moments(self, seconds: float) -> timedelta:
        with self.world.lock:
            return timedelta(seconds=self.world.dice.uniform(1, seconds))

    def dice_hex(self) -> str:
        with self.world.lock:
            return f"{self.world.dice.getrandbits(128):032x}"
