"""The common model: what a cart, its shopper and its order are, whichever platform they came from.

Every time is aware UTC and is the store's own; every phone is E.164 or absent; every amount is `Money`.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sequences.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A store that installed the app. `key` is unguessable and stands in its webhook addresses."""

    id: int
    key: str
    platform: str
    domain: str  # Shopify: mugs.myshopify.com; WooCommerce: the store's canonical URL
    name: str
    currency: str
    country: str
    locale: str = "en-US"
    support: str = ""  # how a shopper reaches the shop: an address or number for HELP
    version: str = ""  # of the platform, where it matters what it can do: WooCommerce 11.0.1; "" unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a cart. `price` is for one piece; `quantity` counts pieces."""

    title: str
    quantity: int
    price: Money
    product_id: str = ""
    variant_id: str = ""
    variant_title: str = ""
    sku: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where goods or bills go. `country` is ISO 3166-1 alpha-2, `region` the platform's state code."""

    first_name: str = ""
    last_name: str = ""
    city: str = ""
    postcode: str = ""
    region: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """A phone that was given but can't be texted: which field held it, and why it was dropped."""

    where: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """How to reach a shopper. `phone` is E.164 or absent; an absent one is normal."""

    phone: str | None = None
    email: str | None = None
    first_name: str = ""
    last_name: str = ""
    customer_id: str = ""
    dropped: tuple[Dropped, ...] = ()


Stage = Literal["cart", "payment"]
ClaimState = Literal["subscribed", "unsubscribed", "pending", "not_subscribed", "redacted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentClaim:
    """What the platform says of a shopper's consent to texts. A claim, not evidence.

    `phone`: the number it is for (E.164). `level`: the platform's opt-in level, if it gave one.
    `wording`, `wording_version`, `locale`: what the shopper read, if known. `form`, `url`: where they ticked its box
    (WooCommerce's plugin: `block` or `classic`, and the page); `ip`, `user_agent`: from where, by their browser.
    """

    phone: str
    state: ClaimState
    at: datetime
    source: str
    level: str = ""
    wording: str = ""
    wording_version: str = ""
    locale: str = ""
    form: str = ""
    url: str = field(default="", repr=False)
    ip: str = field(default="", repr=False)
    user_agent: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cart:
    """A checkout in progress.

    `key` names it within its shop (`checkout:<token>`, `order:<id>`); `aliases` are its other names
    (`cart:<token>`, `name:<#number>`). `total` is in the shop's currency, `presentment_total` in the
    shopper's. `recovery_link` is a bearer secret: it opens the shopper's checkout, filled in; one that `restores` the
    cart does so whatever became of an order made of it, and no other replaces it. `stage`: "payment" once the order was
    placed and waits to be paid. `revision`: of snapshots of one second the higher is newer; 0: it is none.
    """

    key: str
    aliases: tuple[str, ...] = ()
    created_at: datetime
    updated_at: datetime
    total: Money
    presentment_total: Money | None = None
    lines: tuple[Line, ...] = ()
    contact: Contact = field(default_factory=Contact)
    shipping: Address | None = None
    billing: Address | None = None
    consent: tuple[ConsentClaim, ...] = ()
    recovery_link: str | None = None
    locale: str = ""
    browser_zone: str = ""
    discount_codes: tuple[str, ...] = ()
    completed_at: datetime | None = None
    stage: Stage = "cart"
    restores: bool = False
    revision: int = 0

    @property
    def currency(self) -> str:
        """The shop's currency; the shopper's stands in `presentment_total`."""
        return self.total.currency


OrderStatus = Literal["placed", "paid", "cancelled", "refunded", "deleted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A purchase. The tokens, codes and attributes are what can tie it to a cart and to a text.

    `paid_at`: when it was paid, where the store says so (a WooCommerce order exists before it is bought).
    `checkout_key`, `cart_key`: the names of what it came from. `utm`: campaign parameters that the store saw
    (`utm_id` holds our link's mark). `recovery_ref`: the same mark, if the store carried it through.
    """

    key: str
    number: str = ""
    status: OrderStatus = "placed"
    created_at: datetime
    updated_at: datetime
    paid_at: datetime | None = None
    total: Money
    refunded: Money | None = None
    contact: Contact = field(default_factory=Contact)
    checkout_key: str | None = None
    cart_key: str | None = None
    discount_codes: tuple[str, ...] = ()
    recovery_ref: str = ""
    utm: tuple[tuple[str, str], ...] = ()
    test: bool = False
    consent: tuple[ConsentClaim, ...] = ()
