"""Texts that remind of no cart: decide, commit, call, record. Each is handed over at most once.

STOP's confirmation is the one text that may go to a number that is suppressed, and compliance lets it through once
(OPT-05); everything else here is asked like any other text.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from compliance.answers import Allowed, Held
from compliance.ask import Ask
from compliance.verdict import MIN_TTL, check, ttl_seconds
from message_templates.segments import count
from message_templates.typography import plain
from plugin_server.jobs import looking, noticing, situations
from plugin_server.jobs.recording import following, reason
from plugin_server.store import carts, claiming, locks, notices, shops
from plugin_server.store.locks import Lock
from plugin_server.store.notices import NoticeRow
from plugin_server.store.shops import Installed
from plugin_server.store.tx import Tx
from plugin_server.wiring import Machine
from sequences.dispatching import Hold, Skip
from sequences.engine import back_off
from sequences.ports import Look, OutboundText, Outcome

log = structlog.get_logger()
LONGEST_TTL = timedelta(minutes=30)
"""An answer that arrives hours later answers nothing."""


@dataclass(frozen=True, slots=True)
class Ready:
    """Committed as `sending`, about to be handed over."""

    row: NoticeRow
    message: OutboundText


@dataclass(frozen=True, slots=True)
class _Here:
    """One shop's transaction, and the time."""

    machine: Machine
    tx: Tx
    installed: Installed
    now: datetime

    def end(self, row: NoticeRow, decision: Hold | Skip) -> None:
        """Put it off, or end it without a text."""
        notices.settle(
            self.tx,
            row.id,
            "held" if isinstance(decision, Hold) else decision.state,
            self.now,
            reason=decision.reason,
            rule=decision.rule,
            due_at=decision.until if isinstance(decision, Hold) else None,
        )


def run(machine: Machine, token: uuid.UUID) -> int:
    """Work off one claim. Returns how many were handed over or tried to be."""
    with machine.db.system() as c:
        ids = claiming.shops_in(c, "notices", token)
        patience = looking.Patience.of(claiming.seconds_left(c, "notices", token))
        found = shops.readable(c, machine.secrets.vault, ids)
    return sum(_shop(machine, installed, token, patience) for installed in found)


def _shop(machine: Machine, installed: Installed, token: uuid.UUID, patience: looking.Patience) -> int:
    """One after the other: whoever says STOP while another is being answered must be heard in time."""
    with machine.db.shop(installed.shop.id) as c:
        mine = notices.in_claim(Tx(c, installed.shop, machine.secrets), token)
    handed = 0
    for notice_id, cart_id in mine:
        looks = {}
        if cart_id is not None:
            looks = looking.look(machine, installed, [cart_id], patience=patience)
        ready = _decide(machine, installed, token, notice_id, looks)
        if ready is not None:
            _record(machine, installed, ready, machine.channel.send(ready.message))
            handed += 1
    return handed


def _decide(
    machine: Machine, installed: Installed, token: uuid.UUID, notice_id: uuid.UUID, looks: Mapping[int, Look]
) -> Ready | None:
    """What is returned is committed as `sending`. None if it isn't to be sent, or the claim holds it no more."""
    with machine.db.shop(installed.shop.id) as c:
        # As with reminders: two workers must not both find room under one cap.
        locks.hold(c, Lock.TEXTS, installed.shop.id)
        here = _Here(machine, Tx(c, installed.shop, machine.secrets), installed, machine.clock.now())
        row = notices.claimed(here.tx, token, notice_id)
        return None if row is None else _one(here, row, looks)


