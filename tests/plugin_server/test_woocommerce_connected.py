"""A store that is connected: looked after, shown in its wp-admin, and left without a trace."""

import json
from datetime import timedelta

import pytest
import requests
from click.testing import CliRunner
from spine_kit import change, rows, skip
from woo_connect_kit import (
    KEY,
    OTHER_KEY,
    SECRET,
    VISITOR,
    connected,
    drawn,
    frame_token,
    note_facts,
    raw_store,
    shop_at,
)

from connectors.platforms.woocommerce import webhooks
from plugin_server import create_app as commands
from plugin_server.cli import finding
from plugin_server.install import woo_parting, woo_tending, woocommerce
from plugin_server.jobs import tending
from plugin_server.store import tending as due_stores

ALL = sorted(webhooks.TOPICS)


@pytest.fixture(autouse=True)
def another_visitor() -> None:
    VISITOR[0] = drawn()


@pytest.fixture
def yarn():
    with raw_store(plugin={}) as store:
        yield store


@pytest.fixture
def shop(spine, yarn):
    return connected(spine, yarn)


def tend(spine, yarn) -> dict:
    """An hour later. Returns the shop's facts."""
    skip(spine, minutes=61)
    tending.run(spine.machine)
    return shop_at(spine, yarn.url).facts


# -- looked after


def test_a_webhook_that_was_switched_off_or_deleted_is_made_anew_within_the_hour(spine, yarn, shop) -> None:
    first, second, third = sorted(yarn.webhooks)[:3]
    yarn.webhooks[first]["status"] = "disabled"
    yarn.webhooks[second]["status"] = "paused"
    del yarn.webhooks[third]
    assert tend(spine, yarn)["webhooks"] == "repaired"
    assert yarn.topics == ALL
    assert len(yarn.webhooks) == len(ALL)
    assert first not in yarn.webhooks, "one that is only switched on again keeps its count of failures"
    assert tend(spine, yarn)["webhooks"] == "healthy"


def test_the_pretend_store_switches_a_webhook_off_and_gets_another(spine) -> None:
    url = f"{spine.world.url}/woo/wool"
    wool = shop_at(spine, url)
    store = woo_tending.Store(url, spine.machine.store_secrets(wool))
    hook = webhooks.ours(store, woo_tending.address(spine.machine, wool))[0]
    store.put(f"webhooks/{hook.id}", {"status": "disabled"})
    skip(spine, minutes=61)
    tending.run(spine.machine)
    found = webhooks.ours(store, woo_tending.address(spine.machine, wool))
    assert sorted(one.topic for one in found if one.status == "active") == ALL
    assert hook.id not in {one.id for one in found}


def test_duplicates_are_removed_and_other_peoples_webhooks_left_alone(spine, yarn, shop) -> None:
    hook = dict(next(iter(yarn.webhooks.values())))
    yarn.webhooks |= {
        90: {**hook, "id": 90},
        91: {**hook, "id": 91, "delivery_url": "https://other.example/hook"},
    }
    tend(spine, yarn)
    assert 90 not in yarn.webhooks
    assert 91 in yarn.webhooks
    assert len(yarn.webhooks) == len(ALL) + 1


def test_webhooks_to_an_address_that_we_had_before_are_replaced(spine, yarn, shop) -> None:
    for hook in yarn.webhooks.values():
        hook["delivery_url"] = hook["delivery_url"].replace(spine.url, "https://old.example")
    tend(spine, yarn)
    assert {hook["delivery_url"].startswith(spine.url) for hook in yarn.webhooks.values()} == {True}
    assert len(yarn.webhooks) == len(ALL)


def test_webhooks_of_which_nobody_knows_the_secret_are_made_anew(spine, yarn, shop) -> None:
    for hook in yarn.webhooks.values():
        hook["secret"] = "somebody else's"
    note_facts(spine, shop.shop.key, webhooks_made_with="")
    tend(spine, yarn)
    assert {hook["secret"] for hook in yarn.webhooks.values()} == {shop.credentials["webhook_secret"]}
    assert len(yarn.webhooks) == len(ALL)


