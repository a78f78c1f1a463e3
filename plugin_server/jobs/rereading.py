"""Read stores again, for what their webhooks lost: every ten minutes, and all of thirty days when a shop comes.

What is found is applied as events are, a page at a time, in the transaction that moves the cursor. A reading goes on
for a few seconds, then others have their turn; a store that doesn't answer waits, and nothing is lost by that.
"""

import time
from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from connectors import registry
from plugin_server.applying import rereads
from plugin_server.applying.effect import Here
from plugin_server.jobs import turns
from plugin_server.jobs.ingest import passes
from plugin_server.store import consents, events, shops, watermarks
from plugin_server.store.shops import Installed
from plugin_server.store.tx import Tx
from plugin_server.store.watermarks import Watermark
from plugin_server.wiring import Machine
from sequences.engine import back_off
from sequences.events import Reading
from sequences.reread_ports import Page, Rereader, What

log = structlog.get_logger()
EVERY = timedelta(minutes=10)
BACK: dict[What, timedelta] = {"orders": timedelta(days=7), "checkouts": timedelta(days=30)}
"""What is read of a shop that comes: orders, so that nobody is reminded who has bought since they left a cart, and no
more of them, since carts wait for it; then carts, of which those past their deadline are written down, never texted."""
AT_ONCE = 4
"""Stores that are read at the same time: as many may be slow before others wait."""
SECONDS = 30.0
"""After this long a run begins no more: errands and pools have their turn, and the clock asks again."""
SLICE = 8.0
"""So long one store is read before the next has its turn."""
LEASE_SECONDS = 120
"""More than a slice and its last page can take."""
LONGEST_WAIT = timedelta(hours=6)


def run(machine: Machine) -> int:
    """Read what is due. Returns how many turns that took."""
    return turns.take(lambda: _one(machine), SECONDS, AT_ONCE)


def adopt(machine: Machine) -> int:
    """Shops that came before their stores were read: from now on they are. Returns how many readings that makes."""
    now = machine.clock.now()
    with machine.db.system() as c:
        return sum(watermarks.adopt(c, name, _back(name, now), now) for name in registry.platforms())


def begin(c: Connection, shop_id: int, platform: str, now: datetime) -> None:
    """A shop came, or came back."""
    watermarks.begin(c, shop_id, _back(platform, now), now)


def _back(platform: str, now: datetime) -> dict[What, datetime]:
    return {what: now - BACK[what] for what in registry.platform(platform).rereads}


def _one(machine: Machine) -> bool:
    """Claim, commit, and read on. A shop that can't be served keeps the lease until it runs out."""
    with machine.db.system() as c:
        row = watermarks.claim(c, machine.clock.now(), LEASE_SECONDS)
        found = shops.readable(c, machine.secrets.vault, [row.shop_id] if row else [])
    if row is None:
        return False
    for installed in found:
        store = machine.platform(installed.shop.platform)
        reader = store.rereading(installed.shop, machine.store_secrets(installed))
        if reader is None:
            page = Page(kind="refused", detail="this platform's stores aren't read again")
            _put_off(machine, installed, row, page)
        else:
            _read_on(machine, installed, row, reader)
    return True


def _read_on(machine: Machine, installed: Installed, row: Watermark, reader: Rereader) -> None:
    since, until = _since(row, reader), time.monotonic() + SLICE
    cursor = row.cursor
    while True:
        page = reader.page(row.what, since, cursor)
        if page.kind != "page":
            _put_off(machine, installed, row, page, cursor)
            return
        rest = page.rest > 0 or time.monotonic() >= until
        if not _take(machine, installed, row, page, rest) or rest or not page.cursor:
            return
        cursor = page.cursor


def _since(row: Watermark, reader: Rereader) -> datetime:
    """The same for all pages of a reading. A reading that "began" after this one was made by a clock that ran ahead:
    nobody knows what it missed."""
    assert row.began_at is not None  # noqa: S101  (it was claimed)
    if row.until > row.began_at:
        return row.began_at - BACK[row.what]
    return row.until - reader.lag[row.what]


def _take(machine: Machine, installed: Installed, row: Watermark, page: Page, rest: bool) -> bool:
    """Apply a page and move on, in one transaction. False if the reading is somebody else's by now."""
    with machine.db.shop(installed.shop.id) as c:
        tx = Tx(c, installed.shop, machine.secrets)
        take_turns(tx)
        if not watermarks.held(tx, row):
            return False
        found = apply(machine, installed, c, page.readings)
        healed = 0 if row.first else found
        watermarks.move(tx, row, page.cursor, len(page.readings), healed, page.expected)
        now = machine.clock.now()
        if not page.cursor:
            watermarks.finish(tx, row, now, now + EVERY)
        elif rest:
            watermarks.let_go(tx, row, now + min(LONGEST_WAIT, timedelta(seconds=page.rest)))
    (log.info if found else log.debug)(
        "store read again",
        shop=row.shop_id,
        what=row.what,
        read=len(page.readings),
        found=found,
        first=row.first,
    )
    return True


def take_turns(tx: Tx) -> None:
    """One shop's news are applied one at a time, wherever they come from; and the chain comes before the rows."""
    events.wait_turn(tx)
    consents.hold(tx)


def apply(machine: Machine, installed: Installed, c: Connection, readings: Iterable[Reading]) -> int:
    """Apply what was read, in a transaction that waited its turn. Returns how much of it webhooks hadn't told."""
    here = Here(
        Tx(c, installed.shop, machine.secrets),
        installed,
        machine.clock.now(),
        machine.rulebook,
        machine.carrier_answers,
        machine.counts_usage(installed.shop.platform),
    )
    return sum(_applied(here, reading) for reading in readings)


def _applied(here: Here, reading: Reading) -> int:
    """One bad thing must not hide the others, nor be read again for ever."""
    shop = here.tx.shop.id
    if reading.notes:
        log.info("in a store that was read again", shop=shop, notes="; ".join(reading.notes)[:500])
    try:
        with here.tx.connection.begin_nested():
            effects = rereads.applied(here, reading)
    except Exception as error:
        if isinstance(error, DBAPIError) and passes(error):
            raise
        log.exception("what was read again can't be applied", shop=shop)
        return 0
    return sum(effect.state == "applied" for effect in effects)


def _put_off(machine: Machine, installed: Installed, row: Watermark, page: Page, cursor: str = "") -> None:
    """A cursor that isn't taken (any more) is dropped; what is refused without one waits for somebody to mend it."""
    anew = page.kind == "refused" and cursor != ""
    busy = page.kind == "retry_later" and page.retry_after is not None  # it says when: that is no trouble
    due = machine.clock.now() + _wait(page, row.tries + 1, anew)
    with machine.db.shop(installed.shop.id) as c:
        tx = Tx(c, installed.shop, machine.secrets)
        watermarks.put_off(tx, row, "" if busy else page.detail, due, anew=anew)
    if row.tries == 0 and not busy:
        log.warning("a store can't be read again", shop=row.shop_id, what=row.what, why=page.detail)


def _wait(page: Page, tries: int, anew: bool) -> timedelta:
    if page.kind == "refused" and not anew:
        return LONGEST_WAIT
    if page.retry_after is not None:
        return min(LONGEST_WAIT, timedelta(seconds=page.retry_after))
    return back_off(tries)
