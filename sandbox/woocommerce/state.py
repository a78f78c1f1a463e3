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