def test_a_plugin_that_lost_its_connection_is_paired_again_and_one_that_came_later_found(
    spine, yarn, shop
) -> None:
    told = yarn.plugin
    yarn.plugin = {}
    tend(spine, yarn)
    assert yarn.plugin == told
    yarn.plugin = None
    assert tend(spine, yarn)["plugin"] == ""
    yarn.plugin = {}
    assert tend(spine, yarn)["plugin"] == "1.0.0"
    assert yarn.plugin == told


def test_a_plugin_gets_a_wording_that_changed_under_a_number_of_its_own(spine, yarn, shop) -> None:
    before = yarn.plugin["wordings"][0]
    yarn.terms = "https://yarn.example/new-terms"
    tend(spine, yarn)
    after = yarn.plugin["wordings"][0]
    assert (before["version"], after["version"]) == (1, 2)
    assert "new-terms" in after["text"]
    puts = yarn.asked.count(("PUT", "/wp-json/wc-comeback/v1/connection"))
    tend(spine, yarn)
    assert yarn.asked.count(("PUT", "/wp-json/wc-comeback/v1/connection")) == puts, (
        "nothing changed, nothing is told"
    )


def test_what_the_merchant_says_of_terms_comes_before_what_wordpress_says(spine, yarn, shop) -> None:
    plan = {"terms_url": "https://legal.example/t", "privacy_url": "https://legal.example/p"}
    change(
        spine,
        "UPDATE shops SET gathering = CAST(:p AS jsonb) WHERE key = :k",
        p=json.dumps(plan),
        k=shop.shop.key,
    )
    tend(spine, yarn)
    assert "legal.example/t" in yarn.plugin["wordings"][0]["text"]


def test_a_key_that_was_revoked_is_trouble_that_isnt_tried_hot(spine, yarn, shop) -> None:
    yarn.keys.clear()
    facts = tend(spine, yarn)
    assert "Consumer key is invalid" in facts["webhooks"]
    assert facts["webhooks_trouble"] == "Unauthorised"
    asked = len(yarn.asked)
    skip(spine, minutes=30)
    tending.run(spine.machine)
    assert len(yarn.asked) == asked
    page = framed(spine, shop)
    assert "doesn&#39;t let Comeback in" in page.text
    assert "/connect/woocommerce" in page.text
    yarn.keys[OTHER_KEY] = "read_write"
    again = woocommerce.connect(spine.machine, yarn.url, OTHER_KEY, SECRET)
    assert (again.facts["webhooks"], again.facts["webhooks_trouble"]) == ("healthy", "")


def test_a_store_that_is_down_is_asked_again_after_ten_minutes(spine, yarn, shop) -> None:
    yarn.status = 503
    assert tend(spine, yarn)["webhooks_trouble"] == "Unavailable"
    yarn.status = 0
    skip(spine, minutes=11)
    tending.run(spine.machine)
    assert shop_at(spine, yarn.url).facts["webhooks"] == "healthy"


def test_a_store_that_moved_says_so_and_isnt_taken_for_another(spine, yarn, shop) -> None:
    yarn.claims = "https://new.example"
    facts = tend(spine, yarn)
    assert "https://new.example now: connect it there" in facts["webhooks"]


def test_an_update_of_the_store_is_seen(spine, yarn, shop) -> None:
    yarn.name = "Better Yarn"
    tend(spine, yarn)
    assert shop_at(spine, yarn.url).shop.name == "Better Yarn"


def test_two_who_look_after_one_store_dont_both_make_its_webhooks(spine, yarn, shop) -> None:
    yarn.webhooks.clear()
    with woo_tending.alone(spine.machine, shop.shop.id, wait=True):
        seen = woo_tending.tend(spine.machine, shop)
    assert seen.shop == shop.shop
    assert yarn.webhooks == {}


def test_the_clock_asks_once_a_minute_whether_a_store_is_due(spine, yarn, shop) -> None:
    now = spine.machine.clock.now()
    with spine.machine.db.system() as c:
        assert not due_stores.waiting(c, now + timedelta(minutes=59))
        assert due_stores.waiting(c, now + timedelta(minutes=61))
        assert due_stores.waiting(c, now - timedelta(days=40)), "put off by a clock that ran ahead"


