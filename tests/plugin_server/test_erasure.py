"""Whoever asks to be forgotten is: what stays is the hash that stops the next text, and proof of consent."""

import json

import pytest
import requests
from spine_kit import (
    NAMES,
    PERSON,
    PHONE,
    buy,
    due,
    errand,
    everything,
    faults,
    leave_cart,
    left,
    link_in,
    one,
    reply,
    rows,
    settle,
    shopify,
    skip,
    states,
    texted,
    texts,
    woo,
    work,
)

from plugin_server.store import events, shops


def readable(spine) -> str:
    """Everything that the machine's own keys can still open, and all that stands open anyway."""
    vault, found = spine.machine.secrets.vault, [everything(spine.machine.db.url)]
    with spine.machine.db.system() as c:
        installed = {s.shop.id: s for s in shops.everyone(c, vault)}
    for row in rows(spine, "SELECT shop_id, sealed FROM events WHERE length(sealed) > 0"):
        delivery = events.unseal(vault, row.shop_id, bytes(row.sealed))
        found.append(delivery.body.decode() + json.dumps(dict(delivery.headers)))
    for table in ("carts", "attempts", "links", "replies"):
        for row in rows(spine, f"SELECT shop_id, sealed FROM {table} WHERE sealed IS NOT NULL"):  # noqa: S608
            place = f"shop {installed[row.shop_id].shop.key}"
            found.append(json.dumps(vault.decrypt_json(bytes(row.sealed), place), ensure_ascii=False))
    return "\n".join(found)


PERSONAL = (PHONE, PHONE[1:], *NAMES.values())


def erase(spine, shop: str) -> None:
    errand(spine, "redact" if shop == "mugs" else "erase", shop, phone=PHONE)
    settle(spine)


@pytest.mark.parametrize("shop", ["mugs", "wool"])
def test_of_a_person_who_was_erased_nothing_can_be_read_any_more(spine, shop) -> None:
    key = texted(spine, shop)
    requests.get(link_in(spine), headers=PERSON, timeout=5, allow_redirects=False)
    reply(spine, "is it dishwasher-safe though?", shop)
    buy(spine, key, shop)
    work(spine)
    told = readable(spine)
    assert all(secret in told for secret in (PHONE, *NAMES.values(), "dishwasher-safe"))
    text = texts(spine)[0]["text"]
    erase(spine, shop)
    told = readable(spine)
    assert not [secret for secret in (*PERSONAL, "dishwasher-safe", text) if secret in told]
    cart = one(spine, "carts")
    assert (cart.state, cart.sealed, cart.phone_hash, cart.email_hash) == ("erased", None, None, None)
    order = one(spine, "orders")
    assert (order.phone_hash, order.email_hash, order.customer_id) == (None, None, "")
    assert one(spine, "suppressions").reason == "erased"


@pytest.mark.parametrize("shop", ["mugs", "wool"])
def test_whoever_was_erased_is_never_texted_again_not_even_with_a_new_cart(spine, shop) -> None:
    left(spine, shop)
    erase(spine, shop)
    assert set(states(spine)) == {"cancelled"}
    skip(spine, minutes=31)
    work(spine)
    due(spine, shop)
    work(spine)
    assert texts(spine) == []
    assert rows(spine, "SELECT rule FROM touches WHERE state = 'skipped'")[0].rule == "FED-05"


@pytest.mark.parametrize("shop", ["mugs", "wool"])
def test_a_link_of_a_person_who_was_erased_leads_nowhere_and_its_page_still_works(spine, shop) -> None:
    texted(spine, shop)
    erase(spine, shop)
    assert requests.get(link_in(spine), headers=PERSON, timeout=5, allow_redirects=False).status_code == 410
    assert requests.post(f"{link_in(spine)}/stop", headers=PERSON, timeout=5).status_code == 200


def test_other_people_of_the_shop_stay_what_they_are(spine) -> None:
    leave_cart(spine)
    leave_cart(spine, phone="+12125550177", email="sam@example.com", first_name="Samwise")
    settle(spine)
    erase(spine, "mugs")
    assert sorted(r.state for r in rows(spine, "SELECT state FROM carts")) == ["erased", "open"]
    assert "Samwise" in readable(spine)


def test_a_delivery_that_comes_after_the_erasure_brings_nobody_back(spine) -> None:
    """A webhook can be hours late: it still speaks of the person who is forgotten by now."""
    key = leave_cart(spine)
    settle(spine)
    faults(spine, webhook_late=1)
    spine.world.post(f"/sandbox/carts/mugs/{key}/change", {})
    faults(spine, webhook_late=0)
    erase(spine, "mugs")
    skip(spine, hours=2)
    work(spine)
    assert one(spine, "carts").state == "erased"
    told = readable(spine)
    assert not [secret for secret in PERSONAL if secret in told]


def test_an_order_that_is_cancelled_after_the_erasure_leaves_its_cart_erased(spine) -> None:
    """WooCommerce cancels what waits for payment too long, and names the cart as the order's own."""
    key = leave_cart(spine, "wool")
    settle(spine)
    erase(spine, "wool")
    with spine.machine.db.system() as c:
        wool = shops.by_key(c, spine.machine.secrets.vault, "woocommerce", spine.keys["wool"])
    now = spine.world.status().now.strftime("%Y-%m-%dT%H:%M:%S")
    order = {
        "id": int(key),
        "status": "cancelled",
        "currency": "USD",
        "total": "24.00",
        "date_created_gmt": now,
        "date_modified_gmt": now,
        "billing": {"email": NAMES["email"]},
    }
    woo(spine, "order.updated", json.dumps(order).encode(), secret=wool.credentials["webhook_secret"])
    settle(spine)
    assert rows(spine, "SELECT state FROM events ORDER BY id DESC LIMIT 1")[0].state in ("applied", "ignored")
    assert one(spine, "carts").state == "erased"


