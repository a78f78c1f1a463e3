"""What every pretend store can do, whichever platform it speaks: the shoppers know no more than this."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol


class SandboxError(Exception):
    """The sandbox was asked for something it can't do."""


class UnknownThing(SandboxError):
    """No such shop, cart, order or product in this sandbox."""


class NotPossible(SandboxError):
    """The cart or order is in a state in which this can't happen, for example it is already bought."""


@dataclass(frozen=True, slots=True)
class WantedItem:
    """One line a shopper wants: a sku of `sandbox.catalog` and a quantity of at least 1."""

    sku: str
    quantity: int = 1


LEFT_OUT = (
    "customer", "shipping_address", "billing_address", "address_phone", "contact_phone", "tokens", "landing_site",
)  # fmt: skip
"""What a Shopify store may know nothing of: real checkouts and orders lack each of these at times."""


@dataclass(frozen=True, slots=True)
class CartRequest:
    """A shopper who fills in a checkout. `phone` is E.164 or None; `country` ISO 3166 alpha-2; `region` a
    subdivision code without the country ("CA"); `locale` BCP 47; `consent` is the ticked SMS checkbox.
    `address_phone` and `without` are for Shopify; `placed` is for WooCommerce: they got as far as "Place
    order", and the order waits for payment at an off-site gateway."""

    items: tuple[WantedItem, ...]
    phone: str | None = None
    email: str | None = None
    first_name: str = ""
    last_name: str = ""
    consent: bool = False
    locale: str | None = None  # None: the shop's
    country: str | None = None  # None: the shop's
    region: str | None = None
    postcode: str | None = None
    city: str | None = None
    landing_site: str = "/"
    address_phone: str | None = None  # None: the same phone
    without: frozenset[str] = frozenset()  # of `LEFT_OUT`
    placed: bool = False


@dataclass(frozen=True, slots=True)
class OpenCart:
    """A cart that stands in the store: `token` names it in every other call, `recover_url` leads back."""

    token: str
    recover_url: str


@dataclass(frozen=True, slots=True)
class CartView:
    """What a cart or checkout page shows. Money in the shop's currency; `order_id` is set once bought."""

    token: str
    lines: tuple["LineView", ...]
    subtotal: Decimal
    discount: Decimal
    total: Decimal
    discount_code: str | None
    order_id: str | None
    request: CartRequest


@dataclass(frozen=True, slots=True)
class LineView:
    """One row of a cart as a person sees it."""

    sku: str
    title: str
    emoji: str
    quantity: int
    price: Decimal


class Store(Protocol):
    """One pretend store: it changes its own state, sends its platform's webhooks, writes the ledger.

    Every method is thread-safe and returns at once: deliveries happen behind. Unknown tokens and ids raise
    `UnknownThing`; what the state forbids raises `NotPossible`.
    """

    id: str
    platform: str  # "shopify" | "woocommerce"
    name: str
    currency: str  # ISO 4217
    country: str
    locale: str

    def open_cart(self, request: CartRequest) -> OpenCart:
        """A shopper opens a checkout, types what `request` holds, and leaves."""

    def change_cart(self, token: str, items: tuple[WantedItem, ...] | None = None) -> None:
        """The shopper comes back and changes the cart: new items, or one more of the first line."""

    def empty_cart(self, token: str) -> None:
        """The shopper empties the cart."""

    def visit(self, token: str, landing_site: str, discount_code: str | None = None) -> None:
        """The shopper opened the cart by a link: path with query (UTM and all), and the code it carried."""

    def buy(
        self, token: str, discount_code: str | None = None, attributes: Mapping[str, str] | None = None
    ) -> str:
        """The cart is bought; returns the order's id. Without a code, the one of the last visit counts."""

    def refund(self, order_id: str) -> None:
        """The merchant refunds the whole order."""

    def cancel(self, order_id: str) -> None:
        """The merchant cancels the order."""

    def view(self, token: str) -> CartView:
        """The cart as its page shows it."""
