"""What webhooks lost is found by reading the store again, over real HTTP."""

from dataclasses import replace
from datetime import timedelta

import reread_kit as rk
import spine_kit as kit

from plugin_server.store import carts, shops
from plugin_server.store.tx import Tx
from sequences.cart import Contact
from sequences.ports import Look

SECOND = {"phone": "+12125550143", "email": "second@example.com"}


def test_a_cart_whose_webhooks_were_lost_is_texted_and_only_once(spine) -> None:
    rk.watched(spine)
    rk.deaf(spine)
    kit.at_noon(spine)
    kit.leave_cart(spine)
    kit.work(spine)
    assert kit.states(spine, "carts") == []
    kit.skip(spine, minutes=50)
    rk.read_again(spine)
    kit.work(spine)
    kit.skip(spine, minutes=20)
    kit.work(spine)
    (sent,) = kit.texts(spine)
    assert sent["to"].lstrip("+") == kit.PHONE[1:]
    assert rk.traced(spine) == ["found by re-reading the store"]
    for _ in range(3):
        rk.heal(spine)
    assert len(kit.texts(spine)) == 1
    assert rk.marks(spine)["checkouts"].healed == 1


def test_a_checkout_that_was_shown_only_after_the_last_reading_is_found_by_the_next(spine) -> None:
    """It was left before that reading began, and its store shows it ten minutes later: the lag reaches back to it."""
    rk.watched(spine)
    rk.deaf(spine)
    kit.at_noon(spine)
    kit.leave_cart(spine)
    kit.skip(spine, minutes=9)
    rk.read_again(spine)
    assert kit.states(spine, "carts") == []
    rk.heal(spine)
    assert kit.states(spine, "carts") == ["open"]


def test_a_purchase_whose_webhook_was_lost_ends_the_reminders_and_counts_for_the_text(spine) -> None:
    rk.watched(spine)
    key = kit.texted(spine)
    rk.deaf(spine)
    kit.buy(spine, key)
    rk.heal(spine)
    assert kit.states(spine, "carts") == ["recovered"]
    assert kit.one(spine, "recoveries").state == "standing"
    assert [s for s in kit.states(spine) if s in ("planned", "held")] == []
    kit.skip(spine, hours=30)
    kit.work(spine)
    assert len(kit.texts(spine)) == 1


def test_a_refund_whose_webhook_was_lost_takes_the_recovery_back(spine) -> None:
    rk.watched(spine)
    key = kit.texted(spine)
    order = kit.buy(spine, key)
    kit.work(spine)
    assert kit.one(spine, "recoveries").state == "standing"
    rk.deaf(spine)
    kit.skip(spine, minutes=5)
    spine.world.post(f"/sandbox/orders/mugs/{order}/refund", {})
    rk.heal(spine)
    assert (kit.one(spine, "orders").status, kit.one(spine, "recoveries").state) == ("refunded", "undone")


def test_a_cancellation_whose_webhook_was_lost_takes_the_recovery_back(spine) -> None:
    rk.watched(spine)
    key = kit.texted(spine)
    order = kit.buy(spine, key)
    kit.work(spine)
    rk.deaf(spine)
    kit.skip(spine, minutes=5)
    spine.world.post(f"/sandbox/orders/mugs/{order}/cancel", {})
    rk.heal(spine)
    assert (kit.one(spine, "orders").status, kit.one(spine, "recoveries").state) == ("cancelled", "undone")


def test_what_webhooks_told_already_is_left_as_it_is(spine) -> None:
    rk.watched(spine)
    kit.left(spine)
    key = kit.leave_cart(spine, **SECOND)
    kit.skip(spine, minutes=5)
    kit.buy(spine, key)
    kit.settle(spine)
    before = kit.rows(spine, "SELECT id, state, reason, active_at, idle_at, sealed FROM carts ORDER BY id")
    rk.heal(spine)
    assert before == kit.rows(
        spine, "SELECT id, state, reason, active_at, idle_at, sealed FROM carts ORDER BY id"
    )
    assert rk.traced(spine) == []
    assert {mark.healed for mark in rk.marks(spine).values()} == {0}
    assert (rk.marks(spine)["orders"].done, rk.marks(spine)["checkouts"].done) == (1, 1)


def test_a_change_that_was_lost_is_found_and_the_cart_keeps_its_name_number_and_consent(spine) -> None:
    rk.watched(spine)
    kit.at_noon(spine)
    key = kit.leave_cart(spine)
    kit.settle(spine)
    (before,) = kit.rows(spine, "SELECT id, key, phone_hash, total, lines FROM carts")
    evidence = kit.rows(spine, "SELECT state, source FROM consents")
    rk.deaf(spine)
    kit.skip(spine, minutes=5)
    spine.world.post(f"/sandbox/carts/mugs/{key}/change", {"items": [{"sku": "MUG-BLUE", "quantity": 3}]})
    rk.heal(spine)
    (after,) = kit.rows(spine, "SELECT id, key, phone_hash, total, lines FROM carts")
    assert (after.lines, after.total > before.total) == (3, True)
    assert (after.id, after.key, after.phone_hash) == (before.id, f"checkout:{key}", before.phone_hash)
    assert evidence[0] in kit.rows(spine, "SELECT state, source FROM consents")


