"""What can be decided about a due touch, each with its reason."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from compliance.answers import Allowed


@dataclass(frozen=True, slots=True)
class Send:
    """Hand it over. `ttl_seconds`: how long the carrier may try; `verdict`: what compliance said; `places`: where the
    shopper may be, for the rules about what a text says."""

    ttl_seconds: int
    verdict: Allowed
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hold:
    """Not before `until`."""

    until: datetime
    reason: str
    rule: str = ""


@dataclass(frozen=True, slots=True)
class AskFirst:
    """Ask the shopper to confirm; the touch waits for the answer, until `until` at most."""

    until: datetime
    reason: str
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Skip:
    """Never. `state`: the final state of the touch."""

    reason: str
    rule: str = ""
    state: Literal["skipped", "cancelled", "expired"] = "skipped"


Decision = Send | Hold | AskFirst | Skip
