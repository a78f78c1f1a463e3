"""The questions `verdict.check` asks, one function each: a `Reason` is a refusal, None means go on."""

from datetime import datetime

from compliance import calendars
from compliance.answers import Reason
from compliance.ask import Kind
from compliance.case import Case
from compliance.consent_checks import ended
from compliance.phones import NotAPhone, mask
from compliance.rules import (
    Cap,
    ClosedDays,
    ConsentNeed,
    ConsentRequestNeed,
    Deadline,
    Hours,
    PerCart,
    Rule,
    SenderNeed,
    Value,
)

EXPIRED = "expired"
APPLY: dict[Kind, tuple[type[Value], ...]] = {
    "cart_reminder": (Hours, ClosedDays, ConsentNeed, PerCart, Deadline, Cap, SenderNeed),
    "consent_request": (Hours, ClosedDays, ConsentRequestNeed, Cap, SenderNeed),
    "welcome": (Hours, ClosedDays, SenderNeed),
}
"""Sorts of rules with a say in a text that keeps hours."""

TAKES_NO_TEXTS = frozenset({"landline", "toll_free", "premium_rate", "pager"})


def country_enabled(case: Case) -> Reason | None:
    """INT-01, of the number and of the address: the person may be in either country."""
    for country in case.where.countries:
        if not case.book.enabled(country):
            return Reason(
                "country_not_enabled", f"{country} is not enabled.", case.book.statement((country,), "gate")
            )
    return None


def number_reachable(case: Case) -> Reason | None:
    """TZ-06. Whoever just wrote from it can also read there, whatever a look-up says."""
    if isinstance(case.phone, NotAPhone):
        text = f"{case.phone.raw_masked} cannot be texted ({case.phone.reason.replace('_', ' ')})."
        return Reason("number_not_reachable", text, case.statement("number"))
    line = case.ask.line_type
    if line in TAKES_NO_TEXTS and case.ask.requested_at is None:
        text = f"{mask(case.phone.e164)} is known to be of the kind {line!r}: it takes no texts."
        return Reason("number_not_reachable", text, case.statement("number"))
    if not case.where.candidates:
        text = f"The time zone of {mask(case.phone.e164)} is not known."
        return Reason("zone_unknown", text, case.statement("number"))
    return None


def sender_fits(case: Case) -> Reason | None:
    """AU-02, SG-01, IE-01, CONT-10: a name as the sender may be impossible, or need a place in a register. Of a number
    nobody can tell from here whether it is registered."""
    sender = case.ask.sender
    if not any(map(str.isalpha, sender)):
        return None
    for rule, need in case.rules(SenderNeed):
        if need.alphanumeric == "refused":
            return Reason("sender_not_possible", f"The sender {sender!r} is a name, not a number.", rule)
        if need.alphanumeric == "registered" and not case.ask.sender_registered:
            return Reason("sender_not_registered", f"The sender {sender!r} is not in the register.", rule)
    return None


def first_text_for_cart(case: Case) -> Reason | None:
    """CART-03. A hand-over whose outcome is unknown counts as sent."""
    for rule, limit in case.rules(PerCart):
        if case.ask.texts_for_cart >= limit.max_texts:
            text = f"{case.ask.texts_for_cart} sent for this cart already."
            return Reason("second_text_for_cart", text, rule)
    return None


def before_deadline(case: Case) -> Reason | None:
    """CART-04, and the sequence's own deadline."""
    if case.ask.kind == "cart_reminder" and case.ask.abandoned_at is None:
        for rule, _ in case.rules(Deadline):
            return Reason("abandonment_unknown", "It is not known when the cart was left.", rule)
    return after_deadline(case, case.now)


def after_deadline(case: Case, moment: datetime) -> Reason | None:
    """The reason why `moment` is too late, if it is. The deadline itself is still in time."""
    end, rule = deadline(case)
    if end is not None and moment > end:
        when = f"{moment:%Y-%m-%d %H:%M} UTC"
        text = f"It is {when}" if moment == case.now else f"The next allowed hour begins at {when}"
        return Reason(EXPIRED, f"{text}, after the deadline of {end:%Y-%m-%d %H:%M}.", rule or _own(case))
    expiry = case.ask.consent.expires_at
    if expiry is not None and moment >= expiry:
        return ended(case, expiry)
    return None


def deadline(case: Case) -> tuple[datetime | None, Rule | None]:
    """The earliest of the sequence's and the rules' deadlines, and the rule that sets it (None: the sequence)."""
    end, by = case.ask.deadline and calendars.utc(case.ask.deadline), None
    left = case.ask.abandoned_at
    if case.ask.kind == "cart_reminder" and left:
        for rule, limit in case.rules(Deadline):
            latest = calendars.utc(left) + limit.after_abandonment
            if end is None or latest < end:
                end, by = latest, rule
    return end, by


def under_cap(case: Case) -> Reason | None:
    """ST-03 and the states' own: the text is skipped, not moved to tomorrow."""
    for rule, limit in case.rules(Cap):
        if case.ask.texts_last_24h >= limit.max_texts:
            text = f"{case.ask.texts_last_24h} texts went to this number in the last 24 hours."
            return Reason("cap_24h", text, rule)
    return None


def _own(case: Case) -> Rule:
    return case.statement("deadline")
