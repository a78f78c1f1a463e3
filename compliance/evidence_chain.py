"""The chain that lines of evidence form: every line's hash covers its content and the hash of the line before it.

Whoever alters a line, deletes one, puts one between or changes their order would have to make all later lines anew; an
anchor (a line's hash, kept elsewhere) then shows it. What was lawfully emptied or deleted is named by a later line.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from compliance.evidence import NOTHING, canonical, digest

START = bytes(32).hex()
"""What the first line takes for the hash before it."""
ERASURE, RETIREMENT = "erasure", "retention"
"""Sources of the lines that explain an emptied line, and a deleted one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line as it is hashed: hashes in hex, times as `evidence.moment` writes them, `facts` as canonical JSON.

    `phone` is the number's keyed hash. `personal`: None where it was emptied or never there. `sealed`: it is there but
    can't be opened.
    """

    seq: int
    phone: str
    state: str
    at: str
    recorded_at: str
    source: str
    proven: bool
    facts: str
    personal: Mapping[str, str] | None
    personal_digest: str
    prev_hash: str
    hash: str
    sealed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """The place of a line that was retired."""

    seq: int
    prev_hash: str
    hash: str
    retired_at: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A line of somebody else's, in an export: its place in the chain and nothing of its content."""

    seq: int
    prev_hash: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """That at `at` the chain's last line was `seq`, with this hash. Worth most where the chain's keeper can't write."""

    seq: int
    hash: str
    at: str


Entry = Line | Tombstone | Link


def line_hash(shop: str, line: Line) -> str:
    """Version 1 of a line's hash, in hex. `shop`: the shop's key, so that no line fits another shop's chain."""
    content = {
        "v": 1,
        "shop": shop,
        "seq": line.seq,
        "phone": line.phone,
        "state": line.state,
        "at": line.at,
        "recorded_at": line.recorded_at,
        "source": line.source,
        "proven": line.proven,
        "facts": line.facts,
        "personal": line.personal_digest,
        "prev": line.prev_hash,
    }
    return digest(canonical(content))


def digest_of(personal: Mapping[str, str] | None) -> str:
    """What of the personal part enters the line's hash."""
    return NOTHING if personal is None else digest(canonical(dict(personal)))


def retirement(hashes: Mapping[int, str], why: str) -> str:
    """The facts of a line that explains retired lines: `hashes` by their places. Canonical JSON."""
    return canonical({"note": why, "retired": spans(hashes), "retired_sha256": hashes_digest(hashes)})


def hashes_digest(hashes: Mapping[int, str]) -> str:
    """One digest over lines' places and hashes."""
    listed = "".join(f"{seq} {hashes[seq]}\n" for seq in sorted(hashes))
    return hashlib.sha256(listed.encode()).hexdigest()


def spans(seqs: Mapping[int, str]) -> str:
    """1, 2, 3, 7 → "1-3 7"."""
    found: list[tuple[int, int]] = []
    for seq in sorted(seqs):
        if found and found[-1][1] == seq - 1:
            found[-1] = (found[-1][0], seq)
        else:
            found.append((seq, seq))
    return " ".join(f"{a}-{b}" if a != b else str(a) for a, b in found)
