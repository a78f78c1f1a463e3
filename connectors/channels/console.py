"""Writes texts to the log instead of sending them: for a first look and for dry runs.

The log line is masked like every other, so it shows that a text was due, to whom roughly and how long.
"""

import hashlib
import logging
from datetime import datetime

from connectors.delivery import Credentials, Delivery
from sequences.cart import Shop
from sequences.events import Reading
from sequences.ports import Channel, OutboundText, Outcome

log = logging.getLogger(__name__)


class ConsoleChannel:
    """Accepts every text and sends none."""

    def send(self, message: OutboundText) -> Outcome:
        log.info("%s: to …%s, %s characters", message.ref, message.to[-2:], len(message.text))
        return Outcome(kind="accepted", provider_id=f"console:{message.ref}")


class Console:
    """A CarrierDoor through which nothing comes: no delivery is ever verified."""

    name = "console"

    def channel(self, credentials: Credentials) -> Channel:
        return ConsoleChannel()

    def answers_itself(self, words: str) -> bool:
        return False

    def verify(self, delivery: Delivery, secrets: Credentials, now: datetime) -> bool:
        return False

    def dedup(self, delivery: Delivery) -> str:
        return hashlib.sha256(delivery.body).hexdigest()

    def is_ping(self, delivery: Delivery) -> bool:
        return False

    def read(self, delivery: Delivery, shop: Shop) -> Reading:
        return Reading(notes=("the console channel takes no deliveries",))


connector = Console()
