"""How fast webhooks are taken in: `python -m bench.ingest [--quick]`.

Three endpoints under the same server with as many workers and threads, given the same requests: our intake
(find the shop, prove the signature, seal, write down once, commit), one committed INSERT of the body with the
same driver, and a bare answer. Server, database and load share this machine: the ratios are what to trust.
"""

import argparse
import json
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager

from sqlalchemy import create_engine, text

from bench import hooks, load, processes, rivals, stage, table
from bench.table import Round

APPS = {
    "ours: durable intake": "plugin_server.serving:make",
    "one committed INSERT": "bench.rivals:insert",
    "bare Flask": "bench.rivals:bare",
}
OURS, INSERT, BARE = APPS


def main() -> None:
    options = _options()
    with stage.up(port=str(processes.free_port())) as on, ExitStack() as stack:
        _make_table(on)
        ports = {name: stack.enter_context(_served(on, app)) for name, app in APPS.items()}
        loader = stack.enter_context(ProcessPoolExecutor(1, multiprocessing.get_context("spawn")))
        runners = {name: _runner(loader, on, port, options.requests) for name, port in ports.items()}
        table.take_turns(runners, 1)  # to warm up
        found = table.take_turns(runners, options.rounds)
        _check_rows(on, (options.rounds + 1) * options.requests)
    _print(on, found, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a first impression, in seconds")
    parser.add_argument("--requests", type=int, help="requests of a round (2000)")
    parser.add_argument("--rounds", type=int, help="rounds (7)")
    options = parser.parse_args()
    options.requests = options.requests or (300 if options.quick else 2000)
    options.rounds = options.rounds or (3 if options.quick else 7)
    return options


def _make_table(on: stage.Stage) -> None:
    with _owner(on) as c:
        c.execute(
            text(
                f"CREATE TABLE {rivals.TABLE} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
                " body bytea NOT NULL)"
            )
        )


@contextmanager
def _owner(on: stage.Stage) -> Iterator[object]:
    engine = create_engine(on.machine.db.url)
    with engine.begin() as c:
        yield c
    engine.dispose()


@contextmanager
def _served(on: stage.Stage, app: str) -> Iterator[int]:
    port, s = processes.free_port(), on.settings
    plain = on.machine.db.url.replace("+psycopg", "", 1)
    env = {**on.env, rivals.DATABASE: plain, rivals.THREADS: str(s.web_threads)}
    with processes.running("bench.serve", app, str(port), str(s.web_workers), str(s.web_threads), env=env):
        processes.wait_for(port)
        yield port


def _runner(loader: ProcessPoolExecutor, on: stage.Stage, port: int, n: int) -> Callable[[], Round]:
    body = json.dumps(hooks.checkout()).encode()
    signed = hooks.signature(on, body)

    def once() -> Round:
        requests = [(hooks.head(on, body, signed), body) for _ in range(n)]
        took, seconds = loader.submit(load.run, port, requests).result()
        return Round(n / took, seconds)

    return once


def _check_rows(on: stage.Stage, wanted: int) -> None:
    with on.machine.db.system() as c:
        kept = c.execute(text("SELECT count(*) FROM events WHERE state = 'new'")).scalar_one()
    with _owner(on) as c:
        inserted = c.execute(text(f"SELECT count(*) FROM {rivals.TABLE}")).scalar_one()  # noqa: S608
    assert (kept, inserted) == (wanted, wanted), (kept, inserted, wanted)


def _print(on: stage.Stage, found: table.Rounds, options: argparse.Namespace) -> None:
    s = on.settings
    title = (
        f"Webhooks of about {hooks.SIZE} bytes: {options.rounds} rounds of {options.requests} requests over"
        f" {load.CONNECTIONS} connections; granian with {s.web_workers} workers of {s.web_threads} threads"
    )
    table.show(title, found, "requests/s")
    table.show_ratio("ours / one committed INSERT", table.ratio(found, OURS, INSERT), 0.85)
    table.show_ratio("ours / bare Flask", table.ratio(found, OURS, BARE))


if __name__ == "__main__":
    main()
