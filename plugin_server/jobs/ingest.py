"""Apply what the inbox holds. Redis only hurries this: an undecided row is found again."""

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, OperationalError

from connectors.delivery import Delivery, Door
from plugin_server.applying.apply import apply_all
from plugin_server.applying.effect import Effect, Here
from plugin_server.store import events, shops
from plugin_server.store.shops import Installed
from plugin_server.store.tx import Tx
from plugin_server.wiring import Machine
from sequences.errors import BadDelivery

log = structlog.get_logger()


def run(machine: Machine, most: int = 500) -> int:
    """Decide up to `most` events, each in a transaction of its own. Returns how many were decided."""
    for done in range(most):
        if not _one(machine):
            return done
    return most


def _one(machine: Machine) -> bool:
    with machine.db.system() as c:
        kept = events.next_new(c)
        if kept is None:
            return False
        installed = shops.by_id(c, machine.secrets.vault, kept.shop_id)
        assert installed is not None  # noqa: S101  (foreign key)
        machine.db.narrow(c, kept.shop_id)
        effect = _decided(machine, c, installed, kept)
        events.decide(c, kept, effect.state, effect.note, effect.cart_id, effect.order_key)
        log.info("event decided", shop=kept.shop_id, event_id=kept.id, source=kept.source, state=effect.state)
    return True


def _decided(machine: Machine, c: Connection, installed: Installed, kept: events.Kept) -> Effect:
    """Applied, or parked with what is wrong: one bad event never blocks the next."""
    try:
        with c.begin_nested():
            delivery = events.unseal(machine.secrets.vault, kept.shop_id, kept.sealed)
            return _apply(machine, c, installed, machine.door(kept.source), delivery)
    except BadDelivery as error:
        return Effect("parked", f"can't be read: {error}")
    except DBAPIError as error:
        # A value that PostgreSQL won't take is the event's fault; a lost connection or a deadlock isn't.
        if isinstance(error, OperationalError) or error.connection_invalidated:
            raise
        log.exception("event parked", event_id=kept.id)
        return Effect("parked", f"the database refused it: {type(error.orig).__name__}")
    except Exception as error:
        log.exception("event parked", event_id=kept.id)
        return Effect("parked", f"a fault of ours: {type(error).__name__}: {error}")


def _apply(machine: Machine, c: Connection, installed: Installed, door: Door, delivery: Delivery) -> Effect:
    if installed.state == "removed":
        return Effect("ignored", "the shop was removed")
    reading = door.read(delivery, installed.shop)
    tx = Tx(c, installed.shop, machine.secrets)
    return apply_all(Here(tx, installed.sequence, machine.clock.now()), reading)
