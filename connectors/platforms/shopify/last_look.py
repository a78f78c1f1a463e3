"""The last look before a text: has this cart, or the person who left it, led to an order?

One query asks for up to `BATCH` carts: orders that carry their tokens, orders of the same customers or e-mail
addresses since the first of them was left, and customers with the same numbers. What the search finds is only a hint
(it splits e-mail addresses into words), so each order is compared with each cart here. Several queries run at a time;
what has no answer after `SECONDS`, all in all, is unknown.
Search terms: the Admin schema's words on `orders(query:)` and `customers(query:)`; quoting and parentheses:
shopify.dev/docs/api/usage/search-syntax.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC

from connectors.delivery import Credentials
from connectors.platforms.shopify.access import client
from connectors.platforms.shopify.admin import AdminClient, NotAllowed, QueryRefused
from connectors.platforms.shopify.purchases import ANSWER, Found, Purchase
from sequences.cart import Shop
from sequences.errors import ComebackError
from sequences.ports import CartRef, Look

BATCH = 16
AT_ONCE = 4
SECONDS = 20.0
"""A new token, waiting for a throttled shop and slow answers included: whoever asks holds a claim meanwhile."""
OPERATION = "OrdersOfCarts"
PARTS = {
    "byToken": ("tokens", "askTokens"),
    "byPerson": ("people", "askPeople"),
    "byPhone": ("phones", "askPhones"),
}
_FIELDS = {"checkout": "checkout_token", "cart": "cart_token"}


def last_look(shop: Shop, credentials: Credentials, carts: Sequence[CartRef]) -> Mapping[str, Look]:
    """One answer per cart key, after `SECONDS` at most. `credentials` as in `access.client`."""
    try:
        return look(client(shop, credentials), carts, SECONDS)
    except NotAllowed as e:
        return _unknown(carts, str(e))


def look(admin: AdminClient, carts: Sequence[CartRef], seconds: float) -> dict[str, Look]:
    """As `last_look`, after so many seconds at most. Once the API can't be reached, what wasn't asked yet isn't asked
    any more."""
    parts = _slices(carts)
    if not parts:
        return {}
    late = f"the store gave no answer within {seconds:g} s"
    asking = _Asking(admin, time.monotonic() + seconds, late)
    pool = ThreadPoolExecutor(min(AT_ONCE, len(parts)), thread_name_prefix="last-look")
    try:
        asked = {pool.submit(asking.ask, part): part for part in parts}
        done, _ = wait(asked, timeout=seconds)
    finally:  # whoever is still at it, gives up by itself: nobody waits for it
        pool.shutdown(wait=False, cancel_futures=True)
    looks: dict[str, Look] = {}
    for future, part in asked.items():
        looks |= future.result() if future in done else _unknown(part, late)
    return looks


def _slices(carts: Sequence[CartRef]) -> list[Sequence[CartRef]]:
    """As few as can be, and all about as long."""
    size = -(-len(carts) // -(-len(carts) // BATCH)) if carts else BATCH
    return [carts[start : start + size] for start in range(0, len(carts), size)]


@dataclass(slots=True)
class _Asking:
    """One look, under way in several threads, `until` then; `late`: what is said of it after that. `over`: why
    nothing more is asked, if so."""

    admin: AdminClient
    until: float
    late: str
    over: str = ""

    def ask(self, carts: Sequence[CartRef]) -> dict[str, Look]:
        if self.over:
            return _unknown(carts, self.over)
        try:
            return _ask(self.admin, carts, self.until)
        except QueryRefused as e:
            return _unknown(carts, str(e))
        except ComebackError as e:
            self.over = str(e) if time.monotonic() < self.until else self.late
            return _unknown(carts, self.over)


def _unknown(carts: Sequence[CartRef], why: str) -> dict[str, Look]:
    return {cart.key: Look(state="unknown", detail=why) for cart in carts}


def _ask(admin: AdminClient, carts: Sequence[CartRef], until: float) -> dict[str, Look]:
    terms = {
        "byToken": _joined(term for cart in carts for term in _token_terms(cart)),
        "byPerson": _since(carts, _joined(term for cart in carts for term in _person_terms(cart))),
        "byPhone": _joined(f"phone:{_quoted(cart.phone)}" for cart in carts if cart.phone),
    }
    found = Found()
    if any(terms.values()):
        variables: dict[str, str | bool] = {}
        for part, (query, asked) in PARTS.items():
            variables |= {query: terms[part], asked: bool(terms[part])}
        answer = ANSWER.read(admin.run(OPERATION, variables, until))
        if missing := [part for part, wanted in terms.items() if wanted and answer[part] is None]:
            raise QueryRefused(f"the Admin API's answer has no {', '.join(missing)}")
        found = Found.of(answer)
    return {cart.key: _verdict(cart, found) for cart in carts}


def _joined(terms: Iterator[str]) -> str:
    return " OR ".join(dict.fromkeys(terms))


def _since(carts: Sequence[CartRef], query: str) -> str:
    """Shopify's times have no fractions: what was bought in that second is asked for, too."""
    first = min(cart.since for cart in carts).astimezone(UTC)
    return f"({query}) AND created_at:>='{first:%Y-%m-%dT%H:%M:%SZ}'" if query else ""


def _token_terms(cart: CartRef) -> Iterator[str]:
    for name in (cart.key, *cart.aliases):
        kind, _, token = name.partition(":")
        if kind in _FIELDS and token:
            yield f"{_FIELDS[kind]}:{_quoted(token)}"


def _person_terms(cart: CartRef) -> Iterator[str]:
    if cart.customer_id.isascii() and cart.customer_id.isdigit():
        yield f"customer_id:{cart.customer_id}"
    if cart.email:
        yield f"email:{_quoted(cart.email)}"


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _verdict(cart: CartRef, found: Found) -> Look:
    own = [order for order in found.orders if order.is_from({cart.key, *cart.aliases})]
    if own:
        return _own(max(own, key=lambda order: order.counts))
    theirs = [order for order in found.orders if order.counts and _same_person(cart, order)]
    if theirs:
        return Look(state="bought", detail=f"as {theirs[0].name}, by another cart", order_key=theirs[0].key)
    if not any(_token_terms(cart)) and not any(_person_terms(cart)) and not cart.phone:
        return Look(
            state="unknown", detail="nothing in this cart is something that orders can be searched by"
        )
    if found.may_lack_orders_since(cart.since, cart.phone):
        return Look(state="unknown", detail="there are more orders since than one look shows")
    return Look(state="open")


def _own(order: Purchase) -> Look:
    """A checkout that became an order is closed, even if that order is no purchase: there is nothing left
    that a text could bring back."""
    if order.counts:
        return Look(state="bought", detail=f"as {order.name}", order_key=order.key)
    why = "a test" if order.test else "cancelled"
    return Look(state="gone", detail=f"became {order.name}, which is {why}", order_key=order.key)


def _same_person(cart: CartRef, order: Purchase) -> bool:
    if order.created_at < cart.since:
        return False
    by_id = bool(cart.customer_id) and order.customer_id == cart.customer_id
    by_email = bool(cart.email) and order.email == (cart.email or "").casefold()
    return by_id or by_email or cart.phone in order.phones
