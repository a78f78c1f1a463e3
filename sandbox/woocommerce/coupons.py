"""Coupons over the REST API: reading what is asked, and the JSON of one (recorded)."""

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
    if not wanted.get("code"):
        raise missing_param("code")
    code = str(wanted["code"]).lower()
    if code in store.codes:
        raise RestError(400, "woocommerce_rest_coupon_code_already_exists", TAKEN)
    kind = wanted.get("discount_type", "fixed_cart")
    if kind not in KINDS:
        reason = "discount_type is not one of percent, fixed_cart, and fixed_product."
        raise invalid_param("discount_type", reason, "rest_not_in_enum")
    amount, now = decimal(wanted, "amount"), store.now()
    coupon = Code(
        id=store.new_id(),
        code=code,
        kind="shipping" if wanted.get("free_shipping") and not amount else KINDS[kind],
        value=amount / 100 if kind == "percent" else amount,
        starts_at=now,
        ends_at=parse(wanted["date_expires"], store.shop.zone) if wanted.get("date_expires") else None,
        usage_limit=wanted.get("usage_limit") or None,
        minimum=decimal(wanted, "minimum_amount"),
        title=str(wanted.get("description") or ""),
        more={**wanted, "discount_type": kind},
    )
    store.codes[code] = coupon
    return coupon


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
        "amount": text(coupon.value * 100 if coupon.kind == "percent" else coupon.value),
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
