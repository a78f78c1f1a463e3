"""A merchant opens the app, leaves, comes back; and who only claims to be one gets nowhere."""

import base64
import hmac
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import BoundedSemaphore
from urllib.parse import urlencode

import pytest
import requests
from shopify_kit import (
    TEA,
    apply_webhooks,
    change_tokens,
    fetch,
    found,
    kept,
    open_app,
    open_shop,
    pairs,
    query,
    session_token,
)
from spine_kit import change, errand, everything, faults, forms, rows, settle, shopify, skip, wait_idle

from connectors.platforms.shopify.domains import ADMIN
from connectors.platforms.shopify.query_hmac import messages, signature
from plugin_server.install import shopify as installing
from plugin_server.jobs import looking
from plugin_server.store import shops

RETRY = "X-Shopify-Retry-Invalid-Session-Request"
FRAMES = f"frame-ancestors https://{TEA} {ADMIN}"


@pytest.fixture
def tea(spine):
    """A shop at Shopify that doesn't have the app yet."""
    open_shop(spine)
    return spine


def get(spine, path: str, **kwargs) -> requests.Response:
    return requests.get(spine.url + path, timeout=30, allow_redirects=False, **kwargs)


# -- installing


def test_opening_the_app_installs_it_and_says_what_to_fix_first(tea) -> None:
    errand(tea, "settings", "tea", marketingSmsConsentEnabledAtCheckout=False)
    page = open_app(tea)
    assert page.status_code == 200
    assert "Tea &amp; Co" in page.text
    assert page.text.index("SMS consent at checkout is off") < page.text.index(
        "There is no number to text from yet"
    )
    assert 'href="https://admin.shopify.com/store/tea/settings/checkout" target="_top"' in page.text
    shop = found(tea)
    assert (shop.state, shop.shop.currency, shop.shop.country, shop.shop.locale) == (
        "active",
        "GBP",
        "GB",
        "en-GB",
    )
    assert (shop.shop.name, shop.shop.support, shop.credentials) == ("Tea & Co", "hello@example.com", {})
    assert shop.facts["consent_at_checkout"] is False
    assert shop.facts["timezone"] == "Europe/London"
    assert shop.facts["gid"].startswith("gid://shopify/Shop/")
    assert kept(tea).tokens.expires_at - tea.machine.clock.now() > timedelta(minutes=59)


def test_what_was_fixed_is_gone_when_the_app_is_opened_again_and_the_token_is_exchanged_once(tea) -> None:
    errand(tea, "settings", "tea", marketingSmsConsentEnabledAtCheckout=False, name="Tea")
    open_app(tea)
    token = kept(tea).tokens.access
    errand(tea, "settings", "tea", marketingSmsConsentEnabledAtCheckout=True, name="Better Tea")
    page = open_app(tea)
    assert "SMS consent" not in page.text
    assert "Better Tea" in page.text
    assert found(tea).shop.name == "Better Tea"
    assert kept(tea).tokens.access == token
    assert len(rows(tea, "SELECT * FROM shops WHERE domain = :d", d=TEA)) == 1


def test_a_permission_that_is_missing_is_named(spine) -> None:
    open_shop(spine, scopes="read_orders,read_customers")
    page = open_app(spine)
    assert "note who wants no texts (write_customers); make discount codes (write_discounts)." in page.text
    assert "read_orders" not in page.text


def test_the_page_shows_only_in_its_own_shops_admin_and_sets_no_cookie(tea) -> None:
    page = open_app(tea)
    policy = page.headers["Content-Security-Policy"]
    assert policy.endswith(FRAMES)
    assert "unsafe" not in policy
    head = page.text.partition("<head>")[2]
    assert head.index("app-bridge.js") == head.index("<script") + len(
        '<script src="https://cdn.shopify.com/shopifycloud/'
    )
    assert f'data-api-key="{tea.machine.settings.shopify_client_id}"' in page.text
    assert "Set-Cookie" not in page.headers
    assert page.headers["Cache-Control"] == "no-store"


