"""The demo as somebody meets it who has never seen it: in a real browser, from the first page to the recovery."""

import argparse
import re
import shutil
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, expect, sync_playwright

from plugin_server.demo import playing, stage

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox --disable-gpu --disable-background-networking --disable-quic --no-first-run"
    " --disable-component-update --disable-sync"
).split()
# What the walk opens on purpose although it isn't there.
MEANT = re.compile(r"status of (404|410) .*/r/", re.DOTALL)
# The words beside the box: the pretend Shopify's own, or those that Comeback gave the plugin.
BOX = re.compile("Text me reminders|recurring automated marketing texts")
SECONDS = 15_000  # milliseconds in which worker and clock must have done their part


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stage.Stage]:
    """What bin/demo starts, with a data folder and ports of this module's own."""
    options = argparse.Namespace(
        port=free_port(), sandbox_port=free_port(), seed=1, story=False, verbose=False
    )
    more = {"DATA_DIR": str(tmp_path_factory.mktemp("demo")), "CLOCK_SECONDS": "0.2"}
    with stage.up(options, more, stage.today_at(playing.HOUR)) as running:
        yield running


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found(playwright), args=FLAGS)
        yield browser
        browser.close()


def found(playwright: Playwright) -> str:
    """The system's Chromium, else Playwright's own."""
    system = next((path for name in NAMES if (path := shutil.which(name))), None)
    path = system or playwright.chromium.executable_path
    if not Path(path).exists():
        pytest.skip("no Chromium: apt-get install chromium, or .venv/bin/playwright install chromium")
    return path


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A person's browser on a phone's screen; whatever a console complains about fails the test."""
    probe = chromium.new_page()
    # A browser that calls itself headless is taken for a machine that previews links.
    agent = probe.evaluate("navigator.userAgent").replace("Headless", "")
    probe.close()
    context = chromium.new_context(viewport={"width": 360, "height": 800}, user_agent=agent)
    troubles: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        words = f"{message.text} {message.location.get('url')} on {message.page and message.page.url}"
        if message.type in ("error", "warning") and not MEANT.search(words):
            troubles.append(words)

    context.on("console", hear)
    context.on("weberror", lambda error: troubles.append(str(error.error)))
    context.set_default_timeout(SECONDS)
    yield context.new_page()
    context.close()
    assert troubles == []


def look(page: Page) -> None:
    """Nothing sticks out to the side, and axe finds nothing, in either colour scheme."""
    assert page.evaluate("document.documentElement.scrollWidth") <= 360, page.url
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        violations = Axe().run(page).response["violations"]
        assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in violations] == [], (page.url, scheme)


def leave(page: Page, demo: stage.Stage, shop: str, phone: str | None = None) -> None:
    """Leave the cart that the form proposes, with the box ticked, by keyboard alone."""
    page.goto(f"{demo.world.url}/shop/{shop}")
    if phone:
        page.get_by_label("Phone", exact=True).fill(phone)
    page.get_by_role("checkbox", name=BOX).focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Leave without buying")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="What happens next").wait_for()


def reminded(page: Page, shop: str, confirms: bool) -> Page:
    """From the page after leaving: skip an hour, confirm if asked to, wait for the text, follow its link."""
    page.get_by_role("button", name="Skip an hour").click()
    if confirms:
        question = page.get_by_role("log").get_by_role("listitem").filter(has_text="Reply Y to subscribe")
        expect(question).to_have_count(1, timeout=SECONDS)
        look(page)
        page.get_by_role("group", name="Quick replies").get_by_role("button", name="Y", exact=True).click()
        welcome = page.get_by_role("log").get_by_role("listitem").filter(has_text="You are signed up")
        expect(welcome).to_have_count(1, timeout=SECONDS)
    bubble = page.get_by_role("log").get_by_role("listitem").filter(has_text=f"it's {shop}")
    expect(bubble).to_have_count(1, timeout=SECONDS)
    expect(bubble).to_contain_text("Hi Ann")
    expect(bubble).to_contain_text("STOP")
    look(page)
    with page.expect_popup() as opened:
        bubble.get_by_role("link").click()
    return opened.value


def type_again(checkout: Page) -> None:
    """The plugin's link brings the goods back and nothing of the person, whoever holds it."""
    expect(checkout.get_by_role("heading", name="Your cart is back")).to_be_visible()
    expect(checkout.get_by_text("Blue mug")).to_be_visible()
    said = checkout.locator("body").inner_html()
    assert [word for word in ("Ann", "Rivers", "5550142", "ann.rivers") if word in said] == []
    look(checkout)
    checkout.get_by_label("First name").fill("Ann")
    checkout.get_by_label("Phone", exact=True).fill("+1 212 555 0142")


