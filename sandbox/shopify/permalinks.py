"""Cart permalinks: each click makes a new checkout (shopify.dev, "Create cart permalinks")."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.catalog import PRODUCTS, Line
from sandbox.shopify.state import Checkout
from sandbox.shopify.store import ShopifyStore
from sandbox.storefront import CartRequest, UnknownThing

VARIANTS = {product.shopify_variant_id: product for product in PRODUCTS}
LINES = re.compile(r"[1-9]\d*:[1-9]\d*(,[1-9]\d*:[1-9]\d*)*", re.ASCII)
_ATTRIBUTE = re.compile(r"attributes\[([^\]]+)\]")
# What a link may say of the person, and the field of the checkout's form.
TYPED = {
    "checkout[email]": "email",
    "checkout[shipping_address][first_name]": "first_name",
    "checkout[shipping_address][last_name]": "last_name",
    "checkout[shipping_address][country]": "country",
    "checkout[shipping_address][province]": "region",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the link asks for. `codes`: the first that is good counts. `form`: what is filled in already."""

    lines: tuple[Line, ...]
    codes: tuple[str, ...]
    note: str | None
    attributes: Mapping[str, str]
    form: Mapping[str, str]


def read(goods: str, query: Mapping[str, str], code_before: str | None) -> Wanted:
    """`code_before`: of a /discount link that was opened first. Raises UnknownThing for goods that aren't sold."""
    if not LINES.fullmatch(goods):
        raise UnknownThing("this is no cart permalink: /cart/<variant>:<quantity>,<variant>:<quantity>")
    pairs = [tuple(map(int, part.split(":"))) for part in goods.split(",")]
    if unknown := [str(variant) for variant, _ in pairs if variant not in VARIANTS]:
        raise UnknownThing(f"no variant {', '.join(unknown)} is sold here")
    given = query.get("discount") or code_before or ""
    return Wanted(
        lines=tuple(Line(VARIANTS[variant], quantity) for variant, quantity in pairs),
        codes=tuple(code for code in given.split(",") if code),
        note=query.get("note"),
        attributes={found[1]: value for k, value in query.items() if (found := _ATTRIBUTE.fullmatch(k))},
        form={field: query[name] for name, field in TYPED.items() if query.get(name)},
    )


def open_checkout(store: ShopifyStore, wanted: Wanted, landing_site: str, locale: str | None) -> Checkout:
    """A new checkout with a token of its own. Nobody is told of it until somebody says who they are."""
    with store.world.lock:
        checkout = store.new_checkout(CartRequest((), locale=locale, landing_site=landing_site), wanted.lines)
        checkout.note, checkout.attributes = wanted.note, dict(wanted.attributes)
        checkout.discount_code = first_usable(store, wanted.codes, checkout)
        return checkout


def first_usable(store: ShopifyStore, codes: Iterable[str], checkout: Checkout) -> str | None:
    found = (store.usable(code, checkout) for code in codes)
    return next((code.code for code in found if code), None)


def facts(checkout: Checkout) -> dict[str, Any]:
    """What the ledger keeps of the click."""
    return {"token": checkout.token, "lines": {line.product.sku: line.quantity for line in checkout.lines}}
