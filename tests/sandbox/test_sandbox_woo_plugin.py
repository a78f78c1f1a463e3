"""The pretend plugin against the contract in docs/woocommerce-plugin.md, and against what the real one sent."""

import hashlib
import hmac
import json
from datetime import timedelta

import jwt
import pytest
from sandbox_shop_kit import PAYLOADS, PLUGIN_SECRET, WORDS, connection, plugin_stage, rest, woo_stage

RECORDED = PAYLOADS / "woocommerce_plugin"
TYPED = "(415) 555-2671"


@pytest.fixture
def it():
    with plugin_stage() as made:
        yield made


def recording(name):
    return json.loads(next(RECORDED.glob(f"{name}-*.json")).read_text())


def kinds(value):
    """Names and kinds of a JSON value, whatever the order of its names."""
    if isinstance(value, dict):
        return {key: kinds(item) for key, item in value.items()}
    if isinstance(value, list):
        return [kinds(value[0])] if value else []
    return type(value).__name__


def meta(body):
    return {row["key"]: row["value"] for row in body["meta_data"]}


def signed(got, secret=PLUGIN_SECRET):
    names = ("Topic", "Delivery", "Timestamp")
    said = "v1\n" + "".join(got.headers[f"X-Comeback-{name}"] + "\n" for name in names)
    return "v1=" + hmac.new(secret.encode(), said.encode() + got.raw, hashlib.sha256).hexdigest()


def follow(it, link, **more):
    return it.http.get(link, params=more, allow_redirects=False, timeout=20)


# -- the connection


def test_without_the_plugin_its_routes_are_not_there():
    with woo_stage() as it:
        for path in ("connection", "frame-token"):
            method = "GET" if path == "connection" else "POST"
            reply = rest(it, method, f"wc-comeback/v1/{path}")
            assert (reply.status_code, reply.json()["code"]) == (404, "rest_no_route")
        assert "wc-comeback/v1" not in it.get(f"{it.api_base}/wp-json/").json()["namespaces"]


def test_the_connection_needs_a_key_and_shows_no_secret(it):
    assert it.get(f"{it.api_base}/wp-json/wc-comeback/v1/connection").status_code == 401
    reply = rest(it, "GET", "wc-comeback/v1/connection")
    facts = reply.json()
    assert PLUGIN_SECRET not in reply.text and WORDS not in reply.text
    assert (facts["connected"], facts["shop_key"], facts["store"]) == (True, "3EihuucfsnGi", it.api_base)
    assert facts["wordings"] == [{"locale": "en", "version": 3}, {"locale": "fr", "version": 1}]
    assert set(facts) == set(
        "protocol plugin connected shop_key store woocommerce wordpress php checkout locale wordings privacy_url"
        " terms_url hold_stock_minutes core_recovery_email waiting moved".split()
    )
    assert "wc-comeback/v1" in it.get(f"{it.api_base}/wp-json/").json()["namespaces"]


@pytest.mark.parametrize(
    "change",
    [
        {"protocol": 2},
        {"secret": "short"},
        {"secret": "!" * 43},
        {"shop_key": ""},
        {"comeback_url": "comeback.example"},
        {"comeback_url": "https://comeback.example/?a=b"},
        {"wordings": None},
        {"wordings": [{"locale": "en", "version": 0, "text": "x"}]},
        {"wordings": [{"locale": "en", "version": 1, "text": " "}]},
    ],
)
def test_a_body_that_is_not_whole_is_refused_and_changes_nothing(it, change):
    reply = rest(it, "PUT", "wc-comeback/v1/connection", connection(it, **change))
    assert (reply.status_code, reply.json()["code"]) == (400, "comeback_bad_connection")
    assert rest(it, "GET", "wc-comeback/v1/connection").json()["shop_key"] == "3EihuucfsnGi"


def test_a_read_only_key_may_look_but_not_connect():
    with woo_stage(plugin=True, permissions="read") as it:
        assert rest(it, "GET", "wc-comeback/v1/connection").json()["connected"] is False
        assert rest(it, "PUT", "wc-comeback/v1/connection", connection(it)).status_code == 401


def test_until_it_is_connected_a_cart_that_is_left_is_an_order_at_the_gateway():
    with woo_stage(plugin=True) as it:
        assert it.cart("woolly")["order_id"]
        assert it.app.topics() == ["order.updated", "order.created"]


