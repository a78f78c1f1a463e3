"""What keeps a WooCommerce store from texting anybody, the worst first."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from plugin_server.install.fixing import Fix
from plugin_server.install.woo_progress import BY_ITSELF, GET_PLUGIN, next_thing, pages_missing
from plugin_server.store.shops import Installed

REBUILDS = (10, 0, 2)
"""From this WooCommerce on a cart can be rebuilt from a link (/checkout-link/)."""


def to_fix(shop: Installed, connect_at: str, trouble: str = "") -> list[Fix]:
    """`connect_at`: where the store is connected anew. `trouble`: why its orders couldn't be read when that was last
    tried."""
    return list(_found(shop, connect_at, trouble))


def _found(shop: Installed, connect_at: str, trouble: str) -> Iterator[Fix]:
    facts = shop.facts
    if kind := facts.get("webhooks_trouble"):
        again = kind in BY_ITSELF
        why = "It is tried again by itself." if again else next_thing(kind)
        link = ("", "") if again else (connect_at, "Connect the store anew")
        told = f"{why} What stands in the way: {facts.get('webhooks')}"
        yield Fix("store", "Your store doesn't let Comeback in", told, *link)
    yield from _plugin(facts)
    if trouble and not kind:
        yield Fix(
            "reading",
            "Your store's orders can't be read",
            f"It is tried again by itself. What stands in the way: {trouble}",
        )
    if not shop.sender:
        yield Fix(
            "sender",
            "There is no number to text from yet",
            "Texts go out once whoever runs Comeback for you has set a number for your shop.",
        )
    if not shop.sequence.on:
        yield Fix(
            "off",
            "Reminders are switched off",
            "Nobody is reminded of a cart until whoever runs Comeback for you switches them on.",
        )
    yield from _held(shop)
    if facts.get("core_recovery_email") == "on":
        yield Fix(
            "core-email",
            "WooCommerce writes about carts, too",
            "Its own abandoned cart e-mail is switched on, so a shopper may get an e-mail and a text. On the plugin's"
            " page you can have it kept back while Comeback is connected.",
        )


def _plugin(facts: Mapping[str, Any]) -> Iterator[Fix]:
    if facts.get("plugin_trouble"):
        yield Fix(
            "plugin",
            "The plugin doesn't answer",
            f"It is tried again by itself. What stands in the way: {facts['plugin_trouble']}",
        )
    elif not facts.get("plugin"):
        yield Fix("plugin", "The Comeback plugin is missing", GET_PLUGIN)
    elif lacks := facts.get("lacks"):
        yield Fix(
            "consent",
            "Your checkout doesn't ask for consent yet",
            pages_missing(lacks),
        )


def _held(shop: Installed) -> Iterator[Fix]:
    """WooCommerce cancels unpaid orders by itself; before a reminder that matters where the cart can't be rebuilt."""
    minutes, steps = shop.facts.get("hold_stock_minutes"), shop.sequence.steps
    if not isinstance(minutes, int) or not steps or shop.facts.get("plugin") or _rebuilds(shop.shop.version):
        return
    if timedelta(minutes=minutes) <= steps[0].delay:
        yield Fix(
            "hold",
            "Unpaid orders are cancelled before they are reminded of",
            f"WooCommerce cancels an order that isn't paid after {minutes} minutes, and this version can't rebuild a"
            " cart from a link. Update WooCommerce, or give shoppers longer under WooCommerce, Settings, Products,"
            " Inventory, Hold stock.",
        )


def _rebuilds(version: str) -> bool:
    numbers = tuple(int(part) for part in version.split("-")[0].split(".")[:3] if part.isdecimal())
    return numbers >= REBUILDS
