"""How a process gets its machine: settings, servers, wiring, in this order."""

import os

import structlog
from flask import Flask
from granian.constants import Interfaces
from granian.server import Server

from plugin_server import loading, servers
from plugin_server.logs import configure
from plugin_server.settings import Settings
from plugin_server.store import db
from plugin_server.web import asking
from plugin_server.web.app import create_app
from plugin_server.wiring import Machine, machine

log = structlog.get_logger()


def start() -> tuple[Settings, servers.Servers]:
    """Settings and servers of this process; both stop it, in words, if something is wrong."""
    found = loading.load(os.environ)
    configure(found)
    return found, servers.up(found)


def build(found: Settings, up: servers.Servers) -> Machine:
    """A machine on a schema that fits. Raises OldSchema."""
    db.require_current_schema(up.database_url)
    return machine(found, up.database_url, up.redis_url)


def make() -> Flask:
    """What each of `web`'s processes serves."""
    found, up = start()
    return create_app(build(found, up))


def serve() -> None:
    """Run `web` until told to stop. Refuses an old schema before it listens."""
    found, up = start()
    with up:
        db.require_current_schema(up.database_url)
        log.info("web listens", host=found.host, port=found.port)
        Server(
            "plugin_server.serving:make",
            address=found.host,
            port=found.port,
            interface=Interfaces.WSGI,
            workers=found.web_workers,
            # Those who wait for a store leave that many to deliveries and short links.
            blocking_threads=found.web_threads + asking.MOST,
            factory=True,
            log_enabled=False,
            respawn_failed_workers=True,
        ).serve()
