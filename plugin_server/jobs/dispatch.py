"""Hand over what is due: look, decide, commit the attempt, call, record. One claim, many touches.

The attempt is committed before the call, so that a worker that dies in between leaves a hand-over that is
`sending`: unknown, and never repeated. While one chunk is in the carrier's hands the next is decided.
"""

import uuid
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from itertools import islice

import structlog
from sqlalchemy.exc import IntegrityError

from plugin_server.jobs import looking
from plugin_server.jobs.committing import Ready, commit
from plugin_server.jobs.recording import record
from plugin_server.store import claiming, shops, touches
from plugin_server.store.carts import Opened
from plugin_server.store.shops import Installed
from plugin_server.store.touches import TouchRow
from plugin_server.store.tx import Tx
from plugin_server.wiring import Machine
from sequences.ports import Outcome

log = structlog.get_logger()
Sending = list[tuple[Ready, "Future[Outcome]"]]


def run(machine: Machine, token: uuid.UUID) -> int:
    """Work off one claim. Returns how many texts were handed over or tried to be."""
    with machine.db.system() as c:
        ids = claiming.shops_in(c, "touches", token)
        patience = looking.Patience.of(claiming.seconds_left(c, "touches", token))
        found = [shops.by_id(c, machine.secrets.vault, shop_id) for shop_id in ids]
    return sum(_shop(machine, one, token, patience) for one in found if one is not None)


def _shop(machine: Machine, installed: Installed, token: uuid.UUID, patience: looking.Patience) -> int:
    with machine.db.shop(installed.shop.id) as c:
        tx = Tx(c, installed.shop, machine.secrets)
        if not installed.active:
            # A plan written while the shop was going outlived the cancelling of all its touches.
            touches.cancel_for_shop(tx, f"the shop is {installed.state}", machine.clock.now())
        rows = touches.claimed(tx, token)
    pool, handed, under_way = _pool(machine.settings.connections), 0, Sending()
    for chunk in _chunks(rows, machine.settings.connections):
        ready = _decide(machine, installed, token, chunk, patience)
        before, under_way = under_way, [(r, pool.submit(machine.channel.send, r.message)) for r in ready]
        handed += _record(machine, installed, before)
    return handed + _record(machine, installed, under_way)


def _decide(
    machine: Machine,
    installed: Installed,
    token: uuid.UUID,
    chunk: list[TouchRow],
    patience: looking.Patience,
) -> list[Ready]:
    opened = Opened()
    looks = looking.look(machine, installed, [row.cart_id for row in chunk], opened, patience)
    only = [row.id for row in chunk]
    try:
        return commit(machine, installed, token, only, looks, opened)
    except IntegrityError:
        # Another worker committed an attempt for one of these carts meanwhile: decide again, knowing of it.
        log.warning("attempt already committed elsewhere", shop=installed.shop.id)
        return commit(machine, installed, token, only, looks, opened)


def _record(machine: Machine, installed: Installed, under_way: Sending) -> int:
    if under_way:
        record(machine, installed, [(ready, future.result()) for ready, future in under_way])
    return len(under_way)


def _chunks(rows: list[TouchRow], most: int) -> Iterator[list[TouchRow]]:
    """As few as can be, and all about as long: a short last one would leave connections idle."""
    size = -(-len(rows) // -(-len(rows) // most)) if rows else most
    rest = iter(rows)
    while chunk := list(islice(rest, size)):
        yield chunk


@cache
def _pool(size: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(size, thread_name_prefix="hand-over")
