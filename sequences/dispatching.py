"""The decision about one due touch: send, hold, skip or let it expire, each with its reason and its trace.

The order is fixed and the first answer stands: is the cart still waiting, what does the store say, is it in time, do
the person's other carts allow it, does another tool text them, may we text this person now, are they in the holdout.
The holdout comes last, so that those who got nothing are people who could have got a text.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from compliance.answers import Allowed, Held, Refused
from compliance.ask import Ask, ConsentView, Suppression
from compliance.phones import parse
from compliance.rulebook import Rulebook
from compliance.verdict import MIN_TTL, check, ttl_seconds
from compliance.zones import locate
from sequences.cart import Cart
from sequences.confirming import SHORTEST, UNCONFIRMED, Asked, next_step, terms_of
from sequences.decisions import AskFirst, Decision, Hold, Send, Skip
from sequences.engine import CartState, back_off
from sequences.one_plan import Person, one_plan
from sequences.ports import Look
from sequences.standing_down import RULE as STAND_DOWN
from sequences.standing_down import Others
from sequences.trace import Line

__all__ = ["LONGEST_TTL", "AskFirst", "Decision", "Hold", "Send", "Situation", "Skip", "decide"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Everything the decision rests on, as known inside the transaction that commits it."""

    cart: Cart | None
    state: CartState
    left_at: datetime
    deadline: datetime
    look: Look
    consent: ConsentView
    suppression: Suppression | None
    texts_for_cart: int
    texts_last_day: int
    arm: Literal["treated", "holdout"]
    tries: int = 0
    send_blind: bool = False
    double_opt_in: bool = True
    store_consent: bool = False
    platform: str = ""
    sender: str = ""
    sender_registered: bool = False
    asked: tuple[Asked, ...] = ()
    person: Person = field(default_factory=Person)
    others: Others = field(default_factory=Others)


LONGEST_TTL = timedelta(hours=4)  # Vonage's advice for promotional texts: support article 5671771052060


def decide(s: Situation, now: datetime, rulebook: Rulebook) -> tuple[Decision, tuple[Line, ...]]:
    """The decision and the trace of how it came about. Pure."""
    trace: list[Line] = []
    for question in (_cart_waits, _store_agrees, _in_time):
        answer, line = question(s, now)
        trace.append(line)
        if answer is not None:
            return answer, tuple(trace)
    for objection in filter(None, (one_plan(s.person, s.deadline, now), _stands_down(s, now))):
        trace.append(objection[1])
        if objection[0] is not None:
            return objection[0], tuple(trace)
    verdict = check(_ask(s), now, rulebook)
    decision = _judged(verdict, now)
    if isinstance(decision, Send):
        decision = replace(decision, places=_places(_ask(s)))
    trace.append(_verdict_line(verdict, decision, s, now))
    if isinstance(verdict, Refused) and verdict.code in UNCONFIRMED and s.double_opt_in:
        decision, line = _confirmation(s, verdict, now, rulebook)
        trace.append(line)
    if isinstance(decision, Send | AskFirst):
        trace.append(Line(at=now, check="experiment", outcome=s.arm))
        if s.arm == "holdout":
            decision = HELD_OUT
    return decision, tuple(trace)


HELD_OUT = Skip("holdout: this cart gets no text, so that what texts cause can be measured", "holdout")


def _confirmation(s: Situation, verdict: Refused, now: datetime, rulebook: Rulebook) -> tuple[Decision, Line]:
    """Consent is there, but not confirmed: ask, wait for the answer, or give up."""
    rule = verdict.reasons[0].rule
    step = next_step(s.asked, s.consent.given_at, terms_of(rulebook, (rule.place,)), now)
    line = Line(at=now, check="confirmation", outcome=step.what, reason=step.why, facts={"rule": rule.id})
    if step.what == "stop":
        return Skip(step.why, rule.id), line
    if step.what == "wait":
        return Hold(min(s.deadline, step.until or s.deadline), step.why, rule.id), line
    may = check(replace(_ask(s), kind="consent_request"), now, rulebook)
    if not isinstance(may, Allowed):
        return _judged(may, now), replace(line, outcome="may not ask", reason=" ".join(may.sentences()))
    if s.deadline - now < SHORTEST:
        late = "too late to ask the shopper and wait for an answer"
        return Skip(late, rule.id, "expired"), replace(line, outcome="stop", reason=late)
    return AskFirst(s.deadline, "the shopper was asked to confirm", rule.id), line


Answer = tuple[Decision | None, Line]