def test_a_fetch_with_the_token_in_its_header_is_as_good(tea) -> None:
    assert fetch(tea, session_token(tea)).status_code == 200
    assert found(tea).active


def test_two_tabs_opened_at_once_install_one_shop_with_a_token_that_lasts(tea) -> None:
    queries = [query(tea) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda q: get(tea, f"/?{q}").status_code, queries))
    assert answers == [200] * 6
    assert len(rows(tea, "SELECT * FROM shop_tokens")) == 1
    skip(tea, hours=2)
    assert open_app(tea).status_code == 200, "its refresh token is the one that counts"
    assert kept(tea).good


def test_the_installed_shop_works_webhooks_and_last_look(tea) -> None:
    open_app(tea)
    tea.world.post(
        "/sandbox/carts", {"shop": "tea", "items": [{"sku": "MUG-BLUE", "quantity": 1}], "phone": "+447400123456",
        "email": "a@example.com", "consent": True, "country": "GB"}
    )  # fmt: skip
    settle(tea)
    shop = found(tea)
    carts = [r.id for r in rows(tea, "SELECT id FROM carts WHERE shop_id = :s", s=shop.shop.id)]
    change(tea, "UPDATE carts SET state = 'abandoned'")
    looks = looking.look(tea.machine, shop, carts)
    assert [look.state for look in looks.values()] == ["open"]
    skip(tea, hours=3)
    assert looking.look(tea.machine, shop, carts) == looks, "its first token ended meanwhile"


def test_a_store_that_cant_be_asked_leaves_nothing_half_installed_and_a_known_shop_as_it_was(tea) -> None:
    faults(tea, store_error=1)
    page = open_app(tea)
    assert page.status_code == 503
    assert page.headers["Content-Security-Policy"].endswith(FRAMES)
    assert found(tea) is None
    faults(tea, store_error=0)
    open_app(tea)
    faults(tea, store_error=1)
    page = open_app(tea)
    assert page.status_code == 200
    assert "couldn&#39;t be read just now" in page.text
    assert found(tea).active


def test_a_token_that_was_exchanged_isnt_lost_if_the_settings_cant_be_read_then(tea, monkeypatch) -> None:
    open_app(tea)
    change_tokens(tea, state="lost")
    monkeypatch.setattr(installing, "read_settings", lambda admin: admin.run("OrdersOfCarts", {"tokens": 1}))
    assert open_app(tea).status_code == 200
    assert kept(tea).good


# -- who isn't let in


@pytest.mark.parametrize(
    "bad",
    [
        {"kind": "alg_none"},
        {"kind": "wrong_aud"},
        {"kind": "other_iss"},
        {"kind": "no_exp"},
        {"kind": "wrong_secret"},
        {"kind": "expired", "late": 11},
        {"kind": "not_yet", "late": 60},
    ],
    ids=lambda bad: bad["kind"],
)
def test_a_bad_session_token_installs_nothing(tea, bad) -> None:
    answer = fetch(tea, session_token(tea, **bad))
    assert (answer.status_code, answer.headers[RETRY]) == (401, "1")
    page = open_app(tea, **bad)
    assert page.status_code == 302
    assert page.headers["Location"].startswith("/auth/patch-id-token?")
    assert found(tea) is None


def test_one_that_expired_nine_seconds_ago_is_taken(tea) -> None:
    assert fetch(tea, session_token(tea, kind="expired", late=9)).status_code == 200


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic {token}", "bearer  "])
def test_a_header_without_a_session_token_is_told_to_get_one(tea, header) -> None:
    given = header.replace("{token}", session_token(tea))
    answer = get(tea, f"/?{query(tea)}", headers={"Authorization": given})
    assert (answer.status_code, answer.headers.get(RETRY)) == (401, "1")
    assert found(tea) is None