def until(page: Page, words: str) -> None:
    """Press the overview's own Refresh until it says so: the worker needs a moment."""
    for _ in range(50):
        if page.get_by_text(words).count():
            return
        page.wait_for_timeout(200)
        page.get_by_role("link", name="Refresh").click()
    raise AssertionError(f"{page.url} never said {words!r}: {page.locator('main').inner_text()}")


@pytest.mark.parametrize(("shop", "name"), [("mugs", "Mugs & More"), ("wool", "Wool & Needle")])
def test_a_first_try_brings_the_cart_back_and_the_overview_explains_it(demo, page, shop, name):
    page.goto(demo.world.url)
    look(page)
    page.get_by_role("link", name=name).click()
    look(page)
    expect(page.get_by_role("checkbox", name=BOX)).not_to_be_checked()
    leave(page, demo, shop)
    look(page)
    checkout = reminded(page, name, confirms=shop == "mugs")
    if shop == "wool":
        type_again(checkout)
    else:
        expect(checkout.get_by_role("heading", name="Welcome back, Ann")).to_be_visible()
        look(checkout)
    checkout.get_by_role("button", name="Complete purchase").click()
    expect(checkout.get_by_role("heading", name="Thank you, Ann")).to_be_visible()
    look(checkout)
    checkout.get_by_role("link", name="See it in Comeback").click()
    checkout.get_by_role("link", name=name).click()
    until(checkout, "came back in 1 order, for 1 text")
    expect(checkout.get_by_role("listitem").filter(has_text="Orders recovered")).to_contain_text("1")
    look(checkout)
    checkout.get_by_role("link", name=re.compile(r"^Cart \d+")).click()
    for words in (
        "The rules allow a text now",
        "in America/New_York",
        "The carrier took the text",
        "The shopper opened the link",
        "The order names the very checkout that was left.",
    ):
        expect(checkout.get_by_text(words).first).to_be_visible()
    look(checkout)
    checkout.get_by_role("link", name="Comeback", exact=True).click()
    expect(checkout.get_by_role("listitem").filter(has_text=name)).to_contain_text(
        "$12.50 in 1 recovered order"
    )
    look(checkout)
    checkout.get_by_role("link", name="Phones").click()
    expect(checkout.get_by_role("listitem")).to_contain_text("+12125550142")
    look(checkout)


def test_without_the_tick_no_text_comes_and_the_trace_says_why(demo, page):
    page.goto(f"{demo.world.url}/shop/mugs")
    page.get_by_label("Phone", exact=True).fill("+1 212 555 0177")
    page.get_by_role("button", name="Leave without buying").click()
    expect(page.get_by_text("You didn't agree to texts")).to_be_visible()
    look(page)
    page.get_by_role("button", name="Skip an hour").click()
    expect(page.get_by_text("Nothing here yet")).to_be_visible()
    look(page)
    page.get_by_role("link", name="See in Comeback").click()
    page.get_by_role("link", name="Mugs & More").click()
    until(page, "FED-01")
    look(page)
    page.get_by_role("row").filter(has_text="reminder skipped").get_by_role("link").first.click()
    expect(page.get_by_text("The rules say: no text")).to_be_visible()
    expect(page.get_by_text("no consent on record").first).to_be_visible()
    look(page)


def test_the_pages_behind_a_text_stop_preview_nothing_and_expire_politely(demo, page):
    leave(page, demo, "wool", "+1 212 555 0143")
    page.get_by_role("button", name="Skip an hour").click()
    link = page.get_by_role("log").get_by_role("link").get_attribute("href")
    assert link and link.startswith(demo.settings.public_url)
    page.goto(f"{link}/stop")
    look(page)
    page.get_by_role("button", name="Stop the texts").click()
    expect(page.get_by_role("status")).to_contain_text("will not text you again")
    look(page)
    page.goto(f"{demo.settings.public_url}/r/nothing")
    expect(page.get_by_role("heading")).to_have_text("This link leads nowhere")
    look(page)
    demo.world.skip(timedelta(days=31))
    page.goto(link)
    expect(page.get_by_role("heading")).to_have_text("This cart is no longer kept")
    look(page)
