"""What the evidence must add up to, asked by `verdict.check`: a `Reason` is a refusal, None means go on."""

from datetime import datetime

from compliance import calendars
from compliance.answers import Reason
from compliance.case import Case
from compliance.rules import ConsentNeed, ConsentRequestNeed, Rule


def consent_stands(case: Case) -> Reason | None:
    """A withdrawal is named as such; no evidence and an unanswered confirmation request are no consent."""
    state = case.ask.consent.state
    if state == "given":
        return None
    if state == "withdrawn":
        return Reason("consent_withdrawn", "Consent was withdrawn.", case.statement("opt_out"))
    text = (
        "The request for confirmation was not answered."
        if state == "pending"
        else "There is no consent on record."
    )
    return Reason(
        f"consent_{state}" if state == "pending" else "no_consent", text, _consent_rules(case)[0][0]
    )


def consent_on_its_way(case: Case) -> Reason | None:
    """A welcome needs the opt-in that it answers: confirmed, or about to be."""
    return None if case.ask.consent.state == "pending" else consent_stands(case)


def consent_may_be_asked(case: Case) -> Reason | None:
    """DOI-01, CA-03: asking is itself a message; nobody who withdrew is asked again."""
    state = case.ask.consent.state
    if state == "withdrawn":
        return Reason("consent_withdrawn", "Consent was withdrawn.", case.statement("opt_out"))
    for rule, need in case.rules(ConsentRequestNeed):
        if state not in need.states:
            return Reason("may_not_ask_for_consent", f"The state of consent is “{state}”.", rule)
    return None


def consent_covers_carts(case: Case) -> Reason | None:
    """CART-01."""
    for rule, need in _consent_rules(case):
        if need.scope == "cart_reminders" and case.ask.consent.scope != "cart_reminders":
            return Reason("consent_scope", "The wording on record does not name cart reminders.", rule)
    return None


def consent_proven(case: Case) -> Reason | None:
    """CART-02, FED-01, EV-10: where the law asks the sender for proof, a platform's flag is not enough."""
    for rule, need in _consent_rules(case):
        if need.proven and not case.ask.consent.proven:
            source = case.ask.consent.source or "an unknown source"
            return Reason(
                "consent_unproven", f"Consent comes from {source}, without a confirmation on record.", rule
            )
    return None


def consent_lasts(case: Case) -> Reason | None:
    """EV-09: implied consent ends by itself."""
    end = case.ask.consent.expires_at
    if end is None or case.now < end:
        return None
    return ended(case, end)


def not_suppressed(case: Case) -> Reason | None:
    """OPT-04: the shop's own list is the authority."""
    suppression = case.ask.suppression
    if suppression is None:
        return None
    text = f"The number opted out on {calendars.utc(suppression.since):%Y-%m-%d} ({suppression.why})."
    return Reason("suppressed", text, case.statement("opt_out"))


def ended(case: Case, end: datetime) -> Reason:
    text = f"Consent ended on {calendars.utc(end):%Y-%m-%d %H:%M} UTC."
    return Reason("consent_expired", text, _consent_rules(case)[0][0])


def _consent_rules(case: Case) -> tuple[tuple[Rule, ConsentNeed], ...]:
    """Never empty behind `country_enabled`: the book refuses an enabled place without one."""
    return case.rules(ConsentNeed)
