"""Opens pretend shops from what the control API is told, and finds them again."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox import places
from sandbox.courier import Courier, is_loopback
from sandbox.shopify import schema
from sandbox.shopify.access import DATA
from sandbox.shopify.deliveries import Subscription
from sandbox.shopify.state import Shop as ShopifyShop
from sandbox.shopify.store import ShopifyStore
from sandbox.storefront import SandboxError, UnknownThing
from sandbox.woocommerce.companion import Companion
from sandbox.woocommerce.state import VERSION
from sandbox.woocommerce.state import Shop as WooShop
from sandbox.woocommerce.store import WooStore
from sandbox.world import World

AnyStore = ShopifyStore | WooStore

WOO_TOPICS = (
    "order.created",
    "order.updated",
    "order.deleted",
    "customer.updated",
    "customer.deleted",
    "product.updated",
)
NEEDED: dict[str, tuple[str, ...]] = {"shopify": ("domain",), "woocommerce": ()}


class BadShop(SandboxError):
    """A shop can't be opened from these facts."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What POST /sandbox/shops says, checked."""

    id: str
    platform: str
    facts: Mapping[str, Any]
    base_url: str

    def text(self, name: str, default: str = "") -> str:
        return str(self.facts.get(name) or default)

    @property
    def zone(self) -> str:
        return self.text("timezone", places.country(self.text("country", "US")).zone)


def read(facts: Mapping[str, Any], base_url: str) -> Opening:
    """Check the facts; raises BadShop with what is missing."""
    shop, platform = facts.get("id"), facts.get("platform")
    if not isinstance(shop, str) or not shop.replace("-", "").replace("_", "").isalnum():
        raise BadShop("id must be letters, digits, - and _: it becomes part of addresses")
    if platform not in NEEDED:
        raise BadShop('platform must be "shopify" or "woocommerce"')
    if missing := [name for name in NEEDED[platform] if not facts.get(name)]:
        raise BadShop(f"a {platform} shop needs {' and '.join(missing)}")
    url = facts.get("webhook_url")
    if url and not is_loopback(str(url)):
        raise BadShop("webhook_url must be on this machine: the sandbox calls nobody else")
    return Opening(shop, platform, facts, base_url.rstrip("/"))


def open_shop(world: World, opening: Opening) -> AnyStore:
    """Open the shop, or give a standing one of that id its new credentials; its carts and orders stay."""
    with world.lock:
        store = world.stores.get(opening.id)
        if store is None or store.platform != opening.platform:
            make = new_shopify if opening.platform == "shopify" else new_woo
            store = world.stores[opening.id] = make(world, opening)
        give_credentials(store, opening)
        return store


def new_shopify(world: World, opening: Opening) -> ShopifyStore:
    schema.preload()
    shop = ShopifyShop(
        id=opening.id,
        shop_id=500_000_000 + zlib.crc32(opening.id.encode()) % 100_000_000,
        domain=opening.text("domain"),
        name=opening.text("name", opening.id),
        currency=opening.text("currency", "USD"),
        country=opening.text("country", "US"),
        locale=opening.text("locale", "en-US"),
        zone=opening.zone,
        base_url=opening.base_url,
    )
    return ShopifyStore(world, Courier(world), shop, opening.text("access_token"))


def new_woo(world: World, opening: Opening) -> WooStore:
    shop = WooShop(
        id=opening.id,
        name=opening.text("name", opening.id),
        currency=opening.text("currency", "USD"),
        country=opening.text("country", "US"),
        locale=opening.text("locale", "en-US"),
        zone=opening.zone,
        base_url=opening.base_url,
        blocks=opening.text("checkout", "block") == "block",
        version=opening.text("version", VERSION),
        holds_stock=opening.facts.get("holds_stock") is True,
        hold_stock_minutes=int(opening.text("hold_stock_minutes", "60")),
    )
    store = WooStore(world, Courier(world), shop)
    if opening.facts.get("plugin") is True:
        store.plugin = Companion(world, store.courier, shop)
    return store


def give_credentials(store: AnyStore, opening: Opening) -> None:
    url, secret = opening.text("webhook_url"), opening.text("webhook_secret")
    if isinstance(store, ShopifyStore):
        give_app(store, opening)
        store.outbox.subscribe(subscription(opening, url, secret))
        return
    if key := opening.text("consumer_key"):
        permissions = opening.text("permissions", "read_write")
        store.keys = {key: (opening.text("consumer_secret"), permissions)}
    if url:
        store.outbox.webhooks.clear()
        for topic in WOO_TOPICS:
            store.outbox.add(topic, url, secret)


def subscription(opening: Opening, url: str, secret: str) -> Subscription:
    """Raises BadShop for a kind of subscription that there isn't."""
    made_by = opening.text("webhook_made_by", "toml")
    if made_by not in ("toml", "api"):
        raise BadShop('webhook_made_by must be "toml" (the app\'s configuration) or "api"')
    version = opening.text("api_version", "2026-10")
    return Subscription(url, secret, version, opening.text("webhook_name"), made_by)


SCOPES = "read_orders,read_customers,write_customers,read_discounts,write_discounts"


def give_app(store: ShopifyStore, opening: Opening) -> None:
    """Which app the shop has. Without `access_token` it is installed by being opened in the shop's admin."""
    desk = store.desk
    if opening.text("access_token"):
        desk.fixed, desk.migrated = opening.text("access_token"), None
        desk.install()
    desk.client_id, desk.client_secret = opening.text("client_id", "sandbox"), opening.text("webhook_secret")
    desk.scopes = tuple(opening.text("scopes", SCOPES).split(","))
    if "protected_data" in opening.facts:
        store.protected_data = approval(opening.facts["protected_data"])


def approval(wanted: object) -> tuple[str, ...]:
    """What of the customers' data an app may have. Raises BadShop."""
    if not isinstance(wanted, list) or not set(map(str, wanted)) <= set(DATA):
        raise BadShop(f"protected data is a list of: {', '.join(DATA)}")
    return tuple(wanted)


def find(world: World, shop: str) -> AnyStore:
    store = world.stores.get(shop)
    if store is None:
        raise UnknownThing(
            f"no shop is called {shop!r}; there are: {', '.join(sorted(world.stores)) or 'none'}"
        )
    return store  # type: ignore[no-any-return]


def api_base(store: AnyStore) -> str:
    return store.shop.api_base if isinstance(store, ShopifyStore) else store.shop.home_url
