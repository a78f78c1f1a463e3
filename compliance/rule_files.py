"""Reads `rules/*.toml`. What is missing, unknown or unsourced is a `RulebookError` naming file and rule."""

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, cast, get_args

from compliance import rules as r
from compliance.errors import RulebookError
from compliance.rule_fields import Fields
from compliance.rule_kinds import NOT_CHECKED, READERS


@dataclass(frozen=True, slots=True)
class PlaceFile:
    """One file: a place, the place it lies in, whether its people may be texted, and its rules."""

    place: str
    name: str
    parent: str | None
    enabled: bool
    rules: tuple[r.Rule, ...]
    file: str


def _sourced(fields: Fields) -> str:
    """An address, or a citation with a number in it: "ask a lawyer" is no source."""
    source = fields.take("source", str)
    if not re.match(r"https?://[^\s/]+\.\S+", source) and not re.search(r"\w.*\d", source):
        raise fields.error(f"`source` must be an address or a citation, not {source!r}")
    return source


def read_rule(table: dict[str, Any], place: str, file: str) -> r.Rule:
    """One `[[rule]]` table. Raises RulebookError."""
    fields = Fields(table, file, str(table.get("id", "without id")))
    rule = r.Rule(
        id=fields.take("id", str),
        place=place,
        text=fields.take("text", str),
        source=_sourced(fields),
        mark=cast(r.Mark, fields.choice("mark", get_args(r.Mark))),
        read=fields.take("read", date),
        profile=fields.maybe("profile", str),
        fallback=fields.maybe("fallback", bool) or False,
        since=fields.maybe("since", date),
        until=fields.maybe("until", date),
        value=READERS[fields.choice("kind", READERS)](fields),
    )
    fields.finish()
    _check_rule(rule, fields)
    return rule


def _check_rule(rule: r.Rule, fields: Fields) -> None:
    if not rule.text.strip():
        raise fields.error("`text` is empty: what does the rule say?")
    if rule.since and rule.until and rule.until <= rule.since:
        raise fields.error(
            f"`until` {rule.until} is not after `since` {rule.since}: it would never be in force"
        )
    if isinstance(rule.value, r.Statement) and rule.value.checked == (NOT_CHECKED in rule.text):
        raise fields.error(f'`checked = false` and the words "{NOT_CHECKED}…" go together')


def read_file(path: Path) -> PlaceFile:
    """One rule file. Raises RulebookError, also where the file is not TOML."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RulebookError(path.name, "", f"not readable as TOML: {error}") from None
    fields = Fields(table, path.name, "")
    place = fields.take("place", str)
    tables = fields.maybe("rule", list) or []
    result = PlaceFile(
        place=place,
        name=fields.take("name", str),
        parent=fields.maybe("parent", str),
        enabled=fields.take("enabled", bool),
        rules=tuple(read_rule(table, place, path.name) for table in tables),
        file=path.name,
    )
    fields.finish()
    return result
