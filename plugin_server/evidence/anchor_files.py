"""Anchors that were kept elsewhere, as `bin/comeback anchors` printed them or as the log holds them."""

import json
from collections.abc import Iterable
from pathlib import Path

from compliance.evidence_chain import Anchor
from plugin_server.evidence.form import BadForm, anchor_in


class NoAnchors(Exception):
    """The file can't be read, or holds no anchor."""


def read(path: Path) -> dict[int, list[Anchor]]:
    """Anchors by shop id. A log's other lines are passed over. Raises NoAnchors."""
    try:
        found = parse(path.read_text("utf-8", "replace").splitlines())
    except OSError as error:
        raise NoAnchors(f"{path}: {error.strerror or error}") from None
    if not found:
        raise NoAnchors(f"{path} holds no anchor: lines of JSON with shop, seq, hash and at")
    return found


def parse(lines: Iterable[str]) -> dict[int, list[Anchor]]:
    """Raises NoAnchors for a line that begins as an anchor and is none."""
    found: dict[int, list[Anchor]] = {}
    for number, line in enumerate(lines, 1):
        try:
            told = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if not isinstance(told, dict) or not {"shop", "seq", "hash"} <= told.keys():
            continue
        try:
            found.setdefault(int(told["shop"]), []).append(anchor_in(told))
        except (BadForm, ValueError, TypeError):
            raise NoAnchors(f"line {number} is a damaged anchor") from None
    return found
