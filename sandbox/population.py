"""Fills the world with planned shoppers and brings them the texts that reach their phones."""

import random

from sandbox import replies
from sandbox.autolink import addresses
from sandbox.courier import is_loopback
from sandbox.plans import Plan, ShopFacts, plan
from sandbox.reactions import Reaction, confirm
from sandbox.shoppers import Shopper
from sandbox.vonage.reports import Message
from sandbox.world import World


class NoShops(ValueError):
    """There is no shop to shop in."""


def populate(world: World, carts: int, seed: int, days: int) -> int:
    """Plan `carts` carts and set their timers; returns how many people are behind them.

    Raises NoShops, or sandbox.people.TooMany.
    """
    shops = [ShopFacts(store.id, store.country) for _, store in sorted(world.stores.items())]
    if not shops:
        raise NoShops("there is no shop to shop in: POST /sandbox/shops first")
    plans = plan(shops, carts, seed, days, world.clock.now())
    crowd = Crowd(world)
    for number, each in enumerate(plans):
        crowd.expect(each, random.Random(f"shopper {seed} {number}"))
    world.carrier.listeners.append(crowd.read)
    return len({each.person.email for each in plans})


class Crowd:
    """The planned shoppers of one population, found by phone when a text arrives."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._by_phone: dict[str, list[Shopper]] = {}

    def expect(self, each: Plan, dice: random.Random) -> None:
        """Let this plan come true at its time."""
        shopper = Shopper(self._world, each, dice)
        if shopper.phone:
            self._by_phone.setdefault(shopper.phone, []).append(shopper)
            self._world.zones[shopper.phone] = each.person.zone
        self._world.shoppers.append(shopper)
        shopper.at(each.opens, shopper.open)

    def read(self, phone: str, message: Message) -> None:
        """A text reached `phone`: whoever owns it reacts to a link on this machine, or to being asked for a yes."""
        carts = [s for s in self._by_phone.get(phone, ()) if s.cart and s.plan.shop == message.shop]
        links = [
            url for _, url in addresses(message.text) if is_loopback(self._world.carrier.courier.at(url))
        ]
        if carts and links:
            Reaction(carts[-1], message, links[0], carts).begin()
        elif carts and (yes := replies.wanted_yes(message.text)):
            confirm(carts[-1], message, yes)
