"""Does a chain of evidence hold? Walks it once, keeps little in memory, and says in sentences what is wrong where."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, pairwise
from typing import Any, get_args

from compliance.evidence import NOTHING, State
from compliance.evidence_chain import (
    ERASURE,
    RETIREMENT,
    START,
    Anchor,
    Entry,
    Line,
    Link,
    Tombstone,
    digest_of,
    hashes_digest,
    line_hash,
)

MOST_SAID = 100
"""A chain that was made anew breaks at every line; nobody reads a hundred thousand sentences."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and at which line of the chain (0: at none)."""

    seq: int
    what: str


@dataclass(slots=True)
class Report:
    """What a walk along a chain found. `count`: of lines with content; `notes`: what was lawfully taken out."""

    count: int = 0
    retired: int = 0
    others: int = 0
    head: int = 0
    hash: str = START
    anchors: int = 0
    problems: list[Problem] = field(default_factory=list)
    unsaid: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.problems

    def say(self, seq: int, what: str) -> None:
        if len(self.problems) < MOST_SAID:
            self.problems.append(Problem(seq, what))
        else:
            self.unsaid += 1


def verify(shop: str, entries: Iterable[Entry], anchors: Iterable[Anchor] = (), *, begins: int = 1) -> Report:
    """Walk a shop's chain: `entries` by their places, lines and tombstones together. `shop`: its key.

    `begins`: the first place there is; for an excerpt the line before that is taken on trust.
    """
    walk = _Walk(shop, begins, anchors)
    for entry, following in pairwise(chain(entries, (None,))):
        if entry is not None:
            walk.step(entry, following)
    return walk.finish()


class _Walk:
    """The state of one walk."""

    def __init__(self, shop: str, begins: int, anchors: Iterable[Anchor]) -> None:
        self.shop, self.begins, self.report = shop, begins, Report(head=begins - 1)
        self.emptied: dict[str, list[int]] = {}
        self.unexplained: dict[int, str] = {}
        self.anchors: dict[int, list[Anchor]] = {}
        for anchor in anchors:
            self.anchors.setdefault(anchor.seq, []).append(anchor)

    def step(self, entry: Entry, following: Entry | None) -> None:
        report = self.report
        if entry.seq <= report.head:
            what = "is there as a line and as retired: its tombstone is forged"
            twice = entry.seq == report.head and isinstance(entry, Tombstone)
            report.say(entry.seq, what if twice else "is out of its place, or there twice")
            return
        self._place(entry)
        report.head = entry.seq
        self._content(entry, following)
        for anchor in self.anchors.pop(entry.seq, ()):
            self._anchored(entry, anchor)
        report.hash = entry.hash

    def _place(self, entry: Entry) -> None:
        report, expected = self.report, self.report.head + 1
        if entry.seq > expected:
            gone = (
                f"line {expected} is"
                if entry.seq == expected + 1
                else f"lines {expected} to {entry.seq - 1} are"
            )
            report.say(
                entry.seq, f"comes after a gap: {gone} missing, deleted and not retired as the law allows"
            )
        elif entry.seq == self.begins > 1:
            return  # an excerpt begins somewhere
        elif entry.prev_hash != report.hash:
            before = f"line {entry.seq - 1}" if entry.seq > 1 else "the chain's beginning"
            report.say(entry.seq, f"doesn't follow on {before}: its prev_hash is another's hash")

    def _content(self, entry: Entry, following: Entry | None) -> None:
        if isinstance(entry, Tombstone):
            self.report.retired += 1
            self.unexplained[entry.seq] = entry.hash
        elif isinstance(entry, Link):
            self.report.others += 1
        else:
            self.report.count += 1
            self._line(entry, following)

    def _line(self, line: Line, following: Entry | None) -> None:
        as_written = line_hash(self.shop, line) == line.hash
        if not as_written:
            self.report.say(line.seq, _diagnosis(self.shop, line, self.report.hash, following))
        if as_written or line.personal is None or line_hash(self.shop, _redigested(line)) != line.hash:
            self._personal(line)
        if line.state == "noted" and line.source == ERASURE:
            self._erasure(line)
        if line.state == "noted" and line.source == RETIREMENT:
            self._retirement(line)

    def _personal(self, line: Line) -> None:
        if line.sealed:
            what = "has personal data that can't be opened: altered, another line's, or their key is gone"
            self.report.say(line.seq, what)
        elif line.personal is None and line.personal_digest != NOTHING:
            self.emptied.setdefault(line.phone, []).append(line.seq)
        elif digest_of(line.personal) != line.personal_digest:
            self.report.say(line.seq, "has other personal data than it was written with")

    def _erasure(self, line: Line) -> None:
        seqs = self.emptied.pop(line.phone, [])
        if seqs:
            when = f"{line.at[:10]}, as line {line.seq} says"
            self.report.notes.append(f"{_spoken(seqs)}: personal data were erased on {when}")

    def _retirement(self, line: Line) -> None:
        facts = facts_of(line)
        spans = unspan(str(facts.get("retired", "")))
        named = {s: h for s, h in self.unexplained.items() if any(a <= s <= b for a, b in spans)}
        if hashes_digest(named) != facts.get("retired_sha256"):
            self.report.say(line.seq, "names other retired lines than there are tombstones")
            return
        for seq in named:
            del self.unexplained[seq]
        why = facts.get("note") or "no reason given"
        self.report.notes.append(
            f"{_spoken(sorted(named))}: retired on {line.at[:10]}, as line {line.seq} says ({why})"
        )

    def _anchored(self, entry: Entry, anchor: Anchor) -> None:
        self.report.anchors += 1
        if entry.hash != anchor.hash:
            what = f"isn't the line that the anchor of {anchor.at} wrote down: the chain was made anew"
            self.report.say(entry.seq, what)

    def finish(self) -> Report:
        report = self.report
        for seqs in self.emptied.values():
            for seq in seqs:
                report.say(
                    seq, "lost its personal data, and no later line of this number says that it was erased"
                )
        for seq in sorted(self.unexplained):
            report.say(
                seq,
                "has a tombstone that no later line explains: it is forged, or the line was deleted by hand",
            )
        beyond = [one for ones in self.anchors.values() for one in ones if one.seq > report.head]
        for anchor in sorted(beyond, key=lambda a: a.seq)[-1:]:
            report.say(anchor.seq, _cut_off(anchor, report.head))
        report.problems.sort(key=lambda problem: problem.seq)
        return report


