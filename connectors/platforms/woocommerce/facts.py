"""What a store's settings say of it, read with a key; and whether that key is the store's, and may write."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from marshmallow import fields as f

from connectors.platforms.woocommerce import connect
from connectors.platforms.woocommerce.client import Store, canonical
from connectors.platforms.woocommerce.errors import (
    NotFound,
    NotJson,
    Refused,
    StoreError,
    Unauthorised,
    WrongStoreUrl,
)
from connectors.wire import Currency, Part, Prose, Text, Wire
from sequences.errors import BadDelivery

# Named one by one: for the rest the store calls others over the network and measures its tables, for seconds.
FIELDS = (
    "environment.home_url,environment.site_url,environment.version,environment.wp_version,environment.language,"
    "settings.currency"
)
NO_SUCH_ID = 2147483647
"""Of a webhook that no store has: to change it takes a key that may write, and changes nothing."""


class EnvironmentWire(Wire):
    home_url = Text(required=True)
    site_url = Text()
    version = Prose(longest=40)
    wp_version = Prose(longest=40)
    language = Prose(longest=20)


class SettingsWire(Wire):
    currency = Currency()


class StatusWire(Wire):
    environment = Part(EnvironmentWire(), required=True)
    settings = Part(SettingsWire())


class ValueWire(Wire):
    value = f.Raw(load_default=None)


STATUS, VALUE = StatusWire(), ValueWire()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreFacts:
    """A store as it describes itself. `url`: its canonical address. `hold_stock_minutes`: after so long WooCommerce
    cancels what isn't paid; None: never, or it doesn't say."""

    url: str
    admin_url: str
    version: str
    wordpress: str
    name: str
    currency: str
    country: str
    locale: str
    timezone: str
    hold_stock_minutes: int | None


def read_facts(url: str, credentials: Mapping[str, str], until: float | None = None) -> StoreFacts:
    """Three to five requests. `until`: as `Store.until`. Raises StoreError."""
    store = Store(url, credentials, until=until)
    try:
        told = STATUS.read(store.get("system_status", _fields=FIELDS))
    except BadDelivery as error:
        raise NotJson(f"the store's system status can't be read: {error}") from None
    here, language = told["environment"], told["environment"]["language"].replace("_", "-")
    index = connect.seen(url, allow_private=credentials.get("allow_private") == "1")
    place = _setting(store, "general/woocommerce_default_country").partition(":")[0].upper()
    home = canonical(here["home_url"])
    return StoreFacts(
        url=home,
        admin_url=canonical(here["site_url"]) if here["site_url"] else home,
        version=here["version"],
        wordpress=here["wp_version"],
        name=index.name,
        currency=(told["settings"] or {}).get("currency") or "",
        country=place if len(place) == 2 and place.isascii() and place.isalpha() else "",
        locale="-".join(language.split("-")[:2]),
        timezone=index.timezone,
        hold_stock_minutes=_minutes(store),
    )


def verified(url: str, credentials: Mapping[str, str], until: float | None = None) -> StoreFacts:
    """The store that this key opens, under its own address: what a store says of its address is believed once the same
    key opens that address, too. `until`: as `Store.until`. Raises StoreError."""
    told = read_facts(url, credentials, until)
    if told.url != canonical(url):
        # A claim is no better than what is typed: nobody looks through others' doors by us.
        connect.store_address(told.url, anywhere=credentials.get("allow_private") == "1")
        there = _of_its_own(told.url, credentials, until)
        if there.url != told.url:
            raise WrongStoreUrl(
                f"the store says that it is at {told.url}, which says that it is at {there.url}"
            )
        told = there
    _may_write(Store(told.url, credentials, until=until))
    return told


def _of_its_own(url: str, credentials: Mapping[str, str], until: float | None) -> StoreFacts:
    try:
        return read_facts(url, credentials, until)
    except StoreError as error:
        words = (
            f"the store says that its address is {url}; there our key isn't taken or nobody answers: {error}"
        )
        raise type(error)(words, status=error.status, code=error.code) from None


def _may_write(store: Store) -> None:
    """Raises Unauthorised if the key may only read."""
    with suppress(NotFound, Refused):
        store.put(f"webhooks/{NO_SUCH_ID}", {})


def _minutes(store: Store) -> int | None:
    if _setting(store, "products/woocommerce_manage_stock") == "no":
        return None
    held = _setting(store, "products/woocommerce_hold_stock_minutes")
    return int(held) if held.isascii() and held.isdecimal() and 0 < int(held) < 1_000_000 else None


def _setting(store: Store, name: str) -> str:
    """One setting's value as text; '' where the store has no such setting."""
    try:
        value = VALUE.read(store.get(f"settings/{name}", _fields="value"))["value"]
    except (NotFound, WrongStoreUrl, Refused, NotJson, Unauthorised, BadDelivery):
        return ""
    return str(value)[:100] if isinstance(value, str | int) else ""