def test_a_frame_token_lasts_a_minute(it):
    said = rest(it, "POST", "wc-comeback/v1/frame-token").json()
    claims = jwt.decode(
        said["token"],
        PLUGIN_SECRET,
        algorithms=["HS256"],
        audience=it.app.url.removesuffix("/hook"),
        options={"verify_exp": False, "verify_iat": False},
    )
    assert (claims["iss"], claims["role"]) == (it.api_base, "owner")
    assert claims["exp"] - claims["iat"] == 60 and claims["exp"] == said["expires_at"]


# -- snapshots


def test_a_cart_left_with_phone_and_tick_is_a_signed_snapshot_and_no_order(it):
    cart = it.cart("woolly", phone=TYPED)
    (got,) = it.app.got
    assert "order_id" not in cart and it.store.orders == {}
    assert (got.path, got.topic) == ("/webhooks/woocommerce/3EihuucfsnGi", "cart.updated")
    assert got.headers["X-Comeback-Signature"] == signed(got)
    assert int(got.headers["X-Comeback-Timestamp"]) == pytest.approx(it.world.clock.now().timestamp(), abs=5)
    body = got.body
    assert (body["cart"]["id"], body["cart"]["revision"]) == (cart["token"], 1)
    assert body["cart"]["restore_url"] == cart["recover_url"]
    assert (body["cart"]["total"], body["cart"]["locale"]) == ("45.00", "en_US")
    assert body["shopper"]["phone"] == TYPED  # as it was typed
    assert (body["consent"]["text"], body["consent"]["version"]) == (WORDS, 3)


@pytest.mark.parametrize(("name", "checkout"), [("02", "block"), ("08", "classic")])
def test_snapshots_have_the_names_and_kinds_of_recorded_ones(name, checkout):
    with plugin_stage(checkout=checkout) as it:
        it.cart("woolly")
        recorded = recording(name)
        assert kinds(it.app.got[0].body) == kinds(recorded["body"])
        assert it.app.got[0].body["consent"]["form"] == recorded["body"]["consent"]["form"]
        ours = set(it.app.got[0].headers)
        assert {n.title() for n, _ in recorded["headers"] if n.startswith("X-")} <= ours


@pytest.mark.parametrize("change", [{"consent": False}, {"phone": None}])
def test_without_phone_or_tick_nobody_hears_of_a_cart(it, change):
    token = it.cart("woolly", **change)["token"]
    it.post(f"/sandbox/carts/woolly/{token}/empty")
    it.settle()
    assert it.app.got == [] and it.store.orders == {}


def test_the_shopper_reads_the_wording_of_their_language(it):
    it.cart("woolly", locale="fr-FR")
    it.cart("woolly", locale="de-DE")
    assert [got.body["consent"]["locale"] for got in it.app.got] == ["fr", "en"]


def test_changes_count_up_and_a_cart_that_is_emptied_or_unticked_is_taken_away(it):
    first, second = (it.cart("woolly", email=f"{n}@example.com")["token"] for n in range(2))
    it.app.got.clear()
    it.post(f"/sandbox/carts/woolly/{first}/change")
    it.settle()
    it.post(f"/sandbox/carts/woolly/{first}/empty")
    it.post("/sandbox/shops/woolly/untick", {"cart": second})
    it.settle()
    changed, *removed = it.app.got
    assert (changed.body["cart"]["revision"], changed.body["cart"]["lines"][0]["quantity"]) == (2, 3)
    told = {got.body["reason"]: got for got in removed}
    for name, reason in (("06", "unticked"), ("07", "emptied")):
        assert kinds(told[reason].body) == kinds(recording(name)["body"])
    assert told["emptied"].body["cart"]["revision"] == 3


def test_what_is_not_taken_is_tried_again_with_the_same_id_and_new_signatures(it):
    it.app.always = 503
    it.cart("woolly")
    for minutes in (1, 5, 15, 60, 180, 360, 720, 1440):
        it.skip(minutes=minutes)
    assert len(it.app.got) == 8
    assert len({got.headers["X-Comeback-Delivery"] for got in it.app.got}) == 1
    assert len({got.headers["X-Comeback-Timestamp"] for got in it.app.got}) == 8
    assert all(got.headers["X-Comeback-Signature"] == signed(got) for got in it.app.got)
    assert rest(it, "GET", "wc-comeback/v1/connection").json()["waiting"] == 0


def test_a_newer_snapshot_replaces_one_that_still_waits(it):
    it.app.always = 503
    token = it.cart("woolly")["token"]
    it.app.always = 200
    it.post(f"/sandbox/carts/woolly/{token}/change")
    it.settle()
    it.skip(days=2)
    assert [got.body["cart"]["revision"] for got in it.app.got] == [1, 2]


