"""What we and the plugin in a store have to do with each other: docs/woocommerce-plugin.md, "Connection"."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.platforms.woocommerce.client import Store
from connectors.platforms.woocommerce.errors import NotJson, StoreError
from connectors.wire import Count, Flag, Part, Prose, Text, Wire
from sequences.errors import BadDelivery

NAMESPACE, ENDPOINT = "wc-comeback/v1", "connection"
PROTOCOL = 1
NOT_THERE = 404
"""Where no plugin answers: as data from WordPress (`rest_no_route`), or as a page from what stands before it."""


class WordingWire(Wire):
    locale = Text(longest=20)
    version = Count()


class PluginWire(Wire):
    protocol = Count(required=True)
    plugin = Prose(longest=40)
    connected = Flag(required=True)
    shop_key = Text()
    checkout = Text(longest=20)
    wordings = Part(WordingWire(), many=True)
    privacy_url = Text(longest=500)
    terms_url = Text(longest=500)
    hold_stock_minutes = Count(most=10_000_000)
    core_recovery_email = Text(longest=20)
    moved = Flag()


PLUGIN = PluginWire()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What stands beside the box in one language, under our number."""

    locale: str
    version: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """What a plugin is told. `wordings`: the first is for all languages that have none."""

    comeback_url: str
    shop_key: str
    secret: str = field(repr=False)
    wordings: Sequence[Wording] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """What the plugin says of itself. `wordings`: locale and version of each it has, in its order. `moved`: its store
    is elsewhere than where it was paired; it keeps silent."""

    version: str
    connected: bool
    shop_key: str = ""
    checkout: str = ""
    wordings: tuple[tuple[str, int], ...] = ()
    privacy_url: str = ""
    terms_url: str = ""
    hold_stock_minutes: int | None = None
    core_recovery_email: str = ""
    moved: bool = False

    def has(self, wanted: Pairing) -> bool:
        """Is it connected to us, with these wordings?"""
        told = tuple((one.locale, one.version) for one in wanted.wordings)
        return self.connected and not self.moved and (self.shop_key, self.wordings) == (wanted.shop_key, told)


class OtherProtocol(StoreError):
    """The plugin speaks another version of what we and it say to each other."""


class Counterpart:
    """The plugin of one store. Every method raises StoreError."""

    def __init__(self, url: str, credentials: Mapping[str, str], until: float | None = None) -> None:
        """`until`: as `Store.until`."""
        self._store = Store(url, credentials, version=NAMESPACE, until=until)

    def ask(self) -> Plugin | None:
        """None: it isn't there, or not active."""
        try:
            return _read(self._store.get(ENDPOINT))
        except StoreError as error:
            if error.status == NOT_THERE:
                return None
            raise

    def pair(self, wanted: Pairing) -> Plugin:
        """May be repeated."""
        body: dict[str, Any] = {
            "protocol": PROTOCOL,
            "comeback_url": wanted.comeback_url,
            "shop_key": wanted.shop_key,
            "secret": wanted.secret,
            "wordings": [
                {"locale": one.locale, "version": one.version, "text": one.text} for one in wanted.wordings
            ],
        }
        return _read(self._store.put(ENDPOINT, body))

    def part(self) -> None:
        """Have it forget us. May be repeated, also where there is no plugin."""
        try:
            self._store.delete(ENDPOINT)
        except StoreError as error:
            if error.status != NOT_THERE:
                raise


def _read(answer: object) -> Plugin:
    try:
        told = PLUGIN.read(answer)
    except BadDelivery as error:
        raise NotJson(f"the plugin's answer can't be read: {error}") from None
    if told["protocol"] != PROTOCOL:
        raise OtherProtocol(
            f"the plugin speaks version {told['protocol']} of the protocol, we speak {PROTOCOL}: update what is older"
        )
    return Plugin(
        version=told["plugin"] or "unknown",
        connected=told["connected"],
        shop_key=told["shop_key"],
        checkout=told["checkout"],
        wordings=tuple((one["locale"], one["version"] or 0) for one in told["wordings"]),
        privacy_url=told["privacy_url"],
        terms_url=told["terms_url"],
        hold_stock_minutes=told["hold_stock_minutes"],
        core_recovery_email=told["core_recovery_email"],
        moved=bool(told["moved"]),
    )
