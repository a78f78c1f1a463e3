"""Snapshots of the companion plugin, read: carts before the purchase, erasures, the end of a connection."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from woo_damage import MISSING, ODD_VALUES, check, odd, places, put
from woo_plugin import CART_ID, NOW, PHONE, SNAPSHOT, STORE, WORDS, plain, removed, sent, snapshot
from woo_recordings import SHOP, at, usd

from connectors.platforms.woocommerce import connector
from sequences.cart import Address, ConsentClaim, Line
from sequences.errors import BadDelivery, BadValue
from sequences.events import CartChanged, ShopperErased, Uninstalled

TICK = ConsentClaim(
    phone=PHONE,
    state="subscribed",
    at=at("2026-11-24T17:03:55"),
    source="woocommerce checkout",
    wording=WORDS,
    wording_version="3",
    locale="en",
    form="block",
    url=f"{STORE}/checkout/",
    ip="203.0.113.7",
    user_agent="Mozilla/5.0 (X11; Linux x86_64)",
)
BODIES = {
    "cart.updated": SNAPSHOT,
    "cart.removed": removed("unticked"),
    "shopper.erased": plain(
        phones=["(212) 555-0142"], emails=["a@b.example"], cart_ids=[CART_ID], order_ids=[7]
    ),
    "store.disconnected": plain(),
}


def read(topic="cart.updated", body=None, **more):
    return connector.read(sent(topic, snapshot() if body is None else body, **more), SHOP)


def cart(edit=None, **more):
    (event,) = read(body=snapshot(edit), **more).events
    return event.cart


# -- a cart


def test_a_snapshot_is_a_whole_cart_before_anything_was_placed():
    (event,) = read().events
    made = event.cart
    assert (event.scope, made.stage) == ("checkout", "cart")
    assert (made.key, made.aliases, made.revision) == (f"checkout:{CART_ID}", (), 3)
    assert (made.created_at, made.updated_at) == (at("2026-11-24T17:00:00"), at("2026-11-24T17:04:10"))
    assert (made.total, made.discount_codes, made.locale) == (usd("24.50"), ("welcome10",), "en-US")
    assert made.lines == (
        Line(
            title="T-Shirt",
            variant_title="S",
            quantity=1,
            price=usd("24.50"),
            product_id="11",
            variant_id="14",
            sku="TS-S",
        ),
    )
    assert (made.contact.phone, made.contact.email, made.contact.first_name) == (
        PHONE,
        "ann@example.com",
        "Ann",
    )
    assert made.contact.customer_id == ""
    assert made.billing == Address(
        first_name="Ann", last_name="Lee", postcode="10001", region="NY", country="US"
    )
    assert (made.recovery_link, made.restores) == (SNAPSHOT["cart"]["restore_url"], True)


def test_the_tick_is_kept_with_the_words_the_page_and_the_browser():
    assert cart().consent == (TICK,)


@pytest.mark.parametrize("more", ["?email=ann%40example.com&key=wc_order_1", "#ann@example.com", ""])
def test_of_the_page_only_its_address_is_kept(more):
    (claim,) = cart(lambda b: b["consent"].update(page=f"{STORE}/checkout/{more}")).consent
    assert claim.url == f"{STORE}/checkout/"


def test_a_national_number_is_read_by_its_shoppers_country_and_else_by_the_shops():
    def german(body):
        body["shopper"] |= {"phone": "0151 23456789", "country": "DE"}

    assert cart(german).contact.phone == "+4915123456789"
    assert cart(lambda b: b["shopper"].update(country="")).contact.phone == PHONE


def test_a_number_that_can_not_be_texted_is_named_and_agrees_to_nothing():
    made = cart(lambda b: b["shopper"].update(phone="12"))
    assert (made.contact.phone, made.consent) == (None, ())
    assert [d.where for d in made.contact.dropped] == ["shopper.phone"]


def test_nothing_in_a_delivery_happened_after_it_was_signed():
    """Else a store whose clock is ahead would say yes after its shopper's STOP."""
    ahead = cart(
        lambda b: (
            b["cart"].update(updated_at="2026-11-25T17:00:00Z"),
            b["consent"].update(at="2099-01-01T00:00:00Z"),
        )
    )
    assert ahead.updated_at == NOW
    assert [claim.at for claim in ahead.consent] == [NOW]


def test_nobody_ticked_after_their_cart_was_told():
    made = cart(lambda b: b["consent"].update(at="2026-11-24T17:04:12Z"))
    assert made.consent[0].at == made.updated_at


# -- whose it is


@pytest.mark.parametrize("store", [STORE, STORE + "/", STORE.upper().replace("HTTP", "http"), f" {STORE}"])
def test_a_store_is_known_however_its_address_is_written(store):
    assert read(body=snapshot(lambda b: b.update(store=store))).events


@pytest.mark.parametrize(
    "store",
    [
        "http://staging.example",
        STORE.replace("http", "https"),
        STORE.replace("//", "//www."),
        STORE + "/shop",
        STORE.replace("8088", "8089"),
        "javascript:alert(1)",
        "http://[",
    ],
)
@pytest.mark.parametrize("topic", list(BODIES))
def test_what_a_copy_of_the_store_sends_is_refused_with_its_name(topic, store):
    with pytest.raises(BadValue) as refused:
        read(topic, {**BODIES[topic], "store": store})
    assert refused.value.where == "store"


