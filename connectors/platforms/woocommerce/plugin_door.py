"""Taking in what the companion plugin sends: signed with a secret of its own, over its headers and its time too.

docs/woocommerce-plugin.md, "Snapshots". Nothing here parses the body.
"""

import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta

from connectors.delivery import Credentials, Delivery

NAMES = ("x-comeback-topic", "x-comeback-delivery", "x-comeback-timestamp", "x-comeback-signature")
TOPIC, ID, TIMESTAMP, SIGNATURE = NAMES
FORMS = {
    TOPIC: re.compile(r"[a-z]{1,40}\.[a-z]{1,40}"),
    ID: re.compile(r"[A-Za-z0-9-]{8,64}"),
    TIMESTAMP: re.compile(r"[0-9]{1,11}"),
    SIGNATURE: re.compile(r"v1=[0-9a-f]{64}"),
}
CLOCKS_DIFFER = timedelta(seconds=300)


def is_ours(delivery: Delivery) -> bool:
    """True if it says that it comes from the plugin. One such header is enough: what bears it is judged by the plugin's
    secret alone, never by the one of WooCommerce's own webhooks, which covers no header."""
    return any(name.lower().startswith("x-comeback-") for name in delivery.headers)


def verify(delivery: Delivery, secrets: Credentials, now: datetime) -> bool:
    """True if it was signed with `secrets["plugin_secret"]` at most 300 seconds away from `now`."""
    secret = secrets.get("plugin_secret", "")
    given = {name: delivery.header(name) for name in NAMES}
    if not secret or not all(FORMS[name].fullmatch(given[name]) for name in NAMES):
        return False
    right = "v1=" + hmac.new(secret.encode(), _signed(given, delivery.body), hashlib.sha256).hexdigest()
    genuine = hmac.compare_digest(right, given[SIGNATURE])
    at = signed_at(delivery)
    return genuine and at is not None and abs(now - at) <= CLOCKS_DIFFER


def dedup(delivery: Delivery) -> str:
    """The same for a delivery that is tried again, which is signed anew with another time."""
    head = f"{delivery.header(TOPIC)}\0{delivery.header(ID)}\0".encode("utf-8", "replace")
    return hashlib.sha256(head + delivery.body).hexdigest()


def signed_at(delivery: Delivery) -> datetime | None:
    """When it was signed, by the store's clock or by ours, as its answers told it; None without a time."""
    given = delivery.header(TIMESTAMP)
    if not FORMS[TIMESTAMP].fullmatch(given) or int(given) > 4_102_444_800:  # the year 2100
        return None
    return datetime.fromtimestamp(int(given), UTC)


def _signed(given: dict[str, str], body: bytes) -> bytes:
    head = "\n".join(("v1", given[TOPIC], given[ID], given[TIMESTAMP], ""))
    return head.encode("ascii") + body
