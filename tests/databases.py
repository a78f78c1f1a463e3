"""A database of a test's own, on the embedded server that all tests share."""

import os
import shutil
import signal
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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


def hurry(folder: Path) -> None:
    """Have the server of this folder wait for no disk: what dead processes leave behind is tested, a power cut isn't,
    and dropping a database waits until all that others wrote is on the disk."""
    kept = folder / "comeback.conf"
    said = kept.read_text("utf-8")
    if "fsync = on" not in said:
        return  # another test process has done it
    own = kept.with_name(f"comeback.conf.{os.getpid()}")
    own.write_text(said.replace("fsync = on", "fsync = off"), "utf-8")
    about = kept.stat()
    shutil.copymode(kept, own)
    os.chown(own, about.st_uid, about.st_gid)
    own.replace(kept)
    os.kill(int((folder / "postmaster.pid").read_text("utf-8").split()[0]), signal.SIGHUP)
