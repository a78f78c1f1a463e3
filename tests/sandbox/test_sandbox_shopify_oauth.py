"""The pretend Shopify hands out tokens as the real one says that it does, and takes back what it must."""

import base64
import hashlib
import hmac
import json
from urllib.parse import parse_qsl, urlsplit

import jwt
import pytest
import requests
from sandbox_shop_kit import shopify_stage

APP = {"client_id": "an-app", "client_secret": "shpss_test_0123456789abcdef0123456789"}
OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token"
EXCHANGE = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
    "requested_token_type": OFFLINE,
    "expiring": "1",
}
MIGRATE = {**EXCHANGE, "subject_token": "shpat_sandbox", "subject_token_type": OFFLINE}
DOMAIN = "mugs.myshopify.com"


@pytest.fixture
def it():
    with shopify_stage(client_id="an-app") as stage:
        yield stage


def ask(it, form=False, **asked):
    body = {"data" if form else "json": {**APP, **asked}}
    return requests.post(f"{it.api_base}/admin/oauth/access_token", timeout=10, **body)


def minted(it, **more) -> str:
    return it.post("/sandbox/shops/mugs/session-token", more).json()["token"]


def exchanged(it, **more) -> dict:
    answer = ask(it, **EXCHANGE, subject_token=minted(it), **more)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refresh(it, token: str):
    return ask(it, grant_type="refresh_token", refresh_token=token)


def admin(it, token: str | None):
    """Status and errors of a question with this access token."""
    answer = requests.post(
        f"{it.api_base}/admin/api/2026-10/graphql.json",
        json={"query": "{ shop { name } }"},
        headers={"X-Shopify-Access-Token": token} if token else {},
        timeout=30,
    )
    return answer.status_code, answer.json().get("errors")


# -- exchange


@pytest.mark.parametrize("form", [False, True])
def test_a_session_token_gives_a_pair_that_ends_as_the_clock_moves(it, form):
    given = ask(it, form, **EXCHANGE, subject_token=minted(it)).json()
    assert (given["expires_in"], given["refresh_token_expires_in"]) == (3600, 7776000)
    assert given["access_token"].startswith("shpat_")
    assert given["refresh_token"].startswith("shprt_")
    assert "write_discounts" in given["scope"].split(",")
    assert admin(it, given["access_token"]) == (200, None)
    it.skip(minutes=59)
    assert admin(it, given["access_token"]) == (200, None)
    it.skip(minutes=2)
    assert admin(it, given["access_token"])[0] == 401


def test_tokens_that_nobody_gave_are_refused(it):
    for token in ("shpat_guess", "", None):
        status, said = admin(it, token)
        assert status == 401
        assert "Invalid API key or access token" in said


@pytest.mark.parametrize(
    ("more", "taken"),
    [
        ({"kind": "good"}, True),
        ({"kind": "expired", "late": 9}, True),
        ({"kind": "expired", "late": 11}, False),
        ({"kind": "not_yet", "late": 8}, True),
        ({"kind": "not_yet", "late": 60}, False),
        *(({"kind": k}, False) for k in ("alg_none", "wrong_aud", "other_iss", "no_exp", "wrong_secret")),
    ],
    ids=str,
)
def test_bad_session_tokens_are_minted_on_request_and_refused(it, more, taken):
    answer = ask(it, **EXCHANGE, subject_token=minted(it, **more))
    assert answer.status_code == (200 if taken else 400)
    assert taken or answer.json() == {"error": "invalid_subject_token"}


def test_each_bad_session_token_is_bad_in_the_way_it_says(it):
    def claims(kind):
        return jwt.decode(minted(it, kind=kind), options={"verify_signature": False})

    good = claims("good")
    assert (good["iss"], good["dest"], good["aud"]) == (
        f"https://{DOMAIN}/admin",
        f"https://{DOMAIN}",
        "an-app",
    )
    assert good["exp"] - good["nbf"] == 60
    assert jwt.get_unverified_header(minted(it, kind="alg_none"))["alg"] == "none"
    assert minted(it, kind="alg_none").endswith(".")
    assert claims("wrong_aud")["aud"] != "an-app"
    assert "exp" not in claims("no_exp")
    assert claims("other_iss")["iss"].removesuffix("/admin") != claims("other_iss")["dest"]
    assert it.post("/sandbox/shops/mugs/session-token", {"kind": "nice"}).status_code == 422


