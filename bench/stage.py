"""A database of a measurement's own: embedded servers in a folder that is thrown away, one shop in it."""

import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal

from plugin_server import loading, servers
from plugin_server.demo.shops import PLAN
from plugin_server.logs import configure
from plugin_server.setting import PREFIX, ROOT
from plugin_server.settings import Settings
from plugin_server.store import db, shops
from plugin_server.wiring import Machine, machine

DOMAIN = "mugs.myshopify.com"
SENDER = "+12015550123"
# No holdout: every touch that is measured leads to a text.
SEQUENCE = replace(PLAN, holdout=Decimal(0))


@dataclass(frozen=True, slots=True)
class Stage:
    """`env`: the settings as a process that joins in needs them. `key`: the shop's."""

    settings: Settings
    env: Mapping[str, str]
    machine: Machine
    key: str


@contextmanager
def up(**more: str) -> Iterator[Stage]:
    """Servers, schema, shop; gone at the end. `more`: settings by their field's name."""
    with tempfile.TemporaryDirectory(prefix="comeback-bench-") as folder:
        own = {"WIRING": "sandbox", "DATA_DIR": folder, "LOG_LEVEL": "WARNING", **_upper(more)}
        env = {**_bare(), **{PREFIX + name: value for name, value in own.items()}}
        found = loading.load(env, dotenv=None)
        configure(found)
        with servers.up(found) as running:
            db.migrate(running.database_url)
            made = machine(found, running.database_url, running.redis_url)
            try:
                yield Stage(found, env, made, _shop(made))
            finally:
                made.close()


def _upper(more: Mapping[str, str]) -> dict[str, str]:
    return {name.upper(): value for name, value in more.items()}


def _bare() -> dict[str, str]:
    """The environment without any setting of the machine we happen to run on."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(PREFIX)}
    return {
        **{k: v for k, v in kept.items() if k not in ("DATABASE_URL", "REDIS_URL")},
        "PYTHONPATH": str(ROOT),
    }


def _shop(machine: Machine) -> str:
    with machine.db.system() as c:
        return shops.install(
            c,
            machine.secrets.vault,
            credentials={"access_token": "shpat_" + secrets.token_hex(16)},
            sequence=SEQUENCE,
            platform="shopify",
            domain=DOMAIN,
            name="Mugs & More",
            currency="USD",
            country="US",
            locale="en-US",
            sender=SENDER,
        )
