"""The pretend store's page that gives an app a key, and the names by which it calls back."""

import json
import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from sandbox_shop_kit import PAYLOADS, woo_stage

COMEBACK = "https://comeback.example"


@pytest.fixture
def it():
    with woo_stage() as made:
        made.post("/sandbox/hosts", {COMEBACK: made.app.url.removesuffix("/hook")})
        made.app.got.clear()
        yield made


def page(it, **changes):
    query = {
        "app_name": "Comeback",
        "scope": "read_write",
        "user_id": "state-1",
        "return_url": f"{COMEBACK}/back?a=1",
        "callback_url": f"{COMEBACK}/woocommerce/callback?b=2",
    }
    asked = {name: value for name, value in {**query, **changes}.items() if value is not None}
    return f"{it.api_base}/wc-auth/v1/authorize?{urlencode(asked)}"


def approve_link(it, browser):
    """Log in as the page proposes; the address behind Approve."""
    login = browser.get(page(it), timeout=20)
    assert "/wc-auth/v1/login/" in login.url
    shown = browser.post(login.url, data={"username": "mara", "password": "sandbox"}, timeout=20)
    assert "Approving will share credentials with comeback.example" in shown.text
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', shown.text))
    action = re.search(r'action="([^"]+access_granted/)"', shown.text)[1]
    return f"{action}?{urlencode({name: value.replace('&amp;', '&') for name, value in fields.items()})}"


def go(browser, link):
    return browser.get(link, allow_redirects=False, timeout=20)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"scope": None}, "Missing parameter scope"),
        ({"user_id": None}, "Missing parameter user_id"),
        ({"scope": "all"}, "Invalid scope all"),
        ({"return_url": "back"}, "The return_url is not a valid URL"),
        ({"callback_url": "http://comeback.example/x"}, "The callback_url needs to be over SSL"),
    ],
)
def test_what_is_asked_wrongly_is_a_401_page(it, change, words):
    reply = it.get(page(it, **change))
    assert reply.status_code == 401 and f"Error: {words}." in reply.text


def test_the_merchant_logs_in_first(it):
    browser = requests.Session()
    login = browser.get(page(it), timeout=20)
    assert login.url.startswith(f"{it.api_base}/wc-auth/v1/login/?")
    wrong = browser.post(login.url, data={"username": "mara", "password": "guess"}, timeout=20)
    assert "/login/" in wrong.url and 'role="alert"' in wrong.text
    assert it.app.got == []


def test_approving_posts_a_working_key_as_recorded_and_then_leads_back(it):
    browser = requests.Session()
    reply = go(browser, approve_link(it, browser))
    (got,) = it.app.got
    recorded = json.loads(next((PAYLOADS / "woocommerce").glob("32-*.json")).read_text())
    assert list(got.body) == list(recorded["body"])
    assert got.headers["Content-Type"] == dict(recorded["headers"])["Content-Type"]
    assert got.headers["User-Agent"] == f"WordPress/7.1; {it.api_base}"
    assert (got.path, got.headers["Host"]) == ("/woocommerce/callback", "comeback.example")
    assert reply.headers["Location"] == f"{COMEBACK}/back?a=1&success=1&user_id=state-1"
    key = (got.body["consumer_key"], got.body["consumer_secret"])
    url = f"{it.api_base}/wp-json/wc/v3/orders"
    assert requests.get(url, auth=key, headers={"X-Forwarded-Proto": "https"}, timeout=20).status_code == 200


@pytest.mark.parametrize("status", [201, 302, 500])
def test_any_answer_but_200_takes_the_key_away(it, status):
    it.app.always = status
    browser = requests.Session()
    reply = go(browser, approve_link(it, browser))
    assert reply.status_code == 401 and "unable to send the consumer data" in reply.text
    assert it.app.got[0].body["consumer_key"] not in it.store.keys


def test_a_name_that_leads_nowhere_is_an_error_page(it):
    it.world.hosts.clear()
    browser = requests.Session()
    reply = go(browser, approve_link(it, browser))
    assert reply.status_code == 401 and "Could not resolve host: comeback.example" in reply.text
    assert len(it.store.keys) == 1


def test_the_approval_can_be_followed_again_within_a_day_and_makes_another_key(it):
    browser = requests.Session()
    link = approve_link(it, browser)
    for _ in range(2):
        assert go(browser, link).status_code == 302
    first, second = (got.body for got in it.app.got)
    assert first["consumer_key"] != second["consumer_key"] and first["user_id"] == second["user_id"]
    it.skip(days=1)
    assert "Invalid nonce" in go(browser, link).text and len(it.app.got) == 2


def test_nobody_approves_who_is_not_logged_in(it):
    link = approve_link(it, requests.Session())
    assert go(requests.Session(), link).status_code == 401 and it.app.got == []


def test_denying_leads_back_without_a_key(it):
    browser = requests.Session()
    approve_link(it, browser)
    shown = browser.get(page(it), timeout=20).text
    back = re.search(r'href="([^"]+)">Deny', shown)[1].replace("&amp;", "&")
    assert parse_qs(urlsplit(back).query) == {"a": ["1"], "success": ["0"], "user_id": ["state-1"]}


def test_a_name_may_only_lead_to_this_machine(it):
    assert it.post("/sandbox/hosts", {"https://x.example": "https://example.org"}).status_code == 422
    assert it.get("/sandbox/hosts").json()[COMEBACK] == it.app.url.removesuffix("/hook")
