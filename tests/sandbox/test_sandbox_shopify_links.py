"""Links into a pretend Shopify shop: cart permalinks and discount links, and the order that comes of them."""

from decimal import Decimal
from urllib.parse import urlsplit

import pytest
from sandbox_shop_kit import shopify_stage

from sandbox.pricing import Code
from sandbox.reactions import is_rebuilt, shop_of

MUG, BEANIE = 42_000_000_000_011, 42_000_000_000_012
ANN = {"first_name": "Ann", "phone": "+1 415 555 2671", "email": "ann@example.com", "country": "US"}


@pytest.fixture
def it():
    with shopify_stage() as made:
        code = Code(1, "BACK-1", "percent", Decimal("0.10"), starts_at=made.world.clock.now())
        made.store.codes["back-1"] = code
        yield made


def submit(it, url, action, **form):
    reply = it.http.post(url, data={**form, "action": action}, timeout=20)
    it.settle()
    return reply


def test_a_permalink_makes_a_new_checkout_that_nobody_hears_of_until_somebody_says_who_they_are(it):
    left = it.cart("mugs")
    it.app.got.clear()
    link = (
        f"{it.api_base}/cart/{MUG}:2,{BEANIE}:1?discount=back-1&attributes[recovery_ref]=m_42&note=Ring+twice"
    )
    page, again = it.get(link + "&utm_source=sms"), it.get(link)
    assert page.status_code == 200 and "−$4.50" in page.text and "$40.50" in page.text
    assert page.url != again.url, "each click makes its own"
    it.settle()
    assert it.app.got == []
    bought = submit(it, page.url, "buy", **ANN, consent="1")
    assert "/thanks/" in bought.url
    assert it.app.topics()[:2] == ["checkouts/create", "checkouts/update"]
    told = it.app.of("checkouts/update")[0].body
    assert (told["note"], told["note_attributes"]) == (
        "Ring twice",
        [{"name": "recovery_ref", "value": "m_42"}],
    )
    assert (told["buyer_accepts_sms_marketing"], told["sms_marketing_phone"]) == (True, "+14155552671")
    order = it.app.of("orders/create")[0].body
    assert order["checkout_token"] == told["token"] != left["token"]
    assert urlsplit(page.url).path.endswith(told["token"])
    assert order["discount_codes"] == [{"code": "BACK-1", "amount": "4.50", "type": "percentage"}]
    assert order["note_attributes"] == [{"name": "recovery_ref", "value": "m_42"}]
    assert (order["note"], order["total_price"]) == ("Ring twice", "40.50")
    assert order["landing_site"].startswith("/cart/") and "utm_source=sms" in order["landing_site"]
    assert it.get(page.url).url.endswith(urlsplit(bought.url).path), "it can be bought once"


def test_who_comes_by_a_permalink_and_leaves_has_left_one_more_cart(it):
    page = it.get(f"{it.api_base}/fr/cart/{MUG}:1")
    reply = submit(it, page.url, "leave", **ANN)
    assert "You left" in reply.text and it.app.topics() == ["checkouts/create", "checkouts/update"]
    told = it.app.of("checkouts/update")[0].body
    assert (told["customer_locale"], told["completed_at"]) == ("fr", None)
    assert [cart["token"] for cart in it.ledger("cart")] == [told["token"]]


def test_the_checkout_asks_for_what_is_missing_and_keeps_what_the_link_said(it):
    page = it.get(
        f"{it.api_base}/cart/{MUG}:1?checkout[email]=a@example.com&checkout[shipping_address][first_name]=Bo"
    )
    assert 'value="a@example.com"' in page.text and 'value="Bo"' in page.text
    reply = submit(it, page.url, "buy", phone="555", email="")
    assert (reply.status_code, it.app.got) == (422, []) and "with its country code" in reply.text


def test_a_code_that_is_no_good_is_said_and_the_first_good_one_counts(it):
    assert "NOPE" in it.get(f"{it.api_base}/cart/{MUG}:1?discount=NOPE").text
    page = it.get(f"{it.api_base}/cart/{MUG}:2?discount=NOPE,BACK-1")
    assert "−$2.50" in page.text


@pytest.mark.parametrize("goods", ["1:1", "mug", f"{MUG}", f"{MUG}:0", f"{MUG}:1,"])
def test_a_permalink_to_nothing_is_not_found(it, goods):
    reply = it.get(f"{it.api_base}/cart/{goods}")
    assert (reply.status_code, reply.headers["X-Sandbox"]) == (404, "comeback-sandbox")


def test_a_discount_link_gives_the_code_to_the_permalink_behind_it(it):
    page = it.get(f"{it.api_base}/discount/BACK-1?redirect=/cart/{MUG}:2%3Futm_source%3Dsms")
    assert page.history[0].status_code == 302 and page.history[0].headers["X-Sandbox"] == "comeback-sandbox"
    assert "−$2.50" in page.text and "utm_source=sms" in page.url
    submit(it, page.url, "buy", **ANN)
    assert it.app.of("orders/create")[0].body["discount_codes"][0]["code"] == "BACK-1"


def test_a_discount_link_gives_the_code_to_a_recovery_link_too(it):
    cart = it.cart("mugs")
    it.get(f"{it.api_base}/discount/BACK-1")
    assert "−$4.50" in it.get(cart["recover_url"]).text


@pytest.mark.parametrize("target", ["https://evil.example/x", "//evil.example/x", "/", "evil", ""])
def test_a_discount_link_leads_nowhere_but_into_its_shop(it, target):
    reply = it.get(f"{it.api_base}/discount/BACK-1", params={"redirect": target}, allow_redirects=False)
    assert (reply.status_code, reply.headers["Location"]) == (302, "/shop/mugs")


def test_the_admin_api_names_a_discounts_link_and_it_works(it):
    query = """mutation { discountCodeBasicCreate(basicCodeDiscount: {title: "T", code: "NEW-1",
      startsAt: "2026-11-24T10:00:00Z", context: {all: ALL},
      customerGets: {value: {percentage: 0.2}, items: {all: true}}})
      { codeDiscountNode { codeDiscount { ... on DiscountCodeBasic { shareableUrls { url } } } } } }"""
    url, token = f"{it.api_base}/admin/api/2026-10/graphql.json", {"X-Shopify-Access-Token": "shpat_sandbox"}
    made = it.http.post(url, json={"query": query}, headers=token, timeout=20).json()["data"]
    (link,) = made["discountCodeBasicCreate"]["codeDiscountNode"]["codeDiscount"]["shareableUrls"]
    cart = it.cart("mugs")
    it.get(link["url"])
    assert "−$9.00" in it.get(cart["recover_url"]).text


def test_planned_shoppers_know_a_rebuilt_cart_when_they_see_one(it):
    page, cart = it.get(f"{it.api_base}/cart/{MUG}:1"), it.cart("mugs")
    assert (is_rebuilt(page.url), is_rebuilt(cart["recover_url"])) == (True, False)
    assert shop_of(page.url) == shop_of(cart["recover_url"])
