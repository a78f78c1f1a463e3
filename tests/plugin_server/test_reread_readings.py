"""A reading of a store: in what order, how far, what interrupts it, and that nothing is lost or done twice by that."""

import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
import reread_kit as rk
import spine_kit as kit
from sqlalchemy.exc import OperationalError

from connectors.platforms.shopify.rereading import ShopifyRereader
from plugin_server.jobs import clock, nightly, rereading
from plugin_server.store import shops, watermarks
from sequences.reread_ports import Page
from sequences.sequence import Sequence

ROOT = Path(__file__).resolve().parents[2]
THREE_PAGES = 2 * rk.PAGE + 2


def carts_left(spine, count: int) -> None:
    """So many people left a cart, and nobody told us."""
    rk.watched(spine)
    rk.deaf(spine)
    kit.at_noon(spine)
    for n in range(count):
        kit.leave_cart(spine, phone=f"+121255501{n:02}", email=f"shopper{n}@example.com")
    kit.skip(spine, minutes=11)


def count(spine, table: str = "carts") -> int:
    return kit.rows(spine, f"SELECT count(*) AS n FROM {table}")[0].n  # noqa: S608


def pages(monkeypatch, stop_after: int, trouble: Page) -> list[tuple[str, str]]:
    """The store shows so many pages of checkouts, then something is in the way, once."""
    real, seen = ShopifyRereader.page, []

    def page(self, what, since, cursor=""):
        seen.append((what, cursor))
        if what == "checkouts" and len([w for w, _ in seen if w == "checkouts"]) == stop_after + 1:
            return trouble
        return real(self, what, since, cursor)

    monkeypatch.setattr(ShopifyRereader, "page", page)
    return seen


# -- order, and how far


def test_orders_are_read_before_checkouts_and_the_watermark_moves_to_where_the_reading_began(spine) -> None:
    carts_left(spine, THREE_PAGES)
    began = spine.machine.clock.now()
    rk.read_again(spine)
    assert count(spine) == THREE_PAGES
    marks = rk.marks(spine)
    assert marks["orders"].read_at <= marks["checkouts"].read_at
    for mark in marks.values():
        assert began <= mark.until <= spine.machine.clock.now()
        assert (mark.began_at, mark.cursor, mark.lease_until, mark.note) == (None, "", None, "")
        assert timedelta(minutes=9) < mark.due_at - spine.machine.clock.now() <= rereading.EVERY
    for _ in range(2):
        assert (marks["checkouts"].done, marks["checkouts"].expected) == (
            THREE_PAGES,
            THREE_PAGES,
        ), "each reading counts anew"
        kit.skip(spine, minutes=11)
        rk.read_again(spine)
        marks = rk.marks(spine)


def test_no_checkouts_are_read_while_orders_cant_be(spine, monkeypatch) -> None:
    carts_left(spine, 1)
    real = ShopifyRereader.page
    away = Page(kind="retry_later", detail="busy")
    monkeypatch.setattr(
        ShopifyRereader, "page", lambda self, what, *a: away if what == "orders" else real(self, what, *a)
    )
    rk.read_again(spine)
    kit.skip(spine, seconds=30)  # orders are put off, and so no longer due
    rk.read_again(spine)
    assert count(spine) == 0
    monkeypatch.setattr(ShopifyRereader, "page", real)
    rk.heal(spine)
    assert count(spine) == 1


def test_a_shop_that_left_isnt_read_and_one_that_lets_us_in_no_more_waits(spine) -> None:
    carts_left(spine, 1)
    kit.change(spine, "UPDATE shops SET state = 'uninstalled'")
    assert rk.read_again(spine) == 0
    kit.change(spine, "UPDATE shops SET state = 'active'")
    kit.change(
        spine,
        "INSERT INTO shop_tokens (shop_id, sealed, refreshed_at, state) VALUES (:id, '', now(), 'lost')",
        id=rk.shop_id(spine),
    )
    assert rk.read_again(spine) == 0
    kit.change(spine, "DELETE FROM shop_tokens")
    assert rk.read_again(spine) == 2


