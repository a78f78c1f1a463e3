"""Codes made beforehand, from the sequence to the order that used one, over real HTTP."""

import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from threading import Barrier
from zoneinfo import ZoneInfo

import code_pools_kit as pk
import pytest
import requests
import spine_kit as kit
from shopify_kit import found, open_app, open_shop
from sqlalchemy import event

from connectors.platforms.shopify.discounts import ShopifyCodes
from connectors.platforms.woocommerce import WooCommerce
from plugin_server.jobs import clock, offering, pooling
from plugin_server.store import codes, shops
from plugin_server.store.tx import Tx
from sequences.code_ports import CodesMade, NewPool
from sequences.offers import Discount, of_spec

TEN_OFF = {"kind": "percent", "percent": Decimal(10)}
OTHER = {"phone": "+12125550199", "email": "other@example.com"}
SECOND = {"phone": "+12125550143", "email": "second@example.com"}


def installed(spine, shop: str = "mugs") -> shops.Installed:
    with spine.machine.db.system() as c:
        found = shops.by_key(c, spine.machine.secrets.vault, None, spine.keys[shop])
    assert found is not None
    return found


def stocked(spine, discount: dict | None = None, **more) -> str:
    """A cart whose touch is due now; the pool is full."""
    pk.offer(spine, discount, **more)
    key = kit.left(spine)
    pk.look_after(spine)
    kit.skip(spine, minutes=31)
    return key


def both(spine) -> None:
    """Two shoppers' touches are due, and the store takes an hour to add codes: only the first code is there."""
    kit.faults(spine, codes_late_seconds=3600)
    pk.offer(spine)
    kit.at_noon(spine)
    kit.leave_cart(spine)
    kit.leave_cart(spine, **SECOND)
    kit.settle(spine)
    kit.skip(spine, minutes=31)
    kit.settle(spine)
    kit.skip(spine, minutes=31)
    pooling.run(spine.machine)


# -- the way of a code


def test_a_unique_code_brings_a_cart_back(spine) -> None:
    pk.offer(spine)
    key = kit.left(spine)
    assert ([p.state for p in pk.pools(spine)], pk.discounts(spine)) == (["making"], [])
    pk.look_after(spine)
    (made,) = pk.discounts(spine)
    assert (made["status"], made["tags"], len(made["codes"])) == ("ACTIVE", ["cart-recovery"], 20)
    assert sorted(made["codes"]) == pk.codes(spine, "ready")

    kit.skip(spine, minutes=31)
    kit.work(spine)
    (text,) = kit.texts(spine)
    (code,) = pk.codes(spine, "given")
    assert f"10% off. Code {code}, until " in text["text"]
    assert kit.one(spine, "links").offer_code == code
    (told,) = pk.trace(spine)
    assert (told.outcome, told.facts["code"]) == ("given", code)

    page = requests.get(kit.link_in(spine), headers=kit.PERSON, timeout=10)
    assert (page.status_code, code in page.text) == (200, True)
    kit.skip(spine, minutes=5)
    assert spine.world.post(f"/sandbox/carts/mugs/{key}/buy", {})["discount"] == "2.50"
    kit.work(spine)
    assert kit.states(spine, "carts") == ["recovered"]
    assert pk.discounts(spine)[0]["codes"][code] == 1


def test_a_code_that_was_made_is_told_even_in_a_tone_that_has_no_words_for_offers(spine) -> None:
    stocked(spine, tone="helpful")
    kit.work(spine)
    assert pk.codes(spine, "given")[0] in kit.texts(spine)[0]["text"]


def test_an_order_elsewhere_with_the_code_is_tied_to_its_text_and_the_code_is_used_up(spine) -> None:
    stocked(spine)
    kit.work(spine)
    (code,) = pk.codes(spine, "given")
    kit.skip(spine, minutes=5)
    kit.faults(spine, webhook_late=1)  # on another device, in a checkout that we haven't heard of yet
    another = kit.leave_cart(spine, **OTHER)
    kit.faults(spine, webhook_late=0)
    bought = spine.world.post(f"/sandbox/carts/mugs/{another}/buy", {"discount_code": code.lower()})
    assert bought["discount"] == "2.50"
    kit.work(spine)
    recovered = kit.one(spine, "recoveries")
    assert (recovered.rule, recovered.touch_id) == ("offer_code", kit.one(spine, "attempts").touch_id)
    third = kit.leave_cart(spine, phone="+12125550188", email="third@example.com")
    assert spine.world.post(f"/sandbox/carts/mugs/{third}/buy", {"discount_code": code})["discount"] == "0.00"


