"""Connecting where things are meant ill, go slowly, or were typed as people type."""

import time
from dataclasses import replace

import pytest
from dripping import dripping
from spine_kit import change, skip
from woo_connect_kit import (
    KEY,
    OTHER_KEY,
    SECRET,
    VISITOR,
    by_keys,
    connected,
    drawn,
    frame_token,
    note_facts,
    post,
    raw_store,
    returned,
    shop_at,
    woo_domains,
)

from connectors import sockets
from connectors.platforms.woocommerce import connect as woo_connect
from connectors.platforms.woocommerce import webhooks
from connectors.platforms.woocommerce.client import canonical
from connectors.platforms.woocommerce.connect import store_address
from connectors.platforms.woocommerce.errors import WrongStoreUrl
from plugin_server.install import woo_parting, woo_tending, woocommerce
from plugin_server.jobs import connecting, queues, tending, worker
from plugin_server.store import connects
from plugin_server.web.app import create_app


@pytest.fixture(autouse=True)
def another_visitor() -> None:
    VISITOR[0] = drawn()


@pytest.fixture
def yarn():
    with raw_store(plugin={}) as store:
        yield store


def keys(spine, store: str):
    return post(spine, "/keys", store=store, consumer_key=KEY, consumer_secret=SECRET)


# -- as people type


@pytest.mark.parametrize(
    "typed",
    [
        "shop.example",
        "  HTTPS://Shop.Example/  ",
        "https://shop.example/wp-admin/admin.php?page=wc-settings&tab=advanced",
        "shop.example/wp-login.php?redirect_to=x",
        "https://shop.example/wp-json/wc/v3/orders",
    ],
)
def test_an_address_is_taken_however_it_was_copied(typed) -> None:
    assert store_address(typed) == "https://shop.example"


def test_an_address_below_a_folder_keeps_it() -> None:
    assert store_address("shop.example/store/wp-admin/index.php") == "https://shop.example/store"


def test_keys_that_were_copied_with_spaces_around_them_are_taken(spine, yarn) -> None:
    sent = post(spine, "/keys", store=yarn.url, consumer_key=f" {KEY}\t", consumer_secret=f"\n{SECRET} ")
    assert sent.status_code == 303


def test_the_form_holds_the_address_to_which_a_store_sends_us_on(spine, yarn) -> None:
    yarn.on_to = "https://www.yarn.example"
    page = keys(spine, yarn.url)
    assert 'value="https://www.yarn.example"' in page.text
    assert "begin again with that address" in page.text
    assert yarn.asked == [("GET", "/wp-json/")], "it isn't followed"


def test_the_page_names_what_is_missing_before_the_box_may_be_shown(spine) -> None:
    with raw_store(plugin={}, terms="") as store:
        state = by_keys(spine, store.url)
        connecting.run(spine.machine)
    page = returned(spine, state)
    assert "Terms and conditions" in page.text
    assert "Version 1.0.0" not in page.text


def test_a_connected_store_that_refuses_its_webhooks_is_told_what_to_do(spine, yarn) -> None:
    state = by_keys(spine, yarn.url)
    connecting.run(spine.machine)
    note_facts(spine, shop_at(spine, yarn.url).shop.key, webhooks="no", webhooks_trouble="Unauthorised")
    assert "with the permission Read/Write" in returned(spine, state).text


# -- meant ill


@pytest.mark.parametrize("host", ["a;script-src *", "a b", "a'b.example", "a,b", "a%0ab"])
def test_a_host_that_would_begin_something_else_in_a_header_is_none(host) -> None:
    with pytest.raises(WrongStoreUrl):
        canonical(f"https://{host}")


def test_a_store_may_not_have_us_look_behind_others_doors(spine, monkeypatch) -> None:
    production = replace(spine.machine, settings=replace(spine.machine.settings, wiring="production"))
    monkeypatch.setattr(sockets, "is_public", lambda address: True)
    with raw_store() as victim, raw_store() as evil:
        evil.claims = victim.url
        with pytest.raises(WrongStoreUrl, match="port"):
            woocommerce.connect(production, evil.url, KEY, SECRET)
        assert victim.asked == []


def test_a_stranger_doesnt_learn_where_a_name_leads_in_our_network(spine, monkeypatch) -> None:
    found = [(2, 1, 6, "", ("10.9.8.7", 443))]
    machine = replace(spine.machine, settings=replace(spine.machine.settings, wiring="production"))
    monkeypatch.setattr(sockets.socket, "getaddrinfo", lambda *_a, **_k: found)
    with create_app(machine).test_client() as client:
        client.environ_base["REMOTE_ADDR"] = VISITOR[0]
        form = {"store": "https://db.internal", "consumer_key": KEY, "consumer_secret": SECRET}
        page = client.post("/connect/woocommerce/keys", data=form)
    assert page.status_code == 422
    assert "leads to a private address" in page.text
    assert "10.9.8.7" not in page.text


def test_one_store_may_be_asked_for_so_often_only_whatever_follows_its_name(spine) -> None:
    # On a host of its own: what is counted here lasts for an hour, and ports come again.
    with raw_store(host=drawn(), status=404) as store:
        codes = []
        for n in range(32):
            VISITOR[0] = drawn()
            codes.append(keys(spine, f"{store.url}/{n}").status_code)
    assert codes == [422] * 30 + [429] * 2