def test_the_newest_carts_are_read_first_since_only_they_can_still_be_reminded(spine, monkeypatch) -> None:
    carts_left(spine, THREE_PAGES)
    pages(monkeypatch, 1, Page(kind="retry_later", detail="busy", retry_after=20.0))
    rk.read_again(spine)
    read = {row.key for row in kit.rows(spine, "SELECT key FROM carts")}
    kit.skip(spine, minutes=1)
    rk.read_again(spine)
    keys = [row.key for row in kit.rows(spine, "SELECT key FROM carts ORDER BY length(key), key")]
    assert (len(keys), read) == (THREE_PAGES, set(keys[-rk.PAGE :])), "they go by their numbers"


def test_what_a_clock_that_ran_ahead_said_was_read_is_read_again(spine) -> None:
    rk.watched(spine)
    kit.at_noon(spine)
    rk.read_again(spine)
    rk.deaf(spine)
    kit.leave_cart(spine)
    kit.skip(spine, hours=2)
    kit.change(
        spine, "UPDATE watermarks SET until = until + interval '3 days', due_at = due_at + interval '3 days'"
    )
    began = spine.machine.clock.now()
    assert rk.read_again(spine) == 2
    assert count(spine) == 1
    assert all(began <= mark.until <= spine.machine.clock.now() for mark in rk.marks(spine).values())


# -- what interrupts it


def test_a_throttled_reading_goes_on_at_its_cursor(spine, monkeypatch) -> None:
    carts_left(spine, THREE_PAGES)
    busy = Page(kind="retry_later", detail="the shop's query budget is used up", retry_after=20.0)
    seen = pages(monkeypatch, 1, busy)
    rk.read_again(spine)
    mark = rk.marks(spine)["checkouts"]
    assert (count(spine), mark.done, mark.expected, mark.tries, mark.note) == (
        rk.PAGE,
        rk.PAGE,
        THREE_PAGES,
        1,
        "",
    ), "a store that says when it has time again is no trouble"
    assert mark.began_at is not None
    kit.skip(spine, seconds=19)
    assert rk.read_again(spine) == 0, "it was asked to wait"
    kit.skip(spine, seconds=2)
    rk.read_again(spine)
    cursors = [cursor for what, cursor in seen if what == "checkouts"]
    assert cursors[1] == cursors[2] == mark.cursor
    assert len(cursors) == 4
    after = rk.marks(spine)["checkouts"]
    assert (count(spine), after.done, after.tries, after.until) == (
        THREE_PAGES,
        THREE_PAGES,
        0,
        mark.began_at,
    )


def test_a_store_that_was_out_of_order_is_read_once_it_answers(spine) -> None:
    carts_left(spine, THREE_PAGES)
    kit.faults(spine, store_error=1)
    rk.read_again(spine)
    assert rk.marks(spine)["orders"].note
    kit.faults(spine, store_error=0)
    kit.skip(spine, minutes=2)
    rk.read_again(spine)
    assert count(spine) == THREE_PAGES


def test_a_store_that_doesnt_answer_is_asked_ever_more_rarely(spine) -> None:
    carts_left(spine, 1)
    kit.faults(spine, store_error=1)
    waits = []
    for _ in range(7):
        rk.read_again(spine)
        mark = rk.marks(spine)["orders"]
        waits.append(round((mark.due_at - spine.machine.clock.now()).total_seconds() / 60))
        kit.change(spine, "UPDATE watermarks SET due_at = now() - interval '1 year'")
    assert waits == [1, 2, 4, 8, 16, 30, 30]


