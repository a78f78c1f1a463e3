"""What an offer takes off, checked, and what its codes look like. Pure: the dice come in."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import timedelta
from decimal import Decimal
from typing import Literal

from compliance.content_words import innocent
from sequences.cart import Cart
from sequences.codec import decode, encode

Kind = Literal["percent", "amount", "free_shipping", "buy_x_get_y"]
KINDS: tuple[Kind, ...] = ("percent", "amount", "free_shipping", "buy_x_get_y")
CLASSES = ("order", "product", "shipping")
SHORTEST, LONGEST = timedelta(hours=6), timedelta(days=90)
"""Of `lasts`. A text may be under way for four hours (`dispatching.LONGEST_TTL`); its offer must still stand then."""
ITEM = re.compile(r"(product|variant|collection):[1-9][0-9]{0,19}")
PREFIX = re.compile(r"[A-HJ-NP-Z2-9]{0,12}")
CURRENCY = re.compile(r"[A-Z]{3}")
LETTERS = "23456789BCDFGHJKMNPQRSTVWXYZ"
"""Of a code: nothing that looks like something else (0, O, 1, I, L), and no vowels, so that chance spells no word."""
DRAWN = 8
"""So many are drawn: 28 ** 8 is 3.8e11. With 10,000 codes live, one guess in 38 million hits; checkouts allow few."""
MOST_ITEMS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Discount:
    """What the store takes off with codes that we have made: one for each text, each good for one order.

    `percent`: of the order (percent), or of what is got (buy_x_get_y: 100 is free). `amount`: in the shop's `currency`.
    `minimum_subtotal` (in the shop's currency) or `minimum_quantity`: what the order must hold. `buy_*`, `get_*`: of
    buy_x_get_y; items are "product:1", "variant:2" or "collection:3", by the platform's numbers. `lasts`: how long the
    offer stands after the text. `combines_with`: the classes of discounts that may be used beside it. `prefix`: what
    every code begins with.
    """

    kind: Kind
    percent: Decimal | None = None
    amount: Decimal | None = None
    currency: str = ""
    minimum_subtotal: Decimal | None = None
    minimum_quantity: int | None = None
    buy_quantity: int | None = None
    buy_items: tuple[str, ...] = ()
    get_quantity: int | None = None
    get_items: tuple[str, ...] = ()
    lasts: timedelta = timedelta(hours=72)
    combines_with: tuple[str, ...] = ()
    prefix: str = "BACK"


Trouble = tuple[str, str]


def troubles(d: Discount) -> Iterator[Trouble]:
    """(field, what is wrong and what to do) for everything that can't work."""
    yield from _worth(d)
    yield from _exchange(d)
    yield from _conditions(d)
    if not SHORTEST <= d.lasts <= LONGEST:
        yield "lasts", "must be from 6 hours to 90 days: an offer must still stand when its text arrives"
    if not PREFIX.fullmatch(d.prefix):
        yield "prefix", "must be at most 12 capitals and digits, without 0, O, 1 and I, which look alike"
    if odd := sorted(set(d.combines_with) - set(CLASSES)):
        yield "combines_with", f"knows no {', '.join(odd)}; there are: {', '.join(CLASSES)}"
    if d.kind == "free_shipping" and "shipping" in d.combines_with:
        yield "combines_with", "can't hold shipping: two discounts on shipping don't combine"


def _worth(d: Discount) -> Iterator[Trouble]:
    if d.kind in ("percent", "buy_x_get_y"):
        if d.percent is None:
            yield "percent", f"is missing: how much {d.kind} takes off, above 0 and at most 100"
        elif not 0 < d.percent <= 100:
            yield "percent", "must be above 0 and at most 100"
        elif _digits(d.percent) > 2:
            yield "percent", "can have two decimals at most"
    elif d.percent is not None:
        yield "percent", f"has no meaning for {d.kind}: leave it out"
    if d.kind != "amount":
        if d.amount is not None or d.currency:
            yield "amount", f"has no meaning for {d.kind}: leave it and its currency out"
    elif d.amount is None or not d.amount > 0 or _digits(d.amount) > 3:
        yield "amount", "must be above 0, with three decimals at most"
    elif not CURRENCY.fullmatch(d.currency):
        yield "currency", "is missing: the shop's own, such as USD"


def _exchange(d: Discount) -> Iterator[Trouble]:
    parts = (("buy", d.buy_quantity, d.buy_items), ("get", d.get_quantity, d.get_items))
    for name, quantity, items in parts:
        if d.kind != "buy_x_get_y":
            if quantity is not None or items:
                yield f"{name}_items", f"has no meaning for {d.kind}: leave it and its quantity out"
            continue
        if quantity is None or not 1 <= quantity <= 100:
            yield f"{name}_quantity", "must be from 1 to 100"
        if not 1 <= len(items) <= MOST_ITEMS or not all(map(ITEM.fullmatch, items)):
            yield f"{name}_items", 'must name 1 to 100 things, such as "product:1" or "collection:3"'
        elif len({item.startswith("collection:") for item in items}) > 1:
            yield f"{name}_items", "can hold collections or else products and variants, not both"


def _conditions(d: Discount) -> Iterator[Trouble]:
    if d.minimum_subtotal is not None and d.minimum_quantity is not None:
        yield "minimum_quantity", "can't be asked for beside minimum_subtotal: choose one"
    if d.kind == "buy_x_get_y" and (d.minimum_subtotal, d.minimum_quantity) != (None, None):
        yield "minimum_subtotal", "has no meaning for buy_x_get_y: what must be bought is in buy_items"
    if d.minimum_subtotal is not None and not (d.minimum_subtotal > 0 and _digits(d.minimum_subtotal) <= 3):
        yield "minimum_subtotal", "must be above 0, with three decimals at most"
    if d.minimum_quantity is not None and not 1 <= d.minimum_quantity <= 1000:
        yield "minimum_quantity", "must be from 1 to 1000"


def _digits(number: Decimal) -> int:
    """Decimals behind the point; many for what is no number."""
    exponent = number.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 99


def falls_short(d: Discount, cart: Cart, currency: str) -> bool:
    """Is this cart below the discount's minimum, so that its code would take nothing off? `currency`: of the minimum.
    Of a cart whose lines we don't know, or whose prices are in another currency, we don't know it."""
    if not cart.lines:
        return False
    if d.minimum_quantity is not None:
        return sum(line.quantity for line in cart.lines) < d.minimum_quantity
    if d.minimum_subtotal is None or any(line.price.currency != currency for line in cart.lines):
        return False
    return sum(line.price.amount * line.quantity for line in cart.lines) < d.minimum_subtotal


NUMBERS = ("percent", "amount", "minimum_subtotal")
LISTS = ("combines_with", "buy_items", "get_items")


def spec(d: Discount) -> str:
    """What pools are found by: the same for the same discount, however its numbers and lists were typed."""
    told = encode(d)
    told |= {name: f"{Decimal(told[name]).normalize():f}" for name in NUMBERS if told[name] is not None}
    told |= {name: sorted(set(told[name])) for name in LISTS}
    return json.dumps({k: v for k, v in told.items() if v not in (None, "", [])}, sort_keys=True)


def of_spec(text: str) -> Discount:
    """The discount that `spec` wrote down; what a later version added is passed over."""
    known = {field.name for field in fields(Discount)}
    told = {"prefix": "", **json.loads(text)}
    return decode(Discount, {name: value for name, value in told.items() if name in known})


def code(prefix: str, drawn: Iterable[int]) -> str:
    """ "BACK-7H2K-Q9M4": `drawn` are `DRAWN` numbers below the number of LETTERS, from dice that nobody can guess."""
    letters = "".join(LETTERS[number] for number in drawn)
    parts = [letters[start : start + 4] for start in range(0, len(letters), 4)]
    return "-".join([prefix, *parts] if prefix else parts)


def codes(prefix: str, many: int, draw: Callable[[int], int]) -> list[str]:
    """`many` codes, each unlike the others. `draw(n)`: a number below n, such as `secrets.randbelow`.

    One in 5,000 would read as CBD, THC or worse: no carrier takes a text with it.
    """
    found: dict[str, None] = {}
    while len(found) < many:
        drawn = [draw(len(LETTERS)) for _ in range(DRAWN)]
        if innocent(code("", drawn)):
            found[code(prefix, drawn)] = None
    return list(found)
