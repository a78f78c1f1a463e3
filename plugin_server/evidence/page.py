"""evidence.html: the export for people. It needs nothing but itself, and prints well."""

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from compliance import zones
from compliance.evidence_checks import Report, facts_of
from compliance.phones import parse
from plugin_server.evidence.form import line_in

_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
)
STATES = {
    "given": "The person agreed.",
    "withdrawn": "The person took consent back, or their consent ended at the store.",
    "pending": "The store asked for confirmation and had none yet.",
    "requested": "We asked the person to confirm. Changes nothing by itself.",
    "noted": "Written down because it was said. Changes nothing.",
}
FACTS = {
    "program": "what for",
    "action": "what the person did",
    "level": "opt-in level, as the store names it",
    "form": "form",
    "url": "page",
    "wording_version": "version of the wording",
    "wording_sha256": "SHA-256 of the wording",
    "locale": "language",
    "basis": "legal basis",
    "jurisdiction": "jurisdiction",
    "expires_at": "ends by itself",
    "note": "note",
}
MOST_ZONES = 3


def render(evidence: dict[str, Any], messages: dict[str, Any], report: Report) -> bytes:
    """The page. `report`: what a walk along the excerpt's chain found."""
    phone = evidence["phone"]
    page = _PAGES.get_template("evidence.html").render(
        evidence=evidence,
        lines=[_line(line, phone) for line in evidence["lines"]],
        messages=messages,
        report=report,
        states=STATES,
        anchor=evidence["anchors"][-1] if evidence["anchors"] else None,
        when=lambda told: _when(told, phone),
    )
    return page.encode()


def _line(line: dict[str, Any], phone: str) -> dict[str, Any]:
    facts, personal = facts_of(line_in(line)), line["personal"] or {}
    known = [(words, facts[name]) for name, words in FACTS.items() if facts.get(name)]
    known += [
        (name.replace("_", " "), facts[name])
        for name in sorted(facts.keys() - FACTS.keys() - {"wording", "request"})
    ]
    known += [
        (name.replace("_", " "), text)
        for name, text in personal.items()
        if name not in ("salt", "phone", "reply")
    ]
    return {
        **line,
        "said": facts.get("wording", ""),
        "request": facts.get("request", {}),
        "reply": personal.get("reply", ""),
        "known": known,
        "when": _when(line["at"], phone, personal.get("browser_zone", "")),
    }


def _when(told: str | None, phone: str, browser_zone: str = "") -> str:
    """A time in UTC, and by the clocks where the number may be."""
    if not told:
        return ""
    try:
        at = datetime.fromisoformat(told)
    except ValueError:  # somebody altered it
        return told
    where = zones.locate(parse(phone), browser_zone=browser_zone or None)
    names = sorted({one.zone for one in where.candidates}, key=lambda zone: (zone != browser_zone, zone))
    clocks = {f"{at.astimezone(ZoneInfo(name)):%Y-%m-%d %H:%M:%S %Z}": name for name in names}
    shown = [f"{clock} ({name})" for clock, name in list(clocks.items())[:MOST_ZONES]]
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" + "".join(f" · {text}" for text in shown)
