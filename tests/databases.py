"""A database of a test's own, on the embedded server that all tests share."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg


@contextmanager
def database(server_url: str, kind: str) -> Iterator[str]:
    """An empty one, dropped afterwards: its SQLAlchemy URL. `kind`: what its name says of it."""
    name = f"test_{kind}_{uuid.uuid4().hex[:8]}"
    head, _, query = server_url.partition("?")
    plain = server_url.replace("+psycopg", "", 1)
    with psycopg.connect(plain, autocommit=True) as c:
        c.execute(f'CREATE DATABASE "{name}"')
    try:
        yield f"{head.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else "")
    finally:
        with psycopg.connect(plain, autocommit=True) as c:
            c.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
