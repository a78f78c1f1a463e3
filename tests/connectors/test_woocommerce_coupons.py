"""Pools of coupons, in the sandbox's store over HTTP and in one that answers as it is told."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from woo_recordings import SHOP as SHOP_AT
from woo_server import KEYS, START, sandbox_store, scripted_store

from connectors.platforms.woocommerce import connector
from connectors.platforms.woocommerce.client import Store
from connectors.platforms.woocommerce.coupons import KEPT
from sequences.code_ports import NewPool
from sequences.offers import Discount

TEN = Discount(kind="percent", percent=Decimal("10"))
ENDS = datetime(2026, 11, 28, 20, tzinfo=UTC)
FIRST = "BACK-7H2K-Q9M4"
MORE = tuple(f"BACK-BBBB-{n:04}" for n in range(120))


@pytest.fixture
def sandbox():
    with sandbox_store() as made:
        yield made


def codes(sandbox, **credentials):
    return connector.codes(sandbox.shop, KEYS | credentials)


def pool(discount=TEN, code=FIRST, title="Cart recovery: 10% off (12)", **more):
    return NewPool(title=title, code=code, discount=discount, starts_at=START, ends_at=ENDS, **more)


def coupon(sandbox, code=FIRST):
    (found,) = Store(sandbox.shop.domain, KEYS).get("coupons", code=code)
    return found


def bought_with(sandbox, code):
    cart = sandbox.open_cart().key.removeprefix("order:")
    return sandbox.store.orders[int(sandbox.store.buy(cart, code))].discount


# -- making a pool


def test_a_pool_begins_with_a_coupon_for_one_order_that_ends_when_the_pool_does(sandbox):
    made = codes(sandbox).make(pool())
    found = coupon(sandbox)
    assert (made.kind, made.id) == ("made", str(found["id"]))
    assert (found["code"], found["discount_type"], found["amount"]) == (FIRST.lower(), "percent", "10.00")
    assert (found["usage_limit"], found["usage_limit_per_user"], found["individual_use"]) == (1, None, True)
    assert found["date_expires_gmt"] == "2026-11-28T20:00:00", "the shop is in New York; the end is in UTC"
    assert found["email_restrictions"] == [], "a guest's cart has no address yet: the coupon would be refused"
    assert bought_with(sandbox, FIRST) > 0
    assert bought_with(sandbox, FIRST) == 0, "it is used up"


@pytest.mark.parametrize(
    ("discount", "expected"),
    [
        (
            Discount(kind="amount", amount=Decimal("5.50"), currency="USD"),
            {"discount_type": "fixed_cart", "amount": "5.50", "free_shipping": False},
        ),
        (Discount(kind="free_shipping"), {"amount": "0.00", "free_shipping": True}),
        (replace(TEN, minimum_subtotal=Decimal("20")), {"minimum_amount": "20.00"}),
        (replace(TEN, percent=Decimal("12.5")), {"amount": "12.50", "discount_type": "percent"}),
        (replace(TEN, combines_with=("order",)), {"individual_use": False}),
    ],
)
def test_what_the_discount_says_stands_in_its_coupon(sandbox, discount, expected):
    assert codes(sandbox).make(pool(discount)).kind == "made"
    found = coupon(sandbox)
    assert {name: found[name] for name in expected} == expected


def test_a_shared_code_is_for_everybody_and_once_for_each(sandbox):
    assert codes(sandbox).make(pool(shared=True)).kind == "made"
    found = coupon(sandbox)
    assert (found["usage_limit"], found["usage_limit_per_user"]) == (None, 1)


EXCHANGE = Discount(
    kind="buy_x_get_y",
    percent=Decimal("100"),
    buy_quantity=1,
    buy_items=("product:1",),
    get_quantity=1,
    get_items=("product:2",),
)


@pytest.mark.parametrize(
    ("discount", "why"),
    [
        (EXCHANGE, "percent, amount or free_shipping"),
        (replace(TEN, minimum_quantity=3), "no number of pieces"),
        (Discount(kind="amount", amount=Decimal(5), currency="EUR"), "is in EUR, and the store sells in USD"),
        (Discount(kind="amount", amount=Decimal("5.125"), currency="USD"), "two decimals"),
    ],
)
def test_what_core_has_no_coupon_for_is_refused_with_words_and_not_asked_for(sandbox, discount, why):
    said = codes(sandbox).make(pool(discount))
    assert (said.kind, why in said.detail) == ("refused", True)
    assert sandbox.asked == []


def test_a_pool_whose_answer_was_lost_is_found_again_and_never_made_twice(sandbox):
    first = codes(sandbox).make(pool())
    again = codes(sandbox).make(pool())
    assert (again.kind, again.id) == ("made", first.id)
    assert len(sandbox.store.codes) == 1


@pytest.mark.parametrize("whose", ["the merchant's", "another pool's"])
def test_a_code_that_is_taken_is_not_ours_for_that(sandbox, whose):
    if whose == "the merchant's":
        Store(sandbox.shop.domain, KEYS).post("coupons", {"code": FIRST.lower(), "amount": "50"})
    else:
        codes(sandbox).make(pool(title="Cart recovery: 10% off (11)"))
    assert codes(sandbox).make(pool()).kind == "taken"


def test_a_store_that_refuses_a_coupon_is_quoted():
    def answer(request):
        return 400, {}, b'{"code":"rest_invalid_param","message":"Invalid parameter(s): amount"}'

    with scripted_store(answer) as store:
        said = scripted(store).make(pool())
    assert (said.kind, "Invalid parameter(s): amount" in said.detail) == ("refused", True)


def test_a_store_that_gives_a_coupon_another_code_makes_no_pool():
    with scripted_store(lambda request: (200, {}, b'{"id": 51, "code": "x-back"}')) as store:
        said = scripted(store).make(pool())
    assert (said.kind, "another code" in said.detail) == ("refused", True)


def test_a_store_whose_coupons_are_switched_off_is_promised_none_of(sandbox):
    sandbox.store.coupons_on = False
    said = codes(sandbox).make(pool())
    assert (said.kind, "Enable coupons" in said.detail, sandbox.store.codes) == ("refused", True, {})


@pytest.mark.parametrize(
    ("requires", "kind"), [("coupon", "made"), ("both", "made"), ("", "refused"), ("min_amount", "refused")]
)
def test_free_shipping_needs_a_way_of_shipping_that_asks_for_a_coupon(sandbox, requires, kind):
    sandbox.store.free_shipping_requires = requires
    said = codes(sandbox).make(pool(Discount(kind="free_shipping")))
    assert said.kind == kind
    assert ("requires a valid coupon" in said.detail) == (kind == "refused")


def test_a_key_that_may_not_read_settings_makes_coupons_all_the_same():
    def answer(request):
        if request.method == "GET":
            return 403, {}, b'{"code":"woocommerce_rest_cannot_view","message":"Sorry, you cannot."}'
        return 201, {}, json.dumps(made(FIRST)).encode()

    with scripted_store(answer) as store:
        assert scripted(store).make(pool()).kind == "made"


# -- filling it


def test_a_hundred_codes_are_made_in_one_call_and_are_as_the_first(sandbox):
    shop = codes(sandbox)
    made = shop.make(pool(replace(TEN, minimum_subtotal=Decimal("20"))))
    sandbox.asked.clear()
    added = shop.add(made.id, MORE)
    assert (added.kind, added.ready, added.refused) == ("done", MORE[:100], ())
    assert [method for method, _ in sandbox.asked] == ["GET", "POST"]
    first, other = coupon(sandbox), coupon(sandbox, MORE[42])
    unlike = {"id", "code", "_links", "meta_data", "date_created", "date_created_gmt"}
    unlike |= {"date_modified", "date_modified_gmt"}
    assert {k: v for k, v in other.items() if k not in unlike} == {
        k: v for k, v in first.items() if k not in unlike
    }
    assert [(m["key"], m["value"]) for m in other["meta_data"]] == [
        (m["key"], m["value"]) for m in first["meta_data"]
    ]


def test_codes_whose_answer_was_lost_count_as_made_when_they_are_asked_for_again(sandbox):
    shop = codes(sandbox)
    made = shop.make(pool())
    shop.add(made.id, MORE[:40])
    sandbox.asked.clear()
    again = shop.add(made.id, MORE[:60])
    assert (again.ready, again.refused) == (MORE[:60], ())
    assert len(sandbox.store.codes) == 61
    assert len(sandbox.asked) == 3, "forty are found by one more request, not by forty"


def test_a_code_that_is_somebody_elses_is_refused_and_keeps_no_other_from_being_made(sandbox):
    shop = codes(sandbox)
    made = shop.make(pool())
    Store(sandbox.shop.domain, KEYS).post("coupons", {"code": MORE[1].lower(), "amount": "50"})
    other = shop.make(pool(code="BACK-OTHER", title="Cart recovery: 20% off (13)"))
    shop.add(other.id, MORE[2:3])
    added = shop.add(made.id, MORE[:4])
    assert (added.ready, added.refused) == ((MORE[0], MORE[3]), MORE[1:3])
    assert "already_exists" in added.detail
    assert shop.add(made.id, MORE[1:2]).refused == MORE[1:2], "also when it is the only one"


def test_a_code_of_an_older_batch_is_looked_up_by_itself(sandbox):
    shop = codes(sandbox)
    made = shop.make(pool())
    shop.add(made.id, ["AAAA-0001", "AAAA-0002"])
    shop.add(made.id, MORE[:100])
    assert shop.add(made.id, ["AAAA-0001", "AAAA-0002"]).ready == ("AAAA-0001", "AAAA-0002")


@pytest.mark.parametrize("how", ["deleted", "in the trash", "taken over by the merchant"])
def test_a_pool_whose_first_coupon_is_no_longer_there_is_gone(sandbox, how):
    shop, store = codes(sandbox), Store(sandbox.shop.domain, KEYS)
    made = shop.make(pool())
    if how == "deleted":
        store.delete(f"coupons/{made.id}", force=True)
        assert shop.add(made.id, MORE[:2]).kind == "gone"
        return
    row = store.get(f"coupons/{made.id}")
    row |= {"status": "trash"} if how == "in the trash" else {"meta_data": []}
    with scripted_store(lambda request: (200, {}, json.dumps(row).encode())) as other:
        assert scripted(other).add(made.id, MORE[:2]).kind == "gone"
        assert [r.method for r in other.asked] == ["GET"], "nothing is made for it"


def scripted(store, **credentials):
    return connector.codes(replace(SHOP_AT, domain=store.url), KEYS | credentials)


HEAD = {
    "id": 51,
    "code": FIRST.lower(),
    "status": "publish",
    "discount_type": "percent",
    "amount": "10.00",
    "description": f"Cart recovery, pool {FIRST.lower()}",
    "usage_count": 0,
    "usage_limit": 1,
    "date_expires_gmt": "2026-11-28T20:00:00",
    "meta_data": [
        {"id": 1, "key": "_comeback_pool", "value": FIRST.lower()},
        {"id": 2, "key": "_comeback_ends", "value": "2026-11-28T20:00:00Z"},
    ],
}


def batches(answer):
    """A store whose pool stands, and whose batches are answered by `answer(list of codes)`."""

    def respond(request):
        if request.method == "GET":
            return 200, {}, json.dumps(HEAD if request.path.endswith("/51") else []).encode()
        return answer([row["code"] for row in json.loads(request.body)["create"]])

    return scripted_store(respond)


def made(code):
    return {"id": 60, "code": code.lower()}


@pytest.mark.parametrize("as_html", [True, False])
def test_a_store_that_takes_smaller_batches_gets_them(as_html):
    html = {"Content-Type": "text/html"}

    def answer(asked):
        if len(asked) > 25 and as_html:
            return 413, html, b"<html>Request Entity Too Large"
        if len(asked) > 25:
            return 413, {}, b'{"code":"woocommerce_rest_request_entity_too_large","message":"x"}'
        return 200, {}, json.dumps({"create": [made(code) for code in asked]}).encode()

    with batches(answer) as store:
        added = scripted(store).add("51", MORE[:100])
    assert (added.kind, added.ready) == ("done", MORE[:25])


def test_what_broke_inside_the_store_is_neither_ready_nor_refused():
    def answer(asked):
        broken = {"id": 0, "error": {"code": "db_error", "message": "x", "data": {"status": 500}}}
        never = {"id": 0, "error": {"code": "bad_code", "message": "x", "data": {"status": 400}}}
        return 200, {}, json.dumps({"create": [made(asked[0]), broken, never]}).encode()

    with batches(answer) as store:
        added = scripted(store).add("51", MORE[:3])
    assert (added.kind, added.ready, added.refused) == ("done", MORE[:1], MORE[2:3])
    assert "bad_code" in added.detail


@pytest.mark.parametrize(
    "body", [b"{}", b'{"create": []}', b'{"create": {"0": {}}}', b"[]", b'{"create": [1]}']
)
def test_an_answer_that_tells_not_of_each_leaves_all_to_be_asked_for_again(body):
    with batches(lambda asked: (200, {}, body)) as store:
        added = scripted(store).add("51", MORE[:2])
    assert (added.kind, added.ready) == ("retry_later", ())


def test_a_code_that_the_store_changed_is_not_promised_to_anybody():
    with batches(
        lambda asked: (200, {}, json.dumps({"create": [made("eat-" + asked[0])]}).encode())
    ) as store:
        assert scripted(store).add("51", MORE[:1]).ready == ()


def test_what_further_coupons_are_asked_for_names_no_person_and_ends_in_utc():
    with batches(lambda asked: (200, {}, json.dumps({"create": [made(c) for c in asked]}).encode())) as store:
        head = {**HEAD, "email_restrictions": ["ann@example.com"], "date_expires": "2026-11-28T15:00:00"}
        really = store.answer
        store.answer = lambda r: (200, {}, json.dumps(head).encode()) if r.method == "GET" else really(r)
        scripted(store).add("51", MORE[:1])
    (asked,) = json.loads(store.asked[-1].body)["create"]
    assert asked["date_expires"] == "2026-11-28T20:00:00Z"
    assert {"email_restrictions", "date_expires_gmt", "id"} & asked.keys() == set()


# -- ending it


def test_a_pool_that_is_over_is_looked_at_and_left_as_it_ended_by_itself(sandbox):
    shop = codes(sandbox)
    made = shop.make(pool())
    shop.add(made.id, MORE[:5])
    sandbox.asked.clear()
    assert shop.close(made.id).kind == "told"
    assert [method for method, _ in sandbox.asked] == ["GET", "GET"]


def test_a_code_whose_end_somebody_put_off_ends_with_its_pool_and_what_was_used_stays(sandbox):
    shop, store = codes(sandbox), Store(sandbox.shop.domain, KEYS)
    made = shop.make(pool())
    shop.add(made.id, MORE[:4])
    bought_with(sandbox, MORE[3])
    for code, end in ((MORE[0], "2027-12-31T00:00:00Z"), (MORE[1], None), (MORE[3], "2027-12-31T00:00:00Z")):
        store.put(f"coupons/{coupon(sandbox, code)['id']}", {"date_expires": end})
    for _ in range(2):
        assert shop.close(made.id).kind == "told"
        if sandbox.world.clock.now() < ENDS:
            sandbox.world.clock.skip(ENDS - sandbox.world.clock.now() + timedelta(minutes=1))
        assert [bought_with(sandbox, code) for code in (FIRST, *MORE[:3])] == [0] * 4
    assert coupon(sandbox, MORE[3])["date_expires_gmt"] == "2027-12-31T00:00:00"


def test_unused_coupons_go_used_ones_and_all_others_stay(sandbox):
    shop, store = codes(sandbox), Store(sandbox.shop.domain, KEYS)
    store.post("coupons", {"code": "welcome10", "amount": "10", "description": f"not in {FIRST.lower()}"})
    other = shop.make(pool(code="BACK-OTHER", title="Cart recovery: 20% off (13)"))
    shop.add(other.id, ["OTHER-0001"])
    made = shop.make(pool())
    for start in (0, 100):
        shop.add(made.id, MORE[start : start + 100])
    bought_with(sandbox, MORE[7])
    said = shop.tidy(made.id)
    assert (said.kind, "took 120 coupons" in said.detail) == ("told", True)
    assert set(sandbox.store.codes) == {"welcome10", "back-other", "other-0001", MORE[7].lower()}
    assert shop.tidy(made.id).kind == "needless"
    assert shop.close(made.id).kind == "needless"


def test_tidying_that_broke_off_is_taken_up_again_since_the_first_goes_last(sandbox, monkeypatch):
    shop = codes(sandbox)
    made = shop.make(pool())
    shop.add(made.id, MORE[:100])
    shop.add(made.id, MORE[100:])
    sandbox.world.faults.store_error = 0
    really, calls = Store.post, []

    def post(self, endpoint, data):
        calls.append(data)
        if len(calls) == 2:
            sandbox.world.faults.store_error = 1
        return really(self, endpoint, data)

    monkeypatch.setattr(Store, "post", post)
    assert shop.tidy(made.id).kind == "retry_later"
    assert FIRST.lower() in sandbox.store.codes
    sandbox.world.faults.store_error = 0
    assert shop.tidy(made.id).kind == "told"
    assert sandbox.store.codes == {}


def test_coupons_are_kept_for_a_week_after_their_end():
    assert connector.codes(SHOP_AT, {}).tidies_after == KEPT == timedelta(days=7)


# -- when the store can't be asked


def acts(shop):
    return (
        lambda: shop.make(pool()),
        lambda: shop.add("51", MORE[:2]),
        lambda: shop.added("51", "", MORE[:2]),
        lambda: shop.close("51"),
        lambda: shop.tidy("51"),
    )


def test_a_store_in_maintenance_is_left_alone_for_as_long_as_it_asks(sandbox):
    sandbox.world.faults.store_error = 1
    for act in acts(codes(sandbox)):
        said = act()
        assert (said.kind, said.retry_after) == ("retry_later", 600.0)
        assert "HTTP 503" in said.detail


def test_a_store_that_hung_up_is_asked_again_only_when_it_must_be_done():
    """Its check for duplicates and its insert are two steps: the same request beside the first could pass both."""
    with scripted_store(lambda request: (0, {}, b"")) as store:
        for act in acts(scripted(store)):
            said = act()
            assert (said.kind, said.retry_after) == ("retry_later", 60.0)


@pytest.mark.parametrize("credentials", [{"consumer_key": ""}, {"consumer_secret": "cs_wrong"}])
def test_a_key_that_is_refused_waits_for_somebody_to_mend_it(sandbox, credentials):
    for act in acts(codes(sandbox, **credentials)):
        said = act()
        assert (said.kind, said.retry_after) == ("retry_later", 1800.0)
        assert "connect" in said.detail


@pytest.mark.parametrize("body", [b"null", b"[1]", b'{"id": "x"}', b'{"id": 51, "code": []}', b'"x"'])
def test_an_answer_that_makes_no_sense_is_no_reason_to_break(body):
    with scripted_store(lambda request: (200, {}, body)) as store:
        for act in acts(scripted(store)):
            assert act().kind in ("retry_later", "gone", "needless")


def test_a_slow_store_holds_no_pool_for_longer_than_a_minute(monkeypatch):
    monkeypatch.setattr("connectors.platforms.woocommerce.coupons.SECONDS", 0.0)
    with scripted_store(lambda request: (200, {}, b"[]")) as store:
        assert [act().kind for act in acts(scripted(store))] == ["retry_later"] * 5
    assert store.asked == []
