"""One line of evidence about consent to texts: what is kept of it, and in which form.

A line has two parts. What says nothing about a person (`facts`: the wording, the form, the basis) stays as long as the
law wants the proof; what does (`personal`: number, name, address on the net, reply) is kept apart and can be emptied.
Of the second only a digest enters the line's hash, so the chain holds after a person was forgotten (EV-15). The digest
is salted: numbers and names are few, and could be tried.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Literal

State = Literal["given", "pending", "requested", "withdrawn", "noted"]
"""`given`, `withdrawn`: the person's act. `pending`: asked for by a store, not confirmed. `requested`: we asked.
`noted`: said, but it changes nothing (a box left empty, an erasure, a retirement)."""

NOTHING = hashlib.sha256(b"").hexdigest()
"""The digest of a line that never had personal data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Personal data around an act: EV-06 (ip, user_agent, session, browser_zone), EV-07 (name, email), EV-08 (reply:
    word for word; provider_id: the carrier's id of it; sender: the number of ours that it was written to).

    `form`, `url`, `action`, `request_text`: as the fields of an act, where somebody else filled them in. Free words,
    the address of a page and a text to somebody may name them."""

    name: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    ip: str = field(default="", repr=False)
    user_agent: str = field(default="", repr=False)
    session: str = field(default="", repr=False)
    browser_zone: str = field(default="", repr=False)
    reply: str = field(default="", repr=False)
    provider_id: str = field(default="", repr=False)
    sender: str = field(default="", repr=False)
    form: str = field(default="", repr=False)
    url: str = field(default="", repr=False)
    action: str = field(default="", repr=False)
    request_text: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was said about consent, by whom, how, and in which words.

    `phone`: E.164. `at`: aware, the time of the act itself. `proven`: we hold the act, such as the reply "Y" to our
    request, or an import with its proof; a store's flag alone never is (EV-10). `wording`: what the person read, word
    for word (EV-04). `program`: what it is for; "": unknown (EV-01). `form`, `url`: where (EV-03). `action`: what the
    person did (EV-05). `basis`, `jurisdiction`, `expires_at`: EV-09. `level`: the platform's opt-in level. `request`:
    our request for confirmation, without personal data (EV-08).
    """

    phone: str = field(repr=False)
    state: State
    at: datetime
    source: str
    proven: bool = False
    program: str = ""
    action: str = ""
    wording: str = ""
    wording_version: str = ""
    locale: str = ""
    form: str = ""
    url: str = ""
    basis: str = ""
    jurisdiction: str = ""
    expires_at: datetime | None = None
    level: str = ""
    request: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    person: Person = field(default_factory=Person)

    @property
    def wording_sha256(self) -> str:
        """Of the wording; "" without one."""
        return digest(whole(self.wording)) if self.wording else ""


FACTS = tuple(
    "program action wording wording_version wording_sha256 locale form url basis jurisdiction level note".split()
)


def facts_of(line: Evidence) -> str:
    """What a line says without naming anybody, as canonical JSON; what is empty is left out."""
    facts: dict[str, object] = {name: whole(getattr(line, name)) for name in FACTS}
    facts["expires_at"] = moment(line.expires_at) if line.expires_at else ""
    facts["request"] = {name: whole(text) for name, text in line.request.items() if text}
    return canonical({name: value for name, value in facts.items() if value})


def personal_of(line: Evidence, salt: str) -> dict[str, str]:
    """What a line says about a person. `salt`: 32 hex digits, drawn anew for each line."""
    told = {one.name: whole(getattr(line.person, one.name)) for one in fields(Person)}
    return {"phone": line.phone, "salt": salt, **{name: value for name, value in told.items() if value}}


def canonical(value: object) -> str:
    """The one way to write a value down, so that equal values have equal hashes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(text: str) -> str:
    """SHA-256 in hex. Of what no UTF-8 can hold the replacement is taken: such a text was altered anyway."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def moment(at: datetime) -> str:
    """UTC to the microsecond. Raises ValueError for a time without a zone."""
    if at.tzinfo is None:
        raise ValueError("a time of evidence needs its zone")
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def whole(text: str) -> str:
    """The text as UTF-8 can hold it: half a character in somebody's reply must not keep their STOP from being kept."""
    return text.encode("utf-8", "replace").decode()
