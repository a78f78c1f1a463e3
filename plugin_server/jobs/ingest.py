"""Apply what the inbox holds. Redis only hurries this: an undecided row is found again."""

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, OperationalError

from plugin_server.applying.apply import apply_all
from plugin_server.applying.effect import Effect, Here
from plugin_server.store import events, shops
from plugin_server.store.tx import Tx
from plugin_server.wiring import Machine
from sequences.errors import BadDelivery

log = structlog.get_logger()
# Errors that pass and say nothing of the event: a lost connection, a deadlock, no room, a lock, a shutdown
# (the classes of postgresql.org/docs/current/errcodes-appendix.html). 54, a limit exceeded, is the event's own.
PASSING = ("08", "40", "53", "55", "57")


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
        machine.db.narrow(c, kept.shop_id)
        effect = _decided(machine, c, kept)
        events.decide(
            c,
            kept,
            effect.state,
            effect.note,
            effect.cart_id,
            effect.order_key,
            phone=effect.phone,
            forget=effect.forget,
        )
        log.info("event decided", shop=kept.shop_id, event_id=kept.id, source=kept.source, state=effect.state)
    return True


def _decided(machine: Machine, c: Connection, kept: events.Kept) -> Effect:
    """Applied, or parked with what is wrong: one bad event never blocks the next."""
    try:
        with c.begin_nested():
            return _apply(machine, c, kept)
    except BadDelivery as error:
        return Effect("parked", f"can't be read: {error}")
    except DBAPIError as error:
        if passes(error):
            raise
        log.exception("event parked", event_id=kept.id)
        return Effect("parked", f"the database refused it: {type(error.orig).__name__}")
    except Exception as error:
        log.exception("event parked", event_id=kept.id)
        return Effect("parked", f"a fault of ours ({type(error).__name__}): see the log")


def passes(error: DBAPIError) -> bool:
    """Whether the error says nothing of the event."""
    state = getattr(error.orig, "sqlstate", None)
    passing = isinstance(error, OperationalError) and (state is None or state[:2] in PASSING)
    return passing or error.connection_invalidated


def _apply(machine: Machine, c: Connection, kept: events.Kept) -> Effect:
    installed = shops.by_id(c, machine.secrets.vault, kept.shop_id)
    if installed is None or installed.state == "removed":
        return Effect("ignored", "the shop was removed", forget=True)
    delivery = events.unseal(machine.secrets.vault, kept.shop_id, kept.sealed)
    reading = machine.door(kept.source).read(delivery, installed.shop)
    tx = Tx(c, installed.shop, machine.secrets)
    here = Here(
        tx,
        installed,
        machine.clock.now(),
        machine.rulebook,
        machine.carrier_answers,
        machine.counts_usage(installed.shop.platform),
    )
    return apply_all(here, reading)
