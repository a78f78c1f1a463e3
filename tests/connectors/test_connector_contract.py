"""What every connector must do, whichever it is: found by name, so a new one is under contract at once."""

import inspect
import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Timer

import pytest
from raw_http import RawServer, closed_port, reply

from connectors import registry
from connectors.delivery import CarrierDoor, Delivery, Platform
from sequences.cart import Shop
from sequences.code_ports import NewPool
from sequences.errors import BadDelivery, BadValue
from sequences.events import Reading
from sequences.offers import Discount
from sequences.ports import CartRef, PersonRef, StoreConsent, Told

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SHOP = Shop(id=1, key="k", platform="any", domain="shop.example", name="S", currency="USD", country="US")
NOTHING = Delivery({}, b"")
ROOM = Path(__file__).resolve().parents[2] / "connectors"
DOORS = [("platform", name) for name in registry.platforms()] + [
    ("channel", name) for name in registry.channels()
]


def door(kind: str, name: str) -> Platform | CarrierDoor:
    return getattr(registry, kind)(name)


def methods(protocol: type) -> dict[str, inspect.Signature]:
    found = inspect.getmembers(protocol, inspect.isfunction)
    return {name: inspect.signature(f) for name, f in found if not name.startswith("_")}


def test_connectors_are_found_by_their_names():
    assert "shopify" in registry.platforms()
    for room, names in (("platforms", registry.platforms()), ("channels", registry.channels())):
        here = {
            path.stem
            for path in (ROOM / room).iterdir()
            if path.suffix == ".py" or (path / "__init__.py").exists()
        }
        assert set(names) == here - {"__init__"}


@pytest.mark.parametrize(
    "name", ["", "nowhere", "../shopify", "shopify.door", "shopify.admin", "Shopify", "__init__"]
)
@pytest.mark.parametrize("kind", ["platform", "channel"])
def test_an_unknown_name_is_answered_with_those_there_are(kind, name):
    with pytest.raises(
        registry.UnknownConnector,
        match=r"there is no .* only: .*" + registry.platforms()[0] if kind == "platform" else "there is no",
    ):
        door(kind, name)


def test_finding_connectors_imports_none():
    code = (
        "import sys; from connectors import registry; registry.platforms(), registry.channels();"
        "print([m for m in sys.modules if m.startswith(('connectors.platforms.', 'connectors.channels.'))])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOM.parent, check=True
    )
    assert ran.stdout.strip() == "[]"


@pytest.mark.parametrize(("kind", "name"), DOORS)
def test_it_has_every_method_with_its_arguments(kind, name):
    connector = door(kind, name)
    assert connector.name == name
    for method, wanted in methods(Platform if kind == "platform" else CarrierDoor).items():
        has = inspect.signature(getattr(connector, method))
        assert list(has.parameters) == [p for p in wanted.parameters if p != "self"], method


@pytest.mark.parametrize(("kind", "name"), DOORS)
@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null", b"\xff", b"x" * 1000], ids=repr)
@pytest.mark.parametrize(
    "secrets", [{}, {"client_secret": ""}, {"webhook_secret": "s", "client_secret": "s"}]
)
def test_nobody_comes_in_unsigned(kind, name, body, secrets):
    assert door(kind, name).verify(Delivery({}, body), secrets, NOW) is False


@pytest.mark.parametrize(("kind", "name"), DOORS)
def test_the_door_doesnt_parse_the_body(kind, name, monkeypatch):
    def parsed(*_args, **_kwargs):
        raise AssertionError("the body was parsed in the web process")

    connector = door(kind, name)
    given = Delivery({"content-type": "application/json"}, b'{"id":1}')
    monkeypatch.setattr(json, "loads", parsed)
    monkeypatch.setattr(json, "JSONDecoder", parsed)
    connector.verify(given, {}, NOW)
    connector.dedup(given)
    connector.is_ping(given)


@pytest.mark.parametrize(("kind", "name"), DOORS)
def test_repetitions_have_one_key_and_other_bodies_another(kind, name):
    connector = door(kind, name)
    keys = [connector.dedup(Delivery({}, body)) for body in (b"1", b"1", b"2", b"")]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3
    assert all(0 < len(key) <= 200 for key in keys)


@pytest.mark.parametrize(("kind", "name"), DOORS)
@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"a":NaN}'], ids=lambda b: repr(b[:9])
)
def test_reading_gives_a_reading_or_a_bad_delivery(kind, name, body):
    try:
        assert isinstance(door(kind, name).read(Delivery({}, body), SHOP), Reading)
    except BadDelivery as e:
        assert str(e)


@pytest.mark.parametrize("name", registry.platforms())
def test_a_delivery_from_nowhere_hints_at_no_shop(name):
    assert registry.platform(name).shop_hint(NOTHING) == ""


