"""What a shop held before it came: read with progress, and nobody is texted about what is long past."""

import re
from contextlib import nullcontext
from datetime import timedelta

import pytest
import reread_kit as rk
import spine_kit as kit
from shopify_kit import found, open_app, open_shop

from connectors.platforms.woocommerce import WooCommerce
from plugin_server.cli import create_app
from plugin_server.cli import rereading as command
from plugin_server.jobs import rereading
from sequences.reread_ports import Page

PART = re.compile(
    r'<label for="read-\w+">([^<]+)</label>\s*<progress [^>]*\bvalue="(\d+)"[^>]*>.*?<span[^>]*>([^<]+)<',
    re.DOTALL,
)


@pytest.fixture
def tea(spine):
    """A shop at Shopify that doesn't have the app, and whose webhooks go nowhere yet."""
    rk.only_shopify(spine)
    open_shop(spine, webhook_url="")
    return spine


def install(spine) -> None:
    """The merchant opens the app; its number and its plan are set up."""
    assert open_app(spine).status_code == 200
    shop = found(spine).shop
    spine.keys["tea"] = shop.key
    kit.change(spine, "UPDATE shops SET sender = '+12015550123' WHERE id = :id", id=shop.id)
    kit.plan(spine, "tea", store_consent=True, holdout="0")


def carts(spine) -> list[tuple[str, str]]:
    return [(r.state, r.reason) for r in kit.rows(spine, "SELECT state, reason FROM carts ORDER BY id")]


def test_a_late_install_finds_an_hour_old_cart_and_texts_it_once(tea) -> None:
    kit.at_noon(tea)
    kit.leave_cart(tea, "tea", **kit.LONDON)
    kit.skip(tea, hours=1)
    install(tea)
    assert carts(tea) == []
    rk.read_again(tea)
    kit.work(tea)
    assert len(kit.texts(tea)) == 1
    for _ in range(3):
        rk.heal(tea)
    assert len(kit.texts(tea)) == 1


def test_a_cart_that_is_found_late_gets_no_two_reminders_at_once(tea) -> None:
    kit.at_noon(tea)
    kit.leave_cart(tea, "tea", **kit.LONDON)
    kit.skip(tea, hours=25)
    install(tea)
    rk.read_again(tea)
    kit.work(tea)
    assert len(kit.texts(tea)) == 1
    kit.skip(tea, hours=2)
    rk.heal(tea)
    assert len(kit.texts(tea)) == 1


def test_a_cart_older_than_the_deadline_is_written_down_and_never_texted(tea) -> None:
    kit.at_noon(tea)
    kit.leave_cart(tea, "tea", **kit.LONDON)
    kit.skip(tea, hours=49)
    install(tea)
    rk.read_again(tea)
    kit.work(tea)
    assert carts(tea) == [("expired", "we learned of it only after the deadline")]
    assert kit.rows(tea, "SELECT 1 FROM touches") == []
    kit.skip(tea, hours=24)
    rk.heal(tea)
    assert kit.texts(tea) == []


def test_what_is_older_than_thirty_days_isnt_read(tea) -> None:
    key = kit.leave_cart(tea, "tea", **kit.LONDON)
    kit.buy(tea, key, "tea")
    kit.leave_cart(tea, "tea", **{**kit.LONDON, "phone": "+447400123457"}, email="second@example.com")
    kit.skip(tea, days=31)
    install(tea)
    rk.read_again(tea)
    assert (carts(tea), kit.rows(tea, "SELECT 1 FROM orders")) == ([], [])


def test_who_bought_before_the_install_isnt_reminded_of_another_cart(tea) -> None:
    kit.at_noon(tea)
    kit.leave_cart(tea, "tea", **kit.LONDON)
    kit.skip(tea, minutes=5)
    kit.buy(tea, kit.leave_cart(tea, "tea", **kit.LONDON), "tea")
    kit.skip(tea, minutes=50)
    install(tea)
    rk.read_again(tea)
    kit.work(tea)
    (order,) = kit.rows(tea, "SELECT key FROM orders")
    assert carts(tea)[0][0] == "expired"
    assert order.key in carts(tea)[0][1]
    assert kit.texts(tea) == []


