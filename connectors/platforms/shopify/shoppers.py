"""Who stands behind a checkout or an order, and what Shopify says of their consent."""

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.wire import contact_phone
from sequences.cart import Address, ConsentClaim, Contact, Shop

Values = Mapping[str, Any]


def address(values: Values | None) -> Address | None:
    """A billing or shipping address."""
    if values is None:
        return None
    return Address(
        first_name=values["first_name"],
        last_name=values["last_name"],
        city=values["city"],
        postcode=values["zip"],
        region=values["province_code"],
        country=values["country_code"].upper(),
    )


def contact(values: Values, shop: Shop) -> Contact:
    """How to reach them. The number that consent was given for comes first; then what they typed for
    this checkout, then what the shop knew already."""
    customer = values["customer"] or {}
    phone, dropped = contact_phone(_phones(values, shop))
    named = next(_named(values), {})
    return Contact(
        phone=phone,
        email=values["email"] or values.get("contact_email") or customer.get("email") or None,
        first_name=named.get("first_name", ""),
        last_name=named.get("last_name", ""),
        customer_id=customer.get("id", ""),
        dropped=dropped,
    )


def _phones(values: Values, shop: Shop) -> Iterator[tuple[str, str, str]]:
    here = country(values, shop)
    yield "sms_marketing_phone", values.get("sms_marketing_phone", ""), here
    yield "phone", values["phone"], here
    for part in ("shipping_address", "billing_address", "customer"):
        known = values[part] or {}
        yield f"{part}.phone", known.get("phone", ""), known.get("country_code") or here


def country(values: Values, shop: Shop) -> str:
    """Where a number without a country code was most likely typed: where the payer lives."""
    for part in ("billing_address", "shipping_address"):
        if values[part] and values[part]["country_code"]:
            return str(values[part]["country_code"])
    return shop.country


def _named(values: Values) -> Iterator[Values]:
    """A shipping address comes last: it may be a present for somebody else."""
    for part in ("customer", "billing_address", "shipping_address"):
        if values[part] and (values[part]["first_name"] or values[part]["last_name"]):
            yield values[part]


def checkout_consent(values: Values, shop: Shop) -> tuple[tuple[ConsentClaim, ...], tuple[str, ...]]:
    """The tick at checkout as a claim for exactly the number beside it, and a note if there is a tick but
    no number that can be texted. Any other number in the checkout is not consent."""
    ticked = values["buyer_accepts_sms_marketing"]
    if ticked is None:
        return (), ()
    phone, _ = contact_phone([("", values["sms_marketing_phone"], country(values, shop))])
    if phone is None:
        return (), ("agreed to texts, but gave no number that can be texted",) if ticked else ()
    claim = ConsentClaim(
        phone=phone,
        state="subscribed" if ticked else "not_subscribed",
        at=values["updated_at"],
        source="shopify checkout",
    )
    return (claim,), ()
