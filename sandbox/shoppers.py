"""Planned shoppers at work: they fill carts, leave, come back, buy, and regret it."""

import contextlib
import random
from collections.abc import Callable
from datetime import datetime, timedelta

from sandbox.phones import e164
from sandbox.plans import Plan, ceil
from sandbox.storefront import CartRequest, NotPossible, OpenCart, Store
from sandbox.world import World


class Shopper:
    """One plan coming true. Everything happens on courier threads, at whole ten minutes of UTC.

    `typed` is what stands in the shop's phone field, `phone` the E.164 number that texts reach, if any.
    """

    def __init__(self, world: World, each: Plan, dice: random.Random) -> None:
        self.world = world
        self.plan = each
        self.dice = dice
        self.cart: OpenCart | None = None
        self.bought = False
        # Shopify brings numbers into E.164 or refuses them; WooCommerce keeps what was typed.
        takes_anything = self.store.platform == "woocommerce"
        self.typed = each.person.typed if takes_anything else each.person.phone
        self.phone = each.person.phone and e164(self.typed, each.person.country)

    @property
    def store(self) -> Store:
        store: Store = self.world.stores[self.plan.shop]
        return store

    def at(self, when: datetime, action: Callable[[], None]) -> None:
        """Do it at `when`, or at the next whole ten minutes if that is past."""
        wait = max(ceil(when) - self.world.clock.now(), timedelta(0))
        self.world.carrier.courier.later(wait, action)

    def open(self) -> None:
        """Fill the cart and leave; the rest of the plan follows from here."""
        each, cart = self.plan, self.store.open_cart(self._request())
        self.cart = cart
        for after, action in (
            (each.changes_after, lambda: self.store.change_cart(cart.token)),
            (each.empties_after, lambda: self.store.empty_cart(cart.token)),
            (each.buys_after, self.buy),
        ):
            if after is not None:
                self._then(each.opens + after, action)

    def buy(self, code: str | None = None, attributes: dict[str, str] | None = None) -> None:
        """Buy the cart as it stands, unless that was done before."""
        if self.cart is not None and not self.bought:
            self.has_bought(self.store.buy(self.cart.token, code, attributes))

    def has_bought(self, order_id: str) -> None:
        """The order is placed; some regret it later."""
        self.bought = True
        if regret := self.plan.regret:
            undo = self.store.refund if regret == "refund" else self.store.cancel
            self._then(self.world.clock.now() + self.plan.regrets_after, lambda: undo(order_id))

    def _then(self, when: datetime, action: Callable[[], None]) -> None:
        self.at(when, lambda: if_possible(action))

    def _request(self) -> CartRequest:
        person = self.plan.person
        return CartRequest(
            items=self.plan.items,
            phone=self.typed,
            email=person.email,
            first_name=person.first_name,
            last_name=person.last_name,
            consent=self.plan.consent,
            locale=person.locale,
            country=person.country,
            region=person.region,
            postcode=person.postcode,
            city=person.city,
        )


def if_possible(action: Callable[[], None]) -> None:
    """Do it unless the cart or order has moved on, as happens to people too."""
    with contextlib.suppress(NotPossible):
        action()
