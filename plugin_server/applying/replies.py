"""What people write to us. All that follows from a text is written in the transaction that stores it."""

import hashlib
import re
from dataclasses import replace
from datetime import datetime, timedelta

from compliance import optout
from compliance.evidence import Evidence, Person
from plugin_server.applying.effect import Effect, Here
from plugin_server.applying.stopping import stop
from plugin_server.store import (
    carts,
    confirmations,
    consents,
    errands,
    notices,
    people,
    subscribers,
    touches,
    traces,
)
from plugin_server.store.confirmations import Request
from sequences.confirming import terms_of
from sequences.events import TextReceived
from sequences.replying import Follows, Heard, follow
from sequences.trace import Line

ANSWER_WITHIN = timedelta(minutes=5)
"""An answer that comes later than this is no answer any more (47 CFR 64.1200(a)(12), of STOP's)."""
ASK_WITHIN = timedelta(hours=48)
"""A request for confirmation that answers nobody's cart waits this long for an allowed hour."""
_DIGITS = re.compile(r"\d(?:[ -]?\d){12,18}")


def received(here: Here, told: TextReceived) -> Effect:
    """Store it, and do what it says: STOP before everything else (OPT-01, OPT-04)."""
    # A carrier's clock may be ahead of ours: nobody answers a text of the future.
    event = replace(told, text=without_cards(told.text), at=min(told.at, here.now))
    consents.hold(here.tx)  # before any row: whoever else needs both takes the chain first
    phone = here.tx.phone(event.sender)
    assert phone is not None  # noqa: S101  (a reply has a sender)
    intent = optout.classify(event.text)
    asked = _open_request(here, phone, event.at)
    heard = _heard(here, event, intent, phone, asked)
    then = follow(heard)
    reply_id = people.keep_reply(here.tx, event, intent.kind, intent.rule, then.flag)
    if reply_id is None:
        return Effect("stale", "this reply is known", phone=phone)
    known = people.carts_with_phone(here.tx, phone)
    _obey(here, event, phone, then, asked, intent.rule)
    if then.answer:
        _answer(here, event, then.answer, reply_id, _locale(here, known))
    facts = {"rule": intent.rule, **({"read": "by a person"} if then.flag else {})}
    line = Line(at=event.at, check="reply", outcome=intent.kind, reason=then.why, facts=facts)
    traces.write_many(here.tx, [(cart_id, None, line) for cart_id in known[-1:]])
    return Effect("applied", cart_id=known[-1] if known else None, phone=phone)


def _heard(
    here: Here, event: TextReceived, intent: optout.Intent, phone: bytes, asked: Request | None
) -> Heard:
    row = people.suppression(here.tx, phone)
    confirmed = notices.last(here.tx, phone, "opt_out_confirmation")
    stopped = row.at if row is not None and row.kind != "bounced" else None
    noes = [at for at in (people.withdrawn_at(here.tx, phone), stopped) if at is not None]
    return Heard(
        intent=intent,
        at=event.at,
        suppressed=row.kind if row is not None and row.lifted_at is None else None,
        told=confirmed is not None and (row is None or row.lifted_at is None or confirmed > row.lifted_at),
        no_since=max(noes, default=None),
        lives=row is None or event.at > row.at,
        asking=asked is not None,
        helped_at=notices.last(here.tx, phone, "help_reply"),
        joins=optout.normalise(event.text) == optout.normalise(here.installed.keyword),
        carrier_answers=here.carrier_answers(event.text),
    )


def _open_request(here: Here, phone: bytes, at: datetime) -> Request | None:
    """The request that a YES would answer: sent before it, unanswered, and not older than the rule lets it be."""
    sent = confirmations.requests_to(here.tx, [phone]).get(phone, [])
    expires = terms_of(here.rulebook, ()).expires
    # Carriers tell times in whole seconds.
    earliest = timedelta(seconds=-1)
    return next(
        (r for r in reversed(sent) if r.open and r.sent_at and earliest <= at - r.sent_at <= expires), None
    )


def _obey(
    here: Here, event: TextReceived, phone: bytes, then: Follows, asked: Request | None, rule: str
) -> None:
    person = Person(reply=event.text, provider_id=event.provider_id, sender=event.recipient)
    if then.suppress:
        why = f"replied with an opt-out ({rule})"
        stop(here.tx, phone, event.sender, why, "stop", here.now, at=event.at, person=person)
    if then.lift:
        people.lift(here.tx, phone, event.at)
        subscribers.refresh(here.tx, [phone])
    if then.consent == "joined":
        consents.append(here.tx, [_joined(event, person)], here.now)
    if then.consent == "confirmed" and asked is not None:
        consents.append(here.tx, [_confirmed(here, event, person, asked)], here.now)
        confirmations.answered(here.tx, asked.id, event.at)
        touches.wake(here.tx, phone, here.now)
        errands.add(here.tx, "opt_in", event.sender, event.at)


def _joined(event: TextReceived, person: Person) -> Evidence:
    return Evidence(
        phone=event.sender,
        state="given",
        at=event.at,
        source="keyword",
        program="marketing",
        action="texted the word for signing up",
        person=person,
    )


def _confirmed(here: Here, event: TextReceived, person: Person, asked: Request) -> Evidence:
    """EV-08: the request and the reply, together, are the proof."""
    words = confirmations.text_of(here.tx, asked.id)
    said = words.get("text", "")
    return Evidence(
        phone=event.sender,
        state="given",
        at=event.at,
        source="confirmation reply",
        proven=True,
        program="cart_reminders",
        action="replied yes to our request",
        wording=said,
        locale=words.get("locale", ""),
        basis="consent",
        request={
            "id": str(asked.id),
            "text": said,
            "text_sha256": hashlib.sha256(said.encode()).hexdigest(),
            "sent_at": asked.sent_at.isoformat() if asked.sent_at else "",
            "sender": words.get("sender", ""),
        },
        person=person,
    )


def _answer(here: Here, event: TextReceived, kind: str, reply_id: int, locale: str) -> None:
    within = ASK_WITHIN if kind == "consent_request" else ANSWER_WITHIN
    notices.add(
        here.tx,
        kind,
        event.sender,
        asked_at=event.at,
        due_at=here.now,
        deadline=event.at + within,
        locale=locale,
        reply_id=reply_id,
    )


def _locale(here: Here, known: list[int]) -> str:
    """The language the person shopped in last, else the shop's."""
    cart = carts.by_id(here.tx, known[-1]) if known else None
    return (cart.cart.locale if cart and cart.cart else "") or here.installed.shop.locale


def without_cards(text: str) -> str:
    """Runs of digits that pass as a payment card's number are masked before anything is stored."""
    return _DIGITS.sub(lambda run: "•••• (card number removed)" if _luhn(run.group()) else run.group(), text)


def _luhn(run: str) -> bool:
    digits = [int(char) for char in run if char.isdigit()]
    doubled = [d if i % 2 == 0 else (2 * d - 9 if d > 4 else 2 * d) for i, d in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0
