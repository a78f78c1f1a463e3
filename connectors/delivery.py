"""What arrives at our door, free of any web framework, and what a connector must be able to do with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from sequences.cart import Shop
from sequences.code_ports import Codes
from sequences.events import Reading
from sequences.ports import Channel, PersonRef, StoreConsent, Storefront, Told


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request to a webhook. Header names are lower-case; `body` is the raw bytes that were signed."""

    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, str] = field(default_factory=dict)

    def header(self, name: str) -> str:
        return self.headers.get(name.lower(), "")


Credentials = Mapping[str, str]


class Door(Protocol):
    """The part of a connector that takes deliveries. Its verify and dedup run in the web process and
    must not parse the body."""

    def verify(self, delivery: Delivery, secrets: Credentials, now: datetime) -> bool:
        """True if the sender proved, over the raw bytes, that it knows our secret. Constant time."""
        ...

    def dedup(self, delivery: Delivery) -> str:
        """The same for every repetition of one delivery, different for any other. At most 200 chars."""
        ...

    def is_ping(self, delivery: Delivery) -> bool:
        """An unsigned hello that is answered 200 and not kept."""
        ...

    def read(self, delivery: Delivery, shop: Shop) -> Reading:
        """The events in it. Raises BadDelivery for what can't be read; nothing else."""
        ...


class Platform(Door, Storefront, Protocol):
    """A store platform. One module or small folder in `connectors/platforms`, found by its name,
    offering `connector: Platform`."""

    name: str

    def shop_hint(self, delivery: Delivery) -> str:
        """For deliveries whose address names no shop: the domain they claim to come from, or ''."""
        ...

    def recovery_link(self, link: str, *, code: str = "", utm: Mapping[str, str] | None = None) -> str:
        """The store's own link with our discount code and campaign parameters added by a URL parser."""
        ...

    def tell_consent(
        self, shop: Shop, credentials: Credentials, person: PersonRef, consent: StoreConsent
    ) -> Told:
        """Have the store write down what this person told us about texts, unless it knows something newer from
        them. Safe to repeat. Never raises for what the store or the network does."""
        ...

    def codes(self, shop: Shop, credentials: Credentials) -> Codes | None:
        """Who makes discounts and their codes in this store; None on a platform where we make none, whatever the
        credentials."""
        ...


class CarrierDoor(Door, Protocol):
    """A channel that also brings reports and replies."""

    name: str

    def answers_itself(self, words: str) -> bool:
        """Whether the carrier, where its own opt-out service is on, replies to exactly these words."""
        ...

    def channel(self, credentials: Credentials) -> Channel:
        """A sender for this process: pooled, with its own time-outs."""
        ...
