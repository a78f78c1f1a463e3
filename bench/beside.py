"""How long a webhook waits for its answer beside a running dispatch: `python -m bench.beside [--quick]`.

The Procfile's web, worker and clock run as they do in production, on a real PostgreSQL and Valkey. Signed checkouts,
each of a cart of its own, come in at a steady rate, with a burst in between: once alone (the worker only applies
them), and once while a backlog of due texts goes out as fast as the worker can. Each request is timed from when it was
due until its answer was there, whether or not earlier ones were answered. Everything shares this machine: the ratio is
what to trust.
"""

import argparse
import json
import os
import signal
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from statistics import median

import requests
from sqlalchemy import text

from bench import backlog, hooks, pace, processes, stage, table
from bench.dispatch import NOON
from bench.table import Round
from plugin_server import procfile
from plugin_server.procfile import Processes
from plugin_server.setting import PREFIX, ROOT

ALONE, BESIDE = "alone", "beside a dispatch"
BURST_AT = 1.003  # seconds into a round; no other request is due then
AIM_MS = 50
PATIENCE = 60.0
STARTED = NOON - timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Bench:
    """What the runners work with. `bursts`: those of each round; `texts_per_second`: of each dispatch."""

    on: stage.Stage
    web: int
    world: str
    options: argparse.Namespace
    bursts: dict[str, list[Round]] = field(default_factory=lambda: {ALONE: [], BESIDE: []})
    texts_per_second: list[float] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)

    def alone(self) -> Round:
        ended = threading.Event()
        threading.Timer(self.options.seconds, ended.set).start()
        return self._webhooks(ALONE, ended)

    def beside(self) -> Round:
        before = self._seen()
        backlog.refill(self.on.machine, self.on.key, self.options.texts, NOON)
        _until(lambda: self._seen() > before, "no text goes out")
        ended = threading.Event()
        watch = threading.Thread(target=self._watch, args=(before + self.options.texts, ended))
        watch.start()
        found = self._webhooks(BESIDE, ended)
        watch.join()
        return found

    def _watch(self, last: int, ended: threading.Event) -> None:
        """Sets `ended` once the carrier has the last text."""
        begun, first = time.perf_counter(), self._seen()
        try:
            _until(lambda: self._seen() >= last, "texts are still waiting")
            self.texts_per_second.append((last - first) / (time.perf_counter() - begun))
        finally:
            ended.set()

    def _webhooks(self, name: str, ended: threading.Event) -> Round:
        o = self.options
        due = list(_times(o.per_second, o.burst, PATIENCE))
        found = pace.run(self.web, _requests(self.on), due, ended)
        self.sent.append(len(found))
        _until(self._all_applied, "webhooks are still waiting to be applied")
        burst = [seconds for at, seconds in found if at == BURST_AT]
        steady = [seconds for at, seconds in found if at != BURST_AT]
        assert len(burst) == o.burst and steady, "the round was over before its burst: more --texts, please"
        self.bursts[name].append(Round(len(burst), burst))
        return Round(len(steady) / (max(at for at, _ in found) or 1), steady)

    def _seen(self) -> int:
        return int(requests.get(f"{self.world}/seen", timeout=5).json()["texts"])

    def _all_applied(self) -> bool:
        with self.on.machine.db.system() as c:
            return not c.execute(text("SELECT EXISTS (SELECT FROM events WHERE state = 'new')")).scalar_one()


def main() -> None:
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the processes must not outlive us
    port, web = processes.free_port(), processes.free_port()
    world = f"http://127.0.0.1:{port}"
    more = {
        "connections": str(options.connections),
        "vonage_per_second": f"{options.carrier_per_second:g}",
        "clock_seconds": "0.2",
        "port": str(web),
    }
    began = os.getloadavg()
    with (
        stage.up(vonage_url=world, shopify_url=f"{world}/{{shop}}", **more) as on,
        processes.running("bench.world", str(port), str(options.carrier_ms), "0", str(STARTED), env=on.env),
    ):
        processes.wait_for(port)
        with _running(on, f"{world}/clock"):
            processes.wait_for(web)
            bench = Bench(on, web, world, options)
            runners: dict[str, Callable[[], Round]] = {ALONE: bench.alone, BESIDE: bench.beside}
            found = table.take_turns(runners, options.rounds)
        _check(bench)
    _print(bench, found, began)


