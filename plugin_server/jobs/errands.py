"""Tell stores what people told us: their STOP, and the YES that confirmed a request.

Our own suppression holds whether or not a store ever hears of it. What can't be told now is tried again for a week.
"""

from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from plugin_server.crypto import VaultError
from plugin_server.jobs import turns
from plugin_server.store import carts, errands, people, shops
from plugin_server.store.errands import Errand
from plugin_server.store.shops import Installed
from plugin_server.store.tx import Tx
from plugin_server.wiring import Machine
from sequences.ports import PersonRef, StoreConsent, Told

log = structlog.get_logger()
AT_ONCE = 4
"""Stores that are called at the same time: as many may be slow before others wait."""
SECONDS = 120.0
"""After this long a run begins no more; the clock asks again."""
LEASES = 5
"""So many of a worker's usual leases (two minutes each) are more than the slowest store can take: every request has its
time-outs, and there are a dozen at most."""
LONGEST_WAIT = timedelta(hours=6)
OTHERS_WAIT = timedelta(minutes=10)
"""How long one errand's failure keeps the other errands of its shop from being tried, at most."""
GIVE_UP_AFTER = timedelta(days=7)
LEAST_TRIES = 10
"""So many are made even of what was a week old when it came: nine hours."""


def run(machine: Machine) -> int:
    """Run what is due. Returns how many were run."""
    with machine.db.system() as c:
        lost = errands.give_up(c, machine.clock.now(), GIVE_UP_AFTER, LEAST_TRIES)
    for row in lost:
        log.error("a store was never told", shop=row.shop_id, errand=row.id, kind=row.kind, note=row.note)
    return turns.take(lambda: _one(machine), SECONDS, AT_ONCE)


def _one(machine: Machine) -> bool:
    """Claim, commit, call, record. A shop that can't be served keeps the lease until it runs out."""
    with machine.db.system() as c:
        errand = errands.claim(c, machine.clock.now(), LEASES * machine.settings.lease_seconds)
        found = shops.readable(c, machine.secrets.vault, [errand.shop_id] if errand else [])
    if errand is None:
        return False
    for installed in found:
        told = _tell(machine, installed, errand)
        with machine.db.shop(installed.shop.id) as c:
            _settle(Tx(c, installed.shop, machine.secrets), errand, told, machine.clock.now())
        log.info("store told", shop=errand.shop_id, errand=errand.id, kind=errand.kind, outcome=told.kind)
    return True


def _tell(machine: Machine, installed: Installed, errand: Errand) -> Told:
    if not installed.active:
        return Told(kind="needless", detail=f"the shop is {installed.state}")
    with machine.db.shop(installed.shop.id) as c:
        try:
            person = _person(Tx(c, installed.shop, machine.secrets), errand)
        except VaultError as error:
            return Told(kind="refused", detail=f"who it is about can't be read: {error}")
    if person is None:
        return Told(kind="needless", detail="they said something else since, or were erased")
    platform, secrets = machine.platform(installed.shop.platform), machine.store_secrets(installed)
    told = platform.tell_consent(installed.shop, secrets, person, _said(errand))
    return replace(told, detail=_without(told.detail, person))


def _person(tx: Tx, errand: Errand) -> PersonRef | None:
    """Whom the store is told of, by all the names that their newest cart gives them."""
    if errand.sealed is None or (errand.kind == "opt_in" and people.suppressed(tx, [errand.phone])):
        return None
    known: dict[str, str] = tx.unseal(errand.sealed)
    newest = people.carts_with_phone(tx, errand.phone)[-1:]
    cart = next((row.cart for row in carts.by_ids(tx, newest).values() if row.cart), None)
    return PersonRef(
        phone=known["phone"],
        email=known["email"] or (cart.contact.email if cart else None) or "",
        customer_id=known["customer_id"] or (cart.contact.customer_id if cart else ""),
    )


def _said(errand: Errand) -> StoreConsent:
    if errand.kind == "opt_out":
        return StoreConsent(state="unsubscribed", at=errand.at)
    return StoreConsent(state="subscribed", level="confirmed_opt_in", at=errand.at)


def _without(detail: str, person: PersonRef) -> str:
    """A store's words may name the person; a note must not."""
    for name in (person.phone, person.phone.removeprefix("+"), person.email):
        detail = detail.replace(name, "…") if name else detail
    return detail


def _settle(tx: Tx, errand: Errand, told: Told, now: datetime) -> None:
    if told.kind in ("told", "needless"):
        errands.finish(tx, errand, "done" if told.kind == "told" else "needless", told.detail, now)
        return
    wait = _wait(told, errand.tries)
    errands.put_off(tx, errand, told.detail, now + wait, now + min(wait, OTHERS_WAIT))
    if errand.tries == 1:
        log.warning("a store can't be told", shop=errand.shop_id, errand=errand.id, why=told.detail)


def _wait(told: Told, tries: int) -> timedelta:
    """1, 2, 4 … minutes. What was refused waits for somebody to mend it: the key, the shop's plan."""
    if told.kind == "refused":
        return LONGEST_WAIT
    doubled = timedelta(minutes=2 ** min(tries - 1, 10))
    return min(LONGEST_WAIT, max(doubled, timedelta(seconds=told.retry_after or 0)))
