"""Advisory locks of the database: each has its name here, so that no two mean the same number.

They last until their transaction ends. Who needs several takes them in the order in which they stand here.
"""

from enum import IntEnum

from sqlalchemy import Connection, text


class Lock(IntEnum):
    """Locks of one shop, then locks of the whole machine."""

    NEWS = 41  # what shops and carriers said is applied one by one
    TEXTS = 42  # whether a text may go out is decided one by one, so that no two find room under one cap
    CHAIN = 43  # lines are added to the evidence
    POOLS = 44  # a pool of codes is foreseen once
    CLAIM_ERRAND = 51
    CLAIM_POOL = 52
    CLAIM_READING = 53


def hold(c: Connection, lock: Lock, shop_id: int = 0) -> None:
    """Wait for this lock of a shop, or of the whole machine, and keep it until the transaction ends."""
    c.execute(
        text("SELECT pg_advisory_xact_lock(:lock, CAST(:shop AS integer))"),
        {"lock": int(lock), "shop": shop_id},
    )
