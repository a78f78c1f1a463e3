"""A delivery of the companion plugin by its topic: carts before the purchase, erasures, the end of a connection."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from itertools import zip_longest
from typing import Any
from urllib.parse import urlsplit

from connectors.delivery import Delivery
from connectors.platforms.woocommerce import plugin_door, shoppers
from connectors.platforms.woocommerce.client import canonical
from connectors.platforms.woocommerce.errors import WrongStoreUrl
from connectors.platforms.woocommerce.links import RESTORE, is_restore_link
from connectors.platforms.woocommerce.snapshot_schema import (
    DISCONNECTED,
    ERASED,
    REMOVED,
    UPDATED,
    PluginWire,
    cart_key,
)
from connectors.wire import clean, contact_phone, load_json
from sequences.cart import Cart, Contact, Line, Shop
from sequences.errors import BadValue
from sequences.events import CartChanged, Reading, ShopperErased, Uninstalled
from sequences.money import Money

PROTOCOL = 1


@dataclass(frozen=True, slots=True)
class Told:
    """One checked delivery. `latest`: when it was signed; nothing in it happened later, whatever the store's clock
    says."""

    values: dict[str, Any]
    shop: Shop
    latest: datetime | None

    def at(self, time: datetime) -> datetime:
        return time if self.latest is None else min(time, self.latest)


def read(delivery: Delivery, shop: Shop) -> Reading:
    """The events in it. Raises BadDelivery, also for what a copy of the store sent. Its topic is signed."""
    topic = delivery.header(plugin_door.TOPIC)
    if topic not in TOPICS:
        return Reading(notes=(f"the plugin's {clean(topic)[:100] or 'delivery'} is not known here",))
    schema, told = TOPICS[topic]
    values = schema.read(load_json(delivery.body))
    if values["protocol"] != PROTOCOL:
        raise BadValue("protocol", f"should be {PROTOCOL}: the plugin and Comeback are of different versions")
    _is_from(values["store"], shop)
    return told(Told(values, shop, plugin_door.signed_at(delivery)))


def _is_from(store: str, shop: Shop) -> None:
    """A copy of a store, made to try things out, has its keys too. `shop.domain` is empty where no shop is known."""
    try:
        told = canonical(store)
    except WrongStoreUrl as e:
        raise BadValue("store", str(e)) from None
    if shop.domain and told != canonical(shop.domain):
        raise BadValue("store", f"is {clean(told)[:100]}, not this shop: a copy of it, or one that moved")


def _updated(told: Told) -> Reading:
    cart, shopper = told.values["cart"], told.values["shopper"]
    country = shopper["country"] or told.shop.country
    phone, dropped = contact_phone([("shopper.phone", shopper["phone"], country)])
    link, notes = _restore_url(cart["restore_url"], told)
    tick = shoppers.tick(told.values["consent"], phone, told.at(cart["updated_at"])) if phone else None
    made = Cart(
        key=cart_key(cart["id"]),
        created_at=told.at(cart["created_at"]),
        updated_at=told.at(cart["updated_at"]),
        total=Money(cart["total"], cart["currency"]),
        lines=tuple(_line(line, cart["currency"]) for line in cart["lines"]),
        contact=Contact(
            phone=phone,
            email=shopper["email"] or None,
            first_name=shopper["first_name"],
            last_name=shopper["last_name"],
            customer_id=shopper["customer_id"],
            dropped=dropped,
        ),
        billing=shoppers.address(shopper),
        consent=(tick,) if tick else (),
        recovery_link=link,
        locale=cart["locale"].replace("_", "-"),
        discount_codes=tuple(code.lower() for code in cart["coupons"] if code),
        restores=link is not None,
        revision=cart["revision"],
    )
    return Reading(events=(CartChanged(cart=made),), notes=notes)


def _line(line: dict[str, Any], currency: str) -> Line:
    return Line(
        title=clean(unescape(line["name"])),
        variant_title=clean(unescape(line["variant"])),
        quantity=line["quantity"],
        price=Money(line["price"], currency),
        product_id=line["product_id"],
        variant_id=line["variation_id"],
        sku=line["sku"],
    )


def _restore_url(link: str, told: Told) -> tuple[str | None, tuple[str, ...]]:
    """A link that leads elsewhere is nobody's way back: shoppers trust what a shop texts them."""
    if not link:
        return None, ("the snapshot brings no link that restores it",)
    if _origin(link) == _origin(told.values["store"]) and is_restore_link(link):
        return link, ()
    return None, (f"restore_url was left out: expected {RESTORE}=… on the store's own address",)


def _origin(link: str) -> tuple[str, str]:
    """Scheme and host with its port; empty for what is no store's address."""
    try:
        parts = urlsplit(canonical(link))
    except WrongStoreUrl:
        return "", ""
    return parts.scheme, parts.netloc


def _removed(told: Told) -> Reading:
    cart = told.values["cart"]
    at = told.at(cart["updated_at"])
    gone = Cart(
        key=cart_key(cart["id"]),
        created_at=at,
        updated_at=at,
        total=Money.parse(0, told.shop.currency),
        revision=cart["revision"],
    )
    unticked = told.values["reason"] == "unticked"
    return Reading(events=(CartChanged(cart=gone, scope="removed", unticked=unticked),))


def _erased(told: Told) -> Reading:
    """One event for each number and address: a person may have had several."""
    values, at = told.values, told.at(told.values["at"])
    read = [contact_phone([("phones", phone, told.shop.country)]) for phone in values["phones"]]
    phones = list(dict.fromkeys(phone for phone, _ in read if phone))
    emails = list(dict.fromkeys(filter(None, values["emails"])))
    notes = tuple(f"{d.where}: {d.reason}" for _, dropped in read for d in dropped)
    orders = tuple(f"order:{number}" for number in values["order_ids"] if number)
    carts = tuple(cart_key(cart) for cart in values["cart_ids"])
    if not (phones or emails or orders or carts):
        return Reading(notes=("an erasure that names nobody we could know", *notes))
    events = [
        ShopperErased(at=at, phone=phone, email=email, order_keys=orders, cart_keys=carts)
        for phone, email in list(zip_longest(phones, emails)) or [(None, None)]
    ]
    return Reading(events=tuple(events), notes=notes)


def _disconnected(told: Told) -> Reading:
    return Reading(events=(Uninstalled(domain=told.shop.domain, at=told.at(told.values["at"])),))


TOPICS: dict[str, tuple[PluginWire, Callable[[Told], Reading]]] = {
    "cart.updated": (UPDATED, _updated),
    "cart.removed": (REMOVED, _removed),
    "shopper.erased": (ERASED, _erased),
    "store.disconnected": (DISCONNECTED, _disconnected),
}