def _one(here: _Here, row: NoticeRow, looks: Mapping[int, Look]) -> Ready | None:
    off = _called_off(here, row, looks)
    if off is not None:
        here.end(row, off)
        return None
    ask = _ask(here.tx, here.installed, row, here.now)
    verdict = check(ask, here.now, here.machine.rulebook)
    if isinstance(verdict, Allowed):
        return _prepare(here, row, verdict, ask.consent.evidence)
    first = verdict.reasons[0]
    if isinstance(verdict, Held):
        here.end(row, Hold(verdict.until, first.text, first.rule.id))
    else:
        here.end(row, Skip(first.text, first.rule.id, "expired" if verdict.expired else "skipped"))
    return None


def _called_off(here: _Here, row: NoticeRow, looks: Mapping[int, Look]) -> Hold | Skip | None:
    """A question on behalf of a cart makes sense only while that cart waits, and isn't bought."""
    if not here.installed.active:
        return Skip(f"the shop is {here.installed.state}", state="cancelled")
    if row.cart_id is None:
        return None
    cart = carts.by_id(here.tx, row.cart_id)
    if cart is None or cart.state != "abandoned":
        return Skip(f"the cart is {cart.state if cart else 'gone'}", state="cancelled")
    look = looks.get(row.cart_id, looking.UNKNOWN)
    if look.state == "open" or (look.state == "unknown" and here.installed.sequence.send_blind):
        return None
    if look.state == "unknown":
        return Hold(
            here.now + back_off(row.holds + 1), f"the store can't be asked: {look.detail}", "last look"
        )
    return Skip("the store says it was bought or is gone", "last look", "cancelled")


def _ask(tx: Tx, installed: Installed, row: NoticeRow, now: datetime) -> Ask:
    """The same facts as for a reminder, read in the transaction that commits the hand-over."""
    known = situations.of_number(tx, row.phone, row.to, row.cart_id, now)
    return Ask(
        phone=row.to,
        kind=noticing.KINDS[row.kind],
        consent=known.consent,
        suppression=known.suppression,
        country=known.address.country or None if known.address else None,
        region=known.address.region or None if known.address else None,
        postcode=known.address.postcode or None if known.address else None,
        browser_zone=known.browser_zone or None,
        abandoned_at=known.abandoned_at,
        deadline=row.deadline,
        texts_last_24h=known.last_day,
        requested_at=row.asked_at if row.is_answer else None,
        sender=installed.sender,
        sender_registered=installed.sequence.sender_registered,
    )


def _prepare(here: _Here, row: NoticeRow, verdict: Allowed, evidence: int | None) -> Ready:
    said, _ = plain(noticing.words(here.installed, row.kind, row.locale))
    counted, settings, sender = count(said), here.machine.settings, here.installed.sender
    ends = [e for e in (verdict.window_end, verdict.deadline, here.now + LONGEST_TTL) if e is not None]
    message = OutboundText(
        ref=str(row.id),
        to=row.to,
        sender=sender,
        text=said,
        ttl_seconds=ttl_seconds(here.now, min(ends)) or MIN_TTL,
        unicode=counted.encoding == "UCS2",
        callback=f"{settings.public_url}/webhooks/{settings.channel}/{here.installed.shop.key}",
    )
    decision, words = situations.basis(verdict, said, evidence), {"text": said, "sender": sender}
    lease = settings.lease_seconds
    notices.start_sending(here.tx, row, words, decision, counted.segments, lease, here.now)
    return Ready(row, message)


def _record(machine: Machine, installed: Installed, ready: Ready, outcome: Outcome) -> None:
    now = machine.clock.now()
    state, due = following(outcome, now, ready.row.holds, again="held")
    with machine.db.shop(installed.shop.id) as c:
        tx = Tx(c, installed.shop, machine.secrets)
        notices.finish_sending(
            tx,
            ready.row.id,
            state,
            now,
            provider=outcome.provider_id,
            code=outcome.code,
            reason=reason(outcome),
            due_at=due,
        )
    if outcome.account:
        log.error("the carrier refuses our account", code=outcome.code, detail=outcome.detail)
    log.info("answered", shop=installed.shop.id, kind=ready.row.kind, outcome=outcome.kind)
