"""An app that isn't embedded, or that Shopify doesn't install by itself: opened with a signed query, in a window."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

import pytest
import requests
from shopify_kit import TEA, change_tokens, fetch, found, kept, open_app, open_shop, pairs, session_token
from spine_kit import change, errand, faults, skip

from connectors.platforms.shopify.query_hmac import messages, signature

ADMIN_APP = "https://admin.shopify.com/store/tea/apps/0123456789abcdef0123456789abcdef"


@pytest.fixture
def tea(spine):
    """A shop at Shopify that doesn't have the app yet."""
    open_shop(spine)
    return spine


def get(spine, path: str) -> requests.Response:
    return requests.get(spine.url + path, timeout=30, allow_redirects=False)


def signed(spine, *, age: int = 0, secret: str = "", shop: str = TEA, **more: str) -> str:
    """The query with which Shopify opens the app in a window, this many seconds ago."""
    at = spine.machine.clock.now() - timedelta(seconds=age)
    told = {"shop": shop, "host": "YWRtaW4", "timestamp": str(int(at.timestamp())), **more}
    key = secret or spine.machine.settings.shopify_client_secret
    return urlencode({**told, "hmac": signature(messages(told.items())[0], key)})


def open_outside(spine, **more) -> requests.Response:
    """The merchant opens the app in their admin, and follows wherever that leads until there is a page, or the admin
    is to open the app."""
    answer = get(spine, f"/?{signed(spine, **more)}")
    for _ in range(5):
        to = answer.headers.get("Location", "")
        if not to or to == ADMIN_APP:
            return answer
        answer = requests.get(to if "://" in to else spine.url + to, timeout=30, allow_redirects=False)
    raise AssertionError(f"round in circles: {to}")


def installed(spine):
    """By the merchant's leave."""
    assert open_outside(spine).headers["Location"] == ADMIN_APP
    return spine


# -- the way in


def test_a_shop_that_is_new_is_asked_for_its_leave_and_then_sees_the_apps_page(tea) -> None:
    first = get(tea, f"/?{signed(tea)}")
    assert (first.status_code, first.headers["Location"].partition("?")[0]) == (302, "/auth/shopify")
    assert open_outside(tea).headers["Location"] == ADMIN_APP
    assert kept(tea).tokens.refresh
    page = open_outside(tea)
    assert page.status_code == 200
    assert "Comeback is installed in Tea &amp; Co" in page.text
    token = kept(tea).tokens.access
    assert open_outside(tea).status_code == 200
    assert kept(tea).tokens.access == token


def test_the_page_stands_in_no_frame_and_loads_nothing_that_leads_back_into_the_admin(tea) -> None:
    page = open_outside(installed(tea))
    policy = page.headers["Content-Security-Policy"]
    assert policy.endswith("frame-ancestors 'none'")
    assert "script-src" not in policy
    assert "<script" not in page.text
    assert "Set-Cookie" not in page.headers
    assert (page.headers["Cache-Control"], page.headers["Referrer-Policy"]) == ("no-store", "strict-origin")


def test_in_the_frame_it_is_the_session_token_that_counts_whatever_is_signed(tea) -> None:
    answer = get(tea, f"/?{signed(tea, embedded='1')}")
    assert answer.headers["Location"].startswith("/auth/patch-id-token?")
    assert found(tea) is None


def test_permissions_that_are_missing_are_asked_for_by_a_link(tea) -> None:
    installed(tea)
    errand(tea, "scopes", "tea", current=["read_orders"])
    page = open_outside(tea)
    assert "(write_customers); make discount codes (write_discounts)" in page.text
    assert f'href="/auth/shopify?shop={TEA}" target="_top">Agree to it<' in page.text
    asked = pairs(get(tea, f"/auth/shopify?shop={TEA}").headers["Location"])
    assert asked["scope"] == "read_orders,write_customers,write_discounts"
    assert "Agree to it" not in open_app(tea).text, "in the frame Shopify asks by itself"


# -- leaving, losing, coming back


