"""Our discounts as the Admin API wants them: shopify.dev/docs/api/admin-graphql/latest/input-objects, the
DiscountCode…Input. Amounts are decimal strings in the shop's currency, percentages fractions of one."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sequences.code_ports import NewPool
from sequences.offers import Discount

TAG = "cart-recovery"
OPERATIONS = {
    "percent": "MakeAmountOff",
    "amount": "MakeAmountOff",
    "free_shipping": "MakeFreeShipping",
    "buy_x_get_y": "MakeBuyXGetY",
}
KINDS = {"product": "Product", "variant": "ProductVariant", "collection": "Collection"}
Input = Mapping[str, Any]


def discount_input(pool: NewPool) -> Input:
    """For the operation that `OPERATIONS` names for its kind.

    A code's `usageLimit` counts for that code alone (shopify.dev, REST price rules: "per discount code"), but
    `appliesOncePerCustomer` for the whole discount: somebody with two carts, and two codes, may use both.
    """
    d = pool.discount
    common = {
        "title": pool.title,
        "code": pool.code,
        "startsAt": _moment(pool.starts_at),
        "endsAt": _moment(pool.ends_at),
        "usageLimit": None if pool.shared else 1,
        "appliesOncePerCustomer": pool.shared,
        "context": {"all": "ALL"},
        "combinesWith": {f"{name}Discounts": name in d.combines_with for name in _classes(d)},
        "tags": [TAG],
    }
    if d.kind == "buy_x_get_y":
        return {**common, **_exchange(d), "usesPerOrderLimit": 1}
    if d.kind == "free_shipping":
        return {**common, **_minimum(d), "destination": {"all": True}}
    return {**common, **_minimum(d), "customerGets": {"value": _off(d), "items": {"all": True}}}


def _classes(d: Discount) -> tuple[str, ...]:
    """Two discounts on shipping can't combine: there it can't even be said that they don't."""
    return ("order", "product") if d.kind == "free_shipping" else ("order", "product", "shipping")


def _off(d: Discount) -> Input:
    if d.kind == "percent":
        return {"percentage": _fraction(d)}
    return {"discountAmount": {"amount": f"{d.amount:f}", "appliesOnEachItem": False}}


def _fraction(d: Discount) -> float:
    return float((d.percent or Decimal(0)) / 100)


def _minimum(d: Discount) -> Input:
    if d.minimum_subtotal is not None:
        return {
            "minimumRequirement": {"subtotal": {"greaterThanOrEqualToSubtotal": f"{d.minimum_subtotal:f}"}}
        }
    if d.minimum_quantity is not None:
        return {"minimumRequirement": {"quantity": {"greaterThanOrEqualToQuantity": str(d.minimum_quantity)}}}
    return {}


def _exchange(d: Discount) -> Input:
    effect = {"quantity": str(d.get_quantity), "effect": {"percentage": _fraction(d)}}
    return {
        "customerBuys": {"value": {"quantity": str(d.buy_quantity)}, "items": _items(d.buy_items)},
        "customerGets": {"value": {"discountOnQuantity": effect}, "items": _items(d.get_items)},
    }


def _items(names: tuple[str, ...]) -> Input:
    ids: dict[str, list[str]] = {}
    for name in names:
        kind, _, number = name.partition(":")
        ids.setdefault(kind, []).append(f"gid://shopify/{KINDS[kind]}/{number}")
    if "collection" in ids:
        return {"collections": {"add": ids["collection"]}}
    products = {"productsToAdd": ids.get("product"), "productVariantsToAdd": ids.get("variant")}
    return {"products": {name: found for name, found in products.items() if found}}


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
