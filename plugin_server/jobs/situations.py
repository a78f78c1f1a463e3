"""What a batch of touches rests on, read inside the transaction that commits them."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from compliance.answers import Allowed
from compliance.ask import ConsentView, Suppression
from compliance.consent import Claim, view
from learning.holdout import arm
from plugin_server.install.automations import others_of
from plugin_server.jobs.looking import UNKNOWN
from plugin_server.store import attempts, carts, confirmations, consents, people, persons
from plugin_server.store.carts import CartRow, Opened
from plugin_server.store.confirmations import Request
from plugin_server.store.shops import Installed
from plugin_server.store.touches import TouchRow
from plugin_server.store.tx import Tx
from sequences.cart import Address
from sequences.confirming import Asked
from sequences.dispatching import Situation
from sequences.one_plan import Newer, Person, rests_until
from sequences.ports import Look


@dataclass(slots=True)
class Batch:
    """The rows around some touches of one shop. Counts grow as the batch decides to send."""

    installed: Installed
    now: datetime
    carts: dict[int, CartRow]
    phones: dict[int, bytes]
    claims: Mapping[bytes, Sequence[Claim]]
    suppressed: Mapping[bytes, Any]
    for_cart: dict[int, int]
    last_day: dict[bytes, int]
    asked: dict[bytes, tuple[Asked, ...]] = field(default_factory=dict)
    views: dict[int, ConsentView] = field(default_factory=dict)
    looks: Mapping[int, Look] = field(default_factory=dict)
    newer: Mapping[int, Newer] = field(default_factory=dict)
    reminded: Mapping[int, datetime] = field(default_factory=dict)

    def sending(self, cart_id: int) -> None:
        """One more text to this cart and number: the next touch of the batch must know."""
        phone = self.phones[cart_id]
        self.for_cart[cart_id] = self.for_cart.get(cart_id, 0) + 1
        self.last_day[phone] = self.last_day.get(phone, 0) + 1

    def asking(self, cart_id: int, now: datetime) -> None:
        """A request for confirmation was planned: another cart of the same person waits for the same answer."""
        phone = self.phones[cart_id]
        self.asked[phone] = (*self.asked.get(phone, ()), Asked(at=now, open=False, waiting=True))

    def relied_on(self, cart_id: int) -> int | None:
        """The line of evidence that the decision on this cart rests on (EV-12)."""
        return self.views[cart_id].evidence if cart_id in self.views else None


def read(
    tx: Tx,
    installed: Installed,
    rows: Sequence[TouchRow],
    looks: Mapping[int, Look],
    opened: Opened,
    now: datetime,
) -> Batch:
    known = carts.by_ids(tx, [row.cart_id for row in rows], opened)
    phones = {
        id: phone
        for id, row in known.items()
        if row.cart and (phone := tx.phone(row.cart.contact.phone)) is not None
    }
    numbers = sorted(set(phones.values()))
    day = now - timedelta(hours=24)
    past = attempts.history(tx, list(known), numbers, day)
    questions = confirmations.sent_since(tx, numbers, day)
    return Batch(
        installed=installed,
        now=now,
        carts=known,
        phones=phones,
        claims=consents.claims(tx, numbers, {phone: _e164(known[id]) for id, phone in phones.items()}),
        suppressed=people.suppressed(tx, numbers),
        for_cart=past.for_cart,
        last_day={n: past.last_day.get(n, 0) + questions.get(n, 0) for n in numbers},
        asked={n: tuple(map(_asked, found)) for n, found in confirmations.requests_to(tx, numbers).items()},
        looks=looks,
        newer=persons.newer(tx, list(known)),
        reminded=persons.reminded(tx, list(known), now - installed.sequence.rest),
    )


def situation(batch: Batch, row: TouchRow) -> Situation:
    known = batch.carts[row.cart_id]
    phone = batch.phones.get(row.cart_id, b"")
    e164 = _e164(known)
    suppression = _suppression(batch.suppressed.get(phone), e164)
    plan = batch.installed.sequence
    shop = batch.installed.shop
    stopped = [suppression] if suppression else []
    consent = view(e164, batch.claims.get(phone, ()), stopped, batch.now)
    batch.views[row.cart_id] = consent
    return Situation(
        cart=known.cart,
        state=known.state,
        left_at=known.active_at,
        deadline=row.deadline,
        look=batch.looks.get(row.cart_id, UNKNOWN),
        consent=consent,
        suppression=suppression,
        texts_for_cart=batch.for_cart.get(row.cart_id, 0),
        texts_last_day=batch.last_day.get(phone, 0),
        arm=arm(shop.key, phone.hex() or known.key, plan.holdout, "reminders"),
        tries=row.holds,
        send_blind=plan.send_blind,
        double_opt_in=plan.double_opt_in,
        asked=batch.asked.get(phone, ()),
        store_consent=plan.store_consent,
        platform=shop.platform,
        sender=batch.installed.sender,
        sender_registered=plan.sender_registered,
        person=Person(
            newer=batch.newer.get(row.cart_id),
            rests_until=rests_until(batch.reminded.get(row.cart_id), plan.rest),
        ),
        others=others_of(batch.installed),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """What is known of one number, for a text that reminds of no cart."""

    consent: ConsentView
    suppression: Suppression | None
    address: Address | None
    browser_zone: str
    abandoned_at: datetime | None
    last_day: int


def of_number(tx: Tx, phone: bytes, e164: str, cart_id: int | None, now: datetime) -> Number:
    """Read for this text alone. The place is that of the cart that waits for it, else of the number's last cart."""
    claims, stopped = consents.claims(tx, [phone], {phone: e164}), people.suppressed(tx, [phone])
    suppression = _suppression(stopped.get(phone), e164)
    known = carts.by_id(tx, cart_id) if cart_id is not None else _last_cart(tx, phone)
    cart = known.cart if known else None
    day = now - timedelta(hours=24)
    sent = attempts.history(tx, [], [phone], day).last_day.get(phone, 0)
    return Number(
        consent=view(e164, claims.get(phone, ()), [suppression] if suppression else [], now),
        suppression=suppression,
        address=(cart.shipping or cart.billing) if cart else None,
        browser_zone=cart.browser_zone if cart else "",
        abandoned_at=known.active_at if known and cart_id is not None else None,
        last_day=sent + confirmations.sent_since(tx, [phone], day).get(phone, 0),
    )


def basis(verdict: Allowed, said: str, consent: int | None) -> dict[str, Any]:
    """What is kept with each text (EV-12): the line of consent, the rules, the clocks, and a hash of its words."""
    return {
        "consent": consent,
        "rulebook": verdict.rulebook_version,
        "rules": [rule.id for rule in verdict.rules],
        "local_times": {t.zone: t.time for t in verdict.local_times},
        "sha256": hashlib.sha256(said.encode()).hexdigest(),
    }


def _last_cart(tx: Tx, phone: bytes) -> CartRow | None:
    ids = people.carts_with_phone(tx, phone)
    return carts.by_id(tx, ids[-1]) if ids else None


def _e164(known: CartRow) -> str:
    return (known.cart.contact.phone or "") if known.cart else ""


def _asked(request: Request) -> Asked:
    return Asked(at=request.sent_at or request.asked_at, open=request.open, waiting=request.waiting)


def _suppression(row: Any, e164: str) -> Suppression | None:
    return None if row is None else Suppression(e164, row.at, row.reason)
