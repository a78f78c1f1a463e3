"""WooCommerce stores are looked after, each once an hour: a webhook that was switched off or deleted is made anew, the
plugin paired again; and whoever left is told so.

Found by the clock, run by the errands' worker: a hundred slow stores must not keep the clock.
"""

from datetime import datetime, timedelta

import structlog
from rq import Queue

from plugin_server.install import woo_parting, woo_tending
from plugin_server.jobs import queues, turns
from plugin_server.store import shops, tending
from plugin_server.store.shops import Installed
from plugin_server.wiring import Machine

log = structlog.get_logger()
MOST = 500
"""More than a run can look after. The next one asks anew."""
AT_ONCE = 4
SECONDS = 60.0
"""After this long a run begins no more: the next one goes on with those that were looked after longest ago."""
LOOK_EVERY = timedelta(minutes=1)


class Rounds:
    """Remembers when the clock last looked whether anybody is due: once a minute, by the world's time, is enough."""

    def __init__(self) -> None:
        self._last: datetime | None = None

    def pass_by(self, machine: Machine, errands: Queue) -> bool:
        """True if the work was asked for."""
        now = machine.clock.now()
        if self._last is not None and self._last <= now < self._last + LOOK_EVERY:
            return False
        self._last = now
        with machine.db.system() as c:
            due = tending.waiting(c, now)
        return due and queues.ask_for_errands(errands)


def run(machine: Machine) -> int:
    """Look after whoever is due, those first who leave. Returns how many stores are as they should be."""
    with machine.db.system() as c:
        ids = tending.due(c, machine.clock.now(), MOST)
        found = shops.readable(c, machine.secrets.vault, ids)
    return turns.each(lambda one: _one(machine, one), found, SECONDS, AT_ONCE)


def _one(machine: Machine, installed: Installed) -> bool:
    if not installed.active:
        return woo_parting.part(machine, installed)
    before = installed.facts.get("webhooks")
    seen = woo_tending.tend(machine, installed).facts
    if seen.get("webhooks") != before:
        log.info("a store's webhooks", shop=installed.shop.id, before=before, now=seen.get("webhooks"))
    return not seen.get("webhooks_trouble")
