"""Access tokens that end: where a connector gets the one that is good now, and another when it was refused.

What keeps them (rows, locks, refreshing) is no business of a connector: it is handed a source.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


class TokenSource(Protocol):
    """One store's access token. `current` and `renewed` raise ComebackError, permanent if somebody has to act."""

    def current(self) -> str:
        """The token to ask with, good for a while yet."""
        ...

    def renewed(self, refused: str) -> str:
        """The store refused this one: another, or the same if there is none."""
        ...

    def lost(self, refused: str) -> None:
        """The store refused even the renewed one."""
        ...


@dataclass(frozen=True, slots=True)
class FixedToken:
    """A token that never ends and can't be renewed."""

    token: str = field(repr=False)

    def current(self) -> str:
        return self.token

    def renewed(self, refused: str) -> str:
        return refused

    def lost(self, refused: str) -> None:
        return None


class LiveCredentials(dict[str, str]):
    """A store's credentials, whose access token comes from a source each time that it is needed."""

    def __init__(self, values: Mapping[str, str], tokens: TokenSource) -> None:
        super().__init__(values)
        self.tokens = tokens

    def __repr__(self) -> str:
        return f"LiveCredentials({', '.join(sorted(self))})"
