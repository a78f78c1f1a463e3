"""May we text this person now? `check` asks one question after the other; the first failure is the answer.

Refusals come before holds, and the clock comes last: country, number, consent, suppression, texts for this
cart, deadline, cap, hours. Ask again right before the hand-over: every fact in `Ask` can change in between.
"""

from collections.abc import Callable
from datetime import datetime

from compliance import calendars, checks, windows
from compliance.answers import Allowed, Held, LocalTime, Reason, Refused, Verdict
from compliance.ask import Ask, Kind
from compliance.checks import Case
from compliance.rulebook import Rulebook

MIN_TTL = 20
"""Seconds: Vonage's shortest validity of a text message."""

CHECKS: dict[Kind, tuple[Callable[[Case], Reason | None], ...]] = {
    "cart_reminder": (
        checks.country_enabled,
        checks.number_reachable,
        checks.consent_stands,
        checks.consent_covers_carts,
        checks.consent_proven,
        checks.not_suppressed,
        checks.first_text_for_cart,
        checks.before_deadline,
        checks.under_cap,
    ),
    "consent_request": (
        checks.country_enabled,
        checks.number_reachable,
        checks.consent_may_be_asked,
        checks.not_suppressed,
        checks.before_deadline,
        checks.under_cap,
    ),
    "opt_out_confirmation": (checks.country_enabled, checks.number_reachable, checks.answers_a_fresh_opt_out),
    "help_reply": (checks.country_enabled, checks.number_reachable, checks.answers_once),
}
REPLIES: frozenset[Kind] = frozenset({"opt_out_confirmation", "help_reply"})


def check(ask: Ask, now: datetime, rulebook: Rulebook) -> Verdict:
    """The answer for one text to one number at `now` (aware UTC), with its reasons. Pure.

    Raises ValueError when `now` is naive: an hour without a zone is not a time.
    """
    if now.tzinfo is None:
        raise ValueError("`now` must be an aware datetime in UTC")
    case = checks.open_case(ask, now, rulebook)
    for question in CHECKS[ask.kind]:
        reason = question(case)
        if reason:
            return Refused((reason,), rulebook.version, expired=reason.code == checks.EXPIRED)
    return _reply(case) if ask.kind in REPLIES else _by_the_clock(case)


def ttl_seconds(now: datetime, window_end: datetime | None, deadline: datetime | None = None) -> int | None:
    """CART-04b: how long a carrier may try, so that no text arrives in quiet hours; None is no limit.

    Never less than 20 seconds, the shortest validity that Vonage takes.
    """
    ends = [end for end in (window_end, deadline) if end is not None]
    return max(MIN_TTL, int((min(ends) - now).total_seconds())) if ends else None


def _reply(case: Case) -> Allowed:
    """An answer to the person's own message: no consent, no hours, no cap."""
    topic = checks.REPLY_TOPICS[case.ask.kind]
    reason = Reason("reply", "It answers the person's own message.", case.statement(topic))
    late = None if case.ask.requested_at is None else case.ask.requested_at + checks.CONFIRM_WITHIN
    end = late if case.ask.kind == "opt_out_confirmation" else None
    return Allowed((reason,), case.book.version, window_end=end)


def _by_the_clock(case: Case) -> Verdict:
    zones = windows.local_hours(case.candidates, case.book)
    opening = windows.next_opening(zones, case.now)
    version, times = case.book.version, _local_times(zones, case.now)
    if opening is None:
        text = f"No hour of the next {windows.HORIZON.days} days is allowed in all of {_names(times)}."
        return Refused((Reason("no_common_window", text, case.statement("window")),), version, times)
    if opening.start <= case.now:
        end = checks.deadline(case)[0]
        return Allowed(_open_reasons(zones, times), version, times, window_end=opening.end, deadline=end)
    closed = _closed_reasons(zones, case.now) or _open_reasons(zones, times)
    too_late = checks.after_deadline(case, opening.start)
    if too_late:
        return Refused((too_late, *closed), version, times, expired=True)
    return Held(closed, version, times, until=opening.start)


def _local_times(zones: tuple[windows.LocalHours, ...], now: datetime) -> tuple[LocalTime, ...]:
    return tuple(
        LocalTime(zone.zone, now.astimezone(calendars.zone(zone.zone)).strftime("%a %H:%M"), zone.why)
        for zone in zones
    )


def _closed_reasons(zones: tuple[windows.LocalHours, ...], now: datetime) -> tuple[Reason, ...]:
    return tuple(
        Reason("quiet_hours", f"It is {local.time} in {local.zone} ({local.why}).", rule)
        for zone, local in zip(zones, _local_times(zones, now), strict=True)
        for rule in windows.closing_rules(zone, now)
    )


def _open_reasons(zones: tuple[windows.LocalHours, ...], times: tuple[LocalTime, ...]) -> tuple[Reason, ...]:
    return tuple(
        Reason("open", f"It is {local.time} in {local.zone} ({local.why}).", rule)
        for zone, local in zip(zones, times, strict=True)
        for rule, _ in zone.hours
    )


def _names(times: tuple[LocalTime, ...]) -> str:
    return ", ".join(dict.fromkeys(local.zone for local in times))
