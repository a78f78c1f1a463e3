"""The door: prove who sent it, write it down, answer 200. It parses nothing and asks nobody.

Shopify gives five seconds, WooCommerce switches a webhook off after failures; so whatever is signed rightly is
answered 200, and what can't be read is parked later, in sight.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

import structlog
from flask import Blueprint, Response, current_app, request
from sqlalchemy import create_engine, event
from sqlalchemy.exc import DBAPIError

from connectors import registry
from connectors.delivery import Delivery, Door
from plugin_server.store import events, shops
from plugin_server.store.db import ROLE
from plugin_server.store.shops import Installed
from plugin_server.wiring import Machine

log = structlog.get_logger()
bp = Blueprint("door", __name__)
LARGEST_BODY = 1024 * 1024
# How long a shop's credentials may be remembered: a rotated secret is refused for at most this long.
REMEMBERED_SECONDS = 10.0
MOST_REMEMBERED = 10_000


class Refused(Exception):
    """Answered with `status` and nothing more: a stranger learns nothing of which shops exist."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


@dataclass(frozen=True, slots=True)
class Sender:
    """A shop as its deliveries need it."""

    shop_id: int
    secrets: Mapping[str, str]


class Intake:
    """One process's inbox: its own connections in autocommit, so that a delivery is one round trip."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._engine = create_engine(
            machine.db.url, isolation_level="AUTOCOMMIT", pool_size=machine.settings.web_threads
        )
        self._senders: dict[tuple[str, str], tuple[float, Sender]] = {}

        @event.listens_for(self._engine, "connect")
        def _drop_privileges(raw, _record) -> None:  # type: ignore[no-untyped-def]
            with raw.cursor() as cursor:
                cursor.execute(f"SET ROLE {ROLE}")

    def keep(self, source: str, sender: Sender, dedup: str, delivery: Delivery) -> None:
        """Committed when this returns. A connection that died while idle is replaced once."""
        for last in (False, True):
            try:
                with self._engine.connect() as c:
                    events.keep(c, self.machine.secrets.vault, sender.shop_id, source, dedup, delivery)
                return
            except DBAPIError as error:
                if last or not error.connection_invalidated:
                    raise

    def sender(self, source: str, key: str) -> Sender:
        """The shop that this address belongs to. Raises Refused(404)."""
        remembered = self._senders.get((source, key))
        if remembered and remembered[0] > time.monotonic():
            return remembered[1]
        found = self._find(source, key)
        if len(self._senders) >= MOST_REMEMBERED:
            self._senders.clear()
        self._senders[source, key] = (time.monotonic() + REMEMBERED_SECONDS, found)
        return found

    def _find(self, source: str, key: str) -> Sender:
        vault, platform = self.machine.secrets.vault, source in registry.platforms()
        with self.machine.db.system() as c:
            if platform and key.startswith("domain:"):
                installed = shops.by_domain(c, vault, source, key.removeprefix("domain:"))
            else:
                installed = shops.by_key(c, vault, source if platform else None, key)
        if installed is None:
            raise Refused(HTTPStatus.NOT_FOUND)
        return Sender(installed.shop.id, self._secrets(installed, platform))

    def _secrets(self, installed: Installed, platform: bool) -> Mapping[str, str]:
        return self.machine.store_secrets(installed) if platform else self.machine.carrier_secrets


@bp.post("/webhooks/<source>/<key>")
def by_key(source: str, key: str) -> Response:
    return _taken(source, key)


@bp.post("/webhooks/<source>")
def by_domain(source: str) -> Response:
    """One address for a whole app, as Shopify's configuration file has it: the shop stands in a header."""
    return _taken(source, None)


def _taken(source: str, key: str | None) -> Response:
    try:
        return _take(source, key)
    except Refused as refused:
        return Response(f"{refused.status.phrase}\n", refused.status, mimetype="text/plain")


def _take(source: str, key: str | None) -> Response:
    intake: Intake = current_app.extensions["intake"]
    door = _door(intake.machine, source)
    delivery = _delivery()
    sender = intake.sender(source, key) if key else _by_domain(intake, source, delivery)
    if door.is_ping(delivery):
        return Response("pong\n", mimetype="text/plain")
    if not door.verify(delivery, sender.secrets, intake.machine.clock.now()):
        raise Refused(HTTPStatus.UNAUTHORIZED)
    intake.keep(source, sender, door.dedup(delivery), delivery)
    return Response("kept\n", mimetype="text/plain")


def _door(machine: Machine, source: str) -> Door:
    if source not in registry.platforms() and source not in registry.channels():
        raise Refused(HTTPStatus.NOT_FOUND)
    return machine.door(source)


def _delivery() -> Delivery:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Delivery(headers=headers, body=request.get_data(cache=False), query=request.args.to_dict())


def _by_domain(intake: Intake, source: str, delivery: Delivery) -> Sender:
    """The signature comes first: only who knows the app's secret may learn whether a shop is known."""
    if source not in registry.platforms():
        raise Refused(HTTPStatus.NOT_FOUND)
    platform = intake.machine.platform(source)
    if not platform.verify(delivery, intake.machine.app_secrets(source), intake.machine.clock.now()):
        raise Refused(HTTPStatus.UNAUTHORIZED)
    return intake.sender(source, "domain:" + platform.shop_hint(delivery))
