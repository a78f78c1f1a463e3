"""Shopify's deliveries at the door: who sent it, and did we have it already.

Only the body is signed. Headers are what a sender who knows a signed body may choose, so nothing that
destroys data trusts them: see `people.same_shop`.
Source: shopify.dev/docs/apps/build/webhooks/verify-deliveries.
"""

import base64
import hashlib
import hmac
import re

from connectors.delivery import Credentials, Delivery
from connectors.platforms.shopify.domains import shop_domain

_ID = re.compile(r"[\x21-\x7e]{1,200}")


def verify(delivery: Delivery, secrets: Credentials) -> bool:
    """True if the body was signed with the app's secret, or with the one before: after a rotation Shopify
    may sign with the old one for up to an hour."""
    given = delivery.header("x-shopify-hmac-sha256").encode("utf-8", "replace")
    fits = False
    for key in (secrets.get("client_secret"), secrets.get("old_client_secret")):
        if key:
            fits |= hmac.compare_digest(given, signature(delivery.body, key))
    return fits


def signature(body: bytes, key: str) -> bytes:
    """What Shopify writes into `X-Shopify-Hmac-Sha256`."""
    return base64.b64encode(hmac.digest(key.encode(), body, "sha256"))


def dedup(delivery: Delivery) -> str:
    """`X-Shopify-Webhook-Id`, which Shopify keeps for each repetition of a delivery; without it, a hash of
    what was said."""
    given = delivery.header("x-shopify-webhook-id")
    if _ID.fullmatch(given):
        return given
    said = f"{delivery.header('x-shopify-topic')}\n{shop_hint(delivery)}\n".encode("utf-8", "replace")
    return "body:" + hashlib.sha256(said + delivery.body).hexdigest()


def shop_hint(delivery: Delivery) -> str:
    """The myshopify.com domain that the delivery claims to come from, or '' if that is none."""
    return shop_domain(delivery.header("x-shopify-shop-domain"))


def lacks(delivery: Delivery, *, shop: bool) -> str:
    """The header that a delivery must have and hasn't, or ''. `shop`: one that nothing else names the shop of."""
    wanted = ("X-Shopify-Topic", *(["X-Shopify-Shop-Domain"] if shop else []))
    return next((name for name in wanted if not delivery.header(name)), "")
