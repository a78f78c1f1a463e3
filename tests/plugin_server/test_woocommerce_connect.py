"""A merchant connects a store: by its own page or by keys; and who only claims to be one gets nowhere."""

import json
import re
from contextlib import contextmanager
from dataclasses import replace
from html import unescape
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
import requests
from spine_kit import change, everything, rows, skip
from woo_connect_kit import (
    KEY,
    OTHER_KEY,
    SECRET,
    VISITOR,
    by_keys,
    callback,
    connected,
    drawn,
    post,
    raw_store,
    returned,
    shop_at,
    woo_domains,
)

from connectors import sockets
from connectors.platforms.woocommerce import connect as woo_connect
from connectors.platforms.woocommerce import webhooks
from connectors.platforms.woocommerce.client import Store
from connectors.platforms.woocommerce.connect import store_address
from connectors.platforms.woocommerce.errors import Unauthorised, WrongStoreUrl
from plugin_server.install import woocommerce
from plugin_server.jobs import clock, connecting, queues, retention
from plugin_server.store import connects
from plugin_server.web.app import create_app


@pytest.fixture(autouse=True)
def another_visitor() -> None:
    VISITOR[0] = drawn()


@pytest.fixture
def yarn():
    with raw_store() as store:
        yield store


@contextmanager
def by_https(spine):
    """The same web, under an address that stores may post keys to."""
    settings = replace(spine.machine.settings, public_url="https://comeback.example")
    app = create_app(replace(spine.machine, settings=settings))
    with app.test_client() as client:
        client.environ_base["REMOTE_ADDR"] = VISITOR[0]
        yield client


def begun(spine, store: str) -> str:
    """An attempt whose merchant is at the store's own page. Returns its state."""
    with by_https(spine) as client:
        sent = client.post("/connect/woocommerce", data={"store": store})
        assert sent.status_code == 303, sent.text
        return dict(parse_qsl(urlsplit(sent.headers["Location"]).query))["user_id"]


def attempts(spine) -> list[str]:
    return [row.state for row in rows(spine, "SELECT state FROM connect_states ORDER BY made_at")]


# -- by the store's own page


def test_the_merchant_is_led_to_the_stores_own_page_with_a_state_that_nobody_can_guess(spine, yarn) -> None:
    with by_https(spine) as client:
        form = client.get("/connect/woocommerce?store=https://yarn.example")
        assert 'value="https://yarn.example"' in form.text
        sent = client.post("/connect/woocommerce", data={"store": f"{yarn.url}/wp-admin/"})
    assert sent.status_code == 303
    # Browsers hold a form's redirects to this.
    assert "form-action 'self' https: http:;" in form.headers["Content-Security-Policy"]
    place = urlsplit(sent.headers["Location"])
    assert f"{place.scheme}://{place.netloc}{place.path}" == f"{yarn.url}/wc-auth/v1/authorize"
    asked = {name: value for name, (value,) in parse_qs(place.query).items()}
    state = asked.pop("user_id")
    assert asked == {
        "app_name": "Comeback",
        "scope": "read_write",
        "return_url": "https://comeback.example/connect/woocommerce/return",
        "callback_url": "https://comeback.example/connect/woocommerce/callback",
    }
    assert len(state) == 43
    assert state not in everything(spine.machine.db.url)


def test_a_key_is_answered_at_once_with_200_and_tried_by_a_worker(spine, yarn) -> None:
    state = begun(spine, yarn.url)
    yarn.asked.clear()
    answer = callback(spine, state)
    assert answer.status_code == 200
    assert yarn.asked == [], "the store waits for our answer, perhaps with its only process"
    dump = everything(spine.machine.db.url)
    assert KEY not in dump
    assert SECRET not in dump
    page = returned(spine, state)
    assert 'http-equiv="refresh"' in page.text
    assert woo_domains(spine) == []
    assert connecting.run(spine.machine) == 1
    shop = shop_at(spine, yarn.url)
    assert (shop.state, shop.shop.name, shop.shop.currency) == ("active", "Yarn & Co", "EUR")
    assert (shop.shop.country, shop.shop.locale) == ("FR", "fr-FR")
    assert shop.shop.version == "11.0.1"
    assert (shop.facts["hold_stock_minutes"], shop.facts["timezone"]) == (45, "Europe/Paris")
    assert (shop.credentials["consumer_key"], shop.credentials["consumer_secret"]) == (KEY, SECRET)
    assert rows(spine, "SELECT sealed FROM connect_states")[0].sealed is None
    assert "Yarn &amp; Co is connected" in returned(spine, state).text


