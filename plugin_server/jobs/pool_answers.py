"""What a store's answer means for a pool of codes."""

import secrets
from datetime import datetime, timedelta

import structlog

from plugin_server.jobs import offering
from plugin_server.store import code_pools
from plugin_server.store.code_pools import PoolRow
from plugin_server.store.tx import Tx
from sequences.code_ports import CodesMade, PoolMade
from sequences.offers import Discount
from sequences.offers import codes as draw_codes
from sequences.pools import Act
from sequences.ports import Told

log = structlog.get_logger()
POLL = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=1)
LOST_AFTER = timedelta(minutes=10)
"""A store that is at it for so long has lost the order."""
MOST_TRIES = 6
"""Codes that a store takes none of, so often in a row, mean that it makes none for this discount."""


def settle(
    tx: Tx,
    row: PoolRow,
    d: Discount,
    act: Act,
    asked: list[str],
    answer: PoolMade | CodesMade | Told,
    now: datetime,
    tidies_after: timedelta | None,
) -> None:
    """Write down what the answer to `act` led to, and when to look again."""
    given_up = act in ("close", "tidy") and row.tries >= MOST_TRIES
    if answer.kind == "retry_later" and not given_up:
        _later(tx, row, answer.detail, answer.retry_after, now)
    elif isinstance(answer, PoolMade):
        _made(tx, row, d, asked, answer, now)
    elif isinstance(answer, Told):
        # A discount that can't be ended has ended all the same: its own end has passed.
        code_pools.forget_codes(tx, row.id)
        tidy_at = row.ends_at + tidies_after if act == "close" and tidies_after is not None else None
        code_pools.settle(tx, row, tidy_at, state="closed", tries=0, note=answer.detail[:300])
    elif answer.kind == "gone":
        _gone(tx, row, d, answer.detail, now)
    elif act == "ask" and answer.kind == "refused" and row.tries < MOST_TRIES:
        # Nobody knows of that order: ask for the same codes again.
        code_pools.settle(tx, row, now, job_id="", tries=row.tries + 1, note=answer.detail[:300])
    else:
        _filled(tx, row, d, answer, now)


def _made(tx: Tx, row: PoolRow, d: Discount, asked: list[str], answer: PoolMade, now: datetime) -> None:
    if answer.kind == "made":
        if code_pools.settle(tx, row, now, discount_id=answer.id, state="open", tries=0, note=""):
            code_pools.mark(tx, asked, "ready")
        return
    if answer.kind == "taken" and row.tries < MOST_TRIES:
        other = draw_codes(d.prefix, 1, secrets.randbelow)[0]
        single = {"single_code": other} if row.single_code else {}
        if code_pools.settle(tx, row, now, tries=row.tries + 1, note=answer.detail[:300], **single):
            code_pools.forget_asked(tx, row.id)
            code_pools.ask_for(tx, row.id, [] if row.single_code else [other])
        return
    log.error("a store refuses a discount", shop=row.shop_id, pool=row.id, why=answer.detail)
    code_pools.settle(tx, row, None, state="broken", note=answer.detail[:300])


def _filled(tx: Tx, row: PoolRow, d: Discount, answer: CodesMade, now: datetime) -> None:
    if answer.kind == "pending":
        lost = answer.begun is not None and now - answer.begun > LOST_AFTER
        changes = {"job_id": "", "tries": row.tries + 1} if lost else {"job_id": answer.job}
        code_pools.settle(tx, row, now + POLL, **changes)
        return
    none = answer.kind == "refused" or not answer.ready
    if none and (answer.kind == "refused" or row.tries >= MOST_TRIES):
        _share(tx, row, d, answer.detail, now)
        return
    tries, due = (row.tries + 1, now + POLL) if none else (0, now)
    if code_pools.settle(tx, row, due, job_id="", tries=tries, note=answer.detail[:300]):
        code_pools.mark(tx, answer.ready, "ready")
        code_pools.mark(tx, answer.refused, "refused")


def _gone(tx: Tx, row: PoolRow, d: Discount, why: str, now: datetime) -> None:
    """The merchant deleted it, and all its codes with it: nobody is promised one of them any more. As long as their
    sequence has the offer there is another pool, if not more than one an hour."""
    log.warning("a discount was deleted in its store", shop=row.shop_id, pool=row.id)
    if code_pools.settle(tx, row, None, state="broken", job_id="", note=why):
        offering.need(tx, d, now, now)


def _share(tx: Tx, row: PoolRow, d: Discount, why: str, now: datetime) -> None:
    """Unique codes can't be made: one for everybody, in a discount of its own. What was given stays good."""
    log.warning("a store makes no unique codes", shop=row.shop_id, pool=row.id, why=why)
    if code_pools.settle(tx, row, row.ends_at, job_id="", tries=0, note=f"no unique codes: {why}"[:300]):
        code_pools.forget_asked(tx, row.id)
        offering.need(tx, d, now, now, shared=True)


def _later(tx: Tx, row: PoolRow, why: str, seconds: float | None, now: datetime) -> None:
    """10 s, 20 s, 40 s …: touches wait for the first codes, if only for minutes."""
    wait = min(
        LONGEST_WAIT, max(timedelta(seconds=10 * 2 ** min(row.tries, 9)), timedelta(seconds=seconds or 0))
    )
    code_pools.settle(tx, row, now + wait, tries=row.tries + 1, note=why[:300])
    if row.tries == 0:
        log.warning("a store can't be asked for codes", shop=row.shop_id, pool=row.id, why=why)