def test_no_cart_is_there_to_be_planned_before_the_orders_were_read(tea, monkeypatch) -> None:
    kit.at_noon(tea)
    kit.leave_cart(tea, "tea", **kit.LONDON)
    kit.skip(tea, minutes=5)
    kit.buy(tea, kit.leave_cart(tea, "tea", **kit.LONDON), "tea")
    kit.skip(tea, minutes=50)
    install(tea)
    monkeypatch.setattr(rereading, "SLICE", 0.0)  # a turn a page
    while rereading._one(tea.machine):
        kit.settle(tea)
        if carts(tea):
            assert kit.rows(tea, "SELECT 1 FROM orders") != []
    assert [state for state, _ in carts(tea)] == ["expired"]


def progress(spine) -> list[tuple[str, str, str]]:
    """Label, value of max, and what is said of each part that the app's page shows."""
    page = open_app(spine).text
    assert page.count("<progress") == page.count('<label for="read-')
    return PART.findall(page)


def test_the_apps_page_shows_how_far_the_first_reading_is(tea, monkeypatch) -> None:
    for n in range(rk.PAGE + 2):
        kit.leave_cart(tea, "tea", **{**kit.LONDON, "phone": f"+4474001234{n:02}"}, email=f"s{n}@example.com")
    kit.buy(tea, kit.leave_cart(tea, "tea", **kit.LONDON), "tea")
    kit.skip(tea, minutes=30)
    assert open_app(tea).status_code == 200
    assert progress(tea) == [
        ("Orders", "0", "waiting for their turn"),
        ("Abandoned checkouts", "0", "waiting for their turn"),
    ]
    monkeypatch.setattr(rereading, "SLICE", 0.0)
    rereading._one(tea.machine)
    rereading._one(tea.machine)
    assert progress(tea) == [
        ("Orders", "1", "1 read: done"),
        ("Abandoned checkouts", f"{rk.PAGE}", f"{rk.PAGE} of {rk.PAGE + 2} read"),
    ]
    rk.read_again(tea)
    assert progress(tea) == []
    assert {mark.healed for mark in rk.marks(tea).values()} == {0}, "what was before us was lost by nobody"
    kit.skip(tea, minutes=11)
    rereading._one(tea.machine)
    assert progress(tea) == []


def test_the_apps_page_says_if_the_shop_cant_be_read(tea, monkeypatch) -> None:
    assert open_app(tea).status_code == 200
    no = Page(kind="retry_later", detail="the Admin API is busy")
    monkeypatch.setattr("connectors.platforms.shopify.rereading.ShopifyRereader.page", lambda *a: no)
    rk.read_again(tea)
    assert "will be tried again" in progress(tea)[0][2]
    assert "What stands in the way: the Admin API is busy" in open_app(tea).text


def test_the_apps_page_says_if_reminders_are_switched_off(tea) -> None:
    open_app(tea)
    kit.change(tea, "UPDATE shops SET sequence = sequence || '{\"on\": false}'")
    rk.read_again(tea)
    page = open_app(tea).text
    assert "Reminders are switched off" in page
    assert "Nothing stands in the way" not in page


def test_a_shop_that_comes_back_is_read_from_where_it_was_known(tea) -> None:
    install(tea)
    rk.read_again(tea)
    known = rk.marks(tea)["orders"].until
    kit.change(tea, "UPDATE shops SET state = 'uninstalled' WHERE platform = 'shopify'")
    kit.change(tea, "DELETE FROM shop_tokens")
    kit.at_noon(tea)
    kit.leave_cart(tea, "tea", **kit.LONDON)
    kit.skip(tea, hours=1)
    assert rk.read_again(tea) == 0
    install(tea)
    marks = rk.marks(tea)
    assert {(m.until == known, m.read_at, m.done) for m in (marks["orders"],)} == {(True, None, 0)}
    rk.read_again(tea)
    kit.work(tea)
    assert len(kit.texts(tea)) == 1
    kit.change(tea, "UPDATE shops SET state = 'uninstalled' WHERE platform = 'shopify'")
    kit.change(tea, "DELETE FROM shop_tokens")
    kit.skip(tea, days=40)
    install(tea)
    back = {
        what: round((tea.machine.clock.now() - m.until) / timedelta(days=1))
        for what, m in rk.marks(tea).items()
    }
    assert back == {"orders": 7, "checkouts": 30}