def test_all_webhooks_are_there_once_with_our_secret_and_each_ping_was_answered(spine, yarn) -> None:
    shop = connected(spine, yarn)
    assert yarn.topics == sorted(webhooks.TOPICS)
    assert yarn.pongs == [200] * len(webhooks.TOPICS)
    assert {hook["secret"] for hook in yarn.webhooks.values()} == {shop.credentials["webhook_secret"]}
    addresses = {hook["delivery_url"] for hook in yarn.webhooks.values()}
    assert addresses == {f"{spine.url}/webhooks/woocommerce/{shop.shop.key}"}
    assert shop.facts["webhooks"] == "healthy"


def test_a_plugin_is_paired_with_wordings_that_we_keep_and_both_pages_named(spine) -> None:
    with raw_store(plugin={}) as store:
        shop = connected(spine, store)
    told = store.plugin
    assert (told["protocol"], told["comeback_url"], told["shop_key"]) == (1, spine.url, shop.shop.key)
    assert told["secret"] == shop.credentials["plugin_secret"]
    assert len(told["secret"]) == 43
    assert [(one["locale"], one["version"]) for one in told["wordings"]] == [("fr", 1), ("en", 1)]
    assert "yarn.example/terms" in told["wordings"][1]["text"]
    assert "Yarn & Co" in told["wordings"][1]["text"]
    kept = rows(spine, "SELECT form, locale, wording FROM disclosures ORDER BY locale DESC")
    assert [(r.form, r.locale) for r in kept] == [
        ("woocommerce-checkout", "fr"),
        ("woocommerce-checkout", "en"),
    ]
    assert [r.wording for r in kept] == [one["text"] for one in told["wordings"]]
    assert (shop.facts["plugin"], shop.facts["checkout"]) == ("1.0.0", "block")


def test_without_terms_there_is_no_wording_and_so_no_box(spine) -> None:
    with raw_store(plugin={}, terms="") as store:
        shop = connected(spine, store)
    assert store.plugin["wordings"] == []
    assert shop.facts["lacks"] == ["terms"]


def test_the_page_says_how_to_get_the_plugin_where_there_is_none(spine, yarn) -> None:
    state = by_keys(spine, yarn.url)
    connecting.run(spine.machine)
    page = returned(spine, state)
    assert "comeback.zip" in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"


def test_an_approval_that_is_repeated_gives_a_second_key_which_is_the_one_that_counts(spine, yarn) -> None:
    yarn.keys[OTHER_KEY] = "read_write"
    state = begun(spine, yarn.url)
    assert callback(spine, state).status_code == 200
    assert callback(spine, state).status_code == 200
    connecting.run(spine.machine)
    first = shop_at(spine, yarn.url)
    assert callback(spine, state, OTHER_KEY).status_code == 200
    connecting.run(spine.machine)
    again = shop_at(spine, yarn.url)
    assert again.credentials["consumer_key"] == OTHER_KEY
    assert again.shop.key == first.shop.key
    for name in ("webhook_secret", "plugin_secret"):
        assert again.credentials[name] == first.credentials[name]
    assert yarn.topics == sorted(webhooks.TOPICS)