def test_an_answer_that_says_no_is_heeded_as_the_contract_says(it):
    it.app.always = 422
    it.cart("woolly")
    it.skip(days=2)
    assert len(it.app.got) == 1  # given up
    it.app.always = 404
    it.cart("woolly", email="b@example.com")
    it.app.always = 200
    it.cart("woolly", email="c@example.com")
    it.skip(days=2)
    assert len(it.app.got) == 2  # quiet
    rest(it, "PUT", "wc-comeback/v1/connection", connection(it))
    it.settle()
    assert sorted(got.body["shopper"]["email"] for got in it.app.got[2:]) == [
        "b@example.com",
        "c@example.com",
    ]


def test_a_store_whose_clock_is_off_signs_by_comebacks_after_a_401(it):
    it.post("/sandbox/faults", {"store_clock_skew_seconds": 900})
    it.app.answers.append(401)
    it.cart("woolly")
    it.skip(minutes=1)
    now = it.world.clock.now().timestamp()
    first, second = (int(got.headers["X-Comeback-Timestamp"]) for got in it.app.got)
    assert first == pytest.approx(now + 900 - 60, abs=10) and second == pytest.approx(now, abs=10)
    assert it.app.got[1].headers["X-Comeback-Signature"] == signed(it.app.got[1])


def test_a_snapshot_may_come_late_and_twice(it):
    it.post("/sandbox/faults", {"webhook_late": 1, "webhook_late_seconds": 600, "webhook_duplicate": 1})
    it.cart("woolly")
    assert it.app.got == []
    it.skip(minutes=11)
    assert len(it.app.got) == 2 and len({got.headers["X-Comeback-Delivery"] for got in it.app.got}) == 1


def test_an_erasure_names_the_person_and_ends_their_links(it):
    cart = it.cart("woolly")
    order = it.cart("woolly", stage="payment")["order_id"]
    it.app.got.clear()
    it.post("/sandbox/shops/woolly/erase", {"phone": "+14155552671"})
    it.settle()
    told = next(got for got in it.app.got if got.topic == "shopper.erased").body
    assert told["phones"] == ["+14155552671"] and told["emails"] == ["dana@example.com"]
    assert cart["token"] in told["cart_ids"] and told["order_ids"] == [int(order)]
    assert "/cart/" in follow(it, cart["recover_url"]).headers["Location"]


def test_the_end_of_the_connection_is_told_once_and_then_nothing(it):
    it.post("/sandbox/shops/woolly/disconnect")
    it.settle()
    (got,) = it.app.got
    assert got.topic == "store.disconnected" and got.headers["X-Comeback-Signature"] == signed(got)
    assert rest(it, "GET", "wc-comeback/v1/connection").json()["connected"] is False


def test_a_copy_of_the_store_says_so_and_is_silent_until_it_is_connected_anew(it):
    it.post("/sandbox/shops/woolly/move")
    it.cart("woolly")
    assert [got for got in it.app.got if got.topic.startswith("cart")] == []
    assert rest(it, "GET", "wc-comeback/v1/connection").json()["moved"] is True
    rest(it, "PUT", "wc-comeback/v1/connection", connection(it))
    it.cart("woolly")
    assert it.app.got[-1].topic == "cart.updated"


# -- orders and the way back


def test_a_cart_that_is_bought_is_an_order_with_the_marks_of_a_recorded_one(it):
    token = it.cart("woolly")["token"]
    it.app.got.clear()
    bought = it.buy("woolly", token, gateway="cod")
    created = next(got for got in it.app.got if got.topic == "order.created").body
    ours, theirs = meta(created), meta(recording("04")["body"])
    assert {key for key in theirs if "comeback" in key} == {key for key in ours if "comeback" in key}
    assert ours["_comeback_cart"] == token
    assert kinds(json.loads(ours["_comeback_consent"])) == kinds(json.loads(theirs["_comeback_consent"]))
    assert (created["status"], created["date_paid"], str(created["id"])) == (
        "processing",
        None,
        bought["order_id"],
    )
    assert it.post(f"/sandbox/carts/woolly/{token}/buy").status_code == 409


@pytest.mark.parametrize(
    ("gateway", "status"), [("bacs", "on-hold"), ("offsite", "pending"), ("declined", "failed")]
)
def test_how_a_checkout_ends_is_the_orders_status(it, gateway, status):
    token = it.cart("woolly")["token"]
    it.buy("woolly", token, gateway=gateway)
    (order,) = it.store.orders.values()
    assert (order.status, order.paid_at) == (status, None)
    assert len(it.ledger("order")) == (gateway == "bacs")
    if gateway != "bacs":
        it.buy("woolly", token)
        assert order.status == "processing" and len(it.store.orders) == 1


