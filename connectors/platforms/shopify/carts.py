"""Checkouts and carts."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from connectors.delivery import Delivery
from connectors.platforms.shopify import links, payloads, shoppers
from connectors.wire import load_json, store_time
from sequences.cart import Cart, ConsentClaim, Line, Shop
from sequences.errors import BadValue
from sequences.events import CartChanged, Reading
from sequences.money import Money

Values = Mapping[str, Any]
# Older than any cart: a delivery that says when it happened nowhere.
NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


def read_checkout(delivery: Delivery, shop: Shop) -> Reading:
    """checkouts/create and checkouts/update."""
    values = payloads.CHECKOUT.read(load_json(delivery.body))
    consent, notes = shoppers.checkout_consent(values, shop)
    names = [f"checkout:{values['token']}", *cart_names(values["cart_token"], values["name"])]
    cart = cart_of(values, shop, names, consent)
    if (given := values["abandoned_checkout_url"]) and not links.is_link(given):
        instead = "a link that rebuilds the cart" if cart.recovery_link else "no way back to this cart"
        notes = (*notes, f"abandoned_checkout_url isn't a web address: {instead}")
    return Reading(events=(CartChanged(cart=cart),), notes=notes)


def cart_of(values: Values, shop: Shop, names: Sequence[str], consent: tuple[ConsentClaim, ...]) -> Cart:
    """`values`: under the names of Shopify's webhooks, checked; `names`: the surest first."""
    currency = values["currency"] or shop.currency
    lines = tuple(_line(line, Money(line["price"], currency)) for line in values["line_items"])
    return Cart(
        key=names[0],
        aliases=tuple(names[1:]),
        created_at=values["created_at"],
        updated_at=values["updated_at"],
        total=Money(values["total_price"], currency),
        lines=lines,
        contact=shoppers.contact(values, shop),
        shipping=shoppers.address(values["shipping_address"]),
        billing=shoppers.address(values["billing_address"]),
        consent=consent,
        recovery_link=_way_back(values, lines, shop),
        locale=values["customer_locale"],
        discount_codes=tuple(c["code"] for c in values["discount_codes"] if c["code"]),
        completed_at=values["completed_at"],
    )


def _way_back(values: Values, lines: Sequence[Line], shop: Shop) -> str | None:
    """Shopify's own link; without one, a link that rebuilds the cart, unless something in it was made to order."""
    if links.is_link(values["abandoned_checkout_url"]):
        return str(values["abandoned_checkout_url"])
    to_order = any(line.get("properties") for line in values["line_items"])
    return None if to_order else links.permalink(shop.domain, lines)


def read_removed_checkout(delivery: Delivery, shop: Shop) -> Reading:
    """checkouts/delete. It knows neither its checkout's token nor when it happened: the cart goes by its
    other names, the time is the header's. Without one it still counts: a removed cart is removed for good."""
    values = payloads.REMOVED_CHECKOUT.read(load_json(delivery.body))
    names = cart_names(values["cart_token"], f"#{values['id']}" if values["id"] else "")
    if not names:
        raise BadValue("id", "is missing, and so is cart_token: nobody knows which cart is meant")
    at = triggered_at(delivery) or NO_TIME
    cart = Cart(
        key=names[0],
        aliases=tuple(names[1:]),
        created_at=at,
        updated_at=at,
        total=Money.parse(values["total_price"] or 0, shop.currency),
    )
    return Reading(events=(CartChanged(cart=cart, scope="removed"),))


def read_cart(delivery: Delivery, shop: Shop) -> Reading:
    """carts/create and carts/update: lines and nothing about their shopper."""
    values = payloads.CART.read(load_json(delivery.body))
    lines = values["line_items"]
    currency = next(filter(None, (_shop_currency(line) for line in lines)), shop.currency)
    total = sum((_line_total(line) for line in lines), start=Money.parse(0, currency).amount)
    cart = Cart(
        key=f"cart:{bare(values['token'])}",
        created_at=values["created_at"],
        updated_at=values["updated_at"],
        total=Money.parse(total, currency, "line_items"),
        lines=tuple(_line(line, Money(_in_shop_money(line, "price"), currency)) for line in lines),
    )
    return Reading(events=(CartChanged(cart=cart, scope="lines"),))


def bare(cart_token: str) -> str:
    """A cart's token without its `?key=…`: some sides of Shopify send it along (Shopify/hydrogen#3529), and
    the key is a secret that opens the cart, no part of its name."""
    return cart_token.split("?", 1)[0]


def triggered_at(delivery: Delivery) -> datetime | None:
    """When the delivery's cause happened; None if the header is missing or unreadable."""
    try:
        return store_time(delivery.header("x-shopify-triggered-at"))
    except BadValue:
        return None


def cart_names(cart_token: str, name: str) -> list[str]:
    """What a cart goes by beside its checkout's token."""
    given = bare(cart_token)
    return [*([f"cart:{given}"] if given else []), *([f"name:{name}"] if name else [])]


def _line(values: Values, price: Money) -> Line:
    return Line(
        title=values["title"],
        quantity=values["quantity"],
        price=price,
        product_id=values["product_id"],
        variant_id=values["variant_id"],
        variant_title=values["variant_title"],
        sku=values["sku"],
    )


def _in_shop_money(line: Values, field: str) -> Any:
    """A cart's plain prices may be in the shopper's currency; the shop's stands in the set beside them."""
    money = (line[f"{field}_set"] or {}).get("shop_money") or {}
    return line[field] if money.get("amount") is None else money["amount"]


def _line_total(line: Values) -> Any:
    given = _in_shop_money(line, "line_price")
    return _in_shop_money(line, "price") * line["quantity"] if given is None else given


def _shop_currency(line: Values) -> str:
    return str(((line["price_set"] or {}).get("shop_money") or {}).get("currency_code") or "")
