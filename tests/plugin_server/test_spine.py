"""A cart comes back: from the store's event to a recovered order, over real HTTP."""

import time
from datetime import timedelta

import pytest
import requests
from sqlalchemy import text

from plugin_server.jobs import dispatch, ingest, planning, sweep
from plugin_server.store import claiming

PHONE = "+12125550142"
PERSON = {
    "User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1"
}


def work(spine) -> None:
    """Do what clock and workers would, until nothing is left."""
    for _ in range(100):
        wait_idle(spine)
        m = spine.machine
        done = ingest.run(m) + planning.run(m)
        sweep.run(m)
        with m.db.system() as c:
            token, taken = claiming.claim(c, "touches", m.clock.now(), 100, 60)
        if taken:
            dispatch.run(m, token)
        elif not done:
            return
    raise AssertionError("never done")


def wait_idle(spine) -> None:
    for _ in range(500):
        if spine.world.status().idle:
            return
        time.sleep(0.01)
    raise AssertionError(f"the sandbox never rests: {spine.world.status()}")


def at_noon(spine) -> None:
    """Move to the next day's 17:00 UTC, open hours in New York on every day of the week."""
    now = spine.world.status().now
    noon = now.replace(hour=17, minute=0, second=0, microsecond=0)
    spine.world.skip((noon if noon > now else noon + timedelta(days=1)) - now)


def leave_cart(spine, shop: str, **more) -> dict:
    cart = {
        "shop": shop,
        "phone": PHONE,
        "first_name": "Dana",
        "last_name": "Example",
        "email": "dana@example.com",
        "items": [{"sku": "MUG-BLUE", "quantity": 2}],
        "consent": True,
        "locale": "en-US",
        "country": "US",
        "region": "NY",
        "postcode": "10001",
        "city": "New York",
    }
    return spine.world.post("/sandbox/carts", {**cart, **more})


def texts(spine) -> list[dict]:
    return spine.world.get("/sandbox/ledger?kind=text")["entries"]


def carts(spine) -> list:
    with spine.machine.db.system() as c:
        return list(c.execute(text("SELECT * FROM carts ORDER BY id")))


def link_in(spine) -> str:
    body = texts(spine)[-1]["text"]
    return next(word for word in body.split() if "/r/" in word)


@pytest.mark.parametrize("shop", ["mugs", "wool"])
def test_a_cart_comes_back(spine, shop) -> None:
    at_noon(spine)
    opened = leave_cart(spine, shop)
    work(spine)
    assert [c.state for c in carts(spine)] == ["open"]
    spine.world.skip(timedelta(minutes=31))
    work(spine)
    # An order that waits for payment lies still for an hour before it counts as left.
    assert [c.state for c in carts(spine)] == ["open" if shop == "wool" else "abandoned"]
    assert texts(spine) == []
    spine.world.skip(timedelta(minutes=31))
    work(spine)
    assert len(texts(spine)) == 1
    answer = requests.get(link_in(spine), headers=PERSON, allow_redirects=False, timeout=5)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(spine.world.url)
    key = opened.get("token") or opened["order_id"]
    spine.world.skip(timedelta(minutes=7))
    spine.world.post(f"/sandbox/carts/{shop}/{key}/buy", {})
    work(spine)
    assert [c.state for c in carts(spine)] == ["recovered"]
    spine.world.skip(timedelta(days=4))
    work(spine)
    assert len(texts(spine)) == 1
    assert spine.world.get("/sandbox/summary")["texts_after_purchase"] == 0
