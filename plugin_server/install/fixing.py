"""What keeps a shop from texting anybody, the worst first."""

from collections.abc import Iterator
from dataclasses import dataclass

from connectors.platforms.shopify.domains import admin_url
from connectors.platforms.shopify.install import missing_scopes
from plugin_server.install.shopify import Opened


@dataclass(frozen=True, slots=True)
class Fix:
    """One thing to put right. `link`: where; '' if it isn't the merchant who can."""

    code: str
    title: str
    why: str
    link: str = ""
    link_text: str = ""


def to_fix(opened: Opened, scopes: tuple[str, ...]) -> list[Fix]:
    """`scopes`: what the app needs the shop's leave for."""
    return list(_found(opened, scopes))


def _found(opened: Opened, scopes: tuple[str, ...]) -> Iterator[Fix]:
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
    if missing := missing_scopes(scopes, tuple(facts.get("scopes") or ())):
        yield Fix(
            "scopes",
            "Permissions are missing",
            f"Comeback needs your leave for: {', '.join(missing)}. Close the app and open it again to be asked for it.",
        )
    if not shop.sender:
        yield Fix(
            "sender",
            "There is no number to text from yet",
            "Texts go out once a number is set up for your shop.",
        )
