"""The database: one engine per process, a role without privileges, and a scope for every transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, text

ROLE = "comeback_app"
ROOT = Path(__file__).resolve().parents[2]


class OldSchema(Exception):
    """The database's schema isn't the one this code was written for."""


class Database:
    """Transactions that see one shop, or (for the machine's own errands) all of them.

    Make it after a fork: connections must not be shared between processes.
    """

    def __init__(self, url: str, pool: int = 8) -> None:
        self.url = url
        self.engine = _engine(url, pool)

    @contextmanager
    def shop(self, shop_id: int) -> Iterator[Connection]:
        """One transaction that sees only this shop's rows: a statement about another's finds nothing."""
        with self.engine.begin() as connection:
            connection.execute(text("SELECT set_config('comeback.shop', :s, true)"), {"s": str(shop_id)})
            yield connection

    @contextmanager
    def system(self) -> Iterator[Connection]:
        """One transaction over all shops: claiming due work, finding a shop by its key."""
        with self.engine.begin() as connection:
            connection.execute(text("SELECT set_config('comeback.scope', 'system', true)"))
            yield connection

    @staticmethod
    def narrow(connection: Connection, shop_id: int) -> None:
        """From here on this `system` transaction sees one shop only."""
        connection.execute(
            text("SELECT set_config('comeback.scope', '', true), set_config('comeback.shop', :s, true)"),
            {"s": str(shop_id)},
        )

    def close(self) -> None:
        self.engine.dispose()


def _engine(url: str, pool: int) -> Engine:
    engine = create_engine(url, pool_size=pool, max_overflow=pool, pool_pre_ping=True, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _drop_privileges(raw: Any, _record: Any) -> None:
        # Row-level security doesn't bind a superuser or a table's owner who may switch it off.
        with raw.cursor() as cursor:
            cursor.execute(f"SET ROLE {ROLE}")
        raw.commit()

    return engine


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    return config


def migrate(url: str) -> str:
    """Bring the schema up to date as the database's owner. Returns its revision."""
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            # Two releases at once: the second waits and finds nothing to do.
            connection.execute(text("SELECT pg_advisory_xact_lock(7266437)"))
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            return _revision(connection) or ""
    finally:
        engine.dispose()


def require_current_schema(url: str) -> None:
    """Raises OldSchema, saying what to run, unless the schema is the newest."""
    wanted = ScriptDirectory.from_config(_config()).get_current_head()
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            found = _revision(connection)
    finally:
        engine.dispose()
    if found != wanted:
        raise OldSchema(
            f"the database is at schema {found or 'nothing'}, this version needs {wanted}: run bin/comeback release"
        )


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
