"""What a WooCommerce store's webhooks lost is found by reading it again, over real HTTP."""

from datetime import timedelta

import reread_kit as rk
import spine_kit as kit
from woo_kit import deaf

from plugin_server.jobs import rereading

SECOND = {"phone": "+12125550143", "email": "second@example.com"}


def first_done(spine) -> None:
    """As if all before were known."""
    rk.read_again(spine)


def test_a_cart_whose_webhooks_were_lost_is_texted_and_only_once(spine) -> None:
    kit.at_noon(spine)
    first_done(spine)
    deaf(spine)
    kit.leave_cart(spine, "wool")
    kit.work(spine)
    assert kit.states(spine, "carts") == []
    rk.heal(spine)
    assert kit.states(spine, "carts") == ["open"]
    kit.skip(spine, minutes=125)
    kit.work(spine)
    assert len(kit.texts(spine)) == 1
    assert rk.traced(spine) == ["found by re-reading the store"]
    for _ in range(3):
        rk.heal(spine)
    assert len(kit.texts(spine)) == 1
    assert rk.marks(spine)["orders"].healed == 1


def test_a_purchase_whose_webhook_was_lost_ends_the_reminders_and_counts_for_the_text(spine) -> None:
    key = kit.texted(spine, "wool")
    first_done(spine)
    deaf(spine)
    kit.buy(spine, key, "wool")
    rk.heal(spine)
    assert kit.states(spine, "carts") == ["recovered"]
    assert kit.one(spine, "recoveries").state == "standing"
    assert [s for s in kit.states(spine) if s in ("planned", "held")] == []


def test_a_refund_whose_webhook_was_lost_takes_the_recovery_back(spine) -> None:
    key = kit.texted(spine, "wool")
    order = kit.buy(spine, key, "wool")
    kit.work(spine)
    assert kit.one(spine, "recoveries").state == "standing"
    first_done(spine)
    deaf(spine)
    kit.skip(spine, minutes=5)
    spine.world.post(f"/sandbox/orders/wool/{order}/refund", {})
    rk.heal(spine)
    assert (kit.one(spine, "orders").status, kit.one(spine, "recoveries").state) == ("refunded", "undone")


def test_an_erasure_whose_webhook_was_lost_is_found(spine) -> None:
    kit.left(spine, "wool")
    first_done(spine)
    deaf(spine)
    kit.errand(spine, "erase", "wool", phone=kit.PHONE)
    rk.heal(spine)
    (row,) = kit.rows(spine, "SELECT state, sealed, phone_hash FROM carts")
    assert (row.state, row.sealed, row.phone_hash) == ("erased", None, None)


def test_what_webhooks_told_already_is_left_as_it_is(spine) -> None:
    first_done(spine)
    kit.left(spine, "wool")
    key = kit.leave_cart(spine, "wool", **SECOND)
    kit.skip(spine, minutes=5)
    kit.buy(spine, key, "wool")
    kit.settle(spine)
    sql = "SELECT id, state, reason, active_at, idle_at, sealed FROM carts ORDER BY id"
    before = kit.rows(spine, sql)
    rk.heal(spine)
    assert before == kit.rows(spine, sql)
    assert (rk.traced(spine), rk.marks(spine)["orders"].healed) == ([], 0)


def test_a_crowd_that_changed_within_a_second_is_found_whole_across_turns(spine, monkeypatch) -> None:
    """As when a merchant changes many orders at once; a slice is over after each page."""
    monkeypatch.setattr(rereading, "SLICE", 0.0)
    first_done(spine)
    deaf(spine)
    keys = {
        kit.leave_cart(spine, "wool", phone=f"+1212555{1000 + n}", email=f"s{n}@example.com")
        for n in range(250)
    }
    kit.skip(spine, minutes=11)
    turns = rk.read_again(spine)
    found = {row.key.removeprefix("order:") for row in kit.rows(spine, "SELECT key FROM carts")}
    assert found == keys
    assert turns >= 5
    assert rk.marks(spine)["orders"].healed == 250
    assert rk.marks(spine)["orders"].expected == 250


def test_a_new_shop_is_read_back_a_week_and_nobody_is_texted_who_bought(spine) -> None:
    kit.change(spine, "DELETE FROM watermarks")
    deaf(spine)
    kit.at_noon(spine)
    bought = kit.leave_cart(spine, "wool")
    kit.buy(spine, bought, "wool")
    kit.leave_cart(spine, "wool", **SECOND)
    kit.skip(spine, minutes=30)
    assert rereading.adopt(spine.machine) >= 1
    rk.read_again(spine)
    kit.skip(spine, minutes=100)
    kit.work(spine)
    assert [text["to"].lstrip("+") for text in kit.texts(spine)] == ["12125550143"]
    assert rk.marks(spine)["orders"].healed == 0, "what was before us was lost by nobody"


def test_a_store_in_maintenance_is_read_on_when_it_said_it_would_be_back(spine) -> None:
    first_done(spine)
    kit.faults(spine, store_error=1)
    kit.skip(spine, minutes=11)
    rk.read_again(spine)
    mark = rk.marks(spine)["orders"]
    assert timedelta(minutes=9) < mark.due_at - spine.machine.clock.now() <= timedelta(minutes=10)
    kit.faults(spine, store_error=0)
    kit.leave_cart(spine, "wool")
    rk.heal(spine)
    assert rk.marks(spine)["orders"].tries == 0
