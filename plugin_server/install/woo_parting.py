"""A store leaves: nothing of ours stays in it, as far as its key still lets us in, and nothing of its keys stays here.

That the shop is `uninstalled` stands in the database first; what follows may be repeated until it is done.
"""

import time
from datetime import datetime, timedelta

import structlog
from sqlalchemy import text

from connectors.platforms.woocommerce import webhooks
from connectors.platforms.woocommerce.client import Store
from connectors.platforms.woocommerce.errors import StoreError
from connectors.platforms.woocommerce.pairing import Counterpart
from plugin_server.applying import people
from plugin_server.applying.effect import Here
from plugin_server.install.woo_tending import SECONDS, address, alone
from plugin_server.store import shops
from plugin_server.store.shops import Installed
from plugin_server.store.tx import Tx
from plugin_server.wiring import Machine
from sequences.events import Uninstalled

log = structlog.get_logger()
AGAIN = timedelta(minutes=10)
GIVE_UP_AFTER = timedelta(days=3)
"""A store that can't be reached for so long is told nothing any more."""


def leave(machine: Machine, installed: Installed) -> None:
    """As if the store had said so: nobody is texted from now on. May be repeated."""
    with machine.db.shop(installed.shop.id) as c:
        here = Here(
            Tx(c, installed.shop, machine.secrets),
            installed,
            machine.clock.now(),
            machine.rulebook,
            machine.carrier_answers,
        )
        people.uninstalled(here, Uninstalled())


def part(machine: Machine, installed: Installed) -> bool:
    """Delete our webhooks there, have the plugin forget us, and forget the keys. True once that is done; else it is
    tried again later. May be repeated. Never raises for what the store or the network does."""
    shop_id = installed.shop.id
    with alone(machine, shop_id, wait=True), machine.db.system() as c:
        current = shops.by_id(c, machine.secrets.vault, shop_id)
        if current is None or current.state != "uninstalled" or not current.credentials:
            return current is None or current.state != "active"
        row = c.execute(text("SELECT uninstalled_at FROM shops WHERE id = :i"), {"i": shop_id}).one()
        now = machine.clock.now()
        if not _told(machine, current) and now < (row.uninstalled_at or now) + GIVE_UP_AFTER:
            shops.describe(c, shop_id, {"parting_due": (now + AGAIN).isoformat()})
            return False
        _forget(machine, current, now)
    return True


def _told(machine: Machine, installed: Installed) -> bool:
    """Nothing of ours is left there, or nobody lets us in who could change that."""
    domain, keys, until = installed.shop.domain, machine.store_secrets(installed), time.monotonic() + SECONDS
    try:
        deleted = webhooks.delete_all(Store(domain, keys, until=until), address(machine, installed))
        Counterpart(domain, keys, until).part()
    except StoreError as error:
        log.warning("a store that leaves can't be told", shop=installed.shop.id, why=str(error))
        return error.permanent
    log.info("store left", shop=installed.shop.id, webhooks=deleted)
    return True


def _forget(machine: Machine, installed: Installed, now: datetime) -> None:
    emptied = ("webhooks", "webhooks_trouble", "webhooks_made_with", "plugin_paired", "parting_due")
    gone = {**dict.fromkeys(emptied, ""), "webhooks_at": now.isoformat()}
    with machine.db.system() as c:
        shops.describe(c, installed.shop.id, gone)
        c.execute(
            text("UPDATE shops SET credentials = '' WHERE id = :i AND state = 'uninstalled'"),
            {"i": installed.shop.id},
        )
