"""People who left no cart are found and forgotten too: whoever signed up, wrote, or asked what is held on them."""

import json
from datetime import timedelta

import pytest
from sign_up_kit import opened, send
from spine_kit import (
    BRITON,
    NAMES,
    PHONE,
    answer,
    at_noon,
    carrier,
    change,
    errand,
    reply,
    report,
    rows,
    settle,
    shopify,
    skip,
    texted,
    texts,
    wait_idle,
    work,
)
from test_api import call, consent  # noqa: F401  (a fixture)

from plugin_server.jobs import retention
from plugin_server.privacy import person
from plugin_server.store import data_requests, erasure, events, notice_ends, shops
from plugin_server.store.tx import Tx
from sequences.events import DataRequested, ShopperErased

SEALED = {
    **dict.fromkeys(
        "carts attempts links replies notices errands subscribers data_requests".split(), "sealed"
    ),
    "consents": "personal",
}


def within(spine, shop: str = "mugs"):
    with spine.machine.db.system() as c:
        installed = shops.by_key(c, spine.machine.secrets.vault, None, spine.keys[shop])
    return installed, spine.machine.db.shop(installed.shop.id)


def erased(spine, **names) -> list[int]:
    installed, scope = within(spine)
    with scope as c:
        who = ShopperErased(at=spine.machine.clock.now(), **names)
        return erasure.shopper(Tx(c, installed.shop, spine.machine.secrets), who, spine.machine.clock.now())


def naming(spine, *secrets: str) -> list[tuple[str, str]]:
    """Where one of these stands in what the machine's own keys can still open: (table, content)."""
    vault, found = spine.machine.secrets.vault, []
    with spine.machine.db.system() as c:
        keys = {s.shop.id: s.shop.key for s in shops.everyone(c, vault)}
    for row in rows(spine, "SELECT shop_id, sealed FROM events WHERE length(sealed) > 0"):
        found.append(("events", events.unseal(vault, row.shop_id, bytes(row.sealed)).body.decode()))
    for table, column in SEALED.items():
        for row in rows(spine, f"SELECT shop_id, {column} AS held FROM {table} WHERE {column} IS NOT NULL"):  # noqa: S608
            opened = vault.decrypt_json(bytes(row.held), f"shop {keys[row.shop_id]}")
            found.append((table, json.dumps(opened, ensure_ascii=False)))
    return [(table, held) for table, held in found if any(secret in held for secret in secrets)]


# -- who signed up


@pytest.fixture
def signed_up(spine, call):  # noqa: F811
    """Somebody whom only the API told us of, with number, name and address."""
    at_noon(spine)
    assert call(body=consent(spine, name="Annabella", email="Ann@Example.com")).status_code == 201
    work(spine)
    return spine


def test_whoever_only_signed_up_is_forgotten_by_their_e_mail_address(signed_up) -> None:
    assert naming(signed_up, "Annabella")
    body = {"shop_domain": "mugs.myshopify.com", "customer": {"email": "ANN@example.COM"}}
    shopify(signed_up, "customers/redact", json.dumps(body).encode())
    settle(signed_up)
    assert naming(signed_up, PHONE[1:], "Annabella", "xample.com") == []
    assert len(rows(signed_up, "SELECT FROM suppressions WHERE kind = 'erased'")) == 1


def test_whoever_only_signed_up_gets_what_is_held_on_them_by_their_e_mail_address(signed_up) -> None:
    installed, scope = within(signed_up)
    with scope as c:
        tx = Tx(c, installed.shop, signed_up.machine.secrets)
        found = person.everything(tx, DataRequested(email="ann@example.com"))
        others = person.everything(tx, DataRequested(email="bea@example.com"))
    assert found["customer_list"][0]["name"] == "Annabella"
    assert found["consent"] and found["texts_sent"]
    assert not others["consent"]


