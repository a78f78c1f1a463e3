"""Coupons over the REST API: reading what is asked, and the JSON of one (recorded)."""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.pricing import Code, text
from sandbox.woocommerce.errors import RestError, invalid_param, missing_param
from sandbox.woocommerce.php import gmt, local, parse
from sandbox.woocommerce.store import WooStore

Json = dict[str, Any]
KINDS = {"percent": "percent", "fixed_cart": "fixed", "fixed_product": "fixed"}
LISTS = ("product_ids", "excluded_product_ids", "product_categories", "excluded_product_categories")
TAKEN = "The coupon code already exists"


def create(store: WooStore, wanted: Json) -> Code:
    """A new coupon. Its code is kept in lower case; `date_expires_gmt` is ignored, as core does."""
    coupon = read(store, wanted)
    store.codes[coupon.code] = coupon
    return coupon


def read(store: WooStore, wanted: Json, old: Code | None = None) -> Code:
    """A coupon as asked for, with the id and the uses of `old`. Raises RestError."""
    if not wanted.get("code"):
        raise missing_param("code")
    code, kind = str(wanted["code"]).lower(), wanted.get("discount_type", "fixed_cart")
    if store.codes.get(code, old) is not old:
        raise RestError(400, "woocommerce_rest_coupon_code_already_exists", TAKEN)
    if kind not in KINDS:
        reason = "discount_type is not one of percent, fixed_cart, and fixed_product."
        raise invalid_param("discount_type", reason, "rest_not_in_enum")
    value = decimal(wanted, "amount")
    return Code(
        id=old.id if old else store.new_id(),
        code=code,
        kind="shipping" if wanted.get("free_shipping") and not value else KINDS[kind],
        value=value / 100 if kind == "percent" else value,
        starts_at=old.starts_at if old else store.now(),
        ends_at=expires(wanted, store),
        usage_limit=wanted.get("usage_limit") or None,
        minimum=decimal(wanted, "minimum_amount"),
        title=str(wanted.get("description") or ""),
        used=old.used if old else 0,
        more={**wanted, "discount_type": kind},
    )


def expires(wanted: Json, store: WooStore) -> datetime | None:
    """With an offset as it says, bare in the store's own time. `date_expires_gmt` isn't looked at."""
    if not wanted.get("date_expires"):
        return None
    try:
        return parse(str(wanted["date_expires"]), store.shop.zone)
    except ValueError:
        raise invalid_param("date_expires", "Invalid date.", "rest_invalid_date") from None


def amount(coupon: Code) -> str:
    percent = coupon.more["discount_type"] == "percent"
    return text(coupon.value * 100 if percent else coupon.value)


def decimal(wanted: Json, name: str) -> Decimal:
    try:
        return Decimal(str(wanted.get(name) or 0))
    except InvalidOperation:
        raise invalid_param(name, f"{name} is not of type string.", "rest_invalid_type") from None


def coupon_json(coupon: Code, store: WooStore) -> Json:
    zone, more = store.shop.zone, coupon.more
    made = {
        "date_created": local(coupon.starts_at, zone),
        "date_created_gmt": gmt(coupon.starts_at),
        "date_modified": local(coupon.starts_at, zone),
        "date_modified_gmt": gmt(coupon.starts_at),
    }
    collection = f"{store.shop.home_url}/wp-json/wc/v3/coupons"
    return {
        "id": coupon.id,
        "code": coupon.code,
        "amount": amount(coupon),
        "status": "publish",
        **made,
        "discount_type": more["discount_type"],
        "description": coupon.title,
        "date_expires": local(coupon.ends_at, zone),
        "date_expires_gmt": gmt(coupon.ends_at),
        "usage_count": coupon.used,
        "individual_use": bool(more.get("individual_use")),
        "product_ids": more.get("product_ids") or [],
        "excluded_product_ids": more.get("excluded_product_ids") or [],
        "usage_limit": coupon.usage_limit,
        "usage_limit_per_user": more.get("usage_limit_per_user"),
        "limit_usage_to_x_items": more.get("limit_usage_to_x_items"),
        "free_shipping": bool(more.get("free_shipping")),
        "product_categories": more.get("product_categories") or [],
        "excluded_product_categories": more.get("excluded_product_categories") or [],
        "exclude_sale_items": bool(more.get("exclude_sale_items")),
        "minimum_amount": text(coupon.minimum),
        "maximum_amount": text(decimal(more, "maximum_amount")),
        "email_restrictions": more.get("email_restrictions") or [],
        "used_by": [],
        "meta_data": [
            {"id": coupon.id * 10 + place, "key": row["key"], "value": row["value"]}
            for place, row in enumerate(more.get("meta_data") or [])
        ],
        "_links": {
            "self": [{"href": f"{collection}/{coupon.id}", "targetHints": {"allow": ALLOWED}}],
            "collection": [{"href": collection}],
        },
    }


ALLOWED = ["GET", "POST", "PUT", "PATCH", "DELETE"]
