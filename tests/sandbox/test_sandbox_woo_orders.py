"""The pretend WooCommerce: orders that nobody pays, drafts of older versions, notes, settings, many coupons."""

import json

import pytest
from sandbox_shop_kit import PAYLOADS, rest, woo_stage

CONSENT = "_wc_other/comeback/sms-consent"


@pytest.fixture
def it():
    with woo_stage() as made:
        yield made


def notes(it, order):
    return rest(it, "GET", f"wc/v3/orders/{order}/notes").json()


def said(it, order):
    return [(note["author"], note["note"]) for note in notes(it, order)]


CANCELLED = "Order status changed from Pending payment to Cancelled."


# -- unpaid orders and notes


def test_a_store_that_manages_stock_cancels_what_is_not_paid_within_the_time_it_holds_it():
    with woo_stage(holds_stock=True, hold_stock_minutes=30) as it:
        order = it.cart("woolly")["order_id"]
        it.skip(minutes=20)
        it.post(f"/sandbox/carts/woolly/{order}/change")
        it.skip(minutes=20)
        assert it.store.orders[int(order)].status == "pending"  # changed since
        it.app.got.clear()
        it.skip(minutes=11)
        assert [got.body["status"] for got in it.app.got] == ["cancelled"]
        assert said(it, order) == [("system", f"Unpaid order cancelled - time limit reached. {CANCELLED}")]


def test_another_keeps_it_until_it_is_told_that_the_time_is_up(it):
    order = it.cart("woolly")["order_id"]
    it.skip(days=3)
    assert it.store.orders[int(order)].status == "pending"
    assert it.post("/sandbox/shops/woolly/cancel-unpaid").json() == {"cancelled_orders": [int(order)]}
    assert notes(it, order)[0]["author"] == "system"


def test_who_cancelled_an_order_stands_in_its_notes(it):
    by_hand, by_name, by_app, by_shopper = (it.cart("woolly")["order_id"] for _ in range(4))
    it.post(f"/sandbox/orders/woolly/{by_hand}/cancel")
    it.post(f"/sandbox/orders/woolly/{by_name}/cancel", {"by": "Bo"})
    rest(it, "PUT", f"wc/v3/orders/{by_app}", {"status": "cancelled"})
    it.post(f"/sandbox/carts/woolly/{by_shopper}/empty")
    assert said(it, by_hand) == said(it, by_app) == [("Mara (admin)", CANCELLED)]
    assert said(it, by_name) == [("Bo", CANCELLED)]
    assert said(it, by_shopper) == [("system", f"Order cancelled by customer. {CANCELLED}")]


def test_a_note_is_written_without_any_webhook_and_found_by_its_kind(it):
    order = it.cart("woolly")["order_id"]
    it.app.got.clear()
    made = rest(it, "POST", f"wc/v3/orders/{order}/notes", {"note": "Recovered", "customer_note": False})
    person = {"note": "Call her", "added_by_user": True}
    rest(it, "POST", f"wc/v3/orders/{order}/notes", person)
    it.settle()
    assert made.status_code == 201 and it.app.got == []
    assert set(made.json()) == set(
        "id author date_created date_created_gmt note customer_note _links".split()
    )
    assert [author for author, _ in said(it, order)] == ["Mara (admin)", "system"]
    assert rest(it, "GET", f"wc/v3/orders/{order}/notes?type=customer").json() == []
    assert rest(it, "GET", "wc/v3/orders/999999/notes").status_code == 404
    assert rest(it, "POST", f"wc/v3/orders/{order}/notes", {}).status_code == 400


# -- older versions


def test_before_10_9_the_block_checkout_tells_of_a_draft_while_the_shopper_types():
    with woo_stage(version="10.6.2") as it:
        order = it.cart("woolly")["order_id"]
        (got,) = it.app.got
        meta = {row["key"]: row["value"] for row in got.body["meta_data"]}
        assert (got.topic, got.body["status"], got.body["version"]) == (
            "order.updated",
            "checkout-draft",
            "10.6.2",
        )
        assert (got.body["billing"]["phone"], meta[CONSENT]) == ("+14155552671", "1")
        assert got.headers["User-Agent"].startswith("WooCommerce/10.6.2 ")
        recorded = json.loads(next((PAYLOADS / "woocommerce").glob("34-*.json")).read_text())
        assert list(got.body) == list(recorded["body"])
        for query in (
            "",
            "?status=any",
            f"?include={order}",
            "?search=dana",
            "?status=checkout-draft,pending",
        ):
            assert rest(it, "GET", f"wc/v3/orders{query}").json() == [], query
        drafts = rest(it, "GET", "wc/v3/orders?status=checkout-draft").json()
        assert [str(draft["id"]) for draft in drafts] == [order]
        it.app.got.clear()
        assert it.buy("woolly", order)["order_id"] == order
        assert it.app.topics() == ["order.updated", "order.created"]


def test_the_classic_checkout_of_an_older_version_makes_no_draft():
    with woo_stage(version="10.6.2", checkout="classic") as it:
        it.cart("woolly")
        assert {got.body["status"] for got in it.app.got} == {"pending"}


