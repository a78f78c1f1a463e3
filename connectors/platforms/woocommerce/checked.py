"""A checked order in our words: its cart while it is unpaid, its purchase afterwards."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from html import unescape
from typing import Any

from connectors.platforms.woocommerce import shoppers
from connectors.platforms.woocommerce.snapshot_schema import CART_ID, cart_key
from connectors.wire import clean
from sequences.cart import Cart, ConsentClaim, Contact, Line, Order, OrderStatus, Shop
from sequences.errors import BadValue
from sequences.money import Money

RECOVERY_META = "_comeback_recovery_id"
CART_META = "_comeback_cart"
DRAFTS = ("checkout-draft", "auto-draft")
UTM_META = "_wc_order_attribution_"  # core's Order Attribution: …utm_source, …utm_id and so on


@dataclass(frozen=True, slots=True)
class CheckedOrder:
    """What `schema.ORDER` made of an order, and the shop it belongs to."""

    values: dict[str, Any]
    shop: Shop

    @property
    def key(self) -> str:
        """The same for the unpaid cart and the purchase it becomes."""
        return f"order:{self.values['id']}"

    @property
    def billing(self) -> dict[str, Any]:
        return self.values["billing"] or {}

    @property
    def shipping(self) -> dict[str, Any]:
        return self.values["shipping"] or {}

    @property
    def created_at(self) -> datetime:
        at: datetime | None = self.values["date_created_gmt"] or self.values["date_modified_gmt"]
        if at is None:
            raise BadValue("date_created_gmt", "is missing, and so is date_modified_gmt")
        return at

    @property
    def updated_at(self) -> datetime:
        return self.values["date_modified_gmt"] or self.created_at

    @property
    def cart_keys(self) -> tuple[str, ...]:
        """The name that the plugin gave the cart which became this order, if it marked it."""
        mark = self.values["meta_data"].get(CART_META, "")
        return (cart_key(mark),) if CART_ID.fullmatch(mark) else ()

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple(_line(self, line) for line in self.values["line_items"])

    @property
    def codes(self) -> tuple[str, ...]:
        """In lower case, as WooCommerce keeps and compares them."""
        return tuple(line["code"].lower() for line in self.values["coupon_lines"] if line["code"])

    def money(self, amount: Decimal) -> Money:
        return Money(amount, self.values["currency"])


def cart_of(order: CheckedOrder, link: str | None) -> Cart:
    return Cart(
        key=order.key,
        aliases=order.cart_keys,
        created_at=order.created_at,
        updated_at=order.updated_at,
        total=order.money(order.values["total"]),
        lines=order.lines,
        contact=_contact(order),
        shipping=shoppers.address(order.shipping),
        billing=shoppers.address(order.billing),
        consent=_consent(order),
        recovery_link=link,
        discount_codes=order.codes,
        stage="cart" if order.values["status"] in DRAFTS else "payment",
    )


def order_of(order: CheckedOrder, status: OrderStatus) -> Order:
    meta: dict[str, str] = order.values["meta_data"]
    return Order(
        key=order.key,
        number=order.values["number"],
        status=status,
        created_at=order.created_at,
        updated_at=order.updated_at,
        paid_at=order.values["date_paid_gmt"],
        total=order.money(order.values["total"]),
        refunded=_refunded(order, status),
        contact=_contact(order),
        checkout_key=next(iter(order.cart_keys), order.key),
        cart_key=order.key,
        discount_codes=order.codes,
        recovery_ref=meta.get(RECOVERY_META, ""),
        utm=tuple(
            (key.removeprefix(UTM_META), value)
            for key, value in meta.items()
            if key.startswith(f"{UTM_META}utm_") and value
        ),
        consent=_consent(order),
    )


def _line(order: CheckedOrder, line: dict[str, Any]) -> Line:
    """A variation's name is its product's, " - " and its options: "T-Shirt - S"."""
    name, parent = (clean(unescape(line[field])) for field in ("name", "parent_name"))
    split = bool(parent) and name.startswith(f"{parent} - ")
    return Line(
        title=parent if split else name,
        variant_title=name.removeprefix(f"{parent} - ") if split else "",
        quantity=line["quantity"],
        price=order.money(line["price"]),
        product_id=line["product_id"],
        variant_id=line["variation_id"],
        sku=line["sku"],
    )


def _refunded(order: CheckedOrder, status: OrderStatus) -> Money | None:
    """What went back so far, as a positive amount; all of it where the store names no refunds."""
    parts = [refund["total"] for refund in order.values["refunds"]]
    if parts:
        return order.money(abs(sum(parts, Decimal(0))))
    return order.money(order.values["total"]) if status == "refunded" else None


def _contact(order: CheckedOrder) -> Contact:
    return shoppers.contact(order.billing, order.shipping, order.values["customer_id"], order.shop.country)


def _consent(order: CheckedOrder) -> tuple[ConsentClaim, ...]:
    return shoppers.consent(order.values["meta_data"], order.billing, order.shop.country, order.created_at)
