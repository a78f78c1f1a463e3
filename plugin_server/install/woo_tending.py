"""A connected store looked after: what it says of itself, its webhooks, its plugin.

What goes wrong is no error here: it is written down for whoever looks, in the shop's facts `webhooks` and
`plugin_trouble`, and tried again.
"""

import hashlib
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import text

from connectors.platforms.woocommerce import webhooks
from connectors.platforms.woocommerce.client import Store
from connectors.platforms.woocommerce.errors import StoreError, WrongStoreUrl
from connectors.platforms.woocommerce.facts import StoreFacts, read_facts
from connectors.platforms.woocommerce.pairing import Counterpart, Pairing, Plugin
from plugin_server.install import woo_wordings
from plugin_server.store import shops
from plugin_server.store.shops import Installed
from plugin_server.wiring import Machine

log = structlog.get_logger()
HEALTHY, REPAIRED = "healthy", "repaired"
EVERY, SOONER = timedelta(hours=1), timedelta(minutes=10)
"""How often a store is looked after; how soon again if it couldn't be reached, but only the first time: one that is
gone for good must not keep the others waiting. Of a key that isn't taken that says nothing."""
SECONDS = 150.0
"""For all that one store is asked at a time: a slow one has its time-outs for each of twenty requests, and others
wait."""
OWN_SECRETS = ("webhook_secret", "plugin_secret")
"""Made by us, once: what a store was told of them must hold when it gets a new key. 256 bits, base64url: WooCommerce
reads HTML entities in a webhook's secret."""
ALONE = "SELECT {} (hashtextextended('tend shop ' || :shop_id, 0))"


def tend(
    machine: Machine, installed: Installed, told: StoreFacts | None = None, *, wait: bool = False
) -> Installed:
    """Look after one store. `told`: what it has just said. `wait` for somebody else who does; else leave it to them.
    Returns the shop as it is known then. Never raises for what the store or the network does."""
    shop_id = installed.shop.id
    with alone(machine, shop_id, wait=wait) as mine:
        current = _current(machine, shop_id)
        if not mine or current is None or not current.active:
            return current or installed
        current = _with_secrets(machine, current)
        found, columns = _looked_after(machine, current, told)
        with machine.db.system() as c:
            shops.describe(c, shop_id, found, **columns)
    return _current(machine, shop_id) or installed


@contextmanager
def alone(machine: Machine, shop_id: int, *, wait: bool) -> Iterator[bool]:
    """Nobody else works on this store meanwhile, in whatever process; False: somebody does."""
    function = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
    with machine.db.system() as c:
        got = c.execute(text(ALONE.format(function)), {"shop_id": str(shop_id)}).scalar_one()
        yield wait or bool(got)


def address(machine: Machine, installed: Installed) -> str:
    """Where this shop's webhooks come to."""
    return f"{machine.settings.public_url}/webhooks/woocommerce/{installed.shop.key}"


