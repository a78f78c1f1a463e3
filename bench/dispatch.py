"""How fast due texts are handed over: `python -m bench.dispatch [--quick]`.

Three ways, against a carrier that answers after 50 ms: our dispatch (claims in batches; for each text the last
look, the decision by the rulebook, the committed attempt, the call, the outcome and its trace in the database);
one RQ job per text, which does nothing but the call; and a bare loop over as many connections, which does
nothing but the call either. All share this machine: the ratios are what to trust.
"""

import argparse
import multiprocessing
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import requests
from requests.adapters import HTTPAdapter

from bench import backlog, one_by_one, processes, stage, table
from bench.table import Round
from connectors.channels.vonage_sms.sender import body
from plugin_server.jobs import dispatch
from plugin_server.store import claiming
from plugin_server.wiring import Machine
from sequences.ports import FakeClock, OutboundText

OURS, PER_JOB, BARE = "ours: everything, in batches", "one RQ job per text, call only", "bare loop, call only"
# Noon in New York, late morning in California: at night nothing would be sent.
NOON = datetime(2026, 11, 24, 19, tzinfo=UTC)
EXAMPLE = OutboundText(
    ref=str(uuid.UUID(int=0)),
    to="+12125550100",
    sender=stage.SENDER,
    text="Dana, your cart at Mugs & More is still here: https://example.com/r/abcdefghijkl Reply STOP to opt out",
    ttl_seconds=14400,
    callback="https://example.com/webhooks/vonage_sms/abcdefghijklmnopqrstuvwx",
)


@dataclass(frozen=True, slots=True)
class Bench:
    """What the runners work with."""

    machine: Machine
    key: str
    world: str
    texts: int
    jobs: int
    codes: bool
    apart: ProcessPoolExecutor

    def seen(self) -> dict[str, int]:
        found: dict[str, int] = requests.get(f"{self.world}/seen", timeout=5).json()
        return found

    def ours(self) -> Round:
        backlog.refill(self.machine, self.key, self.texts, NOON)
        if self.codes:
            backlog.stock(self.machine, self.key, self.texts, NOON)
        before, begun = self.seen(), time.perf_counter()
        handed = _dispatch(self.machine)
        took, after = time.perf_counter() - begun, self.seen()
        assert handed == self.texts, f"{handed} of {self.texts} were handed over"
        assert all(after[name] - before[name] == self.texts for name in after), (before, after)
        return Round(self.texts / took)

    def per_job(self) -> Round:
        work = self.apart.submit(
            one_by_one.work_off, self.machine.redis_url, f"{self.world}/v1/messages", body(EXAMPLE), self.jobs
        )
        return Round(self.jobs / work.result())

    def bare(self) -> Round:
        bodies = [{**body(EXAMPLE), "client_ref": str(uuid.uuid4())} for _ in range(self.texts)]
        connections = self.machine.settings.connections
        with _session(connections) as session, ThreadPoolExecutor(connections) as pool:
            begun = time.perf_counter()
            answers = pool.map(
                lambda b: session.post(f"{self.world}/v1/messages", json=b).status_code, bodies
            )
            assert set(answers) == {202}
            return Round(self.texts / (time.perf_counter() - begun))


def main() -> None:
    options = _options()
    port = processes.free_port()
    world = f"http://127.0.0.1:{port}"
    more = {"connections": str(options.connections), "vonage_per_second": "100000"}
    arguments = (str(port), str(options.carrier_ms), str(options.store_ms))
    with (
        stage.up(vonage_url=world, shopify_url=f"{world}/{{shop}}", **more) as on,
        processes.running("bench.world", *arguments, env=on.env),
        ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as apart,
    ):
        processes.wait_for(port)
        on.machine.clock = FakeClock(NOON)
        bench = Bench(on.machine, on.key, world, options.texts, options.jobs, options.codes, apart)
        runners = {OURS: bench.ours, PER_JOB: bench.per_job, BARE: bench.bare}
        table.take_turns(runners, 1)  # to warm up
        found = table.take_turns(runners, options.rounds)
    _print(found, options, on.settings.batch)


def _dispatch(machine: Machine) -> int:
    """Claim and work off until nothing is due, as clock and worker do."""
    handed, s = 0, machine.settings
    while True:
        with machine.db.system() as c:
            token, taken = claiming.claim(c, "touches", machine.clock.now(), s.batch, s.lease_seconds)
        if not taken:
            return handed
        handed += dispatch.run(machine, token)


@contextmanager
def _session(connections: int) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.mount("http://", HTTPAdapter(pool_maxsize=connections))
        session.headers.update(one_by_one.HEADERS)
        yield session


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a first impression, in seconds")
    parser.add_argument("--texts", type=int, help="texts of a round (1000)")
    parser.add_argument("--jobs", type=int, help="texts of a round of RQ jobs (50)")
    parser.add_argument("--rounds", type=int, help="rounds (5)")
    parser.add_argument(
        "--connections", type=int, default=64, help="texts in the carrier's hands at a time (64)"
    )
    parser.add_argument("--carrier-ms", type=float, default=50, help="how long the carrier takes (50)")
    parser.add_argument("--store-ms", type=float, default=0, help="how long the store's answer takes (0)")
    parser.add_argument("--codes", action="store_true", help="each text has a discount code of its own")
    options = parser.parse_args()
    options.texts = options.texts or (200 if options.quick else 1000)
    options.jobs = options.jobs or (10 if options.quick else 50)
    options.rounds = options.rounds or (2 if options.quick else 5)
    return options


def _print(found: table.Rounds, options: argparse.Namespace, batch: int) -> None:
    title = (
        f"Texts to a carrier that takes {options.carrier_ms:g} ms (the store: {options.store_ms:g} ms):"
        f" {options.rounds} rounds of {options.texts} texts ({options.jobs} for one job each),"
        f" {options.connections} connections, claims of {batch}"
        + (", each with a code" if options.codes else "")
    )
    table.show(title, found, "texts/s")
    table.show_ratio("ours / one job per text", table.ratio(found, OURS, PER_JOB), 10)
    table.show_ratio("ours / bare loop", table.ratio(found, OURS, BARE), 0.5)


if __name__ == "__main__":
    main()
