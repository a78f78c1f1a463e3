"""The shops' pages, walked through by form posts, and looked at with a real browser where there is one."""

import re
import shutil
from urllib.parse import parse_qs, urlsplit

import pytest
from sandbox_shop_kit import WOO, shopify_stage

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
PERSON = {
    "first_name": "Ann",
    "phone": "+1 (415) 555-2671",
    "email": "ann@example.com",
    "country": "US",
    "region": "ca",
    "quantity-MUG-BLUE": "2",
    "quantity-SOAP-3": "1",
}


@pytest.fixture
def it():
    with shopify_stage() as made:
        made.post("/sandbox/shops", {**WOO, "webhook_url": made.app.url})
        made.woo = made.world.stores["woolly"]
        yield made


def submit(it, url, action, **form):
    reply = it.http.post(
        url if url.startswith("http") else it.url + url, data={**form, "action": action}, timeout=20
    )
    it.settle()
    return reply


def test_a_person_leaves_a_cart_and_the_webhook_has_what_was_typed(it):
    page = it.get("/shop/mugs")
    assert page.status_code == 200 and "cart reminders" in page.text and "STOP" in page.text
    assert "Consent is not a condition" in page.text and not re.search(
        r"<input[^>]*consent[^>]*checked", page.text
    )
    reply = submit(it, "/shop/mugs", "leave", **PERSON, consent="1")
    assert reply.status_code == 200 and "You left Mug &amp; Co" in reply.text
    assert "/phone/%2B14155552671" in reply.text or "/phone/+14155552671" in reply.text
    body = it.app.of("checkouts/update")[0].body
    assert (body["phone"], body["buyer_accepts_sms_marketing"]) == ("+14155552671", True)
    assert body["shipping_address"]["province_code"] == "CA"
    assert [line["quantity"] for line in body["line_items"]] == [2, 1]


def test_the_cart_is_shown_before_anything_is_sent(it):
    reply = submit(it, "/shop/mugs", "update", **PERSON)
    assert "$40.00" in reply.text and it.app.got == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"quantity-MUG-BLUE": "0", "quantity-SOAP-3": "0"}, "Put something in the cart"),
        ({"phone": "555-1234"}, "with its country code"),
        ({"phone": "", "email": ""}, "Give a phone number or an email"),
        ({"phone": "", "consent": "1"}, "needed to get texts"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_lost(it, change, words):
    reply = submit(it, "/shop/mugs", "leave", **{**PERSON, **change})
    assert reply.status_code == 422 and words in reply.text and 'value="Ann"' in reply.text
    assert it.app.got == []


def test_the_recovery_link_shows_the_cart_with_the_discount_and_sells_it(it):
    cart = it.cart("mugs")
    it.http.post(f"{it.url}/sandbox/faults", json={}, timeout=9)
    make_code(it, "BACK-1")
    link = cart["recover_url"] + "&discount=BACK-1&utm_source=sms"
    page = it.get(link)
    assert "Welcome back, Dana" in page.text and "−$4.50" in page.text and "$40.50" in page.text
    bought = submit(it, link, "buy")
    assert "Thank you, Dana" in bought.text and "−$4.50" in bought.text
    assert it.app.of("orders/create")[0].body["discount_codes"][0]["code"] == "BACK-1"
    again = it.get(link)
    assert "/thanks/" in again.url


def test_an_unknown_code_is_named_and_a_wrong_key_opens_nothing(it):
    cart = it.cart("mugs")
    assert "can&#39;t be used here" in it.get(cart["recover_url"] + "&discount=NOPE").text.replace(
        "'", "&#39;"
    )
    address, query = cart["recover_url"].split("?")
    assert it.get(f"{address}?key=0000").status_code == 404
    assert parse_qs(query)["key"][0] not in it.get(f"{address}?key=0000").text


def test_the_payment_link_of_woocommerce_sells_the_waiting_order(it):
    order = it.cart("woolly")
    assert "Welcome back" in it.get(order["recover_url"]).text
    bought = submit(it, order["recover_url"], "buy")
    assert "Thank you" in bought.text and it.woo.order(order["order_id"]).status == "processing"
    assert "/thanks/" in it.get(order["recover_url"]).url
    assert it.get(order["recover_url"].replace("wc_order_", "wc_order_x")).status_code == 404


def test_the_checkout_link_rebuilds_a_cart_and_the_order_carries_coupon_and_utm(it):
    from sandbox.woocommerce.coupons import create

    create(it.woo, {"code": "open5", "discount_type": "fixed_cart", "amount": "5"})
    link = f"{it.url}/woo/woolly/checkout-link/?products=11:2,12,999&coupon=OPEN5&utm_source=sms&utm_id=rec_1"
    page = it.get(link)
    query = parse_qs(urlsplit(page.url).query)
    assert (
        urlsplit(page.url).path == "/woo/woolly/checkout/"
        and query["utm_id"] == ["rec_1"]
        and "coupon" not in query
    )
    assert "Your cart is back" in page.text and "−$5.00" in page.text
    incomplete = submit(it, page.url, "buy", country="US")
    assert incomplete.status_code == 422
    assert "Thank you, Ann" in submit(it, page.url, "buy", **PERSON, consent="1").text
    body = it.app.of("order.created")[0].body
    keys = {row["key"]: row["value"] for row in body["meta_data"]}
    assert body["coupon_lines"][0]["code"] == "open5" and keys["_wc_order_attribution_utm_id"] == "rec_1"
    assert body["billing"]["phone"] == "+1 (415) 555-2671"  # WooCommerce keeps what was typed


def test_pages_of_nothing_say_so(it):
    assert it.get("/shop/none").status_code == 404
    assert it.get("/shop/mugs/thanks/12").status_code == 404
    assert it.get("/woo/woolly/checkout/?session=gone").status_code == 404


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_shop_checkout_and_thanks_are_accessible_and_fit_360_pixels(it, scheme, tmp_path):
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 360, "height": 740}, color_scheme=scheme)
        page.goto(f"{it.url}/shop/mugs")
        check(page, Axe())
        page.get_by_label("Blue mug").select_option("2")
        page.get_by_label("First name").fill("Ann")
        page.get_by_label("Phone", exact=True).fill("+14155552671")
        page.get_by_label("Email").fill("ann@example.com")
        page.get_by_label("Text me reminders").check()
        with page.expect_navigation():
            page.get_by_role("button", name="Leave without buying").click()
        check(page, Axe())
        it.settle()
        page.goto(it.app.of("checkouts/update")[0].body["abandoned_checkout_url"])
        check(page, Axe())
        page.get_by_role("button", name="Complete purchase").click()
        page.get_by_role("heading", name="Thank you, Ann").wait_for()
        check(page, Axe())
        browser.close()


def check(page, axe):
    """Nothing sticks out to the side, and axe finds nothing."""
    assert page.evaluate("document.documentElement.scrollWidth") <= 360, page.url
    found = axe.run(page)
    assert found.violations_count == 0, found.generate_report()


def make_code(it, name):
    from decimal import Decimal

    from sandbox.pricing import Code

    it.store.codes[name.lower()] = Code(1, name, "percent", Decimal("0.10"), it.world.clock.now())
