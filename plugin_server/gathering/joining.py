"""Signing up, whichever way: keep what was said, then ask for the confirmation, welcome, or stay silent.

The page, the API and the keyword lead to the same evidence and the same texts. Nothing here lifts an opt-out: only the
person can, by a text from their own phone (OPT-09); on a page anybody may type anybody's number.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from compliance import zones
from compliance.ask import ConsentView
from compliance.consent import scope_of
from compliance.evidence import Evidence, Person
from compliance.phones import Phone
from compliance.rulebook import Rulebook
from compliance.rules import ConsentNeed
from plugin_server.jobs import situations
from plugin_server.store import confirmations, consents, notices
from plugin_server.store.shops import Installed
from plugin_server.store.tx import Tx
from sequences.confirming import Asked, next_step, terms_of

ASK_WITHIN = timedelta(hours=48)
"""How long a request or a welcome waits for an allowed hour; and the oldest act that still leads to a text."""
WELCOMES_APART = timedelta(hours=24)

State = Literal["asked", "welcomed", "already", "waiting", "opted_out", "recorded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUp:
    """What a person did to get texts. `at`: of the act. `mark`: what makes this act unlike any other, if the way has
    such a thing; with it the same act is kept once. `version`: like "sign-up page/en/3"."""

    phone: Phone
    at: datetime
    source: str
    action: str
    wording: str
    locale: str = ""
    version: str = ""
    form: str = ""
    url: str = ""
    mark: str = ""
    person: Person = field(default_factory=Person, repr=False)


@dataclass(frozen=True, slots=True)
class Joined:
    """What followed. `kept`: the evidence is new; `state`: `asked` and `welcomed`: a text is planned; `waiting`: one
    was asked before and the answer is awaited; `recorded`: kept, and no text follows, `why` says the reason."""

    state: State
    kept: bool
    why: str


def join(tx: Tx, installed: Installed, rulebook: Rulebook, signup: SignUp, now: datetime) -> Joined:
    """Everything in the caller's transaction. The caller has checked that the country may be texted."""
    phone = tx.phone(signup.phone.e164)
    assert phone is not None  # noqa: S101  (a Phone has a number)
    consents.hold(tx)  # two sign-ups of one number at one moment: the second sees the first
    before = situations.of_number(tx, phone, signup.phone.e164, None, now)
    if signup.mark and _known(tx, phone, signup):
        return Joined("already", False, "this very act is kept")
    barred = before.suppression is not None or before.consent.state == "withdrawn"
    # Who types a number isn't known to own it: after a no it is written down, and gives nothing.
    act = replace(_evidence(signup), state="noted") if barred else _evidence(signup)
    kept = consents.append(tx, [act], now) > 0
    if barred:
        return Joined(
            "opted_out", kept, "the number opted out: only its owner can end that, by texting START"
        )
    if now - signup.at > ASK_WITHIN:
        return Joined(
            "recorded", kept, f"the act is older than {ASK_WITHIN.total_seconds() / 3600:.0f} hours"
        )
    locale = signup.locale or installed.shop.locale
    if needs_proof(rulebook, signup.phone):
        state, why = _ask(tx, rulebook, signup, phone, before.consent, locale, now)
    else:
        state, why = _welcome(tx, signup, phone, before.consent, locale, now)
    return Joined(state, kept, why)


def needs_proof(rulebook: Rulebook, phone: Phone) -> bool:
    """Do the rules want a confirmed consent where this number may be (CART-02)?"""
    return any(need.proven for _, need in rulebook.find(_places(phone), ConsentNeed))


def _places(phone: Phone) -> tuple[str, ...]:
    """All places that the number speaks for: its country, and what its area code may lie in."""
    by_zone = (place for candidate in zones.candidates(phone) for place in candidate.places)
    return tuple(dict.fromkeys((*by_zone, phone.country)))


def _known(tx: Tx, phone: bytes, signup: SignUp) -> bool:
    row = tx.one(
        "SELECT 1 FROM consents WHERE shop_id = :shop_id AND phone_hash = :phone AND source = :source"
        " AND CAST(facts AS jsonb) ->> 'note' = :mark LIMIT 1",
        phone=phone,
        source=signup.source,
        mark=signup.mark,
    )
    return row is not None


def _evidence(signup: SignUp) -> Evidence:
    return Evidence(
        phone=signup.phone.e164,
        state="given",
        at=signup.at,
        source=signup.source,
        program=scope_of(signup.wording),
        action=signup.action,
        wording=signup.wording,
        wording_version=signup.version,
        locale=signup.locale,
        form=signup.form,
        url=signup.url,
        basis="consent",
        jurisdiction=signup.phone.country,
        note=signup.mark,
        person=signup.person,
    )


def _ask(
    tx: Tx, book: Rulebook, signup: SignUp, phone: bytes, consent: ConsentView, locale: str, now: datetime
) -> tuple[State, str]:
    if consent.state == "given" and consent.proven and consent.scope == "cart_reminders":
        return "already", "the consent is confirmed"
    requests = confirmations.requests_to(tx, [phone]).get(phone, [])
    asked = tuple(Asked(at=r.sent_at or r.asked_at, open=r.open, waiting=r.waiting) for r in requests)
    then = next_step(asked, signup.at, terms_of(book, _places(signup.phone)), now)
    if then.what != "ask":
        return ("waiting" if then.what == "wait" else "recorded"), then.why
    if not _plan(tx, "consent_request", signup, locale, now):
        return "waiting", "the shopper was asked to confirm"
    return "asked", then.why


def _welcome(
    tx: Tx, signup: SignUp, phone: bytes, consent: ConsentView, locale: str, now: datetime
) -> tuple[State, str]:
    if consent.state == "given":
        return "already", "consent is on record"
    last = notices.last(tx, phone, "welcome")
    if last is not None and now - last < WELCOMES_APART:
        return "already", "was welcomed a moment ago"
    _plan(tx, "welcome", signup, locale, now)
    return "welcomed", "no confirmation is needed there"


def _plan(tx: Tx, kind: str, signup: SignUp, locale: str, now: datetime) -> bool:
    return notices.add(
        tx,
        kind,
        signup.phone.e164,
        asked_at=signup.at,
        due_at=now,
        deadline=now + ASK_WITHIN,
        locale=locale,
    )