def test_a_key_that_comes_while_an_earlier_one_is_tried_is_tried_after_it(spine, yarn) -> None:
    state, vault = begun(spine, yarn.url), spine.machine.secrets.vault
    callback(spine, state)
    now = spine.machine.clock.now()
    with spine.machine.db.system() as c:
        first = connects.claim(c, vault, now, 600)
    skip(spine, seconds=1)
    callback(spine, state, OTHER_KEY)
    assert connecting.run(spine.machine) == 0, "the first is still in hand"
    with spine.machine.db.system() as c:
        connects.fail(c, first, "Unauthorised", "of the first key")
        second = connects.claim(c, vault, spine.machine.clock.now(), 600)
    assert (second.key, attempts(spine)) == (OTHER_KEY, ["keyed"])


def test_the_whole_way_through_the_pretend_store_with_its_page_its_plugin_and_its_admin(spine) -> None:
    ours, pretend = "https://comeback.example", f"{spine.world.url}/woo/yarn"
    spine.machine.settings = replace(spine.machine.settings, public_url=ours)
    spine.world.post("/sandbox/hosts", {ours: spine.url})
    facts = {"name": "Yarn & Co", "currency": "GBP", "country": "GB", "locale": "en-GB"}
    spine.world.post("/sandbox/shops", {"id": "yarn", "platform": "woocommerce", **facts, "plugin": True})
    asked = post(spine, "", store=pretend)
    merchant = requests.Session()
    login = merchant.get(asked.headers["Location"], timeout=10)
    fields = {
        name: re.search(f'name="{name}"[^>]* value="([^"]*)"', login.text)[1]
        for name in ("username", "password")
    }
    page = merchant.post(login.url, data=fields, timeout=10)
    assert "Comeback would like to connect to your store" in page.text
    hidden = re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', page.text)
    approve = f"{pretend}/wc-auth/v1/access_granted/?{urlencode([(n, unescape(v)) for n, v in hidden])}"
    agreed = merchant.get(approve, timeout=10, allow_redirects=False)
    assert agreed.headers["Location"].startswith(f"{ours}/connect/woocommerce/return?success=1&user_id=")
    assert connecting.run(spine.machine) == 1
    shop = shop_at(spine, pretend)
    assert (shop.shop.name, shop.shop.currency, shop.shop.country) == ("Yarn & Co", "GBP", "GB")
    assert (shop.facts["webhooks"], shop.facts["plugin"], shop.facts["wordings"]) == (
        "healthy",
        "1.0.0",
        [["en", 1]],
    )
    back = requests.get(agreed.headers["Location"].replace(ours, spine.url), timeout=10)
    assert "Yarn &amp; Co is connected" in back.text
    token = Store(pretend, spine.machine.store_secrets(shop), "wc-comeback/v1").post("frame-token", {})[
        "token"
    ]
    inside = requests.get(f"{spine.url}/woocommerce/{shop.shop.key}", params={"token": token}, timeout=10)
    assert inside.status_code == 200
    assert "Comeback for Yarn &amp; Co" in inside.text


# -- who gets nowhere


def test_a_key_for_a_state_that_was_never_made_is_refused_and_nothing_is_kept(spine, yarn) -> None:
    begun(spine, yarn.url)
    assert [callback(spine, forged).status_code for forged in ("", "guessed", "A" * 43)] == [400, 404, 404]
    assert connecting.run(spine.machine) == 0
    assert attempts(spine) == ["waiting"]


def test_a_key_that_comes_after_half_an_hour_is_refused(spine, yarn) -> None:
    state = begun(spine, yarn.url)
    skip(spine, minutes=29)
    assert callback(spine, state).status_code == 200
    skip(spine, minutes=2)
    assert callback(spine, state, OTHER_KEY).status_code == 404
    other = begun(spine, yarn.url)
    skip(spine, minutes=31)
    assert callback(spine, other).status_code == 404
    assert "No key came within half an hour" in returned(spine, other).text