# -- left


def test_a_store_that_leaves_is_left_without_a_trace(spine, yarn, shop) -> None:
    yarn.webhooks[91] = {
        "id": 91,
        "topic": "order.created",
        "status": "active",
        "delivery_url": "https://x.example/y",
    }
    woo_parting.leave(spine.machine, shop)
    tending.run(spine.machine)
    gone = shop_at(spine, yarn.url)
    assert (gone.state, gone.credentials) == ("uninstalled", {})
    assert list(yarn.webhooks) == [91]
    assert yarn.plugin == {}
    assert woo_parting.part(spine.machine, gone), "twice does no harm"
    tending.run(spine.machine)
    assert list(yarn.webhooks) == [91]


def test_a_store_that_is_down_when_it_leaves_is_told_later_and_in_the_end_forgotten(
    spine, yarn, shop
) -> None:
    woo_parting.leave(spine.machine, shop)
    yarn.status = 503
    assert not woo_parting.part(spine.machine, shop)
    assert shop_at(spine, yarn.url).credentials
    skip(spine, minutes=5)
    asked = len(yarn.asked)
    tending.run(spine.machine)
    assert len(yarn.asked) == asked, "not at once again"
    skip(spine, days=3)
    tending.run(spine.machine)
    assert shop_at(spine, yarn.url).credentials == {}


def test_a_store_that_revoked_our_key_first_is_forgotten_at_once(spine, yarn, shop) -> None:
    yarn.keys.clear()
    woo_parting.leave(spine.machine, shop)
    assert woo_parting.part(spine.machine, shop)
    assert shop_at(spine, yarn.url).credentials == {}


def test_a_store_that_comes_back_has_its_plan_and_new_secrets(spine, yarn, shop) -> None:
    change(
        spine,
        "UPDATE shops SET sequence = sequence || '{\"holdout\": \"0.07\"}', sender = '+12015550125' WHERE key = :k",
        k=shop.shop.key,
    )
    woo_parting.leave(spine.machine, shop)
    woo_parting.part(spine.machine, shop)
    back = woocommerce.connect(spine.machine, yarn.url, KEY, SECRET)
    assert (back.state, back.shop.key, back.sender) == ("active", shop.shop.key, "+12015550125")
    assert str(back.sequence.holdout) == "0.07"
    for name in woo_tending.OWN_SECRETS:
        assert back.credentials[name] != shop.credentials[name]
    assert yarn.topics == ALL
    assert yarn.plugin["secret"] == back.credentials["plugin_secret"]


def test_a_store_that_comes_back_before_it_was_told_keeps_what_it_was_given_back(spine, yarn, shop) -> None:
    woo_parting.leave(spine.machine, shop)
    back = woocommerce.connect(spine.machine, yarn.url, KEY, SECRET)
    assert not woo_parting.part(spine.machine, back)
    assert back.credentials["webhook_secret"] != shop.credentials["webhook_secret"]
    assert yarn.topics == ALL
    assert {hook["secret"] for hook in yarn.webhooks.values()} == {back.credentials["webhook_secret"]}
    assert shop_at(spine, yarn.url).credentials == back.credentials


# -- in wp-admin


def framed(spine, shop, token: str | None = None, key: str | None = None) -> requests.Response:
    query = {"token": frame_token(spine, shop) if token is None else token}
    return requests.get(f"{spine.url}/woocommerce/{key or shop.shop.key}", params=query, timeout=10)


def test_the_plugins_token_opens_the_page_in_this_stores_admin_alone(spine, yarn, shop) -> None:
    page = framed(spine, shop)
    assert page.status_code == 200
    assert "Comeback for Yarn &amp; Co" in page.text
    assert page.headers["Content-Security-Policy"].endswith(f"frame-ancestors {yarn.origin}")
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "X-Frame-Options" not in page.headers
    assert "Set-Cookie" not in page.headers
    assert f'data-store="{yarn.origin}"' in page.text
    assert "There is no number to text from yet" in page.text


