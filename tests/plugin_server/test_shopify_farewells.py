"""What Shopify tells of a shop that is gone, and what becomes of it when the shop is here again, or never was."""

import json
from dataclasses import replace
from datetime import timedelta
from threading import Thread

import pytest
import requests
import structlog
from shopify_kit import TEA, apply_webhooks, found, kept, open_app, open_shop
from spine_kit import change, errand, leave_cart, rows, settle, shopify, skip, wait_idle
from sqlalchemy import text

from connectors.platforms.shopify.tokens import Tokens
from plugin_server.jobs import ingest
from plugin_server.store import tokens

GONE = {"X_Shopify_Shop_Domain": "gone.myshopify.com", "shop": None}
REDACT = json.dumps({"shop_id": 1, "shop_domain": TEA}).encode()
FAREWELLS = ["app/uninstalled", "customers/data_request", "customers/redact", "shop/redact"]
OTHERS = [
    "checkouts/update",
    "orders/create",
    "app/scopes_update",
    "customers_marketing_consent/update",
    "x/y",
]


@pytest.fixture
def tea(spine):
    """A shop at Shopify that has just installed the app."""
    open_shop(spine)
    open_app(spine)
    return spine


def redact(spine, at) -> list[str]:
    """shop/redact, asked for at this time; the states of all events."""
    about = {"shop": None, "X_Shopify_Shop_Domain": TEA, "X_Shopify_Triggered_At": at.isoformat()}
    assert shopify(spine, "shop/redact", REDACT, **about).status_code == 200
    return apply_webhooks(spine)


def now(spine):
    return spine.machine.clock.now()


def notes(spine) -> list[str]:
    return [row.note for row in rows(spine, "SELECT note FROM events ORDER BY id")]


# -- shops that we hold nothing of


def test_a_farewell_of_a_shop_nobody_knows_is_answered_as_done_and_all_else_is_to_be_sent_again(
    spine,
) -> None:
    with structlog.testing.capture_logs() as logs:
        for topic in FAREWELLS:
            answer = shopify(spine, topic, b"{}", **GONE)
            assert (answer.status_code, answer.text) == (200, "nothing is held of this shop\n"), topic
        for topic in OTHERS:
            assert shopify(spine, topic, b"{}", **GONE).status_code == 404, topic
        for domain in ("gone.example", "x.myshopify.com.evil.example", "%00"):
            answer = shopify(spine, "shop/redact", b"{}", shop=None, X_Shopify_Shop_Domain=domain)
            assert answer.status_code == 404, domain
    assert rows(spine, "SELECT 1 FROM events") == []
    told = [line["domain"] for line in logs if "asks nothing" in line["event"]]
    assert told == ["gone.myshopify.com"] * len(FAREWELLS)


def test_a_farewell_is_to_be_sent_again_while_its_shop_is_brought_in(spine) -> None:
    with spine.machine.db.system() as c:
        lock = "SELECT pg_advisory_xact_lock(hashtextextended('install gone.myshopify.com', 0))"
        c.execute(text(lock))
        assert shopify(spine, "app/uninstalled", b"{}", **GONE).status_code == 404
    assert shopify(spine, "app/uninstalled", b"{}", **GONE).status_code == 200


def test_what_isnt_signed_is_refused_whatever_else_is_wrong(spine) -> None:
    for topic in (*FAREWELLS, *OTHERS, ""):
        for told in ({"secret": "somebody else's"}, {"X_Shopify_Hmac_Sha256": ""}):
            for domain in ("mugs.myshopify.com", "gone.myshopify.com", ""):
                about = {"shop": None, "X_Shopify_Shop_Domain": domain}
                answer = shopify(spine, topic, b"{}", **about, **told)
                assert (answer.status_code, answer.text) == (401, "Unauthorized\n"), (topic, told, domain)


def test_what_is_signed_and_says_no_topic_or_no_shop_is_a_bad_request(spine) -> None:
    mugs = {"X_Shopify_Shop_Domain": "mugs.myshopify.com"}
    for answer in (
        shopify(spine, "", b"{}", shop=None, **mugs),
        shopify(spine, "", b"{}", **mugs),
        shopify(spine, "shop/redact", b"{}", shop=None, X_Shopify_Shop_Domain=""),
    ):
        assert (answer.status_code, answer.text) == (400, "Bad Request\n")
    assert rows(spine, "SELECT 1 FROM events") == []
    named = shopify(spine, "shop/update", b"{}", X_Shopify_Shop_Domain="")
    assert named.status_code == 200, "its address names the shop"


def test_only_posts_come_in_at_the_one_address_for_all_shops(spine) -> None:
    for method in ("GET", "PUT", "DELETE", "PATCH", "OPTIONS"):
        answer = requests.request(method, f"{spine.url}/webhooks/shopify", timeout=5)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST"), method


def test_a_secret_before_the_last_rotation_signs_farewells_too(spine) -> None:
    old = "the-secret-before"
    assert shopify(spine, "shop/redact", b"{}", secret=old, **GONE).status_code == 401
    spine.machine.settings = replace(spine.machine.settings, shopify_old_client_secret=old)
    assert shopify(spine, "shop/redact", b"{}", secret=old, **GONE).status_code == 200


# -- shops that came back