def test_what_is_no_key_is_refused_so_that_the_store_deletes_it(spine, yarn) -> None:
    state = begun(spine, yarn.url)
    wrongs = [
        {"consumer_key": "ck_short"},
        {"consumer_secret": KEY},
        {"consumer_key": None},
        {"key_permissions": None},
    ]
    assert [callback(spine, state, **wrong).status_code for wrong in wrongs] == [400] * 4
    assert attempts(spine) == ["waiting"]


def test_a_callback_that_is_no_json_object_is_refused(spine) -> None:
    address, bodies = (
        f"{spine.url}/connect/woocommerce/callback",
        [b"", b"[]", b"\xff", b'{"a":' * 2000, b"x" * 40_000],
    )
    answers = [requests.post(address, data=body, timeout=10).status_code for body in bodies]
    assert answers == [400, 400, 400, 400, 413]


def test_a_merchant_who_says_no_can_begin_again_and_their_state_takes_no_key_any_more(spine, yarn) -> None:
    state = begun(spine, yarn.url)
    page = returned(spine, state, success="0")
    assert "You said no there" in page.text
    assert f"?store={yarn.url}" in page.text
    assert callback(spine, state).status_code == 404


def test_a_no_that_comes_after_the_key_changes_nothing(spine, yarn) -> None:
    state = begun(spine, yarn.url)
    callback(spine, state)
    returned(spine, state, success="0")
    assert attempts(spine) == ["keyed"]


def test_a_store_that_claims_anothers_address_gets_neither_its_shop_nor_its_secrets(spine) -> None:
    with raw_store() as victim, raw_store(keys={OTHER_KEY: "read_write"}) as evil:
        shop = connected(spine, victim)
        evil.claims = victim.url
        state = by_keys(spine, evil.url, OTHER_KEY)
        connecting.run(spine.machine)
        assert attempts(spine)[-1] == "failed"
        assert f"address is {victim.url}; there our key isn&#39;t taken" in returned(spine, state).text
        assert shop_at(spine, victim.url) == shop
        assert woo_domains(spine) == [victim.url]
        assert evil.webhooks == {}


def test_a_store_reached_by_another_of_its_names_is_kept_under_its_own(spine, yarn) -> None:
    other = yarn.url.replace("127.0.0.1", "localhost")
    by_keys(spine, other)
    connecting.run(spine.machine)
    assert woo_domains(spine) == [yarn.url]


def test_two_stores_that_point_to_each_other_are_believed_neither(spine) -> None:
    with raw_store() as one, raw_store() as two:
        one.claims, two.claims = two.url, one.url
        by_keys(spine, one.url)
        connecting.run(spine.machine)
        assert woo_domains(spine) == []


def test_in_production_no_private_address_is_called_neither_typed_nor_claimed(
    spine, yarn, monkeypatch
) -> None:
    production = replace(spine.machine, settings=replace(spine.machine.settings, wiring="production"))
    with pytest.raises(WrongStoreUrl, match="private address"):
        woocommerce.connect(production, yarn.url, KEY, SECRET)
    assert yarn.asked == []
    # As if 127.0.0.2 were out in the open: what stands there claims to be at a private address.
    monkeypatch.setattr(woo_connect, "PORTS", (urlsplit(yarn.url).port,))
    monkeypatch.setattr(sockets, "is_public", lambda address: address == "127.0.0.2")
    with raw_store(host="127.0.0.2") as outside:
        outside.claims = yarn.url
        with pytest.raises(WrongStoreUrl, match="private address"):
            woocommerce.connect(production, outside.url, KEY, SECRET)
        assert outside.asked
    assert yarn.asked == []
    assert woo_domains(spine) == []


def test_a_name_that_leads_elsewhere_the_second_time_is_judged_the_second_time(spine, monkeypatch) -> None:
    """DNS that changes between two calls, or leads to both kinds of address at once."""
    production = replace(spine.machine, settings=replace(spine.machine.settings, wiring="production"))
    with raw_store() as inside:
        port = urlsplit(inside.url).port
        monkeypatch.setattr(
            sockets.socket,
            "getaddrinfo",
            lambda *_a, **_k: [(2, 1, 6, "", ("93.184.216.34", port)), (2, 1, 6, "", ("127.0.0.1", port))],
        )
        with pytest.raises(WrongStoreUrl, match="private address"):
            woocommerce.connect(production, f"http://rebinding.example:{port}", KEY, SECRET)
        assert inside.asked == []


