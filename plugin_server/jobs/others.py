"""What other tools do about the carts of our shops, looked at every night: whoever switched one on or off may not open
the app for weeks.

Asked for every night, run by the errands' worker: a hundred slow shops must not keep the clock.
"""

import structlog
from sqlalchemy import text

from plugin_server.install import automations
from plugin_server.jobs import queues, turns
from plugin_server.store import shops
from plugin_server.store.shops import Installed
from plugin_server.wiring import Machine

log = structlog.get_logger()
MOST = 5_000
AT_ONCE = 4
SECONDS = 600.0
"""After this long a night begins no more: the next one goes on with those who were looked at longest ago."""
WAITING = text(
    "SELECT id FROM shops WHERE state = 'active' ORDER BY facts ->> 'automations_at' NULLS FIRST, id LIMIT :most"
)


def ask(machine: Machine) -> bool:
    """Have all shops looked at. A Redis that is down has it done another night."""
    try:
        with queues.impatient(machine.redis_url) as connection:
            queues.ask_for_others(queues.queue(queues.ERRANDS, connection))
    except queues.DOWN as error:
        log.warning("other tools aren't looked for tonight", error=type(error).__name__)
        return False
    return True


def run(machine: Machine) -> int:
    """Look at the active shops. Returns how many there are that stand down."""
    with machine.db.system() as c:
        ids = [row.id for row in c.execute(WAITING, {"most": MOST})]
        found = shops.readable(c, machine.secrets.vault, ids)
    return turns.each(lambda one: _one(machine, one), found, SECONDS, AT_ONCE)


def _one(machine: Machine, installed: Installed) -> bool:
    before, now = (
        automations.others_of(installed),
        automations.others_of(automations.look(machine, installed)),
    )
    if before != now:
        log.info("other tools changed", shop=installed.shop.id, stands_down=now.stands_down)
    return now.stands_down
