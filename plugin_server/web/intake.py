"""The inbox of one process of `web`: who a delivery is from, and how it gets into the database.

UnknownSender   the address belongs to no shop
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import psycopg
from sqlalchemy import create_engine, event

from connectors import registry
from connectors.delivery import Delivery
from plugin_server.install.tokens import nobody_installs
from plugin_server.store import events, shops
from plugin_server.store.db import ROLE
from plugin_server.store.shops import Installed
from plugin_server.wiring import Machine

# How long a shop's credentials may be remembered: a rotated secret is refused for at most this long.
REMEMBERED_SECONDS = 10.0
MOST_REMEMBERED = 10_000


class UnknownSender(Exception):
    """The address belongs to no shop."""


class _Dead(psycopg.OperationalError):
    """The connection was lost."""


@dataclass(frozen=True, slots=True)
class Sender:
    """A shop as its deliveries need it."""

    shop_id: int
    secrets: Mapping[str, str] = field(repr=False)


class Intake:
    """Its own connections, in autocommit, so that a delivery is one round trip.

    Sharing one commit between deliveries that come together was tried and left out: `bench/ingest.py` showed
    no need for it once the events table had no foreign key.
    """

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        # Nothing to roll back when a connection is given back: each statement was a transaction.
        self._engine = create_engine(
            machine.db.url,
            isolation_level="AUTOCOMMIT",
            pool_size=machine.settings.web_threads,
            pool_reset_on_return=None,
            hide_parameters=True,
        )
        self._senders: dict[tuple[str, str], tuple[float, Sender]] = {}

        @event.listens_for(self._engine, "connect")
        def _drop_privileges(raw, _record) -> None:  # type: ignore[no-untyped-def]
            with raw.cursor() as cursor:
                cursor.execute(f"SET ROLE {ROLE}")

    def keep(self, source: str, sender: Sender, dedup: str, delivery: Delivery) -> None:
        """Committed when this returns. Raises psycopg.Error or DBAPIError if it isn't.

        Connections that died while idle (all of them, if the database was restarted) are replaced once: a
        delivery is written once, however often that is tried.
        """
        try:
            self._write(source, sender, dedup, delivery)
        except _Dead:
            self._engine.dispose()
            self._write(source, sender, dedup, delivery)

    def sender(self, source: str, key: str) -> Sender:
        """The shop that this address belongs to. Raises UnknownSender."""
        remembered = self._senders.get((source, key))
        if remembered and remembered[0] > time.monotonic():
            return remembered[1]
        found = self._find(source, key)
        if len(self._senders) >= MOST_REMEMBERED:
            self._senders.clear()
        self._senders[source, key] = (time.monotonic() + REMEMBERED_SECONDS, found)
        return found

    def holds_nothing(self, source: str, domain: str) -> bool:
        """No shop of this domain is ours, nor about to be: whoever comes while it is brought in must come again."""
        with self.machine.db.system() as c:
            if not nobody_installs(c, domain):
                return False
            return shops.by_domain(c, self.machine.secrets.vault, source, domain) is None

    def _write(self, source: str, sender: Sender, dedup: str, delivery: Delivery) -> None:
        pooled = self._engine.raw_connection()
        raw = cast("psycopg.Connection[Any]", pooled.driver_connection)
        try:
            events.keep(raw, self.machine.secrets.vault, sender.shop_id, source, dedup, delivery)
        except psycopg.OperationalError as error:
            if not raw.closed:
                raise
            pooled.invalidate()
            raise _Dead(*error.args) from error
        finally:
            pooled.close()

    def _find(self, source: str, key: str) -> Sender:
        vault, platform = self.machine.secrets.vault, source in registry.platforms()
        with self.machine.db.system() as c:
            if platform and key.startswith("domain:"):
                installed = shops.by_domain(c, vault, source, key.removeprefix("domain:"))
            else:
                installed = shops.by_key(c, vault, source if platform else None, key)
        if installed is None:
            raise UnknownSender
        return Sender(installed.shop.id, self._secrets(installed, platform))

    def _secrets(self, installed: Installed, platform: bool) -> Mapping[str, str]:
        return self.machine.store_secrets(installed) if platform else self.machine.carrier_secrets
