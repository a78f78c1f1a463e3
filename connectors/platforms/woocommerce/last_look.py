"""The last look before a text: is the cart still unpaid, and has its shopper bought anything since.

A batch costs one request for the carts' own orders (a second if some are not listed), and one for every hundred orders
that the store changed since the oldest cart was left. Carts that the companion plugin told of have no order of their
own, and need the latter alone. Only where that would be too much is the store searched shopper by shopper; and an
unpaid order that was cancelled costs one request more, for who did it.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain

from connectors.platforms.woocommerce.cancellations import by_itself
from connectors.platforms.woocommerce.client import PER_PAGE, Store
from connectors.platforms.woocommerce.errors import StoreError
from connectors.platforms.woocommerce.links import rebuilds_carts
from connectors.platforms.woocommerce.sight import FIELDS, SLACK, Sight, named, sights
from connectors.platforms.woocommerce.statuses import meaning
from sequences.cart import Shop
from sequences.ports import CartRef, Look

MOST_PAGES = 10  # of 100 orders, newest first, before shoppers are searched for one by one
SECONDS = 20.0
"""For all of it: whoever asks holds a claim meanwhile."""


def last_look(shop: Shop, credentials: Mapping[str, str], carts: Sequence[CartRef]) -> Mapping[str, Look]:
    """One answer per cart key, after `SECONDS` at most; `unknown`, with the reason, for what the store couldn't be
    asked."""
    if not carts:
        return {}
    asking = _Asking(shop, credentials, carts, time.monotonic() + SECONDS)
    pool = ThreadPoolExecutor(1, thread_name_prefix="last-look")
    try:
        asked = pool.submit(asking.run)
        done, _ = wait([asked], timeout=SECONDS + 1)
    finally:  # a store that answers byte by byte is left to its thread, which asks nothing more
        pool.shutdown(wait=False, cancel_futures=True)
    why = asked.result() if done else f"the store gave no answer within {SECONDS:g} s"
    decided = dict(asking.decided)
    return {cart.key: Look(state="unknown", detail=why) for cart in carts} | decided


@dataclass(slots=True)
class _Asking:
    """One look, under way. `decided`: what is known so far, of carts by key."""

    shop: Shop
    credentials: Mapping[str, str]
    carts: Sequence[CartRef]
    until: float
    decided: dict[str, Look] = field(default_factory=dict)

    def run(self) -> str:
        """Returns why some are undecided, '' if none is."""
        try:
            store = Store(self.shop.domain, self.credentials)
            store.until = self.until
            self._decide(store)
        except StoreError as e:
            return str(e)
        return ""

    def _decide(self, store: Store) -> None:
        country = self.shop.country
        own = _own_orders(store, [n for cart in self.carts if (n := order_id(cart))], country)
        looks = {cart.key: self._own_look(cart, own) for cart in self.carts}
        self.decided |= {key: look for key, look in looks.items() if look and look.state != "open"}
        waiting = [cart for cart in self.carts if (look := looks[cart.key]) is None or look.state != "bought"]
        bought = dict(_purchases(store, waiting, country))
        self.decided |= {key: look for key, look in looks.items() if look} | bought
        for cart in waiting:
            if cart.key not in self.decided:
                self.decided[cart.key] = _cancelled(store, own[order_id(cart)])

    def _own_look(self, cart: CartRef, own: Mapping[str, Sight]) -> Look | None:
        """What the cart's own order says. A cart that never became an order is open until its shopper buys. None: it
        was cancelled, and its notes must tell by whom."""
        number = order_id(cart)
        if not number:
            return Look(state="open")
        if (order := own.get(number)) is None:
            return Look(state="gone", detail="the order is no longer in the store")
        if order.erased:
            return Look(state="gone", detail="the shopper was erased from the order")
        what = meaning(order.status)
        if what in ("bought", "refunded"):
            return Look(state="bought", detail=f"the order is {order.status}", order_key=f"order:{number}")
        if what == "cancelled" and order.paid_at is None and self._can_be_rebuilt(cart):
            return None
        return Look(state="open" if what == "open" else "gone", detail=f"the order is {order.status}")

    def _can_be_rebuilt(self, cart: CartRef) -> bool:
        return _marked(cart) or rebuilds_carts(self.shop.version)


def order_id(cart: CartRef) -> str:
    """The number of the cart's own order, '' if it has none."""
    names = (name for name in named(cart) if name.startswith("order:"))
    return next((n for name in names if (n := name.removeprefix("order:")).isdecimal()), "")


def _cancelled(store: Store, order: Sight) -> Look:
    if by_itself(store, order.id, order.made_at):
        return Look(
            state="open", detail="the order wasn't paid in time, and the store cancelled it by itself"
        )
    return Look(state="gone", detail="somebody cancelled the order")


def _own_orders(store: Store, numbers: Sequence[str], country: str) -> dict[str, Sight]:
    """By number. Drafts are in no list unless it asks for them alone, so they cost a request of their own."""
    found: dict[str, Sight] = {}
    for status in ("any", "checkout-draft"):
        missing = [n for n in dict.fromkeys(numbers) if n not in found]
        for start in range(0, len(missing), PER_PAGE):
            some = missing[start : start + PER_PAGE]
            rows = store.get("orders", include=some, status=status, per_page=PER_PAGE, _fields=FIELDS)
            found |= {sight.id: sight for sight in sights(rows, country)}
    return found


def _purchases(store: Store, carts: Sequence[CartRef], country: str) -> Iterator[tuple[str, Look]]:
    """For every cart that was bought since, or whose shopper bought something: its key and what they bought."""
    known = [cart for cart in carts if cart.phone or cart.email or cart.customer_id or _marked(cart)]
    if not known:
        return
    oldest = min(cart.since for cart in known) - SLACK
    fields = f"{FIELDS},meta_data" if any(map(_marked, known)) else FIELDS
    recent, seen_from = _changed_since(store, oldest, country, fields)
    for cart in known:
        unseen = () if cart.since - SLACK >= seen_from else _of_shopper(store, cart, country, fields)
        order = next((o for o in chain(recent, unseen) if o.is_purchase_of(cart)), None)
        if order is not None:
            detail = f"the shopper bought order {order.id} since"
            yield cart.key, Look(state="bought", detail=detail, order_key=f"order:{order.id}")


def _marked(cart: CartRef) -> bool:
    """Does the companion plugin know it, and mark the order that it becomes?"""
    return any(name.startswith("checkout:") for name in named(cart))


def _changed_since(store: Store, since: datetime, country: str, fields: str) -> tuple[list[Sight], datetime]:
    """Orders changed since, newest first, and from which time on they are complete."""
    seen: list[Sight] = []
    query = {"status": "any", "modified_after": since, "dates_are_gmt": True, "_fields": fields}
    pages = store.pages("orders", **query, orderby="modified", order="desc")
    for number, page in enumerate(pages, start=1):
        seen += sights(page, country)
        if number == MOST_PAGES and len(page) == PER_PAGE:
            return seen, min(order.changed_at for order in seen)
    return seen, since


def _of_shopper(store: Store, cart: CartRef, country: str, fields: str) -> Iterator[Sight]:
    """The newest hundred orders that name the shopper, whom the store finds by what its orders contain."""
    for term in filter(None, (cart.email, cart.phone)):
        rows = store.get("orders", search=term, status="any", per_page=PER_PAGE, _fields=fields)
        yield from sights(rows, country)
