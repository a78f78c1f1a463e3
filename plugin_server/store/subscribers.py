"""The customer database: one row for each number that ever said something about texts.

A projection of the lines of evidence and of the suppressions, which can be made anew from them at any time. What may
be sent follows from those, never from here.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any, Protocol

from compliance import places
from compliance.phones import Phone, parse
from plugin_server.store.standings import Standing, standings
from plugin_server.store.tx import Tx

BATCH = 2000  # numbers in one statement


class Told(Protocol):
    """A line as the list needs it: whose (the number's hash), what it says of a person, and its facts as JSON."""

    @property
    def phone(self) -> bytes: ...
    @property
    def personal(self) -> Mapping[str, str] | None: ...
    @property
    def facts(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Known:
    """What lines say of a person beside their consent."""

    phone: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    locale: str = ""

    def updated(self, line: Mapping[str, str]) -> "Known":
        """With what a later line says; what it doesn't say stays."""
        return Known(
            *(line.get(name) or getattr(self, name) for name in ("phone", "name", "email", "locale"))
        )


def batched(phones: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    return (phones[at : at + BATCH] for at in range(0, len(phones), BATCH))


def follow(tx: Tx, lines: Iterable[Told]) -> None:
    """Bring the list up to date with lines that were just added to the chain, whose lock this transaction holds."""
    told: dict[bytes, Known] = {}
    for line in lines:
        told[line.phone] = told.get(line.phone, Known()).updated(_said(line.personal, line.facts))
    for phones in batched(list(told)):
        before = _known(tx, phones)
        _write(tx, standings(tx, phones), {p: _over(before.get(p), told[p]) for p in phones})


def refresh(tx: Tx, phones: Sequence[bytes]) -> None:
    """Bring these numbers up to date after a suppression began or ended without a line of evidence. Hold the chain
    (`consents.hold`) before: a line that another transaction is adding would be missed."""
    _write(tx, standings(tx, phones), {})


def rebuild(tx: Tx) -> int:
    """Make this shop's list anew from the lines of evidence. Returns how many numbers they tell of. Only the country
    of a number that was forgotten can't be found out again: it stays."""
    tx.run("UPDATE subscribers SET sealed = NULL, email_hash = NULL, locale = '' WHERE shop_id = :shop_id")
    drop_untold(tx)
    total = 0
    for phones in _all_phones(tx):
        where = standings(tx, phones)
        _write(tx, where, _told_by_lines(tx, phones))
        total += len(where)
    return total


def forget(tx: Tx, phone: bytes) -> None:
    """What the list says of this number's owner goes. The country stays: it tells how long the opt-out must be kept."""
    tx.run(
        "UPDATE subscribers SET sealed = NULL, email_hash = NULL, locale = ''"
        " WHERE shop_id = :shop_id AND phone_hash = :phone",
        phone=phone,
    )


def drop_untold(tx: Tx) -> int:
    """Take numbers off the list that no line of evidence speaks of any more. While an opt-out is kept the row stays,
    empty. Returns how many said something of a person until now."""
    untold = (
        "shop_id = :shop_id AND NOT EXISTS (SELECT FROM consents c WHERE c.shop_id = subscribers.shop_id"
        " AND c.phone_hash = subscribers.phone_hash)"
    )
    emptied = tx.run(
        "UPDATE subscribers SET sealed = NULL, email_hash = NULL, locale = ''"
        f" WHERE {untold} AND (sealed IS NOT NULL OR email_hash IS NOT NULL)"
    ).rowcount
    tx.run(
        f"DELETE FROM subscribers WHERE {untold} AND NOT EXISTS (SELECT FROM suppressions s"
        " WHERE s.shop_id = subscribers.shop_id AND s.phone_hash = subscribers.phone_hash)"
    )
    return emptied


def _all_phones(tx: Tx) -> Iterator[list[bytes]]:
    last = b""
    while True:
        rows = tx.rows(
            "SELECT DISTINCT phone_hash FROM consents WHERE shop_id = :shop_id AND phone_hash > :last"
            " ORDER BY phone_hash LIMIT :most",
            last=last,
            most=BATCH,
        )
        if not rows:
            return
        yield [bytes(row.phone_hash) for row in rows]
        last = bytes(rows[-1].phone_hash)


def _told_by_lines(tx: Tx, phones: Sequence[bytes]) -> dict[bytes, Known]:
    rows = tx.rows(
        "SELECT phone_hash, personal, facts FROM consents WHERE shop_id = :shop_id AND phone_hash = ANY(:phones)"
        " AND personal IS NOT NULL ORDER BY seq",
        phones=list(phones),
    )
    told: dict[bytes, Known] = {}
    for row in rows:
        phone = bytes(row.phone_hash)
        told[phone] = told.get(phone, Known()).updated(_said(tx.unseal(row.personal), row.facts))
    return told


def _said(personal: Mapping[str, str] | None, facts: str) -> dict[str, str]:
    return {**(personal or {}), "locale": json.loads(facts).get("locale", "")}


def _known(tx: Tx, phones: Sequence[bytes]) -> dict[bytes, Known]:
    rows = tx.rows(
        "SELECT phone_hash, sealed, locale FROM subscribers WHERE shop_id = :shop_id"
        " AND phone_hash = ANY(:phones) AND sealed IS NOT NULL",
        phones=list(phones),
    )
    return {bytes(row.phone_hash): Known(**tx.unseal(row.sealed), locale=row.locale) for row in rows}


def _over(before: Known | None, told: Known) -> Known:
    return told if before is None else before.updated(asdict(told))


def _write(tx: Tx, where: Mapping[bytes, Standing], told: Mapping[bytes, Known]) -> None:
    """Add or change these rows. What nothing new is known of keeps its sealed part."""
    tx.spread(
        "INSERT INTO subscribers (shop_id, phone_hash, email_hash, sealed, country, locale, source, state, joined_at,"
        " changed_at) SELECT :shop_id, decode(r.phone, 'hex'), decode(r.email, 'hex'), decode(r.sealed, 'hex'),"
        " r.country, r.locale, r.source, r.state, r.joined, r.changed FROM json_to_recordset(CAST(:rows AS json)) AS r"
        " (phone text, email text, sealed text, country text, locale text, source text, state text,"
        " joined timestamptz, changed timestamptz)"
        " ON CONFLICT (shop_id, phone_hash) DO UPDATE SET sealed = coalesce(excluded.sealed, subscribers.sealed),"
        " email_hash = coalesce(excluded.email_hash, subscribers.email_hash),"
        " country = coalesce(nullif(excluded.country, ''), subscribers.country),"
        " locale = coalesce(nullif(excluded.locale, ''), subscribers.locale), source = excluded.source,"
        " state = excluded.state, joined_at = excluded.joined_at, changed_at = excluded.changed_at",
        [_row(tx, phone, stands, told.get(phone)) for phone, stands in where.items()],
    )


def _row(tx: Tx, phone: bytes, stands: Standing, told: Known | None) -> dict[str, Any]:
    kept = {"phone": told.phone, "name": told.name, "email": told.email} if told and told.phone else None
    email = tx.email(told.email) if told else None
    return {
        "phone": phone.hex(),
        "email": email.hex() if email else None,
        "sealed": tx.seal(kept).hex() if kept else None,
        "country": _country(told.phone) if told else "",
        "locale": told.locale if told else "",
        "source": stands.source,
        "state": stands.state,
        "joined": stands.joined_at,
        "changed": stands.changed_at,
    }


def _country(phone: str) -> str:
    """ISO 3166; "" for what is no number. In +1 the area code tells, and there are few of those."""
    if phone.startswith("+1"):
        return _country_of_area_code(phone[:5]) or _parsed(phone)
    return _parsed(phone)


@lru_cache(maxsize=1024)
def _country_of_area_code(prefix: str) -> str:
    place = next(iter(places.of_area_code(int(prefix[2:] or 0))), "")
    return places.country_of(place)


def _parsed(phone: str) -> str:
    found = parse(phone)
    return found.country if isinstance(found, Phone) else ""
