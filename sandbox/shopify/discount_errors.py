"""What is wrong with a discount that somebody wants: DiscountUserError, with the codes of the Admin schema."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.catalog import PRODUCTS
from sandbox.pricing import Code

Object = dict[str, Any]
LONGEST, MOST_TAGS = 255, 5
UNIQUE = "Code must be unique. Please try a different code."
SHIPPING = "The combinesWith settings are not valid for the discount class."


def user_error(where: list[str], code: str, message: str) -> Object:
    return {
        "__typename": "DiscountUserError",
        "field": where,
        "code": code,
        "message": message,
        "extraInfo": None,
    }


def instant(text: str | None) -> datetime | None:
    if not text:
        return None
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def code_error(where: list[str], code: str, codes: dict[str, Code]) -> Object | None:
    """Codes are compared without regard to case."""
    if not code.strip():
        return user_error(where, "BLANK", "Code can't be blank")
    if code.lower() in codes:
        return user_error(where, "TAKEN", UNIQUE)
    if len(code) > LONGEST:
        return user_error(where, "TOO_LONG", f"Code is too long (maximum is {LONGEST} characters)")
    return None


def common(codes: dict[str, Code], wanted: Object, name: str) -> Iterator[Object]:
    if error := code_error([name, "code"], wanted.get("code") or "", codes):
        yield error
    if not wanted.get("title"):
        yield user_error([name, "title"], "BLANK", "Title can't be blank")
    elif len(wanted["title"]) > LONGEST:
        yield user_error([name, "title"], "TOO_LONG", f"Title is too long (maximum is {LONGEST} characters)")
    yield from _times(wanted, name)
    yield from _conditions(wanted, name)


def _times(wanted: Object, name: str) -> Iterator[Object]:
    starts, ends = instant(wanted.get("startsAt")), instant(wanted.get("endsAt"))
    if starts is None:
        yield user_error([name, "startsAt"], "BLANK", "Starts at can't be blank")
    elif ends is not None and ends <= starts:
        message = "Ends at needs to be after starts_at"
        yield user_error([name, "endsAt"], "END_DATE_BEFORE_START_DATE", message)


def _conditions(wanted: Object, name: str) -> Iterator[Object]:
    if not wanted.get("context") and not wanted.get("customerSelection"):
        yield user_error([name, "context"], "BLANK", "Context can't be blank")
    limit = wanted.get("usageLimit")
    if limit is not None and limit < 1:
        yield user_error([name, "usageLimit"], "GREATER_THAN", "Usage limit must be greater than 0")
    least = wanted.get("minimumRequirement") or {}
    if least.get("subtotal") and least.get("quantity"):
        message = "Minimum subtotal and quantity can't both be present"
        yield user_error(
            [name, "minimumRequirement"], "MINIMUM_SUBTOTAL_AND_QUANTITY_RANGE_BOTH_PRESENT", message
        )
    if len(wanted.get("tags") or ()) > MOST_TAGS:
        yield user_error([name, "tags"], "TOO_MANY_TAGS", f"The number of tags exceeds {MOST_TAGS}")


def value(value: Object, where: list[str]) -> Iterator[Object]:
    percentage, money = value.get("percentage"), value.get("discountAmount")
    if percentage is None and money is None:
        yield user_error(where, "BLANK", "Value can't be blank")
    if percentage is not None and not 0 < percentage <= 1:
        yield user_error([*where, "percentage"], "VALUE_OUTSIDE_RANGE", "Value must be between 0.0 and 1.0")
    if money is not None and not decimal(money.get("amount")) > 0:
        message = "Amount must be greater than 0"
        yield user_error([*where, "discountAmount", "amount"], "GREATER_THAN", message)


def combination(wanted: Object, name: str) -> Iterator[Object]:
    """A discount on shipping combines with no other on shipping."""
    if (wanted.get("combinesWith") or {}).get("shippingDiscounts"):
        yield user_error([name, "combinesWith"], "INVALID_COMBINES_WITH_FOR_DISCOUNT_CLASS", SHIPPING)


def exchange(wanted: Object, name: str) -> Iterator[Object]:
    for side in ("customerBuys", "customerGets"):
        given = wanted.get(side) or {}
        items, where = given.get("items") or {}, [name, side, "items"]
        if items.get("all"):
            yield user_error(where, "INVALID", "Items in 'customer buys' and 'gets' can't be all")
        elif not named(items):
            yield user_error(where, "BLANK", "Items can't be blank")
        elif not named(items) <= known() or items.get("collections"):
            yield user_error(where, "INVALID", "Product or collection is invalid")
        if not quantity(given, side) > 0:
            yield user_error([name, side, "value"], "BLANK", "Quantity can't be blank")
    effect = ((wanted.get("customerGets") or {}).get("value") or {}).get("discountOnQuantity") or {}
    share = (effect.get("effect") or {}).get("percentage")
    if share is None or not 0 < share <= 1:
        where = [name, "customerGets", "value", "discountOnQuantity", "effect", "percentage"]
        yield user_error(where, "VALUE_OUTSIDE_RANGE", "Value must be between 0.0 and 1.0")


def quantity(given: Object, side: str) -> int:
    value = given.get("value") or {}
    told = (
        value.get("quantity")
        if side == "customerBuys"
        else (value.get("discountOnQuantity") or {}).get("quantity")
    )
    return int(told or 0)


def named(items: Object) -> set[int]:
    """The numbers of the products and variants (and collections, which this store has none of)."""
    products, collections = items.get("products") or {}, items.get("collections") or {}
    ids = [
        *(products.get("productsToAdd") or ()),
        *(products.get("productVariantsToAdd") or ()),
        *(collections.get("add") or ()),
    ]
    return {int(tail) for tail in (identifier.rpartition("/")[2] for identifier in ids) if tail.isdigit()}


def known() -> set[int]:
    return {number for p in PRODUCTS for number in (p.shopify_product_id, p.shopify_variant_id)}


def decimal(text: object) -> Decimal:
    try:
        return Decimal(str(text if text is not None else 0))
    except InvalidOperation:
        return Decimal(0)
