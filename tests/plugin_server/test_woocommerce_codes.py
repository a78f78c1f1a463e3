"""Codes made beforehand in a WooCommerce store, from the sequence to the order that used one, over real HTTP."""

from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import code_pools_kit as pk
import pytest
import requests
import spine_kit as kit
from woo_kit import coupons, store_of

from connectors.platforms.woocommerce.client import Store
from connectors.platforms.woocommerce.errors import Unavailable
from plugin_server.jobs import pooling

OTHER = {"phone": "+12125550199", "email": "other@example.com"}


def stocked(spine, discount: dict | None = None, **more) -> str:
    """A cart whose touch is due; the pool is full."""
    pk.offer(spine, discount, shop="wool", **more)
    kit.at_noon(spine)
    key = kit.leave_cart(spine, "wool")
    kit.settle(spine)
    kit.skip(spine, minutes=61)
    kit.settle(spine)
    pk.look_after(spine)
    kit.skip(spine, minutes=1)
    return key


def test_a_unique_code_brings_a_cart_back_and_its_order_is_tied_to_the_text_by_it(spine) -> None:
    stocked(spine)
    made = coupons(spine)
    assert sorted(made) == sorted(code.lower() for code in pk.codes(spine, "ready"))
    assert len(made) == 20
    assert {(c["usage_limit"], c["amount"], c["individual_use"]) for c in made.values()} == {
        (1, "10.00", True)
    }

    kit.work(spine)
    (text,), (code,), (told,) = kit.texts(spine), pk.codes(spine, "given"), pk.trace(spine)
    assert f"10% off. Code {code}, until " in text["text"]
    assert (told.outcome, told.facts["code"]) == ("given", code)
    ends = datetime.fromisoformat(made[code.lower()]["date_expires_gmt"] + "+00:00")
    until = datetime.fromisoformat(told.facts["until"])
    assert until <= ends <= until + timedelta(hours=27)

    page = requests.get(kit.link_in(spine), headers=kit.PERSON, timeout=10)
    assert (page.status_code, code.lower() in page.text.lower()) == (200, True)
    kit.skip(spine, minutes=5)
    another = kit.leave_cart(spine, "wool", **OTHER)  # on another device, in another name
    bought = spine.world.post(f"/sandbox/carts/wool/{another}/buy", {"discount_code": code})
    kit.work(spine)
    recovered = kit.one(spine, "recoveries")
    assert (recovered.rule, recovered.state) == ("offer_code", "standing")
    assert recovered.touch_id == kit.one(spine, "attempts").touch_id
    assert coupons(spine)[code.lower()]["usage_count"] == 1
    assert bought["order_id"] in kit.rows(spine, "SELECT key FROM orders")[0].key


def test_the_link_of_the_text_applies_the_code_in_the_store(spine) -> None:
    stocked(spine)
    kit.work(spine)
    (code,) = pk.codes(spine, "given")
    page = requests.get(kit.link_in(spine), headers=kit.PERSON, timeout=10)
    way = urlsplit(page.history[0].headers["Location"])
    query = dict(parse_qsl(way.query))
    assert way.path.endswith("/checkout-link/")
    assert (query["coupon"], query["products"]) == (code, "11:2")


def test_an_offer_that_core_cant_keep_is_promised_to_nobody(spine) -> None:
    unfit = {"buy_quantity": 1, "buy_items": ["product:1"], "get_quantity": 1, "get_items": ["product:1"]}
    words = {"en": "{{ shop.name }} {{ cart.link }}"}
    stocked(spine, {"kind": "buy_x_get_y", "percent": "50", **unfit}, texts=words)
    (pool,) = pk.pools(spine)
    assert (pool.state, pool.due_at) == ("broken", None)
    assert "take percent, amount or free_shipping" in pool.note
    kit.work(spine)
    assert [t.outcome for t in pk.trace(spine)] == ["none"]
    assert (coupons(spine), len(kit.texts(spine))) == ({}, 1)


@pytest.mark.parametrize("when", ["making", "adding"])
def test_an_answer_that_was_lost_makes_no_second_coupon(spine, monkeypatch, when) -> None:
    really, lost = Store.post, []

    def post(self, endpoint, data):
        answer = really(self, endpoint, data)
        if endpoint == ("coupons" if when == "making" else "coupons/batch") and not lost:
            lost.append(endpoint)
            raise Unavailable("the connection to the store broke")
        return answer

    monkeypatch.setattr(Store, "post", post)
    pk.offer(spine, shop="wool")
    kit.left(spine, "wool")
    pk.look_after(spine)
    kit.skip(spine, seconds=61)
    pk.look_after(spine)
    assert lost
    assert sorted(coupons(spine)) == sorted(code.lower() for code in pk.codes(spine, "ready"))
    assert len(pk.codes(spine, "ready")) == 20