def test_what_the_text_says_of_the_end_is_never_later_than_the_codes_own(spine) -> None:
    stocked(spine)
    kit.work(spine)
    (made,), (told,) = pk.discounts(spine), pk.trace(spine)
    sent = kit.one(spine, "attempts").committed_at
    until, ends = datetime.fromisoformat(told.facts["until"]), datetime.fromisoformat(made["endsAt"])
    assert until - sent == timedelta(hours=72)
    assert until <= ends <= until + timedelta(hours=27)
    # 18:01 UTC on the third day is 13:01 in New York: the hour that has begun.
    local = until.astimezone(ZoneInfo("America/New_York"))
    assert (
        f"until {local:%b} {local.day}, {int(local.strftime('%I'))}:00 {local:%p}"
        in kit.texts(spine)[0]["text"]
    )


@pytest.mark.parametrize(
    ("discount", "texts", "says", "off"),
    [
        ({"kind": "amount", "amount": "5.00", "currency": "USD"}, None, "$5.00 off", "5.00"),
        ({"kind": "free_shipping"}, None, "free shipping", "0.00"),
        (
            {
                "kind": "buy_x_get_y",
                "percent": "100",
                "buy_quantity": 1,
                "buy_items": ["product:7000000000011"],
                "get_quantity": 1,
                "get_items": ["variant:42000000000011"],
            },
            {"en": "{{ shop.name }}: your second mug with code {{ offer.code }}: {{ cart.link }}"},
            "your second mug with code",
            "12.50",
        ),
    ],
)
def test_every_kind_of_discount_is_made_told_and_taken_off(spine, discount, texts, says, off) -> None:
    key = stocked(spine, discount, texts=texts)
    kit.work(spine)
    (text,), (code,) = kit.texts(spine), pk.codes(spine, "given")
    assert says in text["text"]
    assert code in text["text"]
    requests.get(kit.link_in(spine), headers=kit.PERSON, timeout=10)
    assert spine.world.post(f"/sandbox/carts/mugs/{key}/buy", {})["discount"] == off
    assert sum(pk.discounts(spine)[0]["codes"].values()) == 1


# -- making and filling


def test_a_pool_that_was_foreseen_for_a_cart_that_was_bought_is_never_made(spine) -> None:
    pk.offer(spine)
    key = kit.left(spine)
    kit.buy(spine, key)
    kit.settle(spine)
    pk.look_after(spine)
    assert (pk.pools(spine), pk.codes(spine, "asked"), pk.discounts(spine)) == ([], [], [])


def test_carts_that_want_the_same_share_a_pool_and_others_have_their_own(spine) -> None:
    pk.offer(spine)
    kit.left(spine)
    kit.leave_cart(spine, **SECOND)
    kit.settle(spine)
    kit.skip(spine, minutes=31)
    kit.settle(spine)
    assert len(pk.pools(spine)) == 1
    pk.offer(spine, {**pk.TEN, "percent": "15"})
    kit.leave_cart(spine, **OTHER)
    kit.settle(spine)
    kit.skip(spine, minutes=31)
    kit.settle(spine)
    assert len(pk.pools(spine)) == 2


def test_a_pool_is_made_an_hour_before_it_is_wanted_and_one_for_tomorrow_is_none_for_today(spine) -> None:
    pk.offer(spine, delay=24 * pk.HOUR)
    kit.left(spine)
    (pool,) = pk.pools(spine)
    assert pool.due_at == kit.one(spine, "touches").due_at - timedelta(hours=1)
    assert not pk.waiting(spine)
    pk.offer(spine)
    kit.leave_cart(spine, **SECOND)
    kit.settle(spine)
    kit.skip(spine, minutes=31)
    kit.settle(spine)
    assert len(pk.pools(spine)) == 2
    assert pk.waiting(spine)


