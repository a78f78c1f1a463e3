"""Texts that answer the person's own message: what they need, and by when they must leave.

They keep no hours: whoever writes at night is awake, and a late answer is worse than none.
"""

from datetime import datetime, timedelta

from compliance.answers import Reason
from compliance.ask import Kind
from compliance.case import Case
from compliance.rules import Rule, Topic

EXPIRED = "expired"
CONFIRM_WITHIN = timedelta(minutes=5)  # 47 CFR 64.1200(a)(12)
ANSWER_WITHIN = timedelta(minutes=10)
"""Own reading: after that the person no longer waits, and the text is one that comes by itself."""

TOPICS: dict[Kind, Topic] = {
    "opt_out_confirmation": "opt_out_reply",
    "help_reply": "help_reply",
    "welcome": "opt_in_reply",
    "consent_request": "opt_in_reply",
}


def latest(case: Case) -> datetime | None:
    """Until when the answer is one: None is no limit (HELP)."""
    asked = case.asked
    if asked is None or case.ask.kind == "help_reply":
        return None
    return asked + (CONFIRM_WITHIN if case.ask.kind == "opt_out_confirmation" else ANSWER_WITHIN)


def answers_at_once(case: Case) -> bool:
    """Is it an answer to what the person wrote a moment ago? A request for confirmation need not be one."""
    asked = case.asked
    return asked is not None and timedelta(0) <= case.now - asked <= ANSWER_WITHIN


def answers_a_fresh_opt_out(case: Case) -> Reason | None:
    """FED-07, OPT-05: the one text that goes to a suppressed number, once, and at once."""
    asked = case.asked
    if case.ask.suppression is None or asked is None:
        return Reason("no_opt_out", "There is no opt-out to confirm.", case.statement("opt_out_reply"))
    if not timedelta(0) <= case.now - asked <= CONFIRM_WITHIN:
        text = f"The opt-out came at {asked:%Y-%m-%d %H:%M} UTC."
        return Reason(EXPIRED, text, case.statement("opt_out_reply"))
    return answers_once(case)


def answers_a_fresh_opt_in(case: Case) -> Reason | None:
    """CTIA Messaging Principles and Best Practices (May 2023) §5.1.2.1: an opt-in is confirmed by one text."""
    asked = case.asked
    if asked is not None and not answers_at_once(case):
        text = f"The opt-in came at {asked:%Y-%m-%d %H:%M} UTC."
        return Reason(EXPIRED, text, case.statement("opt_in_reply"))
    return not_answered_before(case)


def answers_once(case: Case) -> Reason | None:
    """One message, one reply; and only to a message."""
    if case.ask.requested_at is None:
        return Reason("nothing_to_answer", "The person did not write.", _statement(case))
    return not_answered_before(case)


def not_answered_before(case: Case) -> Reason | None:
    """One message, one reply."""
    if case.ask.already_answered:
        return Reason("already_answered", "This message was answered already.", _statement(case))
    return None


def _statement(case: Case) -> Rule:
    return case.statement(TOPICS[case.ask.kind])
