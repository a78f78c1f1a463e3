"""What a pretend WooCommerce store remembers."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sandbox.catalog import Line, subtotal
from sandbox.pricing import Code
from sandbox.storefront import CartRequest

VERSION = "11.0.1"
WORDPRESS = "7.1"
PAYABLE = ("pending", "failed")  # woocommerce_valid_order_statuses_for_payment

OUTCOMES = {  # how a checkout ends: the method of payment, and the order's status
    "paid": ("offsite", "processing"),
    "cod": ("cod", "processing"),
    "bacs": ("bacs", "on-hold"),
    "offsite": ("offsite", "pending"),
    "declined": ("card", "failed"),
}


def release(version: str) -> tuple[int, ...]:
    """10.6.2 as (10, 6, 2)."""
    return tuple(int(part) for part in version.split(".") if part.isdigit())


@dataclass(frozen=True, slots=True)
class Shop:
    """What never changes while the store lives. `zone` is IANA, `blocks` says which checkout it uses."""

    id: str
    name: str
    currency: str
    country: str
    locale: str
    zone: str
    base_url: str
    blocks: bool = True
    version: str = VERSION
    holds_stock: bool = False  # the store manages stock: it cancels what isn't paid in time
    hold_stock_minutes: int = 60

    @property
    def drafts(self) -> bool:
        """Up to 10.8 the block checkout made an order while the shopper typed."""
        return self.blocks and release(self.version) < (10, 9)

    @property
    def rebuilds(self) -> bool:
        """Knows /checkout-link/."""
        return release(self.version) >= (10, 0, 2)

    @property
    def home_url(self) -> str:
        return f"{self.base_url}/woo/{self.id}"


@dataclass
class Order:
    """An order as core keeps it; carts are not resources in WooCommerce, so this is all there is of one."""

    id: int
    key: str
    request: CartRequest
    lines: tuple[Line, ...]
    created_at: datetime
    modified_at: datetime
    status: str = "pending"
    paid_at: datetime | None = None
    coupon: Code | None = None
    discount: Decimal = Decimal("0.00")
    landing: dict[str, str] = field(default_factory=dict)  # utm_* of the link that led here
    landing_url: str = ""
    came_by: str = ""  # the last link by which its shopper came back
    meta: dict[str, Any] = field(default_factory=dict)  # set through the REST API
    refunds: list[dict[str, Any]] = field(default_factory=list)
    anonymized: bool = False
    bought_as: int | None = None  # the order that a rebuilt cart became
    gateway: str = "offsite"
    cart: str = ""  # the plugin's, from which it was made
    notes: list[dict[str, Any]] = field(default_factory=list)

    @property
    def subtotal(self) -> Decimal:
        return subtotal(self.lines)

    @property
    def total(self) -> Decimal:
        return self.subtotal - self.discount

    @property
    def needs_payment(self) -> bool:
        return self.status in PAYABLE and self.total > 0


@dataclass
class Webhook:
    """One webhook of the store. Its secret is never given back by the REST API."""

    id: int
    name: str
    topic: str
    url: str
    secret: str
    created_at: datetime
    status: str = "active"
    modified_at: datetime | None = None
    failures: int = 0
