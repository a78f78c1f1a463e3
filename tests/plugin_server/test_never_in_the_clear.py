"""Nobody who reads the database or the logs learns who shops where, what they were told, or how to get in."""

import io
import json
import logging
from dataclasses import replace

import pytest
import requests
from spine_kit import (
    NAMES,
    PERSON,
    PHONE,
    buy,
    carrier,
    errand,
    everything,
    forms,
    leave_cart,
    link_in,
    one,
    reply,
    report,
    rows,
    settle,
    shopify,
    texted,
    texts,
    work,
)

from plugin_server import logs
from plugin_server.crypto import Key, UnknownKey, Vault
from plugin_server.jobs import ingest
from plugin_server.store import carts, shops
from plugin_server.store.tx import Secrets, Tx


@pytest.fixture
def written(own_logging):
    """What is logged, down to the last detail, as production writes it."""
    stream = io.StringIO()
    root = logging.getLogger()

    def listen(machine) -> io.StringIO:
        logs.configure(replace(machine.settings, log_level="DEBUG", log_format="json"))
        root.handlers[0].setStream(stream)
        return stream

    return listen


@pytest.mark.parametrize("shop", ["mugs", "wool"])
def test_neither_tables_nor_logs_hold_anything_personal_after_a_whole_life_of_a_cart(
    spine, shop, written
) -> None:
    log = written(spine.machine)
    key = texted(spine, shop)
    link = link_in(spine)
    target = requests.get(link, headers=PERSON, timeout=5, allow_redirects=False).headers["Location"]
    reply(spine, "is it dishwasher-safe though?", shop)
    buy(spine, key, shop)
    work(spine)
    reply(spine, "STOP", shop)
    if shop == "mugs":
        errand(spine, "consent", phone=PHONE, state="UNSUBSCRIBED")
        errand(spine, "data-request", phone=PHONE)
    settle(spine)
    assert one(spine, "carts").state == "recovered", "the whole life was lived"
    with spine.machine.db.system() as c:
        installed = shops.by_key(c, spine.machine.secrets.vault, None, spine.keys[shop])
    tokens = list(installed.credentials.values())
    secret_of_link = target.partition("key=")[2].partition("&")[0] or target
    secrets = [
        PHONE,
        PHONE[1:],
        "(212) 555-0142",
        *NAMES.values(),
        texts(spine)[0]["text"],
        "dishwasher-safe",
        secret_of_link,
        *tokens,
        spine.machine.settings.shopify_client_secret,
        spine.machine.settings.vonage_signature_secret,
    ]
    dump, lines = everything(spine.machine.db.url), log.getvalue()
    assert spine.keys[shop] in dump, "the dump holds what it should"
    assert "event decided" in lines
    for secret in secrets:
        for form in forms(secret):
            assert form not in dump, f"{form!r} stands in a table"
            assert form not in lines, f"{form!r} stands in a log"
    assert link.rpartition("/")[2] not in lines, "who has a link's code gets to the cart"


def test_a_broken_event_leaves_no_personal_data_in_its_note_or_the_log(spine, written, monkeypatch) -> None:
    def breaks(here, reading):
        cart = reading.events[0].cart
        raise ValueError(f"can't bear {cart.contact.phone} {cart.contact.email} {cart.contact.first_name}")

    monkeypatch.setattr(ingest, "apply_all", breaks)
    log = written(spine.machine)
    told = {"token": "t", "created_at": "2026-11-24T08:00:00Z", "updated_at": "2026-11-24T08:00:00Z"}
    body = json.dumps({**told, "total_price": "1", "phone": PHONE, "email": NAMES["email"], "line_items": []})
    assert shopify(spine, "checkouts/update", body.encode()).status_code == 200
    settle(spine)
    assert one(spine, "events").state == "parked"
    for place in (everything(spine.machine.db.url), log.getvalue()):
        assert PHONE[1:] not in place
        assert NAMES["email"] not in place
    assert "event parked" in log.getvalue()


def test_a_refusal_of_the_carriers_that_repeats_the_number_isnt_kept_with_it(spine) -> None:
    texted(spine)
    told = report(one(spine, "touches").id, "delivered", "1330")
    told["error"]["detail"] = f"number {PHONE} or {PHONE[1:]} is odd"
    carrier(spine, told)
    settle(spine)
    assert PHONE[1:] not in everything(spine.machine.db.url)


def test_a_hash_finds_a_phone_only_with_the_key(spine) -> None:
    leave_cart(spine)
    settle(spine)
    with spine.machine.db.system() as c:
        installed = shops.by_key(c, spine.machine.secrets.vault, None, spine.keys["mugs"])
    found = bytes(one(spine, "carts").phone_hash)
    with spine.machine.db.shop(installed.shop.id) as c:
        assert Tx(c, installed.shop, spine.machine.secrets).phone(PHONE) == found
        other = Secrets(spine.machine.secrets.vault, b"x" * 32)
        assert Tx(c, installed.shop, other).phone(PHONE) != found


def test_a_new_key_reads_what_the_old_one_wrote_and_without_the_old_one_nothing_can_be_read(spine) -> None:
    leave_cart(spine)
    settle(spine)
    old, new = spine.machine.settings.keys, Key("next", b"n" * 32)
    with spine.machine.db.system() as c:
        installed = shops.by_key(c, Vault([new, *old]), None, spine.keys["mugs"])
    assert installed.credentials["access_token"]
    cart = one(spine, "carts").id
    with spine.machine.db.shop(installed.shop.id) as c:
        both = Tx(c, installed.shop, Secrets(Vault([new, *old]), spine.machine.settings.phone_key))
        assert carts.by_id(both, cart).cart.contact.phone == PHONE
        alone = Tx(c, installed.shop, Secrets(Vault([new]), spine.machine.settings.phone_key))
        with pytest.raises(UnknownKey):
            carts.by_id(alone, cart)


def test_the_trace_explains_without_naming_anybody(spine) -> None:
    texted(spine)
    told = rows(spine, 'SELECT "check", outcome, reason, CAST(facts AS text) AS facts FROM traces')
    assert {"cart", "plan", "last look", "compliance", "experiment", "text", "hand-over", "report"} <= {
        t.check for t in told
    }
    words = " ".join(f"{t.reason} {t.facts}" for t in told)
    assert PHONE[-7:] not in words
    assert not any(name in words for name in NAMES.values())
