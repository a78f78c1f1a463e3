"""A WooCommerce store becomes a shop of ours, or comes back: by a key that it gave us or that somebody typed.

Whoever has a key of a store may connect that store and no other: under which address it is ours is what the store says,
and only once the same key opens that address as well.
"""

import secrets
import time
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit

import structlog
from sqlalchemy import Connection, text

from connectors.platforms.woocommerce.facts import StoreFacts, verified
from plugin_server.crypto import VaultError
from plugin_server.install import woo_tending
from plugin_server.install.tokens import lock_shop
from plugin_server.jobs import rereading
from plugin_server.store import code_pools, shops
from plugin_server.store.shops import Installed
from plugin_server.wiring import Machine
from sequences.sequence import Sequence

log = structlog.get_logger()
PLATFORM = "woocommerce"


def connect(machine: Machine, url: str, key: str, secret: str) -> Installed:
    """The shop of this store, with webhooks and plugin as far as that went: see its facts. Raises StoreError: nothing
    was changed.

    The store calls us while its webhooks are made: another process or thread must answer."""
    until = time.monotonic() + woo_tending.SECONDS
    told = verified(url, reaching(machine, {"consumer_key": key, "consumer_secret": secret}), until)
    with machine.db.system() as c:
        lock_shop(c, told.url)
        now = machine.clock.now()
        found = _known(machine, c, told.url)
        installed = _bring_in(machine, c, told, {"consumer_key": key, "consumer_secret": secret}, found, now)
        rereading.begin(c, installed.shop.id, PLATFORM, now)
        code_pools.again(c, installed.shop.id, now)
    log.info("store connected", shop=installed.shop.id, again=found is not None)
    return woo_tending.tend(machine, installed, told, wait=True)


def reaching(machine: Machine, credentials: Mapping[str, str]) -> dict[str, str]:
    """Credentials of a store that isn't ours yet. Only the pretend world lies in a private network."""
    return {**credentials, "allow_private": "1" if machine.settings.sandbox else ""}


def _known(machine: Machine, c: Connection, url: str) -> Installed | None:
    """The shop as it was. Keys that can't be unsealed any more are gone: whoever connects anew mends just that."""
    vault = machine.secrets.vault
    try:
        return shops.by_domain(c, vault, PLATFORM, url)
    except VaultError as error:
        log.warning("a store's keys can't be unsealed, it gets new ones", store=url, why=str(error))
    told = text("UPDATE shops SET credentials = '' WHERE platform = :p AND domain = :d")
    c.execute(told, {"p": PLATFORM, "d": url})
    return shops.by_domain(c, vault, PLATFORM, url)


def _bring_in(
    machine: Machine,
    c: Connection,
    told: StoreFacts,
    keys: Mapping[str, str],
    found: Installed | None,
    now: datetime,
) -> Installed:
    kept = found.credentials if found and found.active else {}
    own = {name: kept.get(name) or secrets.token_urlsafe(32) for name in woo_tending.OWN_SECRETS}
    vault = machine.secrets.vault
    shop_key = shops.install(
        c,
        vault,
        credentials={**keys, **own},
        sequence=Sequence(),
        at=now,
        platform=PLATFORM,
        domain=told.url,
        sender=found.sender if found else "",
        support=found.shop.support if found else "",
        **_columns(told, found),
    )
    back = shops.by_key(c, vault, PLATFORM, shop_key)
    assert back is not None  # noqa: S101  (it was just written)
    return back


def _columns(told: StoreFacts, found: Installed | None) -> dict[str, str]:
    """What the store doesn't say stays as it was known; of a new one it is guessed from what it does say."""
    known = found.shop if found else None
    region = told.locale.partition("-")[2].upper()
    return {
        "name": told.name or (known.name if known else "") or urlsplit(told.url).hostname or told.url,
        "currency": told.currency or (known.currency if known else "") or "USD",
        "country": told.country or (known.country if known else "") or region,
        "locale": told.locale or (known.locale if known else "") or "en-US",
    }
