"""Signs the carrier's webhooks and brings them, again and again where the receiver asks for it."""

import hashlib
import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt

from sandbox.courier import CARRIER_TIMEOUT, Courier
from sandbox.vonage.account import Account

log = logging.getLogger("sandbox.carrier")

_FIRST_RETRY, _LONGEST_RETRY = timedelta(seconds=5), timedelta(minutes=15)
_GIVE_UP = timedelta(hours=24)

OnAck = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Webhook:
    """One event on its way. `lane`: events of one lane leave in order. `since` is when it was first tried."""

    url: str
    body: bytes
    account: Account
    shop: str | None
    what: str
    lane: str
    since: datetime
    attempt: int = 0
    on_ack: OnAck | None = None


def sign(account: Account, body: bytes, at: datetime) -> str:
    """The Authorization header of a webhook: HS256 over the account's signature secret, hash of the raw body.

    Source: Vonage, "Signed webhooks": iat, jti, iss, payload_hash, api_key, application_id; no exp.
    """
    claims = {
        "iat": int(at.timestamp()),
        "jti": str(uuid.uuid4()),
        "iss": "Vonage",
        "payload_hash": hashlib.sha256(body).hexdigest(),
        "api_key": account.api_key,
        "application_id": account.application_id,
    }
    return "Bearer " + jwt.encode(claims, account.signature_secret, algorithm="HS256")


def send(courier: Courier, webhook: Webhook, copies: int = 1) -> None:
    """Queue the webhook; `copies` arrive byte for byte the same, token and all."""
    courier.queue(lambda: _deliver(courier, webhook, copies), lane=webhook.lane)


def _deliver(courier: Courier, webhook: Webhook, copies: int) -> None:
    now = courier.world.clock.now()
    headers = {
        "Authorization": sign(webhook.account, webhook.body, now),
        "Content-Type": "application/json",
        "User-Agent": "vonage-sandbox/1",
    }
    for copy in range(copies):
        reply = courier.call("POST", webhook.url, body=webhook.body, headers=headers, timeout=CARRIER_TIMEOUT)
        if reply.ok:
            _note(courier, webhook, reply.status)
        elif copy == 0 and _again(reply.status):
            _retry(courier, webhook)


def _note(courier: Courier, webhook: Webhook, status: int) -> None:
    entry = courier.world.ledger.write(
        "delivery",
        shop=webhook.shop,
        source="carrier",
        what=webhook.what,
        status=status,
        sha256=hashlib.sha256(webhook.body).hexdigest(),
    )
    if webhook.on_ack is not None:
        webhook.on_ack(entry)


def _again(status: int) -> bool:
    """429 and 5xx are tried again (Vonage support 360028543292), no answer at all too (226572227)."""
    return status in (0, 429) or status >= 500


def _retry(courier: Courier, webhook: Webhook) -> None:
    """After 5 s, then twice as long each time up to 15 min; dropped after 24 h of sandbox time."""
    delay = min(_FIRST_RETRY * 2 ** min(webhook.attempt, 10), _LONGEST_RETRY)
    if courier.world.clock.now() + delay - webhook.since > _GIVE_UP:
        log.warning("gave up on a webhook to %s", webhook.url)
        return
    again = Webhook(
        webhook.url, webhook.body, webhook.account, webhook.shop, webhook.what, webhook.lane,
        webhook.since, webhook.attempt + 1, webhook.on_ack,
    )  # fmt: skip
    courier.later(delay, lambda: _deliver(courier, again, 1), lane=webhook.lane)
