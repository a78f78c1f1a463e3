"""Discounts with their codes, and what they take off a checkout.

All codes of a discount share its times and its worth; `usageLimit` counts for each code, `appliesOncePerCustomer` for
the discount as a whole (shopify.dev, REST price rules).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sandbox.catalog import Line
from sandbox.pricing import Code, cents
from sandbox.shopify.state import Checkout


@dataclass(frozen=True, slots=True)
class Exchange:
    """Buy X, get Y: of these products and variants so many; `off` is the fraction that Y costs less."""

    buys: frozenset[int]
    buy_quantity: int
    gets: frozenset[int]
    get_quantity: int
    off: Decimal

    def takes_off(self, lines: Sequence[Line]) -> Decimal:
        """Once for an order; what is bought isn't got as well."""
        bought = 0
        rest: list[Decimal] = []
        for line in sorted(lines, key=lambda line: line.product.price, reverse=True):
            for _ in range(line.quantity):
                if bought < self.buy_quantity and _named(line, self.buys):
                    bought += 1
                elif _named(line, self.gets):
                    rest.append(line.product.price)
        if bought < self.buy_quantity:
            return Decimal("0.00")
        return cents(sum(sorted(rest)[: self.get_quantity], Decimal(0)) * self.off)


def _named(line: Line, ids: frozenset[int]) -> bool:
    return bool({line.product.shopify_product_id, line.product.shopify_variant_id} & ids)


@dataclass
class Discount:
    """One discount. `first` is the code it was made with; the others are like it."""

    id: int
    typename: str
    title: str
    first: Code
    tags: tuple[str, ...] = ()
    codes: list[Code] = field(default_factory=list)
    once_per_customer: bool = False
    exchange: Exchange | None = None
    buyers: set[str] = field(default_factory=set)

    def suits(self, checkout: Checkout) -> bool:
        """Whether this shopper may have it, with what lies in their cart."""
        if self.exchange is not None and not self.exchange.takes_off(checkout.lines):
            return False
        return not (self.once_per_customer and self.buyers & buyer(checkout))


@dataclass
class Bulk:
    """Codes that are being added to a discount; `made` and `errors` are filled when it is `done`."""

    id: int
    discount: Discount
    wanted: list[str]
    created_at: datetime
    done: bool = False
    made: dict[str, Code] = field(default_factory=dict)
    errors: dict[str, dict[str, Any]] = field(default_factory=dict)


def buyer(checkout: Checkout) -> set[str]:
    """By what Shopify knows a customer at the checkout."""
    return {value.lower() for value in (checkout.request.email, checkout.request.phone) if value}


def discount_of(code: Code) -> Discount | None:
    found: Discount | None = code.more.get("discount")
    return found


def fits(code: Code, checkout: Checkout, now: datetime) -> bool:
    """Whether the code applies to this checkout now."""
    discount = discount_of(code)
    pieces = sum(line.quantity for line in checkout.lines)
    refused = code.refusal(now, checkout.subtotal, pieces) is not None
    return not refused and (discount is None or discount.suits(checkout))


def off(code: Code | None, checkout: Checkout) -> Decimal:
    """What the code takes off the goods."""
    if code is None:
        return Decimal("0.00")
    discount = discount_of(code)
    if discount is not None and discount.exchange is not None:
        return discount.exchange.takes_off(checkout.lines)
    return code.takes_off(checkout.subtotal)


def redeemed(code: Code, checkout: Checkout) -> None:
    """An order was placed with it."""
    code.used += 1
    discount = discount_of(code)
    if discount is not None:
        discount.buyers |= buyer(checkout)
