"""Planning and deciding don't get in the way of those who apply what the store says: no deadlocks, no long looks."""

import threading

import spine_kit as kit
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from plugin_server.jobs import committing, dispatch, ingest
from plugin_server.store import carts, events, locks, shops
from plugin_server.store.locks import Lock
from plugin_server.store.tx import Tx


def test_who_comes_back_while_their_text_is_being_committed_is_heard_and_the_text_goes_out_once(
    spine, monkeypatch
) -> None:
    key = kit.due(spine)
    token = kit.claim(spine)
    spine.world.post(f"/sandbox/carts/mugs/{key}/change", {})
    kit.wait_idle(spine)
    add, find, wrong, has_the_cart = committing.links.add, carts.find, [], threading.Event()

    def apply() -> None:
        try:
            ingest.run(spine.machine)
        except OperationalError as error:
            wrong.append(error)

    other = threading.Thread(target=apply)

    def found(tx, names):
        row = find(tx, names)
        has_the_cart.set()
        return row

    def while_the_cart_is_locked(tx, rows) -> None:
        monkeypatch.setattr("plugin_server.applying.carts.carts.find", found)
        other.start()
        assert has_the_cart.wait(10)
        with spine.machine.db.system() as c:
            for _ in range(500):  # until it waits for the touch, which is ours
                if c.execute(text("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")).scalar_one():
                    break
        add(tx, rows)

    monkeypatch.setattr(committing.links, "add", while_the_cart_is_locked)
    assert dispatch.run(spine.machine, token) == 1
    other.join(10)
    assert wrong == []
    assert len(kit.texts(spine)) == 1
    assert kit.one(spine, "carts", "state").state == "open"


def test_an_event_whose_shop_is_busy_waits_in_the_row_and_not_for_the_next_tick(spine) -> None:
    """Its store is being read again, page after page: whoever only looks whether the shop is free finds it taken."""
    kit.leave_cart(spine)
    kit.wait_idle(spine)
    (mugs,) = kit.rows(spine, "SELECT id FROM shops WHERE key = :k", k=spine.keys["mugs"])
    over, at_work = threading.Event(), threading.Event()

    def read_again() -> None:
        while not over.is_set():
            with spine.machine.db.shop(mugs.id) as c:
                locks.hold(c, Lock.NEWS, mugs.id)
                at_work.set()
                over.wait(0.05)

    readers = [threading.Thread(target=read_again) for _ in range(2)]
    for reader in readers:
        reader.start()
    assert at_work.wait(10)
    waiting = len(kit.rows(spine, "SELECT FROM events WHERE state = 'new'"))
    try:
        assert ingest.run(spine.machine) == waiting > 0
    finally:
        over.set()
        for reader in readers:
            reader.join(10)


def test_an_event_whose_shop_stays_busy_is_left_for_later_and_keeps_nobody(spine, monkeypatch) -> None:
    monkeypatch.setattr(events, "LONGEST_WAIT", "50ms")
    kit.leave_cart(spine, "mugs")
    kit.wait_idle(spine)
    (mugs,) = kit.rows(spine, "SELECT id FROM shops WHERE key = :k", k=spine.keys["mugs"])
    with spine.machine.db.shop(mugs.id) as c:
        locks.hold(c, Lock.NEWS, mugs.id)
        assert ingest.run(spine.machine) == 0
        kit.leave_cart(spine, "wool")
        kit.wait_idle(spine)
        assert ingest.run(spine.machine) > 0, "the other shop's don't wait"
    assert ingest.run(spine.machine) > 0


def test_whether_somebody_bought_is_looked_up_by_their_names_and_not_in_all_orders(spine) -> None:
    kit.left(spine)
    asked = []
    engine = spine.machine.db.engine

    def listen(_c, _cursor, statement, parameters, *_more) -> None:
        asked.append((statement, parameters))

    with spine.machine.db.system() as c:
        found = shops.by_key(c, spine.machine.secrets.vault, None, spine.keys["mugs"])
    with spine.machine.db.shop(found.shop.id) as c:
        c.execute(text("SET LOCAL enable_seqscan = off"))
        event.listen(engine, "before_cursor_execute", listen)
        assert (
            carts.bought_since(Tx(c, found.shop, spine.machine.secrets), kit.one(spine, "carts", "id").id)
            is None
        )
        event.remove(engine, "before_cursor_execute", listen)
        statement, parameters = next(one for one in asked if "JOIN LATERAL" in one[0])
        with c.connection.cursor() as raw:
            raw.execute(f"EXPLAIN {statement}", parameters)
            plan = "\n".join(row[0] for row in raw.fetchall())
    assert all(name in plan for name in ("orders_phone", "orders_email", "orders_customer")), plan
