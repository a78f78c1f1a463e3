"""Reporting usage, against real sockets: what is said, what each answer means, and how long the token is kept."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest
from raw_http import RawServer, closed_port, reply

from connectors import http
from connectors.platforms.shopify.admin import OPERATIONS
from connectors.platforms.shopify.tokens import App
from connectors.platforms.shopify.usage import Reported, Usage, UsageClient

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
APP = App(client_id="an-app", client_secret="shpss_app_secret")
TEXT = Usage(
    shop_id="gid://shopify/Shop/548380009",
    handle="sms_segments",
    at=datetime(2026, 11, 24, 13, 30, 5, 250000, tzinfo=timezone(timedelta(hours=2))),
    key="0b2f3f3a-5d0e-4d0b-8a53-2f9a4f4f4f4f",
    value=2,
)
TAKEN = reply(202, {"success": True})


class Shopify(RawServer):
    """Gives tokens t1, t2 …, and of the events what `answers` has for them in turn, the last for ever."""

    def __init__(self, *answers: bytes | None, **token) -> None:
        super().__init__(self._answer)
        self.answers, self.given, self.token = list(answers), 0, {"expires_in": 3599, **token}

    def _answer(self, seen):
        if seen.path == "/auth/access_token":
            self.given += 1
            return reply(200, {"access_token": f"t{self.given}", **self.token})
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    @property
    def events(self):
        return [seen for seen in self.seen if seen.path == "/app/unstable/events"]


def client(url: str) -> UsageClient:
    return UsageClient(url + "/", APP, http.session(allow_private=True, connect=0.5, read=0.5))


def told(*answers: bytes | None, **token) -> Reported:
    with Shopify(*answers, **token) as shopify:
        return client(shopify.url).report(TEXT, NOW)


# -- what is said


def test_the_event_holds_the_shop_the_meter_the_moment_a_key_and_how_much_and_nothing_else() -> None:
    with Shopify(TAKEN) as shopify:
        assert client(shopify.url).report(TEXT, NOW) == Reported(kind="told")
        first, second = shopify.seen
    assert (first.method, first.path) == ("POST", "/auth/access_token")
    assert first.json() == {
        "client_id": "an-app",
        "client_secret": "shpss_app_secret",
        "grant_type": "client_credentials",
    }
    assert (second.method, second.path) == ("POST", "/app/unstable/events")
    assert second.headers["authorization"] == "Bearer t1"
    assert second.headers["user-agent"].startswith("Comeback/"), "without one Shopify answers 403"
    assert second.json() == {
        "shop_id": "gid://shopify/Shop/548380009",
        "event_handle": "sms_segments",
        "timestamp": "2026-11-24T11:30:05.250Z",
        "idempotency_key": "0b2f3f3a-5d0e-4d0b-8a53-2f9a4f4f4f4f",
        "attributes": {"value": 2},
    }


def test_a_repetition_is_the_same_to_the_byte() -> None:
    with Shopify(None, TAKEN) as shopify:
        ours = client(shopify.url)
        assert ours.report(TEXT, NOW).kind == "later"
        assert ours.report(TEXT, NOW + timedelta(hours=3)).kind == "told"
        first, second = shopify.events
    assert first.body == second.body


# -- what the answers mean


@pytest.mark.parametrize(
    ("answer", "kind", "doubtful", "says"),
    [
        (TAKEN, "told", False, ""),
        (reply(202), "told", False, ""),
        (reply(202, b"no JSON"), "told", False, ""),
        (reply(200, {"success": True}), "told", False, ""),
        (reply(202, {"success": True}, "Idempotent-Replay: true\r\n"), "told", False, ""),
        (reply(202, {"success": False, "error": "Invalid request"}), "refused", False, "Invalid request"),
        (
            reply(
                400,
                {
                    "success": False,
                    "error": "Invalid request",
                    "errors": [{"field": "shop_id", "code": "missing", "message": "is missing"}],
                },
            ),
            "refused",
            False,
            "Invalid request, shop_id missing (HTTP 400)",
        ),
        (
            reply(403, {"success": False, "errors": [{"field": None, "code": "not_installed"}]}),
            "refused",
            False,
            "no reason given, not_installed (HTTP 403)",
        ),
        (reply(404, {"success": False, "error": "Not\n found"}), "refused", False, "Not? found (HTTP 404)"),
        (reply(200), "later", True, "says nothing"),
        (reply(204), "later", True, "says nothing"),
        (reply(403, b"You do not have permission to access this website"), "later", False, "isn't Shopify's own"),
        (reply(404, {"errors": "Not Found"}), "later", False, "isn't Shopify's own"),
        (reply(302, b"", "Location: http://127.0.0.1/\r\n"), "later", False, "isn't Shopify's own"),
        (reply(409, {"success": False, "error": "Conflict"}), "later", True, "at it already"),
        (reply(429, {"success": False, "error": "Rate limit exceeded"}), "later", False, "too many"),
        (reply(500, {"success": False, "error": "Internal"}), "later", True, "HTTP 500"),
        (reply(503, b"busy"), "later", True, "HTTP 503"),
        (None, "later", True, "no answer"),
    ],
)  # fmt: skip
def test_each_answer_means_one_thing(answer, kind, doubtful, says) -> None:
    found = told(answer)
    assert (found.kind, found.doubtful) == (kind, doubtful)
    assert says in found.detail


@pytest.mark.parametrize(
    ("header", "seconds"), [("30", 30.0), ("999999", 3600.0), ("soon", None), ("-5", None), ("1e9", None)]
)
def test_how_long_to_wait_is_read_where_it_makes_sense(header, seconds) -> None:
    assert told(reply(429, b"", f"Retry-After: {header}\r\n")).retry_after == seconds


def test_what_was_never_sent_leaves_no_doubt() -> None:
    with Shopify(TAKEN) as shopify:
        ours = client(shopify.url)
        assert ours.report(TEXT, NOW).kind == "told"
    found = ours.report(TEXT, NOW)
    assert (found.kind, found.doubtful) == ("later", False)
    assert client(f"http://127.0.0.1:{closed_port()}").report(TEXT, NOW) == Reported(
        kind="later", detail="Shopify wasn't reached for the app's token (NotReached)"
    )


def test_a_slow_or_broken_answer_leaves_doubt() -> None:
    stalled = threading.Event()

    def answer(seen):
        if seen.path == "/auth/access_token":
            return reply(200, {"access_token": "t1"})
        stalled.wait(2)
        return TAKEN

    with RawServer(answer) as server:
        found = client(server.url).report(TEXT, NOW)
        stalled.set()
    assert (found.kind, found.doubtful) == ("later", True)


# -- the token


def test_one_token_serves_until_shortly_before_its_end() -> None:
    with Shopify(TAKEN) as shopify:
        ours = client(shopify.url)
        for minutes in (0, 30, 54):
            ours.report(TEXT, NOW + timedelta(minutes=minutes))
        assert shopify.given == 1
        ours.report(TEXT, NOW + timedelta(minutes=55))
        assert shopify.given == 2
        assert shopify.events[-1].headers["authorization"] == "Bearer t2"


@pytest.mark.parametrize("lasts", [None, "soon", -1, True])
def test_a_token_of_which_nobody_says_how_long_it_lasts_lasts_an_hour(lasts) -> None:
    with Shopify(TAKEN, expires_in=lasts) as shopify:
        ours = client(shopify.url)
        for minutes in (0, 54, 56):
            ours.report(TEXT, NOW + timedelta(minutes=minutes))
        assert shopify.given == 2


def test_a_short_token_is_used_for_half_its_time() -> None:
    with Shopify(TAKEN, expires_in=60) as shopify:
        ours = client(shopify.url)
        for seconds in (0, 29, 31):
            ours.report(TEXT, NOW + timedelta(seconds=seconds))
        assert shopify.given == 2


def test_a_refused_token_is_replaced_once() -> None:
    with Shopify(reply(401, {"error": "Unauthorized"}), TAKEN) as shopify:
        assert client(shopify.url).report(TEXT, NOW) == Reported(kind="told")
        assert [seen.headers["authorization"] for seen in shopify.events] == ["Bearer t1", "Bearer t2"]
        assert shopify.events[0].body == shopify.events[1].body


def test_a_second_refusal_is_for_later_and_without_doubt() -> None:
    with Shopify(reply(401, {"error": "Unauthorized"})) as shopify:
        found = client(shopify.url).report(TEXT, NOW)
        assert (len(shopify.events), shopify.given) == (2, 2)
    assert (found.kind, found.doubtful) == ("later", False)


def test_many_threads_ask_for_one_token() -> None:
    with Shopify(TAKEN) as shopify:
        ours = client(shopify.url)
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda _: ours.report(TEXT, NOW).kind, range(40)))
        assert (set(found), shopify.given, len(shopify.events)) == ({"told"}, 1, 40)
        assert shopify.connections <= 9, "connections are kept"


def test_many_threads_with_a_refused_token_ask_for_one_other() -> None:
    gate = threading.Barrier(4, timeout=5)

    def answer(seen):
        if seen.path == "/auth/access_token":
            shopify.given += 1
            return reply(200, {"access_token": f"t{shopify.given}"})
        if seen.headers["authorization"] == "Bearer t1":
            gate.wait()
            return reply(401)
        return TAKEN

    with Shopify(TAKEN) as shopify:
        shopify.answer = answer
        ours = client(shopify.url)
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda _: ours.report(TEXT, NOW).kind, range(4)))
        assert (set(found), shopify.given) == ({"told"}, 2)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (reply(400, {"error": "invalid_client"}), "check COMEBACK_SHOPIFY_CLIENT_ID and _SECRET"),
        (reply(401, {"error": "invalid_client"}), "check COMEBACK_SHOPIFY_CLIENT_ID and _SECRET"),
        (reply(500), "now (HTTP 500)"),
        (reply(302, b"", "Location: http://127.0.0.1/\r\n"), "now (HTTP 302)"),
        (reply(200, b"no JSON"), "can't be read"),
        (reply(200, []), "can't be read"),
        (reply(200, {"token_type": "Bearer"}), "can't be read"),
        (reply(200, {"access_token": "two\nlines"}), "no token that can be used"),
        (None, "wasn't reached"),
    ],
)
def test_without_a_token_nothing_is_told_and_nothing_is_in_doubt(answer, says) -> None:
    with RawServer(lambda seen: answer) as server:
        found = client(server.url).report(TEXT, NOW)
        assert {seen.path for seen in server.seen} == {"/auth/access_token"}
    assert (found.kind, found.doubtful) == ("later", False)
    assert says in found.detail
    assert "shpss" not in found.detail


def test_a_token_that_couldnt_be_had_is_asked_for_again() -> None:
    with Shopify(TAKEN) as shopify:
        ours, give = client(shopify.url), shopify.answer
        shopify.answer = lambda seen: reply(503)
        assert ours.report(TEXT, NOW).kind == "later"
        shopify.answer = give
        assert ours.report(TEXT, NOW).kind == "told"


def test_neither_secret_nor_token_is_shown() -> None:
    with Shopify(TAKEN) as shopify:
        ours = client(shopify.url)
        ours.report(TEXT, NOW)
    assert "shpss" not in repr(vars(ours)) + repr(vars(ours._tokens))


# -- what isn't used


ROOT = OPERATIONS.parents[3]
LEGACY = ("appSubscription", "appUsageRecord", "appPurchase", "AppCredit", "RecurringApplicationCharge")


def test_no_operation_of_ours_bills_in_the_old_way() -> None:
    """Manual pricing by the Admin API is legacy: shopify.dev/docs/apps/launch/billing/manual-pricing."""
    operations = list(OPERATIONS.glob("*.graphql"))
    sources = [f for room in ("connectors", "plugin_server") for f in (ROOT / room).rglob("*.py")]
    assert len(operations) > 5
    assert len(sources) > 20
    for file in [*operations, *sources]:
        said = file.read_text("utf-8").lower()
        assert [name for name in LEGACY if name.lower() in said] == [], file
