"""Shops that nothing asks for lose us after ninety days without a refresh; so they are refreshed long before. And a
shop that let us in no more is tried once a night: if the trouble was Shopify's, no merchant has to open the app for it.

Asked for every night, run by the errands' worker: a hundred slow shops must not keep the clock.
"""

from datetime import timedelta

import structlog

from connectors.platforms.shopify.admin import AdminError
from plugin_server.jobs import queues, turns
from plugin_server.store import shops, tokens
from plugin_server.store.shops import Installed
from plugin_server.wiring import Machine

log = structlog.get_logger()
DORMANT_FOR = timedelta(days=30)
"""Then sixty nights are left to try again."""
MOST = 5_000
AT_ONCE = 4
SECONDS = 600.0
"""After this long a night begins no more: the next one goes on."""


def ask(machine: Machine) -> bool:
    """Have the night's refreshes made. A Redis that is down has them made another night."""
    try:
        with queues.impatient(machine.redis_url) as connection:
            queues.ask_for_refreshing(queues.queue(queues.ERRANDS, connection))
    except queues.DOWN as error:
        log.warning("tokens aren't refreshed tonight", error=type(error).__name__)
        return False
    return True


def run(machine: Machine) -> int:
    """Refresh who needs it, those first that end soonest. Returns how many were refreshed."""
    with machine.db.system() as c:
        now = machine.clock.now()
        ids = tokens.dormant(c, now - DORMANT_FOR, now, MOST)
        found = shops.readable(c, machine.secrets.vault, ids)
    return turns.each(lambda one: _one(machine, one), found, SECONDS, AT_ONCE)


def _one(machine: Machine, installed: Installed) -> bool:
    kept = machine.keeper.kept(installed.shop)
    if kept is None:
        return False
    try:
        if kept.good:
            machine.keeper.rotate(installed.shop, kept.tokens.access)
        else:
            machine.keeper.try_again(installed.shop)
            log.info("a shop lets us in again", shop=installed.shop.id)
    except AdminError as error:
        log.warning("a dormant shop's token wasn't refreshed", shop=installed.shop.id, why=str(error))
        return False
    return True