def test_the_token_counts_not_what_the_address_says(tea) -> None:
    open_shop(tea, "coffee")
    told = pairs("?" + query(tea)) | {"shop": "coffee.myshopify.com"}
    assert get(tea, f"/?{urlencode(told)}").status_code == 302
    assert found(tea) is None
    assert found(tea, "coffee.myshopify.com") is None


def test_a_document_bounces_once_and_then_says_what_is_wrong(tea) -> None:
    first = open_app(tea, kind="wrong_aud")
    bounce = get(tea, first.headers["Location"])
    assert bounce.status_code == 200
    assert "app-bridge.js" in bounce.text
    assert bounce.text.count("<script") == 1
    assert bounce.headers["Content-Security-Policy"].endswith(FRAMES)
    back = pairs(first.headers["Location"])["shopify-reload"]
    assert back.startswith(tea.machine.settings.public_url + "/?")
    assert pairs(back)["shop"] == TEA
    assert "id_token" not in first.headers["Location"]
    token = session_token(tea)
    assert requests.get(f"{back}&id_token={token}", timeout=30).status_code == 200, "as App Bridge opens it"
    again = requests.get(
        f"{back}&id_token={session_token(tea, kind='wrong_aud')}", timeout=30, allow_redirects=False
    )
    assert (again.status_code, "another app" in again.text) == (401, True)
    stale = f"{back}&id_token={session_token(tea, kind='expired')}"
    at_once = requests.get(stale, timeout=30, allow_redirects=False)
    assert (at_once.status_code, "has expired" in at_once.text) == (401, True), "a clock is off: no circles"
    skip(tea, minutes=1)
    later = requests.get(stale, timeout=30, allow_redirects=False)
    assert later.status_code == 302, "that only needs another token"


@pytest.mark.parametrize(
    "told",
    [
        {"shop": TEA},
        {"shop": TEA, "shopify-reload": "https://evil.example/"},
        {"shop": TEA, "shopify-reload": "{url}.evil.example/"},
        {"shop": TEA, "shopify-reload": "{url}@evil.example/"},
        {"shop": TEA, "shopify-reload": "javascript:alert(1)"},
        {"shop": "evil.example", "shopify-reload": "{url}/"},
        {"shop": f"{TEA} https://evil.example", "shopify-reload": "{url}/"},
        {"shop": f"{TEA};", "shopify-reload": "{url}/"},
        {"shopify-reload": "{url}/"},
    ],
    ids=str,
)
def test_the_bounce_page_leads_nowhere_else_and_shows_in_nobody_elses_frame(tea, told) -> None:
    told = {name: value.replace("{url}", tea.machine.settings.public_url) for name, value in told.items()}
    answer = get(tea, f"/auth/patch-id-token?{urlencode(told)}")
    assert answer.status_code == 400
    assert "evil" not in str(answer.headers) + answer.text
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_outside_the_admin_the_shops_admin_is_opened(tea) -> None:
    answer = get(tea, f"/?shop={TEA}")
    app = tea.machine.settings.shopify_client_id
    assert (answer.status_code, answer.headers["Location"]) == (
        302,
        f"https://admin.shopify.com/store/tea/apps/{app}",
    )


@pytest.mark.parametrize("shop", ["evil.example", f"{TEA}.evil.example", "evil.example/.myshopify.com", ""])
def test_a_shop_that_is_none_leads_nowhere(tea, shop) -> None:
    for path in ("/?embedded=1&", "/?"):
        answer = get(tea, path + urlencode({"shop": shop}))
        assert answer.status_code == 404
        assert "evil" not in str(answer.headers) + answer.text


def test_the_pretend_worlds_overview_is_still_there(tea) -> None:
    assert "Mugs &amp; More" in get(tea, "/").text


# -- leaving and coming back


def test_who_uninstalls_is_forgotten_as_far_as_tokens_go_however_often_it_is_told(tea) -> None:
    open_app(tea)
    shop = found(tea)
    errand(tea, "uninstall", "tea")
    assert apply_webhooks(tea) == ["applied"]
    assert found(tea).state == "uninstalled"
    assert kept(tea) is None
    again = {"myshopify_domain": TEA}
    shopify(
        tea, "app/uninstalled", str(again).replace("'", '"').encode(), shop=None, X_Shopify_Shop_Domain=TEA
    )
    assert apply_webhooks(tea) == ["applied", "applied"]
    assert found(tea).shop == shop.shop


