"""The answers: yes until, not before, no. Each names its rules, in sentences a merchant can read."""

from dataclasses import dataclass
from datetime import datetime

from compliance.rules import Rule


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence and the rule behind it; `code` is for machines and stays the same when words change."""

    code: str
    text: str
    rule: Rule

    def sentence(self) -> str:
        """ "It is 21:14 in America/New_York. Strict hours: … [ST-02: source]"."""
        return f"{self.text} {self.rule.text} {self.rule.cite()}".strip()


@dataclass(frozen=True, slots=True)
class LocalTime:
    """What the clock shows in one candidate zone, and why that zone counts."""

    zone: str
    time: str
    why: str


@dataclass(frozen=True, slots=True)
class _Answer:
    """`applied`: all the rules that had a say in a yes or a hold, also those that the text keeps."""

    reasons: tuple[Reason, ...]
    rulebook_version: str
    local_times: tuple[LocalTime, ...] = ()
    applied: tuple[Rule, ...] = ()

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules behind the answer, each once: first those that its reasons name."""
        return tuple({rule.id: rule for rule in (*(r.rule for r in self.reasons), *self.applied)}.values())

    @property
    def zones(self) -> tuple[str, ...]:
        """The candidate zones, each once; empty where the answer came before the clock was asked."""
        return tuple(dict.fromkeys(local.zone for local in self.local_times))

    def sentences(self) -> tuple[str, ...]:
        """Why, in words, each with rule id and source."""
        return tuple(reason.sentence() for reason in self.reasons)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed(_Answer):
    """The text may leave now, and must arrive before `window_end` and `deadline` (`verdict.ttl_seconds`)."""

    window_end: datetime | None
    deadline: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held(_Answer):
    """Not now; ask again at `until` (aware UTC), when the clock allows it everywhere."""

    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused(_Answer):
    """No, and waiting does not help. `expired`: the text came too late, nothing else was wrong."""

    expired: bool = False

    @property
    def code(self) -> str:
        """The first reason's code: "no_consent", "suppressed", "second_text_for_cart" …"""
        return self.reasons[0].code


Verdict = Allowed | Held | Refused