def test_an_answer_that_was_lost_makes_no_second_discount(spine) -> None:
    pk.offer(spine)
    kit.left(spine)
    kit.faults(spine, store_hangup=1)
    for _ in range(3):
        pooling.run(spine.machine)
        kit.skip(spine, minutes=2)
    assert len(pk.discounts(spine)) == 1
    assert [(p.state, p.discount_id) for p in pk.pools(spine)] == [("making", "")]
    kit.faults(spine, store_hangup=0)
    pk.look_after(spine)
    (made,) = pk.discounts(spine)
    assert sorted(made["codes"]) == pk.codes(spine, "ready")
    assert len(made["codes"]) == 20


def test_codes_whose_order_was_lost_are_found_again(spine) -> None:
    pk.offer(spine)
    kit.left(spine)
    assert pooling._one(spine.machine)  # one act: the discount is made
    kit.faults(spine, store_hangup=1)
    pooling._one(spine.machine)
    assert (len(pk.codes(spine, "asked")), pk.pools(spine)[0].job_id) == (19, "")
    kit.faults(spine, store_hangup=0)
    kit.skip(spine, minutes=1)
    pk.look_after(spine)
    (made,) = pk.discounts(spine)
    assert (pk.codes(spine, "asked"), pk.codes(spine, "refused")) == ([], [])
    assert sorted(made["codes"]) == pk.codes(spine, "ready")


def test_a_worker_that_died_after_asking_costs_a_repetition_and_no_code(spine, monkeypatch) -> None:
    pk.offer(spine)
    kit.left(spine)
    pooling._one(spine.machine)
    with monkeypatch.context() as died:
        died.setattr(pooling.pool_answers, "settle", lambda *_: None)
        pooling._one(spine.machine)
    assert not pk.waiting(spine)
    kit.change(spine, "UPDATE code_pools SET lease_until = clock_timestamp() - interval '1 second'")
    kit.skip(spine, seconds=10)
    pk.look_after(spine)
    (made,) = pk.discounts(spine)
    assert pk.codes(spine, "refused") == []
    assert sorted(made["codes"]) == pk.codes(spine, "ready")
    assert len(made["codes"]) == 20


def test_codes_that_fail_in_the_store_are_asked_for_again(spine) -> None:
    kit.faults(spine, codes_fail=0.5)
    pk.offer(spine)
    kit.left(spine)
    pk.look_after(spine)
    assert sorted(pk.discounts(spine)[0]["codes"]) == pk.codes(spine, "ready")
    assert len(pk.codes(spine, "ready")) == 20


def test_a_first_code_that_is_another_discounts_is_drawn_anew(spine) -> None:
    pk.offer(spine)
    kit.left(spine)
    (first,), (pool,) = pk.codes(spine, "asked"), pk.pools(spine)
    shop = installed(spine)
    store = spine.machine.platform("shopify").codes(shop.shop, spine.machine.store_secrets(shop))
    assert store is not None
    foreign = NewPool(
        title="The merchant's own",
        code=first.lower(),
        discount=of_spec(pool.spec),
        starts_at=pool.starts_at,
        ends_at=pool.ends_at,
    )
    assert store.make(foreign).kind == "made"
    pk.look_after(spine)
    ours = next(d for d in pk.discounts(spine) if d["title"] != foreign.title)
    assert len(pk.discounts(spine)) == 2
    assert first not in ours["codes"]
    assert sorted(ours["codes"]) == pk.codes(spine, "ready")


def test_a_pool_is_topped_up_before_it_runs_dry(spine) -> None:
    stocked(spine)
    kit.change(
        spine, "UPDATE codes SET state = 'given', given_at = now() WHERE code > (SELECT min(code) FROM codes)"
    )
    kit.change(spine, "UPDATE codes SET given_at = CAST(:now AS timestamptz)", now=spine.machine.clock.now())
    kit.change(spine, "UPDATE code_pools SET due_at = due_at + interval '1 day'")
    kit.work(spine)  # takes the last one, so that somebody looks within a minute
    assert (pk.codes(spine, "ready"), pk.waiting(spine)) == ([], False)
    kit.skip(spine, minutes=1)
    assert pk.waiting(spine)
    pk.look_after(spine)
    assert len(pk.codes(spine, "ready")) == 25  # a quarter more than the twenty of the last day


