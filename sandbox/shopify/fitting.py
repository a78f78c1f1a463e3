"""What a webhook's body looks like for one app: by its version, and by what it may have of the customers' data.

Before 2026-04 checkouts had their `id` and orders a `checkout_id` (shopify.dev/changelog, "Removed Checkout ID from
checkout and order webhooks"). That what an app isn't approved for comes as null is a guess; that topics about customers
don't come at all without any approval is documented.
"""

from collections.abc import Iterable
from typing import Any

from sandbox.shopify.access import DATA
from sandbox.shopify.state import Checkout

Json = dict[str, Any]
WITHOUT_IDS = "2026-04"
ABOUT_PEOPLE = ("checkouts/", "orders/", "customers_marketing_consent/")
KEYS = {
    "phone": frozenset(("phone", "sms_marketing_phone")),
    "email": frozenset(("email", "contact_email")),
    "name": frozenset(("first_name", "last_name")),
    "address": frozenset(("address1", "address2", "city", "zip", "company", "latitude", "longitude")),
}


def with_ids(topic: str, body: Json, checkout: Checkout, version: str) -> Json:
    """The ids that older versions have. checkouts/delete has its own."""
    if version >= WITHOUT_IDS or topic == "checkouts/delete":
        return body
    name = "checkout_id" if topic.startswith("orders/") else "id"
    return {name: checkout.id, **body} if topic.startswith(("orders/", "checkouts/")) else body


def allowed(topic: str, body: Json, approved: Iterable[str]) -> Json | None:
    """The body with null where the app isn't approved; None if it gets nothing of this topic."""
    missing = set(DATA) - set(approved)
    if not missing or not topic.startswith(ABOUT_PEOPLE):
        return body
    return None if "customer" in missing else _blanked(body, missing)


def _blanked(value: Any, missing: set[str]) -> Any:
    if isinstance(value, list):
        return [_blanked(item, missing) for item in value]
    if not isinstance(value, dict):
        return value
    hidden = frozenset().union(*(KEYS.get(data, frozenset()) for data in missing))
    if "name" in missing and "first_name" in value:
        hidden |= {"name"}  # of a person; an order's name is its number
    return {key: None if key in hidden else _blanked(item, missing) for key, item in value.items()}
