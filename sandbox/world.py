"""Everything the pretend world knows, in one place and behind one lock."""

import itertools
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.clock import SandboxClock


@dataclass
class Faults:
    """Misbehaviour that can be switched on: probabilities from 0 to 1, delays in seconds of sandbox time."""

    webhook_duplicate: float = 0.0
    webhook_disorder: float = 0.0
    webhook_late: float = 0.0
    webhook_late_seconds: float = 3600.0
    store_error: float = 0.0
    store_redirect: bool = False  # the REST API sends everybody on to another address (301)
    store_firewall: float = 0.0  # a firewall's page (403) instead of an answer
    store_slow_seconds: float = 0.0  # real seconds before the WooCommerce REST API answers
    store_clock_skew_seconds: float = 0.0  # how much a WooCommerce store's clock is ahead
    store_hangup: float = 0.0  # the Admin API does what it was asked and hangs up
    codes_fail: float = 0.0
    codes_late_seconds: float = 0.0
    codes_refused: bool = False
    versions_retired: bool = False  # every version of today falls forward to the next
    journey_missing: float = 0.0  # of orders, the share without customerJourneySummary
    journey_late_seconds: float = 0.0
    token_hangup: float = 0.0  # the token endpoint does its work and hangs up
    token_no_expiry: bool = False
    expiring_only: bool = False
    access_token_seconds: float = 3600.0
    refresh_token_seconds: float = 7_776_000.0
    usage_error: float = 0.0
    usage_429: float = 0.0
    usage_hangup: float = 0.0  # the App Events API takes an event and hangs up
    carrier_hangup: float = 0.0
    carrier_429: float = 0.0
    carrier_hangup_accepts: float = 0.5  # of the texts on which it hangs up, how many it sends all the same
    carrier_5xx: float = 0.0
    carrier_5xx_accepts: float = 0.5
    carrier_slow: float = 0.0
    carrier_slow_seconds: float = 3.0
    carrier_401: bool = False
    carrier_402: bool = False
    report_duplicate: float = 0.0
    report_late: float = 0.0
    report_late_seconds: float = 1800.0
    report_lost: float = 0.0


@dataclass
class World:
    """One sandbox: its clock, its dice, its stores, its carrier and the ledger of what really happened."""

    clock: SandboxClock
    seed: int = 0
    app_url: str = ""  # where the app under trial shows what it did; for links on the pages
    faults: Faults = field(default_factory=Faults)
    lock: threading.RLock = field(default_factory=threading.RLock)
    stores: dict[str, Any] = field(default_factory=dict)  # by sandbox shop id
    carrier: Any = None
    shoppers: list[Any] = field(default_factory=list)
    zones: dict[str, str] = field(default_factory=dict)  # phone (E.164) -> IANA zone in which its owner lives
    hosts: dict[str, str] = field(
        default_factory=dict
    )  # where names lead to: https://name -> http://127.0.0.1:port
    ledger: "Ledger" = field(init=False)
    dice: random.Random = field(init=False)
    couriers: ThreadPoolExecutor = field(init=False)
    in_flight: int = 0

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.couriers = ThreadPoolExecutor(16, thread_name_prefix="courier")
        self.ledger = Ledger(self.clock)

    def roll(self, probability: float) -> bool:
        with self.lock:
            return self.dice.random() < probability

    def close(self) -> None:
        """Stop the timers and whatever is under way; what is served afterwards stands still."""
        self.clock.stop()
        self.couriers.shutdown(wait=False, cancel_futures=True)

    def idle(self) -> bool:
        """Nothing under way and no timer due: what was caused so far has been delivered."""
        with self.lock:
            return self.in_flight == 0 and not self.clock.busy()


@dataclass
class Ledger:
    """What the world saw, in the order it saw it: the only source of the demo's counts."""

    clock: SandboxClock
    entries: list[dict[str, Any]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    _seq: "itertools.count[int]" = field(default_factory=itertools.count)

    def write(self, kind: str, **facts: Any) -> dict[str, Any]:
        """Append one fact: kind is cart, order, text, reply, opt_out, opt_in, click, preview or delivery.

        `sandbox.tally` reads `shop`, `phone` (E.164 or as typed) and `token` of carts and orders, `consent`,
        `country` and `region` of carts, `status` and `sha256` (of the body) of deliveries.
        """
        with self.lock:
            entry = {"seq": next(self._seq), "kind": kind, "at": self.clock.now(), **facts}
            self.entries.append(entry)
            return entry

    def of(self, kind: str, since: datetime | None = None) -> list[dict[str, Any]]:
        with self.lock:
            return [e for e in self.entries if e["kind"] == kind and (since is None or e["at"] >= since)]