def test_the_next_pool_is_there_before_the_last_codes_of_this_one_are_given(spine) -> None:
    stocked(spine)
    (pool,) = pk.pools(spine)
    lasts = timedelta(hours=72)
    # A touch that waits until the pool gives nothing any more.
    kit.change(
        spine,
        "UPDATE touches SET due_at = :at, deadline = :late",
        at=pool.ends_at - lasts + timedelta(minutes=90),
        late=pool.ends_at,
    )
    spine.world.skip(pool.ends_at - lasts - timedelta(minutes=30) - spine.machine.clock.now())
    pk.look_after(spine)
    _, following = pk.pools(spine)
    assert (following.state, following.ends_at > pool.ends_at) == ("open", True)
    kit.skip(spine, minutes=121)
    kit.work(spine)
    assert pk.trace(spine)[-1].facts["pool"] == following.id


def test_a_pool_is_closed_after_its_end_and_recoveries_stay(spine) -> None:
    key = stocked(spine)
    kit.work(spine)
    kit.skip(spine, minutes=5)
    kit.buy(spine, key)
    kit.work(spine)
    (pool,) = pk.pools(spine)
    spine.world.skip(pool.ends_at - spine.machine.clock.now() + timedelta(minutes=1))
    pooling.run(spine.machine)
    (closed,) = pk.pools(spine)
    assert (closed.state, closed.due_at, pk.discounts(spine)[0]["status"]) == ("closed", None, "EXPIRED")
    assert kit.rows(spine, "SELECT 1 FROM codes") == []
    assert kit.one(spine, "recoveries").state == "standing"


def test_a_shop_that_left_is_asked_for_nothing(spine) -> None:
    pk.offer(spine)
    kit.left(spine)
    kit.errand(spine, "uninstall")
    kit.settle(spine)
    pooling.run(spine.machine)
    assert [(p.state, p.due_at) for p in pk.pools(spine)] == [("broken", None)]
    assert pk.discounts(spine) == []


def test_a_shop_that_is_back_uses_its_pools_again_at_once(spine) -> None:
    open_shop(spine)
    open_app(spine)
    spine.keys["tea"] = found(spine).shop.key
    pk.offer(spine, shop="tea")
    kit.left(spine, "tea", **kit.LONDON)
    pk.look_after(spine)
    ready = pk.codes(spine, "ready")
    assert len(ready) == 20
    kit.errand(spine, "uninstall", "tea")
    kit.settle(spine)
    kit.skip(spine, minutes=11)
    pooling.run(spine.machine)
    assert [p.state for p in pk.pools(spine)] == ["broken"]
    open_app(spine)
    assert pk.waiting(spine)
    pooling.run(spine.machine)
    assert [(p.state, p.note) for p in pk.pools(spine)] == [("open", "")]
    assert pk.codes(spine, "ready") == ready


def test_a_store_that_hangs_doesnt_keep_others_from_their_codes(spine, monkeypatch) -> None:
    open_shop(spine)
    open_app(spine)
    spine.keys["tea"] = found(spine).shop.key
    for shop in ("mugs", "tea"):
        installed_shop = installed(spine, shop).shop
        with spine.machine.db.shop(installed_shop.id) as c:
            now = spine.machine.clock.now()
            offering.need(Tx(c, installed_shop, spine.machine.secrets), Discount(**TEN_OFF), now, now)
    both_at_work = Barrier(2, timeout=10)
    really = pooling._look_after

    def slowly(*args: object) -> None:
        if args[2].tries == 0 and not args[2].discount_id:
            both_at_work.wait()
        really(*args)

    monkeypatch.setattr(pooling, "_look_after", slowly)
    pooling.run(spine.machine)
    assert not both_at_work.broken


def test_codes_of_a_discount_that_the_merchant_deleted_are_promised_to_nobody(spine) -> None:
    stocked(spine)
    dead = pk.codes(spine, "ready")
    kit.skip(spine, hours=2)
    kit.change(spine, "UPDATE code_pools SET discount_id = 'gid://shopify/DiscountCodeNode/999'")
    kit.change(
        spine, "DELETE FROM codes WHERE code > (SELECT min(code) FROM codes)"
    )  # so that it is topped up
    kit.change(spine, "UPDATE code_pools SET due_at = :now", now=spine.machine.clock.now())
    pk.look_after(spine)
    assert [p.state for p in pk.pools(spine)] == ["broken", "open"]
    assert "no such discount" in pk.pools(spine)[0].note
    kit.work(spine)
    (told,) = pk.trace(spine)
    assert told.facts["pool"] == pk.pools(spine)[1].id
    assert told.facts["code"] not in dead


