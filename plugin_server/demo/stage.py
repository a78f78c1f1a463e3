"""The processes of a demo: embedded servers, sandbox, and the Procfile's, with settings of their own."""

import argparse
import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

import requests

from plugin_server import loading, procfile, servers
from plugin_server.demo import shops
from plugin_server.demo.world import World
from plugin_server.procfile import Processes
from plugin_server.setting import PREFIX, ROOT
from plugin_server.settings import Settings
from plugin_server.store import db
from plugin_server.wiring import Machine, machine
from sequences.sequence import Sequence

STARTING = 60.0
OURS = ("web", "worker", "clock")


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything runs. `keys`: the shops' keys by their sandbox ids."""

    settings: Settings
    machine: Machine
    world: World
    processes: Processes
    keys: Mapping[str, str]


class NotUp(Exception):
    """A process of the demo didn't come up."""


@contextmanager
def up(options: argparse.Namespace, more: Mapping[str, str], start: datetime) -> Iterator[Stage]:
    """Start all, in a data folder of the demo's own that is emptied first; stop all at the end."""
    env = _env(options, more)
    found = loading.load(env, dotenv=None)
    _empty(found)
    found = loading.load(env, dotenv=None)  # the keys lie in the folder that was just emptied
    with servers.up(found) as running:
        db.migrate(running.database_url)
        made = machine(found, running.database_url, running.redis_url)
        commands = {**procfile.read(ROOT / "Procfile"), "sandbox": _sandbox_command(options, start)}
        with Processes(commands, env, ROOT, silent=not options.verbose) as processes:
            world = World(_sandbox_url(options))
            processes.start("sandbox")
            _wait_for(f"{world.url}/sandbox/status", processes)
            keys = shops.open_all(made, world, _plan(options), asking=ASKING, plugin=True)
            processes.start(*OURS)
            _wait_for(f"{found.public_url}/health", processes)
            yield Stage(found, made, world, processes, keys)
        made.close()


# One shop asks its shoppers for a YES, the other vouches for the box at its checkout: both ways are seen.
ASKING = ("mugs",)


def _plan(options: argparse.Namespace) -> Sequence:
    """Who plays must get the text: with a holdout, one person in twenty would wait for it in vain."""
    return shops.PLAN if options.story else replace(shops.PLAN, holdout=Decimal(0))


def _empty(found: Settings) -> None:
    """Remove what an earlier demo left, its servers first if it was killed. Raises NotUp if one still runs."""
    if not found.data_dir.exists():
        return
    servers.up(found).close()
    if (found.data_dir / "postgres" / "postmaster.pid").exists():
        raise NotUp(f"another demo runs in {found.data_dir}: stop it first")
    shutil.rmtree(found.data_dir)


def today_at(hour: int) -> datetime:
    """Today at an hour of UTC: an hour at which texts may be sent where the demo's shoppers live."""
    return datetime.now(UTC).replace(hour=hour, minute=0, second=0, microsecond=0)


def _env(options: argparse.Namespace, more: Mapping[str, str]) -> dict[str, str]:
    """The demo's settings come from the demo alone, never from the machine it happens to run on."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(PREFIX) and k not in BARE}
    sandbox = _sandbox_url(options)
    own = {
        "WIRING": "sandbox",
        "DATA_DIR": str(ROOT / ".data" / ("story" if options.story else "demo")),
        "PORT": str(options.port),
        "PUBLIC_URL": f"http://127.0.0.1:{options.port}",
        "CLOCK_URL": f"{sandbox}/sandbox/clock",
        "VONAGE_URL": sandbox,
        "SHOPIFY_URL": f"{sandbox}/shopify/{{shop}}",
        "SHOPIFY_EVENTS_URL": f"{sandbox}/shopify-api",
        "WEB_WORKERS": "1",
        "LOG_LEVEL": "INFO" if options.verbose else "WARNING",
        **more,
    }
    return {**clean, **{PREFIX + name: value for name, value in own.items()}}


BARE = ("DATABASE_URL", "REDIS_URL")


def _sandbox_url(options: argparse.Namespace) -> str:
    return f"http://127.0.0.1:{options.sandbox_port}"


def _sandbox_command(options: argparse.Namespace, start: datetime) -> str:
    seed = f"--seed {options.seed} --start {start.isoformat()} --app-url http://127.0.0.1:{options.port}"
    return f"'{sys.executable}' -m sandbox --port {options.sandbox_port} {seed}"


def _wait_for(url: str, processes: Processes) -> None:
    """Raises NotUp with the last words of whoever died."""
    begun = time.monotonic()
    while time.monotonic() - begun < STARTING:
        for name in processes.dead():
            raise NotUp(f"{name} ended at its start:\n{processes.last_lines(name)}")
        try:
            if requests.get(url, timeout=2).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.05)
    raise NotUp(f"{url} doesn't answer")