def mark(*parts: str) -> str:
    """What tells secrets apart and gives none away."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _looked_after(
    machine: Machine, installed: Installed, told: StoreFacts | None
) -> tuple[dict[str, Any], dict[str, str]]:
    """What is to be written down: facts, and columns."""
    now, keys = machine.clock.now(), machine.store_secrets(installed)
    found: dict[str, Any] = {"webhooks_at": now.isoformat(), "webhooks_due": (now + EVERY).isoformat()}
    found["parting_due"] = ""  # it is back, if it ever left
    columns: dict[str, str] = {}
    try:
        until = time.monotonic() + SECONDS
        told = told or read_facts(installed.shop.domain, keys, until)
        found |= _facts(told, now)
        columns = _columns(told)
        if told.url != installed.shop.domain:
            raise WrongStoreUrl(f"the store says that it is at {told.url} now: connect it there")
        found |= _webhooks(machine, installed, keys, until)
        found |= _plugin(machine, installed, keys, until)
    except StoreError as error:
        log.warning("a store can't be looked after", shop=installed.shop.id, why=str(error))
        due = now + (EVERY if error.permanent or installed.facts.get("webhooks_trouble") else SOONER)
        said = {"webhooks": str(error)[:500], "webhooks_trouble": type(error).__name__}
        found |= {**said, "webhooks_due": due.isoformat()}
    return found, columns


def _webhooks(
    machine: Machine, installed: Installed, keys: Mapping[str, str], until: float
) -> dict[str, Any]:
    secret, facts = keys["webhook_secret"], installed.facts
    known = facts.get("webhooks_made_with") == mark(secret)
    store = Store(installed.shop.domain, keys, until=until)
    mended = webhooks.mend(store, address(machine, installed), secret, known=known)
    if mended:
        log.info("webhooks made", shop=installed.shop.id, topics=len(mended.made), deleted=mended.deleted)
    state = REPAIRED if mended and known else HEALTHY
    return {"webhooks": state, "webhooks_trouble": "", "webhooks_made_with": mark(secret)}


def _plugin(machine: Machine, installed: Installed, keys: Mapping[str, str], until: float) -> dict[str, Any]:
    """A plugin that makes trouble is none of the webhooks'."""
    try:
        counterpart = Counterpart(installed.shop.domain, keys, until)
        return _paired(machine, installed, counterpart, keys["plugin_secret"])
    except StoreError as error:
        log.warning("a store's plugin can't be paired", shop=installed.shop.id, why=str(error))
        return {"plugin_trouble": str(error)[:500]}


def _paired(machine: Machine, installed: Installed, counterpart: Counterpart, secret: str) -> dict[str, Any]:
    plugin = counterpart.ask()
    if plugin is None:
        return {"plugin": "", "plugin_trouble": "", "plugin_paired": "", "wordings": [], "lacks": []}
    kept, lacks = woo_wordings.of(machine, installed, plugin)
    ours = machine.settings.public_url
    wanted = Pairing(comeback_url=ours, shop_key=installed.shop.key, secret=secret, wordings=kept)
    paired = mark(ours, secret)
    if not plugin.has(wanted) or installed.facts.get("plugin_paired") != paired:
        plugin = counterpart.pair(wanted)
        log.info("plugin paired", shop=installed.shop.id, plugin=plugin.version)
    shown = [[one.locale, one.version] for one in kept]
    return _of_plugin(plugin) | {"plugin_paired": paired, "wordings": shown, "lacks": list(lacks)}


def _of_plugin(plugin: Plugin) -> dict[str, Any]:
    found = {"plugin": plugin.version, "plugin_trouble": "", "checkout": plugin.checkout}
    return {**found, "core_recovery_email": plugin.core_recovery_email}


def _facts(told: StoreFacts, now: datetime) -> dict[str, Any]:
    return {
        "version": told.version,
        "wordpress": told.wordpress,
        "home_url": told.url,
        "admin_url": told.admin_url,
        "timezone": told.timezone,
        "hold_stock_minutes": told.hold_stock_minutes,
        "heard_at": now.isoformat(),
    }


def _columns(told: StoreFacts) -> dict[str, str]:
    """What a store doesn't say changes nothing."""
    said = {"name": told.name, "currency": told.currency, "country": told.country, "locale": told.locale}
    return {name: value for name, value in said.items() if value}


def _with_secrets(machine: Machine, installed: Installed) -> Installed:
    """Secrets of ours that a shop which came earlier hasn't yet."""
    own = {name: secrets.token_urlsafe(32) for name in OWN_SECRETS if not installed.credentials.get(name)}
    if not own:
        return installed
    with machine.db.system() as c:
        vault = machine.secrets.vault
        shops.give_credentials(c, vault, installed.shop.key, {**installed.credentials, **own})
        return shops.by_id(c, vault, installed.shop.id) or installed


def _current(machine: Machine, shop_id: int) -> Installed | None:
    with machine.db.system() as c:
        return shops.by_id(c, machine.secrets.vault, shop_id)
