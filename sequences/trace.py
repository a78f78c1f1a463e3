"""The decision trace: the ordered checks and choices behind a touch, as data that reads as a sentence."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One check. `outcome` is one word (passed, held, refused, chose, sent …); `reason` is for people;
    `facts` are for machines and never hold a phone, a name or a link."""

    at: datetime
    check: str
    outcome: str
    reason: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
