"""What a pretend Shopify store remembers, and how it is found again. Every caller holds the world's lock."""

import itertools
from datetime import datetime
from typing import Any

from sandbox.catalog import Line
from sandbox.courier import Courier
from sandbox.pricing import Code
from sandbox.shopify.access import DATA
from sandbox.shopify.cost import Bucket
from sandbox.shopify.deliveries import Outbox, uuid_like
from sandbox.shopify.oauth import Desk
from sandbox.shopify.plan import Plan
from sandbox.shopify.redeem import Bulk, Discount, fits
from sandbox.shopify.state import Checkout, Customer, Order, Shop
from sandbox.storefront import CartRequest, NotPossible, UnknownThing
from sandbox.world import World


class Records:
    """Checkouts, customers, orders and codes of one store."""

    def __init__(self, world: World, courier: Courier, shop: Shop, access_token: str) -> None:
        self.world, self.shop = world, shop
        self.desk = Desk(world, shop.domain, access_token, installed=bool(access_token))
        self.id, self.name, self.currency = shop.id, shop.name, shop.currency
        self.country, self.locale = shop.country, shop.locale
        self.outbox = Outbox(world, courier, shop.id, shop.domain)
        self.checkouts: dict[str, Checkout] = {}  # by token
        self.orders: dict[int, Order] = {}
        self.customers: dict[int, Customer] = {}
        self.codes: dict[str, Code] = {}  # by code in lower case
        self.discounts: dict[int, Discount] = {}
        self.bulks: dict[int, Bulk] = {}
        self.activities: list[Any] = []  # sandbox.shopify.marketing.Activity
        self.plan = Plan.of_yesterday(world.clock.now())
        self.protected_data: tuple[str, ...] = DATA  # of the customers', what the app is approved for
        self.settings: dict[str, Any] = {}  # of the shop, where they differ from what is usual
        self.bucket = Bucket()
        self._ids = itertools.count(shop.shop_id * 10_000 + 1)
        self._numbers = itertools.count(1001)

    @property
    def installed(self) -> bool:
        return self.desk.installed

    def now(self) -> datetime:
        return self.world.clock.now()

    def new_id(self) -> int:
        return next(self._ids)

    def new_event(self) -> str:
        return uuid_like(self.outbox.dice_hex())

    def checkout(self, token: str) -> Checkout:
        if token not in self.checkouts:
            raise UnknownThing(f"shop {self.id!r} has no checkout {token!r}")
        return self.checkouts[token]

    def new_checkout(self, request: CartRequest, lines: tuple[Line, ...]) -> Checkout:
        now = self.now()
        checkout = Checkout(
            id=self.new_id(),
            token=self.outbox.dice_hex(),
            cart_token=f"Z2NwLXVz{self.outbox.dice_hex()[:24]}",
            key=self.outbox.dice_hex(),
            request=request,
            lines=lines,
            created_at=now,
            updated_at=now,
            landing_site=request.landing_site,
        )
        self.checkouts[checkout.token] = checkout
        return checkout

    def checkout_of_cart(self, cart_token: str) -> Checkout:
        for checkout in self.checkouts.values():
            if checkout.cart_token == cart_token:
                return checkout
        raise UnknownThing(f"shop {self.id!r} has no cart {cart_token!r}")

    def order(self, order_id: str) -> Order:
        if not order_id.isdigit() or int(order_id) not in self.orders:
            raise UnknownThing(f"shop {self.id!r} has no order {order_id!r}")
        return self.orders[int(order_id)]

    def usable(self, code: str | None, checkout: Checkout) -> Code | None:
        """The code, if it exists and applies to this checkout now."""
        found = self.codes.get((code or "").lower())
        return found if found and fits(found, checkout, self.now()) else None

    def applied(self, checkout: Checkout) -> Code | None:
        """The code that stands in the checkout: usable while it is open, used once it is bought."""
        if checkout.completed_at is not None:
            return self.codes.get((checkout.discount_code or "").lower())
        return self.usable(checkout.discount_code, checkout)

    def open_one(self, token: str) -> Checkout:
        checkout = self.checkout(token)
        if checkout.completed_at is not None:
            raise NotPossible(f"checkout {token} is already bought (order {checkout.order_id})")
        return checkout

    def person(self, request: CartRequest) -> Customer | None:
        """The customer of this e-mail; a checkout without one often has none in Shopify's data."""
        if not request.email or "customer" in request.without:
            return None
        known = next((c for c in self.customers.values() if request.email == c.email), None)
        person = known or self.new_customer(request)
        person.phone = request.phone or person.phone
        if request.consent and request.phone:
            person.sms_state, person.sms_updated_at, person.sms_from = "SUBSCRIBED", self.now(), "SHOPIFY"
        return person

    def new_customer(self, request: CartRequest) -> Customer:
        now = self.now()
        person = Customer(
            id=self.new_id(),
            created_at=now,
            updated_at=now,
            first_name=request.first_name,
            last_name=request.last_name,
            email=request.email,
            phone=request.phone,
            locale=request.locale or self.locale,
            country=request.country or self.country,
        )
        self.customers[person.id] = person
        return person