# -- what may be wrong with a store


def test_a_store_that_sends_us_on_is_not_followed_and_the_merchant_is_told_where_to(spine, yarn) -> None:
    yarn.on_to = "https://www.yarn.example"
    answer = post(spine, "/keys", store=yarn.url, consumer_key=KEY, consumer_secret=SECRET)
    assert answer.status_code == 422
    assert "https://www.yarn.example" in answer.text
    assert yarn.asked == [("GET", "/wp-json/")]


def test_what_is_no_store_is_said_at_once_with_what_to_do(spine) -> None:
    for about, words in (
        ({"page": True}, "a page instead of data"),
        ({"status": 503}, "overloaded or down"),
        ({"status": 404}, "no REST API"),
        ({"spaces": ["wp/v2"]}, "no WooCommerce is active"),
    ):
        with raw_store(**about) as store:
            answer = post(spine, "/keys", store=store.url, consumer_key=KEY, consumer_secret=SECRET)
        assert answer.status_code == 422, about
        assert words in answer.text
        assert "egin again" in answer.text
    assert attempts(spine) == []


def test_a_wordpress_that_tells_strangers_nothing_is_asked_with_the_key(spine, yarn) -> None:
    yarn.status = 401
    state = by_keys(spine, yarn.url)
    yarn.status = 0
    connecting.run(spine.machine)
    assert woo_domains(spine) == [yarn.url]
    assert state


def test_an_address_that_can_be_none_is_refused(spine) -> None:
    for typed in ("", "yarn", "ftp://yarn.example", "https://u:p@yarn.example", "https://a b.example"):
        answer = post(spine, "/keys", store=typed, consumer_key=KEY, consumer_secret=SECRET)
        assert answer.status_code == 422, typed
    with pytest.raises(WrongStoreUrl, match="port"):
        store_address("https://yarn.example:6379")


def test_keys_that_can_be_none_are_refused_and_not_shown_again(spine, yarn) -> None:
    answer = post(spine, "/keys", store=yarn.url, consumer_key="ck_x", consumer_secret="cs_geheim")
    assert answer.status_code == 422
    assert "cs_geheim" not in answer.text


def test_a_key_that_may_only_read_connects_nothing(spine, yarn) -> None:
    yarn.keys[KEY] = "read"
    state = by_keys(spine, yarn.url)
    connecting.run(spine.machine)
    page = returned(spine, state)
    assert "the key may only read" in page.text
    assert "Read/Write" in page.text
    assert 'http-equiv="refresh"' not in page.text
    assert woo_domains(spine) == []
    assert rows(spine, "SELECT sealed FROM connect_states")[0].sealed is None


def test_a_wrong_secret_is_refused_by_the_pretend_store_as_by_a_real_one(spine) -> None:
    url = f"{spine.world.url}/woo/wool"
    wool = shop_at(spine, url)
    with pytest.raises(Unauthorised, match="the secret is wrong"):
        woocommerce.connect(spine.machine, url, wool.credentials["consumer_key"], SECRET)
    assert shop_at(spine, url) == wool


def test_a_store_that_is_down_is_tried_again_for_a_while_then_given_up(spine, yarn) -> None:
    state = by_keys(spine, yarn.url)
    yarn.status = 503
    connecting.run(spine.machine)
    assert "overloaded or down" in returned(spine, state).text
    assert connecting.run(spine.machine) == 0, "not at once again"
    skip(spine, seconds=6)
    yarn.status = 0
    assert connecting.run(spine.machine) == 1
    assert woo_domains(spine) == [yarn.url]
    yarn.status = 503
    by_keys_while_down(spine, yarn)
    for wait in connecting.WAITS:
        assert connecting.run(spine.machine) == 1
        skip(spine, seconds=wait.total_seconds() + 1)
    assert connecting.run(spine.machine) == 1
    assert attempts(spine)[-1] == "failed"


