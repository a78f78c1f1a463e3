"""What a crash or a silence left behind is put right: claims, hand-overs, deadlines."""

from dataclasses import dataclass
from datetime import timedelta

from plugin_server.store import claiming, events, notice_ends, touches
from plugin_server.wiring import Machine

# Vonage repeats delivery reports for up to 72 hours (support article 226572227); then none will come.
REPORTS_END = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class Swept:
    """How many touches and notices were: planned again, found doubtful, given up on, expired."""

    released: int
    doubted: int
    given_up: int
    expired: int


def forget(machine: Machine) -> int:
    """Drop what we needn't keep any longer. Returns how many events lost their content."""
    with machine.db.system() as c:
        return events.forget_old(c, machine.settings.event_days)


def run(machine: Machine) -> Swept:
    now = machine.clock.now()
    with machine.db.system() as c:
        return Swept(
            released=claiming.release_lost(c, "touches") + claiming.release_lost(c, "notices"),
            doubted=touches.doubt_lost_sendings(c, now) + notice_ends.doubt_lost_sendings(c, now),
            given_up=touches.give_up_unknown(c, now - REPORTS_END)
            + notice_ends.give_up_unknown(c, now - REPORTS_END),
            expired=touches.expire(c, now) + notice_ends.expire(c, now),
        )
