"""What a store or a carrier can tell us, in our words."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from sequences.cart import Cart, ConsentClaim, Order

CartScope = Literal["checkout", "lines", "removed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CartChanged:
    """A cart was opened, edited, emptied or closed.

    `scope` says how much the payload knows: the whole `checkout`; only the `lines` of a cart before
    checkout (no contact: a sign of life); or that the cart was `removed`. `unticked`: the shopper removed it by taking
    their consent back before they bought.
    """

    cart: Cart
    scope: CartScope = "checkout"
    unticked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPlaced:
    """A purchase the store counts as made, whether paid or on account."""

    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderChanged:
    """An order the store already had was paid, completed, cancelled, refunded, edited or deleted."""

    order: Order
    change: Literal["paid", "completed", "cancelled", "refunded", "updated", "deleted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLapsed:
    """An order that was never paid was cancelled, as a store does by itself after a while: no word of its shopper's.

    `cart`: what they left when they placed it, with the link that rebuilds it, if there is one.
    """

    order: Order
    cart: Cart


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentChanged:
    """The store's record of a shopper's consent to texts changed."""

    claim: ConsentClaim
    customer_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopperErased:
    """A person must be forgotten. Any of the names may be missing: match by each that is there. `cart_keys`: names of
    carts, as `Cart` has them."""

    at: datetime | None = None
    customer_id: str = ""
    phone: str | None = None
    email: str | None = None
    order_keys: tuple[str, ...] = ()
    cart_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DataRequested:
    """A person asked, through the store, what we hold on them."""

    customer_id: str = ""
    phone: str | None = None
    email: str | None = None
    order_keys: tuple[str, ...] = ()
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopRemoved:
    """All data of a shop must go (Shopify: 48 hours after it uninstalled). `at`: when that was asked."""

    domain: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Uninstalled:
    """The shop took the app away. May come twice, and late: `at` is when it did."""

    domain: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopesChanged:
    """The merchant granted or took back permissions."""

    granted: tuple[str, ...]
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StockChanged:
    """How much of a product is left. `quantity` is absent where the store doesn't count."""

    product_id: str
    in_stock: bool
    at: datetime | None = None
    quantity: Decimal | None = None


StoreEvent = (
    CartChanged
    | OrderPlaced
    | OrderChanged
    | OrderLapsed
    | ConsentChanged
    | ShopperErased
    | DataRequested
    | ShopRemoved
    | Uninstalled
    | ScopesChanged
    | StockChanged
)

ReportStatus = Literal["submitted", "delivered", "undelivered"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReported:
    """The carrier says what became of a text.

    `ref` is the touch id that we sent along; `code` the carrier's error number as text; `opted_out`
    that the carrier blocks this number because its owner said STOP to it; `dead` that the number doesn't
    exist or takes no texts; `absent` that nobody was reached there.
    """

    ref: str
    provider_id: str
    status: ReportStatus
    at: datetime
    code: str = ""
    detail: str = ""
    opted_out: bool = False
    dead: bool = False
    absent: bool = False
    price: Decimal | None = None
    currency: str = ""
    segments: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextReceived:
    """A person texted us. `sender` and `recipient` are E.164."""

    provider_id: str
    sender: str
    recipient: str
    text: str
    at: datetime


CarrierEvent = DeliveryReported | TextReceived
Event = StoreEvent | CarrierEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was found in one delivery: its events, and in `notes` why something was left out."""

    events: tuple[Event, ...] = ()
    notes: tuple[str, ...] = ()