def test_who_uninstalled_and_comes_back_is_asked_again(tea) -> None:
    installed(tea)
    before = found(tea)
    errand(tea, "uninstall", "tea")
    skip(tea, minutes=2)
    assert open_outside(tea).headers["Location"] == ADMIN_APP
    assert found(tea).active
    assert found(tea).installed_at > before.installed_at
    assert open_outside(tea).status_code == 200


def test_a_shop_that_lets_us_in_no_more_is_asked_again(tea) -> None:
    installed(tea)
    skip(tea, days=91)
    assert open_outside(tea).headers["Location"] == ADMIN_APP
    assert kept(tea).good


def test_a_shop_that_doesnt_take_what_it_has_just_given_isnt_asked_round_in_circles(tea) -> None:
    installed(tea)
    change_tokens(tea, state="lost")
    page = open_outside(tea)
    assert (page.status_code, "can&#39;t start" in page.text or "can't start" in page.text) == (502, True)
    skip(tea, minutes=2)
    assert open_outside(tea).headers["Location"] == ADMIN_APP


def test_a_store_that_cant_be_asked_leaves_a_known_shop_as_it_was(tea) -> None:
    installed(tea)
    faults(tea, store_error=1)
    page = open_outside(tea)
    assert page.status_code == 200
    assert "couldn&#39;t be read just now" in page.text


# -- who isn't let in


@pytest.mark.parametrize("bad", [{"age": 91}, {"age": -91}, {"age": 86400}, {"secret": "another"}], ids=str)
def test_what_isnt_signed_well_leads_on_by_a_click_and_never_by_itself(tea, bad) -> None:
    for known in (False, True):
        answer = get(tea, f"/?{signed(tea, **bad)}")
        assert (answer.status_code, "Location" in answer.headers) == (401, False)
        assert f'href="{ADMIN_APP}"' in answer.text
        assert "Tea" not in answer.text
        assert (found(tea) is not None) is known
        if not known:
            installed(tea)


def test_a_query_that_was_changed_or_has_a_name_twice_shows_nothing(tea) -> None:
    open_shop(tea, "coffee")
    installed(tea)
    good = signed(tea)
    for bad in (
        good.replace(TEA, "coffee.myshopify.com"),
        f"{good}&shop={TEA}",
        f"{good}&locale=en",
        good.replace("hmac=", "hmac=0"),
        f"shop={TEA}&hmac=",
    ):
        answer = get(tea, f"/?{bad}")
        assert answer.status_code == 401, bad
        assert "installed" not in answer.text


@pytest.mark.parametrize("shop", ["evil.example", f"{TEA}.evil.example", "", f"{TEA}/@evil.example"])
def test_a_shop_that_is_none_leads_nowhere_even_if_it_is_signed(tea, shop) -> None:
    answer = get(tea, f"/?{signed(tea, shop=shop)}")
    assert (answer.status_code, "Location" in answer.headers) == (404, False)
    assert "evil" not in answer.text


def test_the_secret_before_the_last_rotation_still_signs(tea) -> None:
    installed(tea)
    old = "the-secret-before"
    assert get(tea, f"/?{signed(tea, secret=old)}").status_code == 401
    tea.machine.settings = replace(tea.machine.settings, shopify_old_client_secret=old)
    assert get(tea, f"/?{signed(tea, secret=old)}").status_code == 200


def test_no_signature_stands_in_for_the_session_token_of_a_fetch(tea) -> None:
    installed(tea)
    answer = requests.get(
        f"{tea.url}/?{signed(tea)}", headers={"Authorization": "Bearer x"}, timeout=30, allow_redirects=False
    )
    assert answer.status_code == 401
    assert fetch(tea, session_token(tea)).status_code == 200


def test_a_removed_shop_begins_anew(tea) -> None:
    installed(tea)
    change(tea, "DELETE FROM shop_tokens")
    change(tea, "UPDATE shops SET state = 'removed', name = '' WHERE domain = :d", d=TEA)
    assert open_outside(tea).headers["Location"] == ADMIN_APP
    assert (found(tea).state, found(tea).shop.name) == ("active", "Tea & Co")
