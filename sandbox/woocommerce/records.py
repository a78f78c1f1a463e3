"""What a pretend WooCommerce store remembers, and how it is found again. Callers hold the world's lock."""

import itertools
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox.catalog import PRODUCTS, Line
from sandbox.courier import Courier
from sandbox.pricing import Code, text
from sandbox.storefront import CartRequest, NotPossible, UnknownThing
from sandbox.woocommerce.companion import Companion, Kept
from sandbox.woocommerce.deliveries import Outbox
from sandbox.woocommerce.state import PAYABLE, Order, Shop
from sandbox.world import World


class Records:
    """Orders, coupons, customers, stock and API keys of one store."""

    def __init__(self, world: World, courier: Courier, shop: Shop) -> None:
        self.world, self.shop = world, shop
        self.id, self.name, self.currency = shop.id, shop.name, shop.currency
        self.country, self.locale = shop.country, shop.locale
        self.outbox = Outbox(world, courier, shop)
        self.keys: dict[str, tuple[str, str]] = {}  # consumer key → (secret, "read" | "write" | "read_write")
        self.nonces: dict[tuple[str, str], float] = {}
        self.orders: dict[int, Order] = {}
        self.trash: dict[int, Order] = {}
        self.codes: dict[str, Code] = {}
        self.customers: dict[int, dict[str, Any]] = {}
        self.stock = {product.id: 1000 for product in PRODUCTS}
        self.sessions: dict[str, dict[str, Any]] = {}  # carts rebuilt by a link
        self.plugin: Companion | None = None
        self.courier = courier
        self.coupons_on, self.free_shipping_requires = True, "coupon"  # of the store's settings
        self._ids = itertools.count(101)

    def now(self) -> datetime:
        """By the store's own clock, which may be off."""
        return self.world.clock.now() + timedelta(seconds=self.world.faults.store_clock_skew_seconds)

    def new_id(self) -> int:
        return next(self._ids)

    def order(self, token: str) -> Order:
        if not token.isdigit() or int(token) not in self.orders:
            raise UnknownThing(f"shop {self.id!r} has no order {token!r}")
        return self.orders[int(token)]

    @property
    def wording(self) -> str:
        """What stands beside the plugin's box; "": it shows none."""
        at = self.plugin.connection if self.plugin and self.plugin.ready else None
        words = at.wording(self.locale) if at else None
        return str(words["text"]) if words else ""

    def kept(self, token: str) -> Kept | None:
        """The plugin's cart of that token, ticked or not."""
        return self.plugin.carts.get(token) if self.plugin else None

    def usable(self, code: str | None, subtotal: Decimal) -> Code | None:
        """The coupon, if it applies. With e-mail restrictions it never does by link: no guest has one yet."""
        found = self.codes.get((code or "").lower())
        if found is None or found.more.get("email_restrictions") or found.refusal(self.now(), subtotal):
            return None
        return found

    def new_order(self, request: CartRequest, lines: tuple[Line, ...]) -> Order:
        if not lines:
            raise NotPossible("an order needs at least one item")
        letters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"
        key = "wc_order_" + "".join(self.world.dice.choices(letters, k=13))
        now = self.now()
        order = Order(next(self._ids), key, request, lines, now, now)
        self.orders[order.id] = order
        return order

    def unpaid(self, token: str) -> Order:
        order = self.order(token)
        if order.status not in (*PAYABLE, "checkout-draft") or order.bought_as is not None:
            raise NotPossible(f"order {token} can't be paid: it is {order.status}")
        return order

    def note_cart(self, token: str, request: CartRequest) -> None:
        self.world.ledger.write(
            "cart",
            shop=self.id,
            token=token,
            phone=request.phone,
            consent=request.consent,
            country=request.country or self.country,
            region=request.region,
        )

    def note_order(self, order: Order, token: str) -> None:
        self.world.ledger.write(
            "order",
            shop=self.id,
            token=token,
            phone=order.request.phone,
            order_id=str(order.id),
            total=text(order.total),
            discount=text(order.discount),
            discount_code=order.coupon.code if order.coupon else None,
        )
