"""What a shopper does in a store with the plugin, and what that makes of it: snapshots, and marks on the order."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sandbox.catalog import Line, subtotal
from sandbox.pricing import text
from sandbox.storefront import CartRequest, CartView, NotPossible, OpenCart
from sandbox.woocommerce.companion import Companion, Kept
from sandbox.woocommerce.state import Order

Json = dict[str, Any]


def open_cart(plugin: Companion, request: CartRequest, lines: tuple[Line, ...], now: datetime) -> OpenCart:
    """Somebody fills in the checkout and leaves. Nothing is known of it elsewhere unless they ticked the box."""
    if not lines:
        raise NotPossible("a cart needs at least one item")
    cart = Kept(f"{plugin.world.dice.getrandbits(128):032x}", request, lines, now, now, now)
    cart.caught = request.consent and bool(request.phone)
    plugin.carts[cart.id] = cart
    tell(plugin, cart)
    return OpenCart(cart.id, plugin.link(cart))


def change(plugin: Companion, cart: Kept, lines: tuple[Line, ...], now: datetime) -> None:
    still_open(cart)
    cart.lines, cart.updated_at = lines, now
    tell(plugin, cart)


def take_away(plugin: Companion, cart: Kept, reason: str, now: datetime) -> None:
    """`reason`: emptied, or unticked."""
    still_open(cart)
    cart.state, cart.updated_at = "removed", now
    cart.revision += 1
    if cart.caught:
        names = {"id": cart.id, "revision": cart.revision, "updated_at": stamp(now)}
        plugin.post("cart.removed", {"cart": names, "reason": reason}, cart.id)


def erase(plugin: Companion, phone: str, orders: list[int], now: datetime) -> None:
    """WordPress's personal data eraser ran for this person."""
    theirs = [cart for cart in plugin.carts.values() if cart.request.phone == phone]
    for cart in theirs:
        cart.state = "erased"
        plugin.waiting.pop(cart.id, None)
    body = {
        "at": stamp(now),
        "phones": [phone] if phone else [],
        "emails": sorted({cart.request.email for cart in theirs if cart.request.email}),
        "cart_ids": [cart.id for cart in theirs if cart.caught],
        "order_ids": orders,
    }
    plugin.post("shopper.erased", body)


def still_open(cart: Kept) -> None:
    if cart.state != "open":
        raise NotPossible(f"cart {cart.id} is {cart.state}")


def tell(plugin: Companion, cart: Kept) -> None:
    """The whole cart, as it is now. Nothing before the box was ticked."""
    if not cart.caught:
        return
    cart.revision += 1
    plugin.post("cart.updated", snapshot(plugin, cart), cart.id)


def snapshot(plugin: Companion, cart: Kept) -> Json:
    request, shop = cart.request, plugin.shop
    return {
        "cart": {
            "id": cart.id,
            "revision": cart.revision,
            "created_at": stamp(cart.created_at),
            "updated_at": stamp(cart.updated_at),
            "currency": shop.currency,
            "total": text(subtotal(cart.lines)),
            "coupons": [],
            "locale": (request.locale or shop.locale).replace("-", "_"),
            "lines": [line_json(line) for line in cart.lines],
            "restore_url": plugin.link(cart),
        },
        "shopper": {
            "phone": request.phone or "",
            "email": request.email or "",
            "first_name": request.first_name,
            "last_name": request.last_name,
            "customer_id": 0,
            "country": request.country or shop.country,
            "state": request.region or "",
            "city": request.city or "",
            "postcode": request.postcode or "",
        },
        "consent": {**agreed(plugin, cart), "ip": "127.0.0.1", "user_agent": "Comeback sandbox shopper"},
    }


def line_json(line: Line) -> Json:
    product = line.product
    return {
        "product_id": product.id,
        "variation_id": 0,
        "quantity": line.quantity,
        "name": product.title,
        "variant": "",
        "sku": product.sku,
        "price": text(product.price),
    }


def agreed(plugin: Companion, cart: Kept) -> Json:
    """The tick, with the words that stood beside it."""
    connection = plugin.connection
    words = connection.wording(cart.request.locale or plugin.shop.locale) if connection else None
    return {
        "at": stamp(cart.agreed_at),
        "version": words["version"] if words else 0,
        "locale": words["locale"] if words else "",
        "text": words["text"] if words else "",
        "form": "block" if plugin.shop.blocks else "classic",
        "page": f"{plugin.shop.home_url}/checkout/",
    }


def marks(
    plugin: Companion, cart: Kept, attributes: Mapping[str, str] | None, *, ticked: bool
) -> dict[str, str]:
    """What the plugin writes on the order that this cart becomes. `ticked`: the box, by whoever places the order; on
    another device it isn't ticked by the link that led there."""
    found = {"_comeback_cart": cart.id} if cart.caught else {}
    if cart.caught and ticked:
        found["_comeback_consent"] = json.dumps(agreed(plugin, cart), separators=(",", ":"))
    if mark := (attributes or {}).get("utm_id"):
        found["_comeback_recovery_id"] = mark
    return found


def ordered(plugin: Companion, cart: Kept, order: Order) -> None:
    """Bought: its links lead nowhere any more, and what waits isn't told."""
    cart.state, cart.order_id = "ordered", order.id
    plugin.waiting.pop(cart.id, None)


def view(cart: Kept) -> CartView:
    from_lines = subtotal(cart.lines)
    return CartView(
        token=cart.id,
        lines=(),
        subtotal=from_lines,
        discount=from_lines * 0,
        total=from_lines,
        discount_code=None,
        order_id=str(cart.order_id) if cart.state == "ordered" else None,
        request=cart.request,
    )


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
