"""Tokens for a shop, against real sockets: what is asked, what is read, what each refusal means; and the client that
renews a token that is refused."""

from datetime import UTC, datetime, timedelta

import pytest
from raw_http import RawServer, closed_port, reply

from connectors import http
from connectors.live_tokens import FixedToken, LiveCredentials
from connectors.platforms.shopify.access import client
from connectors.platforms.shopify.admin import (
    AdminClient,
    AdminError,
    AppRefused,
    GrantRefused,
    NotAllowed,
    NotReached,
    QueryRefused,
)
from connectors.platforms.shopify.tokens import App, TokenClient
from sequences.cart import Shop

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
APP = App(client_id="an-app", client_secret="shpss_app_secret")
PAIR = {
    "access_token": "shpat_new",
    "scope": "write_orders,read_customers",
    "expires_in": 3600,
    "refresh_token": "shprt_new",
    "refresh_token_expires_in": 7776000,
}
OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"
SHOP = Shop(
    id=1, key="k", platform="shopify", domain="mugs.myshopify.com", name="M", currency="USD", country="US"
)


class Asked:
    """One way to a token, tried against a server that gives this answer."""

    def __init__(self, way: str, answer: bytes | None, subject: str = "what-we-have") -> None:
        with RawServer(lambda seen: answer) as server:
            session = http.session(allow_private=True, read=10)
            asked = getattr(TokenClient(server.url + "/", APP, session), way)
            try:
                self.tokens, self.error = asked(subject, NOW), None
            except AdminError as e:
                self.tokens, self.error = None, e
            self.seen = server.seen


@pytest.mark.parametrize(
    ("way", "body"),
    [
        (
            "exchange",
            {
                "grant_type": EXCHANGE,
                "subject_token": "what-we-have",
                "subject_token_type": ID_TOKEN,
                "requested_token_type": OFFLINE,
                "expiring": "1",
            },
        ),
        (
            "migrate",
            {
                "grant_type": EXCHANGE,
                "subject_token": "what-we-have",
                "subject_token_type": OFFLINE,
                "requested_token_type": OFFLINE,
                "expiring": "1",
            },
        ),
        ("redeem", {"code": "what-we-have", "expiring": "1"}),
        ("refresh", {"grant_type": "refresh_token", "refresh_token": "what-we-have"}),
    ],
)
def test_each_way_to_a_token_asks_what_shopify_documents_and_gets_one_that_ends(way, body):
    asked = Asked(way, reply(200, PAIR))
    (seen,) = asked.seen
    assert (seen.method, seen.path) == ("POST", "/admin/oauth/access_token")
    assert seen.json() == {"client_id": "an-app", "client_secret": "shpss_app_secret", **body}
    assert seen.headers["accept"] == "application/json"
    got = asked.tokens
    assert (got.access, got.refresh) == ("shpat_new", "shprt_new")
    assert got.scopes == ("read_customers", "write_orders")
    assert got.expires_at == NOW + timedelta(hours=1)
    assert got.refresh_expires_at == NOW + timedelta(days=90)


@pytest.mark.parametrize("said", [..., None, 0, -5, "soon", True, 1.5, [], "-1"])
@pytest.mark.parametrize("way", ["refresh", "exchange"])
def test_an_answer_that_doesnt_say_how_long_it_lasts_lasts_an_hour_and_can_be_refreshed(way, said):
    answer = {name: value for name, value in (PAIR | {"expires_in": said}).items() if value is not ...}
    got = Asked(way, reply(200, answer)).tokens
    assert got.expires_at == NOW + timedelta(hours=1)
    assert got.refresh == "shprt_new"


def test_a_refresh_that_gives_no_new_refresh_token_leaves_the_old_one():
    for gone in ({}, {"refresh_token": None}, {"refresh_token": ""}):
        answer = {n: v for n, v in PAIR.items() if not n.startswith("refresh")} | gone
        got = Asked("refresh", reply(200, answer)).tokens
        assert (got.refresh, got.refresh_expires_at) == ("what-we-have", NOW + timedelta(days=90))


def test_seconds_may_come_as_a_text_and_no_token_is_thought_to_last_for_centuries():
    assert Asked("refresh", reply(200, PAIR | {"expires_in": "120"})).tokens.expires_at == NOW + timedelta(
        seconds=120
    )
    for endless in (10**8, 10**30):
        assert Asked(
            "refresh", reply(200, PAIR | {"expires_in": endless})
        ).tokens.expires_at < NOW + timedelta(days=401)


def test_a_token_that_doesnt_end_is_told_apart():
    got = Asked("exchange", reply(200, {"access_token": "shpat_old_kind", "scope": "read_orders"})).tokens
    assert (got.expires_at, got.refresh, got.refresh_expires_at) == (None, "", None)


