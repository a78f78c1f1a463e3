"""What was kept long enough goes: once a day, by the periods of the country each number belongs to.

Proof (of consent, of an opt-out) is kept at least as long as the rulebook says, everything else at most. Whatever
goes, the numbers of the reports stay: rows lose what they say of a person, not their place.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from compliance.places import country_of
from compliance.rulebook import Rulebook
from compliance.rules import Record, Retention
from plugin_server.store import consents, keeping, shops
from plugin_server.store.shops import Installed
from plugin_server.store.tx import Tx
from plugin_server.wiring import Machine

log = structlog.get_logger()
PROOF: frozenset[Record] = frozenset({"consent", "opt_out"})


@dataclass(frozen=True, slots=True)
class Gone:
    """How many rows lost their content, and how many lines of evidence were retired."""

    emptied: int
    retired: int


def run(machine: Machine) -> Gone:
    """All shops, each in a transaction of its own."""
    with machine.db.system() as c:
        installed = [s for s in shops.everyone(c, machine.secrets.vault) if s.state != "removed"]
    done = [_shop(machine, each) for each in installed]
    gone = Gone(sum(d.emptied for d in done), sum(d.retired for d in done))
    if gone.emptied or gone.retired:
        log.info("kept long enough", emptied=gone.emptied, retired=gone.retired)
    return gone


def _shop(machine: Machine, installed: Installed) -> Gone:
    now = machine.clock.now()
    with machine.db.shop(installed.shop.id) as c:
        tx = Tx(c, installed.shop, machine.secrets)
        # The chain first: whoever needs it and rows takes it before them.
        consents.hold(tx)
        home = installed.shop.country
        groups = [keeping.Group(country, country == home) for country in keeping.countries(tx, home)]
        done = [_country(tx, machine.rulebook, group, now) for group in groups]
    return Gone(sum(d.emptied for d in done), sum(d.retired for d in done))


def _country(tx: Tx, book: Rulebook, group: keeping.Group, now: datetime) -> Gone:
    def before(record: Record) -> datetime:
        return now - period(book, group.country, record)

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
    found = [
        value.keep for _, value in book.find((*states, country, "*"), Retention) if value.record == record
    ]
    return max(found) if record in PROOF else min(found)