def test_a_cart_of_the_number_that_an_address_signed_up_with_is_theirs(signed_up) -> None:
    texted_before = len(rows(signed_up, "SELECT FROM carts"))
    signed_up.world.post(
        "/sandbox/carts",
        {"shop": "mugs", "phone": PHONE, "consent": True, "items": [{"sku": "MUG-BLUE", "quantity": 1}]},
    )
    settle(signed_up)
    assert len(rows(signed_up, "SELECT FROM carts")) == texted_before + 1
    assert len(erased(signed_up, email="ann@example.com")) == 1


# -- who wrote


def test_what_came_in_from_somebody_without_a_cart_is_emptied_with_them(spine) -> None:
    at_noon(spine)
    reply(spine, "HELP")
    work(spine)
    skip(spine, minutes=3)
    reply(spine, "STOP my name is Annabella")
    work(spine)
    skip(spine, minutes=3)
    work(spine)
    reply(spine, "HELP", phone=BRITON)
    work(spine)
    assert {"events", "replies", "notices"} <= {t for t, _ in naming(spine, PHONE[1:])}
    erased(spine, phone=PHONE)
    assert naming(spine, PHONE[1:], "Annabella") == []
    assert {"events", "replies"} <= {t for t, _ in naming(spine, BRITON[1:])}, "others stay what they are"


def test_a_delivery_about_an_erased_number_isnt_kept_even_if_it_comes_late(spine) -> None:
    at_noon(spine)
    reply(spine, "HELP")
    settle(spine)
    answer(spine)
    (sent,) = rows(spine, "SELECT id FROM notices")
    wait_idle(spine)
    settle(spine)
    erased(spine, phone=PHONE)
    carrier(spine, report(sent.id, "delivered"))
    settle(spine)
    (row,) = rows(spine, "SELECT state, length(sealed) AS kept FROM events ORDER BY id DESC LIMIT 1")
    assert tuple(row) == ("applied", 0)


def test_a_store_that_tells_of_consent_without_a_cart_leaves_nothing_behind(spine) -> None:
    customer = {
        "id": 7,
        "email": NAMES["email"],
        "phone": PHONE,
        "first_name": "Annabella",
        "updated_at": spine.world.status().now.isoformat(),
        "sms_marketing_consent": {
            "state": "subscribed",
            "opt_in_level": "single_opt_in",
            "consent_updated_at": spine.world.status().now.isoformat(),
        },
    }
    consent_told = {
        "customer_id": 7,
        "phone": PHONE,
        "sms_marketing_consent": customer["sms_marketing_consent"],
    }
    shopify(spine, "customers_marketing_consent/update", json.dumps({**customer, **consent_told}).encode())
    settle(spine)
    assert rows(spine, "SELECT FROM consents WHERE state = 'given'"), [
        tuple(r) for r in rows(spine, "SELECT state, note FROM events")
    ]
    erased(spine, phone=PHONE)
    assert naming(spine, PHONE, "Annabella", NAMES["email"]) == []


@pytest.mark.parametrize("again", [False, True])
def test_a_stop_that_is_confirmed_after_the_erasure_leaves_no_number_behind(spine, again) -> None:
    texted(spine)
    reply(spine, "STOP")
    settle(spine)
    errand(spine, "redact", phone=PHONE)
    settle(spine)
    if again:
        change(spine, "UPDATE suppressions SET kind = 'stop', reason = 'said so once more'")
    before = len(texts(spine))
    work(spine)
    assert len(texts(spine)) == before + 1, "the confirmation is still given"
    assert [held for table, held in naming(spine, PHONE[1:]) if table == "notices"] == []


def test_an_answer_that_is_put_off_after_the_erasure_is_emptied_only_when_it_has_ended(spine) -> None:
    texted(spine)
    reply(spine, "STOP")
    settle(spine)
    change(spine, "UPDATE notices SET state = 'held'")
    errand(spine, "redact", phone=PHONE)
    settle(spine)
    assert any(table == "notices" for table, _ in naming(spine, PHONE[1:])), "whom would it go to?"
    skip(spine, minutes=10)
    with spine.machine.db.system() as c:
        assert notice_ends.expire(c, spine.machine.clock.now()) == 1
    retention.run(spine.machine)
    assert not any(table == "notices" for table, _ in naming(spine, PHONE[1:]))