@pytest.mark.parametrize("name", registry.platforms())
@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "", "//a.example"])
def test_a_link_that_leads_nowhere_is_refused(name, link):
    with pytest.raises(BadValue):
        registry.platform(name).recovery_link(link, code="C")


@pytest.mark.parametrize("name", registry.platforms())
def test_a_look_without_credentials_is_unknown_for_every_cart(name):
    carts = [CartRef(key=f"checkout:{n}", since=NOW) for n in range(3)]
    looks = registry.platform(name).last_look(SHOP, {}, carts)
    assert {key: look.state for key, look in looks.items()} == {cart.key: "unknown" for cart in carts}
    assert all(look.detail for look in looks.values())


SAID = StoreConsent(state="unsubscribed", at=NOW)
DANA = PersonRef(phone="+14155552671", email="dana@example.com", customer_id="7001")
REDIRECT = reply(302, b"", "Location: https://elsewhere.example/\r\n")


def tell(name: str, url: str) -> Told:
    """Tells the store at this address, by credentials that any platform finds its own among."""
    credentials = {
        **dict.fromkeys(("access_token", "consumer_key", "consumer_secret", "webhook_secret"), "secret"),
        "api_base": url,
        "allow_private": "1",
    }
    return registry.platform(name).tell_consent(replace(SHOP, domain=url), credentials, DANA, SAID)


@pytest.mark.parametrize("name", registry.platforms())
def test_a_store_without_credentials_is_told_nothing_and_says_why(name):
    said = registry.platform(name).tell_consent(SHOP, {}, DANA, SAID)
    assert said.kind == "refused"
    assert said.detail


@pytest.mark.parametrize("name", registry.platforms())
def test_a_store_that_isnt_reached_is_told_later(name):
    said = tell(name, f"http://127.0.0.1:{closed_port()}")
    assert said.kind == "retry_later"
    assert said.detail


@pytest.mark.parametrize("name", registry.platforms())
@pytest.mark.parametrize(
    "answer",
    [None, b"", reply(200, b"<html>"), reply(200, b"[" * 9), REDIRECT]
    + [reply(status, {"errors": "no"}) for status in (400, 401, 403, 404, 418, 429, 500, 503)],
    ids=repr,
)
def test_nobody_takes_a_store_for_told_that_didnt_say_so(name, answer):
    with RawServer(lambda seen: answer) as server:
        if (
            answer == b""
        ):  # silent for a second: how long a silent store is waited for is each connector's own test
            Timer(1, server.hang_up).start()
        said = tell(name, server.url)
    assert said.kind in ("retry_later", "refused")
    assert said.detail
    assert "4155552671" not in said.detail
    assert "dana" not in said.detail


@pytest.mark.parametrize("name", registry.platforms())
def test_what_can_be_read_again_has_a_reader_that_knows_how_late_each_kind_may_be(name):
    platform = registry.platform(name)
    reader = platform.rereading(SHOP, {})
    assert (reader is None) == (platform.rereads == ())
    if reader is not None:
        assert set(reader.lag) == set(platform.rereads)
        assert all(lag > timedelta(0) for lag in reader.lag.values())


@pytest.mark.parametrize("name", [n for n in registry.platforms() if registry.platform(n).rereads])
def test_a_store_without_credentials_or_out_of_reach_shows_no_page_and_says_why(name):
    away = f"http://127.0.0.1:{closed_port()}"
    keys = {"access_token": "t", "consumer_key": "ck_1", "consumer_secret": "cs_2"}
    known = {**keys, "api_base": away, "allow_private": "1"}
    for credentials, kind in (({}, "refused"), (known, "retry_later")):
        reader = registry.platform(name).rereading(replace(SHOP, domain=away), credentials)
        for what in registry.platform(name).rereads:
            page = reader.page(what, NOW)
            assert (page.kind, page.readings, page.cursor) == (kind, (), "")
            assert page.detail


@pytest.mark.parametrize("name", [n for n in registry.platforms() if registry.platform(n).codes(SHOP, {})])
def test_who_makes_codes_never_raises_and_says_why_it_cant(name):
    codes = registry.platform(name).codes(SHOP, {})
    pool = NewPool(
        title="x",
        code="BACK-7H2K",
        discount=Discount(kind="percent", percent=Decimal(10)),
        starts_at=NOW,
        ends_at=NOW + timedelta(days=1),
    )
    said = [codes.make(pool), codes.add("1", ["A"]), codes.added("1", "", ["A"]), codes.close("1")]
    if codes.tidies_after is not None:
        said.append(codes.tidy("1"))
    assert {answer.kind for answer in said} == {"retry_later"}
    assert all(answer.detail and answer.retry_after for answer in said)
    assert codes.batch > 0