def test_the_apps_secret_and_the_shop_must_be_right(it):
    token = minted(it)
    for wrong in ({"client_id": "x"}, {"client_secret": "x"}):
        answer = ask(it, **{**EXCHANGE, "subject_token": token, **wrong})
        assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})
    address = f"{it.url}/shopify/nobody.myshopify.com/admin/oauth/access_token"
    assert requests.post(address, json=APP, timeout=10).status_code == 404
    assert ask(it, grant_type="password").json() == {"error": "unsupported_grant_type"}
    requests.post(f"{it.api_base}/admin/oauth/access_token", data=b"[1]", timeout=10).json()


def test_a_new_exchange_ends_the_older_refresh_token_at_once_and_leaves_the_older_access_token(it):
    first, second = exchanged(it), exchanged(it)
    assert refresh(it, first["refresh_token"]).status_code == 400
    assert admin(it, first["access_token"])[0] == 200
    assert refresh(it, second["refresh_token"]).status_code == 200


# -- refresh


def test_the_old_refresh_token_may_be_offered_again_until_the_new_one_was_used(it):
    first = exchanged(it)
    second = refresh(it, first["refresh_token"]).json()
    again = refresh(it, first["refresh_token"]).json()
    assert again["refresh_token"] != second["refresh_token"]
    assert refresh(it, second["refresh_token"]).status_code == 400, "its answer was given up for a newer one"
    third = refresh(it, again["refresh_token"]).json()
    assert refresh(it, first["refresh_token"]).status_code == 400, "its successor was used"
    assert refresh(it, third["refresh_token"]).status_code == 200
    assert admin(it, second["access_token"])[0] == 200


def test_ninety_days_without_a_refresh_are_the_end_and_each_refresh_begins_them_anew(it):
    token = exchanged(it)["refresh_token"]
    it.skip(days=89)
    token = refresh(it, token).json()["refresh_token"]
    it.skip(days=89)
    token = refresh(it, token).json()["refresh_token"]
    it.skip(days=91)
    assert refresh(it, token).json() == {"error": "invalid_grant"}


def test_thirty_days_are_the_longest_that_an_old_refresh_token_waits_for_its_successor(it):
    old = exchanged(it)["refresh_token"]
    refresh(it, old)
    it.skip(days=31)
    assert refresh(it, old).status_code == 400


def test_faults_of_the_token_endpoint(it):
    token = exchanged(it)["refresh_token"]
    it.post("/sandbox/faults", {"token_hangup": 1})
    with pytest.raises(requests.ConnectionError):
        refresh(it, token)
    assert it.store.desk.made == 1, "it did its work before it hung up"
    it.post("/sandbox/faults", {"token_hangup": 0, "token_no_expiry": True, "access_token_seconds": 5})
    given = refresh(it, token).json()
    assert "expires_in" not in given
    it.skip(seconds=6)
    assert admin(it, given["access_token"])[0] == 401
    it.post("/sandbox/faults", {"store_error": 1})
    assert refresh(it, given["refresh_token"]).status_code == 503


# -- tokens that never end


def test_a_fixed_token_works_until_only_those_that_end_are_taken(it):
    assert admin(it, "shpat_sandbox") == (200, None)
    it.post("/sandbox/faults", {"expiring_only": True})
    status, said = admin(it, "shpat_sandbox")
    assert (status, "Non-expiring access tokens are no longer accepted for the Admin API" in said) == (
        403,
        True,
    )
    assert admin(it, exchanged(it)["access_token"]) == (200, None)


def test_a_fixed_token_can_be_turned_into_one_that_ends_and_is_gone_then(it):
    given = ask(it, **MIGRATE).json()
    assert admin(it, given["access_token"])[0] == 200
    assert admin(it, "shpat_sandbox")[0] == 401
    again = ask(it, **MIGRATE).json()
    assert refresh(it, given["refresh_token"]).status_code == 400
    assert refresh(it, again["refresh_token"]).status_code == 200
    it.skip(days=8)
    assert ask(it, **MIGRATE).json() == {"error": "invalid_subject_token"}
    assert ask(it, **{**MIGRATE, "subject_token": "shpat_guess"}).status_code == 400


def test_who_doesnt_ask_for_a_token_that_ends_gets_one_that_doesnt(it):
    asked = {name: value for name, value in EXCHANGE.items() if name != "expiring"}
    given = ask(it, **asked, subject_token=minted(it)).json()
    assert set(given) == {"access_token", "scope"}
    it.skip(days=200)
    assert admin(it, given["access_token"])[0] == 200


# -- installing and leaving


def test_an_uninstalled_app_has_nothing_that_works_and_opening_it_installs_it_again(it):
    given = exchanged(it)
    it.post("/sandbox/shops/mugs/uninstall")
    for token in (given["access_token"], "shpat_sandbox"):
        assert admin(it, token)[0] == 401
    assert refresh(it, given["refresh_token"]).status_code == 401
    assert admin(it, exchanged(it)["access_token"])[0] == 200
    assert admin(it, given["access_token"])[0] == 401


def test_a_shop_can_be_opened_without_the_app():
    with shopify_stage(client_id="an-app", access_token="") as it:
        assert admin(it, "")[0] == 401
        assert ask(it, **EXCHANGE, subject_token="x").status_code == 401
        assert admin(it, exchanged(it)["access_token"])[0] == 200


def test_the_app_is_opened_with_a_signed_query(it):
    told = dict(parse_qsl(it.post("/sandbox/shops/mugs/session-token").json()["query"]))
    assert (told["shop"], told["embedded"]) == (DOMAIN, "1")
    host = base64.b64decode(told["host"] + "=" * (-len(told["host"]) % 4))
    assert (host, told["host"][-1] == "=") == (b"admin.shopify.com/store/mugs", False)
    mark = told.pop("hmac")
    said = "&".join(f"{name}={value}" for name, value in sorted(told.items()))
    assert mark == hmac.new(APP["client_secret"].encode(), said.encode(), hashlib.sha256).hexdigest()


def test_an_authorization_sends_the_merchant_back_with_a_code_that_counts_once(it):
    asked = {
        "client_id": "an-app",
        "scope": "read_orders",
        "state": "s1",
        "redirect_uri": "http://127.0.0.1:9/cb",
    }
    address = f"{it.api_base}/admin/oauth/authorize"
    back = requests.get(address, params=asked, timeout=10, allow_redirects=False)
    assert back.status_code == 302
    parts = urlsplit(back.headers["Location"])
    told = dict(parse_qsl(parts.query))
    assert (parts.netloc, parts.path) == ("127.0.0.1:9", "/cb")
    assert (told["state"], told["shop"], set(told)) == (
        "s1",
        DOMAIN,
        {"code", "hmac", "host", "shop", "state", "timestamp"},
    )
    given = ask(it, code=told["code"], expiring="1")
    assert (given.json()["scope"], "refresh_token" in given.json()) == ("read_orders", True)
    assert ask(it, code=told["code"], expiring="1").status_code == 400
    for wrong in ({"client_id": "x"}, {"redirect_uri": "https://evil.example/cb"}, {"redirect_uri": ""}):
        answer = requests.get(address, params={**asked, **wrong}, timeout=10, allow_redirects=False)
        assert answer.status_code == 400
    late = requests.get(address, params=asked, timeout=10, allow_redirects=False)
    it.skip(minutes=2)
    code = dict(parse_qsl(urlsplit(late.headers["Location"]).query))["code"]
    assert ask(it, code=code, expiring="1").status_code == 400


def test_the_merchants_settings_and_permissions_show(it):
    def shop(fields):
        answer = requests.post(
            f"{it.api_base}/admin/api/2026-10/graphql.json",
            json={"query": f"{{ {fields} }}"},
            headers={"X-Shopify-Access-Token": "shpat_sandbox"},
            timeout=30,
        )
        return json.loads(answer.text)["data"]

    assert shop("shop { marketingSmsConsentEnabledAtCheckout }")["shop"] == {
        "marketingSmsConsentEnabledAtCheckout": True
    }
    it.post("/sandbox/shops/mugs/settings", {"marketingSmsConsentEnabledAtCheckout": False})
    assert shop("shop { marketingSmsConsentEnabledAtCheckout }")["shop"] == {
        "marketingSmsConsentEnabledAtCheckout": False
    }
    it.post("/sandbox/shops/mugs/scopes", {"previous": ["read_orders"], "current": ["read_customers"]})
    assert shop("currentAppInstallation { accessScopes { handle } }") == {
        "currentAppInstallation": {"accessScopes": [{"handle": "read_customers"}]}
    }


def test_nothing_secret_shows_when_it_is_printed(it):
    exchanged(it)
    assert "shp" not in repr(it.store.desk)
