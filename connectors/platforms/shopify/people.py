"""Consent, compliance requests, and the shop's own comings and goings.

Sources: shopify.dev/docs/api/webhooks, shopify.dev/docs/apps/build/compliance/privacy-law-compliance.
"""

from collections.abc import Mapping
from typing import Any, get_args

from connectors.delivery import Delivery
from connectors.platforms.shopify import payloads
from connectors.platforms.shopify.carts import triggered_at
from connectors.platforms.shopify.door import shop_hint
from connectors.wire import contact_phone, load_json
from sequences.cart import ClaimState, ConsentClaim, Shop
from sequences.errors import BadValue
from sequences.events import (
    ConsentChanged,
    DataRequested,
    Reading,
    ScopesChanged,
    ShopperErased,
    ShopRemoved,
    Uninstalled,
)

Values = Mapping[str, Any]


def read_consent(delivery: Delivery, shop: Shop) -> Reading:
    """customers_marketing_consent/update, which is about texts; e-mail has a topic of its own."""
    values = payloads.CONSENT.read(load_json(delivery.body))
    given = values["sms_marketing_consent"] or {}
    if not given.get("state"):
        return Reading(notes=("the shopper never said anything about texts",))
    phone, dropped = contact_phone([("phone", values["phone"], shop.country)])
    if phone is None:
        reason = dropped[0].reason if dropped else "there is none"
        return Reading(notes=(f"phone: {reason}, so its consent is nobody's",))
    at = given["consent_updated_at"] or triggered_at(delivery)
    if at is None:
        raise BadValue("sms_marketing_consent.consent_updated_at", "is missing, and so is the header's time")
    claim = ConsentClaim(
        phone=phone, state=state_of(given["state"]), at=at, source="shopify", level=given["opt_in_level"]
    )
    return Reading(events=(ConsentChanged(claim=claim, customer_id=values["id"]),))


def state_of(given: str, where: str = "sms_marketing_consent.state") -> ClaimState:
    """Shopify's word for a consent, whatever its case. Raises BadValue, naming `where`."""
    for known in get_args(ClaimState):
        if given.lower() == known:
            return known  # type: ignore[no-any-return]
    raise BadValue(where, f"is none of {', '.join(get_args(ClaimState))}")


def read_redact(delivery: Delivery, shop: Shop) -> Reading:
    """customers/redact: forget this person."""
    values = payloads.COMPLIANCE.read(load_json(delivery.body))
    same_shop("shop_domain", values["shop_domain"], shop)
    names, notes = _names(values["customer"], values["orders_to_redact"], shop)
    return Reading(events=(ShopperErased(at=triggered_at(delivery), **names),), notes=notes)


def read_data_request(delivery: Delivery, shop: Shop) -> Reading:
    """customers/data_request: what do we hold on this person."""
    values = payloads.COMPLIANCE.read(load_json(delivery.body))
    same_shop("shop_domain", values["shop_domain"], shop)
    names, notes = _names(values["customer"], values["orders_requested"], shop)
    request = values["data_request"] or {}
    return Reading(events=(DataRequested(request_id=request.get("id", ""), **names),), notes=notes)


def _names(customer: Values | None, orders: list[str] | None, shop: Shop) -> tuple[Values, tuple[str, ...]]:
    """All that a person may go by. Shopify's requests may name them by only one of these."""
    known = customer or {}
    phone, dropped = contact_phone([("customer.phone", known.get("phone", ""), shop.country)])
    names = {
        "customer_id": known.get("id", ""),
        "phone": phone,
        "email": known.get("email") or None,
        "order_keys": tuple(f"order:{number}" for number in orders or () if number),
    }
    if not any(names.values()):
        raise BadValue("customer", "is named by no id, phone, e-mail or order")
    return names, tuple(f"{d.where}: {d.reason}" for d in dropped)


def read_shop_redact(delivery: Delivery, shop: Shop) -> Reading:
    """shop/redact: forget the whole shop."""
    domain = payloads.COMPLIANCE.read(load_json(delivery.body))["shop_domain"]
    if not domain:
        raise BadValue("shop_domain", "is missing")
    same_shop("shop_domain", domain, shop)
    return Reading(events=(ShopRemoved(domain=domain.lower(), at=triggered_at(delivery)),))


def read_uninstalled(delivery: Delivery, shop: Shop) -> Reading:
    """app/uninstalled: the payload is the shop."""
    domain = payloads.SHOP.read(load_json(delivery.body))["myshopify_domain"]
    same_shop("myshopify_domain", domain, shop)
    named = domain.lower() or shop_hint(delivery)
    return Reading(events=(Uninstalled(domain=named, at=triggered_at(delivery)),))


def read_scopes(delivery: Delivery, shop: Shop) -> Reading:
    """app/scopes_update."""
    values = payloads.SCOPES.read(load_json(delivery.body))
    at = values["updated_at"] or triggered_at(delivery)
    return Reading(events=(ScopesChanged(granted=tuple(values["current"]), at=at),))


def same_shop(where: str, domain: str, shop: Shop) -> None:
    """Raises BadValue if the signed body names another shop than the unsigned header did: one shop's
    body, sent again under another's name, must not erase anything there."""
    if domain and shop.domain and domain.lower() != shop.domain.lower():
        raise BadValue(where, "is another shop than the one this delivery came in for")