def test_another_protocol_is_refused_in_words():
    with pytest.raises(BadValue, match="different versions"):
        read(body=snapshot(lambda b: b.update(protocol=2)))


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/?comeback=x.1.y",
        f"{STORE}@evil.example/?comeback=x.1.y",
        f"{STORE}.evil.example/?comeback=x.1.y",
        STORE.replace("http", "https") + "/?comeback=x.1.y",
        f"{STORE}/?other=x",
        f"{STORE}/",
        "javascript:alert(1)//?comeback=x",
        "http://[",
        "",
    ],
)
def test_a_link_that_leads_elsewhere_is_left_out_with_a_note(link):
    found = read(body=snapshot(lambda b: b["cart"].update(restore_url=link)))
    (event,) = found.events
    assert (event.cart.recovery_link, event.cart.restores) == (None, False)
    assert found.notes


def test_a_link_on_the_page_of_another_language_is_the_stores_own():
    link = f"{STORE}/de/?comeback=x.1.y"
    assert cart(lambda b: b["cart"].update(restore_url=link)).recovery_link == link


# -- what else is told


@pytest.mark.parametrize(("reason", "unticked"), [("emptied", False), ("unticked", True)])
def test_a_removed_cart_says_why(reason, unticked):
    (event,) = read("cart.removed", removed(reason), at=NOW + timedelta(hours=1)).events
    assert isinstance(event, CartChanged)
    assert (event.scope, event.unticked) == ("removed", unticked)
    assert (event.cart.key, event.cart.revision) == (f"checkout:{CART_ID}", 4)
    assert event.cart.updated_at == at("2026-11-24T17:05:00")


def test_an_erased_person_goes_by_every_name_they_had():
    later = NOW + timedelta(hours=1)
    body = plain(
        phones=["(212) 555-0142", "+44 7400 123456", "(212) 555-0142"],
        emails=["ann@example.com"],
        cart_ids=[CART_ID],
        order_ids=[7, 9],
    )
    names = {"order_keys": ("order:7", "order:9"), "cart_keys": (f"checkout:{CART_ID}",)}
    assert read("shopper.erased", body, at=later).events == (
        ShopperErased(at=at("2026-11-24T17:05:00"), phone=PHONE, email="ann@example.com", **names),
        ShopperErased(at=at("2026-11-24T17:05:00"), phone="+447400123456", **names),
    )
    (by_cart,) = read("shopper.erased", plain(cart_ids=[CART_ID]), at=later).events
    assert (by_cart.phone, by_cart.cart_keys) == (None, (f"checkout:{CART_ID}",))


def test_an_erasure_of_nobody_is_a_note():
    found = read("shopper.erased", plain(phones=["12"]))
    assert found.events == ()
    assert len(found.notes) == 2


def test_a_connection_that_was_taken_away_ends_the_installation():
    (event,) = read("store.disconnected", plain(), at=NOW + timedelta(hours=1)).events
    assert event == Uninstalled(domain=SHOP.domain, at=at("2026-11-24T17:05:00"))


def test_a_topic_of_a_later_plugin_is_a_note():
    found = read("cart.dreamt", {"anything": 1})
    assert found.events == ()
    assert "cart.dreamt" in found.notes[0]


# -- hostile bodies


def read_or_refused(topic, content):
    try:
        check(connector.read(sent(topic, content), SHOP))
    except BadDelivery as e:
        str(e).encode()


@st.composite
def damaged(draw):
    topic = draw(st.sampled_from(list(BODIES)))
    value = BODIES[topic]
    for _ in range(draw(st.integers(1, 3))):
        value = put(value, draw(st.sampled_from(list(places(value)))), draw(st.just(MISSING) | odd))
        if not isinstance(value, dict):
            break
    return topic, json.dumps(value).encode()


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(damaged())
def test_a_damaged_body_is_read_or_refused(made):
    read_or_refused(*made)


@pytest.mark.parametrize("topic", list(BODIES))
@pytest.mark.parametrize("odd_value", ODD_VALUES, ids=lambda v: repr(v)[:20])
def test_every_field_takes_every_odd_value_or_refuses_it(topic, odd_value):
    for path in places(BODIES[topic]):
        read_or_refused(topic, json.dumps(put(BODIES[topic], path, odd_value)).encode())


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(list(BODIES)), st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(topic, content):
    read_or_refused(topic, content)


@pytest.mark.parametrize("topic", list(BODIES))
@pytest.mark.parametrize("content", [b"", b"null", b"[]", b"{", b"\xff", b"[" * 100_000, b"{}"])
def test_what_is_no_snapshot_is_refused(topic, content):
    with pytest.raises(BadDelivery):
        connector.read(sent(topic, content), SHOP)


@pytest.mark.parametrize(
    ("edit", "where"),
    [
        (lambda b: b["cart"].update(id="0" * 31), "cart.id"),
        (lambda b: b["cart"].update(id="A" * 32), "cart.id"),
        (lambda b: b["cart"].update(revision=0), "cart.revision"),
        (lambda b: b["cart"].update(updated_at="2026-11-24T17:04:10"), "cart.updated_at"),
        (lambda b: b["cart"]["lines"][0].update(price="lots"), "cart.lines[0].price"),
        (lambda b: b["consent"].update(text=""), "consent.text"),
        (lambda b: b.pop("consent"), "consent"),
        (lambda b: b.pop("shopper"), "shopper"),
    ],
)
def test_a_refusal_says_which_field_is_wrong(edit, where):
    with pytest.raises(BadValue) as refused:
        read(body=snapshot(edit))
    assert refused.value.where == where


def test_a_shop_that_nobody_knows_is_not_compared():
    """`comeback read` reads a recording for no shop."""
    nobody = replace(SHOP, domain="")
    body = snapshot(lambda b: b.update(store="https://any.example"))
    assert connector.read(sent("cart.updated", body), nobody).events
