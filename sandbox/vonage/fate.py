"""What becomes of a text, judged by the number it goes to and by what its owner has said.

A number ending in 99 rejects (1300), in 98 is undeliverable (1260), in 97 is switched off until the message
expires (rejected, 1360). A letters-only sender is rejected in the US and Canada (1120). After STOP, texts
from that sender are taken and then rejected (1240), except one confirmation soon after it and an answer to
HELP.
Codes: Messages OpenAPI 1.11.0, `x-errors`.
"""

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox import replies
from sandbox.tally import ANSWER_WITHIN
from sandbox.vonage.reports import Message

SUBMITTED_AFTER, ENDED_AFTER = timedelta(seconds=1), timedelta(seconds=4)

_BY_ENDING = {"99": ("rejected", "1300"), "98": ("undeliverable", "1260"), "97": ("rejected", "1360")}

Pair = tuple[str, str]  # (sender's digits, phone in E.164)


@dataclass(frozen=True, slots=True)
class Fate:
    """How a text ends: its last status, the error's number, and after how long."""

    status: str
    code: str | None = None
    after: timedelta = ENDED_AFTER


@dataclass
class OptOuts:
    """Who said STOP to which sender, as the carrier remembers it. Thread-safe."""

    _stopped: set[Pair] = field(default_factory=set)
    _said: dict[Pair, tuple[datetime, str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def heard(self, sender: str, phone: str, text: str, at: datetime) -> None:
        """A person wrote `text` to `sender`."""
        with self._lock:
            self._said[sender, phone] = (at, text)
            if replies.carrier_stop(text):
                self._stopped.add((sender, phone))
            elif replies.carrier_start(text):
                self._stopped.discard((sender, phone))

    def forbid(self, message: Message) -> bool:
        """True if the message must be rejected; an allowed exception is used up by asking."""
        pair = (message.sender, "+" + message.to)
        with self._lock:
            return pair in self._stopped and not self._excepted(pair, message)

    def _excepted(self, pair: Pair, message: Message) -> bool:
        at, said = self._said.get(pair, (message.at, ""))
        if message.at - at > ANSWER_WITHIN:
            return False
        if replies.asks_help(said) or (replies.carrier_stop(said) and replies.confirms_opt_out(message.text)):
            del self._said[pair]
            return True
        return False


def fate(message: Message, opt_outs: OptOuts) -> Fate:
    """How that message ends."""
    if opt_outs.forbid(message):
        return Fate("rejected", "1240")
    if message.to.startswith("1") and not message.sender.isdigit():
        return Fate("rejected", "1120")
    status, code = _BY_ENDING.get(message.to[-2:], ("delivered", None))
    after = timedelta(seconds=message.ttl) if code == "1360" else ENDED_AFTER
    return Fate(status, code, after)