def test_who_comes_back_finds_everything_as_it_was(tea) -> None:
    open_app(tea)
    change(tea, "UPDATE shops SET sender = '+447400999999', support = 'us' WHERE domain = :d", d=TEA)
    change(
        tea, "UPDATE shops SET sequence = sequence || '{\"store_consent\": true}' WHERE domain = :d", d=TEA
    )
    before = found(tea)
    errand(tea, "uninstall", "tea")
    apply_webhooks(tea)
    assert open_app(tea).status_code == 200
    back = found(tea)
    assert (back.shop, back.sender, back.sequence, back.join_code) == (
        before.shop,
        before.sender,
        before.sequence,
        before.join_code,
    )
    assert back.active
    assert back.installed_at > before.installed_at
    assert kept(tea).good


def test_an_uninstall_that_is_told_late_doesnt_uninstall_who_came_back(tea) -> None:
    open_app(tea)
    faults(tea, webhook_late=1, webhook_late_seconds=600)
    errand(tea, "uninstall", "tea")
    faults(tea, webhook_late=0)
    skip(tea, minutes=1)
    assert found(tea).active, "nobody told us yet"
    assert open_app(tea).status_code == 200, "the old token is dead, so the new one is fetched"
    skip(tea, minutes=15)
    assert apply_webhooks(tea) == ["stale"]
    assert found(tea).active
    assert kept(tea).good
    assert open_app(tea).status_code == 200
    errand(tea, "uninstall", "tea")
    assert apply_webhooks(tea) == ["stale", "applied"]


def test_a_removed_shop_that_comes_back_begins_anew(tea) -> None:
    open_app(tea)
    errand(tea, "uninstall", "tea")
    settle(tea)
    errand(tea, "shop-redact", "tea")
    wait_idle(tea)
    settle(tea)
    assert (found(tea).state, found(tea).facts, found(tea).shop.name) == ("removed", {}, "")
    assert open_app(tea).status_code == 200
    assert (found(tea).state, found(tea).shop.name) == ("active", "Tea & Co")


def test_permissions_that_changed_are_kept_the_newest_ones(tea) -> None:
    open_app(tea)
    errand(tea, "scopes", "tea", current=["read_orders", "write_customers"])
    apply_webhooks(tea)
    assert found(tea).facts["scopes"] == ["read_orders", "write_customers"]
    assert kept(tea).tokens.scopes == ("read_orders", "write_customers")
    older = b'{"current": ["read_all_orders"], "updated_at": "2020-01-01T00:00:00Z"}'
    shopify(tea, "app/scopes_update", older, shop=None, X_Shopify_Shop_Domain=TEA)
    assert apply_webhooks(tea) == ["applied", "stale"]
    assert found(tea).facts["scopes"] == ["read_orders", "write_customers"]


# -- by the merchant's explicit leave


def begun(spine, **told) -> requests.Response:
    return get(spine, f"/auth/shopify?{urlencode({'shop': TEA, **told})}")


def signed(spine, told: dict[str, str]) -> str:
    now = str(int(spine.machine.clock.now().timestamp()))
    told = {"shop": TEA, "timestamp": now, **told}
    return urlencode(
        {**told, "hmac": signature(messages(told.items())[0], spine.machine.settings.shopify_client_secret)}
    )


