"""Decide a chunk of claimed touches and commit what may be sent, in one transaction."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from compliance.answers import Allowed
from message_templates.errors import TemplateError
from message_templates.wording import best_language
from plugin_server.jobs import offering, situations
from plugin_server.jobs.composing import Composed, compose
from plugin_server.jobs.planning import most_texts
from plugin_server.jobs.situations import Batch
from plugin_server.store import attempts, codes, links, locks, notices, touches, traces
from plugin_server.store.carts import Opened
from plugin_server.store.locks import Lock
from plugin_server.store.shops import Installed
from plugin_server.store.touches import TouchRow
from plugin_server.store.tx import Tx
from plugin_server.wiring import Machine
from sequences.cart import Cart
from sequences.dispatching import AskFirst, Hold, Send, Skip, decide
from sequences.ports import Look, OutboundText
from sequences.trace import Line


@dataclass(frozen=True, slots=True)
class Ready:
    """A committed attempt, about to be handed over."""

    touch_id: uuid.UUID
    cart_id: int
    tries: int
    message: OutboundText


@dataclass(slots=True)
class Decided:
    """What the transaction will write."""

    now: datetime
    giving: codes.Giving
    ready: list[Ready] = field(default_factory=list)
    attempts: list[dict[str, Any]] = field(default_factory=list)
    links: list[dict[str, Any]] = field(default_factory=list)
    settled: list[dict[str, Any]] = field(default_factory=list)
    traces: list[tuple[int, uuid.UUID | None, Line]] = field(default_factory=list)

    def settle(self, row: TouchRow, decision: Hold | AskFirst | Skip) -> None:
        held = isinstance(decision, Hold | AskFirst)
        self.settled.append(
            {
                "id": row.id,
                "state": "held" if isinstance(decision, Hold | AskFirst) else decision.state,
                "reason": decision.reason,
                "rule": decision.rule,
                "due": decision.until if isinstance(decision, Hold | AskFirst) else None,
                "now": self.now,
            }
        )
        check = "held" if held else "ended"
        self.say(row, Line(at=self.now, check="touch", outcome=check, reason=decision.reason))

    def say(self, row: TouchRow, *lines: Line) -> None:
        self.traces += [(row.cart_id, row.id, line) for line in lines]


def commit(
    machine: Machine,
    installed: Installed,
    token: uuid.UUID,
    only: list[uuid.UUID],
    looks: Mapping[int, Look],
    opened: Opened | None = None,
) -> list[Ready]:
    """Decide the touches `only` that the claim still holds. What is returned is committed as `sending`.

    A shop's chunks are decided one after the other (an advisory lock), so that two workers can't both find
    room under one cap. Raises IntegrityError if an attempt was committed elsewhere.
    """
    with machine.db.shop(installed.shop.id) as c:
        locks.hold(c, Lock.TEXTS, installed.shop.id)
        tx = Tx(c, installed.shop, machine.secrets)
        rows = touches.claimed(tx, token, only)
        now = machine.clock.now()
        decided = Decided(now, codes.Giving(tx, [row.id for row in rows], now))
        batch = situations.read(tx, installed, rows, looks, {} if opened is None else opened, decided.now)
        for row in rows:
            _one(machine, tx, batch, row, decided)
        _write(machine, tx, decided)
    return decided.ready


def _one(machine: Machine, tx: Tx, batch: Batch, row: TouchRow, decided: Decided) -> None:
    decision, lines = decide(situations.situation(batch, row), decided.now, machine.rulebook)
    decided.say(row, *lines)
    if isinstance(decision, AskFirst):
        _ask_first(tx, batch, row, decided.now)
    if not isinstance(decision, Send):
        decided.settle(row, decision)
        return
    composed = _compose(machine, tx, batch, row, decision, decided)
    if not isinstance(composed, Composed):
        decided.settle(row, composed)
        return
    _prepare(machine, tx, batch, row, decision, composed, decided)


def _ask_first(tx: Tx, batch: Batch, row: TouchRow, now: datetime) -> None:
    """The question is a text of its own: it is decided again, and handed over, by the job for such texts."""
    cart = batch.carts[row.cart_id].cart
    assert cart is not None and cart.contact.phone is not None  # noqa: S101  (decided to ask)
    notices.add(
        tx,
        "consent_request",
        cart.contact.phone,
        asked_at=now,
        due_at=now,
        deadline=row.deadline,
        locale=cart.locale or batch.installed.shop.locale,
        cart_id=row.cart_id,
    )
    batch.asking(row.cart_id, now)


def _compose(
    machine: Machine, tx: Tx, batch: Batch, row: TouchRow, send: Send, decided: Decided
) -> Composed | Skip | Hold:
    cart = batch.carts[row.cart_id].cart
    sequence, steps = batch.installed.sequence, batch.installed.sequence.steps
    if cart is None or row.step >= len(steps):
        return Skip("the sequence has no such step any more", "sequence")
    if not sequence.on or not steps[row.step].on:
        return Skip("the shop has switched it off", "sequence")
    given = _offer(machine, tx, batch, (row, cart), send, decided)
    if isinstance(given, Hold):
        return given
    ids, now = (row.id, row.cart_id), decided.now
    try:
        composed = compose(machine, batch.installed, cart, given.step, ids, send.places, now)
    except TemplateError as error:
        composed = Skip(f"the text can't be made: {error}", "template")
    if given.pool is not None and isinstance(composed, Skip):
        decided.giving.give_back(row.id)
    return composed


def _offer(
    machine: Machine, tx: Tx, batch: Batch, who: tuple[TouchRow, Cart], send: Send, decided: Decided
) -> offering.Given | Hold:
    shop, (row, cart) = batch.installed.shop, who
    locale = cart.locale or shop.locale
    case = offering.Case(
        row=row,
        cart=cart,
        step=batch.installed.sequence.steps[row.step],
        zones=send.verdict.zones,
        locale=locale,
        language=best_language(locale),
        makes_codes=offering.makes_codes(machine, shop),
    )
    given, line = offering.offer_for(tx, decided.giving, case, decided.now)
    if line is not None:
        decided.say(row, line)
    return given


def _prepare(
    machine: Machine, tx: Tx, batch: Batch, row: TouchRow, send: Send, composed: Composed, decided: Decided
) -> None:
    known = batch.carts[row.cart_id]
    assert known.cart is not None and known.cart.contact.phone is not None  # noqa: S101  (decided to send)
    rendered, link = composed.rendered, dict(composed.link)
    message = OutboundText(
        ref=str(row.id),
        to=known.cart.contact.phone,
        sender=batch.installed.sender,
        text=rendered.text,
        ttl_seconds=send.ttl_seconds,
        unicode=rendered.segments.encoding == "UCS2",
        callback=f"{machine.settings.public_url}/webhooks/{machine.settings.channel}/{batch.installed.shop.key}",
    )
    link["sealed"] = tx.seal({"target": link.pop("target")})
    decided.links.append(link)
    decided.attempts.append(
        {
            "touch": row.id,
            "cart": row.cart_id,
            "phone": batch.phones[row.cart_id],
            "channel": machine.settings.channel,
            "sole": most_texts(machine, known.cart) == 1,
            "sealed": tx.seal({"to": message.to, "text": message.text}),
            "encoding": rendered.segments.encoding,
            "segments": rendered.segments.segments,
            "estimate": composed.estimate,
            "decision": _evidence(send.verdict, composed, batch.relied_on(row.cart_id)),
            "now": decided.now,
        }
    )
    decided.ready.append(Ready(row.id, row.cart_id, row.refusals, message))
    decided.say(row, _chosen(decided.now, composed))
    batch.sending(row.cart_id)


def _evidence(verdict: Allowed, composed: Composed, consent: int | None) -> dict[str, Any]:
    """What a court would ask: which rules, by which clock, in which words (EV-12)."""
    return {
        **situations.basis(verdict, composed.rendered.text, consent),
        "language": composed.language,
        "opt_out_added": composed.rendered.opt_out_added,
    }


def _chosen(now: datetime, composed: Composed) -> Line:
    counted = composed.rendered.segments
    facts = {"segments": counted.segments, "encoding": counted.encoding, "language": composed.language}
    if composed.estimate is not None:
        facts["price"] = str(composed.estimate)
    return Line(at=now, check="text", outcome="chosen", facts=facts)


def _write(machine: Machine, tx: Tx, decided: Decided) -> None:
    touches.settle(tx, decided.settled)
    attempts.commit(tx, decided.attempts)
    links.add(tx, decided.links)
    decided.giving.write()
    ids = [ready.touch_id for ready in decided.ready]
    if ids:
        touches.start_sending(tx, ids, machine.settings.lease_seconds, decided.now)
    traces.write_many(tx, decided.traces)
