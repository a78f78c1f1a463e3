"""What a pretend Shopify store remembers."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from sandbox.catalog import Line, subtotal
from sandbox.storefront import CartRequest


@dataclass(frozen=True, slots=True)
class Shop:
    """What never changes while the store lives. `zone` is IANA; `base_url` is where the sandbox answers."""

    id: str
    shop_id: int
    domain: str
    name: str
    currency: str
    country: str
    locale: str
    zone: str
    base_url: str

    @property
    def api_base(self) -> str:
        return f"{self.base_url}/shopify/{self.domain}"


@dataclass
class Customer:
    """A person in the store. `sms_state` is Shopify's: NOT_SUBSCRIBED, PENDING, SUBSCRIBED, UNSUBSCRIBED."""

    id: int
    created_at: datetime
    updated_at: datetime
    first_name: str
    last_name: str
    email: str | None
    phone: str | None
    locale: str
    country: str
    sms_state: str = "NOT_SUBSCRIBED"
    sms_level: str = "SINGLE_OPT_IN"
    sms_updated_at: datetime | None = None
    sms_from: str = "SHOPIFY"


@dataclass
class Checkout:
    """A checkout, complete (`completed_at`) or not. `key` is the secret of its recovery link."""

    id: int
    token: str
    cart_token: str
    key: str
    request: CartRequest
    lines: tuple[Line, ...]
    created_at: datetime
    updated_at: datetime
    landing_site: str
    customer: Customer | None = None
    note: str | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    discount_code: str | None = None
    consent_shown: bool = False  # whether the box had been ticked yet when a webhook was written
    completed_at: datetime | None = None
    deleted_at: datetime | None = None
    order_id: int | None = None

    @property
    def subtotal(self) -> Decimal:
        return subtotal(self.lines)


@dataclass
class Order:
    """An order. `discount` is what its code took off; `status` is the financial status in lower case."""

    id: int
    number: int
    token: str
    checkout: Checkout
    lines: tuple[Line, ...]
    created_at: datetime
    updated_at: datetime
    landing_site: str
    code: str | None = None
    code_kind: str = "percent"
    code_value: Decimal = Decimal(0)
    discount: Decimal = Decimal("0.00")
    status: str = "paid"
    cancelled_at: datetime | None = None
    refunded: Decimal = Decimal("0.00")
    attributes: dict[str, str] = field(default_factory=dict)

    @property
    def subtotal(self) -> Decimal:
        return subtotal(self.lines) - self.discount

    @property
    def total(self) -> Decimal:
        return self.subtotal
