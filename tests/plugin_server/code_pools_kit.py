"""What tests of codes do again and again: a sequence with a unique code, pools looked after, codes counted."""

from datetime import timedelta

import spine_kit as kit

from plugin_server.jobs import pooling
from plugin_server.store import code_pools

TEN = {"kind": "percent", "percent": "10"}
HOUR = 3600


def offer(
    spine,
    discount: dict | None = None,
    *,
    shop: str = "mugs",
    texts: dict | None = None,
    tone: str = "friendly",
    delay: int = HOUR,
    **more,
) -> None:
    """The shop's only step, an hour after the cart was left, gives this discount."""
    step = {
        "delay": delay,
        "tone": tone,
        "offer": {"discount": discount or TEN, **more},
        "texts": texts or {},
    }
    kit.plan(spine, shop, steps=[step])


def look_after(spine) -> None:
    """Pools are looked after, and time passes, until the store has done what it was asked for."""
    for _ in range(60):
        pooling.run(spine.machine)
        if not busy(spine):
            return
        spine.world.skip(timedelta(seconds=5))
        kit.wait_idle(spine)
    raise AssertionError(f"pools are never done: {pools(spine)}")


def busy(spine) -> bool:
    """Is the store at something, or is something to be done at once?"""
    soon = spine.machine.clock.now() + timedelta(seconds=20)
    return any(p.due_at is not None and p.due_at <= soon for p in pools(spine))


def pools(spine) -> list:
    return kit.rows(spine, "SELECT * FROM code_pools ORDER BY id")


def codes(spine, state: str) -> list[str]:
    return [r.code for r in kit.rows(spine, "SELECT code FROM codes WHERE state = :s ORDER BY code", s=state)]


def trace(spine, check: str = "offer") -> list:
    return kit.rows(
        spine, 'SELECT outcome, reason, facts FROM traces WHERE "check" = :c ORDER BY id', c=check
    )


def waiting(spine) -> bool:
    with spine.machine.db.system() as c:
        return code_pools.waiting(c, spine.machine.clock.now())


def discounts(spine, shop: str = "mugs") -> list[dict]:
    """What really stands in the store."""
    return spine.world.get(f"/sandbox/shops/{shop}/discounts")["discounts"]
