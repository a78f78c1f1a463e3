"""Taking a delivery in: is it the store's, is it new, is it only a hello. Nothing here parses the body.

Two of a store's speak to us: WooCommerce itself by its webhooks, and the companion plugin. Each has its own secret.
"""

import base64
import hashlib
import hmac
import re
from datetime import datetime

from connectors.delivery import Credentials, Delivery
from connectors.platforms.woocommerce import plugin_door

# WC_Webhook::deliver_ping() posts this, form-encoded and unsigned, whenever an active webhook is saved.
PING = re.compile(rb"webhook_id=[0-9]{1,20}")


def verify(delivery: Delivery, secrets: Credentials, now: datetime) -> bool:
    """True if it was signed by what it says it comes from. `now` counts for the plugin only: nothing in the signature
    of a webhook has a time."""
    if plugin_door.is_ours(delivery):
        return plugin_door.verify(delivery, secrets, now)
    return _is_webhook(delivery, secrets)


def _is_webhook(delivery: Delivery, secrets: Credentials) -> bool:
    """True if `X-WC-Webhook-Signature` is base64(HMAC-SHA256(raw body, `secrets["webhook_secret"]`)).

    WooCommerce decodes HTML entities in the secret before it signs (WC_Webhook::generate_signature), so
    secrets must be hex or base64url. It covers neither headers nor time.
    """
    secret = secrets.get("webhook_secret", "")
    if not secret:
        return False
    digest = hmac.new(secret.encode(), delivery.body, hashlib.sha256).digest()
    given = delivery.header("x-wc-webhook-signature").encode("utf-8", "replace")
    return hmac.compare_digest(base64.b64encode(digest), given)


def dedup(delivery: Delivery) -> str:
    """From webhook, topic and body: `X-WC-Webhook-Delivery-ID` is a hash of webhook and second, so two
    deliveries within one second share it (WC_Webhook::get_new_delivery_id)."""
    if plugin_door.is_ours(delivery):
        return plugin_door.dedup(delivery)
    names = (delivery.header("x-wc-webhook-id"), delivery.header("x-wc-webhook-topic"))
    head = "\0".join(names).encode("utf-8", "replace")
    return hashlib.sha256(head + b"\0" + delivery.body).hexdigest()


def is_ping(delivery: Delivery) -> bool:
    """True for `webhook_id=<number>`, form-encoded, without any header of a real delivery."""
    form = delivery.header("content-type").split(";")[0].strip().lower()
    return (
        form == "application/x-www-form-urlencoded"
        and PING.fullmatch(delivery.body) is not None
        and not any(name.lower().startswith(("x-wc-", "x-comeback-")) for name in delivery.headers)
    )
