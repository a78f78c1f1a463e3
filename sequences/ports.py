"""What the heart needs from the world. Connectors implement these; each has a small real fake."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from sequences.cart import Shop


class Clock(Protocol):
    """The time by which we decide: aware UTC."""

    def now(self) -> datetime: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CartRef:
    """Enough of a cart to ask its store about it. `since`: when the shopper left it."""

    key: str
    aliases: tuple[str, ...] = ()
    since: datetime
    phone: str | None = None
    email: str | None = None
    customer_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What the store says of a cart right now.

    `open`: still there, not bought. `bought`: by this cart or by the same person since they left it
    (`order_key` says which order). `gone`: no such cart any more. `unknown`: the store couldn't be
    asked, `detail` says why.
    """

    state: Literal["open", "bought", "gone", "unknown"]
    detail: str = ""
    order_key: str = ""


class Storefront(Protocol):
    """The last look before a text."""

    def last_look(
        self, shop: Shop, credentials: Mapping[str, str], carts: Sequence[CartRef]
    ) -> Mapping[str, Look]:
        """One answer per cart key. Never raises for an unreachable store: says `unknown`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRef:
    """Enough of a person for their store to find them. `phone`: the number that they spoke for (E.164)."""

    phone: str
    email: str = ""
    customer_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreConsent:
    """What a person told us about texts, for their store to write down. `at`: when they said it (aware UTC);
    `level`: how surely a "subscribed" was given."""

    state: Literal["subscribed", "unsubscribed"]
    at: datetime
    level: Literal["", "confirmed_opt_in"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What became of telling a store.

    `told`: it has written it down. `needless`: it knows already, knows something newer, or knows no such person.
    `retry_later`: it couldn't be told now; `retry_after` is in seconds, if it said. `refused`: it said no, and will
    until somebody mends something. `detail` is for people, and names nobody.
    """

    kind: Literal["told", "needless", "retry_later", "refused"]
    detail: str = ""
    retry_after: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundText:
    """One text to hand over. `ref` is the touch id: it comes back in every report.

    `to` and `sender` are E.164 (or an alphanumeric sender id); `ttl_seconds` is how long the carrier may
    try; `callback` is where its reports go.
    """

    ref: str
    to: str
    sender: str
    text: str
    ttl_seconds: int
    unicode: bool = False
    callback: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a hand-over led to.

    `accepted`: the carrier has it. `refused`: it said no and nothing was sent (`permanent`: don't try this
    text again; `account`: the fault is ours, pause all sending). `retry_later`: it took nothing, try after
    `retry_after` seconds. `unknown`: it may have it; never repeat, wait for its report.
    """

    kind: Literal["accepted", "refused", "retry_later", "unknown"]
    provider_id: str = ""
    code: str = ""
    detail: str = ""
    permanent: bool = True
    account: bool = False
    retry_after: float | None = None


class Channel(Protocol):
    """A way to send one text."""

    def send(self, message: OutboundText) -> Outcome:
        """Hand over once. Never raises for what the carrier or the network does."""
        ...


@dataclass
class FakeChannel:
    """Keeps what it was given and answers as told: the tests' and dry runs' channel."""

    answer: Outcome = field(default_factory=lambda: Outcome(kind="accepted", provider_id="fake"))
    sent: list[OutboundText] = field(default_factory=list)

    def send(self, message: OutboundText) -> Outcome:
        self.sent.append(message)
        return self.answer


@dataclass
class FakeStorefront:
    """Says of every cart what it was told, `open` where it was told nothing."""

    looks: dict[str, Look] = field(default_factory=dict)

    def last_look(
        self, shop: Shop, credentials: Mapping[str, str], carts: Sequence[CartRef]
    ) -> Mapping[str, Look]:
        return {c.key: self.looks.get(c.key, Look(state="open")) for c in carts}


@dataclass
class FakeClock:
    """Stands still until moved."""

    at: datetime

    def now(self) -> datetime:
        return self.at
