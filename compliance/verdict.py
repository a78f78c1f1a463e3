"""May we text this person now? `check` asks one question after the other; the first failure is the answer.

Refusals come before holds, and the clock comes last: country, number, sender, consent, suppression, texts for this
cart, deadline, cap, hours. Ask again right before the hand-over: every fact in `Ask` can change in between.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from compliance import calendars, checks, consent_checks, replies, windows
from compliance.answers import Allowed, Held, LocalTime, Reason, Refused, Verdict
from compliance.ask import Ask, Kind
from compliance.case import Case, open_case
from compliance.rulebook import Rulebook
from compliance.rules import Rule
from compliance.windows import Clock, Opening

MIN_TTL = 20
"""Seconds: Vonage's shortest validity of a text message."""

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
ANYONE = (checks.country_enabled, checks.number_reachable, checks.sender_fits)
CHECKS: dict[Kind, tuple[Callable[[Case], Reason | None], ...]] = {
    "cart_reminder": (
        *ANYONE,
        consent_checks.consent_stands,
        consent_checks.consent_covers_carts,
        consent_checks.consent_proven,
        consent_checks.consent_lasts,
        consent_checks.not_suppressed,
        checks.first_text_for_cart,
        checks.before_deadline,
        checks.under_cap,
    ),
    "consent_request": (
        *ANYONE,
        consent_checks.consent_may_be_asked,
        consent_checks.not_suppressed,
        checks.before_deadline,
        checks.under_cap,
        replies.not_answered_before,
    ),
    "welcome": (
        *ANYONE,
        consent_checks.consent_on_its_way,
        consent_checks.not_suppressed,
        checks.before_deadline,
        replies.answers_a_fresh_opt_in,
    ),
    "opt_out_confirmation": (*ANYONE, replies.answers_a_fresh_opt_out),
    "help_reply": (*ANYONE, replies.answers_once),
}
REPLIES: frozenset[Kind] = frozenset({"opt_out_confirmation", "help_reply"})
MAYBE_REPLIES: frozenset[Kind] = frozenset({"consent_request", "welcome"})


def check(ask: Ask, now: datetime, rulebook: Rulebook) -> Verdict:
    """The answer for one text to one number at `now` (aware UTC), with its reasons. Pure.

    Raises ValueError when `now` or a time in `ask` is naive: an hour without a zone is not a time.
    """
    case = open_case(ask, now, rulebook)
    for question in CHECKS[ask.kind]:
        reason = question(case)
        if reason:
            return Refused((reason,), rulebook.version, expired=reason.code == checks.EXPIRED)
    if ask.kind in REPLIES or (ask.kind in MAYBE_REPLIES and replies.answers_at_once(case)):
        return _reply(case)
    return _by_the_clock(case)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the clock says alone: every zone that counts, the hours around now (else the next; None where there are
    none), and the rules that make them."""

    local_times: tuple[LocalTime, ...]
    opening: Opening | None
    rules: tuple[Rule, ...]


def outlook(ask: Ask, now: datetime, rulebook: Rulebook) -> Outlook:
    """The hours in which the clock allows a text, whatever consent and all the rest say. Raises ValueError as `check`
    does."""
    case = open_case(ask, now, rulebook)
    clocks = windows.clocks(case.where, case.book)
    rules = [rule for clock in clocks for rule, _ in (*clock.local.hours, *clock.local.closed)]
    return Outlook(
        _local_times(clocks, [case.now.astimezone(calendars.zone(clock.zone)) for clock in clocks]),
        windows.next_opening(clocks, case.now),
        tuple({rule.id: rule for rule in rules}.values()),
    )


def ttl_seconds(now: datetime, window_end: datetime | None, deadline: datetime | None = None) -> int | None:
    """CART-04b: how long a carrier may try, so that no text arrives in quiet hours; None is no limit.

    Never less than 20 seconds, the shortest validity that Vonage takes.
    """
    ends = [end for end in (window_end, deadline) if end is not None]
    return max(MIN_TTL, int((min(ends) - now).total_seconds())) if ends else None


def _reply(case: Case) -> Allowed:
    """An answer to the person's own message: no hours."""
    rule = case.statement(replies.TOPICS[case.ask.kind])
    reason = Reason("reply", "It answers the person's own message.", rule)
    return Allowed(
        (reason,), case.book.version, window_end=replies.latest(case), deadline=checks.deadline(case)[0]
    )


def _by_the_clock(case: Case) -> Verdict:
    clocks, version = windows.clocks(case.where, case.book), case.book.version
    heres = [case.now.astimezone(calendars.zone(clock.local.zone)) for clock in clocks]
    times = _local_times(clocks, heres)
    found = windows.next_opening(clocks, case.now)
    if found is None:
        text = f"No hour of the next {windows.HORIZON.days} days is allowed in all of {_names(times)}."
        return Refused((Reason("no_common_window", text, case.statement("window")),), version, times)
    applied = case.together(checks.APPLY[case.ask.kind])
    if found.start <= case.now:
        reasons = _open_reasons(clocks, times)
        return Allowed(reasons, version, times, applied, window_end=found.end, deadline=_end(case))
    closed = _closed_reasons(clocks, times, heres) or _open_reasons(clocks, times)
    too_late = checks.after_deadline(case, found.start)
    if too_late:
        return Refused((too_late, *closed), version, times, expired=too_late.code == checks.EXPIRED)
    return Held(closed, version, times, applied, until=found.start)


def _end(case: Case) -> datetime | None:
    """The last instant at which the text may arrive: its deadline, or the end of the consent."""
    ends = (checks.deadline(case)[0], case.ask.consent.expires_at)
    return min((end for end in ends if end), default=None)


def _local_times(clocks: tuple[Clock, ...], heres: list[datetime]) -> tuple[LocalTime, ...]:
    """`heres`: now, by each clock."""
    return tuple(
        [
            LocalTime(clock.local.zone, f"{DAYS[here.weekday()]} {here.hour:02}:{here.minute:02}", clock.why)
            for clock, here in zip(clocks, heres, strict=True)
        ]
    )


def _closed_reasons(
    clocks: tuple[Clock, ...], times: tuple[LocalTime, ...], heres: list[datetime]
) -> tuple[Reason, ...]:
    return tuple(
        [
            Reason("quiet_hours", text, rule)
            for clock, text, here in zip(clocks, map(_says, times), heres, strict=True)
            for rule in windows.closing_rules(clock.local, here)
        ]
    )


def _open_reasons(clocks: tuple[Clock, ...], times: tuple[LocalTime, ...]) -> tuple[Reason, ...]:
    said = zip(map(_says, times), clocks, strict=True)
    return tuple([Reason("open", text, rule) for text, clock in said for rule, _ in clock.local.hours])


def _says(local: LocalTime) -> str:
    return f"It is {local.time} in {local.zone} ({local.why})."


def _names(times: tuple[LocalTime, ...]) -> str:
    return ", ".join(dict.fromkeys(local.zone for local in times))
