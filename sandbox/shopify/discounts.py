"""Discount codes over the Admin API: how they look, and the mutations that make and end them."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sandbox.pricing import Code
from sandbox.shopify.objects import gid, moment
from sandbox.shopify.records import Records

Object = dict[str, Any]


def basic_create(store: Records, args: Object) -> Object:
    """discountCodeBasicCreate: money or a fraction off the order."""
    wanted = args["basicCodeDiscount"]
    value = (wanted.get("customerGets") or {}).get("value") or {}
    errors = _common_errors(store, wanted, "basicCodeDiscount") + _value_errors(value)
    if errors:
        return _refused(errors)
    if value.get("percentage") is not None:
        return _made(store, wanted, "percent", Decimal(str(value["percentage"])))
    return _made(store, wanted, "fixed", Decimal(str(value["discountAmount"]["amount"])))


def free_shipping_create(store: Records, args: Object) -> Object:
    """discountCodeFreeShippingCreate."""
    wanted = args["freeShippingCodeDiscount"]
    errors = _common_errors(store, wanted, "freeShippingCodeDiscount")
    return _refused(errors) if errors else _made(store, wanted, "shipping", Decimal(0))


def deactivate(store: Records, args: Object) -> Object:
    """discountCodeDeactivate."""
    code = next((c for c in store.codes.values() if gid("DiscountCodeNode", c.id) == args["id"]), None)
    if code is None:
        return _refused([_error(["id"], "INVALID", "Code discount does not exist.")])
    code.active = False
    return {"codeDiscountNode": code_object(code, store), "userErrors": []}


def by_code(store: Records, args: Object) -> Object | None:
    """codeDiscountNodeByCode, without regard to case."""
    code = store.codes.get(args["code"].lower())
    return code_object(code, store) if code else None


def _common_errors(store: Records, wanted: Object, input_name: str) -> list[Object]:
    errors = []
    code, starts, ends = wanted.get("code"), _instant(wanted.get("startsAt")), _instant(wanted.get("endsAt"))
    if not code:
        errors.append(_error([input_name, "code"], "BLANK", "Code can't be blank"))
    elif code.lower() in store.codes:
        message = "Code must be unique. Please try a different code."
        errors.append(_error([input_name, "code"], "TAKEN", message))
    elif len(code) > 255:
        errors.append(
            _error([input_name, "code"], "TOO_LONG", "Code is too long (maximum is 255 characters)")
        )
    if not wanted.get("title"):
        errors.append(_error([input_name, "title"], "BLANK", "Title can't be blank"))
    if starts is None:
        errors.append(_error([input_name, "startsAt"], "BLANK", "Starts at can't be blank"))
    elif ends is not None and ends <= starts:
        message = "Ends at needs to be after starts_at"
        errors.append(_error([input_name, "endsAt"], "END_DATE_BEFORE_START_DATE", message))
    return errors


def _value_errors(value: Object) -> list[Object]:
    where = ["basicCodeDiscount", "customerGets", "value"]
    percentage = value.get("percentage")
    if percentage is None and value.get("discountAmount") is None:
        return [_error(where, "BLANK", "Value can't be blank")]
    if percentage is not None and not 0 < percentage <= 1:
        return [_error([*where, "percentage"], "VALUE_OUTSIDE_RANGE", "Value must be between 0.0 and 1.0")]
    return []


def _made(store: Records, wanted: Object, kind: str, value: Decimal) -> Object:
    least = ((wanted.get("minimumRequirement") or {}).get("subtotal") or {}).get(
        "greaterThanOrEqualToSubtotal"
    )
    code = Code(
        id=store.new_id(),
        code=wanted["code"],
        kind=kind,
        value=value,
        starts_at=_instant(wanted["startsAt"]) or store.now(),
        ends_at=_instant(wanted.get("endsAt")),
        usage_limit=wanted.get("usageLimit"),
        minimum=Decimal(str(least or 0)),
        title=wanted["title"],
    )
    store.codes[code.code.lower()] = code
    return {"codeDiscountNode": code_object(code, store), "userErrors": []}


def _refused(errors: list[Object]) -> Object:
    return {"codeDiscountNode": None, "userErrors": errors}


def _error(where: list[str], code: str, message: str) -> Object:
    return {
        "__typename": "DiscountUserError",
        "field": where,
        "code": code,
        "message": message,
        "extraInfo": None,
    }


def _instant(text: str | None) -> datetime | None:
    if not text:
        return None
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def code_object(code: Code, store: Records) -> Object:
    now = store.now()
    ended = not code.active or (code.ends_at is not None and now >= code.ends_at)
    one = {"id": gid("DiscountRedeemCode", code.id), "code": code.code, "asyncUsageCount": code.used}
    return {
        "__typename": "DiscountCodeNode",
        "id": gid("DiscountCodeNode", code.id),
        "codeDiscount": {
            "__typename": "DiscountCodeFreeShipping" if code.kind == "shipping" else "DiscountCodeBasic",
            "title": code.title,
            "status": "EXPIRED" if ended else "SCHEDULED" if now < code.starts_at else "ACTIVE",
            "startsAt": moment(code.starts_at),
            "endsAt": moment(code.ends_at),
            "usageLimit": code.usage_limit,
            "asyncUsageCount": code.used,
            "codes": [one],
            "codesCount": {"count": 1, "precision": "EXACT"},
            "shareableUrls": [
                {
                    "url": f"https://{store.shop.domain}/discount/{code.code}",
                    "targetType": "HOME_PAGE",
                    "title": "Home",
                }
            ],
        },
    }