def test_an_order_that_waits_at_the_gateway_bears_the_carts_mark(it):
    order = it.cart("woolly", stage="payment")["order_id"]
    body = it.app.of("order.created")[0].body
    (snapshot,) = it.app.of("cart.updated")
    assert (str(body["id"]), body["status"]) == (order, "pending")
    assert meta(body)["_comeback_cart"] == snapshot.body["cart"]["id"]


def test_a_restore_link_brings_the_goods_to_another_device_and_nothing_of_the_person(it):
    rest(it, "POST", "wc/v3/coupons", {"code": "back5", "discount_type": "fixed_cart", "amount": "5"})
    cart = it.cart("woolly")
    it.app.got.clear()
    there = follow(it, cart["recover_url"], comeback_coupon="BACK5", utm_id="rec_1", utm_source="sms")
    page = it.get(there.headers["Location"])
    assert there.status_code == 302 and "/checkout/?" in page.url and "utm_id=rec_1" in page.url
    assert cart["token"] not in page.url and "BACK5" not in page.url
    for words in ("Blue mug", "Wool beanie", "back5", "$40.00"):
        assert words in page.text
    for words in ("Dana", "Neil", "4155552671", "dana@example.com", "San Jos"):
        assert words not in page.text
    form = {"action": "buy", "phone": "+14155552671", "email": "d@example.com", "country": "US"}
    assert it.http.post(page.url, data=form, allow_redirects=False, timeout=20).status_code == 303
    it.settle()
    ours, theirs = meta(it.app.of("order.created")[0].body), meta(recording("12")["body"])
    assert {key for key in theirs if "comeback" in key} == {key for key in ours if "comeback" in key}
    assert (ours["_comeback_cart"], ours["_comeback_recovery_id"]) == (cart["token"], "rec_1")
    assert ours["_wc_order_attribution_utm_source"] == "sms"
    assert it.ledger("order")[0]["token"] == cart["token"]


def test_the_mark_of_a_visit_lasts_a_week(it):
    cart = it.cart("woolly")
    page = follow(it, cart["recover_url"], utm_id="rec_1").headers["Location"]
    it.skip(days=8)
    form = {"action": "buy", "email": "d@example.com", "country": "US"}
    it.http.post(page, data=form, allow_redirects=False, timeout=20)
    (order,) = it.store.orders.values()
    assert order.meta == {"_comeback_cart": cart["token"]}


@pytest.mark.parametrize("what", ["forged", "cut", "later", "expired", "bought", "emptied", "foreign"])
def test_a_link_that_is_not_good_changes_nothing_and_tells_nothing(it, what):
    cart = it.cart("woolly")
    link, token = cart["recover_url"], cart["token"]
    if what == "forged":
        link = link[:-1] + ("0" if link[-1] != "0" else "1")
    elif what == "cut":
        link = link.rpartition(".")[0]
    elif what == "later":
        cart_id, expires, mac = link.partition("?comeback=")[2].split(".")
        link = f"{it.api_base}/?comeback={cart_id}.{int(expires) + 86400}.{mac}"
    elif what == "expired":
        it.skip(seconds=timedelta(days=14, minutes=1).total_seconds())
    elif what == "bought":
        it.buy("woolly", token)
    elif what == "emptied":
        it.post(f"/sandbox/carts/woolly/{token}/empty")
    elif what == "foreign":
        it.post("/sandbox/shops", {"id": "other", "platform": "woocommerce", "plugin": True})
        link = link.replace("/woo/woolly/", "/woo/other/")
    there = follow(it, link, comeback_coupon="X")
    assert there.headers["Location"].partition("?")[0].endswith("/cart/")
    page = it.get(there.headers["Location"])
    assert page.status_code == 200 and "Blue mug" not in page.text and "Dana" not in page.text
    assert it.store.sessions == {}


def test_the_box_at_the_checkout_has_the_wording_that_was_given(it):
    from html import unescape

    page = it.get("/shop/woolly").text
    assert f'<label for="consent">{WORDS}</label>' in unescape(page)
    rest(it, "PUT", "wc-comeback/v1/connection", connection(it, wordings=[]))
    assert it.cart("woolly")["order_id"]  # no box, no plugin's cart
