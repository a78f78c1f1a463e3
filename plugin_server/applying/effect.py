"""What applying an event led to, and what it needs to know."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from plugin_server.store.tx import Tx
from sequences.sequence import Sequence


@dataclass(frozen=True, slots=True)
class Effect:
    """`state` of the event's row, a note for people, and which cart or order it was about.

    `forget`: the delivery's content must not be kept.
    """

    state: Literal["applied", "stale", "ignored", "parked"]
    note: str = ""
    cart_id: int | None = None
    order_key: str | None = None
    forget: bool = False


@dataclass(frozen=True, slots=True)
class Here:
    """Where an event is applied: one shop's transaction, its plan, and the time."""

    tx: Tx
    sequence: Sequence
    now: datetime
