"""The questions `verdict.check` asks, one function each: a `Reason` is a refusal, None means go on."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from compliance import places, zones
from compliance.answers import Reason
from compliance.ask import Ask, Kind
from compliance.phones import NotAPhone, Phone, mask, parse
from compliance.rulebook import Rulebook
from compliance.rules import Cap, ConsentNeed, ConsentRequestNeed, Deadline, PerCart, Rule, Topic

EXPIRED = "expired"
CONFIRM_WITHIN = timedelta(minutes=5)  # 47 CFR 64.1200(a)(12)
REPLY_TOPICS: dict[Kind, Topic] = {"opt_out_confirmation": "opt_out_reply", "help_reply": "help_reply"}


@dataclass(frozen=True, slots=True)
class Case:
    """The question and what follows from it: the number, the places whose rules hold, the zones."""

    ask: Ask
    now: datetime
    book: Rulebook
    phone: Phone | NotAPhone
    candidates: tuple[zones.Candidate, ...]
    places: tuple[str, ...]

    def statement(self, topic: Topic) -> Rule:
        """The rule to name for a check without a number."""
        return self.book.statement(self.places, topic)


def open_case(ask: Ask, now: datetime, book: Rulebook) -> Case:
    """Everything that can be said before the first question."""
    phone = parse(ask.phone)
    found: tuple[zones.Candidate, ...] = ()
    if isinstance(phone, Phone):
        found = zones.candidates(phone, ask.country, ask.region, ask.postcode, ask.browser_zone)
    by_number = (phone.country,) if phone.country else ()
    by_zone = (place for candidate in found for place in candidate.places)
    by_address = places.of_address(ask.country, ask.region, ask.postcode)
    return Case(ask, now, book, phone, found, tuple(dict.fromkeys((*by_zone, *by_number, *by_address))))


def country_enabled(case: Case) -> Reason | None:
    """INT-01, of the number and of the address: the person may be in either country."""
    for place in case.places:
        country = places.country_of(place)
        if not case.book.enabled(country):
            return Reason(
                "country_not_enabled", f"{country} is not enabled.", case.book.statement((country,), "gate")
            )
    return None


def number_reachable(case: Case) -> Reason | None:
    """TZ-06."""
    if isinstance(case.phone, NotAPhone):
        text = f"{case.phone.raw_masked} cannot be texted ({case.phone.reason.replace('_', ' ')})."
        return Reason("number_not_reachable", text, case.statement("number"))
    if not case.candidates:
        text = f"The time zone of {mask(case.phone.e164)} is not known."
        return Reason("zone_unknown", text, case.statement("number"))
    return None


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


def consent_may_be_asked(case: Case) -> Reason | None:
    """DOI-01, CA-03: asking is itself a message; nobody who withdrew is asked again."""
    state = case.ask.consent.state
    if state == "withdrawn":
        return Reason("consent_withdrawn", "Consent was withdrawn.", case.statement("opt_out"))
    for rule, need in case.book.find(case.places, ConsentRequestNeed):
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


def not_suppressed(case: Case) -> Reason | None:
    """OPT-04: the shop's own list is the authority."""
    suppression = case.ask.suppression
    if suppression is None:
        return None
    text = f"The number opted out on {suppression.since:%Y-%m-%d} ({suppression.why})."
    return Reason("suppressed", text, case.statement("opt_out"))


def first_text_for_cart(case: Case) -> Reason | None:
    """CART-03. A hand-over whose outcome is unknown counts as sent."""
    for rule, limit in case.book.find(case.places, PerCart):
        if case.ask.texts_for_cart >= limit.max_texts:
            text = f"{case.ask.texts_for_cart} sent for this cart already."
            return Reason("second_text_for_cart", text, rule)
    return None


def before_deadline(case: Case) -> Reason | None:
    """CART-04, and the sequence's own deadline."""
    if case.ask.kind == "cart_reminder" and case.ask.abandoned_at is None:
        for rule, _ in case.book.find(case.places, Deadline):
            return Reason("abandonment_unknown", "It is not known when the cart was left.", rule)
    return after_deadline(case, case.now)


def after_deadline(case: Case, moment: datetime) -> Reason | None:
    """The reason why `moment` is too late, if it is. The deadline itself is still in time."""
    end, rule = deadline(case)
    if end is None or moment <= end:
        return None
    when = f"{moment:%Y-%m-%d %H:%M} UTC"
    text = f"It is {when}" if moment == case.now else f"The next allowed hour begins at {when}"
    return Reason(EXPIRED, f"{text}, after the deadline of {end:%Y-%m-%d %H:%M}.", rule)


def deadline(case: Case) -> tuple[datetime | None, Rule]:
    """The earliest of the sequence's and the rules' deadlines, and the rule that sets it."""
    own = case.statement("deadline")
    ends = [(case.ask.deadline, own)] if case.ask.deadline else []
    if case.ask.kind == "cart_reminder" and case.ask.abandoned_at:
        for rule, limit in case.book.find(case.places, Deadline):
            ends.append((case.ask.abandoned_at + limit.after_abandonment, rule))
    return min(ends, key=lambda end: end[0], default=(None, own))


def under_cap(case: Case) -> Reason | None:
    """ST-03 and the states' own: the text is skipped, not moved to tomorrow."""
    for rule, limit in case.book.find((*case.places, "*"), Cap):
        if case.ask.texts_last_24h >= limit.max_texts:
            text = f"{case.ask.texts_last_24h} texts went to this number in the last 24 hours."
            return Reason("cap_24h", text, rule)
    return None


def answers_a_fresh_opt_out(case: Case) -> Reason | None:
    """FED-07, OPT-05: the one text that goes to a suppressed number, once, and at once."""
    asked = case.ask.requested_at
    if case.ask.suppression is None or asked is None:
        return Reason("no_opt_out", "There is no opt-out to confirm.", case.statement("opt_out_reply"))
    if not timedelta(0) <= case.now - asked <= CONFIRM_WITHIN:
        text = f"The opt-out came at {asked:%Y-%m-%d %H:%M} UTC."
        return Reason(EXPIRED, text, case.statement("opt_out_reply"))
    return answers_once(case)


def answers_once(case: Case) -> Reason | None:
    """One message, one reply; and only to a message."""
    topic = REPLY_TOPICS[case.ask.kind]
    if case.ask.requested_at is None:
        return Reason("nothing_to_answer", "The person did not write.", case.statement(topic))
    if case.ask.already_answered:
        return Reason("already_answered", "This message was answered already.", case.statement(topic))
    return None


def _consent_rules(case: Case) -> tuple[tuple[Rule, ConsentNeed], ...]:
    """Never empty behind `country_enabled`: the book refuses an enabled place without one."""
    return case.book.find(case.places, ConsentNeed)
