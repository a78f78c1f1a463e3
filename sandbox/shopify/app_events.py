"""App Events: what an app reports of its use, for the merchant's bill (shopify.dev/docs/api/app-events).

What has the right form is taken; what is wrong with it as a charge shows in the Dev Dashboard alone (here
`Meter.events`). A key that was seen within 24 hours is the same event.
"""

import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox.shopify.store import ShopifyStore
from sandbox.world import World

Json = dict[str, Any]
TOKEN_SECONDS = 3600
KEY_LASTS = timedelta(hours=24)
AHEAD = timedelta(minutes=5)
REQUIRED = ("shop_id", "event_handle", "timestamp", "idempotency_key")
LONGEST, LONGEST_VALUE, MOST_ATTRIBUTES = 64, 128, 15
_NAME = re.compile(r"[\w.-]{1,64}", re.ASCII)


@dataclass
class Event:
    """One event as it came. `error`: why it isn't charged, "" if it is or if it names no meter (`status` logged)."""

    at: datetime
    shop: str
    body: Json
    status: str = "billed"
    error: str = ""


class Refused(Exception):
    """The API refuses the event: status, and Shopify's list of errors."""

    def __init__(self, status: int, message: str, errors: list[Json]) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"success": False, "error": message, "errors": errors}


@dataclass
class Meter:
    """The App Events of one world; every caller holds its lock."""

    world: World
    tokens: dict[str, tuple[str, datetime]] = field(default_factory=dict)  # -> client id, end
    events: list[Event] = field(default_factory=list)
    keys: dict[tuple[str, str], Event] = field(default_factory=dict)  # by client id and key

    def token(self, asked: Mapping[str, Any]) -> Json | None:
        """A bearer token for an app that some shop knows; None for wrong credentials."""
        pair = (asked.get("client_id"), asked.get("client_secret"))
        if pair not in {(s.desk.client_id, s.desk.client_secret) for s in self.shops()}:
            return None
        token = secrets.token_hex(16)
        self.tokens[token] = (str(pair[0]), self.world.clock.now() + timedelta(seconds=TOKEN_SECONDS))
        lasts = {} if self.world.faults.token_no_expiry else {"expires_in": TOKEN_SECONDS}
        return {
            "access_token": token,
            "scope": "write_global_api_app_events",
            "token_type": "Bearer",
            **lasts,
        }

    def app(self, authorization: str) -> str | None:
        """The client id behind `Authorization: Bearer …`; None if the token isn't good."""
        kind, _, token = authorization.partition(" ")
        client, ends = self.tokens.get(token, ("", None))
        return client if kind == "Bearer" and ends and self.world.clock.now() < ends else None

    def take(self, client: str, body: Json) -> bool:
        """One event; False if its key was seen within a day. Raises Refused."""
        now = self.world.clock.now()
        if errors := list(malformed(body)):
            raise Refused(400, "Invalid request", errors)
        store = self.store(body["shop_id"], client)
        if store is None:
            wrong = {"field": "shop_id", "code": "not_installed", "message": "The app isn't installed"}
            raise Refused(403, "Forbidden", [wrong])
        key = (client, body["idempotency_key"])
        first = self.keys.get(key)
        if first is not None and now < first.at + KEY_LASTS:
            return False
        event = Event(now, store.id, body, *judged(body, store, now))
        self.keys[key] = event
        self.events.append(event)
        value = body["attributes"].get("value")
        self.world.ledger.write("usage", shop=store.id, value=value, error=event.error)
        return True

    def billed(self, shop: str) -> Any:
        """The sum of what is charged to a shop."""
        theirs = (event for event in self.events if event.shop == shop and event.status == "billed")
        return sum((event.body["attributes"]["value"] for event in theirs), 0)

    def store(self, shop_id: str, client: str) -> ShopifyStore | None:
        """A shop that has, or had, the app."""
        wanted = shop_id.removeprefix("gid://shopify/Shop/")
        for store in self.shops():
            if str(store.shop.shop_id) == wanted and store.desk.client_id == client:
                return store if store.desk.installed or store.desk.left_at else None
        return None

    def shops(self) -> list[ShopifyStore]:
        return [s for s in self.world.stores.values() if isinstance(s, ShopifyStore)]


def malformed(body: Json) -> Iterator[Json]:
    """What is wrong with the event's form, as the API lists it."""
    for name in REQUIRED:
        value = body.get(name)
        if value is None or value == "":
            yield {"field": name, "code": "missing", "message": f"{name} is required"}
        elif not isinstance(value, str):
            yield {"field": name, "code": "invalid_type", "message": f"{name} must be a string"}
        elif name == "idempotency_key" and len(value) > LONGEST:
            yield {"field": name, "code": "invalid", "message": f"{name} has at most {LONGEST} characters"}
        elif name == "event_handle" and value.startswith("shopify."):
            yield {"field": name, "code": "invalid", "message": "shopify. is Shopify's own"}
    if not fit(body.get("attributes")):
        yield {"field": "attributes", "code": "invalid", "message": "attributes is not an object of scalars"}


def fit(attributes: Any) -> bool:
    """At most fifteen scalars under plain names."""
    if not isinstance(attributes, dict) or len(attributes) > MOST_ATTRIBUTES:
        return False
    return all(
        _NAME.fullmatch(name)
        and not isinstance(value, dict | list)
        and not (isinstance(value, str) and len(value) > LONGEST_VALUE)
        for name, value in attributes.items()
    )


def judged(body: Json, store: ShopifyStore, now: datetime) -> tuple[str, str]:
    """Status and error of an event of the right form."""
    plan, value = store.plan, body["attributes"].get("value")
    if plan.meters is not None and body["event_handle"] not in plan.meters:
        return "logged", ""  # an event of the app's own: it names no meter
    if not plan.active:
        return "failed", "NO_SUBSCRIPTION"
    if "value" not in body["attributes"]:
        return "failed", "MISSING_VALUE_KEY"
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        return "failed", "INVALID_VALUE"
    at = moment(body["timestamp"])
    if at is None or at > now + AHEAD:
        return "failed", "INVALID_TIMESTAMP"
    if plan.over(store.desk.left_at, now) or at < plan.period_begun(now):
        return "failed", "PERIOD_CLOSED"
    return "billed", ""


def moment(text: str) -> datetime | None:
    """An ISO 8601 time with its offset; None for anything else."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else None


def shown(event: Event) -> Json:
    """For people who look on."""
    told = {"at": event.at.isoformat(), "shop": event.shop, "status": event.status, "error": event.error}
    return {**{name: event.body[name] for name in (*REQUIRED, "attributes")}, **told}
