"""Keys that stores gave us are tried, and their stores connected.

Not in the request that brings a key: the store waits for our answer to it, perhaps with the only process it has, and
calls us while its webhooks are made. On a queue of its own: somebody waits for it, who must not stand behind the work
for all other stores; and strangers' stores, however slow, must not keep that work.
"""

from datetime import timedelta

import structlog

from connectors.platforms.woocommerce.errors import StoreError
from plugin_server.crypto import VaultError
from plugin_server.install import woocommerce
from plugin_server.jobs import queues, turns
from plugin_server.store import connects
from plugin_server.store.connects import Claimed
from plugin_server.wiring import Machine
from sequences.errors import BadSequence

log = structlog.get_logger()
AT_ONCE = 4
SECONDS = 60.0
"""After this long a run begins no more; the clock asks again."""
LEASE_SECONDS = 600
"""More than the slowest store can take: twenty requests at most, each with its time-outs."""
WAITS = tuple(timedelta(seconds=s) for s in (5, 20, 60, 180, 600))
"""A store that couldn't be reached is tried again after these, then it is given up: somebody waits for it."""


def ask(machine: Machine) -> bool:
    """A key came: have it tried at once. A Redis that is down leaves that to the clock."""
    try:
        with queues.impatient(machine.redis_url) as connection:
            queues.ask_for_connecting(queues.queue(queues.CONNECTS, connection))
    except queues.DOWN as error:
        log.warning("a key waits for the clock", error=type(error).__name__)
        return False
    return True


def run(machine: Machine) -> int:
    """Try what waits. Returns how many keys were tried."""
    return turns.take(lambda: _one(machine), SECONDS, AT_ONCE)


def _one(machine: Machine) -> bool:
    """Claim, commit, try, settle. A worker that dies leaves a lease that runs out, and trying twice does no harm."""
    with machine.db.system() as c:
        claimed = connects.claim(c, machine.secrets.vault, machine.clock.now(), LEASE_SECONDS)
    if claimed is None:
        return False
    try:
        installed = woocommerce.connect(machine, claimed.store, claimed.key, claimed.secret)
    except StoreError as error:
        log.warning("a store can't be connected", store=claimed.store, why=str(error))
        _failed(machine, claimed, error)
    except (BadSequence, VaultError) as error:  # trying again can't help, and others wait behind it
        log.error("a store can't be connected", store=claimed.store, why=str(error))
        with machine.db.system() as c:
            connects.fail(c, claimed, type(error).__name__, "what is kept here of this store can't be read")
    else:
        with machine.db.system() as c:
            connects.finish(c, claimed, installed.shop.id)
    return True


def _failed(machine: Machine, claimed: Claimed, error: StoreError) -> None:
    trouble, again = type(error).__name__, not error.permanent and claimed.tries <= len(WAITS)
    with machine.db.system() as c:
        if again:
            due = machine.clock.now() + WAITS[claimed.tries - 1]
            connects.put_off(c, claimed, trouble, str(error), due)
        else:
            connects.fail(c, claimed, trouble, str(error))
