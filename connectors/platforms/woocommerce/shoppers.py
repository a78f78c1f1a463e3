"""The people in orders and customers: how to reach them, what they ticked, and whether they were erased."""

import re
from dataclasses import replace
from datetime import datetime
from typing import Any

from connectors.platforms.woocommerce.schema import TICK_META
from connectors.platforms.woocommerce.snapshot_schema import TICK
from connectors.wire import contact_phone, load_json
from sequences.cart import Address, ConsentClaim, Contact
from sequences.errors import BadDelivery

# Additional checkout fields are kept as `_wc_other/<namespace>/<id>`, "1" when ticked, absent when not
# (developer.woocommerce.com, "Additional checkout fields"). The namespace is the plugin's or the theme's.
CONSENT_KEY = re.compile(r"_wc_other/[A-Za-z0-9_-]+/sms-consent")
CONSENT_SOURCE = "woocommerce checkout"

# What WordPress's personal data eraser leaves behind (wp_privacy_anonymize_data, WC_Privacy_Erasers).
ERASED_EMAIL = "deleted@site.invalid"
ERASED_PHONE = "+00000000000"
ERASED_META = "_anonymized"

Values = dict[str, Any]


def contact(billing: Values, shipping: Values, customer_id: str, country: str) -> Contact:
    """The buyer. `country` (ISO 3166-1) is for phones in national form where the address names none."""
    phone, dropped = contact_phone(
        [
            ("billing.phone", billing.get("phone", ""), billing.get("country") or country),
            ("shipping.phone", shipping.get("phone", ""), shipping.get("country") or country),
        ]
    )
    named = billing if billing.get("first_name") or billing.get("last_name") else shipping
    return Contact(
        phone=phone,
        email=billing.get("email") or None,
        first_name=named.get("first_name", ""),
        last_name=named.get("last_name", ""),
        customer_id=customer_id,
        dropped=dropped,
    )


def address(person: Values) -> Address | None:
    """None where nothing of it was given."""
    made = Address(
        first_name=person.get("first_name", ""),
        last_name=person.get("last_name", ""),
        city=person.get("city", ""),
        postcode=person.get("postcode", ""),
        region=person.get("state", ""),
        country=person.get("country", "").upper(),
    )
    return None if made == Address() else made


def consent(meta: dict[str, str], billing: Values, country: str, at: datetime) -> tuple[ConsentClaim, ...]:
    """The claim that a ticked box makes for the billing phone; the shipping phone may be someone else's.

    `at` is when the order was made, not changed: every later delivery of it repeats the tick, and must not
    outdo a STOP that came in between. Where the plugin wrote down the tick itself, that tells when and to what.
    """
    if not any(CONSENT_KEY.fullmatch(key) and value == "1" for key, value in meta.items()):
        return ()
    raw, hint = billing.get("phone", ""), billing.get("country") or country
    phone, _ = contact_phone([("billing.phone", raw, hint)])
    if phone is None:
        return ()
    kept = _kept(meta.get(TICK_META, ""))
    return (tick(kept, phone, at) if kept else bare_tick(phone, at),)


def bare_tick(phone: str, at: datetime) -> ConsentClaim:
    """All that WooCommerce's own meta data says: the box was ticked."""
    return ConsentClaim(phone=phone, state="subscribed", at=at, source=CONSENT_SOURCE)


def tick(values: Values, phone: str, latest: datetime) -> ConsentClaim:
    """The tick that the plugin saw, as `TickWire` has it; the same from a snapshot and from its order. Of the page only
    the address: what stands behind it may name somebody."""
    return replace(
        bare_tick(phone, min(values["at"], latest)),
        wording=values["text"],
        wording_version=values["version"],
        locale=values["locale"],
        form=values["form"],
        url=re.split("[?#]", values["page"], maxsplit=1)[0],
        ip=values["ip"],
        user_agent=values["user_agent"],
    )


def _kept(text: str) -> Values | None:
    """What an order kept of the tick; None for what somebody else wrote there."""
    try:
        return TICK.read(load_json(text.encode("utf-8", "surrogatepass"))) if text else None
    except BadDelivery:
        return None


def is_erased(billing: Values, meta: dict[str, str]) -> bool:
    """True for an order whose buyer was erased by WordPress's personal data tools."""
    return (
        meta.get(ERASED_META) == "yes"
        or billing.get("email", "").lower() == ERASED_EMAIL
        or billing.get("phone", "") == ERASED_PHONE
    )


def is_emptied(customer: Values) -> bool:
    """True for a customer whose every address field is empty since a change after the account was made:
    what the eraser leaves. An account that never had an address looks so too, but is unchanged since."""
    created, modified = customer["date_created_gmt"], customer["date_modified_gmt"]
    people = (customer["billing"], customer["shipping"])
    blank = all(person is not None and not any(person.values()) for person in people)
    return blank and created is not None and modified is not None and modified > created