def test_what_is_refused_waits_for_hours_but_a_cursor_that_isnt_taken_is_dropped(spine, monkeypatch) -> None:
    carts_left(spine, THREE_PAGES)
    no = Page(kind="refused", detail="Invalid cursor")
    seen = pages(monkeypatch, 1, no)
    rk.read_again(spine)
    mark = rk.marks(spine)["checkouts"]
    assert (mark.cursor, mark.done, mark.note) == ("", 0, "Invalid cursor")
    kit.skip(spine, minutes=2)
    rk.read_again(spine)
    assert [cursor for what, cursor in seen if what == "checkouts"][2] == ""
    assert count(spine) == THREE_PAGES
    monkeypatch.setattr(ShopifyRereader, "page", lambda *a: Page(kind="refused", detail="no"))
    kit.skip(spine, minutes=11)
    rk.read_again(spine)
    due = rk.marks(spine)["orders"].due_at - spine.machine.clock.now()
    assert timedelta(hours=5) < due <= rereading.LONGEST_WAIT


WORKER = """
import sys, time
from connectors.platforms.shopify.rereading import ShopifyRereader
from plugin_server.jobs import rereading
from plugin_server.wiring import machine
from tests_settings import sandbox_settings

real = ShopifyRereader.page

def page(self, what, since, cursor=""):
    if cursor:
        print("between two pages", flush=True)
        time.sleep(60)
    return real(self, what, since, cursor)

ShopifyRereader.page = page
url, redis, clock, shopify = sys.argv[1:]
rereading.run(machine(sandbox_settings(clock_url=clock, shopify_url=shopify), url, redis))
"""


