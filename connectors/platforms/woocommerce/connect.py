"""How a store gives us a key: its own page, /wc-auth/v1/authorize, asks the merchant and posts the key to us.

github.com/woocommerce/woocommerce includes/class-wc-auth.php. What is posted isn't signed and names no store: the
`user_id` must be a state of ours that nobody can guess, and the key counts for nothing before the store has taken it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit, urlunsplit

import requests
from marshmallow import ValidationError
from marshmallow import fields as f

from connectors import http
from connectors.platforms.woocommerce.answers import data_of, not_sent
from connectors.platforms.woocommerce.client import canonical
from connectors.platforms.woocommerce.errors import NotJson, StoreError, Unauthorised, WrongStoreUrl
from connectors.platforms.woocommerce.schema import Id
from connectors.wire import Prose, Text, Wire, load_json

APP_NAME = "Comeback"
PORTS = (None, 80, 443, 8080, 8443)
"""Where stores are: whoever gives an address must not look through a host's other doors by us."""
NAMESPACE = "wc/v3"
INDEX = "name,home,namespaces,timezone_string"
PATIENCE = 8.0
"""Seconds for a whole answer of somebody whom we know nothing of, and the most bytes of it that are read."""
LARGEST = 512 * 1024
INSIDE = ("/wp-admin", "/wp-json", "/wp-login.php", "/wc-auth")
"""What follows a store's address where people copy theirs from."""


class _Key(Text):
    """A consumer key or secret: its two letters and 40 hex digits (wc_rand_hash)."""

    def __init__(self, begins: str) -> None:
        self.begins = begins
        super().__init__(required=True, longest=64)

    def take(self, value: object) -> str:
        given = super().take(value)
        if not is_key(given, self.begins):
            raise ValidationError(f"should be {self.begins} and hex digits")
        return given


class GrantWire(Wire):
    key_id = Id()
    user_id = Text(required=True, longest=200)
    consumer_key = _Key("ck_")
    consumer_secret = _Key("cs_")
    key_permissions = Text(required=True, longest=20)


class _Names(f.Field[tuple[str, ...]]):
    """A list of names; anything else is none."""

    def deserialize(self, value: object, *args: object, **kwargs: object) -> tuple[str, ...]:
        return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


class IndexWire(Wire):
    name = Prose()
    timezone_string = Prose(longest=64)
    namespaces = _Names()


GRANT, INDEX_WIRE = GrantWire(), IndexWire()


@dataclass(frozen=True, slots=True)
class Grant:
    """A key that a store posted. `state`: what we sent there as `user_id`."""

    state: str
    key: str = field(repr=False)
    secret: str = field(repr=False)
    permissions: str


@dataclass(frozen=True, slots=True)
class Index:
    """What a WordPress says of itself to everybody. `closed`: it tells strangers nothing."""

    name: str = ""
    timezone: str = ""
    namespaces: tuple[str, ...] = ()
    closed: bool = False


def is_key(given: str, begins: str) -> bool:
    """Does this look like a consumer key ("ck_") or secret ("cs_")?"""
    rest = given.removeprefix(begins)
    return given.startswith(begins) and len(rest) == 40 and set(rest) <= set("0123456789abcdef")


def store_address(typed: str, *, anywhere: bool = False) -> str:
    """A store's address as people type it, perhaps without https://. `anywhere`: at any port.

    Raises WrongStoreUrl if it can't be one."""
    given = typed.strip()
    parts = urlsplit(canonical(given if "://" in given else f"https://{given}"))
    path = parts.path
    for inside in INSIDE:
        path = path.partition(inside)[0]
    address = urlunsplit((parts.scheme, parts.netloc, path, "", ""))
    if len(address) > 200 or any(char.isspace() or char in "<>\"'\\" for char in address):
        raise WrongStoreUrl("the store's address is not a web address")
    if not anywhere and parts.port not in PORTS:
        raise WrongStoreUrl("the store's address has a port at which no store is: leave it out")
    return address


def authorize_url(store: str, state: str, return_url: str, callback_url: str) -> str:
    """The store's page that asks for the merchant's leave. `callback_url` must be https, the store refuses others."""
    asked = {
        "app_name": APP_NAME,
        "scope": "read_write",
        "user_id": state,
        "return_url": return_url,
        "callback_url": callback_url,
    }
    return f"{store}/wc-auth/v1/authorize?{urlencode(asked)}"


def read_grant(body: bytes) -> Grant:
    """What a store posts after the merchant agreed. Raises BadDelivery."""
    told = GRANT.read(load_json(body))
    return Grant(told["user_id"], told["consumer_key"], told["consumer_secret"], told["key_permissions"])


def look(store: str, *, allow_private: bool = False) -> Index:
    """What a stranger sees of a store's API. Asked without a key. Raises StoreError if no WooCommerce is there."""
    asking = http.session(allow_private=allow_private, read=PATIENCE, whole=PATIENCE)
    try:
        answer = asking.get(f"{store}/wp-json/", params={"_fields": INDEX}, stream=True)
        answer._content = b"".join(_bounded(answer))
        told = INDEX_WIRE.read(data_of(answer, dict))
    except requests.RequestException as error:
        raise not_sent(error) from None
    except Unauthorised:
        return Index(closed=True)
    finally:
        asking.close()
    found = Index(told["name"], told["timezone_string"], told["namespaces"])
    if NAMESPACE not in found.namespaces:
        raise WrongStoreUrl("there is a WordPress at this address, but no WooCommerce is active in it")
    return found


def seen(store: str, *, allow_private: bool = False) -> Index:
    """As `look`; a store that doesn't say is as good as one that is closed."""
    try:
        return look(store, allow_private=allow_private)
    except StoreError:
        return Index(closed=True)


def _bounded(answer: requests.Response) -> Iterator[bytes]:
    size = 0
    for part in answer.iter_content(16 * 1024):
        size += len(part)
        if size > LARGEST:
            answer.close()
            raise NotJson("the store's answer is too large to be an answer")
        yield part