def _cut_off(anchor: Anchor, head: int) -> str:
    there = f"it ends at line {head}" if head else "it has no line at all"
    return f"was the chain's last on {anchor.at}, by that day's anchor, and now {there}: its end was cut off"


def _diagnosis(shop: str, line: Line, before: str, following: Entry | None) -> str:
    """Which column was altered, as far as trying can tell: the hash fits only the content that it was made of."""
    told = next((words for words, was in _guesses(line, before) if line_hash(shop, was) == line.hash), None)
    if told:
        return told
    if following is not None and following.prev_hash == line_hash(shop, line):
        return "had its hash altered; its content is as it was written"
    return "was altered: its number, times, source or facts aren't those that its hash was made of"


def _guesses(line: Line, before: str) -> Iterator[tuple[str, Line]]:
    yield "had its prev_hash altered; all else is as it was written", replace(line, prev_hash=before)
    yield "had its personal_digest altered; all else is as it was written", _redigested(line)
    yes, no = str(line.proven).lower(), str(not line.proven).lower()
    yield (
        f"was altered: it was written with proven {no}, and now says {yes}",
        replace(line, proven=not line.proven),
    )
    for seq in (line.seq - 1, line.seq + 1):
        yield f"was altered: it was written as line {seq}", replace(line, seq=seq)
    for state in get_args(State):
        yield (
            f"was altered: it was written as {state!r}, and now says {line.state!r}",
            replace(line, state=state),
        )


def _redigested(line: Line) -> Line:
    return replace(line, personal_digest=digest_of(line.personal))


def facts_of(line: Line) -> Mapping[str, Any]:
    """A line's facts; nothing where they were altered into something that is no JSON object."""
    try:
        found = json.loads(line.facts)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def unspan(text: str) -> list[tuple[int, int]]:
    """ "1-3 7" → (1, 3), (7, 7); nothing of what isn't that."""
    found = re.fullmatch(r"[0-9]{1,18}(?:-[0-9]{1,18})?(?: [0-9]{1,18}(?:-[0-9]{1,18})?)*", text)
    parts = [part.split("-") for part in text.split()] if found else []
    return [(int(part[0]), int(part[-1])) for part in parts]


def _spoken(seqs: Sequence[int]) -> str:
    shown = ", ".join(map(str, seqs[:10])) + (f" and {len(seqs) - 10} more" if len(seqs) > 10 else "")
    return f"line {shown}" if len(seqs) == 1 else f"lines {shown}"
