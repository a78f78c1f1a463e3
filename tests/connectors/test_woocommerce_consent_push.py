"""What people told us about texts, written beside their WooCommerce accounts and orders."""

import json
from datetime import timedelta

import pytest
from woo_server import ANN, KEYS, START, sandbox_store, scripted_store

from connectors.platforms.woocommerce import Store, connector
from connectors.platforms.woocommerce.consent import MOST_ORDERS
from sandbox.woocommerce import accounts
from sequences.cart import Shop
from sequences.ports import PersonRef, StoreConsent

MAIL = "ann@example.com"
PERSON = PersonRef(phone=ANN, email=MAIL)
NO = StoreConsent(state="unsubscribed", at=START + timedelta(hours=1))
YES = StoreConsent(state="subscribed", level="confirmed_opt_in", at=START + timedelta(hours=2))
STANDS = {
    "comeback_sms_consent": "unsubscribed",
    "comeback_sms_consent_at": "2026-11-24T13:00:00Z",
}


def tell(sandbox, person: PersonRef = PERSON, consent: StoreConsent = NO):
    return connector.tell_consent(sandbox.shop, KEYS, person, consent)


def account(sandbox, phone: str = ANN, email: str = MAIL) -> str:
    store = Store(sandbox.shop.domain, KEYS)
    return str(store.post("customers", {"email": email, "billing": {"phone": phone, "country": "US"}})["id"])


def beside(sandbox, what: str) -> dict[str, dict]:
    return accounts.consent_of(sandbox.store, ANN)[what]


def writes(sandbox) -> int:
    return sum(method == "PUT" for method, _ in sandbox.asked)


@pytest.fixture
def sandbox():
    with sandbox_store() as made:
        yield made


@pytest.fixture
def guest(sandbox):
    sandbox.open_cart(email=MAIL, consent=True)
    return sandbox


def test_an_accounts_key_has_no_underscore_since_woocommerce_passes_over_those(sandbox):
    number = account(sandbox)
    said = tell(sandbox)
    assert (said.kind, said.detail) == ("told", "beside 1 of their customers")
    assert beside(sandbox, "accounts") == {number: STANDS}


def test_a_guests_order_holds_it_out_of_sight(guest):
    assert tell(guest).kind == "told"
    (meta,) = beside(guest, "orders").values()
    assert meta == {f"_{key}": value for key, value in STANDS.items()}


def test_what_was_ticked_stays_what_was_ticked(guest):
    tell(guest)
    (order,) = Store(guest.shop.domain, KEYS).get("orders", _fields="meta_data")
    assert {"_wc_other/comeback/sms-consent": "1"}.items() <= {
        r["key"]: r["value"] for r in order["meta_data"]
    }.items()


def test_an_account_of_their_id_comes_before_their_address(sandbox):
    by_mail, by_id = account(sandbox), account(sandbox, email="other@example.com")
    assert tell(sandbox, PersonRef(phone=ANN, email=MAIL, customer_id=by_id)).kind == "told"
    assert beside(sandbox, "accounts") == {by_mail: {}, by_id: STANDS}


def test_an_account_that_is_gone_is_looked_for_by_its_address(sandbox):
    number = account(sandbox)
    assert tell(sandbox, PersonRef(phone=ANN, email=MAIL, customer_id="4711")).kind == "told"
    assert beside(sandbox, "accounts") == {number: STANDS}


def test_a_number_in_its_own_countrys_form_is_the_same_number(sandbox):
    account(sandbox, phone="(415) 555-2671")
    assert tell(sandbox).kind == "told"


@pytest.mark.parametrize("phone", ["+12015550123", ""], ids=["another", "none"])
def test_an_account_without_the_number_is_left_alone_and_the_order_takes_it(guest, phone):
    """An account whose every field is empty looks erased once it changes."""
    account(guest, phone=phone)
    assert tell(guest).detail == "beside 1 of their orders"
    assert [a["meta_data"] for a in guest.store.customers.values()] == [[]]


def test_only_the_newest_orders_are_written_to(sandbox):
    for _ in range(MOST_ORDERS + 2):
        sandbox.open_cart(email=MAIL)
        sandbox.world.clock.skip(timedelta(minutes=1))
    assert tell(sandbox).kind == "told"
    marked = [bool(meta) for meta in beside(sandbox, "orders").values()]
    assert marked == [False, False] + [True] * MOST_ORDERS


def test_an_order_made_since_has_a_tick_of_its_own(guest):
    guest.world.clock.skip(timedelta(hours=1, seconds=1))
    guest.open_cart(email=MAIL, consent=True)
    assert tell(guest).kind == "told"
    assert [bool(meta) for meta in beside(guest, "orders").values()] == [True, False]


def test_a_yes_leaves_alone_what_waits_to_be_paid_since_that_is_the_cart(guest):
    assert tell(guest, consent=YES).kind == "needless"
    assert writes(guest) == 0
    guest.store.buy(str(next(iter(guest.store.orders))))
    assert tell(guest, consent=YES).kind == "told"


def test_an_erased_order_is_left_as_it_is(guest):
    guest.store.erase(ANN)
    assert tell(guest).kind == "needless"
    assert writes(guest) == 0


@pytest.mark.parametrize("at", ["yesterday", "", "2026-11-24 13:30:00", "9999-01-01T00:00:00Z"])
def test_a_time_that_somebody_else_wrote_there_counts_for_nothing(guest, at):
    (order,) = guest.store.orders.values()
    order.meta |= {"_comeback_sms_consent": "subscribed", "_comeback_sms_consent_at": at}
    assert tell(guest).kind == "told"
    assert order.meta["_comeback_sms_consent"] == "unsubscribed"


def test_a_newer_word_in_the_store_stays(guest):
    (order,) = guest.store.orders.values()
    order.meta |= {"_comeback_sms_consent": "subscribed", "_comeback_sms_consent_at": "2026-11-24T13:00:01Z"}
    assert tell(guest).kind == "needless"
    assert order.meta["_comeback_sms_consent"] == "subscribed"


def test_a_key_that_may_only_read_is_a_refusal_with_advice(guest):
    guest.store.keys[KEYS["consumer_key"]] = (KEYS["consumer_secret"], "read")
    said = tell(guest)
    assert said.kind == "refused"
    assert "the key may only read" in said.detail


def test_an_order_that_goes_to_the_trash_in_between_is_no_trouble():
    """The store lists it, and knows it no longer when it is written to."""
    row = {
        "id": 31,
        "status": "processing",
        "customer_id": 0,
        "date_created_gmt": "2026-11-24T12:00:00",
        "billing": {"phone": ANN},
    }
    gone = {
        "code": "woocommerce_rest_shop_order_invalid_id",
        "message": "Invalid ID.",
        "data": {"status": 400},
    }

    def answer(asked):
        if asked.method == "PUT":
            return 400, {}, json.dumps(gone).encode()
        return 200, {}, json.dumps([row] if asked.path.endswith("/orders") else []).encode()

    with scripted_store(answer) as store:
        shop = Shop(
            id=1, key="k", platform="woocommerce", domain=store.url, name="S", currency="USD", country="US"
        )
        assert connector.tell_consent(shop, KEYS, PERSON, NO).kind == "needless"
        assert [asked.method for asked in store.asked] == ["GET", "GET", "GET", "PUT"]
