"""A TOML table read with care: each key once, typed, and nothing left over."""

import re
from collections.abc import Iterable
from typing import Any, TypeVar

from compliance.errors import RulebookError

T = TypeVar("T")


class Fields:
    """A TOML table that hands out each key once, typed, and complains about the rest."""

    def __init__(self, table: dict[str, Any], file: str, rule: str) -> None:
        self._left, self.file, self.rule = dict(table), file, rule

    def error(self, problem: str) -> RulebookError:
        return RulebookError(self.file, self.rule, problem)

    def take(self, key: str, kind: type[T]) -> T:
        if key not in self._left:
            raise self.error(f"`{key}` is missing")
        value = self._left.pop(key)
        if type(value) is not kind:
            raise self.error(f"`{key}` must be a {kind.__name__}, not {value!r}")
        return value

    def maybe(self, key: str, kind: type[T]) -> T | None:
        return self.take(key, kind) if key in self._left else None

    def choice(self, key: str, allowed: Iterable[str]) -> str:
        value = self.take(key, str)
        if value not in tuple(allowed):
            raise self.error(f"`{key}` is {value!r}, must be one of {', '.join(allowed)}")
        return value

    def count(self, key: str, least: int = 1, hint: str = "") -> int:
        number = self.take(key, int)
        if number < least:
            raise self.error(f"`{key}` must be at least {least}{hint}")
        return number

    def words(self, key: str) -> tuple[str, ...]:
        """A list of words of small letters, digits and underscores; empty where the key is not there."""
        words = tuple(self.maybe(key, list) or ())
        if not all(isinstance(word, str) and re.fullmatch(r"[a-z][a-z0-9_]*", word) for word in words):
            raise self.error(f'`{key}` must be a list of words like "lead_generation", not {list(words)!r}')
        if len(set(words)) < len(words):
            raise self.error(f"`{key}` names one twice")
        return words

    def finish(self) -> None:
        if self._left:
            raise self.error(f"unknown key `{min(self._left)}`")
