"""Discount codes as both platforms know them, and what they take off a cart."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

CENT = Decimal("0.01")


def cents(amount: Decimal) -> Decimal:
    """Rounded to two decimals, half up, as shops do."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def text(amount: Decimal) -> str:
    """Money as the platforms write it: a decimal string with two digits after the point."""
    return f"{cents(amount):.2f}"


@dataclass
class Code:
    """A discount code. `value`: a fraction (0.10) for "percent", money for "fixed", nothing for shipping."""

    id: int
    code: str
    kind: str  # percent | fixed | shipping
    value: Decimal
    starts_at: datetime
    ends_at: datetime | None = None
    usage_limit: int | None = None
    minimum: Decimal = Decimal(0)
    title: str = ""
    used: int = 0
    active: bool = True
    more: dict[str, Any] = field(default_factory=dict)  # what only its platform knows

    def refusal(self, now: datetime, subtotal: Decimal, pieces: int | None = None) -> str | None:
        """Why the code doesn't apply to this cart of so much and so many pieces now; None if it does."""
        if not self.active:
            return "deactivated"
        if now < self.starts_at:
            return "not yet valid"
        if self.ends_at is not None and now >= self.ends_at:
            return "expired"
        if self.usage_limit is not None and self.used >= self.usage_limit:
            return "used up"
        if subtotal < self.minimum:
            return f"needs {text(self.minimum)}"
        if pieces is not None and pieces < self.more.get("least_pieces", 0):
            return f"needs {self.more['least_pieces']} pieces"
        return None

    def takes_off(self, subtotal: Decimal) -> Decimal:
        """Money off the goods, never more than they cost."""
        if self.kind == "percent":
            return cents(subtotal * self.value)
        return min(cents(self.value), subtotal) if self.kind == "fixed" else Decimal("0.00")


def spread(discount: Decimal, totals: Sequence[Decimal]) -> list[Decimal]:
    """Split a discount over lines by their share, to the cent, the rest going to the last line."""
    whole = sum(totals, Decimal(0))
    if not whole:
        return [Decimal("0.00") for _ in totals]
    parts = [cents(discount * total / whole) for total in totals]
    parts[-1] += discount - sum(parts, Decimal(0))
    return parts
