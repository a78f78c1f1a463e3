"""Read a store again, now: what its webhooks lost, or what they told before anybody listened."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import click

from plugin_server.cli.failing import NOT_READY, fail, in_words
from plugin_server.cli.finding import named
from plugin_server.jobs import rereading
from plugin_server.serving import build, start
from plugin_server.store import watermarks
from plugin_server.store.shops import Installed
from plugin_server.store.tx import Tx
from plugin_server.wiring import Machine
from sequences.reread_ports import Page, Rereader, What

MOST_DAYS = 60
"""Of orders that are older an app sees nothing without leave of its own."""
PATIENCE = 300.0
"""For so many seconds in all a busy store is waited for."""


@click.command()
@click.argument("shop")
@click.option(
    "--days",
    type=click.IntRange(1, MOST_DAYS),
    help="How far back. Otherwise: to where the store was last read.",
)
@in_words
def reread(shop: str, days: int | None) -> None:
    """Read a shop's store again now, and apply what its webhooks hadn't told. SHOP is its domain or its key.

    What is known already stays as it is, so this is always safe.
    """
    with _opened(shop) as (machine, installed):
        store = machine.platform(installed.shop.platform)
        reader = store.rereading(installed.shop, machine.store_secrets(installed))
        if reader is None:
            fail(f"stores of {installed.shop.platform} aren't read again")
        if not installed.active:
            fail(f"{installed.shop.domain} is {installed.state}", NOT_READY)
        since = _since(machine, installed, days)
        for what in store.rereads:
            found = _read(machine, installed, reader, what, since[what] - reader.lag[what])
            click.echo(f"{what}: {found} that webhooks hadn't told")


@contextmanager
def _opened(name: str) -> Iterator[tuple[Machine, Installed]]:
    found, up = start()
    with up:
        machine = build(found, up)
        try:
            yield machine, named(machine, name)
        finally:
            machine.close()


def _since(machine: Machine, installed: Installed, days: int | None) -> dict[What, datetime]:
    """From when on each kind is read."""
    now, whats = machine.clock.now(), machine.platform(installed.shop.platform).rereads
    if days is not None:
        return dict.fromkeys(whats, now - timedelta(days=days))
    with machine.db.shop(installed.shop.id) as c:
        known = {
            row.what: min(row.until, now)
            for row in watermarks.of_shop(Tx(c, installed.shop, machine.secrets))
        }
    return {what: known.get(what, now - rereading.BACK[what]) for what in whats}


def _read(machine: Machine, installed: Installed, reader: Rereader, what: What, since: datetime) -> int:
    """Page by page, each in a transaction of its own. The clock's own readings go on as they were."""
    page, found = _page(reader, what, since, ""), 0
    with click.progressbar(length=page.expected or 0, label=what) as bar:
        while True:
            with machine.db.shop(installed.shop.id) as c:
                rereading.take_turns(Tx(c, installed.shop, machine.secrets))
                found += rereading.apply(machine, installed, c, page.readings)
            bar.update(len(page.readings))
            if not page.cursor:
                return found
            time.sleep(page.rest)
            page = _page(reader, what, since, page.cursor)


def _page(reader: Rereader, what: What, since: datetime, cursor: str) -> Page:
    """A store that is busy is waited for; one that can't be read ends the command."""
    left = PATIENCE
    while (page := reader.page(what, since, cursor)).kind != "page":
        if page.retry_after is None or page.retry_after > left:
            fail(f"the store can't be read now: {page.detail}", NOT_READY)
        left -= page.retry_after
        time.sleep(page.retry_after)
    return page