@pytest.mark.parametrize(
    ("answer", "error", "permanent"),
    [
        (reply(400, {"error": "invalid_subject_token"}), GrantRefused, True),
        (reply(400, {"error": "invalid_grant", "error_description": "shprt_x is used"}), GrantRefused, True),
        (reply(401, {"error": "shprt_secret and more words"}), GrantRefused, True),
        (reply(401, {"error": "invalid_client"}), AppRefused, True),
        (reply(400, {"error": "application_cannot_be_found"}), AppRefused, True),
        (reply(403, b"<html>blocked</html>"), QueryRefused, True),
        (reply(404, b""), QueryRefused, True),
        (reply(402, {"errors": "Unavailable Shop"}), QueryRefused, True),
        (reply(307, b"", "Location: http://elsewhere.test/\r\n"), QueryRefused, True),
        (reply(429, b""), NotReached, False),
        (reply(503, b""), NotReached, False),
        (reply(200, b"<html>"), NotReached, False),
        (reply(200, b"[]"), NotReached, False),
        (reply(200, {}), NotReached, False),
        (reply(200, PAIR | {"access_token": ""}), NotReached, False),
        (reply(200, PAIR | {"access_token": "two\r\nlines"}), NotReached, False),
        (reply(200, PAIR | {"refresh_token": "a b"}), NotReached, False),
        (reply(200, PAIR | {"access_token": ["x"]}), NotReached, False),
        (None, NotReached, False),
    ],
)
@pytest.mark.parametrize("way", ["exchange", "refresh"])
def test_whatever_else_comes_is_an_error_with_a_meaning_and_is_asked_once(way, answer, error, permanent):
    asked = Asked(way, answer, "shprt_secret")
    assert type(asked.error) is error
    assert asked.error.permanent is permanent
    assert len(asked.seen) == 1
    for secret in ("shprt_", "shpat_", "shpss_", "two", "what-we-have"):
        assert secret not in str(asked.error)


def test_nobody_there():
    with pytest.raises(NotReached):
        TokenClient(f"http://127.0.0.1:{closed_port()}", APP, http.session(allow_private=True)).refresh(
            "r", NOW
        )


def test_nothing_secret_shows_when_it_is_printed():
    tokens = Asked("refresh", reply(200, PAIR)).tokens
    source = FixedToken("shpat_fixed")
    shown = f"{tokens} {APP} {source} {LiveCredentials({'client_secret': 'shpss_x'}, source)!r}"
    for secret in ("shpat_", "shprt_", "shpss_"):
        assert secret not in shown


# -- the client that asks with such a token


class Source:
    """A shop's token that is renewed once, and what it was told."""

    def __init__(self, *tokens: str) -> None:
        self.tokens, self.said = list(tokens), []

    def current(self) -> str:
        return self.tokens[0]

    def renewed(self, refused: str) -> str:
        self.said.append(("renewed", refused))
        return self.tokens[-1]

    def lost(self, refused: str) -> None:
        self.said.append(("lost", refused))


DATA = reply(200, {"data": {"byToken": None}})
NO = reply(401, {"errors": "[API] Invalid API key or access token"})
NEVER_ENDS = reply(
    403, {"errors": "[API] Non-expiring access tokens are no longer accepted for the Admin API."}
)


def ask(source: Source, *answers: bytes) -> tuple[object, list[str]]:
    left = list(answers)
    with RawServer(lambda seen: left.pop(0)) as server:
        admin = AdminClient(server.url, source, http.session(allow_private=True, read=2))
        try:
            said = admin.run("ShopSettings", {})
        except AdminError as e:
            said = e
        return said, [seen.headers["x-shopify-access-token"] for seen in server.seen]


@pytest.mark.parametrize("refusal", [NO, NEVER_ENDS], ids=["401", "403"])
def test_a_refused_token_is_renewed_once_and_the_call_repeated(refusal):
    source = Source("old", "new")
    said, used = ask(source, refusal, DATA)
    assert said == {"byToken": None}
    assert used == ["old", "new"]
    assert source.said == [("renewed", "old")]


def test_a_second_refusal_is_the_end_and_is_told():
    source = Source("old", "new")
    said, used = ask(source, NO, NO)
    assert isinstance(said, NotAllowed)
    assert used == ["old", "new"]
    assert source.said == [("renewed", "old"), ("lost", "new")]


def test_what_is_refused_for_another_reason_renews_nothing():
    source = Source("old", "new")
    said, used = ask(source, reply(403, {"errors": "[API] This action requires merchant approval"}))
    assert isinstance(said, NotAllowed)
    assert (used, source.said) == (["old"], [])


def test_a_source_that_has_no_other_token_ends_it_at_once():
    source = Source("only")
    said, used = ask(source, NO)
    assert isinstance(said, NotAllowed)
    assert used == ["only"]


def test_each_call_asks_the_source_anew():
    class Moving(Source):
        def current(self) -> str:
            return self.tokens.pop(0)

    source = Moving("first", "second")
    with RawServer(lambda seen: DATA) as server:
        admin = client(SHOP, LiveCredentials({"api_base": server.url}, source))
        admin.run("ShopSettings", {})
        admin.run("ShopSettings", {})
        assert [s.headers["x-shopify-access-token"] for s in server.seen] == ["first", "second"]
