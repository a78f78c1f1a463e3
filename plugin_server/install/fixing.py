"""What keeps a shop from texting anybody, the worst first."""

from collections.abc import Iterator
from dataclasses import dataclass

from connectors.platforms.shopify.domains import admin_url
from connectors.platforms.shopify.install import missing_scopes
from plugin_server.install.automations import others_of
from plugin_server.install.shopify import Opened
from plugin_server.store.shops import Installed


@dataclass(frozen=True, slots=True)
class Fix:
    """One thing to put right. `link`: where; '' if it isn't the merchant who can."""

    code: str
    title: str
    why: str
    link: str = ""
    link_text: str = ""


def to_fix(opened: Opened, scopes: tuple[str, ...], ask_at: str = "") -> list[Fix]:
    """`scopes`: what the app needs the shop's leave for. `ask_at`: where we ask for it; '': Shopify does."""
    return list(_found(opened, scopes, ask_at))


def _found(opened: Opened, scopes: tuple[str, ...], ask_at: str) -> Iterator[Fix]:
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
            "Your checkout doesn't ask shoppers whether you may text them, so there is nobody to text. Under Marketing"
            " options, let customers sign up for text messages.",
            admin_url(shop.shop.domain, "/settings/checkout"),
            "Open the checkout's settings",
        )
    yield from _other_tools(shop)
    if missing := missing_scopes(scopes, tuple(facts.get("scopes") or ())):
        yield _permissions(missing, ask_at)
    if not shop.sender:
        yield Fix(
            "sender",
            "There is no number to text from yet",
            "Texts go out once a number is set up for your shop.",
        )


def _permissions(missing: tuple[str, ...], ask_at: str) -> Fix:
    why = f"Comeback needs your leave for: {', '.join(missing)}."
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
