"""The evidence of consent: lines are added to a shop's chain, and none is ever changed.

The schema's first version of a line's hash stands in `compliance.evidence_chain`. What the law makes us forget leaves
through `forget` and `retire`; both add a line that says so.
"""

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from compliance import evidence, evidence_chain
from compliance.consent import CAUTION, Claim
from compliance.evidence import NOTHING, Evidence
from compliance.evidence_chain import ERASURE, RETIREMENT, Line
from plugin_server.store import locks, people, subscribers
from plugin_server.store.locks import Lock
from plugin_server.store.tx import Tx

OF_THE_SHOP = bytes(32)
"""Where a line's number stands in a line that is about no number."""
MANY = 100
"""So many lines at once are an import: most are new, so the chain is taken at once, and they are looked up once."""
Key = tuple[bytes, str, datetime, str]
INSERT = (
    "INSERT INTO consents (shop_id, seq, phone_hash, state, at, recorded_at, source, proven, facts, personal,"
    " personal_digest, prev_hash, hash) SELECT :shop_id, r.seq, decode(r.phone, 'hex'), r.state, r.at, r.recorded,"
    " r.source, r.proven, r.facts, decode(r.personal, 'hex'), decode(r.digest, 'hex'), decode(r.prev, 'hex'),"
    " decode(r.hash, 'hex') FROM json_to_recordset(CAST(:rows AS json)) AS r (seq bigint, phone text, state text,"
    " at timestamptz, recorded timestamptz, source text, proven boolean, facts text, personal text, digest text,"
    " prev text, hash text)"
)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A line before it has its place."""

    phone: bytes
    state: str
    at: datetime
    source: str
    proven: bool
    facts: str
    personal: dict[str, str] | None

    @property
    def key(self) -> Key:
        return self.phone, self.state, self.at, self.source


def append(tx: Tx, lines: Sequence[Evidence], now: datetime) -> int:
    """Add lines to the shop's chain. Returns how many are new: the same number, state, time and source told again is
    one line.

    Who changes other rows first and appends then should call `hold` at the start; see there. Raises ValueError for a
    phone that isn't E.164 or a time without a zone.
    """
    return _add(tx, [_draft(tx, line) for line in lines], now)


def hold(tx: Tx) -> None:
    """Wait for the shop's chain, and keep it until the transaction ends.

    `append` does so by itself, but only where there is something new. Two transactions that lock rows and chain in
    different orders can wait for each other: take the chain first. One transaction appends to one shop's chain.
    """
    locks.hold(tx.connection, Lock.CHAIN, tx.shop.id)


def _draft(tx: Tx, line: Evidence) -> _Draft:
    evidence.moment(line.at)
    phone = tx.phone(line.phone)
    if phone is None:
        raise ValueError("evidence needs a number")
    personal = evidence.personal_of(line, secrets.token_hex(16))
    return _Draft(phone, line.state, line.at, line.source, line.proven, evidence.facts_of(line), personal)


def _add(tx: Tx, drafts: Sequence[_Draft], now: datetime) -> int:
    # Every checkout's delivery repeats its claim: most calls end after one look.
    new = _unknown(tx, drafts) if len(drafts) < MANY else list(drafts)
    if not new:
        return 0
    hold(tx)
    new = _unknown(tx, new)
    seq, prev = _head(tx)
    rows = []
    for draft in new:
        seq += 1
        line = _line(tx.shop.key, draft, seq, prev, now)
        rows.append(_row(tx, line, draft, now))
        prev = line.hash
    tx.spread(INSERT, rows)
    subscribers.follow(tx, new)
    return len(new)


def _unknown(tx: Tx, drafts: Iterable[_Draft]) -> list[_Draft]:
    """Those that aren't in the chain yet, each once, in their order."""
    wanted = {draft.key: draft for draft in drafts}
    if not wanted:
        return []
    rows = tx.rows(
        "SELECT phone_hash, state, at, source FROM consents WHERE shop_id = :shop_id AND phone_hash = ANY(:phones)"
        " AND at = ANY(:ats)",
        phones=[key[0] for key in wanted],
        ats=[key[2] for key in wanted],
    )
    known = {(bytes(r.phone_hash), r.state, r.at, r.source) for r in rows}
    return [draft for key, draft in wanted.items() if key not in known]


def _head(tx: Tx) -> tuple[int, str]:
    """The place and hash of the last line, which may be one that was retired."""
    row = tx.one(
        # Each by its key's end: ordered together, both would be read whole.
        "(SELECT seq, hash FROM consents WHERE shop_id = :shop_id ORDER BY seq DESC LIMIT 1) UNION ALL"
        " (SELECT seq, hash FROM consent_tombstones WHERE shop_id = :shop_id ORDER BY seq DESC LIMIT 1)"
        " ORDER BY seq DESC LIMIT 1"
    )
    return (0, evidence_chain.START) if row is None else (row.seq, bytes(row.hash).hex())


