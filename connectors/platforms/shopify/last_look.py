"""The last look before a text: has this cart, or the person who left it, led to an order?

One query asks for up to `BATCH` carts: orders that carry their tokens, and orders of the same customers or
e-mail addresses. What the search finds is only a hint (it splits e-mail addresses into words), so each
order is compared with each cart here. Orders can't be searched by phone; those are known from webhooks.
Search terms: the Admin schema's words on `orders(query:)`; quoting: shopify.dev/docs/api/usage/search-syntax.
"""

from collections.abc import Iterator, Mapping, Sequence

from connectors.delivery import Credentials
from connectors.platforms.shopify.access import client
from connectors.platforms.shopify.admin import AdminClient, NotAllowed, QueryRefused
from connectors.platforms.shopify.purchases import ANSWER, Found, Purchase
from sequences.cart import Shop
from sequences.errors import ComebackError
from sequences.ports import CartRef, Look

BATCH = 20
OPERATION = "OrdersOfCarts"
_FIELDS = {"checkout": "checkout_token", "cart": "cart_token"}


def last_look(shop: Shop, credentials: Credentials, carts: Sequence[CartRef]) -> Mapping[str, Look]:
    """One answer per cart key. `credentials` as in `access.client`."""
    try:
        return look(client(shop, credentials), carts)
    except NotAllowed as e:
        return _unknown(carts, str(e))


def look(admin: AdminClient, carts: Sequence[CartRef]) -> dict[str, Look]:
    """As `last_look`. Once the API can't be reached, the rest isn't asked any more."""
    looks: dict[str, Look] = {}
    for start in range(0, len(carts), BATCH):
        try:
            looks |= _ask(admin, carts[start : start + BATCH])
        except QueryRefused as e:
            looks |= _unknown(carts[start : start + BATCH], str(e))
        except ComebackError as e:
            return looks | _unknown(carts[start:], str(e))
    return looks


def _unknown(carts: Sequence[CartRef], why: str) -> dict[str, Look]:
    return {cart.key: Look(state="unknown", detail=why) for cart in carts}


def _ask(admin: AdminClient, carts: Sequence[CartRef]) -> dict[str, Look]:
    tokens = list(dict.fromkeys(term for cart in carts for term in _token_terms(cart)))
    people = list(dict.fromkeys(term for cart in carts for term in _person_terms(cart)))
    if not tokens and not people:
        return {cart.key: _verdict(cart, Found()) for cart in carts}
    variables = {
        "tokens": " OR ".join(tokens),
        "askTokens": bool(tokens),
        "people": " OR ".join(people),
        "askPeople": bool(people),
    }
    found = Found.of(ANSWER.read(admin.run(OPERATION, variables)))
    return {cart.key: _verdict(cart, found) for cart in carts}


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
    if not any(_token_terms(cart)) and not any(_person_terms(cart)):
        return Look(
            state="unknown", detail="nothing in this cart is something that orders can be searched by"
        )
    if found.may_lack_orders_since(cart.since):
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
    return by_id or (bool(cart.email) and order.email == (cart.email or "").casefold())
