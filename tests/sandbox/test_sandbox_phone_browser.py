"""The sandbox's pages in a real browser: a text appears by itself, nothing overflows, axe finds nothing."""

import shutil

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright
from sandbox_carrier_kit import ANNA, running_place

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture
def place():
    with running_place() as place:
        place.shop("mugs")
        place.send("Hello Anna: http://127.0.0.1:9/r/" + "long" * 20)
        place.reply("Who is this?")
        yield place


def test_a_text_appears_by_itself_and_is_announced(place, chromium):
    page = chromium.new_page()
    page.goto(f"{place.url}/phone/{ANNA}")
    assert page.locator("li.bubble").count() == 2
    place.send("A second text")
    page.get_by_role("log").get_by_text("A second text").wait_for(timeout=5000)
    assert page.locator("li.bubble").count() == 3
    assert page.get_by_role("log").get_attribute("aria-live") == "polite"
    page.close()


def test_enter_sends_what_was_typed_by_keyboard_alone(place, chromium):
    page = chromium.new_page()
    page.goto(f"{place.url}/phone/{ANNA}")
    page.get_by_label("Your reply").focus()
    page.keyboard.type("When is it back?")
    page.keyboard.press("Enter")
    page.get_by_text("When is it back?").wait_for(timeout=5000)
    place.settle()
    assert place.receiver.bodies("/inbound")[-1]["text"] == "When is it back?"
    assert place.ledger("opt_out") == []
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_pages_fit_and_are_accessible(place, chromium, width, scheme):
    context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page, troubles = context.new_page(), []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    for path in ("/", "/phone", f"/phone/{ANNA}", "/phone/+12125550177"):
        page.goto(place.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        found = Axe().run(page).response["violations"]
        assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found] == [], path
    assert troubles == []
    context.close()
