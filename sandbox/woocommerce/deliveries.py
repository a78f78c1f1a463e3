"""Webhooks as WooCommerce sends them: the state at delivery, never sent again, switched off after failures.

Behaviour seen on WooCommerce 11.0.1 and read in its `includes/class-wc-webhook.php`.
"""

import base64
import hashlib
import hmac
import html
import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sandbox.courier import WOOCOMMERCE_TIMEOUT, Courier, NotLoopback, Reply
from sandbox.woocommerce.php import json_encode
from sandbox.woocommerce.state import WORDPRESS, Shop, Webhook
from sandbox.world import World

PING_TIMEOUT = (5.0, 5.0)
MAX_FAILURES = 5  # woocommerce_max_webhook_delivery_failures: more than that before this one, and it is off

Build = Callable[[], Any]


def signature(body: bytes, secret: str) -> str:
    """X-WC-Webhook-Signature: base64 of HMAC-SHA256 over the raw body with the webhook's secret."""
    key = html.unescape(secret).encode()  # core: wp_specialchars_decode
    return base64.b64encode(hmac.new(key, body, hashlib.sha256).digest()).decode()


class Outbox:
    """The webhooks of one store and their deliveries. `webhooks` is guarded by the world's lock."""

    def __init__(self, world: World, courier: Courier, shop: Shop) -> None:
        self.world, self.courier, self.shop = world, courier, shop
        self.webhooks: dict[int, Webhook] = {}
        self._ids = itertools.count(1)
        self._pending: set[tuple[int, int]] = set()
        self.agent = f"WooCommerce/{shop.version} Hookshot (WordPress/{WORDPRESS})"

    def add(self, topic: str, url: str, secret: str, name: str = "", status: str = "active") -> Webhook:
        with self.world.lock:
            hook = Webhook(next(self._ids), name or topic, topic, url, secret, self.world.clock.now(), status)
            self.webhooks[hook.id] = hook
            return hook

    def fire(self, topic: str, resource_id: int, build: Build) -> None:
        """Queue the topic's webhooks. One that already waits for this resource is not queued again."""
        with self.world.lock:
            for hook in self.webhooks.values():
                key = (hook.id, resource_id)
                if hook.topic == topic and hook.status == "active" and key not in self._pending:
                    self._pending.add(key)
                    self.schedule(hook, key, build)

    def schedule(self, hook: Webhook, key: tuple[int, int], build: Build) -> None:
        faults, action = self.world.faults, lambda: self.carry(hook, key, build)
        if self.world.roll(faults.webhook_late):
            self.courier.later(timedelta(seconds=faults.webhook_late_seconds), action)
        elif self.world.roll(faults.webhook_disorder):
            self.courier.later(timedelta(seconds=self.world.dice.uniform(1, 120)), action)
        else:
            self.courier.queue(action, f"{self.shop.id}:{key[1]}")

    def carry(self, hook: Webhook, key: tuple[int, int], build: Build) -> None:
        """Deliver once (twice where the fault says so), with the resource as it is now."""
        with self.world.lock:
            self._pending.discard(key)
            body = json_encode(build())
        headers = self.headers(hook, body)
        self.note(hook, body, self.post(hook, body, headers))
        if self.world.roll(self.world.faults.webhook_duplicate):
            self.note(hook, body, self.post(hook, body, headers))

    def post(
        self,
        hook: Webhook,
        body: bytes,
        headers: dict[str, str],
        timeout: tuple[float, float] = WOOCOMMERCE_TIMEOUT,
    ) -> Reply:
        """An address that leads nowhere in this world is taken as a name that nobody knows."""
        try:
            return self.courier.call("POST", hook.url, body=body, headers=headers, timeout=timeout)
        except NotLoopback as trouble:
            return Reply(0, url=hook.url, error=str(trouble))

    def headers(self, hook: Webhook, body: bytes) -> dict[str, str]:
        """As recorded. The delivery id is a hash of webhook and second, so it is not unique."""
        resource, _, event = hook.topic.partition(".")
        second = int(self.world.clock.now().timestamp())
        return {
            "User-Agent": self.agent,
            "Content-Type": "application/json",
            "X-WC-Webhook-Source": f"{self.shop.home_url}/",
            "X-WC-Webhook-Topic": hook.topic,
            "X-WC-Webhook-Resource": resource,
            "X-WC-Webhook-Event": event,
            "X-WC-Webhook-Signature": signature(body, hook.secret),
            "X-WC-Webhook-ID": str(hook.id),
            "X-WC-Webhook-Delivery-ID": hashlib.sha256(f"{hook.id}{second}".encode()).hexdigest()[:32],
            "Connection": "close",
        }

    def note(self, hook: Webhook, body: bytes, reply: Reply) -> None:
        """200 to 302 count as delivered (a redirect is lost); the 7th failure in a row is the last."""
        facts = {
            "shop": self.shop.id,
            "topic": hook.topic,
            "webhook_id": hook.id,
            "sha256": hashlib.sha256(body).hexdigest(),
            "status": reply.status,
        }
        with self.world.lock:
            if 200 <= reply.status <= 302:
                hook.failures = 0
            elif hook.failures > MAX_FAILURES:
                hook.status = "disabled"
            else:
                hook.failures += 1
        self.world.ledger.write("delivery" if reply.ok else "delivery_lost", **facts)

    def ping(self, hook: Webhook) -> None:
        """The unsigned ping on create and update: a form, no X-WC headers, and nobody reads the answer."""
        headers = {
            "User-Agent": self.agent,
            "Content-Type": "application/x-www-form-urlencoded",
            "Connection": "close",
        }
        self.post(hook, f"webhook_id={hook.id}".encode(), headers, PING_TIMEOUT)
        hook.modified_at = hook.modified_at or hook.created_at
