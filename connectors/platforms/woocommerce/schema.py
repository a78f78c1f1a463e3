"""What is used of WooCommerce's REST API v3 objects; webhooks carry the same ones.

Times: only `*_gmt` are taken (UTC without a Z); their twins are in the site's own zone, without an offset.
Money comes as text, except a line's `price`, a JSON number.
"""

from decimal import ROUND_CEILING
from typing import Any

from marshmallow import ValidationError, fields

from connectors.wire import Amount, Count, Currency, Flag, Part, Prose, StoreTime, Text, Wire, clean

AMOUNT = Amount()
TICK_META = "_comeback_consent"  # the plugin's: the tick with its words, as JSON
LONGEST_META = 255
LONGEST_TICK = 8000


class Id(Text):
    """A WordPress id as text; 0, WordPress's way to say none, is ''."""

    def take(self, value: Any) -> str:
        text = super().take(value)
        if text and not (text.isascii() and text.isdecimal() and len(text) <= 20):
            raise ValidationError("should be an id: a whole number")
        text = text.lstrip("0")
        if self.required and not text:
            raise ValidationError("is empty")
        return text


class Pieces(Count):
    """A quantity. Core counts whole pieces; plugins sell 0.5 kg, which is one piece to us."""

    def take(self, value: Any) -> int:
        return super().take(AMOUNT.take(value).to_integral_value(ROUND_CEILING))


class MetaData(fields.Field[dict[str, str]]):
    """`meta_data` as {key: text}. Rows whose value isn't plain are some plugin's own and passed over.

    PHP writes a list with gaps, as a plugin's filter may leave it, as an object: both are taken.
    """

    def deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return {k: _plain(k, v) for k, v in _pairs(value) if isinstance(v, str | int)}


class LineMeta(fields.Field[dict[str, str | None]]):
    """A line's `meta_data` as {key: text}; None where the value isn't plain."""

    def deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return {clean(k): _plain(k, v) if isinstance(v, str | int) else None for k, v in _pairs(value)}


def _pairs(value: Any) -> list[tuple[str, Any]]:
    rows = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [
        (row["key"], row.get("value"))
        for row in rows
        if isinstance(row, dict) and isinstance(row.get("key"), str)
    ]


def _plain(key: str, value: str | int) -> str:
    text = str(int(value) if isinstance(value, bool) else value)
    return (
        text[:LONGEST_TICK] if key == TICK_META else clean(text)[:LONGEST_META]
    )  # words are kept as they stood


class PersonWire(Wire):
    """`billing` or `shipping`; only billing has an email."""

    first_name = Prose()
    last_name = Prose()
    company = Prose()
    address_1 = Prose()
    city = Prose()
    postcode = Prose()
    state = Prose()
    country = Prose()
    email = Prose()
    phone = Prose()


class LineWire(Wire):
    name = Prose()
    parent_name = Prose()  # null unless it is a variation
    product_id = Id()
    variation_id = Id()
    quantity = Pieces(required=True)
    price = Amount(required=True)
    sku = Prose()
    meta_data = LineMeta()


class CouponLineWire(Wire):
    code = Prose()


class RefundWire(Wire):
    total = Amount(required=True)  # negative


class OrderWire(Wire):
    id = Id(required=True)
    number = Prose()
    status = Text(required=True)
    currency = Currency(required=True)
    total = Amount(required=True)
    created_via = Prose()
    payment_method = Prose()
    customer_id = Id()
    payment_url = Text(longest=2000)
    needs_payment = Flag()
    billing = Part(PersonWire())
    shipping = Part(PersonWire())
    line_items = Part(LineWire(), many=True)
    coupon_lines = Part(CouponLineWire(), many=True)
    refunds = Part(RefundWire(), many=True)
    meta_data = MetaData()
    date_created_gmt = StoreTime(naive_is_utc=True)
    date_modified_gmt = StoreTime(naive_is_utc=True)
    date_paid_gmt = StoreTime(naive_is_utc=True)


class IdWire(Wire):
    """The whole body of a `*.deleted` delivery."""

    id = Id(required=True)


class CustomerWire(IdWire):
    billing = Part(PersonWire())
    shipping = Part(PersonWire())
    date_created_gmt = StoreTime(naive_is_utc=True)
    date_modified_gmt = StoreTime(naive_is_utc=True)


class ProductWire(IdWire):
    status = Text()
    stock_status = Text(required=True)
    stock_quantity = Amount()  # null where the store doesn't count
    date_modified_gmt = StoreTime(naive_is_utc=True)


ORDER = OrderWire()
ONLY_ID = IdWire()
CUSTOMER = CustomerWire()
PRODUCT = ProductWire()
SIGHT = OrderWire(
    only=(
        *("id", "status", "customer_id", "date_created_gmt", "date_modified_gmt", "date_paid_gmt"),
        *("billing.email", "billing.phone", "billing.country", "shipping.phone", "shipping.country"),
        "meta_data",
    )
)
