"""WooCommerce stores from the command line: connect one, look after its webhooks, disconnect it."""

import os

import click

from connectors.platforms.woocommerce import webhooks as hooks
from connectors.platforms.woocommerce.client import Store
from connectors.platforms.woocommerce.connect import is_key, store_address
from connectors.platforms.woocommerce.errors import StoreError
from plugin_server.cli.failing import NOT_READY, fail, in_words
from plugin_server.cli.finding import machine_of, named
from plugin_server.install import woo_parting, woo_tending, woocommerce
from plugin_server.install.woo_progress import next_thing
from plugin_server.store.shops import Installed
from plugin_server.wiring import Machine

KEY, SECRET = "WOO_CONSUMER_KEY", "WOO_CONSUMER_SECRET"


@click.command()
@click.argument("store")
@in_words
def connect(store: str) -> None:
    """Connect a WooCommerce store, or give one a new key. STORE is its address.

    The keys come from WOO_CONSUMER_KEY and WOO_CONSUMER_SECRET, or are asked for: made in wp-admin under WooCommerce,
    Settings, Advanced, REST API, with Read/Write. Web must be running: the store calls it meanwhile.
    """
    key, secret = _asked(KEY, "Consumer key", "ck_"), _asked(SECRET, "Consumer secret", "cs_")
    with machine_of() as machine:
        try:
            address = store_address(store, anywhere=machine.settings.sandbox)
            installed = woocommerce.connect(machine, address, key, secret)
        except StoreError as error:
            fail(f"{error}. {next_thing(type(error).__name__)}", NOT_READY)
        click.echo(f"{installed.shop.domain} is connected: {installed.shop.key}")
        _tell(installed)


@click.command()
@click.argument("shop")
@in_words
def disconnect(shop: str) -> None:
    """Part with a WooCommerce store. SHOP is its domain or its key.

    Nobody is texted any more, our webhooks there are deleted, the plugin forgets us, and the store's keys are deleted
    here. The key itself is revoked in wp-admin.
    """
    with machine_of() as machine:
        installed = _woo(machine, shop)
        woo_parting.leave(machine, installed)
        if not woo_parting.part(machine, installed):
            fail(
                f"{installed.shop.domain} can't be reached now: it is told by itself, for three days",
                NOT_READY,
            )
    click.echo(f"{installed.shop.domain} is disconnected")
    click.echo("Revoke the key in wp-admin: WooCommerce, Settings, Advanced, REST API", err=True)


@click.command()
@click.argument("shop")
@click.option("--repair", is_flag=True, help="Make anew what is missing or switched off, now.")
@in_words
def webhooks(shop: str, repair: bool) -> None:
    """Which webhooks of a WooCommerce store come to us, and how the store stands. SHOP is its domain or its key."""
    with machine_of() as machine:
        installed = _woo(machine, shop)
        if not installed.active:
            fail(f"{installed.shop.domain} is {installed.state}", NOT_READY)
        if repair:
            installed = woo_tending.tend(machine, installed, wait=True)
        url = woo_tending.address(machine, installed)
        try:
            store = Store(installed.shop.domain, machine.store_secrets(installed))
            found = hooks.ours(store, url)
        except StoreError as error:
            fail(f"the store's webhooks can't be read: {error}", NOT_READY)
    kept = hooks.good(found, url)
    for hook in found:
        state = hook.status if hook in kept.values() else f"{hook.status}, to be made anew"
        click.echo(f"{hook.topic}: {state}")
    for topic in hooks.TOPICS:
        if topic not in {hook.topic for hook in found}:
            click.echo(f"{topic}: missing")
    _tell(installed)


def _asked(name: str, words: str, begins: str) -> str:
    """Never an argument: those stand in the list of processes and in the shell's history."""
    given = os.environ.get(name) or click.prompt(words, hide_input=True)
    if not is_key(str(given).strip(), begins):
        fail(f"{name} is no {words.lower()}: it begins with {begins}, then come 40 letters and digits")
    return str(given).strip()


def _woo(machine: Machine, shop: str) -> Installed:
    installed = named(machine, shop)
    if installed.shop.platform != woocommerce.PLATFORM:
        fail(f"{installed.shop.domain} is no WooCommerce store")
    return installed


def _tell(installed: Installed) -> None:
    facts = installed.facts
    if facts.get("version"):
        click.echo(f"WooCommerce {facts['version']}, WordPress {facts.get('wordpress')}")
    click.echo(f"webhooks: {facts.get('webhooks') or 'not made yet'}")
    plugin = facts.get("plugin_trouble") or facts.get("plugin")
    click.echo(f"plugin: {plugin or 'not found'}")
