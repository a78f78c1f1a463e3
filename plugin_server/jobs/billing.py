"""Report to Shopify's billing what merchants used: segments of reminders that a carrier took.

Rows are claimed and committed, told, and marked; whatever dies in between, they go out again under the same key.
Events are sent one by one, since there is no other way (shopify.dev/docs/api/app-events).
"""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import structlog

from connectors.platforms.shopify.usage import Reported, Usage, UsageClient
from plugin_server.store import usage
from plugin_server.store.usage import Patience, UsageRow
from plugin_server.wiring import Machine

log = structlog.get_logger()
SECONDS = 120.0
"""After this long a run begins no more; the clock asks again."""
AT_ONCE = 8
BATCH = 40
LEASE_SECONDS = 300
"""Five calls in a row, each of which may need two tokens and time out every time."""
LONGEST_WAIT = timedelta(hours=1)
REST = timedelta(minutes=1)
PATIENCE = Patience(
    doubt=timedelta(hours=20),  # Shopify knows a key for 24 hours
    gone=timedelta(hours=24),  # after an uninstall its books are open as long
    old=timedelta(days=30),  # a billing cycle
)
NAMELESS = Reported(kind="later", detail="its id at Shopify isn't known: the shop must open the app")


def run(machine: Machine) -> int:
    """Report what is due. Returns how many rows were tried."""
    if not machine.settings.shopify_usage_event:
        return 0
    until, done = time.monotonic() + SECONDS, 0
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="usage") as pool:
        while time.monotonic() < until and (tried := _some(machine, pool)):
            done += tried
    return done


def _some(machine: Machine, pool: ThreadPoolExecutor) -> int:
    """Claim, commit, call, record."""
    now = machine.clock.now()
    with machine.db.system() as c:
        lost = usage.give_up(c, now, PATIENCE)
        rows = usage.claim(c, now, BATCH, LEASE_SECONDS)
    for row in lost:
        log.error("usage was never reported", shop=row.shop_id, ref=str(row.ref), note=row.note)
    client, handle = machine.usage, machine.settings.shopify_usage_event
    answers = list(pool.map(lambda row: _report(client, handle, row, now), rows))
    _record(machine, list(zip(rows, answers, strict=True)), now)
    return len(rows)


def _report(client: UsageClient, handle: str, row: UsageRow, now: datetime) -> Reported:
    if not row.gid:
        return NAMELESS
    event = Usage(
        shop_id=row.gid,
        handle=handle,
        at=row.at,
        key=str(row.ref),
        value=row.segments,
    )
    return client.report(event, now)


def _record(machine: Machine, results: list[tuple[UsageRow, Reported]], since: datetime) -> None:
    now, asked = machine.clock.now(), [answer for _, answer in results if answer is not NAMELESS]
    with machine.db.system() as c:
        usage.settle(c, [_settled(row, answer, since, now) for row, answer in results])
    if asked and all(answer.kind == "later" for answer in asked):
        with machine.db.system() as c:
            usage.rest(c, now + REST)
    for row, answer in results:
        if answer.kind == "refused" or (answer.kind == "later" and row.tries == 1):
            log.warning("usage not reported", shop=row.shop_id, ref=str(row.ref), why=answer.detail)
    if results:
        log.info("usage reported", told=sum(answer.kind == "told" for answer in asked), of=len(results))


def _settled(row: UsageRow, answer: Reported, since: datetime, now: datetime) -> dict[str, Any]:
    """`since`: from before the call, when this try's doubt began."""
    later = answer.kind == "later"
    return {
        "shop": row.shop_id,
        "ref": row.ref,
        "lease": row.lease_until,
        "state": {"told": "told", "refused": "given_up"}.get(answer.kind, "new"),
        "note": answer.detail,
        "due": now + _wait(answer, row.tries) if later else None,
        "doubt": row.doubt_before or (since if answer.doubtful else None),
        "ended": None if later else now,
    }


def _wait(answer: Reported, tries: int) -> timedelta:
    """1, 2, 4 … minutes, or as long as Shopify says."""
    doubled = timedelta(minutes=2 ** min(tries - 1, 10))
    return min(LONGEST_WAIT, max(doubled, timedelta(seconds=answer.retry_after or 0)))
