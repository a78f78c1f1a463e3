"""The Procfile's processes."""

import signal
import sys
import threading

import click

from plugin_server import serving
from plugin_server.cli.failing import in_words
from plugin_server.jobs import clock as clock_job
from plugin_server.jobs import queues
from plugin_server.jobs import worker as worker_job
from plugin_server.store import db


@click.command()
@in_words
def release() -> None:
    """Bring the database's schema up to date. Run it before a new version's other processes."""
    _, up = serving.start()
    with up:
        click.echo(f"the database is at schema {db.migrate(up.database_url)}")


@click.command()
@in_words
def web() -> None:
    """Serve the door for deliveries and the short links."""
    serving.serve()


@click.command()
@click.option(
    "--queue",
    "names",
    multiple=True,
    type=click.Choice(queues.NAMES),
    help="Work off this queue only; may be repeated. Default: one process for each.",
)
@in_words
def worker(names: tuple[str, ...]) -> None:
    """Work off the queues: apply events, hand over texts."""
    found, up = serving.start()
    with up:
        db.require_current_schema(up.database_url)
        code = worker_job.serve_all(lambda: serving.build(found, up), list(names or queues.NAMES))
    sys.exit(code)


@click.command()
@in_words
def clock() -> None:
    """Find what is due and ask for the work. A second one beside it is harmless."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    found, up = serving.start()
    with up:
        machine = serving.build(found, up)
        click.echo(f"clock {worker_job.READY}")
        clock_job.run(machine, stop)
        machine.close()