def test_a_store_that_forgets_every_order_of_codes_isnt_asked_for_ever(spine, monkeypatch) -> None:
    pk.offer(spine)
    kit.left(spine)
    monkeypatch.setattr(
        ShopifyCodes, "added", lambda *_: CodesMade(kind="refused", detail="the store knows nothing of it")
    )
    for _ in range(10):
        pooling.run(spine.machine)
        kit.skip(spine, seconds=5)
    assert any(p.single_code for p in pk.pools(spine))
    assert "no unique codes" in pk.pools(spine)[0].note


def test_the_clock_sees_what_is_due(spine) -> None:
    pk.offer(spine)
    kit.left(spine)
    asked = []
    queue = type("Queue", (), {"count": 0, "enqueue": lambda self, job, *a, **k: asked.append(job)})
    clock.tick(spine.machine, "me", dict.fromkeys(clock.queues.NAMES, queue()))
    assert "plugin_server.jobs.worker.work_errands" in asked


# -- taking


def test_two_transactions_never_take_the_same_code(spine) -> None:
    stocked(spine)
    shop, now = installed(spine).shop, spine.machine.clock.now()
    name = pk.pools(spine)[0].spec
    one, two = (kit.rows(spine, "SELECT gen_random_uuid() AS id")[0].id for _ in range(2))
    with spine.machine.db.shop(shop.id) as a, spine.machine.db.shop(shop.id) as b:
        of_one = codes.Giving(Tx(a, shop, spine.machine.secrets), [one], now)
        of_two = codes.Giving(Tx(b, shop, spine.machine.secrets), [two], now)
        first = of_one.take(name, one, timedelta(hours=72))
        second = of_two.take(name, two, timedelta(hours=72))
    assert first is not None
    assert second is not None
    assert first.code != second.code


def test_many_touches_get_their_codes_in_as_few_statements_as_one(spine) -> None:
    stocked(spine)
    shop, said = installed(spine).shop, []
    name, touches = pk.pools(spine)[0].spec, [uuid.uuid4() for _ in range(5)]
    with spine.machine.db.shop(shop.id) as c:
        event.listen(c, "before_cursor_execute", lambda *args: said.append(args[2]))
        giving = codes.Giving(Tx(c, shop, spine.machine.secrets), touches, spine.machine.clock.now())
        given = [giving.take(name, touch, timedelta(hours=72)).code for touch in touches]
        giving.write()
    assert len(said) == 4, said
    assert sorted(pk.codes(spine, "given")) == sorted(set(given))


def test_a_code_that_cant_be_sent_keeps_one_text_from_going_out_and_no_other(spine) -> None:
    pk.offer(spine)
    kit.at_noon(spine)
    kit.leave_cart(spine)
    kit.leave_cart(spine, **SECOND)
    kit.settle(spine)
    kit.skip(spine, minutes=31)
    kit.settle(spine)
    pk.look_after(spine)
    first = pk.codes(spine, "ready")[0]
    kit.change(spine, "UPDATE codes SET code = 'AAAA-CBDJ-2222' WHERE code = :c", c=first)
    kit.skip(spine, minutes=31)
    kit.work(spine)
    assert sorted(kit.states(spine)) == ["sent", "skipped"]
    assert "CBDJ" not in kit.texts(spine)[0]["text"]
    assert "AAAA-CBDJ-2222" in pk.codes(spine, "ready")


def test_a_touch_that_finds_no_code_waits_for_the_pool_and_is_sent_with_one(spine) -> None:
    pk.offer(spine)
    kit.left(spine)
    kit.change(spine, "DELETE FROM code_pools")
    kit.skip(spine, minutes=31)
    kit.work(spine)
    assert (kit.states(spine), kit.texts(spine)) == (["held"], [])
    assert pk.trace(spine)[0].outcome == "waiting"
    pk.look_after(spine)
    kit.skip(spine, minutes=1)
    kit.work(spine)
    assert pk.codes(spine, "given")[0] in kit.texts(spine)[0]["text"]
    assert pk.trace(spine)[-1].outcome == "given"


