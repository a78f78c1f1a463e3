"""Shopify's search syntax (shopify.dev/docs/api/usage/search-syntax), as far as shops' apps use it.

A field that the resource doesn't know is ignored with a warning, as Shopify does: a query that only asks for
such a field therefore finds everything.
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Fields = Mapping[str, Any]
Test = Callable[[Fields], bool]

_TOKEN = re.compile(r"""\(|\)|-?[\w.]+:(?:>=|<=|>|<)?(?:"[^"]*"|'[^']*'|[^\s()]+)|"[^"]*"|'[^']*'|[^\s()]+""")
_TERM = re.compile(r"(-?)([\w.]+):(>=|<=|>|<)?(.+)", re.DOTALL)
_COMPARE: dict[str | None, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    None: operator.eq,
}


@dataclass
class Search:
    """A parsed query: `matches` over a mapping of field to value, and the warnings Shopify would give."""

    query: str
    known: frozenset[str]
    warnings: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._tokens = _TOKEN.findall(self.query)
        self._test = self._any() if self._tokens else None

    def matches(self, fields: Fields) -> bool:
        return self._test is None or self._test(fields)

    def _any(self) -> Test | None:
        tests = [self._all()]
        while self._tokens and self._tokens[0] == "OR":
            self._tokens.pop(0)
            tests.append(self._all())
        kept = [test for test in tests if test is not None]
        return (lambda fields: any(test(fields) for test in kept)) if kept else None

    def _all(self) -> Test | None:
        kept = []
        while self._tokens and self._tokens[0] not in ("OR", ")"):
            if self._tokens[0] == "AND":
                self._tokens.pop(0)
            elif (test := self._one()) is not None:
                kept.append(test)
        return (lambda fields: all(test(fields) for test in kept)) if kept else None

    def _one(self) -> Test | None:
        token = self._tokens.pop(0)
        if token == "NOT" and self._tokens:
            return _negated(self._one())
        if token == "(":
            inner = self._any()
            if self._tokens:
                self._tokens.pop(0)
            return inner
        found = _TERM.fullmatch(token)
        return self._field(*found.groups()) if found else _anywhere(_bare(token))

    def _field(self, minus: str, name: str, compare: str | None, value: str) -> Test | None:
        if name not in self.known:
            self.warnings.append(
                {"field": name, "message": "Invalid search field for this query.", "code": "invalid_field"}
            )
            return None
        test = _term(name, compare, _bare(value))
        return _negated(test) if minus else test


def _bare(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _negated(test: Test | None) -> Test | None:
    return None if test is None else (lambda fields: not test(fields))


def _anywhere(word: str) -> Test:
    return lambda fields: any(
        word.lower() in str(value).lower() for value in fields.values() if value is not None
    )


def _term(name: str, compare: str | None, wanted: str) -> Test:
    def test(fields: Fields) -> bool:
        have = fields.get(name)
        if have is None:
            return False
        if isinstance(have, datetime):
            return _COMPARE[compare](have.replace(microsecond=0), _moment(wanted))
        if isinstance(have, int):
            number = wanted.rsplit("/", 1)[-1]
            return number.isdigit() and _COMPARE[compare](have, int(number))
        values = have if isinstance(have, list) else [have]
        return any(_same(str(value), wanted) for value in values)

    return test


def _same(have: str, wanted: str) -> bool:
    """Equal without case; a star at the end is a prefix; the hash of an order's name may be left out."""
    have, wanted = have.lower().lstrip("#"), wanted.lower().lstrip("#")
    return have.startswith(wanted[:-1]) if wanted.endswith("*") else have == wanted


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return datetime.max.replace(tzinfo=UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
