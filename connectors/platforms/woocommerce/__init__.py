"""WooCommerce: orders by webhook and REST API v3, carts by the snapshots of the companion plugin.

Core tells nothing of a cart before "Place order" (block checkout from WooCommerce 10.9 on makes no draft): without the
plugin, what is read here begins with unpaid orders.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from connectors.delivery import Credentials, Delivery, Platform
from connectors.platforms.woocommerce import door, last_look, links, reading, rereading
from connectors.platforms.woocommerce.client import Store
from connectors.platforms.woocommerce.consent import tell_consent
from connectors.platforms.woocommerce.coupons import WooCodes
from connectors.platforms.woocommerce.links import checkout_link
from connectors.platforms.woocommerce.reading import read_rest
from connectors.platforms.woocommerce.rereading import WooRereader
from sequences.cart import Shop
from sequences.events import Reading
from sequences.ports import CartRef, Look, PersonRef, StoreConsent, Told
from sequences.reread_ports import What


class WooCommerce:
    """One store platform. `secrets`: "webhook_secret", and "plugin_secret" where the plugin is. `credentials`:
    "consumer_key", "consumer_secret", and "allow_private": "1" in a sandbox. A shop's `domain` is its canonical URL
    (`home_url`)."""

    name = "woocommerce"
    rereads: tuple[What, ...] = rereading.WHATS

    def verify(self, delivery: Delivery, secrets: Credentials, now: datetime) -> bool:
        return door.verify(delivery, secrets, now)

    def dedup(self, delivery: Delivery) -> str:
        return door.dedup(delivery)

    def is_ping(self, delivery: Delivery) -> bool:
        return door.is_ping(delivery)

    def shop_hint(self, delivery: Delivery) -> str:
        """Always '': the address carries the shop's key, and `X-WC-Webhook-Source` is unsigned."""
        return ""

    def lacks(self, delivery: Delivery, *, shop: bool) -> str:
        """Always '': what nobody can make anything of is parked, in sight."""
        return ""

    def needs_no_shop(self, delivery: Delivery) -> bool:
        return False

    def read(self, delivery: Delivery, shop: Shop) -> Reading:
        return reading.read(delivery, shop)

    def last_look(
        self, shop: Shop, credentials: Mapping[str, str], carts: Sequence[CartRef]
    ) -> Mapping[str, Look]:
        return last_look.last_look(shop, credentials, carts)

    def tell_consent(
        self, shop: Shop, credentials: Credentials, person: PersonRef, consent: StoreConsent
    ) -> Told:
        return tell_consent(shop, credentials, person, consent)

    def codes(self, shop: Shop, credentials: Credentials) -> WooCodes:
        return WooCodes(shop, credentials)

    def rereading(self, shop: Shop, credentials: Credentials) -> WooRereader:
        return WooRereader(shop, credentials)

    def automations(self, shop: Shop, credentials: Credentials) -> None:
        """A store doesn't tell which of its plugins write to shoppers."""

    def recovery_link(self, link: str, *, code: str = "", utm: Mapping[str, str] | None = None) -> str:
        return links.recovery_link(link, code=code, utm=utm)


connector: Platform = WooCommerce()

__all__ = ["Store", "WooCommerce", "checkout_link", "connector", "read_rest"]
