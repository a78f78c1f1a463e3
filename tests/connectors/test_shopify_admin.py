"""The Admin API client, against real sockets."""

import logging
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from raw_http import RawServer, closed_port, reply

from connectors import http
from connectors.platforms.shopify import admin
from connectors.platforms.shopify.admin import (
    AdminClient,
    AdminError,
    NotAllowed,
    NotApproved,
    NotReached,
    QueryRefused,
    Throttled,
    TooCostly,
    operation,
)

DATA = {"data": {"byToken": None, "byPerson": None}}
ASKED = {
    "tokens": "t",
    "askTokens": True,
    "people": "",
    "askPeople": False,
    "phones": "",
    "askPhones": False,
}


def error(message: str, **extensions: str):
    return {"errors": [{"message": message, "extensions": extensions}]}


def throttled(requested: object = 400, available: object = 100, restore: object = 100):
    cost = {
        "requestedQueryCost": requested,
        "actualQueryCost": None,
        "throttleStatus": {"maximumAvailable": 1000, "currentlyAvailable": available, "restoreRate": restore},
    }
    return {
        "errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}],
        "extensions": {"cost": cost},
    }


class Said:
    """Runs the operation against a server that gives these answers, one after the other. `within`: the seconds
    after which it must be over."""

    def __init__(self, *answers: bytes | None, patience: float = 8.0, within: float | None = None) -> None:
        self.answers = list(answers)
        self.slept: list[float] = []
        with RawServer(lambda seen: self.answers.pop(0)) as server:
            session = http.session(allow_private=True, read=2)
            self.client = AdminClient(
                server.url + "/", "shpat_1", session, patience=patience, sleep=self.slept.append
            )
            self.seen = server.seen
            try:
                until = None if within is None else time.monotonic() + within
                self.data, self.error = self.client.run("OrdersOfCarts", ASKED, until), None
            except AdminError as e:
                self.data, self.error = None, e


def test_a_query_is_posted_with_the_shops_own_token():
    said = Said(reply(200, DATA))
    (seen,) = said.seen
    assert said.data == DATA["data"]
    assert (seen.method, seen.path) == ("POST", "/admin/api/2026-10/graphql.json")
    assert seen.headers["x-shopify-access-token"] == "shpat_1"
    assert seen.json()["operationName"] == "OrdersOfCarts"
    assert seen.json()["variables"] == ASKED
    assert "query OrdersOfCarts" in seen.json()["query"]


def test_a_throttled_shop_is_waited_for_as_long_as_its_bucket_needs():
    said = Said(reply(200, throttled()), reply(200, throttled(400, 390)), reply(200, DATA))
    assert said.data == DATA["data"]
    assert said.slept == [3.0, 1.0]


def test_but_not_longer_than_patience():
    said = Said(reply(200, throttled()), reply(200, throttled()), reply(200, throttled()), patience=7)
    assert isinstance(said.error, Throttled)
    assert not said.error.permanent
    assert said.slept == [3.0, 3.0]


def test_a_run_that_must_be_over_by_then_waits_no_longer_whatever_its_patience():
    said = Said(reply(200, throttled()), reply(200, DATA), patience=0, within=60)
    assert (said.data, said.slept) == (DATA["data"], [3.0])
    said = Said(reply(200, throttled()), reply(200, DATA), patience=60, within=2)
    assert isinstance(said.error, Throttled)
    assert said.slept == []


def test_nor_does_it_wait_for_an_answer():
    with RawServer(lambda seen: time.sleep(10) or reply(200, DATA)) as server:
        client = AdminClient(server.url, "t", http.session(allow_private=True))
        begun = time.monotonic()
        with pytest.raises(NotReached):
            client.run("OrdersOfCarts", ASKED, begun + 0.3)
        assert time.monotonic() - begun < 8, "the answer would have taken ten"
        with pytest.raises(NotReached, match="no time was left"):
            client.run("OrdersOfCarts", ASKED, begun)
        assert len(server.seen) == 1


def test_shopifys_other_throttle_says_in_a_header_how_long_to_wait():
    said = Said(reply(429, b"", "Retry-After: 2.0\r\n"), reply(200, DATA))
    assert (said.data, said.slept, len(said.seen)) == (DATA["data"], [2.0], 2)
    said = Said(reply(429, b"", "Retry-After: 0\r\n"), reply(200, DATA))
    assert said.slept == [1.0], "less than a second only gets the next no"


def test_and_is_not_waited_for_longer_than_patience_either():
    said = Said(*[reply(429, b"", "Retry-After: 3\r\n")] * 3, patience=7)
    assert isinstance(said.error, Throttled)
    assert (said.error.permanent, said.error.seconds, said.slept) == (False, 3.0, [3.0, 3.0])


@pytest.mark.parametrize("nonsense", ["soon", "nan", "inf", "Fri, 31 Dec 2027 23:59:59 GMT", ""])
def test_what_it_says_in_no_number_isnt_waited_for(nonsense):
    said = Said(reply(429, b"", f"Retry-After: {nonsense}\r\n"))
    assert (type(said.error), said.error.permanent, said.slept) == (NotReached, False, [])