def test_after_ten_minutes_without_a_code_the_text_goes_without_an_offer(spine) -> None:
    both(spine)
    kit.work(spine)
    assert sorted(kit.states(spine)) == ["held", "sent"]
    for _ in range(12):
        kit.skip(spine, minutes=1)
        pooling.run(spine.machine)
        kit.work(spine)
    first, bare = kit.texts(spine)
    assert "10% off" in first["text"]
    assert ("10%" in bare["text"], "ode" in bare["text"]) == (False, False)
    assert [t.outcome for t in pk.trace(spine)][-1] == "none"
    assert "goes without" in pk.trace(spine)[-1].reason
    waited = [t for t in pk.trace(spine) if t.outcome == "waiting"]
    assert 9 <= len(waited) <= 11


def test_the_shops_own_words_stay_away_with_the_offer(spine) -> None:
    pk.offer(
        spine, {"kind": "amount", "amount": "5", "currency": "EUR"}, texts={"en": "10% off! {{ cart.link }}"}
    )
    kit.due(spine)
    kit.work(spine)
    assert "10%" not in kit.texts(spine)[0]["text"]
    assert "the offer is in EUR, the shop sells in USD" in pk.trace(spine)[0].reason


@pytest.mark.parametrize(
    ("minimum", "texts", "offered"),
    [
        ({"minimum_subtotal": "25.00"}, {}, True),
        ({"minimum_subtotal": "25.01"}, {}, False),
        ({"minimum_quantity": 3}, {}, False),
        (
            {"minimum_quantity": 3},
            {"en": "{{ shop.name }}: 10% off 3 mugs, {{ offer.code }} {{ cart.link }}"},
            True,
        ),
    ],
    ids=str,
)
def test_a_cart_below_the_minimum_is_promised_nothing_in_words_that_dont_name_it(
    spine, minimum, texts, offered
) -> None:
    """Two mugs at $12.50."""
    stocked(spine, {**pk.TEN, **minimum}, texts=texts)
    kit.work(spine)
    assert ("10%" in kit.texts(spine)[0]["text"]) is offered
    (told,) = pk.trace(spine)
    assert (told.outcome, "minimum" in told.reason) == (("given", False) if offered else ("none", True))


def test_a_text_that_may_not_go_out_gives_its_code_back(spine) -> None:
    stocked(spine, texts={"en": "{{ shop.name }}: code {{ offer.code }}"})
    kit.work(spine)
    assert (kit.states(spine), kit.one(spine, "touches").rule) == (["skipped"], "link")
    assert (pk.codes(spine, "given"), len(pk.codes(spine, "ready"))) == ([], 20)


def test_a_touch_that_is_decided_again_keeps_its_code(spine) -> None:
    stocked(spine)
    kit.faults(spine, carrier_429=1)
    kit.work(spine)
    (code,) = pk.codes(spine, "given")
    assert kit.states(spine) == ["planned"]
    kit.change(
        spine, "UPDATE codes SET code = 'A' WHERE code = :c", c=pk.codes(spine, "ready")[0]
    )  # would be next
    kit.faults(spine, carrier_429=0)
    kit.skip(spine, minutes=30)
    kit.work(spine)
    assert pk.codes(spine, "given") == [code]
    assert code in kit.texts(spine)[0]["text"]


def test_a_touch_that_ends_without_a_text_gives_its_code_back_and_its_link_forgets_it(spine) -> None:
    key = stocked(spine)
    kit.faults(spine, carrier_429=1)
    kit.work(spine)
    kit.buy(spine, key)
    kit.work(spine)
    assert kit.states(spine) == ["cancelled"]
    kit.skip(spine, minutes=11)
    pk.look_after(spine)
    assert pk.codes(spine, "given") == []
    assert kit.one(spine, "links").offer_code == ""


def test_a_code_that_a_carrier_may_have_is_never_given_to_another(spine) -> None:
    key = stocked(spine)
    kit.faults(spine, carrier_hangup=1, carrier_hangup_accepts=0)
    kit.work(spine)
    kit.buy(spine, key)
    kit.work(spine)
    kit.change(spine, "UPDATE touches SET state = 'expired'")
    kit.skip(spine, minutes=11)
    pk.look_after(spine)
    assert len(pk.codes(spine, "given")) == 1


# -- where unique codes can't be had


