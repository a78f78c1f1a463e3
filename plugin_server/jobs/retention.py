"""What was kept long enough goes: once a day, by the periods of the country each number belongs to.

Proof (of consent, of an opt-out) is kept at least as long as the rulebook says, everything else at most. Whatever
goes, the numbers of the reports stay: rows lose what they say of a person, not their place.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import DBAPIError

from compliance.places import country_of
from compliance.rulebook import PROOF, Rulebook
from compliance.rules import Record
from plugin_server.crypto import VaultError
from plugin_server.store import connects, consents, keeping, shops, subscribers
from plugin_server.store.shops import Installed
from plugin_server.store.tx import Tx
from plugin_server.wiring import Machine

log = structlog.get_logger()
CONNECTS_KEPT = timedelta(days=1)
"""How long after its end it can be seen what became of connecting a store."""


@dataclass(frozen=True, slots=True)
class Gone:
    """How many rows lost their content, and how many lines of evidence were retired."""

    emptied: int
    retired: int


def run(machine: Machine) -> Gone:
    """All shops, each in a transaction of its own. One that can't be read or worked on waits for the next night:
    the log says so, and the others don't wait with it. Raises DBAPIError if the database itself is lost."""
    with machine.db.system() as c:
        connects.forget(c, machine.clock.now() - CONNECTS_KEPT)
        found = shops.readable(c, machine.secrets.vault, keeping.shops(c))
    done = [gone for each in found if (gone := _tried(machine, each)) is not None]
    gone = Gone(sum(d.emptied for d in done), sum(d.retired for d in done))
    if gone.emptied or gone.retired:
        log.info("kept long enough", emptied=gone.emptied, retired=gone.retired)
    return gone


def _tried(machine: Machine, installed: Installed) -> Gone | None:
    try:
        return _shop(machine, installed)
    except VaultError as error:
        why = str(error)
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        why = type(error.orig).__name__
    log.error("a shop's data couldn't be looked through", shop=installed.shop.id, error=why)
    return None


def _shop(machine: Machine, installed: Installed) -> Gone:
    now = machine.clock.now()
    with machine.db.shop(installed.shop.id) as c:
        tx = Tx(c, installed.shop, machine.secrets)
        # The chain first: whoever needs it and rows takes it before them.
        consents.hold(tx)
        done = [_group(tx, machine.rulebook, group, now) for group in keeping.groups(tx)]
        emptied = keeping.empty_erased(tx) + subscribers.drop_untold(tx)
    return Gone(emptied + sum(d.emptied for d in done), sum(d.retired for d in done))


def _group(tx: Tx, book: Rulebook, group: keeping.Group, now: datetime) -> Gone:
    def before(record: Record) -> datetime:
        if record in PROOF and not group.country:
            return now - longest(book, record)
        return now - period(book, group.country or tx.shop.country, record)

    emptied = (
        keeping.empty_carts(tx, group, before("cart"))
        + keeping.empty_texts(tx, group, before("message"))
        + keeping.empty_replies(tx, group, before("reply"))
    )
    over = keeping.ended_lines(tx, group, min(before("consent"), before("opt_out")))
    retired = consents.retire(tx, over, "kept as long as the law asks for", now) if over else 0
    keeping.drop_suppressions(tx, group, before("opt_out"))
    return Gone(emptied, retired)


def period(book: Rulebook, country: str, record: Record) -> timedelta:
    """How long this is kept: proof by the longest of the rules that may hold there (a number doesn't tell for sure
    in which state its owner lives), the rest by the shortest."""
    states = [place for place in book.files if country_of(place) == country]
    return book.retention((*states, country), record)[1]


def longest(book: Rulebook, record: Record) -> timedelta:
    """How long proof is kept of a number whose country nobody knows: as long as any country asks for."""
    return book.retention(tuple(book.files), record)[1]
