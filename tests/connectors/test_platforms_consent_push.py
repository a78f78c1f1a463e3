"""What people told us about texts, written down at a store: every platform against its pretend store, over HTTP."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from connectors import registry
from connectors.delivery import Credentials
from plugin_server.demo.world import World
from sequences.cart import Shop
from sequences.ports import PersonRef, StoreConsent, Told

ANN = PersonRef(phone="+12125550142", email="ann@example.com")
STRANGER = PersonRef(phone="+14155552671", email="nobody@example.com")


@dataclass(frozen=True)
class Open:
    """A pretend store that is open, how we reach it, and how to read what it has on record: state and time."""

    world: World
    shop: Shop
    credentials: Credentials
    read: Callable[[World], tuple[str, str]]

    def tell(self, person: PersonRef, consent: StoreConsent, **credentials: str) -> Told:
        platform = registry.platform(self.shop.platform)
        return platform.tell_consent(self.shop, {**self.credentials, **credentials}, person, consent)

    def on_record(self) -> tuple[str, datetime]:
        state, at = self.read(self.world)
        return state.lower(), datetime.fromisoformat(at)

    @property
    def now(self) -> datetime:
        return self.world.status().now


def shop(platform: str, domain: str) -> Shop:
    return Shop(id=1, key="k", platform=platform, domain=domain, name="S", currency="USD", country="US")


def shopify(world: World) -> Open:
    domain, token = "mugs.myshopify.com", "shpat_" + "1" * 32
    world.post("/sandbox/shops", {"id": "s", "platform": "shopify", "domain": domain, "access_token": token})
    credentials = {"access_token": token, "api_base": f"{world.url}/shopify/{domain}", "allow_private": "1"}
    return Open(world, shop("shopify", domain), credentials, shopify_record)


def shopify_record(world: World) -> tuple[str, str]:
    record = world.get("/sandbox/shops/s/consent?phone=12125550142")
    return record["state"], record["updated_at"]


def woocommerce(world: World) -> Open:
    keys = {"consumer_key": "ck_" + "1" * 40, "consumer_secret": "cs_" + "2" * 40}
    world.post("/sandbox/shops", {"id": "s", "platform": "woocommerce", **keys})
    found = shop("woocommerce", f"{world.url}/woo/s")
    return Open(world, found, {**keys, "allow_private": "1"}, woocommerce_record)


def woocommerce_record(world: World) -> tuple[str, str]:
    (meta,) = world.get("/sandbox/shops/s/consent?phone=12125550142")["orders"].values()
    return meta["_comeback_sms_consent"], meta["_comeback_sms_consent_at"]


STORES = {"shopify": shopify, "woocommerce": woocommerce}


@pytest.fixture(params=registry.platforms())
def store(request, sandbox: World) -> Open:
    """Ann ticked the box and bought."""
    opened = STORES[request.param](sandbox)
    cart = {
        "shop": "s",
        "phone": ANN.phone,
        "email": ANN.email,
        "consent": True,
        "items": [{"sku": "MUG-BLUE"}],
    }
    token = sandbox.post("/sandbox/carts", cart)["token"]
    sandbox.post(f"/sandbox/carts/s/{token}/buy", {})
    sandbox.skip(timedelta(minutes=10))
    return opened


def no(at: datetime) -> StoreConsent:
    return StoreConsent(state="unsubscribed", at=at)


def yes(at: datetime) -> StoreConsent:
    return StoreConsent(state="subscribed", level="confirmed_opt_in", at=at)


def second(at: datetime) -> datetime:
    return at.replace(microsecond=0)


def test_a_stop_is_written_down_with_its_own_time(store) -> None:
    at = store.now
    store.world.skip(timedelta(hours=3))
    assert store.tell(ANN, no(at)).kind == "told"
    assert store.on_record() == ("unsubscribed", second(at))


def test_telling_it_twice_changes_nothing(store) -> None:
    at = store.now
    assert [store.tell(ANN, no(at)).kind for _ in range(2)] == ["told", "needless"]
    store.world.skip(timedelta(hours=1))
    assert store.tell(ANN, no(at)).kind == "needless"
    assert store.on_record() == ("unsubscribed", second(at))


def test_a_person_whom_the_store_doesnt_know_is_no_trouble(store) -> None:
    said = store.tell(STRANGER, no(store.now))
    assert (said.kind, bool(said.detail)) == ("needless", True)
    assert store.tell(replace(STRANGER, customer_id="4711"), no(store.now)).kind == "needless"


def test_somebody_else_with_anns_address_doesnt_speak_for_anns_number(store) -> None:
    assert store.tell(replace(STRANGER, email=ANN.email), no(store.now)).kind == "needless"


def test_a_confirmed_yes_after_a_stop_is_the_newer_word(store) -> None:
    at = store.now
    store.tell(ANN, no(at))
    assert store.tell(ANN, yes(at + timedelta(minutes=1))).kind == "told"
    assert store.on_record() == ("subscribed", second(at) + timedelta(minutes=1))


def test_words_that_come_in_the_wrong_order_end_with_the_newest(store) -> None:
    at = store.now
    assert store.tell(ANN, no(at)).kind == "told"
    assert store.tell(ANN, yes(at - timedelta(minutes=1))).kind == "needless"
    assert store.on_record() == ("unsubscribed", second(at))


def test_within_one_second_no_outweighs_yes(store) -> None:
    at = second(store.now)
    store.tell(ANN, yes(at))
    assert store.tell(ANN, no(at + timedelta(milliseconds=300))).kind == "told"
    assert store.tell(ANN, yes(at + timedelta(milliseconds=600))).kind == "needless"
    assert store.on_record() == ("unsubscribed", at)


def test_a_store_that_is_out_of_order_is_told_later(store) -> None:
    store.world.post("/sandbox/faults", {"store_error": 1})
    said = store.tell(ANN, no(store.now))
    assert (said.kind, bool(said.detail)) == ("retry_later", True)
    store.world.post("/sandbox/faults", {"store_error": 0})
    assert store.tell(ANN, no(store.now)).kind == "told"


def test_a_key_that_isnt_good_any_more_is_a_refusal_that_somebody_must_mend(store) -> None:
    said = store.tell(ANN, no(store.now), access_token="shpat_old", consumer_key="ck_old")
    assert said.kind == "refused"
    assert "the shop must open the app" in said.detail or "connect the store again" in said.detail


def test_no_answer_names_the_person(store) -> None:
    answers = [
        store.tell(ANN, no(store.now)),
        store.tell(ANN, no(store.now)),
        store.tell(STRANGER, no(store.now)),
    ]
    for said in answers:
        assert ANN.phone[1:] not in said.detail
        assert "@" not in said.detail
