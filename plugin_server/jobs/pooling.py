"""Keep pools of codes: make their discounts in the stores, fill them before they run dry, close them when they're over.

One act at a time for a pool: what is asked of the store is written down and committed first, so a lost worker or a
lost answer costs a repetition, and never a second discount.
"""

import secrets
from datetime import datetime, timedelta

import structlog

from plugin_server.jobs import offering, pool_answers, turns
from plugin_server.jobs.spelling import worth
from plugin_server.store import code_pools, codes, shops
from plugin_server.store.code_pools import PoolRow
from plugin_server.store.shops import Installed
from plugin_server.store.tx import Tx
from plugin_server.wiring import Machine
from sequences.code_ports import Codes, CodesMade, NewPool, PoolMade
from sequences.offers import Discount, of_spec
from sequences.offers import codes as draw_codes
from sequences.pools import Act, Pool, gives_until, needs_next, next_act
from sequences.ports import Told

log = structlog.get_logger()
AT_ONCE = 4
"""Stores that are called at the same time: as many may be slow before others wait, whose texts would go without."""
SECONDS = 120.0
"""After this long a run begins no more; the clock asks again."""
LEASE_SECONDS = 300
REST = timedelta(minutes=10)


def run(machine: Machine) -> int:
    """Look after what is due. Returns how many acts that took."""
    return turns.take(lambda: _one(machine), SECONDS, AT_ONCE)


def _one(machine: Machine) -> bool:
    with machine.db.system() as c:
        row = code_pools.claim(c, machine.clock.now(), LEASE_SECONDS)
        found = shops.readable(c, machine.secrets.vault, [row.shop_id] if row else [])
    if row is None:
        return False
    for installed in found:
        _look_after(machine, installed, row)
    return True


def _look_after(machine: Machine, installed: Installed, row: PoolRow) -> None:
    d, now = of_spec(row.spec), machine.clock.now()
    store = None
    if installed.active:
        store = machine.platform(installed.shop.platform).codes(
            installed.shop, machine.store_secrets(installed)
        )
    with machine.db.shop(installed.shop.id) as c:
        tx = Tx(c, installed.shop, machine.secrets)
        if store is None:
            why = (
                "this platform makes no codes" if installed.active else f"{code_pools.LEFT}{installed.state}"
            )
            code_pools.settle(tx, row, None, state="closed" if row.state == "closed" else "broken", note=why)
            return
        act, asked = _decide(tx, installed, row, d, store.batch, now)
    log.debug("pool", shop=row.shop_id, pool=row.id, act=act, codes=len(asked))
    if act in ("rest", "drop"):
        return
    answer = _ask(store, act, row, d, asked)
    with machine.db.shop(installed.shop.id) as c:
        tx, now = Tx(c, installed.shop, machine.secrets), machine.clock.now()
        pool_answers.settle(tx, row, d, act, asked, answer, now, store.tidies_after)


# -- before the call


def _decide(
    tx: Tx, installed: Installed, row: PoolRow, d: Discount, most: int, now: datetime
) -> tuple[Act, list[str]]:
    """What to do, and the codes that it is about. What needs no call is done here."""
    codes.give_back_unseen(tx, row.id)
    pool = Pool(
        made=bool(row.discount_id),
        closed=row.state == "closed",
        tried=row.tries > 0,
        shared=bool(row.single_code),
        job=bool(row.job_id),
        ends_at=row.ends_at,
        lasts=d.lasts,
    )
    shelf = code_pools.shelf(tx, row, offering.steps_with(installed.sequence, row.spec), now)
    if needs_next(pool, shelf, now):
        offering.need(tx, d, now, gives_until(row.ends_at, d.lasts) + timedelta(hours=2))
    act, more = next_act(pool, shelf, now)
    if act == "drop":
        code_pools.drop(tx, row)
    elif act == "rest":
        code_pools.settle(tx, row, min(row.ends_at, now + REST), tries=0)
    elif more:
        code_pools.ask_for(tx, row.id, draw_codes(d.prefix, min(more, most), secrets.randbelow))
    return act, code_pools.asked(tx, row.id, most)


# -- the call


def _ask(store: Codes, act: Act, row: PoolRow, d: Discount, asked: list[str]) -> PoolMade | CodesMade | Told:
    if act == "close":
        return store.close(row.discount_id)
    if act == "tidy":
        return store.tidy(row.discount_id)
    if act == "make":
        return store.make(_new_pool(row, d, asked))
    if act == "ask":
        return store.added(row.discount_id, row.job_id, asked)
    return store.add(row.discount_id, asked)


def _new_pool(row: PoolRow, d: Discount, asked: list[str]) -> NewPool:
    return NewPool(
        title=f"Cart recovery: {worth(d, 'en') or d.kind.replace('_', ' ')} ({row.id})",
        code=row.single_code or asked[0],
        discount=d,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        shared=bool(row.single_code),
    )