# -- by hand


@pytest.fixture
def run(spine, monkeypatch):
    """The command in this process, over the test's own machine."""
    monkeypatch.setattr(command, "start", lambda: (spine.machine.settings, nullcontext()))
    monkeypatch.setattr(command, "build", lambda found, up: spine.machine)
    monkeypatch.setattr(spine.machine, "close", lambda: None)
    runner = create_app().test_cli_runner()

    def call(*words: str):
        result = runner.invoke(args=["reread", *words])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        return result

    return call


def test_the_command_reads_a_store_now_and_says_what_webhooks_hadnt_told(spine, run) -> None:
    rk.deaf(spine)
    kit.at_noon(spine)
    for n in range(6):
        kit.leave_cart(spine, phone=f"+121255501{n:02}", email=f"shopper{n}@example.com")
    kit.buy(spine, kit.leave_cart(spine))
    kit.skip(spine, minutes=11)
    rk.watched(spine)
    before = rk.marks(spine)
    done = run("mugs.myshopify.com", "--days", "3")
    assert (done.exit_code, "orders: 1 that" in done.output, "checkouts: 6 that" in done.output) == (
        0,
        True,
        True,
    )
    assert len(carts(spine)) == 6
    assert rk.marks(spine) == before, "the clock's own readings go on as they were"
    again = run(spine.keys["mugs"], "--days", "3")
    assert ("orders: 0 that" in again.output, "checkouts: 0 that" in again.output) == (True, True)


def test_without_days_it_reads_from_where_the_store_was_last_read(spine, run) -> None:
    rk.deaf(spine)
    kit.leave_cart(spine)
    kit.skip(spine, hours=2)
    rk.watched(spine)
    assert "checkouts: 0 that" in run("mugs.myshopify.com").output
    kit.change(spine, "DELETE FROM watermarks")
    assert "checkouts: 1 that" in run("mugs.myshopify.com").output


def test_the_command_waits_for_a_busy_store_and_says_why_it_cant_read_another(
    spine, run, monkeypatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(command.time, "sleep", waits.append)
    busy = Page(kind="retry_later", detail="busy", retry_after=7.0)
    answers = [busy, Page(kind="page", expected=0), Page(kind="page", expected=0)]
    monkeypatch.setattr(
        "connectors.platforms.shopify.rereading.ShopifyRereader.page", lambda *a: answers.pop(0)
    )
    assert run("mugs.myshopify.com").exit_code == 0
    assert waits == [7.0]
    answers[:] = [busy] * 100
    done = run("mugs.myshopify.com")
    assert (done.exit_code, "can't be read now: busy" in done.stderr) == (1, True)
    assert sum(waits) <= 7 + command.PATIENCE


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["nobody.example"], 2, "there is no shop"),
        (["mugs.myshopify.com", "--days", "0"], 2, "days"),
        (["mugs.myshopify.com", "--days", "61"], 2, "days"),
    ],
)
def test_what_cant_be_read_is_said_so(spine, run, words, code, said) -> None:
    words = [spine.keys.get(word, word) for word in words]
    done = run(*words)
    assert (done.exit_code, said in done.stderr) == (code, True)


def test_a_platform_whose_stores_arent_read_again_says_so(spine, run, monkeypatch) -> None:
    monkeypatch.setattr(WooCommerce, "rereading", lambda *_: None)
    done = run(spine.keys["wool"])
    assert (done.exit_code, "aren't read again" in done.stderr) == (2, True)


def test_a_shop_that_left_isnt_read_by_hand_either(spine, run) -> None:
    kit.change(spine, "UPDATE shops SET state = 'uninstalled'")
    done = run("mugs.myshopify.com")
    assert (done.exit_code, "is uninstalled" in done.stderr) == (1, True)