def _line(shop: str, draft: _Draft, seq: int, prev: str, now: datetime) -> Line:
    line = Line(
        seq=seq,
        phone=draft.phone.hex(),
        state=draft.state,
        at=evidence.moment(draft.at),
        recorded_at=evidence.moment(now),
        source=draft.source,
        proven=draft.proven,
        facts=draft.facts,
        personal=draft.personal,
        personal_digest=NOTHING if draft.personal is None else evidence_chain.digest_of(draft.personal),
        prev_hash=prev,
        hash="",
    )
    return replace(line, hash=evidence_chain.line_hash(shop, line))


def _row(tx: Tx, line: Line, draft: _Draft, now: datetime) -> dict[str, Any]:
    return {
        "seq": line.seq,
        "phone": line.phone,
        "state": draft.state,
        "at": draft.at,
        "recorded": now,
        "source": draft.source,
        "proven": draft.proven,
        "facts": draft.facts,
        "personal": None if draft.personal is None else tx.seal(draft.personal).hex(),
        "digest": line.personal_digest,
        "prev": line.prev_hash,
        "hash": line.hash,
    }


# -- reading


def claims(
    tx: Tx, phones: Sequence[bytes], e164: Mapping[bytes, str] | None = None
) -> dict[bytes, list[Claim]]:
    """What `compliance.consent.view` judges, by phone hash, in the order it was recorded.

    `e164` names the numbers; without it a claim's number is the hash in hex, and `view` is to be asked for that.
    """
    found: dict[bytes, list[Claim]] = {}
    rows = tx.rows(
        "SELECT seq, phone_hash, state, at, source, proven, facts FROM consents WHERE shop_id = :shop_id"
        " AND phone_hash = ANY(:phones) AND state = ANY(:deciding) ORDER BY phone_hash, seq",
        phones=list(phones),
        deciding=list(CAUTION),
    )
    for row in rows:
        phone = bytes(row.phone_hash)
        found.setdefault(phone, []).append(_claim(row, (e164 or {}).get(phone) or phone.hex()))
    for phone, row in people.lifted(tx, list(phones)).items():
        # An opt-out without a line of its own (its number was forgotten) ends what was agreed to before it, too.
        number = (e164 or {}).get(phone) or phone.hex()
        found.setdefault(phone, []).append(Claim(number, "withdrawn", row.at, "an opt-out that they ended"))
    return found


def _claim(row: Any, number: str) -> Claim:
    facts = json.loads(row.facts)
    expires = facts.get("expires_at")
    return Claim(
        phone_e164=number,
        state=row.state,
        at=row.at,
        source=row.source,
        wording=facts.get("wording"),
        proven=row.proven,
        expires_at=datetime.fromisoformat(expires) if expires else None,
        seq=row.seq,
    )


# -- the two lawful ways out


def forget(tx: Tx, phone: bytes, now: datetime, why: str = "") -> int:
    """Empty what the lines of this number say about a person, and add the line that says so (EV-15, PII-03). Returns
    how many lines were emptied; for none nothing is added."""
    hold(tx)
    emptied = int(tx.run("SELECT comeback_forget_person(:phone)", phone=phone).scalar_one())
    if emptied:
        facts = {"emptied": str(emptied), **({"note": why} if why else {})}
        _explain(tx, phone, ERASURE, evidence.canonical(facts), now)
    return emptied


def retire(tx: Tx, seqs: Sequence[int], why: str, now: datetime) -> int:
    """Delete lines whose time is over (EV-13); their hashes stay, and a line is added that names them. Returns how
    many went: lines younger than three years stay.

    Retire a number's lines together: an erasure's line explains the emptied ones before it.
    """
    hold(tx)
    there = tx.rows("SELECT seq FROM consents WHERE shop_id = :shop_id AND seq = ANY(:seqs)", seqs=list(seqs))
    tx.run("SELECT comeback_retire_consents(:seqs, :why, :now)", seqs=list(seqs), why=why, now=now)
    gone = tx.rows(
        "SELECT seq, hash FROM consent_tombstones WHERE shop_id = :shop_id AND seq = ANY(:seqs)",
        seqs=[row.seq for row in there],
    )
    if gone:
        facts = evidence_chain.retirement({row.seq: bytes(row.hash).hex() for row in gone}, why)
        _explain(tx, OF_THE_SHOP, RETIREMENT, facts, now)
    return len(gone)


def _explain(tx: Tx, phone: bytes, source: str, facts: str, now: datetime) -> None:
    """Always a line of its own, even for the second time at one instant."""
    last = tx.run(
        "SELECT max(at) FROM consents WHERE shop_id = :shop_id AND phone_hash = :phone AND state = 'noted'"
        " AND source = :source",
        phone=phone,
        source=source,
    ).scalar_one()
    at = now if last is None else max(now, last + timedelta(microseconds=1))
    _add(tx, [_Draft(phone, "noted", at, source, False, facts, None)], now)
