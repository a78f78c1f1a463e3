"""Two pretend shops, known to both sides: installed here, opened there."""

import json
import secrets
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from cryptography.hazmat.primitives import serialization

from plugin_server.crypto import Vault
from plugin_server.demo.world import World
from plugin_server.install import woocommerce
from plugin_server.settings import Settings
from plugin_server.store import shops
from plugin_server.store.db import Database
from plugin_server.store.tx import Tx
from plugin_server.wiring import Machine
from sequences.codec import encode
from sequences.offers import Discount
from sequences.sequence import Offer, Sequence, Step

# The pretend checkouts show the box and the words that the merchant vouches for.
PLAN = replace(
    Sequence(),
    steps=(
        Step(delay=timedelta(hours=1)),
        Step(
            delay=timedelta(hours=24),
            tone="helpful",
            offer=Offer(discount=Discount(kind="percent", percent=Decimal(10)), code="WELCOME10"),
        ),
    ),
    store_consent=True,
)
SENDERS = {"mugs": "12015550123", "wool": "12015550124"}


def open_all(
    machine: Machine,
    world: World,
    plan: Sequence = PLAN,
    asking: Collection[str] = (),
    plugin: bool = False,
) -> dict[str, str]:
    """Install and open both, with one plan; shops in `asking` ask shoppers to confirm by text instead of vouching for
    the box; `plugin`: WooCommerce's has the companion plugin. Returns the shops' keys by their sandbox ids."""
    settings, database, vault = machine.settings, machine.db, machine.secrets.vault
    doubting = replace(plan, store_consent=False)
    keys = {
        "mugs": _mugs(settings, database, vault, world, doubting if "mugs" in asking else plan),
        "wool": _wool(machine, world, doubting if "wool" in asking else plan, plugin),
    }
    set_up_carrier(settings, world, keys, SENDERS)
    return keys


def _mugs(settings: Settings, database: Database, vault: Vault, world: World, plan: Sequence) -> str:
    domain, token = "mugs.myshopify.com", "shpat_" + secrets.token_hex(16)
    facts = {"name": "Mugs & More", "currency": "USD", "country": "US", "locale": "en-US"}
    with database.system() as c:
        key = shops.install(
            c,
            vault,
            credentials={"access_token": token},
            sequence=plan,
            platform="shopify",
            domain=domain,
            sender=f"+{SENDERS['mugs']}",
            support="hello@mugs.example",
            at=world.status().now,
            **facts,
        )
    world.post(
        "/sandbox/shops",
        {
            "id": "mugs",
            "platform": "shopify",
            **facts,
            "domain": domain,
            "access_token": token,
            "client_id": settings.shopify_client_id,
            "webhook_secret": settings.shopify_client_secret,
            "webhook_url": f"{settings.public_url}/webhooks/shopify",
        },
    )
    return key


def _wool(machine: Machine, world: World, plan: Sequence, plugin: bool) -> str:
    """Connected as a merchant does who makes a key by hand."""
    facts = {"name": "Wool & Needle", "currency": "USD", "country": "US", "locale": "en-US"}
    key, secret = "ck_" + secrets.token_hex(20), "cs_" + secrets.token_hex(20)
    keys = {"consumer_key": key, "consumer_secret": secret}
    world.post("/sandbox/shops", {"id": "wool", "platform": "woocommerce", "plugin": plugin, **facts, **keys})
    shop = woocommerce.connect(machine, f"{world.url}/woo/wool", key, secret).shop
    with machine.db.shop(shop.id) as c:
        shops.describe(c, shop.id, {}, **facts)
        Tx(c, shop, machine.secrets).run(
            "UPDATE shops SET sequence = CAST(:plan AS jsonb), sender = :sender, support = :support"
            " WHERE id = :shop_id",
            plan=json.dumps(encode(plan)),
            sender=f"+{SENDERS['wool']}",
            support="hello@wool.example",
        )
    return shop.key


def set_up_carrier(
    settings: Settings, world: World, keys: Mapping[str, str], senders: Mapping[str, str]
) -> None:
    """The carrier's account. `keys`: the shops' keys, `senders`: their numbers, by their sandbox ids."""
    hooks = {shop: f"{settings.public_url}/webhooks/vonage_sms/{key}" for shop, key in keys.items()}
    numbers = {
        number: {"shop": shop, "inbound_url": hooks[shop], "status_url": hooks[shop]}
        for shop, number in senders.items()
    }
    world.post(
        "/sandbox/carrier",
        {
            "api_key": settings.vonage_api_key,
            "application_id": settings.vonage_application_id,
            "public_key": _public_key(settings.vonage_private_key),
            "signature_secret": settings.vonage_signature_secret,
            "numbers": numbers,
        },
    )


def _public_key(private_pem: str) -> str:
    private = serialization.load_pem_private_key(private_pem.encode(), password=None)
    return (
        private.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )
