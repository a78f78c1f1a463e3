"""The pretend App Events API takes events as Shopify's does, and shows what only Shopify's Dev Dashboard shows."""

from datetime import timedelta

import pytest
import requests
from sandbox_shop_kit import START, shopify_stage

APP = {"client_id": "an-app", "client_secret": "shpss_test_0123456789abcdef0123456789"}
GRANT = {"grant_type": "client_credentials"}


@pytest.fixture
def it():
    with shopify_stage(client_id="an-app") as stage:
        yield stage


def token(it) -> str:
    return it.post("/shopify-api/auth/access_token", {**APP, **GRANT}).json()["access_token"]


def send(it, bearer: str | None = None, **changes) -> requests.Response:
    event = {
        "shop_id": f"gid://shopify/Shop/{it.store.shop.shop_id}",
        "event_handle": "sms_segments",
        "timestamp": START.isoformat(),
        "idempotency_key": "text-1",
        "attributes": {"value": 2},
        **changes,
    }
    told = {name: value for name, value in event.items() if value is not None}
    headers = {"Authorization": f"Bearer {token(it) if bearer is None else bearer}"}
    return requests.post(f"{it.url}/shopify-api/app/unstable/events", json=told, headers=headers, timeout=20)


def dashboard(it) -> dict:
    return it.get("/sandbox/shops/mugs/usage").json()


def test_an_event_is_taken_with_the_apps_token_and_billed(it) -> None:
    answer = send(it)
    assert (answer.status_code, answer.json()) == (202, {"success": True})
    seen = dashboard(it)
    assert ([e["idempotency_key"] for e in seen["events"]], seen["billed"]) == (["text-1"], 2)
    assert it.ledger("usage")[0]["value"] == 2


def test_the_app_gets_a_token_for_an_hour_and_nobody_else_any(it) -> None:
    given = it.post("/shopify-api/auth/access_token", {**APP, **GRANT}).json()
    assert (given["expires_in"], given["scope"]) == (3600, "write_global_api_app_events")
    it.skip(minutes=61)
    assert send(it, bearer=given["access_token"]).status_code == 401
    for asked in ({**APP, **GRANT, "client_secret": "x"}, {**GRANT}, {**APP}):
        assert it.post("/shopify-api/auth/access_token", asked).status_code in (400, 401)
    assert send(it, bearer="").json() == {"error": "Unauthorized"}
    assert send(it, bearer="shpat_sandbox").status_code == 401
    assert dashboard(it)["events"] == []


def test_a_key_counts_once_in_a_day(it) -> None:
    send(it)
    again = send(it, attributes={"value": 9})
    assert (again.status_code, again.headers["Idempotent-Replay"]) == (202, "true")
    it.skip(hours=23)
    send(it)
    assert dashboard(it)["billed"] == 2
    it.skip(hours=2)
    assert "Idempotent-Replay" not in send(it).headers
    assert dashboard(it)["billed"] == 4


@pytest.mark.parametrize(
    ("wrong", "field", "code"),
    [
        ({"shop_id": None}, "shop_id", "missing"),
        ({"event_handle": ""}, "event_handle", "missing"),
        ({"timestamp": 7}, "timestamp", "invalid_type"),
        ({"idempotency_key": "k" * 65}, "idempotency_key", "invalid"),
        ({"event_handle": "shopify.sms"}, "event_handle", "invalid"),
        ({"attributes": None}, "attributes", "invalid"),
        ({"attributes": {"value": [2]}}, "attributes", "invalid"),
        ({"attributes": {"a b": 2}}, "attributes", "invalid"),
        ({"attributes": {"value": 1, "who": "x" * 129}}, "attributes", "invalid"),
    ],
)
def test_what_cant_be_read_is_refused_with_its_field(it, wrong, field, code) -> None:
    answer = send(it, **wrong)
    assert (answer.status_code, answer.json()["success"]) == (400, False)
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [(field, code)]
    assert dashboard(it)["events"] == []


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"attributes": {}}, "MISSING_VALUE_KEY"),
        ({"attributes": {"value": 0}}, "INVALID_VALUE"),
        ({"attributes": {"value": "2"}}, "INVALID_VALUE"),
        ({"timestamp": (START + timedelta(minutes=6)).isoformat()}, "INVALID_TIMESTAMP"),
        ({"timestamp": "2026-11-24T15:00:00"}, "INVALID_TIMESTAMP"),
        ({"timestamp": "yesterday"}, "INVALID_TIMESTAMP"),
        ({"timestamp": (START - timedelta(days=31)).isoformat()}, "PERIOD_CLOSED"),
    ],
)
def test_what_cant_be_charged_is_taken_all_the_same_and_only_the_dashboard_says_so(it, wrong, error) -> None:
    assert send(it, **wrong).status_code == 202
    seen = dashboard(it)
    assert ([e["error"] for e in seen["events"]], seen["billed"]) == ([error], 0)


def test_a_shop_without_the_app_is_refused_and_one_that_left_is_not(it) -> None:
    assert send(it, shop_id="gid://shopify/Shop/7").json()["errors"][0]["code"] == "not_installed"
    assert send(it, shop_id="who").status_code == 403
    app = token(it)
    it.post("/sandbox/shops/mugs/uninstall")
    it.skip(hours=23)
    bearer = token(it)
    assert send(it, bearer, idempotency_key="in-time").status_code == 202
    it.skip(hours=2)
    bearer = token(it)
    assert send(it, bearer, idempotency_key="late").status_code == 202
    assert [e["error"] for e in dashboard(it)["events"]] == ["", "PERIOD_CLOSED"]
    assert app != bearer


def test_it_misbehaves_on_request(it) -> None:
    bearer = token(it)
    it.post("/sandbox/faults", {"usage_429": 1})
    assert send(it, bearer).status_code == 429
    it.post("/sandbox/faults", {"usage_429": 0, "usage_error": 1})
    assert send(it, bearer).status_code == 503
    assert dashboard(it)["events"] == []
    it.post("/sandbox/faults", {"usage_error": 0, "usage_hangup": 1})
    with pytest.raises(requests.ConnectionError):
        send(it, bearer)
    assert dashboard(it)["billed"] == 2, "it was taken"
