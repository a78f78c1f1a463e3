"""Other tools that write to a shop's shoppers about their carts: looked for when the app is opened and every night, and
kept with what else its platform says of the shop."""

from datetime import datetime
from typing import Any

import structlog

from plugin_server.store import shops
from plugin_server.store.shops import Installed
from plugin_server.wiring import Machine
from sequences.codec import decode, encode
from sequences.errors import ComebackError
from sequences.standing_down import Automation, Others, others

log = structlog.get_logger()
FACT, KNOWN, LOOKED = "automations", "automations_known", "automations_at"


def look(machine: Machine, installed: Installed) -> Installed:
    """Ask the store and keep what it says. A store that can't be asked now changes nothing of what is known."""
    platform = machine.platform(installed.shop.platform)
    try:
        found = platform.automations(installed.shop, machine.store_secrets(installed))
    except ComebackError as error:
        log.warning("a shop's other tools can't be seen", shop=installed.shop.id, why=str(error))
        return installed
    facts = _facts(found, machine.clock.now())
    with machine.db.system() as c:
        shops.describe(c, installed.shop.id, facts)
        return shops.by_id(c, machine.secrets.vault, installed.shop.id) or installed


def _facts(found: tuple[Automation, ...] | None, now: datetime) -> dict[str, Any]:
    seen = [{**encode(one), "seen_at": now.isoformat()} for one in found or ()]
    return {FACT: seen, KNOWN: found is not None, LOOKED: now.isoformat()}


def known(installed: Installed) -> tuple[Automation, ...]:
    """Those that were at work when we last looked."""
    return tuple(decode(Automation, one) for one in installed.facts.get(FACT) or ())


def others_of(installed: Installed) -> Others:
    """Who else writes to this shop's shoppers, and whether we stand down for them, by the shop's own choice."""
    sequence = installed.sequence
    return others(known(installed), sequence.other_tool, sequence.stand_down)
