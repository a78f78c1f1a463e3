"""The demo by itself: a story with its numbers, and whether every promise was kept."""

import argparse
import json
import sys
import time
from typing import Any

from plugin_server.demo import chaos, counting, stage
from plugin_server.demo.counting import Promise
from plugin_server.demo.story import Story, Stuck

# A world as it is: late, disordered and repeated deliveries, a carrier that stumbles.
FAULTS = {
    "webhook_duplicate": 0.1,
    "webhook_disorder": 0.1,
    "webhook_late": 0.05,
    "store_error": 0.02,
    "store_hangup": 0.02,
    "expiring_only": True,  # so that tokens are moved on from, end, and are refreshed while texts go out
    "token_hangup": 0.05,
    "codes_fail": 0.05,
    "carrier_hangup": 0.02,
    "carrier_429": 0.05,
    "carrier_5xx": 0.02,
    "report_duplicate": 0.1,
    "report_late": 0.1,
    "report_lost": 0.01,
}
# Short leases, so that what a killed worker held is found while people still watch.
QUICK = {"CLOCK_SECONDS": "0.1", "LEASE_SECONDS": "3", "VONAGE_PER_SECOND": "1000"}
START_HOUR = 6


def run(options: argparse.Namespace) -> int:
    """0 if every promise held, 1 if one was broken or the story got stuck."""
    begun = time.monotonic()
    try:
        with stage.up(options, QUICK, stage.today_at(START_HOUR)) as running:
            kills = _live(options, running)
            saw = running.world.get("/sandbox/summary")
            table = counting.count(running.machine, saw, time.monotonic() - begun)
    except (stage.NotUp, Stuck) as error:
        sys.stderr.write(f"the story did not end: {error}\n")
        return 1
    table |= {"seed": options.seed, "kills": kills}
    if options.json:
        options.json.write_text(json.dumps(table, indent=2) + "\n")
    promises = counting.promises(table)
    sys.stdout.write(_told(table, promises))
    return 0 if all(promise.kept for promise in promises) else 1


def _live(options: argparse.Namespace, running: stage.Stage) -> int:
    if not options.calm:
        running.world.post("/sandbox/faults", FAULTS)
    running.world.post(
        "/sandbox/population", {"carts": options.carts, "seed": options.seed, "days": options.days}
    )
    story = Story(running.world, running.settings.public_url, options.days)
    with chaos.monkey(running.processes, options.seed, options.chaos) as monkey:
        story.run()
    return monkey.kills


def _told(table: dict[str, Any], promises: list[Promise]) -> str:
    rows = "".join(
        f"  {name:<24}{value:>12}\n" for name, value in table.items() if not isinstance(value, dict)
    )
    refused = "".join(f"    {rule:<22}{n:>12}\n" for rule, n in table["refused_by_rule"].items())
    kept = "".join(
        f"  {'kept  ' if p.kept else 'BROKEN'}  {p.name} is {p.found}"
        + ("" if p.kept else f", must be {p.wanted}")
        + "\n"
        for p in promises
    )
    return f"\n{rows}\n  refused, by rule\n{refused}\n  promises\n{kept}"
