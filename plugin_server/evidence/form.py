"""How a chain's excerpt stands in evidence.json, and back: a number's lines in full, everybody else's as hashes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from heapq import merge
from typing import Any

from compliance.evidence_chain import Anchor, Entry, Line, Link

FORMAT = "comeback consent evidence, version 1"
_KINDS: dict[str, type | tuple[type, ...]] = {"seq": int, "proven": bool, "sealed": bool}


class BadForm(Exception):
    """The file isn't in the form that an export has."""


def line_out(line: Line) -> dict[str, Any]:
    """Every field of a line as it is hashed; `sealed` only where its personal part can't be opened."""
    told = asdict(line)
    told["personal"] = None if line.personal is None else dict(line.personal)
    return told if line.sealed else {name: value for name, value in told.items() if name != "sealed"}


def line_in(told: Any) -> Line:
    """Raises BadForm."""
    names = {field.name for field in fields(Line)}
    if not isinstance(told, dict) or not names - {"sealed"} <= told.keys() <= names:
        raise BadForm("a line has other fields than it should")
    for name, value in told.items():
        wanted = _KINDS.get(name, str)
        if name == "personal":
            good = value is None or (
                isinstance(value, dict) and all(isinstance(v, str) for v in value.values())
            )
        else:
            good = isinstance(value, wanted) and not (wanted is int and isinstance(value, bool))
        if not good:
            raise BadForm(f"a line has a {name} that is none")
    return Line(**told)


def runs(links: Iterable[Link]) -> list[dict[str, Any]]:
    """Places in a row as one run: the hash before it and its own hashes. A new one begins wherever a line isn't
    there or doesn't follow on the one before it."""
    found: list[dict[str, Any]] = []
    last: Link | None = None
    for link in links:
        if last is None or link.seq != last.seq + 1 or link.prev_hash != last.hash:
            found.append({"from": link.seq, "prev_hash": link.prev_hash, "hashes": []})
        found[-1]["hashes"].append(link.hash)
        last = link
    return found


def links(told: Any) -> Iterator[Link]:
    """The places of these runs. Raises BadForm."""
    for run in _list(told, "links"):
        if not isinstance(run, dict) or run.keys() != {"from", "prev_hash", "hashes"}:
            raise BadForm("a run of links has other fields than it should")
        prev, first, hashes = run["prev_hash"], run["from"], _list(run["hashes"], "hashes")
        if not isinstance(first, int) or not all(isinstance(text, str) for text in (prev, *hashes)):
            raise BadForm("a run of links holds something else than hashes")
        for seq, own in enumerate(hashes, first):
            yield Link(seq=seq, prev_hash=prev, hash=own)
            prev = own


def anchors_in(told: Any) -> list[Anchor]:
    """Raises BadForm."""
    return [anchor_in(one) for one in _list(told, "anchors")]


def anchor_in(told: Any) -> Anchor:
    """Raises BadForm."""
    good = isinstance(told, dict) and isinstance(told.get("seq"), int)
    if not good or not all(isinstance(told.get(name), str) for name in ("hash", "at")):
        raise BadForm("an anchor has no seq, hash and at")
    return Anchor(seq=told["seq"], hash=told["hash"], at=told["at"])


def together(lines: Sequence[Line], others: Iterable[Link]) -> Iterator[Entry]:
    """Both by their places."""
    return merge(lines, others, key=lambda entry: entry.seq)


def chain_of(evidence: Mapping[str, Any]) -> tuple[list[Line], list[Entry]]:
    """The number's lines, and all entries of the excerpt. Raises BadForm."""
    own = [line_in(told) for told in _list(evidence.get("lines"), "lines")]
    return own, list(together(own, links(evidence.get("links"))))


def _list(told: Any, what: str) -> list[Any]:
    if not isinstance(told, list):
        raise BadForm(f"{what}: a list was expected")
    return told
