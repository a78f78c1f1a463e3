"""The Admin API client, against real sockets."""

import pytest
from raw_http import RawServer, closed_port, reply

from connectors import http
from connectors.platforms.shopify.admin import (
    AdminClient,
    AdminError,
    NotAllowed,
    NotReached,
    QueryRefused,
    Throttled,
    operation,
)

DATA = {"data": {"byToken": None, "byPerson": None}}


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
    """Runs the operation against a server that gives these answers, one after the other."""

    def __init__(self, *answers: bytes | None, patience: float = 8.0) -> None:
        self.answers = list(answers)
        self.slept: list[float] = []
        with RawServer(lambda seen: self.answers.pop(0)) as server:
            session = http.session(allow_private=True, read=2)
            self.client = AdminClient(
                server.url + "/", "shpat_1", session, patience=patience, sleep=self.slept.append
            )
            self.seen = server.seen
            try:
                self.data, self.error = self.client.run("OrdersOfCarts", {"tokens": "t"}), None
            except AdminError as e:
                self.data, self.error = None, e


def test_a_query_is_posted_with_the_shops_own_token():
    said = Said(reply(200, DATA))
    (seen,) = said.seen
    assert said.data == DATA["data"]
    assert (seen.method, seen.path) == ("POST", "/admin/api/2026-10/graphql.json")
    assert seen.headers["x-shopify-access-token"] == "shpat_1"
    assert seen.json()["operationName"] == "OrdersOfCarts"
    assert seen.json()["variables"] == {"tokens": "t"}
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
            reply(200, {"errors": [{"message": "m", "extensions": {"code": "MAX_COST_EXCEEDED"}}]}),
            QueryRefused,
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
        client.run("OrdersOfCarts", {})


@pytest.mark.parametrize("name", ["../admin", "OrdersOfCarts.graphql", "", "a/b"])
def test_an_operation_is_a_plain_name(name):
    with pytest.raises(ValueError, match="no operation"):
        operation(name)
