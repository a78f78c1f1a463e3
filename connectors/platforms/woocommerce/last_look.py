"""The last look before a text: is the cart still unpaid, and has its shopper bought anything since.

A batch costs one request for the carts' own orders (a second if some are not listed), and one for every
hundred orders that the store changed since the oldest cart was left. Only where that would be too much is
the store searched shopper by shopper.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain

from connectors.platforms.woocommerce.client import PER_PAGE, Store
from connectors.platforms.woocommerce.errors import StoreError
from connectors.platforms.woocommerce.sight import FIELDS, SLACK, Sight, sights
from connectors.platforms.woocommerce.statuses import meaning
from sequences.cart import Shop
from sequences.ports import CartRef, Look

MOST_PAGES = 10  # of 100 orders, newest first, before shoppers are searched for one by one


def last_look(shop: Shop, credentials: Mapping[str, str], carts: Sequence[CartRef]) -> Mapping[str, Look]:
    """One answer per cart key; `unknown`, with the reason, for what the store couldn't be asked."""
    looks: dict[str, Look] = {}
    try:
        store = Store(shop.domain, credentials)
        own = _own_orders(store, [n for cart in carts if (n := order_id(cart))], shop.country)
        looks = {cart.key: _own_look(cart, own) for cart in carts}
        waiting = [cart for cart in carts if looks[cart.key].state != "bought"]
        return looks | dict(_purchases(store, waiting, shop.country))
    except StoreError as e:
        decided = {key: look for key, look in looks.items() if look.state != "open"}
        return {cart.key: Look(state="unknown", detail=str(e)) for cart in carts} | decided


def order_id(cart: CartRef) -> str:
    """The number of the cart's own order, '' if it has none."""
    names = (name for name in (cart.key, *cart.aliases) if name.startswith("order:"))
    return next((n for name in names if (n := name.removeprefix("order:")).isdecimal()), "")


def _own_look(cart: CartRef, own: Mapping[str, Sight]) -> Look:
    """What the cart's own order says. A cart that never became an order is open until its shopper buys."""
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
    return Look(state="open" if what == "open" else "gone", detail=f"the order is {order.status}")


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
    """For every cart whose shopper bought since: its key and what they bought."""
    known = [cart for cart in carts if cart.phone or cart.email or cart.customer_id]
    if not known:
        return
    oldest = min(cart.since for cart in known) - SLACK
    recent, seen_from = _changed_since(store, oldest, country)
    for cart in known:
        unseen = () if cart.since - SLACK >= seen_from else _of_shopper(store, cart, country)
        order = next((o for o in chain(recent, unseen) if o.is_purchase_of(cart)), None)
        if order is not None:
            detail = f"the shopper bought order {order.id} since"
            yield cart.key, Look(state="bought", detail=detail, order_key=f"order:{order.id}")


def _changed_since(store: Store, since: datetime, country: str) -> tuple[list[Sight], datetime]:
    """Orders changed since, newest first, and from which time on they are complete."""
    seen: list[Sight] = []
    query = {"status": "any", "modified_after": since, "dates_are_gmt": True, "_fields": FIELDS}
    pages = store.pages("orders", **query, orderby="modified", order="desc")
    for number, page in enumerate(pages, start=1):
        seen += sights(page, country)
        if number == MOST_PAGES and len(page) == PER_PAGE:
            return seen, min(order.changed_at for order in seen)
    return seen, since


def _of_shopper(store: Store, cart: CartRef, country: str) -> Iterator[Sight]:
    """The newest hundred orders that name the shopper, whom the store finds by what its orders contain."""
    for term in filter(None, (cart.email, cart.phone)):
        rows = store.get("orders", search=term, status="any", per_page=PER_PAGE, _fields=FIELDS)
        yield from sights(rows, country)