def test_a_shop_that_is_back_within_two_days_keeps_its_data(tea) -> None:
    leave_cart(tea, "tea")
    errand(tea, "uninstall", "tea")
    settle(tea)
    left = now(tea)
    skip(tea, hours=1)
    open_app(tea)
    before, held = found(tea), kept(tea)
    skip(tea, hours=47)
    assert redact(tea, left + timedelta(hours=48))[-1] == "stale"
    assert notes(tea)[-1] == "not erased: the shop has installed the app again since"
    assert (found(tea), kept(tea)) == (before, held)
    assert len(rows(tea, "SELECT 1 FROM carts WHERE state = 'open' AND sealed IS NOT NULL")) == 1


def test_a_shop_that_was_back_before_it_was_told_keeps_its_data(tea) -> None:
    errand(tea, "uninstall", "tea")
    settle(tea)
    asked = now(tea) + timedelta(hours=48)
    skip(tea, hours=60)
    open_app(tea)
    skip(tea, hours=10)
    assert redact(tea, asked)[-1] == "stale"
    assert found(tea).active


def test_a_shop_that_left_again_is_erased(tea) -> None:
    errand(tea, "uninstall", "tea")
    settle(tea)
    left = now(tea)
    skip(tea, hours=1)
    open_app(tea)
    errand(tea, "uninstall", "tea")
    settle(tea)
    assert redact(tea, left + timedelta(hours=48))[-1] == "applied"
    assert found(tea).state == "removed"


def test_a_shop_whose_end_was_never_told_is_erased_all_the_same(tea) -> None:
    skip(tea, days=30)
    assert redact(tea, now(tea))[-1] == "applied"
    assert found(tea).state == "removed"


def test_a_shop_that_let_us_in_since_is_here_whatever_its_row_says_of_its_installation(tea) -> None:
    skip(tea, days=30)
    open_app(tea)
    assert now(tea) - found(tea).installed_at > timedelta(days=29)
    skip(tea, hours=47)
    assert redact(tea, now(tea))[-1] == "stale"
    skip(tea, hours=2)
    assert redact(tea, now(tea))[-1] == "applied"


def test_no_header_can_ask_for_it_from_the_future(tea) -> None:
    skip(tea, hours=1)
    assert redact(tea, now(tea) + timedelta(days=999))[-1] == "stale"
    assert found(tea).active


def test_a_shop_that_is_brought_in_while_it_is_to_be_erased_stays(tea) -> None:
    """The installation comes first: it holds the lock that the erasure waits for."""
    change(tea, "UPDATE shops SET state = 'uninstalled' WHERE domain = :d", d=TEA)
    about = {"shop": None, "X_Shopify_Shop_Domain": TEA}
    assert shopify(tea, "shop/redact", REDACT, **about).status_code == 200
    wait_idle(tea)
    with tea.machine.db.system() as c:
        c.execute(text(f"SELECT pg_advisory_xact_lock(hashtextextended('install {TEA}', 0))"))
        other = Thread(target=ingest.run, args=(tea.machine,))
        other.start()
        other.join(0.5)
        assert other.is_alive(), "it waits"
        c.execute(
            text("UPDATE shops SET state = 'active', installed_at = :at WHERE domain = :d"),
            {"at": now(tea), "d": TEA},
        )
    other.join(10)
    assert notes(tea)[-1].startswith("not erased")
    assert found(tea).active


def brought_in(tea, webhook) -> None:
    """A webhook is applied while the shop is brought in: the installation holds the lock that it must wait for."""
    webhook()
    wait_idle(tea)
    with tea.machine.db.system() as c:
        c.execute(text(f"SELECT pg_advisory_xact_lock(hashtextextended('install {TEA}', 0))"))
        other = Thread(target=ingest.run, args=(tea.machine,))
        other.start()
        other.join(0.5)
        assert other.is_alive(), "it waits"
        shop_id = found(tea).shop.id
        told = {"scopes": ["read_orders"], "scopes_at": None, "heard_at": now(tea).isoformat()}
        c.execute(
            text("UPDATE shops SET state = 'active', installed_at = :at, facts = :facts WHERE id = :id"),
            {"at": now(tea), "facts": json.dumps(told), "id": shop_id},
        )
        tokens.write(c, tea.machine.secrets.vault, shop_id, Tokens(access="shpat_new"), now(tea))
    other.join(10)


def test_a_shop_that_is_brought_in_while_its_uninstall_is_applied_stays(tea) -> None:
    errand(tea, "uninstall", "tea")
    wait_idle(tea)
    skip(tea, minutes=5)
    brought_in(tea, lambda: None)
    assert notes(tea)[-1] == "the shop has installed the app again since"
    assert found(tea).active
    assert kept(tea).tokens.access == "shpat_new"


def test_permissions_that_were_told_late_dont_replace_what_the_shop_says_now(tea) -> None:
    """Also while they are read: a day's delivery isn't newer than the settings that were just read."""
    told = json.dumps({"current": ["read_all_orders"], "updated_at": now(tea).isoformat()}).encode()
    skip(tea, minutes=5)
    brought_in(tea, lambda: shopify(tea, "app/scopes_update", told, shop=None, X_Shopify_Shop_Domain=TEA))
    assert notes(tea)[-1] == "permissions changed again since"
    assert found(tea).facts["scopes"] == ["read_orders"]
