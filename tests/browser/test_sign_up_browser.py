"""The sign-up page as people meet it: on a phone and a desk, by day and by night, by keyboard, without scripts."""

import json
import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright
from sqlalchemy import text
from test_demo_walk import FLAGS, found

PLAN = {
    "terms_url": "https://mugs.example/terms",
    "privacy_url": "https://mugs.example/privacy",
    "incentive": "10% off your next order",
    "incentive_code": "HELLO10",
    "min_age": 18,
}
# A form that wasn't filled in rightly is answered with 422, which the console calls a failure.
MEANT = re.compile("status of 422")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found(playwright), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def address(spine) -> str:
    with spine.machine.db.system() as c:
        row = c.execute(
            text("UPDATE shops SET gathering = CAST(:plan AS jsonb) WHERE key = :key RETURNING join_code"),
            {"plan": json.dumps(PLAN), "key": spine.keys["mugs"]},
        ).one()
    return f"{spine.url}/join/{row.join_code}"


@pytest.fixture(
    params=[(360, "light"), (360, "dark"), (1440, "light"), (1440, "dark")], ids=lambda p: f"{p[0]}-{p[1]}"
)
def page(request, chromium: Browser) -> Iterator[Page]:
    """What the console complains of fails the test."""
    width, scheme = request.param
    context = chromium.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, locale="en-US"
    )
    troubles: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not MEANT.search(message.text):
            troubles.append(message.text)

    context.on("console", hear)
    yield context.new_page()
    context.close()
    assert troubles == []


def look(page: Page) -> None:
    """Nothing sticks out to the side, and axe finds nothing."""
    page.wait_for_load_state()  # a click waits for the next page, but not for its stylesheet
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url
    violations = Axe().run(page).response["violations"]
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in violations] == [], page.url


def stored(spine) -> list:
    with spine.machine.db.system() as c:
        return list(c.execute(text("SELECT state, facts FROM consents ORDER BY seq")))


def test_somebody_forgets_all_is_led_to_it_and_signs_up_by_keyboard(spine, address, page):
    page.goto(address)
    look(page)
    expect(page.get_by_role("checkbox")).not_to_be_checked()
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page).to_have_title("Error: Texts from Mugs & More")
    look(page)
    page.get_by_role("link", name="Type your mobile number.").click()
    expect(page.get_by_label("Mobile number")).to_be_focused()
    page.keyboard.type("(212) 555-0142")
    page.get_by_label("Day").fill("1")
    page.get_by_label("Month").fill("2")
    page.get_by_label("Year").fill("1961")
    page.keyboard.press("Tab")
    expect(page.get_by_role("checkbox")).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Check your phone")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("+12125550142")
    look(page)
    assert [row.state for row in stored(spine)] == ["given"]


def test_what_stands_on_the_screen_is_what_is_stored(spine, address, page):
    page.goto(address + "?lang=fr")
    seen = page.locator("label[for=agree]").inner_text()
    page.get_by_label("Numéro de mobile").fill("+33612345678")
    for name, value in (("Jour", "1"), ("Mois", "2"), ("Année", "1961")):
        page.get_by_label(name).fill(value)
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="M'inscrire").click()
    expect(page.get_by_role("status")).to_be_visible()
    look(page)
    assert json.loads(stored(spine)[0].facts)["wording"] == seen


@pytest.mark.parametrize("language", ["en", "es", "fr", "de"])
def test_every_language_fits_and_can_be_read_by_all(address, page, language):
    for path in (f"?lang={language}", f"/poster?lang={language}"):
        page.goto(address + path)
        look(page)
        assert page.locator("html").get_attribute("lang") == language
    page.goto(f"{address}?lang={language}")
    page.locator("button").click()
    look(page)
    assert page.locator("#agree").get_attribute("aria-invalid") == "true"


def test_the_trap_is_neither_seen_nor_reached(address, page):
    page.goto(address)
    box = page.locator("#subject").bounding_box()
    assert box is None or box["x"] + box["width"] < 0
    reached = []
    for _ in range(14):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id"))
    assert "subject" not in reached and "agree" in reached


@pytest.fixture
def scriptless(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(java_script_enabled=False, locale="en-US")
    yield context
    context.close()


def test_without_scripts_it_works_the_same(spine, address, scriptless):
    page = scriptless.new_page()
    page.goto(address)
    for name, value in (("phone", "2125550142"), ("day", "1"), ("month", "2"), ("year", "1961")):
        page.locator(f"#{name}").fill(value)
    page.locator("#agree").check()
    page.locator("button").click()
    expect(page.locator("h1")).to_have_text("Check your phone")
    assert len(stored(spine)) == 1


def test_the_poster_is_one_card_of_a6(address, chromium):
    page = chromium.new_page()
    page.goto(address + "/poster?lang=de")
    printed = page.pdf(prefer_css_page_size=True)
    page.close()
    assert len(re.findall(rb"/Type /Page\b", printed)) == 1
    box = [float(side) for side in re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed).groups()]
    assert [round(points / 72 * 25.4) for points in box] == [105, 148]