def test_a_person_known_only_by_an_e_mail_address_can_be_forgotten(spine) -> None:
    leave_cart(spine)
    settle(spine)
    body = {"shop_domain": "mugs.myshopify.com", "customer": {"email": NAMES["email"].upper()}}
    shopify(spine, "customers/redact", json.dumps(body).encode())
    settle(spine)
    assert one(spine, "carts").state == "erased"
    assert one(spine, "suppressions").reason == "erased", "the phone of that cart is stopped too"


def test_an_order_that_no_cart_led_to_forgets_its_person_by_their_address(spine) -> None:
    """Shopify's list of orders to redact may be empty."""
    now = spine.world.status().now.isoformat()
    order = {"id": 7, "created_at": now, "updated_at": now, "total_price": "1.00", "phone": PHONE}
    shopify(spine, "orders/create", json.dumps({**order, "email": NAMES["email"]}).encode())
    settle(spine)
    assert one(spine, "orders").email_hash is not None
    body = {"shop_domain": "mugs.myshopify.com", "customer": {"email": NAMES["email"], "phone": PHONE}}
    shopify(spine, "customers/redact", json.dumps(body).encode())
    settle(spine)
    gone = one(spine, "orders")
    assert (gone.phone_hash, gone.email_hash) == (None, None)
    told = readable(spine)
    assert not [secret for secret in PERSONAL if secret in told]


@pytest.mark.parametrize("shop", ["mugs"])
def test_of_a_shop_that_was_removed_nothing_is_left(spine, shop) -> None:
    key = texted(spine, shop)
    reply(spine, "STOP", shop)
    buy(spine, key, shop)
    settle(spine)
    leave_cart(spine, "wool")
    settle(spine)
    errand(spine, "uninstall", shop)
    settle(spine)
    faults(spine, webhook_late=1)
    errand(spine, "shop-redact", shop)
    faults(spine, webhook_late=0)
    skip(spine, hours=1)
    settle(spine)
    (gone,) = rows(spine, "SELECT * FROM shops WHERE key = :key", key=spine.keys[shop])
    assert (gone.state, gone.name, bytes(gone.credentials)) == ("removed", "", b"")
    for (
        table
    ) in "carts cart_names touches attempts links clicks orders recoveries replies traces consents".split():
        assert rows(spine, f"SELECT 1 FROM {table} WHERE shop_id = :id", id=gone.id) == [], table  # noqa: S608
    assert rows(spine, "SELECT 1 FROM events WHERE shop_id = :id AND length(sealed) > 0", id=gone.id) == []
    assert len(rows(spine, "SELECT 1 FROM carts")) == 1, "the other shop's cart is still there"


def test_what_comes_for_a_removed_shop_is_answered_and_neither_kept_nor_parked(spine) -> None:
    faults(spine, webhook_late=1)
    leave_cart(spine)
    faults(spine, webhook_late=0)
    errand(spine, "uninstall")
    settle(spine)
    errand(spine, "shop-redact")
    settle(spine)
    skip(spine, hours=2)
    settle(spine)
    found = rows(spine, "SELECT e.state, length(e.sealed) AS kept FROM events e ORDER BY e.id")
    assert len(found) == 5
    assert {(e.state, e.kept) for e in found} <= {("ignored", 0), ("applied", 0)}


def test_what_waited_in_the_inbox_of_a_removed_shop_is_no_fault_of_ours(spine) -> None:
    errand(spine, "uninstall")
    settle(spine)
    errand(spine, "shop-redact")
    leave_cart(spine)
    work(spine)
    assert "parked" not in {r.state for r in rows(spine, "SELECT state FROM events")}


def test_an_uninstalled_shop_texts_nobody_and_comes_back_with_its_old_key(spine) -> None:
    due(spine)
    errand(spine, "uninstall")
    work(spine)
    assert (states(spine), texts(spine)) == (["cancelled"], [])
    errand(spine, "uninstall")
    work(spine)
    assert one(spine, "touches").reason == "the shop uninstalled"
    with spine.machine.db.system() as c:
        back = shops.install(
            c,
            spine.machine.secrets.vault,
            credentials={"access_token": "shpat_new"},
            sequence=shops.by_key(c, spine.machine.secrets.vault, None, spine.keys["wool"]).sequence,
            platform="shopify",
            domain="mugs.myshopify.com",
            name="Mugs",
            currency="USD",
            country="US",
            locale="en-US",
        )
        found = shops.by_key(c, spine.machine.secrets.vault, "shopify", back)
    assert back == spine.keys["mugs"]
    assert (found.active, found.credentials["access_token"]) == (True, "shpat_new")


def test_a_request_for_ones_data_stays_in_sight(spine) -> None:
    leave_cart(spine)
    settle(spine)
    errand(spine, "data-request", phone=PHONE)
    settle(spine)
    assert one(spine, "data_requests", "answered_at").answered_at is None
