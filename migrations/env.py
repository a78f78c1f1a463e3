"""Runs the migrations on the connection it is handed, or on DATABASE_URL from the command line."""

import os

from alembic import context
from sqlalchemy import create_engine


def run() -> None:
    connection = context.config.attributes.get("connection")
    if connection is not None:
        _migrate(connection)
        return
    url = context.config.get_main_option("sqlalchemy.url") or os.environ["DATABASE_URL"]
    with create_engine(url).begin() as fresh:
        _migrate(fresh)


def _migrate(connection) -> None:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()


run()