@pytest.mark.parametrize(("version", "status"), [("9.9.5", 404), ("10.0.2", 302), ("11.0.1", 302)])
def test_the_checkout_link_came_with_10_0_2(version, status):
    with woo_stage(version=version) as it:
        reply = it.get(f"{it.api_base}/checkout-link/?products=11:2", allow_redirects=False)
        assert reply.status_code == status
        told = rest(it, "GET", "wc/v3/system_status?_fields=environment.version").json()
        assert told == {"environment": {"version": version}}


# -- settings


def test_single_settings_are_found_in_their_group(it):
    hold = rest(it, "GET", "wc/v3/settings/products/woocommerce_hold_stock_minutes").json()
    assert (hold["value"], hold["type"], hold["group_id"]) == ("60", "number", "products")
    place = rest(it, "GET", "wc/v3/settings/general/woocommerce_default_country").json()
    assert place["value"] == "US:NY"
    assert len(rest(it, "GET", "wc/v3/settings/products").json()) == 2
    for path, code in (
        ("general/woocommerce_hold_stock_minutes", "rest_setting_setting_invalid"),
        ("nowhere/x", "rest_setting_setting_group_invalid"),
    ):
        reply = rest(it, "GET", f"wc/v3/settings/{path}")
        assert (reply.status_code, reply.json()["code"]) == (404, code)
    assert it.get(f"{it.api_base}/wp-json/wc/v3/settings/general").status_code == 401


# -- coupons


def coupon(code, **more):
    return {"code": code, "discount_type": "percent", "amount": "10", **more}


def test_a_batch_does_what_it_can_and_says_what_it_could_not(it):
    made = rest(it, "POST", "wc/v3/coupons/batch", {"create": [coupon("A1"), coupon("a1"), coupon("")]})
    first, duplicate, nameless = made.json()["create"]
    assert (first["code"], first["amount"]) == ("a1", "10.00")
    recorded = json.loads(next((PAYLOADS / "woocommerce").glob("43-*.json")).read_text())
    assert duplicate == {"id": 0, "error": recorded["body"]} and nameless["error"]["data"]["status"] == 400
    changes = {
        "update": [{"id": first["id"], "amount": "15"}, {"id": 9999, "amount": "1"}],
        "delete": [first["id"], 8888],
    }
    answer = rest(it, "POST", "wc/v3/coupons/batch", changes).json()
    assert answer["update"][0]["amount"] == "15.00" and "error" in answer["update"][1]
    assert answer["delete"][0]["id"] == first["id"] and "error" in answer["delete"][1]
    assert "create" not in answer and rest(it, "GET", "wc/v3/coupons").json() == []


def test_a_batch_of_more_than_a_hundred_is_too_large(it):
    many = [coupon(f"c{n}") for n in range(101)]
    reply = rest(it, "POST", "wc/v3/coupons/batch", {"create": many})
    assert (reply.status_code, reply.json()["code"]) == (413, "woocommerce_rest_request_entity_too_large")
    assert rest(it, "POST", "wc/v3/coupons/batch", {"create": many[:100]}).status_code == 200


def test_when_a_coupon_expires_is_the_stores_time_unless_it_says_z(it):
    given = {"a": "2026-12-24T00:00:00", "b": "2026-12-24T00:00:00Z", "c": "2026-12-24T02:00:00+02:00"}
    told = {}
    for code, at in given.items():
        told[code] = rest(it, "POST", "wc/v3/coupons", coupon(code, date_expires=at)).json()[
            "date_expires_gmt"
        ]
    assert told == {"a": "2026-12-24T05:00:00", **dict.fromkeys("bc", "2026-12-24T00:00:00")}
    assert rest(it, "POST", "wc/v3/coupons", coupon("d", date_expires="soon")).status_code == 400


def test_coupons_are_found_by_a_search_over_code_and_description(it):
    rest(it, "POST", "wc/v3/coupons", coupon("back-1", description="for Ann"))
    rest(it, "POST", "wc/v3/coupons", coupon("summer"))
    for words, found in (("BACK", ["back-1"]), ("ann", ["back-1"]), ("e", ["summer"]), ("zz", [])):
        rows = rest(it, "GET", f"wc/v3/coupons?search={words}").json()
        assert [row["code"] for row in rows] == found


def test_a_coupon_with_a_limit_is_free_again_when_its_order_is_cancelled(it):
    rest(it, "POST", "wc/v3/coupons", coupon("once", usage_limit=1))

    def buys():
        token = it.cart("woolly")["order_id"]
        return it.buy("woolly", token, discount_code="once")

    first = buys()
    assert (first["discount"], buys()["discount"]) == ("4.50", "0.00")
    it.post(f"/sandbox/orders/woolly/{first['order_id']}/cancel")
    assert rest(it, "GET", "wc/v3/coupons?code=once").json()[0]["usage_count"] == 0
    assert buys()["discount"] == "4.50"
