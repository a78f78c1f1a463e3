"""What an imported row is as evidence. Pure.

A file's own words (where, what was done, what was asked) are free: they may name the person, or another. They are kept
with what names people, and leave with it. Of a page its site stays, of a request the SHA-256 of its text.
"""

import hashlib
from urllib.parse import urlsplit

from compliance.evidence import Evidence, Person
from plugin_server.gathering.rows import Row, names_carts

SOURCE = "import"


def evidence(row: Row, file_name: str) -> list[Evidence]:
    """One line for each act: the consent, and its confirmation; or the opt-out."""
    where = f"{file_name}, line {row.line}"
    if row.kind == "opt_out":
        return [_opt_out(row, where)]
    return [_agreed(row, where), *([_confirmed(row, where)] if row.confirmed_at else [])]


def _opt_out(row: Row, where: str) -> Evidence:
    return Evidence(
        phone=row.phone,
        state="withdrawn",
        at=row.at,
        source=SOURCE,
        action="opted out before the import",
        note=where,
        person=_person(row),
    )


def _agreed(row: Row, where: str) -> Evidence:
    return Evidence(
        phone=row.phone,
        state="pending" if row.kind == "pending" else "given",
        at=row.at,
        source=SOURCE,
        program=_program(row),
        wording=row.wording,
        wording_version=row.wording_version,
        locale=row.locale,
        url=_site(row.url),
        basis="consent",
        jurisdiction=row.country,
        note=where,
        person=_person(row, action=row.action),
    )


def _confirmed(row: Row, where: str) -> Evidence:
    """EV-08: what was asked and what was answered. Without the request's own text the wording stands for it."""
    asked = {"text_sha256": hashlib.sha256(row.request.encode()).hexdigest()}
    return Evidence(
        phone=row.phone,
        state="given",
        at=row.confirmed_at or row.at,
        source=SOURCE,
        proven=True,
        program=_program(row),
        action="replied yes to the request for confirmation",
        wording=row.wording,
        wording_version=row.wording_version,
        locale=row.locale,
        url=_site(row.url),
        basis="consent",
        jurisdiction=row.country,
        request=asked if row.request else {},
        note=where,
        person=_person(row, reply=row.reply, request_text=row.request),
    )


def _program(row: Row) -> str:
    if not row.wording:
        return ""
    return "cart_reminders" if names_carts(row.wording) else "marketing"


def _site(url: str) -> str:
    """Of a page's address the part that names nobody: https://mugs.example."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc else ""


def _person(row: Row, *, reply: str = "", action: str = "", request_text: str = "") -> Person:
    who = row.who
    return Person(
        name=who.name,
        email=who.email,
        ip=who.ip,
        user_agent=who.user_agent,
        reply=reply,
        form=row.source,
        url=row.url,
        action=action,
        request_text=request_text,
    )