def test_a_store_that_adds_no_codes_gives_everybody_one_and_the_trace_says_so(spine) -> None:
    kit.faults(spine, codes_refused=True)
    pk.offer(spine)
    kit.at_noon(spine)
    for person in ({}, SECOND, OTHER):
        kit.leave_cart(spine, **person)
    kit.settle(spine)
    kit.skip(spine, minutes=31)
    kit.settle(spine)
    pk.look_after(spine)
    kit.skip(spine, minutes=31)
    kit.work(spine)
    said = [t.outcome for t in pk.trace(spine)]
    assert sorted(said) == ["given", "shared code", "shared code"]
    pool = next(p for p in pk.pools(spine) if p.single_code)
    assert sum(pool.single_code in t["text"] for t in kit.texts(spine)) == 2
    assert "no unique codes" in next(p for p in pk.pools(spine) if not p.single_code).note
    # Everybody may use it, each once.
    for who, off in ((SECOND, "2.50"), (OTHER, "2.50"), (SECOND, "0.00")):
        key = kit.leave_cart(spine, **who)
        bought = spine.world.post(f"/sandbox/carts/mugs/{key}/buy", {"discount_code": pool.single_code})
        assert bought["discount"] == off


@pytest.mark.parametrize(("own", "outcome"), [("WOOL10", "own code"), ("", "none")])
def test_where_a_platform_makes_no_codes_the_shops_own_stands_in(spine, monkeypatch, own, outcome) -> None:
    monkeypatch.setattr(WooCommerce, "codes", lambda *_: None)
    pk.offer(spine, shop="wool", code=own)
    kit.due(spine, "wool")
    kit.work(spine)
    (text,) = kit.texts(spine)
    assert ("10% off" in text["text"]) is bool(own)
    assert own in text["text"]
    assert [t.outcome for t in pk.trace(spine)] == [outcome]
    assert pk.pools(spine) == []


def test_an_offer_with_a_code_of_the_merchants_own_is_as_it_was(spine) -> None:
    own = {"kind": "percent", "value": "15%", "code": "MINE15", "expires": "Sunday"}
    kit.plan(spine, steps=[{"delay": pk.HOUR, "tone": "friendly", "offer": own}])
    kit.due(spine)
    kit.work(spine)
    assert "15% off. Code MINE15, until Sunday" in kit.texts(spine)[0]["text"]
    assert (pk.pools(spine), pk.trace(spine)) == ([], [])


def test_a_discount_that_a_store_refuses_is_told_and_not_asked_for_again_at_once(spine) -> None:
    unknown = {"buy_quantity": 1, "buy_items": ["product:1"], "get_quantity": 1, "get_items": ["product:1"]}
    words = {"en": "{{ shop.name }} {{ cart.link }}"}
    pk.offer(spine, {"kind": "buy_x_get_y", "percent": "50", **unknown}, texts=words)
    kit.left(spine)
    pk.look_after(spine)
    (pool,) = pk.pools(spine)
    assert (pool.state, pool.due_at) == ("broken", None)
    assert "INVALID at bxgyCodeDiscount.customerBuys.items" in pool.note
    kit.skip(spine, minutes=31)
    kit.work(spine)
    assert len(pk.pools(spine)) == 1
    assert [t.outcome for t in pk.trace(spine)] == ["none"]  # at once: there's nothing to wait for


def test_a_way_to_the_store_that_somebody_must_mend_isnt_waited_for(spine) -> None:
    pk.offer(spine)
    kit.plan(spine, send_blind=True)
    kit.left(spine)
    kit.change(spine, "UPDATE shops SET credentials = ''")
    kit.skip(spine, minutes=30)
    pooling.run(spine.machine)
    (pool,) = pk.pools(spine)
    assert (pool.state, pool.due_at > spine.machine.clock.now() + timedelta(minutes=29)) == ("making", True)
    kit.skip(spine, minutes=1)
    kit.work(spine)
    assert [t.outcome for t in pk.trace(spine)] == ["none"]
    assert len(kit.texts(spine)) == 1


def test_a_shop_that_is_forgotten_leaves_no_codes(spine) -> None:
    stocked(spine)
    kit.errand(spine, "uninstall")
    kit.settle(spine)
    kit.errand(spine, "shop-redact")
    kit.settle(spine)
    assert (pk.pools(spine), kit.rows(spine, "SELECT 1 FROM codes")) == ([], [])