def test_a_worker_that_is_killed_between_pages_costs_nothing_but_its_lease(spine) -> None:
    carts_left(spine, THREE_PAGES)
    s, m = spine.machine.settings, spine.machine
    args = [m.db.url, m.redis_url, s.clock_url, s.shopify_url]
    here = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests")))}
    with subprocess.Popen(
        [sys.executable, "-c", WORKER, *args], env=here, cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as worker:
        assert any("between two pages" in line for line in worker.stdout)
        worker.send_signal(signal.SIGKILL)
    mark = rk.marks(spine)["checkouts"]
    assert (count(spine), mark.done, bool(mark.cursor)) == (rk.PAGE, rk.PAGE, True)
    assert rk.read_again(spine) == 0, "the lease holds"
    kit.change(spine, "UPDATE watermarks SET lease_until = clock_timestamp() - interval '1 second'")
    rk.read_again(spine)
    after = rk.marks(spine)["checkouts"]
    assert (count(spine), after.done, after.until) == (THREE_PAGES, THREE_PAGES, mark.began_at)


def test_a_page_and_its_cursor_are_one_transaction(spine, monkeypatch) -> None:
    carts_left(spine, THREE_PAGES)

    def lost(*_args, **_kwargs):
        raise OperationalError("moving", {}, Exception("the connection is gone"))

    real = watermarks.move
    monkeypatch.setattr(watermarks, "move", lost)
    with pytest.raises(OperationalError):
        rereading.run(spine.machine)
    assert (count(spine), rk.marks(spine)["orders"].done) == (0, 0)
    monkeypatch.setattr(watermarks, "move", real)
    kit.change(spine, "UPDATE watermarks SET lease_until = NULL")
    rk.read_again(spine)
    assert count(spine) == THREE_PAGES


def test_a_worker_that_was_too_slow_applies_nothing_any_more(spine, monkeypatch) -> None:
    carts_left(spine, 3)
    real = ShopifyRereader.page

    def slow(self, what, since, cursor=""):
        page = real(self, what, since, cursor)
        if what == "checkouts":  # meanwhile somebody else took it over
            kit.change(spine, "UPDATE watermarks SET lease_until = lease_until + interval '1 second'")
        return page

    monkeypatch.setattr(ShopifyRereader, "page", slow)
    rereading.run(spine.machine)
    assert count(spine) == 0
    assert rk.marks(spine)["checkouts"].read_at < spine.machine.clock.now() - timedelta(minutes=10)


def test_one_thing_that_cant_be_applied_hides_no_other(spine, monkeypatch) -> None:
    carts_left(spine, 7)
    real, calls = rereading.rereads.applied, []

    def fails_once(here, reading):
        calls.append(reading)
        if len(calls) == 3:
            here.tx.run("SELECT 1 / 0")
        if len(calls) == 5:
            raise TypeError("a fault of ours")
        return real(here, reading)

    monkeypatch.setattr(rereading.rereads, "applied", fails_once)
    rk.read_again(spine)
    assert (count(spine), rk.marks(spine)["checkouts"].done) == (5, 7)


# -- several at once


def test_two_workers_read_a_store_once(spine, monkeypatch) -> None:
    carts_left(spine, THREE_PAGES)
    seen = pages(monkeypatch, 99, Page(kind="refused"))
    workers = [threading.Thread(target=rereading.run, args=(spine.machine,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    rk.read_again(spine)
    assert count(spine) == THREE_PAGES
    cursors = [cursor for what, cursor in seen if what == "checkouts"]
    assert len(cursors) == len(set(cursors)) == 3


def test_a_long_reading_gives_way_to_other_shops(spine, monkeypatch) -> None:
    carts_left(spine, THREE_PAGES)
    monkeypatch.setattr(rereading, "SLICE", 0.0)
    monkeypatch.setattr(rereading, "AT_ONCE", 1)
    seen = []
    real = ShopifyRereader.page

    def page(self, what, since, cursor=""):
        seen.append((self._shop.domain, what))
        return real(self, what, since, cursor)

    monkeypatch.setattr(ShopifyRereader, "page", page)
    rk.open_shop(spine, "tea", webhook_url="", access_token="shpat_tea")
    other = another_shop(spine)
    rk.read_again(spine)
    order = [domain for domain, what in seen if what == "checkouts"]
    assert order.index(other) < len(order) - 1 - order[::-1].index("mugs.myshopify.com")
    assert count(spine) == THREE_PAGES


def another_shop(spine) -> str:
    """Tea, due a moment after mugs."""
    facts = {"name": "Tea", "currency": "GBP", "country": "GB", "locale": "en-GB"}
    with spine.machine.db.system() as c:
        key = shops.install(
            c,
            spine.machine.secrets.vault,
            credentials={"access_token": "shpat_tea"},
            sequence=Sequence(),
            platform="shopify",
            domain="tea.myshopify.com",
            at=spine.machine.clock.now(),
            **facts,
        )
        shop = shops.by_key(c, spine.machine.secrets.vault, None, key).shop
        rereading.begin(c, shop.id, "shopify", spine.machine.clock.now())
    return shop.domain


# -- the clock, and shops that aren't read yet


def test_the_clock_asks_for_a_reading_that_is_due_and_for_none_that_must_wait(spine) -> None:
    asked = []
    queue = type("Queue", (), {"count": 0, "enqueue": lambda self, job, *a, **k: asked.append(job)})
    by_name = dict.fromkeys(clock.queues.NAMES, queue())
    rk.watched(spine)
    rk.read_again(spine)
    clock.tick(spine.machine, "me", by_name)
    assert "plugin_server.jobs.worker.work_errands" not in asked
    kit.change(spine, "UPDATE watermarks SET due_at = now() - interval '1 day' WHERE what = 'checkouts'")
    kit.change(spine, "UPDATE watermarks SET began_at = now() WHERE what = 'orders'")
    clock.tick(spine.machine, "me", by_name)
    assert "plugin_server.jobs.worker.work_errands" not in asked, "checkouts wait for orders"
    kit.skip(spine, minutes=11)
    clock.tick(spine.machine, "me", by_name)
    assert "plugin_server.jobs.worker.work_errands" in asked


def test_at_night_shops_that_were_never_read_are_found(spine) -> None:
    kit.change(spine, "DELETE FROM watermarks")
    nightly.Nights().pass_by(spine.machine)
    found = {(row.shop_id, row.what) for row in kit.rows(spine, "SELECT * FROM watermarks")}
    mugs, wool = rk.shop_id(spine), rk.shop_id(spine, "wool")
    assert found == {(mugs, "orders"), (mugs, "checkouts"), (wool, "orders")}
    assert rereading.adopt(spine.machine) == 0
    rk.read_again(spine)
    assert all(mark.read_at for mark in rk.marks(spine).values())