def test_a_store_in_maintenance_is_asked_again_when_it_said_so_and_the_text_goes_without(spine) -> None:
    kit.plan(spine, "wool", send_blind=True)
    pk.offer(spine, shop="wool")
    kit.at_noon(spine)
    kit.leave_cart(spine, "wool")
    kit.settle(spine)
    kit.skip(spine, minutes=61)
    kit.settle(spine)
    kit.faults(spine, store_error=1)
    pooling.run(spine.machine)
    (pool,) = pk.pools(spine)
    assert pool.state == "making"
    assert pool.due_at - spine.machine.clock.now() > timedelta(minutes=9)
    kit.faults(spine, store_error=0)
    kit.skip(spine, minutes=11)
    pk.look_after(spine)
    assert len(pk.codes(spine, "ready")) == 20


def over(spine) -> None:
    """Past the end of the only pool."""
    (pool,) = pk.pools(spine)
    spine.world.skip(pool.ends_at - spine.machine.clock.now() + timedelta(minutes=1))
    pooling.run(spine.machine)


def test_a_week_after_its_end_a_pools_unused_coupons_go_and_used_ones_stay(spine) -> None:
    stocked(spine)
    kit.work(spine)
    (code,) = pk.codes(spine, "given")
    kit.skip(spine, minutes=5)
    another = kit.leave_cart(spine, "wool", **OTHER)
    spine.world.post(f"/sandbox/carts/wool/{another}/buy", {"discount_code": code})
    kit.work(spine)
    store_of(spine).post("coupons", {"code": "welcome10", "amount": "10"})
    over(spine)
    (pool,) = pk.pools(spine)
    assert (pool.state, pool.due_at) == ("closed", pool.ends_at + timedelta(days=7))
    assert kit.rows(spine, "SELECT 1 FROM codes") == []
    kit.skip(spine, days=6)
    assert (pooling.run(spine.machine), len(coupons(spine))) == (0, 21)
    kit.skip(spine, days=1)
    pooling.run(spine.machine)
    assert set(coupons(spine)) == {"welcome10", code.lower()}
    (pool,) = pk.pools(spine)
    assert (pool.state, pool.due_at, "19 coupons" in pool.note) == ("closed", None, True)
    assert kit.one(spine, "recoveries").state == "standing"


def test_a_store_that_cant_be_tidied_is_left_alone_in_the_end(spine) -> None:
    stocked(spine)
    kit.work(spine)
    over(spine)
    kit.change(spine, "UPDATE code_pools SET due_at = :now", now=spine.machine.clock.now())
    kit.faults(spine, store_error=1)
    for _ in range(10):
        pooling.run(spine.machine)
        kit.skip(spine, minutes=61)
    (pool,) = pk.pools(spine)
    assert (pool.state, pool.due_at) == ("closed", None)


def test_a_closed_pool_of_a_shop_that_left_stays_closed(spine) -> None:
    stocked(spine)
    kit.work(spine)
    over(spine)
    kit.change(spine, "UPDATE shops SET state = 'uninstalled' WHERE platform = 'woocommerce'")
    kit.skip(spine, days=8)
    pooling.run(spine.machine)
    (pool,) = pk.pools(spine)
    assert (pool.state, pool.due_at) == ("closed", None)


def test_a_pool_whose_first_coupon_the_merchant_deleted_gets_a_successor(spine) -> None:
    stocked(spine)
    (pool,) = pk.pools(spine)
    store_of(spine).delete(f"coupons/{pool.discount_id}", force=True)
    kit.skip(spine, hours=2)
    kit.change(spine, "DELETE FROM codes WHERE code > (SELECT min(code) FROM codes)")
    kit.change(spine, "UPDATE code_pools SET due_at = :now", now=spine.machine.clock.now())
    pk.look_after(spine)
    assert [p.state for p in pk.pools(spine)] == ["broken", "open"]
    kit.work(spine)
    (told,) = pk.trace(spine)
    assert told.facts["pool"] == pk.pools(spine)[1].id
