"""A verdict as data, and in sentences for people."""

from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any
from zoneinfo import ZoneInfo

from compliance.answers import Allowed, Held, Reason, Refused, Verdict
from compliance.ask import Ask
from compliance.phones import mask
from compliance.verdict import Outlook, ttl_seconds
from compliance.windows import Opening

HEADLINES = {
    "allowed": "Yes, until {end}",
    "held": "Not now: not before {until}",
    "refused": "No",
    "expired": "No: it is too late",
}


def as_data(
    ask: Ask, at: datetime, verdict: Verdict, hours: Outlook, notes: tuple[str, ...]
) -> dict[str, Any]:
    """What `may-text --json` prints. Instants are UTC and end in Z; `window_local` is by the clocks on the wall."""
    zones = tuple(dict.fromkeys(local.zone for local in hours.local_times))
    end = _must_arrive_by(verdict) if isinstance(verdict, Allowed) else None
    return {
        "verdict": _word(verdict),
        "until": _z(verdict.until) if isinstance(verdict, Held) else None,
        "window_utc": [_z(hours.opening.start), _z(hours.opening.end)] if hours.opening else None,
        "window_local": {zone: _local(hours.opening, zone) for zone in zones} if hours.opening else None,
        "zones": list(zones),
        "rules": [rule.id for rule in verdict.rules],
        "reasons": [_reason(reason) for reason in verdict.reasons],
        "phone": mask(ask.phone),
        "at": _z(at),
        "must_arrive_by": _z(end) if end else None,
        "ttl_seconds": ttl_seconds(at, end),
        "notes": list(notes),
        "rulebook": verdict.rulebook_version,
        "tzdata": version("tzdata"),
    }


def in_words(told: dict[str, Any]) -> str:
    """The same for people."""
    headline = HEADLINES[told["verdict"]].format(
        end=told["must_arrive_by"] or "any time", until=told["until"]
    )
    lines = [f"{told['phone']} at {told['at']}: {headline}."]
    lines += [f"  {r['text']} {r['rule_text']} [{r['rule']}: {r['source']}]" for r in told["reasons"]]
    if told["window_utc"]:
        lines.append(f"Hours by the clock: {' to '.join(told['window_utc'])}.")
        lines += [f"  {zone}: {start} to {end}" for zone, (start, end) in told["window_local"].items()]
    lines.append(f"Rules: {', '.join(told['rules'])}.")
    lines += [f"Note: {note}." for note in told["notes"]]
    lines.append(f"Rulebook {told['rulebook']}, tzdata {told['tzdata']}. No legal advice.")
    return "\n".join(lines)


def _must_arrive_by(verdict: Allowed) -> datetime | None:
    return min((end for end in (verdict.window_end, verdict.deadline) if end), default=None)


def _word(verdict: Verdict) -> str:
    if isinstance(verdict, Refused):
        return "expired" if verdict.expired else "refused"
    return "allowed" if isinstance(verdict, Allowed) else "held"


def _reason(reason: Reason) -> dict[str, str]:
    return {
        "code": reason.code,
        "text": reason.text,
        "rule": reason.rule.id,
        "rule_text": reason.rule.text,
        "source": reason.rule.source,
    }


def _z(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _local(opening: Opening, zone: str) -> list[str]:
    here = ZoneInfo(zone)
    return [f"{moment.astimezone(here):%Y-%m-%d %H:%M}" for moment in (opening.start, opening.end)]
