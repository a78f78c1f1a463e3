"""The connector itself: the way in for reports and replies, and the way to a sender."""

import hashlib
from datetime import datetime

from connectors.channels.vonage_sms import assist
from connectors.channels.vonage_sms.account import account
from connectors.channels.vonage_sms.reports import reading
from connectors.channels.vonage_sms.signature import signed
from connectors.delivery import Credentials, Delivery
from sequences.cart import Shop
from sequences.events import Reading
from sequences.ports import Channel


class VonageSms:
    """A CarrierDoor. Credentials: application_id, private_key, api_key, signature_secret; optionally
    base_url, per_second and, in a sandbox, allow_private "1"."""

    name = "vonage_sms"

    def channel(self, credentials: Credentials) -> Channel:
        """A sender for this process. Raises BadCredentials, in words, if they can't work."""
        checked = account(credentials)
        # Vonage's models cost half a second to import; the web process only takes deliveries and is spared.
        from connectors.channels.vonage_sms.sender import VonageChannel

        return VonageChannel(checked)

    def answers_itself(self, words: str) -> bool:
        return assist.answers(words)

    def verify(self, delivery: Delivery, secrets: Credentials, now: datetime) -> bool:
        return signed(
            delivery.body,
            delivery.header("authorization"),
            secret=secrets.get("signature_secret", ""),
            api_key=secrets.get("api_key", ""),
            now=now,
        )

    def dedup(self, delivery: Delivery) -> str:
        """A delivery has no id of its own; a repeated one is the same to the byte."""
        return hashlib.sha256(delivery.body).hexdigest()

    def is_ping(self, delivery: Delivery) -> bool:
        return False

    def read(self, delivery: Delivery, shop: Shop) -> Reading:
        return reading(delivery.body)
