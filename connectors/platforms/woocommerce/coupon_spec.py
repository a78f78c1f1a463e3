"""Our discounts as WooCommerce's coupons: what core can't do, and the fields for what it can.

A coupon is on its own: nothing holds together those of one pool. So each carries the pool's name, which is the code of
its first coupon: in its meta data, by which it is known as ours, and in its description, by which the store finds it.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from connectors.platforms.woocommerce.schema import IdWire, MetaData
from connectors.wire import Count, StoreTime, Text
from sequences.code_ports import NewPool
from sequences.offers import Discount

POOL, ENDS = "_comeback_pool", "_comeback_ends"
NO_EXCHANGE = "WooCommerce's own coupons know no 'buy some, get some': take percent, amount or free_shipping"
NO_QUANTITY = (
    "WooCommerce's own coupons can ask for a minimum_subtotal, but for no number of pieces: "
    "take minimum_quantity out of the offer"
)
NO_MILLS = "WooCommerce tells a coupon's amounts with two decimals: more of them can't be kept"


class CouponWire(IdWire):
    code = Text(required=True)
    status = Text()
    usage_count = Count()
    date_expires_gmt = StoreTime(naive_is_utc=True)
    meta_data = MetaData()


COUPON = CouponWire()
FIELDS = ",".join(COUPON.fields)

# What further coupons of a pool take over from its first. Never who may use it: of a guest who comes by a link no
# e-mail address is known, and a coupon that asks for one is refused and blocks the checkout (WC_Discounts).
SHARED = (
    *("discount_type", "amount", "free_shipping", "individual_use", "exclude_sale_items", "description"),
    *("usage_limit", "usage_limit_per_user", "limit_usage_to_x_items", "minimum_amount", "maximum_amount"),
    *("product_ids", "excluded_product_ids", "product_categories", "excluded_product_categories"),
)


def hindrances(d: Discount, currency: str) -> Iterator[str]:
    """Why a store that sells in `currency` can have no such coupon."""
    if d.kind == "buy_x_get_y":
        yield NO_EXCHANGE
    if d.minimum_quantity is not None:
        yield NO_QUANTITY
    if d.kind == "amount" and d.currency != currency:
        yield f"the offer is in {d.currency}, and the store sells in {currency}"
    if any(n is not None and n != round(n, 2) for n in (d.amount, d.minimum_subtotal)):
        yield NO_MILLS


def first_coupon(pool: NewPool) -> dict[str, Any]:
    """The coupon that a pool begins with. `combines_with`: core knows only alone, or with any other."""
    d, name, ends = pool.discount, pool_name(pool.code), moment(pool.ends_at)
    limit = {"usage_limit_per_user": 1} if pool.shared else {"usage_limit": 1}
    worth = d.percent if d.kind == "percent" else d.amount
    return {
        "code": pool.code,
        "discount_type": "percent" if d.kind == "percent" else "fixed_cart",
        "amount": f"{worth or Decimal(0):f}",
        "free_shipping": d.kind == "free_shipping",
        "minimum_amount": f"{d.minimum_subtotal or Decimal(0):f}",
        "individual_use": not d.combines_with,
        "date_expires": ends,
        "description": described(pool),
        "meta_data": marks(name, ends),
        **limit,
    }


def further_coupon(head: Mapping[str, Any], code: str) -> dict[str, Any]:
    """One more like the pool's first, `head`, as the store gave it."""
    known = COUPON.read(head)
    meta, expires = known["meta_data"], known["date_expires_gmt"]
    copied = {name: head[name] for name in SHARED if head.get(name) is not None}
    end = {} if expires is None else {"date_expires": moment(expires)}
    return {**copied, **end, "code": code, "meta_data": marks(meta[POOL], meta.get(ENDS, ""))}


def described(pool: NewPool) -> str:
    return f"{pool.title}, pool {pool_name(pool.code)}"


def pool_name(code: str) -> str:
    """As the store keeps the code."""
    return code.lower()


def marks(name: str, ends: str) -> list[dict[str, str]]:
    return [{"key": POOL, "value": name}, {"key": ENDS, "value": ends}]


def moment(at: datetime) -> str:
    """For `date_expires`: without the Z it would be the site's own time, and `date_expires_gmt` is passed over without
    a word (seen on WooCommerce 11.0.1)."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