def test_whoever_comes_back_after_an_erasure_is_asked_anew_and_their_proof_is_kept(spine) -> None:
    """A YES to the question that was erased would prove nothing: nobody could say what it asked."""
    at_noon(spine)
    assert send(opened(spine)).status_code == 200
    work(spine)
    erased(spine, phone=PHONE)
    skip(spine, hours=1)
    reply(spine, "START")
    work(spine)
    skip(spine, minutes=1)
    reply(spine, "Y")
    work(spine)
    kinds = [r.kind for r in rows(spine, "SELECT kind FROM notices ORDER BY asked_at")]
    assert kinds == ["consent_request", "consent_request", "welcome"]
    (proof,) = rows(spine, "SELECT facts FROM consents WHERE proven")
    assert "Reply Y" in json.loads(proof.facts)["request"]["text"]
    assert len([table for table, _ in naming(spine, PHONE[1:]) if table == "notices"]) == 2


# -- who asked what is held on them


def ask(spine, days: int = 0, **names) -> None:
    installed, scope = within(spine)
    with scope as c:
        tx = Tx(c, installed.shop, spine.machine.secrets)
        data_requests.add(tx, DataRequested(**names), spine.machine.clock.now() + timedelta(days=days))


def open_requests(spine) -> list[str]:
    installed, scope = within(spine)
    with scope as c:
        return [a.request_id for a in data_requests.every(Tx(c, installed.shop, spine.machine.secrets))]


def hand_out(spine) -> None:
    installed, scope = within(spine)
    with scope as c:
        tx = Tx(c, installed.shop, spine.machine.secrets)
        for request in data_requests.every(tx):
            data_requests.answered(tx, request.request_id, spine.machine.clock.now())


def test_who_asks_again_months_later_in_a_store_without_request_numbers_is_heard_again(spine) -> None:
    names = {"customer_id": "7", "phone": PHONE, "email": NAMES["email"]}
    ask(spine, **names)
    ask(spine, days=3, **{**names, "email": NAMES["email"].upper()})
    assert len(open_requests(spine)) == 1, "it waits already"
    hand_out(spine)
    ask(spine, **names)
    assert open_requests(spine) == [], "the same delivery, replayed"
    ask(spine, days=200, **names)
    assert len(open_requests(spine)) == 1
    ask(spine, days=200, **{**names, "customer_id": "8"})
    assert len(open_requests(spine)) == 2


def test_a_numbered_request_is_one_however_often_it_is_told(spine) -> None:
    ask(spine, request_id="4711", phone=PHONE)
    hand_out(spine)
    ask(spine, days=200, request_id="4711", phone=PHONE)
    assert open_requests(spine) == []


def test_what_a_data_request_names_stands_nowhere_else(spine) -> None:
    texted(spine)
    errand(spine, "data-request", phone=PHONE)
    settle(spine)
    (told,) = rows(spine, "SELECT length(sealed) AS kept FROM events WHERE note LIKE '%waits for an answer%'")
    assert told.kept == 0
    assert [table for table, _ in naming(spine, PHONE) if table == "data_requests"] == ["data_requests"]


@pytest.mark.parametrize(
    ("asked", "gone"),
    [
        ({"email": "Ann@Example.com"}, {"email": "ann@EXAMPLE.com"}),
        ({"phone": PHONE}, {"email": NAMES["email"].upper()}),
        ({"customer_id": "7"}, {"customer_id": "7"}),
    ],
)
def test_an_erasure_ends_the_requests_of_the_same_person_however_they_were_named(spine, asked, gone) -> None:
    texted(spine)
    ask(spine, **asked)
    ask(spine, email="somebody.else@example.com")
    ask(spine, customer_id="70")
    erased(spine, **gone)
    assert len(open_requests(spine)) == 2
