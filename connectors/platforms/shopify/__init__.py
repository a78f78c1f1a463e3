"""Shopify: signed webhooks in; links, the last look and what people said of texts out."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from connectors.delivery import Credentials, Delivery
from connectors.platforms.shopify import door, last_look, links, topics
from connectors.platforms.shopify.access import client
from connectors.platforms.shopify.automations import cart_automations
from connectors.platforms.shopify.consent import tell_consent
from connectors.platforms.shopify.discounts import ShopifyCodes
from connectors.platforms.shopify.rereading import WHATS, ShopifyRereader
from sequences.cart import Shop
from sequences.events import Reading
from sequences.ports import CartRef, Look, PersonRef, StoreConsent, Told
from sequences.standing_down import Automation


class Shopify:
    """The platform as `connectors.delivery.Platform` describes it. `secrets`: `client_secret` and, after a
    rotation, `old_client_secret`. `credentials`: `access_token` and, for a stand-in, `api_base`."""

    name = "shopify"
    rereads = WHATS

    def verify(self, delivery: Delivery, secrets: Credentials, now: datetime) -> bool:
        return door.verify(delivery, secrets)

    def dedup(self, delivery: Delivery) -> str:
        return door.dedup(delivery)

    def is_ping(self, delivery: Delivery) -> bool:
        return False

    def shop_hint(self, delivery: Delivery) -> str:
        return door.shop_hint(delivery)

    def lacks(self, delivery: Delivery, *, shop: bool) -> str:
        return door.lacks(delivery, shop=shop)

    def needs_no_shop(self, delivery: Delivery) -> bool:
        return delivery.header("x-shopify-topic") in topics.FAREWELLS

    def read(self, delivery: Delivery, shop: Shop) -> Reading:
        return topics.read(delivery, shop)

    def recovery_link(self, link: str, *, code: str = "", utm: Mapping[str, str] | None = None) -> str:
        return links.recovery_link(link, code=code, utm=utm)

    def last_look(self, shop: Shop, credentials: Credentials, carts: Sequence[CartRef]) -> Mapping[str, Look]:
        return last_look.last_look(shop, credentials, carts)

    def tell_consent(
        self, shop: Shop, credentials: Credentials, person: PersonRef, consent: StoreConsent
    ) -> Told:
        return tell_consent(shop, credentials, person, consent)

    def codes(self, shop: Shop, credentials: Credentials) -> ShopifyCodes:
        return ShopifyCodes(shop, credentials)

    def rereading(self, shop: Shop, credentials: Credentials) -> ShopifyRereader:
        return ShopifyRereader(shop, credentials)

    def automations(self, shop: Shop, credentials: Credentials) -> tuple[Automation, ...] | None:
        return cart_automations(client(shop, credentials))


connector = Shopify()
