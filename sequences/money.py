"""An amount of one currency. Never a float, never a bare number."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from sequences.errors import BadValue

# The largest cart we believe: above it a payload is wrong, and a database column would overflow.
LARGEST = Decimal(10) ** 12
SMALLEST_DIGIT = -18


@dataclass(frozen=True, slots=True)
class Money:
    """`amount` in major units (dollars, not cents) of the ISO 4217 `currency`."""

    amount: Decimal
    currency: str

    @classmethod
    def parse(cls, text: object, currency: str, where: str = "amount") -> "Money":
        """From a platform's decimal string or number. Raises BadValue, naming `where`."""
        if isinstance(text, bool) or not isinstance(text, str | int | float | Decimal):
            raise BadValue(where, f"expected a decimal amount, got {type(text).__name__}")
        try:
            amount = Decimal(str(text))
        except (InvalidOperation, ValueError):  # ValueError: CPython writes no integer of over 4300 digits
            raise BadValue(where, "is not a decimal amount") from None
        # Compared without arithmetic: abs() of 1e99999999 overflows the decimal context.
        if not amount.is_finite() or amount.copy_abs() >= LARGEST or amount.adjusted() < SMALLEST_DIGIT:
            raise BadValue(where, "is not a believable amount")
        return cls(amount, currency.upper())

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount + self._same(other).amount, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount - self._same(other).amount, self.currency)

    def _same(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise ValueError(f"can't reckon {self.currency} with {other.currency}")
        return other
