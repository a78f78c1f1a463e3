"""A pretend WordPress plugin of a store: what it was connected with, what it knows of carts, what it posts.

It speaks the contract of docs/woocommerce-plugin.md and knows nothing of who takes what it says.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox.catalog import Line
from sandbox.courier import Courier
from sandbox.storefront import CartRequest
from sandbox.woocommerce.companion_post import Connection, Parcel, Postman
from sandbox.woocommerce.state import WORDPRESS, Shop
from sandbox.world import World

Json = dict[str, Any]
PLUGIN, PROTOCOL = "1.0.0", 1
LINKS_LAST = timedelta(days=14)
FORMS = {
    "comeback_url": r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?",
    "shop_key": r"[A-Za-z0-9_-]{4,64}",
    "secret": r"[A-Za-z0-9_-]{43}",
}
LOCALE = r"[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8}){0,3}"


class BadConnection(ValueError):
    """What a connection was asked for with isn't whole; the text says what."""


@dataclass
class Kept:
    """A cart that the plugin wrote down: its shopper ticked the box and typed a phone."""

    id: str
    request: CartRequest
    lines: tuple[Line, ...]
    created_at: datetime
    updated_at: datetime
    agreed_at: datetime
    revision: int = 0
    state: str = "open"  # ordered, removed, erased
    order_id: int | None = None
    caught: bool = True  # the box was ticked and a phone typed


@dataclass
class Companion:
    """The plugin of one store. The world's lock guards it."""

    world: World
    courier: Courier
    shop: Shop
    carts: dict[str, Kept] = field(default_factory=dict)
    moved: bool = False  # the store has another address than it was connected under

    def __post_init__(self) -> None:
        self.postman = Postman(self.world, self.courier, self.shop, self.now)
        self.restore_key = f"{self.world.dice.getrandbits(256):064x}"

    @property
    def connection(self) -> Connection | None:
        return self.postman.connection

    @property
    def ready(self) -> bool:
        """The box is shown: somebody is connected, and gave words to stand beside it."""
        at = self.connection
        return at is not None and bool(at.wordings) and not self.moved

    @property
    def waiting(self) -> dict[str, Parcel]:
        return self.postman.waiting

    def now(self) -> datetime:
        """By the store's own clock, which may be off."""
        return self.world.clock.now() + timedelta(seconds=self.world.faults.store_clock_skew_seconds)

    # -- the connection

    def connect(self, body: Mapping[str, Any]) -> None:
        """Raises BadConnection."""
        if body.get("protocol") != PROTOCOL:
            raise BadConnection(f"protocol: this plugin speaks protocol {PROTOCOL} only.")
        for name, form in FORMS.items():
            if not isinstance(body.get(name), str) or not re.fullmatch(form, body[name]):
                raise BadConnection(f"{name}: something of another form is needed.")
        url = body["comeback_url"].rstrip("/")
        if self.shop.home_url.startswith("https:") and not url.startswith("https:"):
            raise BadConnection("comeback_url: this store is on https, so Comeback must be too.")
        said = wordings(body.get("wordings"))
        self.postman.connect(Connection(url, body["shop_key"], body["secret"], said))
        self.moved = False

    def forget(self) -> None:
        self.postman.connection = None

    def facts(self) -> Json:
        at = self.connection
        return {
            "protocol": PROTOCOL,
            "plugin": PLUGIN,
            "connected": at is not None,
            "shop_key": at.shop_key if at else "",
            "store": self.shop.home_url,
            "woocommerce": self.shop.version,
            "wordpress": WORDPRESS,
            "php": "8.2.29",
            "checkout": "block" if self.shop.blocks else "classic",
            "locale": self.shop.locale.replace("-", "_"),
            "wordings": [{k: one[k] for k in ("locale", "version")} for one in at.wordings] if at else [],
            "privacy_url": f"{self.shop.home_url}/privacy",
            "terms_url": f"{self.shop.home_url}/terms",
            "hold_stock_minutes": self.shop.hold_stock_minutes if self.shop.holds_stock else 0,
            "core_recovery_email": "off",
            "waiting": len(self.waiting),
            "moved": self.moved,
        }

    def post(self, topic: str, body: Json, slot: str | None = None) -> None:
        """Post soon. `slot`: what stands there and still waits is replaced. The lock is held."""
        if not self.moved:
            self.postman.post(topic, head(self.shop) | body, slot)

    # -- the way back

    def link(self, cart: Kept) -> str:
        expires = int((cart.updated_at + LINKS_LAST).timestamp())
        return f"{self.shop.home_url}/?comeback={cart.id}.{expires}.{self.mac(cart.id, expires)}"

    def mac(self, cart_id: str, expires: int) -> str:
        said = f"restore/1\n{self.shop.home_url}\n{cart_id}\n{expires}"
        return hmac.new(self.restore_key.encode(), said.encode(), hashlib.sha256).hexdigest()[:32]

    def cart_of(self, token: str) -> Kept | None:
        """The cart of a good link; None for one that is forged, expired, or of a cart that is no more to be had."""
        cart_id, expires, mac = (*token.split("."), "", "", "")[:3]
        cart = self.carts.get(cart_id)
        if not expires.isdigit() or not hmac.compare_digest(self.mac(cart_id, int(expires)), mac):
            return None
        if int(expires) < self.now().timestamp() or cart is None:
            return None
        return cart if cart.state == "open" and cart.caught else None


def head(shop: Shop) -> Json:
    return {"protocol": PROTOCOL, "plugin": PLUGIN, "store": shop.home_url}


def wordings(given: object) -> tuple[Mapping[str, Any], ...]:
    """A list, which may be empty: then no box is shown. Raises BadConnection."""
    if not isinstance(given, list):
        raise BadConnection("wordings: a list is needed, which may be empty.")
    for row in given:
        fits = isinstance(row, dict) and re.fullmatch(LOCALE, str(row.get("locale")))
        version, text = (row.get("version"), row.get("text")) if fits else (0, "")
        if type(version) is not int or version < 1 or not isinstance(text, str) or not text.strip():
            raise BadConnection("wordings: each needs a locale, a version from 1 and a text.")
    return tuple(given)
