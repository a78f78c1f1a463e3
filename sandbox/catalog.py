"""What the pretend shops sell. The same goods everywhere; a price is a number in the shop's currency."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from sandbox.storefront import UnknownThing, WantedItem


@dataclass(frozen=True, slots=True)
class Product:
    """One thing to buy. `id` is WooCommerce's product id and the seed of Shopify's ids; `grams` weighs it."""

    id: int
    sku: str
    title: str
    variant: str
    price: Decimal
    emoji: str
    grams: int

    @property
    def shopify_product_id(self) -> int:
        return 7_000_000_000_000 + self.id

    @property
    def shopify_variant_id(self) -> int:
        return 42_000_000_000_000 + self.id


PRODUCTS: tuple[Product, ...] = (
    Product(11, "MUG-BLUE", "Blue mug", "350 ml", Decimal("12.50"), "☕", 400),
    Product(12, "BEANIE", "Wool beanie", "Grey", Decimal("20.00"), "🧶", 120),
    Product(13, "TEE-LINEN", "Linen T-shirt", "Natural", Decimal("34.00"), "👕", 210),
    Product(14, "CANDLE", "Beeswax candle", "Large", Decimal("18.00"), "🕯️", 350),
    Product(15, "SOAP-3", "Soap, set of three", "Lavender", Decimal("15.00"), "🧼", 300),
    Product(16, "TOTE", "Canvas tote", "Black", Decimal("24.00"), "👜", 260),
    Product(17, "PLANT", "Desk plant", "Small", Decimal("29.00"), "🪴", 900),
    Product(18, "NOTEBOOK", "Notebook, dotted", "A5", Decimal("11.00"), "📓", 310),
    Product(19, "SNEAKER", "Canvas sneakers", "42", Decimal("79.00"), "👟", 820),
    Product(20, "HEADPHONES", "Headphones", "Graphite", Decimal("149.00"), "🎧", 240),
)

BY_SKU = {product.sku: product for product in PRODUCTS}
BY_ID = {product.id: product for product in PRODUCTS}


@dataclass(frozen=True, slots=True)
class Line:
    """A product and how many of it."""

    product: Product
    quantity: int

    @property
    def total(self) -> Decimal:
        return self.product.price * self.quantity


def lines_of(items: Iterable[WantedItem]) -> tuple[Line, ...]:
    """The wanted items as lines; raises UnknownThing for a sku that isn't sold here."""
    return tuple(_line(item) for item in items if item.quantity > 0)


def one_more(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """The same cart with one more of its first line, or one mug if it was empty."""
    if not lines:
        return (Line(PRODUCTS[0], 1),)
    return (Line(lines[0].product, lines[0].quantity + 1), *lines[1:])


def subtotal(lines: Iterable[Line]) -> Decimal:
    return sum((line.total for line in lines), Decimal("0.00"))


def _line(item: WantedItem) -> Line:
    if item.sku not in BY_SKU:
        raise UnknownThing(f"no product has the sku {item.sku!r}: try {', '.join(sorted(BY_SKU))}")
    return Line(BY_SKU[item.sku], item.quantity)
