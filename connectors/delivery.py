"""What arrives at our door, free of any web framework, and what a connector must be able to do with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from sequences.cart import Shop
from sequences.code_ports import Codes
from sequences.events import Reading
from sequences.ports import Channel, PersonRef, StoreConsent, Storefront, Told
from sequences.reread_ports import Rereader, What
from sequences.standing_down import Automation


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
    rereads: tuple[What, ...]
    """What of a store can be read again, in the order in which it must be; () if nothing."""

    def shop_hint(self, delivery: Delivery) -> str:
        """For deliveries whose address names no shop: the domain they claim to come from, or ''."""
        ...

    def lacks(self, delivery: Delivery, *, shop: bool) -> str:
        """The header without which a delivery means nothing, or ''. `shop`: the shop must stand in a header, too."""
        ...

    def needs_no_shop(self, delivery: Delivery) -> bool:
        """True if this asks nothing of who holds nothing of its shop: it may then be answered as done."""
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

    def rereading(self, shop: Shop, credentials: Credentials) -> Rereader | None:
        """Who reads this store again, for what its webhooks lost; None where nothing is, whatever the credentials."""
        ...

    def automations(self, shop: Shop, credentials: Credentials) -> tuple[Automation, ...] | None:
        """Other tools that write to this store's shoppers about the carts they left, those at work now; None if the
        store doesn't tell. Raises ComebackError if it couldn't be asked."""
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
