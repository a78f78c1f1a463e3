"""One row of an imported file: a person's consent, their opt-out, or why it is neither. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Literal

from compliance import optout
from compliance.consent import scope_of
from compliance.phones import NotAPhone, Phone, mask, parse
from plugin_server.gathering import cells as of
from plugin_server.gathering.cells import NOBODY, Who
from plugin_server.gathering.mapping import PROOF, Columns
from plugin_server.gathering.moments import DateOrder, Moment, NoMoment, moment

Kind = Literal["opt_out", "confirmed", "given", "pending"]
RANK: dict[Kind, int] = {"pending": 0, "given": 1, "confirmed": 2, "opt_out": 3}
"""Of two rows about one number the higher counts: an opt-out before all, then the better evidence."""
LONGEST_WORDING = 10_000  # characters; a disclosure is kept word for word or not at all


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How the rows of one file are to be read. `width`: columns of the header. `country`: of national numbers in
    rows that name none. `wordings`: every disclosure this shop ever showed, by version ("form/locale/3") and by
    its SHA-256."""

    columns: Columns
    width: int
    now: datetime
    country: str | None = None
    zone: tzinfo | None = None
    dates: DateOrder = "ymd"
    wordings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row that can be imported. `at`: of the consent or the opt-out, UTC. `confirmed_at`, `reply` and `request`
    only where they are proof. `note`: why a row that claims a confirmation is unproven all the same."""

    line: int
    kind: Kind
    phone: str
    country: str
    at: datetime
    source: str = ""
    url: str = ""
    wording: str = ""
    wording_version: str = ""
    action: str = ""
    locale: str = ""
    confirmed_at: datetime | None = None
    reply: str = ""
    request: str = ""
    who: Who = NOBODY
    note: str = ""

    @property
    def rank(self) -> tuple[int, datetime]:
        return RANK[self.kind], self.confirmed_at or self.at


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that isn't imported, and why. `masked`: its number, as far as it may be shown."""

    line: int
    why: str
    masked: str = ""


Number = tuple[str, str]
"""An E.164 number and its country."""


def read(line: int, cells: Sequence[str], how: Reading, known: Number | None = None) -> Row | Refusal:
    """The row on this line. `known`: its number, if it was found out before."""
    if len(cells) < how.width or any(cells[how.width :]):
        return Refusal(line, f"the row has {len(cells)} cells, the header has {how.width}")
    told = {name: cells[place].strip() for name, place in how.columns.places.items()}
    number = known or _number(told, how)
    if isinstance(number, NotAPhone):
        return Refusal(line, of.no_phone(told["phone"], number), number.raw_masked)
    row = _row(line, told, how, number)
    return Refusal(line, row, mask(number[0])) if isinstance(row, str) else row


def _number(told: Mapping[str, str], how: Reading) -> Number | NotAPhone:
    """A row's own country comes before the one that was given for all; but only a code says which it is."""
    own = told.get("country", "")
    found = parse(of.phone_cell(told["phone"]), own if len(own) == 2 else None if own else how.country)
    return (found.e164, found.country) if isinstance(found, Phone) else found


def _row(line: int, told: Mapping[str, str], how: Reading, number: Number) -> Row | str:
    status = of.status(told["status"]) if "status" in told else "in"
    if status == "out" or _intent(told.get("reply", "")) == "stop":
        return _opt_out(line, told, how, number)
    if status == "none":
        return "the file says that this person did not subscribe"
    if status == "unknown":
        return of.strange_status(told["status"])
    return _consent(line, told, how, number, "pending" if status == "pending" else "given")


def _opt_out(line: int, told: Mapping[str, str], how: Reading, number: Number) -> Row:
    """Always taken, whatever else the row lacks. Without a time that can be read it holds from now on."""
    at = moment(told.get("stopped_at", ""), how.now, how.zone, how.dates, end_of_day=True)
    return Row(
        line=line,
        kind="opt_out",
        phone=number[0],
        country=number[1],
        at=at.at if isinstance(at, Moment) else how.now,
        source=of.clipped(told.get("source", "")),
        who=of.who(told),
    )


def _consent(line: int, told: Mapping[str, str], how: Reading, number: Number, kind: Kind) -> Row | str:
    """EV-10: without a time and a place there is no act that a person could have done: nothing to confirm."""
    if not told.get("at") or not (told.get("source") or told.get("url")):
        return f"missing proof: the file must say {PROOF}"
    at = moment(told["at"], how.now, how.zone, how.dates)
    if isinstance(at, NoMoment):
        return f"consent time: {at.why}"
    wording = _wording(told, how)
    if wording is None:
        return "no disclosure of this shop has that version"
    if len(wording) > LONGEST_WORDING:
        return f"the wording has more than {LONGEST_WORDING} characters"
    proof = _confirmed(told, how, at, wording) if told.get("confirmed_at") and kind == "given" else ""
    row = _agreed(line, told, number, at.at, kind)
    row = replace(row, wording=wording, note="" if isinstance(proof, datetime) else proof)
    return _proven(row, told, proof) if isinstance(proof, datetime) else row


def _agreed(line: int, told: Mapping[str, str], number: Number, at: datetime, kind: Kind) -> Row:
    return Row(
        line=line,
        kind=kind,
        phone=number[0],
        country=number[1],
        at=at,
        source=of.clipped(told.get("source", "")),
        url=of.page(told.get("url", "")),
        wording_version=of.clipped(told.get("wording_version", "")),
        action=of.clipped(told.get("action", "")),
        locale=of.language(told.get("locale", "")),
        who=of.who(told),
    )


def _proven(row: Row, told: Mapping[str, str], confirmed_at: datetime) -> Row:
    request = told.get("request", "")[:LONGEST_WORDING]
    reply = of.clipped(told["reply"])
    return replace(row, kind="confirmed", confirmed_at=confirmed_at, reply=reply, request=request)


def _wording(told: Mapping[str, str], how: Reading) -> str | None:
    """Word for word as the file has it, or as this version was shown. None: there is no such version."""
    version = told.get("wording_version")
    return told.get("wording") or (how.wordings.get(version) if version else "")


def _confirmed(told: Mapping[str, str], how: Reading, at: Moment, wording: str) -> datetime | str:
    """EV-08, CART-01, CART-02: when the person confirmed; or what keeps this from being proof."""
    confirmed = moment(told["confirmed_at"], how.now, how.zone, how.dates)
    if isinstance(confirmed, NoMoment):
        return f"unproven, confirmation time: {confirmed.why}"
    if not confirmed.exact or confirmed.at < at.at:
        return "unproven: the confirmation has no time of day, or came before the consent"
    if _intent(told.get("reply", "")) not in ("confirm", "start"):
        return "unproven: the reply that confirmed is missing, or doesn't say yes"
    if not (names_carts(wording) and names_carts(told.get("request") or wording)):
        return "unproven: the wording doesn't name cart reminders"
    return confirmed.at


# A file's wordings and replies are nearly all the same.
@lru_cache(maxsize=256)
def names_carts(wording: str) -> bool:
    return scope_of(wording) == "cart_reminders"


@lru_cache(maxsize=1024)
def _intent(reply: str) -> str:
    return optout.classify(reply).kind if reply else ""