def test_a_cart_found_by_reading_becomes_one_with_what_its_webhook_tells_late(spine, monkeypatch) -> None:
    rk.watched(spine)
    kit.at_noon(spine)
    kit.faults(spine, webhook_late=1, webhook_late_seconds=7200)
    key = kit.leave_cart(spine)
    kit.skip(spine, minutes=50)
    rk.read_again(spine)
    kit.settle(spine)
    assert [r.key.partition(":")[0] for r in kit.rows(spine, "SELECT key FROM carts")] == ["name"]
    assert kit.states(spine, "carts") == ["abandoned"]
    kit.faults(spine, webhook_late=0)
    kit.skip(spine, minutes=90)  # the webhooks arrive; the text was due before them, and is handed over now
    kit.settle(spine)
    assert kit.states(spine, "carts") == ["abandoned"], "old news doesn't wake a cart"
    names = {r.name for r in kit.rows(spine, "SELECT name FROM cart_names")}
    assert f"checkout:{key}" in names
    assert {r.source for r in kit.rows(spine, "SELECT source FROM consents")} == {
        "shopify",
        "shopify checkout",
    }
    asked = []
    platform = spine.machine.platform("shopify")
    monkeypatch.setattr(
        type(platform),
        "last_look",
        lambda self, shop, credentials, refs: (
            asked.extend(refs) or {ref.key: Look(state="open") for ref in refs}
        ),
    )
    kit.work(spine)
    assert len(kit.texts(spine)) == 1
    assert f"checkout:{key}" in asked[0].aliases
    kit.skip(spine, minutes=5)
    kit.buy(spine, key)
    kit.work(spine)
    assert kit.states(spine, "carts") == ["recovered"]
    assert kit.one(spine, "orders").tied_by == "same_checkout"


def test_a_cart_that_nobody_could_reach_is_planned_once_a_late_webhook_names_the_number(spine) -> None:
    rk.watched(spine)
    kit.at_noon(spine)
    kit.faults(spine, webhook_late=1, webhook_late_seconds=5400)
    kit.leave_cart(spine)
    kit.skip(spine, minutes=50)
    rk.read_again(spine)
    kit.change(spine, "UPDATE carts SET phone_hash = NULL")
    kit.settle(spine)
    forget_number(spine)
    kit.faults(spine, webhook_late=0)
    kit.skip(spine, minutes=60)
    kit.work(spine)
    assert len(kit.texts(spine)) == 1


def forget_number(spine) -> None:
    """As if the store had shown the cart without any number."""
    with spine.machine.db.system() as c:
        shop = shops.by_key(c, spine.machine.secrets.vault, None, spine.keys["mugs"]).shop
        tx = Tx(c, shop, spine.machine.secrets)
        (row,) = carts.by_ids(tx, [kit.one(spine, "carts", "id").id]).values()
        carts.learn(tx, row.id, replace(row.cart, contact=Contact()))
        c.exec_driver_sql("UPDATE carts SET state = 'expired', reason = 'no phone was given'")
        c.exec_driver_sql("DELETE FROM touches")


def test_an_opt_out_at_the_store_that_was_lost_holds(spine) -> None:
    rk.watched(spine)
    kit.at_noon(spine)
    key = kit.leave_cart(spine)
    kit.settle(spine)
    rk.deaf(spine)
    kit.skip(spine, minutes=2)
    kit.errand(spine, "consent", email=kit.NAMES["email"], state="UNSUBSCRIBED")
    spine.world.post(f"/sandbox/carts/mugs/{key}/change", {"items": [{"sku": "MUG-BLUE", "quantity": 3}]})
    rk.heal(spine)
    kit.skip(spine, minutes=70)
    kit.work(spine)
    assert kit.texts(spine) == []
    assert "skipped" in kit.states(spine)


def test_a_cart_whose_shopper_was_erased_stays_erased(spine) -> None:
    rk.watched(spine)
    kit.at_noon(spine)
    key = kit.leave_cart(spine)
    kit.settle(spine)
    kit.errand(spine, "redact", email=kit.NAMES["email"])
    kit.settle(spine)
    assert kit.states(spine, "carts") == ["erased"]
    rk.deaf(spine)
    spine.world.post(f"/sandbox/carts/mugs/{key}/change", {"items": [{"sku": "MUG-BLUE", "quantity": 3}]})
    rk.heal(spine)
    (row,) = kit.rows(spine, "SELECT state, sealed, phone_hash FROM carts")
    assert (row.state, row.sealed, row.phone_hash) == ("erased", None, None)


def test_what_is_found_stands_in_no_log_and_no_note(spine, capsys) -> None:
    rk.watched(spine)
    rk.deaf(spine)
    kit.leave_cart(spine)
    rk.heal(spine)
    said = capsys.readouterr()
    assert kit.PHONE[1:] not in said.out + said.err
    assert timedelta(0) < spine.machine.clock.now() - rk.marks(spine)["orders"].until < timedelta(minutes=12)
