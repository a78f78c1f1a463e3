"""What applying an event led to, and what it needs to know."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from compliance.rulebook import Rulebook
from plugin_server.store.shops import Installed
from plugin_server.store.tx import Tx
from sequences.sequence import Sequence


@dataclass(frozen=True, slots=True)
class Effect:
    """`state` of the event's row, a note for people, and which cart or order it was about.

    `phone`: the hash of the number that it was about, for what may belong to no cart: an erasure finds it by that.
    `forget`: the delivery's content must not be kept.
    """

    state: Literal["applied", "stale", "ignored", "parked"]
    note: str = ""
    cart_id: int | None = None
    order_key: str | None = None
    forget: bool = False
    phone: bytes | None = None


@dataclass(frozen=True, slots=True)
class Here:
    """Where an event is applied: one shop's transaction, the shop, the time and the rules. `carrier_answers` tells
    of a person's words whether the carrier itself replies to them; `counts_usage`: texts are reported to the
    platform's billing."""

    tx: Tx
    installed: Installed
    now: datetime
    rulebook: Rulebook
    carrier_answers: Callable[[str], bool]
    counts_usage: bool = False

    @property
    def sequence(self) -> Sequence:
        return self.installed.sequence
