"""What keeps a shop from texting anybody, the worst first."""

from collections.abc import Iterator
from dataclasses import dataclass

from connectors.platforms.shopify.domains import admin_url
from connectors.platforms.shopify.install import missing_scopes
from plugin_server.install.automations import others_of
from plugin_server.install.shopify import Opened
from plugin_server.store.shops import Installed

LEAVE = {
    "read_orders": "see orders and abandoned checkouts",
    "write_customers": "see customers and note who wants no texts",
    "write_discounts": "make discount codes",
}
"""What a scope is for, in the merchant's words."""


@dataclass(frozen=True, slots=True)
class Fix:
    """One thing to put right. `link`: where; '' if it isn't the merchant who can."""

    code: str
    title: str
    why: str
    link: str = ""
    link_text: str = ""


def to_fix(opened: Opened, scopes: tuple[str, ...], ask_at: str = "", trouble: str = "") -> list[Fix]:
    """`scopes`: what the app needs the shop's leave for. `ask_at`: where we ask for it; '': Shopify does. `trouble`:
    why the shop's orders and checkouts couldn't be read when that was last tried."""
    return list(_found(opened, scopes, ask_at, trouble))


def _found(opened: Opened, scopes: tuple[str, ...], ask_at: str, trouble: str) -> Iterator[Fix]:
    shop, facts = opened.installed, opened.installed.facts
    if not opened.heard:
        yield Fix(
            "unheard",
            "Your shop's settings couldn't be read just now",
            "What is shown here is what we read last. Open this page again in a minute.",
        )
    if facts.get("consent_at_checkout") is False:
        yield Fix(
            "consent",
            "SMS consent at checkout is off",
            "Your checkout doesn't ask shoppers whether you may text them, so nobody can be texted but who agreed"
            " elsewhere. Under Marketing options, let customers sign up for text messages.",
            admin_url(shop.shop.domain, "/settings/checkout"),
            "Open the checkout's settings",
        )
    yield from _other_tools(shop)
    if missing := missing_scopes(scopes, tuple(facts.get("scopes") or ())):
        yield _permissions(missing, ask_at)
    if trouble:
        yield Fix(
            "reading",
            "Your shop's orders and checkouts can't be read",
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


def _permissions(missing: tuple[str, ...], ask_at: str) -> Fix:
    told = "; ".join(f"{LEAVE[scope]} ({scope})" if scope in LEAVE else scope for scope in missing)
    why = f"Comeback needs your leave to {told}."
    if ask_at:
        return Fix("scopes", "Permissions are missing", why, ask_at, "Agree to it")
    return Fix(
        "scopes", "Permissions are missing", f"{why} Close the app and open it again to be asked for it."
    )


def _other_tools(shop: Installed) -> Iterator[Fix]:
    found = others_of(shop)
    if not found.names:
        return
    if found.stands_down:
        meanwhile = (
            "Comeback texts nobody meanwhile, so that nobody gets two texts. Switch it off there if Comeback is to"
            " remind your shoppers, or let both write: set stand_down to off in your sequence."
        )
    else:
        meanwhile = (
            "Comeback texts all the same, as you chose, and a shopper may get two texts. Switch it off there, or set"
            " stand_down to texts in your sequence."
        )
    yield Fix(
        "other-tools",
        found.reason,
        meanwhile,
        admin_url(shop.shop.domain, "/marketing/automations"),
        "Open your marketing automations",
    )