def test_the_page_names_what_is_missing_at_the_store(spine, yarn, shop) -> None:
    note_facts(
        spine, shop.shop.key, plugin="", core_recovery_email="on", version="9.9.5", hold_stock_minutes=30
    )
    page = framed(spine, shop)
    order = [page.text.index(f'id="fix-{code}"') for code in ("plugin", "sender", "hold", "core-email")]
    assert order == sorted(order)
    note_facts(spine, shop.shop.key, plugin="1.0.0", lacks=["terms"], core_recovery_email="suppressed")
    page = framed(spine, shop)
    assert "Terms and conditions" in page.text
    assert 'id="fix-hold"' not in page.text
    assert 'id="fix-core-email"' not in page.text


def test_who_proves_nothing_sees_nothing(spine, yarn, shop) -> None:
    wool = shop_at(spine, f"{spine.world.url}/woo/wool")
    late = int((spine.machine.clock.now() - timedelta(seconds=11)).timestamp())
    for token in (
        "",
        "no.token.atall",
        frame_token(spine, wool),
        frame_token(spine, shop, iss=wool.shop.domain),
        frame_token(spine, shop, aud="https://other.example"),
        frame_token(spine, shop, role="customer"),
        frame_token(spine, shop, exp=late, iat=late - 60),
    ):
        page = framed(spine, shop, token)
        assert page.status_code == 401, token
        assert "Yarn" not in page.text
        assert page.headers["Content-Security-Policy"].endswith(f"frame-ancestors {yarn.origin}")
    assert framed(spine, shop, key="nobody").status_code == 401


def test_a_store_that_left_is_shown_nothing_any_more(spine, yarn, shop) -> None:
    token = frame_token(spine, shop)
    woo_parting.leave(spine.machine, shop)
    assert framed(spine, shop, token).status_code == 401


# -- from the command line


@pytest.fixture
def comeback(spine, monkeypatch):
    """Run a command on this test's machine."""
    monkeypatch.setattr(finding, "start", lambda: (None, Closed()))
    monkeypatch.setattr(finding, "build", lambda *_: spine.machine)
    monkeypatch.setattr(spine.machine, "close", lambda: None)

    def run(*words: str, env: dict[str, str] | None = None, typed: str = "") -> tuple[int, str]:
        done = CliRunner().invoke(commands().cli, words, env=env, input=typed)
        return done.exit_code, done.output

    return run


class Closed:
    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


def test_a_store_is_connected_seen_repaired_and_left_by_commands(spine, yarn, comeback) -> None:
    code, said = comeback("connect", yarn.url, env={"WOO_CONSUMER_KEY": KEY, "WOO_CONSUMER_SECRET": SECRET})
    assert code == 0, said
    assert "webhooks: healthy" in said
    assert KEY not in said
    assert SECRET not in said
    yarn.webhooks[1]["status"] = "disabled"
    code, said = comeback("webhooks", yarn.url)
    assert code == 0
    assert "order.created: disabled, to be made anew" in said
    code, said = comeback("webhooks", yarn.url, "--repair")
    assert "order.created: active" in said
    assert "webhooks: repaired" in said
    assert comeback("disconnect", yarn.url)[0] == 0
    assert yarn.webhooks == {}
    assert comeback("disconnect", yarn.url)[0] == 0, "twice does no harm"
    assert comeback("webhooks", yarn.url)[0] == 1
    assert one_state(spine, yarn) == "uninstalled"


def one_state(spine, yarn) -> str:
    return rows(spine, "SELECT state FROM shops WHERE domain = :d", d=yarn.url)[0].state


def test_keys_are_asked_for_without_being_shown_and_a_refusal_says_what_to_do(spine, yarn, comeback) -> None:
    yarn.keys = {OTHER_KEY: "read_write"}
    code, said = comeback("connect", yarn.url, typed=f"{KEY}\n{SECRET}\n")
    assert code == 1
    assert "Consumer key is invalid" in said
    assert "Read/Write" in said
    assert KEY not in said
    code, said = comeback(
        "connect", yarn.url, env={"WOO_CONSUMER_KEY": "ck_x", "WOO_CONSUMER_SECRET": SECRET}
    )
    assert code == 2
    code, said = comeback("webhooks", "mugs.myshopify.com")
    assert (code, "no WooCommerce store" in said) == (2, True)