def by_keys_while_down(spine, store) -> None:
    with spine.machine.db.system() as c:
        now = spine.machine.clock.now()
        connects.take_key(c, spine.machine.secrets.vault, connects.begin(c, store.url, now), KEY, SECRET, now)


def test_a_webhook_whose_making_was_answered_by_nobody_is_not_made_twice(spine, yarn) -> None:
    yarn.lose = 3
    connected(spine, yarn)
    assert yarn.topics == sorted(webhooks.TOPICS)
    posts = [what for what in yarn.asked if what == ("POST", "/wp-json/wc/v3/webhooks")]
    assert len(posts) == len(webhooks.TOPICS)


# -- the machine around it


def test_without_https_the_page_says_so_and_offers_the_keys(spine, yarn) -> None:
    form = requests.get(f"{spine.url}/connect/woocommerce", timeout=10)
    assert "an address without https" in form.text
    assert "<details open>" in form.text
    assert post(spine, "", store=yarn.url).status_code == 409
    assert attempts(spine) == []


def test_a_redis_that_is_down_leaves_a_key_to_the_clock(spine, yarn, embedded) -> None:
    with by_https(spine) as client:
        client.application.extensions["machine"].redis_url = "redis://127.0.0.1:1/0"
        state = begun(spine, yarn.url)
        body = {
            "user_id": state,
            "consumer_key": KEY,
            "consumer_secret": SECRET,
            "key_permissions": "read_write",
        }
        answer = client.post("/connect/woocommerce/callback", data=json.dumps(body))
    assert answer.status_code == 200
    connection = queues.redis(embedded.redis_url)
    by_name = {name: queues.queue(f"test {name}", connection) for name in queues.NAMES}
    try:
        clock.tick(spine.machine, "a test", by_name)
        clock.tick(spine.machine, "a test", by_name)
        asked = [job.func_name.rpartition(".")[2] for job in by_name[queues.CONNECTS].jobs]
    finally:
        for queue in by_name.values():
            queue.delete(delete_jobs=True)
        connection.close()
    assert asked == ["work_connecting"], "once, however often the clock looks"


def test_a_visitor_may_try_so_often_only(spine) -> None:
    with raw_store(status=404) as store:
        codes = [
            post(
                spine, "/keys", store=f"{store.url}/{n}", consumer_key=KEY, consumer_secret=SECRET
            ).status_code
            for n in range(22)
        ]
    assert codes[:20] == [422] * 20
    assert codes[20:] == [429, 429]


def test_a_key_that_cant_be_unsealed_any_more_keeps_no_other_waiting(spine, yarn) -> None:
    state = begun(spine, yarn.url)
    callback(spine, state)
    change(spine, "UPDATE connect_states SET sealed = '\\x00'")
    skip(spine, seconds=1)
    by_keys(spine, yarn.url)
    assert connecting.run(spine.machine) == 2
    assert attempts(spine) == ["failed", "connected"]


def test_old_attempts_are_forgotten(spine, yarn) -> None:
    begun(spine, yarn.url)
    skip(spine, hours=2)
    retention.run(spine.machine)
    assert attempts(spine) == ["waiting"]
    skip(spine, days=1)
    retention.run(spine.machine)
    assert attempts(spine) == []


def test_an_attempt_that_nobody_knows_says_no_more_than_that(spine) -> None:
    page = returned(spine, "A" * 43)
    assert page.status_code == 404
    assert "begin again" in page.text


def test_attempts_are_closed_to_every_shop(spine, yarn) -> None:
    begun(spine, yarn.url)
    with spine.machine.db.shop(1) as c:
        assert c.exec_driver_sql("SELECT * FROM connect_states").all() == []
