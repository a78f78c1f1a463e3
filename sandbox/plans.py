"""Decides beforehand what each planned shopper does of their own accord. Pure: dice in, plans out."""

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sandbox.catalog import PRODUCTS
from sandbox.people import Person, people
from sandbox.storefront import WantedItem

STEP = timedelta(minutes=10)  # everything planned happens on a whole ten minutes of UTC, so a driver can step

CONSENT = 0.75
BUYS_AT_ONCE = 0.25
COMES_BACK = 0.08
CHANGES, EMPTIES = 0.08, 0.03
SECOND_CART, SAME_SHOP = 0.06, 0.7
REGRETS = 0.02


@dataclass(frozen=True, slots=True)
class Plan:
    """One cart of one person. Durations count from `opens`; None means it doesn't happen.

    `regret` is what happens to the order, if there is one, `regrets_after` it was placed.
    """

    person: Person
    shop: str
    opens: datetime
    items: tuple[WantedItem, ...]
    consent: bool
    buys_after: timedelta | None = None
    changes_after: timedelta | None = None
    empties_after: timedelta | None = None
    regret: str | None = None
    regrets_after: timedelta = STEP


@dataclass(frozen=True, slots=True)
class ShopFacts:
    """What a plan needs to know of a shop."""

    id: str
    country: str


def plan(shops: Sequence[ShopFacts], carts: int, seed: int, days: int, now: datetime) -> list[Plan]:
    """`carts` plans over the first `days` - 1 days from `now` (half a day if `days` is 1), sorted by time.

    Raises sandbox.people.TooMany if the fictional numbers don't suffice.
    """
    dice = random.Random(f"population {seed}")
    start = ceil(now)
    span = max(timedelta(days=days - 1), timedelta(hours=12))
    plans = list(itertools.islice(_plans(dice, shops, start, span), carts))
    return sorted(plans, key=lambda p: p.opens)


def ceil(at: datetime) -> datetime:
    """The next whole ten minutes, `at` itself if it is one."""
    rest = timedelta(minutes=at.minute % 10, seconds=at.second, microseconds=at.microsecond)
    return at if not rest else at - rest + STEP


def _plans(
    dice: random.Random, shops: Sequence[ShopFacts], start: datetime, span: timedelta
) -> Iterator[Plan]:
    for person in people(dice):
        first = _one(dice, person, _shop(dice, shops, person), _moment(dice, person, start, span))
        yield first
        if dice.random() < SECOND_CART:
            shop = first.shop if dice.random() < SAME_SHOP else _shop(dice, shops, person)
            later = first.opens + _steps(dice, 6, 120)
            yield _one(dice, person, shop, min(later, start + span))


def _one(dice: random.Random, person: Person, shop: str, opens: datetime) -> Plan:
    buys = None
    if dice.random() < BUYS_AT_ONCE:
        buys = _steps(dice, 1, 2)
    elif dice.random() < COMES_BACK:
        buys = _steps(dice, 6, 180)
    return Plan(
        person=person,
        shop=shop,
        opens=opens,
        items=_items(dice),
        consent=dice.random() < CONSENT,
        buys_after=buys,
        changes_after=_steps(dice, 1, 3) if dice.random() < CHANGES else None,
        empties_after=_steps(dice, 1, 6) if dice.random() < EMPTIES else None,
        regret=dice.choice(("refund", "cancel")) if dice.random() < REGRETS else None,
        regrets_after=_steps(dice, 12, 120),
    )


def _shop(dice: random.Random, shops: Sequence[ShopFacts], person: Person) -> str:
    """Mostly a shop of the person's own country, if there is one."""
    at_home = [shop for shop in shops if shop.country == person.country]
    return dice.choice(at_home if at_home and dice.random() < 0.7 else shops).id


def _moment(dice: random.Random, person: Person, start: datetime, span: timedelta) -> datetime:
    """A time to shop: any, though few shop between one and seven in the morning."""
    while True:
        at = start + STEP * dice.randrange(span // STEP)
        if not 1 <= at.astimezone(ZoneInfo(person.zone)).hour < 7 or dice.random() < 0.15:
            return at


def _items(dice: random.Random) -> tuple[WantedItem, ...]:
    chosen = dice.sample(PRODUCTS, dice.choices((1, 2, 3), (60, 28, 12))[0])
    return tuple(WantedItem(product.sku, dice.choices((1, 2), (85, 15))[0]) for product in chosen)


def _steps(dice: random.Random, least: int, most: int) -> timedelta:
    return STEP * dice.randint(least, most)