@pytest.mark.parametrize("restore", [0, "x", None, -1])
def test_a_bucket_that_makes_no_sense_is_waited_for_a_second(restore):
    said = Said(reply(200, throttled(restore=restore)), reply(200, DATA))
    assert said.slept == [1.0]


@pytest.mark.parametrize(
    ("answer", "error", "permanent"),
    [
        (reply(401, {"errors": "[API] Invalid API key or access token"}), NotAllowed, True),
        (reply(403, {"errors": "Non-expiring access tokens are no longer accepted"}), NotAllowed, True),
        (reply(402, b""), QueryRefused, True),
        (reply(404, b"<html>"), QueryRefused, True),
        (reply(429, b""), NotReached, False),
        (reply(503, b""), NotReached, False),
        (reply(200, b"<html>"), NotReached, False),
        (reply(200, b"[]"), NotReached, False),
        (reply(200, {}), QueryRefused, True),
        (reply(200, {"data": None}), QueryRefused, True),
        (reply(200, {"errors": "text"}), QueryRefused, True),
        (
            reply(200, error("Query cost is 1003, which exceeds 1000", code="MAX_COST_EXCEEDED")),
            TooCostly,
            True,
        ),
        (
            reply(200, DATA | {"errors": [{"message": "not approved", "path": ["byToken"]}]}),
            QueryRefused,
            True,
        ),
        (
            reply(200, DATA | {"errors": [{"message": "m", "extensions": {"code": "ACCESS_DENIED"}}]}),
            NotAllowed,
            True,
        ),
        (None, NotReached, False),
    ],
)
def test_whatever_else_it_answers_is_an_error_with_a_meaning(answer, error, permanent):
    said = Said(answer)
    assert type(said.error) is error
    assert said.error.permanent is permanent
    assert len(said.seen) == 1


def test_the_token_doesnt_follow_a_redirect():
    with RawServer(lambda seen: reply(200, DATA)) as elsewhere:
        said = Said(reply(307, b"", f"Location: {elsewhere.url}/\r\n"))
        assert isinstance(said.error, QueryRefused)
        assert elsewhere.seen == []


def test_nobody_there():
    client = AdminClient(f"http://127.0.0.1:{closed_port()}", "t", http.session(allow_private=True))
    with pytest.raises(NotReached, match="wasn't reached"):
        client.run("OrdersOfCarts", ASKED)


@pytest.mark.parametrize("name", ["../admin", "OrdersOfCarts.graphql", "", "a/b"])
def test_an_operation_is_a_plain_name(name):
    with pytest.raises(ValueError, match="no operation"):
        operation(name)


# -- data that Shopify keeps from apps

UNAPPROVED = (
    "This app is not approved to access the Customer object. See"
    " https://shopify.dev/docs/apps/launch/protected-customer-data for more details."
)


@pytest.mark.parametrize("code", [{"code": "ACCESS_DENIED"}, {}])
def test_protected_data_that_the_app_may_not_have_is_an_error_that_says_where_to_ask(code):
    """Shopify sends the data, with nothing in the fields that it keeps back."""
    said = Said(reply(200, DATA | error(UNAPPROVED, **code)))
    assert type(said.error) is NotApproved
    assert said.error.permanent
    assert "the Customer object" in str(said.error)
    assert "Dev Dashboard" in str(said.error)
    assert "shopify.dev/docs/apps/launch/protected-customer-data" in str(said.error)


def test_a_scope_that_a_shop_never_granted_is_another_error_with_another_remedy():
    denied = "Access denied for customers field. Required access: `read_customers` access scope."
    said = Said(reply(200, {"data": None} | error(denied, code="ACCESS_DENIED")))
    assert type(said.error) is NotAllowed
    assert "read_customers" in str(said.error)
    assert "Open the app in the shop" in str(said.error)


# -- versions


@pytest.fixture
def unnoticed(monkeypatch, caplog):
    """As in a process that has seen no other version yet."""
    monkeypatch.setattr(admin, "_noticed", set())
    caplog.set_level(logging.WARNING, admin.log.name)
    return caplog


def versions(caplog) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == admin.log.name]


def test_an_answer_of_another_version_is_taken_and_noticed_once_for_each_version(unnoticed):
    older = reply(200, DATA, "X-Shopify-API-Version: 2027-01\r\n")
    for answer in (older, older, reply(200, DATA, "x-shopify-api-version: 2027-04\r\n")):
        assert Said(answer).data == DATA["data"]
    assert len(versions(unnoticed)) == 2
    assert "2027-01, not 2026-10" in versions(unnoticed)[0]


@pytest.mark.parametrize("header", ["", "X-Shopify-API-Version: 2026-10\r\n"])
def test_the_version_that_was_asked_for_and_none_at_all_are_nothing_to_notice(unnoticed, header):
    Said(reply(200, DATA, header))
    assert versions(unnoticed) == []


def test_threads_that_see_it_at_once_say_it_once(unnoticed):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: admin._notice("2026-10", "2027-01"), range(200)))
    assert len(versions(unnoticed)) == 1
