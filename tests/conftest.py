"""The cast: real PostgreSQL, a real sandbox over HTTP, and one machine between them."""

import logging
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import log_watch
import psycopg
import pytest
import structlog
from databases import database, hurry
from hypothesis import settings as hypothesis_settings
from sqlalchemy import text
from tests_settings import sandbox_settings
from werkzeug.serving import make_server

from plugin_server import logs, servers
from plugin_server.demo import shops as demo_shops
from plugin_server.demo.world import World
from plugin_server.store import db
from plugin_server.web.app import create_app
from plugin_server.wiring import Machine, machine
from sandbox.app import create_app as create_sandbox
from sandbox.server import SandboxServer

# On CI the same examples each time, so that a change is judged by itself; new ones are found at every desk.
hypothesis_settings.register_profile("ci", derandomize=True, deadline=None)
hypothesis_settings.register_profile("desk", deadline=None)
hypothesis_settings.load_profile("ci" if os.environ.get("CI") else "desk")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    log_watch.look_through(report)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if log_watch.LEAKS and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if log_watch.LEAKS:
        terminalreporter.section("logged what must not be logged (shown masked)")
        terminalreporter.write_line("\n".join(sorted(set(log_watch.LEAKS))))


@pytest.fixture(autouse=True)
def own_logging() -> Iterator[None]:
    """Commands configure logging as a process does: afterwards all is as it was, for the tests that follow."""
    root, named = logging.getLogger(), [logging.getLogger(name) for name in logs.CHATTY]
    before = root.handlers[:], root.level, [logger.level for logger in named]
    hooks = sys.excepthook, threading.excepthook
    yield
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    for logger, level in zip(named, before[2], strict=True):
        logger.setLevel(level)
    sys.excepthook, threading.excepthook = hooks
    logging.captureWarnings(False)
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def embedded() -> Iterator[servers.Servers]:
    """One embedded PostgreSQL and Valkey for all test processes."""
    settings = sandbox_settings()
    with servers.up(settings) as up:
        hurry(Path(settings.data_dir) / "postgres")
        yield up


@pytest.fixture(scope="session")
def migrated(embedded: servers.Servers) -> Iterator[str]:
    """A database of this test process's own, at the newest schema."""
    with database(embedded.database_url, os.environ.get("PYTEST_XDIST_WORKER", "main")) as url:
        db.migrate(url)
        yield url


@pytest.fixture
def database_url(migrated: str) -> str:
    """Emptied for this test."""
    with psycopg.connect(migrated.replace("+psycopg", "", 1), autocommit=True) as c:
        c.execute("TRUNCATE shops, events, leases RESTART IDENTITY CASCADE")
    return migrated


@pytest.fixture
def sandbox() -> Iterator[World]:
    """A pretend world of this test's own, on a port of its own."""
    server = SandboxServer("127.0.0.1", 0, create_sandbox())
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield World(f"http://127.0.0.1:{server.port}")
    server.shutdown()
    thread.join(5)
    server.server_close()


class Spine:
    """A machine with its web, beside a sandbox: what a test acts on."""

    def __init__(self, machine: Machine, world: World, url: str, keys: dict[str, str]) -> None:
        self.machine, self.world, self.url, self.keys = machine, world, url, keys


@pytest.fixture
def spine(database_url: str, embedded: servers.Servers, sandbox: World) -> Iterator[Spine]:
    """Two pretend shops installed; the web listens; jobs run when a test says so."""
    server = make_server("127.0.0.1", 0, lambda e, s: app(e, s), threaded=True)
    url = f"http://127.0.0.1:{server.server_port}"
    found = sandbox_settings(
        public_url=url,
        clock_url=f"{sandbox.url}/sandbox/clock",
        vonage_url=sandbox.url,
        shopify_url=f"{sandbox.url}/shopify/{{shop}}",
        shopify_events_url=f"{sandbox.url}/shopify-api",
        vonage_per_second="100000",
    )
    made = machine(found, database_url, embedded.redis_url)
    app = create_app(made)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    keys = demo_shops.open_all(made, sandbox)
    _nobody_is_held_out(made)
    yield Spine(made, sandbox, url, keys)
    server.shutdown()
    thread.join(5)
    made.close()


def _nobody_is_held_out(made: Machine) -> None:
    """A shop's key is drawn anew for each test, and with it who belongs to the holdout: one test in twenty
    would wait for a text that rightly never comes."""
    with made.db.system() as c:
        c.execute(text('UPDATE shops SET sequence = sequence || \'{"holdout": "0"}\''))