def test_leave_is_asked_for_and_becomes_an_installation(tea) -> None:
    first = begun(tea)
    asked = pairs(first.headers["Location"])
    assert asked["redirect_uri"] == tea.machine.settings.public_url + "/auth/shopify/callback"
    assert asked["scope"] == "read_orders,write_customers,write_discounts"
    assert "Set-Cookie" not in first.headers
    agreed = requests.get(first.headers["Location"], timeout=10, allow_redirects=False)
    done = requests.get(agreed.headers["Location"], timeout=30, allow_redirects=False)
    app = tea.machine.settings.shopify_client_id
    assert (done.status_code, done.headers["Location"]) == (
        302,
        f"https://admin.shopify.com/store/tea/apps/{app}",
    )
    assert found(tea).active
    assert kept(tea).tokens.refresh
    again = requests.get(agreed.headers["Location"], timeout=30, allow_redirects=False)
    assert again.status_code == 400, "a state counts once"


def test_a_beginning_that_shopify_signed_must_be_signed_rightly(tea) -> None:
    assert get(tea, f"/auth/shopify?{signed(tea, {})}").status_code == 302
    wrong = begun(tea, hmac="0" * 64, timestamp="1")
    assert (wrong.status_code, "Location" in wrong.headers) == (400, False)


@pytest.mark.parametrize("shop", ["", "evil.example", f"{TEA}.evil.example", f"{TEA}/@evil.example", "x"])
def test_leave_is_asked_for_at_shopify_only(tea, shop) -> None:
    answer = begun(tea, shop=shop)
    assert (answer.status_code, "Location" in answer.headers) == (400, False)


def test_a_callback_that_wasnt_begun_here_installs_nothing(tea) -> None:
    state = pairs(begun(tea).headers["Location"])["state"]
    other = pairs(begun(tea, shop="mugs.myshopify.com").headers["Location"])["state"]
    forged = base64.urlsafe_b64encode(hmac.digest(b"k", b"x", "sha256")).decode()
    for told in ({"state": other}, {"state": forged}, {"state": ""}, {"state": state[:-2]}, {}):
        answer = get(tea, f"/auth/shopify/callback?{signed(tea, {'code': 'c', **told})}")
        assert answer.status_code == 400, told
    unsigned = urlencode({"shop": TEA, "code": "c", "state": state, "timestamp": str(int(time.time()))})
    assert get(tea, f"/auth/shopify/callback?{unsigned}").status_code == 400
    guess = get(tea, f"/auth/shopify/callback?{signed(tea, {'code': 'guess', 'state': state})}")
    assert guess.status_code == 502
    assert found(tea) is None


def test_a_state_lasts_ten_minutes(tea) -> None:
    state = pairs(begun(tea).headers["Location"])["state"]
    skip(tea, minutes=11)
    answer = get(tea, f"/auth/shopify/callback?{signed(tea, {'code': 'c', 'state': state})}")
    assert answer.status_code == 400


def test_who_finds_no_turn_for_their_leave_may_load_the_page_again(tea, monkeypatch) -> None:
    """The state counts once; it isn't used up by a page that asked nobody."""
    agreed = requests.get(begun(tea).headers["Location"], timeout=10, allow_redirects=False)
    back = agreed.headers["Location"]
    with monkeypatch.context() as busy:
        busy.setattr(BoundedSemaphore, "acquire", lambda *_, **__: False)
        answer = requests.get(back, timeout=30, allow_redirects=False)
        assert (answer.status_code, "load this page again" in answer.text) == (503, True)
    assert requests.get(back, timeout=30, allow_redirects=False).status_code == 302
    assert found(tea).active


# -- what stays secret


def test_no_token_stands_in_a_table_or_shows_when_printed(tea) -> None:
    page = open_app(tea)
    tokens = kept(tea).tokens
    dump = everything(tea.machine.db.url)
    assert TEA in dump
    for secret in (tokens.access, tokens.refresh, tea.machine.settings.shopify_client_secret):
        for form in forms(secret):
            assert form not in dump
            assert form not in page.text
        assert (
            secret
            not in f"{kept(tea)} {found(tea)} {tea.machine.store_secrets(found(tea))!r} {tea.machine.keeper}"
        )
    with tea.machine.db.shop(found(tea).shop.id) as c:
        assert shops.by_domain(c, tea.machine.secrets.vault, "shopify", TEA)
