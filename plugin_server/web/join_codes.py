"""The shop behind the address of a sign-up page."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy import text

from plugin_server.gathering import plan as plans
from plugin_server.gathering.plan import BadPlan, Gathering
from plugin_server.store import shops
from plugin_server.store.shops import Installed
from plugin_server.store.tx import Tx
from plugin_server.wiring import Machine

log = structlog.get_logger()
CODE = re.compile(r"[0-9a-z]{8,40}")


def shop_at(machine: Machine, code: str) -> Installed | None:
    """The active shop with this code; None is all that a stranger learns about any other."""
    if not CODE.fullmatch(code):
        return None
    with machine.db.system() as c:
        row = c.execute(
            text("SELECT id FROM shops WHERE join_code = :code AND state = 'active'"), {"code": code}
        ).one_or_none()
        return shops.by_id(c, machine.secrets.vault, row.id) if row else None


@contextmanager
def inside(machine: Machine, installed: Installed) -> Iterator[Tx]:
    """One transaction that sees this shop only."""
    with machine.db.shop(installed.shop.id) as c:
        yield Tx(c, installed.shop, machine.secrets)


def plan_of(installed: Installed) -> Gathering:
    """Its plan; one that can't be read counts as one that isn't finished, and the log says so."""
    try:
        return plans.load(installed.gathering)
    except BadPlan as error:
        log.error("a plan for gathering consent can't be read", shop=installed.shop.id, error=str(error))
        return Gathering()
