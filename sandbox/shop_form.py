"""Reads what a person typed on a shop's pages, and what a checkout link carries."""

import re
from collections.abc import Mapping

from sandbox.catalog import BY_ID, PRODUCTS, Line, lines_of
from sandbox.storefront import CartRequest, Store, WantedItem

MOST_OF_ONE = 9
E164 = re.compile(r"\+[1-9]\d{6,14}")

# A phone and a region for a first try, by the shop's country: mobile numbers that nobody has, or mere examples.
FIRST_TRY = {
    "US": ("+1 212 555 0142", "NY"),
    "GB": ("+44 7400 123456", "ENG"),
    "FR": ("+33 6 12 34 56 78", ""),
    "DE": ("+49 1512 3456789", ""),
    "ES": ("+34 612 34 56 78", ""),
}


def first_try(store: Store) -> dict[str, str]:
    """What the form holds when it is opened: all but the tick, which only a person may set."""
    phone, region = FIRST_TRY.get(store.country, ("", ""))
    return {
        f"quantity-{PRODUCTS[0].sku}": "1",
        "first_name": "Ann",
        "last_name": "Rivers",
        "phone": phone,
        "email": "ann.rivers@example.com",
        "country": store.country,
        "region": region,
    }


def quantities(form: Mapping[str, str]) -> dict[str, int]:
    return {p.sku: min(MOST_OF_ONE, whole(form.get(f"quantity-{p.sku}"))) for p in PRODUCTS}


def whole(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0


def troubles(store: Store, form: Mapping[str, str]) -> list[tuple[str, str]]:
    """What to change before the checkout takes it: (field, words)."""
    found = []
    phone = tidy_phone(form.get("phone", ""))
    if not any(quantities(form).values()):
        found.append(("products", "Put something in the cart first."))
    if not phone and not form.get("email"):
        found.append(("phone", "Give a phone number or an email address."))
    if phone and store.platform == "shopify" and not E164.fullmatch(phone):
        found.append(("phone", "Write the phone number with its country code, like +12125550123."))
    if form.get("consent") and not phone:
        found.append(("phone", "A phone number is needed to get texts."))
    return found


def tidy_phone(text: str) -> str:
    return re.sub(r"[\s().-]", "", text)


def typed(form: Mapping[str, str], store: Store) -> CartRequest:
    """WooCommerce keeps a phone as it was typed, Shopify brings it into E.164."""
    raw = form.get("phone", "").strip()
    return CartRequest(
        items=tuple(WantedItem(sku, count) for sku, count in quantities(form).items() if count),
        phone=(tidy_phone(raw) if store.platform == "shopify" else raw) or None,
        email=form.get("email", "").strip() or None,
        first_name=form.get("first_name", "").strip(),
        last_name=form.get("last_name", "").strip(),
        consent=bool(form.get("consent")),
        country=form.get("country") or store.country,
        region=form.get("region", "").strip().upper() or None,
    )


def linked_lines(products: str) -> tuple[Line, ...]:
    """`products=11:2,14` of a checkout link; what can't be added is dropped."""
    wanted = []
    for part in products.split(","):
        number, _, count = part.strip().partition(":")
        if number.isdigit() and int(number) in BY_ID:
            wanted.append(WantedItem(BY_ID[int(number)].sku, whole(count or "1")))
    return lines_of(wanted)
