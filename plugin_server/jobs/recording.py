"""What hand-overs led to, written down in one transaction."""

from datetime import datetime, timedelta
from typing import Any, Literal

import structlog

from plugin_server.jobs.committing import Ready
from plugin_server.store import attempts, touches, traces, usage
from plugin_server.store.shops import Installed
from plugin_server.store.tx import Tx
from plugin_server.wiring import Machine
from sequences.engine import back_off
from sequences.ports import Outcome
from sequences.trace import Line

log = structlog.get_logger()
# A carrier that refuses our account refuses everyone's text: wait for a person to mend it.
ACCOUNT_PAUSE = timedelta(minutes=15)


def record(machine: Machine, installed: Installed, results: list[tuple[Ready, Outcome]]) -> None:
    now = machine.clock.now()
    with machine.db.shop(installed.shop.id) as c:
        tx = Tx(c, installed.shop, machine.secrets)
        attempts.resolve(tx, [_attempt(ready, outcome, now) for ready, outcome in results])
        if machine.counts_usage(installed.shop.platform):
            usage.count(tx, [r.touch_id for r, outcome in results if outcome.kind == "accepted"], now)
        touches.finish_sending(tx, [_touch(ready, outcome, now) for ready, outcome in results])
        traces.write_many(tx, [(r.cart_id, r.touch_id, _line(outcome, now)) for r, outcome in results])
    _tell(installed, results)


def _attempt(ready: Ready, outcome: Outcome, now: datetime) -> dict[str, Any]:
    return {
        "touch": ready.touch_id,
        "state": outcome.kind,
        "provider": outcome.provider_id,
        "code": outcome.code,
        "handed": now if outcome.kind == "accepted" else None,
    }


def _touch(ready: Ready, outcome: Outcome, now: datetime) -> dict[str, Any]:
    state, due = following(outcome, now, ready.tries, again="planned")
    return {"id": ready.touch_id, "state": state, "reason": reason(outcome), "due": due, "now": now}


def reason(outcome: Outcome) -> str:
    """What the carrier said, unless it took the text."""
    return f"carrier: {outcome.code} {outcome.detail}".strip() if outcome.kind != "accepted" else ""


def following(
    outcome: Outcome, now: datetime, tries: int, again: Literal["planned", "held"]
) -> tuple[str, datetime | None]:
    """The next state of what was handed over, and when it is due again if it waits. `again`: the state in which it is
    tried once more; `tries`: how often it was before."""
    if outcome.kind == "accepted":
        return "sent", None
    if outcome.kind == "unknown":
        return "unknown", None
    if outcome.kind == "retry_later":
        wait = timedelta(seconds=outcome.retry_after) if outcome.retry_after else back_off(tries + 1)
        return again, now + wait
    if outcome.account or not outcome.permanent:
        return "held", now + ACCOUNT_PAUSE
    return "skipped", None


def _line(outcome: Outcome, now: datetime) -> Line:
    facts = {"code": outcome.code} if outcome.code else {}
    return Line(at=now, check="hand-over", outcome=outcome.kind, reason=outcome.detail, facts=facts)


def _tell(installed: Installed, results: list[tuple[Ready, Outcome]]) -> None:
    counts: dict[str, int] = {}
    for _, outcome in results:
        counts[outcome.kind] = counts.get(outcome.kind, 0) + 1
        if outcome.account:
            log.error("the carrier refuses our account", code=outcome.code, detail=outcome.detail)
    log.info("handed over", shop=installed.shop.id, **counts)
