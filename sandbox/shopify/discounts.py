"""Discount codes over the Admin API: how they look, and the mutations that make and end them."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from sandbox.pricing import Code
from sandbox.shopify import discount_errors as errors
from sandbox.shopify.objects import gid, moment
from sandbox.shopify.records import Records
from sandbox.shopify.redeem import Discount, Exchange

Object = dict[str, Any]


def basic_create(store: Records, args: Object) -> Object:
    """discountCodeBasicCreate: money or a fraction off the order."""
    name = "basicCodeDiscount"
    wanted = args[name]
    value = (wanted.get("customerGets") or {}).get("value") or {}
    wrong = [*errors.common(store.codes, wanted, name), *errors.value(value, [name, "customerGets", "value"])]
    if wrong:
        return refused(wrong)
    if value.get("percentage") is not None:
        return _made(store, wanted, "DiscountCodeBasic", "percent", Decimal(str(value["percentage"])))
    return _made(
        store, wanted, "DiscountCodeBasic", "fixed", errors.decimal(value["discountAmount"]["amount"])
    )


def free_shipping_create(store: Records, args: Object) -> Object:
    """discountCodeFreeShippingCreate."""
    name = "freeShippingCodeDiscount"
    wanted = args[name]
    wrong = [*errors.common(store.codes, wanted, name), *errors.combination(wanted, name)]
    return (
        refused(wrong) if wrong else _made(store, wanted, "DiscountCodeFreeShipping", "shipping", Decimal(0))
    )


def bxgy_create(store: Records, args: Object) -> Object:
    """discountCodeBxgyCreate, for products and variants."""
    name = "bxgyCodeDiscount"
    wanted = args[name]
    wrong = [*errors.common(store.codes, wanted, name), *errors.exchange(wanted, name)]
    if wrong:
        return refused(wrong)
    gets = wanted["customerGets"]
    exchange = Exchange(
        buys=frozenset(errors.named(wanted["customerBuys"]["items"])),
        buy_quantity=errors.quantity(wanted["customerBuys"], "customerBuys"),
        gets=frozenset(errors.named(gets["items"])),
        get_quantity=errors.quantity(gets, "customerGets"),
        off=Decimal(str(gets["value"]["discountOnQuantity"]["effect"]["percentage"])),
    )
    return _made(store, wanted, "DiscountCodeBxgy", "fixed", Decimal(0), exchange)


def deactivate(store: Records, args: Object) -> Object:
    """discountCodeDeactivate: none of its codes works any more."""
    discount = by_id(store, args["id"])
    if discount is None:
        return refused([errors.user_error(["id"], "INVALID", "Code discount does not exist.")])
    for code in discount.codes:
        code.active = False
    discount.first.active = False
    return {"codeDiscountNode": discount_object(discount, store), "userErrors": []}


def by_code(store: Records, args: Object) -> Object | None:
    """codeDiscountNodeByCode, without regard to case."""
    code = store.codes.get(args["code"].lower())
    return discount_object(code.more["discount"], store) if code else None


def node(store: Records, args: Object) -> Object | None:
    """codeDiscountNode."""
    discount = by_id(store, args["id"])
    return discount_object(discount, store) if discount else None


def by_id(store: Records, identifier: str) -> Discount | None:
    return next((d for d in store.discounts.values() if gid("DiscountCodeNode", d.id) == identifier), None)


def _made(
    store: Records, wanted: Object, typename: str, kind: str, value: Decimal, exchange: Exchange | None = None
) -> Object:
    least = wanted.get("minimumRequirement") or {}
    first = Code(
        id=store.new_id(),
        code=wanted["code"],
        kind=kind,
        value=value,
        starts_at=errors.instant(wanted["startsAt"]) or store.now(),
        ends_at=errors.instant(wanted.get("endsAt")),
        usage_limit=wanted.get("usageLimit"),
        minimum=errors.decimal((least.get("subtotal") or {}).get("greaterThanOrEqualToSubtotal")),
        title=wanted["title"],
    )
    first.more["least_pieces"] = int((least.get("quantity") or {}).get("greaterThanOrEqualToQuantity") or 0)
    discount = Discount(
        id=first.id,
        typename=typename,
        title=wanted["title"],
        first=first,
        tags=tuple(wanted.get("tags") or ()),
        once_per_customer=bool(wanted.get("appliesOncePerCustomer")),
        exchange=exchange,
    )
    first.more["discount"] = discount
    store.discounts[discount.id] = discount
    add(store, discount, first)
    return {"codeDiscountNode": discount_object(discount, store), "userErrors": []}


def add(store: Records, discount: Discount, code: Code) -> None:
    discount.codes.append(code)
    store.codes[code.code.lower()] = code


def another(store: Records, discount: Discount, code: str) -> Code:
    """One more code of a discount: like its first, unused."""
    made = replace(discount.first, id=store.new_id(), code=code, used=0)
    add(store, discount, made)
    return made


def refused(wrong: Iterable[Object]) -> Object:
    return {"codeDiscountNode": None, "userErrors": list(wrong)}


def discount_facts(discount: Discount, store: Records) -> Object:
    """For people who look on: title, status, and each code with how often it was used."""
    shown = discount_object(discount, store)["codeDiscount"]
    facts = {name: shown[name] for name in ("title", "status", "endsAt", "tags")}
    return {**facts, "codes": {code.code: code.used for code in discount.codes}}


def redeem_code(code: Code) -> Object:
    return {"id": gid("DiscountRedeemCode", code.id), "code": code.code, "asyncUsageCount": code.used}


def discount_object(discount: Discount, store: Records) -> Object:
    now, first = store.now(), discount.first
    ended = not first.active or (first.ends_at is not None and now >= first.ends_at)
    return {
        "__typename": "DiscountCodeNode",
        "id": gid("DiscountCodeNode", discount.id),
        "codeDiscount": {
            "__typename": discount.typename,
            "title": discount.title,
            "status": "EXPIRED" if ended else "SCHEDULED" if now < first.starts_at else "ACTIVE",
            "startsAt": moment(first.starts_at),
            "endsAt": moment(first.ends_at),
            "usageLimit": first.usage_limit,
            "appliesOncePerCustomer": discount.once_per_customer,
            "tags": list(discount.tags),
            "asyncUsageCount": sum(code.used for code in discount.codes),
            "codes": [redeem_code(code) for code in discount.codes],
            "codesCount": {"count": len(discount.codes), "precision": "EXACT"},
            "shareableUrls": [
                {
                    "url": f"{store.shop.api_base}/discount/{first.code}",
                    "targetType": "HOME_PAGE",
                    "title": "Home",
                }
            ],
        },
    }