@contextmanager
def _running(on: stage.Stage, clock: str) -> Iterator[None]:
    """The Procfile's processes. Only worker and clock live at the world's noon: `web` has its own clock, as it has in
    production, and asks nobody for the time."""
    commands = procfile.read(ROOT / "Procfile")
    at_noon = {**on.env, PREFIX + "CLOCK_URL": clock}
    with Processes(commands, on.env, ROOT) as web, Processes(commands, at_noon, ROOT) as others:
        web.start("web")
        others.start("worker", "clock")
        _until(lambda: others.has_said("clock", "is ready"), "the clock doesn't start")
        yield
        assert not web.dead() and not others.dead()


def _times(per_second: float, burst: int, seconds: float) -> Iterator[float]:
    """When webhooks are due, in order."""
    for n in count():
        at, following = n / per_second, (n + 1) / per_second
        if at > seconds:
            return
        yield at
        if at < BURST_AT <= following:
            yield from [BURST_AT] * burst


def _requests(on: stage.Stage) -> Iterator[tuple[bytes, bytes]]:
    made, now = hooks.checkout(), NOON.isoformat()
    while True:
        names = {"token": uuid.uuid4().hex, "cart_token": uuid.uuid4().hex}
        body = json.dumps({**made, **names, "created_at": now, "updated_at": now}).encode()
        yield hooks.head(on, body, hooks.signature(on, body)), body


def _until(true: Callable[[], bool], else_: str) -> None:
    begun = time.monotonic()
    while not true():
        assert time.monotonic() - begun < PATIENCE, else_
        time.sleep(0.05)


def _check(bench: Bench) -> None:
    """What was answered 200 is there and applied, and every text went out."""
    with bench.on.machine.db.system() as c:
        states = c.execute(text("SELECT state, count(*) FROM events GROUP BY 1")).all()
    assert dict(map(tuple, states)) == {"applied": sum(bench.sent)}, (states, bench.sent)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a first impression, in seconds")
    parser.add_argument("--per-second", type=float, default=50, help="webhooks per second (50)")
    parser.add_argument(
        "--burst", type=int, default=100, help="webhooks that come all at once, in each round (100)"
    )
    parser.add_argument("--texts", type=int, help="texts that are due, in each round (1200)")
    parser.add_argument("--rounds", type=int, help="rounds (3)")
    parser.add_argument("--seconds", type=float, default=3, help="how long a round alone takes (3)")
    parser.add_argument(
        "--connections", type=int, default=64, help="texts in the carrier's hands at a time (64)"
    )
    parser.add_argument("--carrier-ms", type=float, default=50, help="how long the carrier takes (50)")
    parser.add_argument(
        "--carrier-per-second", type=float, default=100_000, help="texts per second that it allows (any)"
    )
    options = parser.parse_args()
    options.texts = options.texts or (600 if options.quick else 1200)
    options.rounds = options.rounds or (1 if options.quick else 3)
    return options


def _print(bench: Bench, found: table.Rounds, began: tuple[float, float, float]) -> None:
    o, s = bench.options, bench.on.settings
    print(
        f"\nSigned webhooks of about {hooks.SIZE} bytes, {o.per_second:g} a second and {o.burst} at once: {o.rounds}"
        f" rounds; granian with {s.web_workers} workers of {s.web_threads} threads;\nbacklogs of {o.texts} texts go"
        f" out at {median(bench.texts_per_second):.0f} a second to a carrier that takes {o.carrier_ms:g} ms"
    )
    print(f"{'ms until answered':34}{'webhooks':>10}{'p50':>9}{'p95':>9}{'p99':>9}{'most':>9}")
    for name in (ALONE, BESIDE):
        _line(name, found[name])
    for name in (ALONE, BESIDE):
        _line(f"{name}: in a burst", bench.bursts[name])
    pairs = zip(found[BESIDE], found[ALONE], strict=True)
    print(f"{'median beside / alone':34}{median(b.ms(0.5) / a.ms(0.5) for b, a in pairs):10.2f}")
    ms = _all(found[BESIDE]).ms(0.5)
    print(f"{'median beside, ms':34}{ms:10.1f}   aim under {AIM_MS}: {'met' if ms < AIM_MS else 'MISSED'}")
    loads = [f"{load[0]:.1f}" for load in (began, os.getloadavg())]
    print(f"{'load before, after':34}{', '.join(loads):>10}   of {os.cpu_count()} cores")


def _line(name: str, rounds: list[Round]) -> None:
    whole = _all(rounds)
    shares = "".join(f"{whole.ms(share):9.1f}" for share in (0.5, 0.95, 0.99, 1))
    print(f"{name:34}{len(whole.seconds):10}{shares}")


def _all(rounds: list[Round]) -> Round:
    return Round(0, [seconds for r in rounds for seconds in r.seconds])


if __name__ == "__main__":
    main()
