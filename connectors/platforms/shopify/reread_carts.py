"""Abandoned checkouts, when a store is re-read.

They have no token of their own: they go by their number, which webhooks name too, and by the token of their cart, which
stands in the way back to it. Whether their shopper agreed to texts is what their customer's record says.
"""

import re
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from connectors.platforms.shopify import carts, people
from connectors.platforms.shopify.payloads import TOKEN
from connectors.platforms.shopify.reread_nodes import CHECKOUT, Values, number, shared
from connectors.wire import clean, contact_phone
from sequences.cart import ConsentClaim, Shop
from sequences.events import CartChanged, Reading

# https://{domain}/{shop_id}/checkouts/ac/{cart_token}/recover?key=…&locale=en-US
_CART = re.compile(r"/checkouts/ac/([^/]+)/recover/?")


def read(given: object, shop: Shop) -> Reading:
    """Raises BadDelivery."""
    node = CHECKOUT.read(given)
    cart_token, locale = _from_link(node["abandonedCheckoutUrl"])
    consent, notes = _consent(node, shop)
    values = _as_webhook(node, locale, shop)
    named = [
        *carts.cart_names("", node["name"] or f"#{number(node['id'])}"),
        *carts.cart_names(cart_token, ""),
    ]
    cart = carts.cart_of(values, shop, named, consent)
    return Reading(events=(CartChanged(cart=cart),), notes=notes)


def _as_webhook(node: Values, locale: str, shop: Shop) -> dict[str, Any]:
    customer = node["customer"] or {}
    phone = customer.get("defaultPhoneNumber") or {}
    return {
        **shared(node),
        "line_items": [_line(line) for line in node["lineItems"]["nodes"]],
        "abandoned_checkout_url": node["abandonedCheckoutUrl"],
        "completed_at": node["completedAt"],
        "customer_locale": locale or customer.get("locale", ""),
        "email": "",
        "phone": "",
        # The number that consent was given for comes first, as in webhooks; without consent it is one like the others.
        "sms_marketing_phone": phone.get("phoneNumber", "")
        if phone.get("marketingState", "").lower() == "subscribed"
        else "",
    }


def _line(line: Values) -> dict[str, Any]:
    return {
        "title": line["title"],
        "variant_title": line["variantTitle"],
        "sku": line["sku"],
        "quantity": line["quantity"],
        "price": line["originalUnitPriceSet"]["shopMoney"]["amount"],
        "product_id": "",
        "variant_id": "",
    }


def _from_link(link: str) -> tuple[str, str]:
    """The cart's token and the language; '' for what isn't there."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return "", ""
    found = _CART.search(parts.path)
    token = unquote(found[1]) if found else ""
    locale = parse_qs(parts.query).get("locale", [""])[0]
    return token if token == clean(token) and len(token) <= TOKEN else "", clean(locale)[:35]


def _consent(node: Values, shop: Shop) -> tuple[tuple[ConsentClaim, ...], tuple[str, ...]]:
    """What the store has on record for the customer's own number: the claim that its webhook about consent makes."""
    known = (node["customer"] or {}).get("defaultPhoneNumber")
    if not known or not known["marketingState"]:
        return (), ()
    phone, _ = contact_phone([("", known["phoneNumber"], shop.country)])
    at = _said_at(known, node["updatedAt"])
    if phone is None or at is None:
        why = "no number that can be texted" if phone is None else "nobody knows since when"
        agreed = known["marketingState"].lower() == "subscribed"
        return (), (f"the store has consent to texts on record, but {why}",) if agreed else ()
    level = known["marketingOptInLevel"].lower()
    state = people.state_of(known["marketingState"], "customer.defaultPhoneNumber.marketingState")
    return (ConsentClaim(phone=phone, state=state, at=at, source="shopify", level=level),), ()


def _said_at(known: Values, cart_changed: datetime) -> datetime | None:
    """A no without a time counts all the same, a yes doesn't."""
    if known["marketingUpdatedAt"] is not None:
        return known["marketingUpdatedAt"]  # type: ignore[no-any-return]
    return cart_changed if known["marketingState"].lower() in ("unsubscribed", "redacted") else None