def test_a_redirect_to_what_is_no_address_harms_no_other_store(spine, yarn) -> None:
    """`requests` raises a bare ValueError for it, even where it isn't to follow."""
    with raw_store() as evil:
        shop = connected(spine, evil)
    connected(spine, yarn)
    yarn.webhooks.clear()
    answer = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: http://[\r\n\r\n"
    with dripping(answer, drips=False) as url:
        assert keys(spine, url).status_code == 422
        change(spine, "UPDATE shops SET domain = :d WHERE key = :k", d=url, k=shop.shop.key)
        skip(spine, minutes=61)
        tending.run(spine.machine)
    assert shop_at(spine, url).facts["webhooks_trouble"] == "Unavailable"
    assert yarn.topics == sorted(webhooks.TOPICS)


def test_in_a_store_that_left_the_frame_says_what_to_do(spine, yarn) -> None:
    shop = connected(spine, yarn)
    token = frame_token(spine, shop)
    woo_parting.leave(spine.machine, shop)
    with create_app(spine.machine).test_client() as client:
        page = client.get(f"/woocommerce/{shop.shop.key}", query_string={"token": token})
    assert page.status_code == 401
    assert "connect it on the plugin&#39;s page" in page.text
    assert page.headers["Content-Security-Policy"].endswith(f"frame-ancestors {yarn.origin}")


# -- slow, lost, many


def test_one_store_isnt_asked_for_longer_than_its_time(spine, yarn, monkeypatch) -> None:
    connected(spine, yarn)
    yarn.webhooks.clear()
    monkeypatch.setattr(woo_tending, "SECONDS", 0.0)
    yarn.asked.clear()
    skip(spine, minutes=61)
    tending.run(spine.machine)
    assert yarn.asked == []
    assert "too long" in shop_at(spine, yarn.url).facts["webhooks"]


def test_a_store_that_stays_away_is_asked_once_an_hour(spine, yarn) -> None:
    shop = connected(spine, yarn)
    yarn.status = 503
    for minutes in (61, 11):
        skip(spine, minutes=minutes)
        tending.run(spine.machine)
    asked = len(yarn.asked)
    skip(spine, minutes=30)
    tending.run(spine.machine)
    assert len(yarn.asked) == asked
    yarn.status = 0
    skip(spine, minutes=31)
    tending.run(spine.machine)
    assert shop_at(spine, shop.shop.domain).facts["webhooks"] == "healthy"


def test_webhooks_to_an_address_that_we_had_under_another_path_are_replaced(spine, yarn) -> None:
    connected(spine, yarn)
    for hook in yarn.webhooks.values():
        hook["delivery_url"] = hook["delivery_url"].replace(spine.url, "https://old.example")
    spine.machine.settings = replace(spine.machine.settings, public_url=f"{spine.url}/below")
    skip(spine, minutes=61)
    tending.run(spine.machine)
    assert len(yarn.webhooks) == len(webhooks.TOPICS)
    assert {hook["delivery_url"].startswith(f"{spine.url}/below/") for hook in yarn.webhooks.values()} == {
        True
    }


def test_a_store_whose_keys_cant_be_unsealed_any_more_is_mended_by_connecting_it_anew(spine, yarn) -> None:
    before = connected(spine, yarn)
    change(spine, "UPDATE shops SET sender = '+12015550125' WHERE key = :k", k=before.shop.key)
    change(spine, "UPDATE shops SET credentials = '\\x00' WHERE key = :k", k=before.shop.key)
    state = by_keys(spine, yarn.url)
    assert connecting.run(spine.machine) == 1
    again = shop_at(spine, yarn.url)
    assert (again.shop.key, again.sender, again.credentials["consumer_key"]) == (
        before.shop.key,
        "+12015550125",
        KEY,
    )
    assert {hook["secret"] for hook in yarn.webhooks.values()} == {again.credentials["webhook_secret"]}
    assert "is connected" in returned(spine, state).text


def test_a_store_whose_plan_cant_be_read_is_given_up_and_keeps_nobody_waiting(spine, yarn) -> None:
    before = connected(spine, yarn)
    change(spine, "UPDATE shops SET sequence = '{\"steps\": 1}' WHERE key = :k", k=before.shop.key)
    state = by_keys(spine, yarn.url)
    skip(spine, seconds=1)
    with raw_store(keys={OTHER_KEY: "read_write"}) as other:
        by_keys(spine, other.url, OTHER_KEY)
        assert connecting.run(spine.machine) == 2
        assert other.url in woo_domains(spine)
    with spine.machine.db.system() as c:
        assert connects.read(c, state).state == "failed"


def test_who_connects_a_store_waits_for_no_other_stores_errands_and_keeps_none(
    spine, yarn, embedded, monkeypatch
) -> None:
    connection = queues.redis(embedded.redis_url)
    waiting = {name: queues.queue(name, connection) for name in queues.NAMES}
    before = {name: queue.count for name, queue in waiting.items()}
    by_keys(spine, yarn.url)
    try:
        assert waiting[queues.CONNECTS].jobs[-1].func_name.endswith(".work_connecting")
        assert waiting[queues.ERRANDS].count == before[queues.ERRANDS]
    finally:
        waiting[queues.CONNECTS].empty()
        connection.close()
    monkeypatch.setattr(worker, "_machine", spine.machine)
    worker.work_errands()
    assert woo_domains(spine) == []
    worker.work_connecting()
    assert woo_domains(spine) == [yarn.url]


def test_a_store_that_drips_holds_nobodys_turn(spine, monkeypatch) -> None:
    monkeypatch.setattr(woo_connect, "PATIENCE", 0.5)
    with dripping() as url:
        begun = time.monotonic()
        assert keys(spine, url).status_code == 422
        assert time.monotonic() - begun < 5