def _cart_waits(s: Situation, now: datetime) -> Answer:
    if s.state == "abandoned" and s.cart is not None:
        return None, Line(at=now, check="cart", outcome="waiting")
    reason = f"the cart is {s.state}"
    return Skip(reason, state="cancelled"), Line(at=now, check="cart", outcome="cancelled", reason=reason)


def _store_agrees(s: Situation, now: datetime) -> Answer:
    look = s.look
    facts = {"order": look.order_key} if look.order_key else {}
    line = Line(at=now, check="last look", outcome=look.state, reason=look.detail, facts=facts)
    if look.state == "open":
        return None, line
    if look.state == "bought":
        return Skip("the store says it was bought", "last look"), line
    if look.state == "gone":
        return Skip("the store has no such cart any more", "last look"), line
    if s.send_blind:
        return None, replace(line, outcome="blind", reason=f"{look.detail}; the shop sends all the same")
    return Hold(now + back_off(s.tries + 1), f"the store can't be asked: {look.detail}", "last look"), line


def _in_time(s: Situation, now: datetime) -> Answer:
    if now < s.deadline:
        return None, Line(at=now, check="deadline", outcome="in time")
    line = Line(at=now, check="deadline", outcome="expired", reason=f"it was {s.deadline:%Y-%m-%d %H:%M} UTC")
    return Skip("its deadline passed", "deadline", state="expired"), line


def _stands_down(s: Situation, now: datetime) -> Answer | None:
    """None: no other tool is known to write to this shop's shoppers."""
    if not s.others.names:
        return None
    line = Line(at=now, check="other tools", outcome="skipped", reason=s.others.reason)
    if s.others.stands_down:
        return Skip(f"{s.others.reason}: nobody gets two", STAND_DOWN), line
    return None, replace(line, outcome="texted all the same")


def _ask(s: Situation) -> Ask:
    cart = s.cart
    assert cart is not None and cart.contact.phone is not None  # noqa: S101  (only such carts get touches)
    address = cart.shipping or cart.billing
    return Ask(
        phone=cart.contact.phone,
        consent=_relied_on(s),
        country=address.country or None if address else None,
        region=address.region or None if address else None,
        postcode=address.postcode or None if address else None,
        browser_zone=cart.browser_zone or None,
        suppression=s.suppression,
        abandoned_at=s.left_at,
        deadline=s.deadline,
        texts_for_cart=s.texts_for_cart,
        texts_last_24h=s.texts_last_day,
        sender=s.sender,
        sender_registered=s.sender_registered,
    )


def _places(ask: Ask) -> tuple[str, ...]:
    return locate(parse(ask.phone), ask.country, ask.region, ask.postcode, ask.browser_zone).places


def _relied_on(s: Situation) -> ConsentView:
    """The store's claim counts as proof only where the merchant vouched for it; and never after an opt-out, when the
    programme must be confirmed anew (OPT-09)."""
    from_store = (s.consent.source or "").startswith(s.platform)
    if not s.store_consent or s.consent.state != "given" or s.consent.renewed or not from_store:
        return s.consent
    source = f"{s.consent.source or 'the store'}, vouched for by the merchant"
    return replace(s.consent, proven=True, scope="cart_reminders", source=source)


def _judged(verdict: Allowed | Held | Refused, now: datetime) -> Decision:
    if isinstance(verdict, Allowed):
        longest = now + LONGEST_TTL
        ends = [e for e in (verdict.window_end, verdict.deadline) if e is not None]
        if min([longest, *ends]) - now < timedelta(seconds=MIN_TTL):
            # The carrier can't be told to give up that soon: the text might arrive in quiet hours.
            return Hold(min(ends), "the window closes before a text could surely arrive", "CART-04b")
        return Send(ttl_seconds(now, min([longest, *ends])) or MIN_TTL, verdict)
    first = verdict.reasons[0]
    if isinstance(verdict, Held):
        return Hold(verdict.until, first.text, first.rule.id)
    state: Literal["expired", "skipped"] = "expired" if verdict.expired else "skipped"
    return Skip(first.text, first.rule.id, state)


def _verdict_line(verdict: Allowed | Held | Refused, decision: Decision, s: Situation, now: datetime) -> Line:
    outcome = {Allowed: "allowed", Held: "held", Refused: "refused"}[type(verdict)]
    facts: dict[str, object] = {
        "rules": [rule.id for rule in verdict.rules],
        "rulebook": verdict.rulebook_version,
        "local_times": {t.zone: t.time for t in verdict.local_times},
        "consent": _relied_on(s).source or "none",
    }
    if isinstance(decision, Hold):
        facts["until"] = decision.until.isoformat()
    return Line(
        at=now, check="compliance", outcome=outcome, reason=" ".join(verdict.sentences()), facts=facts
    )
