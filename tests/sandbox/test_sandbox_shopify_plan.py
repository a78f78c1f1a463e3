"""What a merchant pays for in the pretend Shopify, and the token of the app itself."""

import http.client
import json

import pytest
from sandbox_shop_kit import START, shopify_stage

APP = {"client_id": "an-app", "client_secret": "shpss_test_0123456789abcdef0123456789"}


@pytest.fixture
def it():
    with shopify_stage(client_id="an-app") as stage:
        yield stage


def token(it) -> dict:
    return it.post("/shopify-api/auth/access_token", {**APP, "grant_type": "client_credentials"}).json()


def send(it, key: str, handle: str = "sms_segments"):
    event = {
        "shop_id": str(it.store.shop.shop_id),
        "event_handle": handle,
        "timestamp": it.world.clock.now().isoformat(),
        "idempotency_key": key,
        "attributes": {"value": 1},
    }
    headers = {"Authorization": f"Bearer {token(it)['access_token']}"}
    return it.http.post(f"{it.url}/shopify-api/app/unstable/events", json=event, headers=headers, timeout=20)


def seen(it) -> list[tuple[str, str]]:
    return [(e["status"], e["error"]) for e in it.get("/sandbox/shops/mugs/usage").json()["events"]]


def test_without_a_plan_and_without_a_meter_of_that_name_nothing_is_billed(it) -> None:
    it.post("/sandbox/shops/mugs/plan", {"meters": ["sms_segments"]})
    assert [send(it, "1").status_code, send(it, "2", "sms_sent").status_code] == [202, 202]
    it.post("/sandbox/shops/mugs/plan", {"active": False})
    assert send(it, "3").status_code == 202
    assert seen(it) == [("billed", ""), ("logged", ""), ("failed", "NO_SUBSCRIPTION")]
    assert it.get("/sandbox/shops/mugs/usage").json()["billed"] == 1
    it.post("/sandbox/shops/mugs/plan", {"active": True, "meters": None})
    send(it, "4", "anything")
    assert seen(it)[-1] == ("billed", "")


def test_what_belongs_to_a_period_that_is_over_isnt_billed(it) -> None:
    it.skip(days=31)
    event = {"shop_id": str(it.store.shop.shop_id), "event_handle": "x", "timestamp": START.isoformat()}
    more = {"idempotency_key": "k", "attributes": {"value": 1}}
    headers = {"Authorization": f"Bearer {token(it)['access_token']}"}
    url = f"{it.url}/shopify-api/app/unstable/events"
    assert it.http.post(url, json={**event, **more}, headers=headers, timeout=20).status_code == 202
    assert seen(it) == [("failed", "PERIOD_CLOSED")]


def test_a_token_may_come_without_saying_how_long_it_lasts(it) -> None:
    assert token(it)["expires_in"] == 3600
    it.post("/sandbox/faults", {"token_no_expiry": True})
    assert "expires_in" not in token(it)


def test_who_doesnt_say_what_it_is_is_turned_away(it) -> None:
    """The reference: a 403 means that the User-Agent is missing."""
    line = http.client.HTTPConnection(it.url.removeprefix("http://"), timeout=9)
    headers = {"Authorization": f"Bearer {token(it)['access_token']}", "Content-Type": "application/json"}
    line.request("POST", "/shopify-api/app/unstable/events", json.dumps({}), headers)
    answer = line.getresponse()
    assert (answer.status, b"permission" in answer.read()) == (403, True)
    line.close()
