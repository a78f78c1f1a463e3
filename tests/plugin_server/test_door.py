"""Who proves who they are is answered 200 whatever they say; who doesn't learns nothing."""

import base64
import hashlib
import hmac
import http.client
import json
import time
import uuid
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import requests
from spine_kit import (
    PHONE,
    carrier,
    change,
    hand_over,
    report,
    rows,
    settle,
    shopify,
    texted,
    wait_idle,
    woo,
)
from sqlalchemy import text

from plugin_server.jobs import ingest
from plugin_server.store import events, shops

MIB = 1024 * 1024
CHECKOUT = {
    "token": "t1",
    "created_at": "2026-11-24T08:00:00Z",
    "updated_at": "2026-11-24T08:00:00Z",
    "total_price": "24.00",
    "phone": PHONE,
    "line_items": [{"title": "Mug", "quantity": 1, "price": "24.00"}],
}


def woo_secret(spine) -> str:
    with spine.machine.db.system() as c:
        found = shops.by_key(c, spine.machine.secrets.vault, "woocommerce", spine.keys["wool"])
    return found.credentials["webhook_secret"]


def kept(spine) -> int:
    return rows(spine, "SELECT count(*) AS n FROM events")[0].n


def test_what_isnt_signed_or_signed_wrongly_is_refused_and_not_kept(spine) -> None:
    body = json.dumps(CHECKOUT).encode()
    refused = [
        shopify(spine, "checkouts/update", body, secret="somebody else's"),
        shopify(spine, "checkouts/update", body, secret="somebody else's", shop=None),
        shopify(spine, "checkouts/update", body, X_Shopify_Hmac_Sha256=""),
        shopify(spine, "checkouts/update", body, X_Shopify_Hmac_Sha256="bm9wZQ=="),
        woo(spine, "order.updated", body, secret="somebody else's"),
        woo(spine, "order.updated", body, secret=""),
        carrier(spine, report(uuid.uuid4(), "delivered"), secret="somebody else's" * 3),
    ]
    for source, key in (("shopify", "mugs"), ("woocommerce", "wool"), ("vonage_sms", "mugs")):
        refused.append(
            requests.post(f"{spine.url}/webhooks/{source}/{spine.keys[key]}", data=body, timeout=5)
        )
    assert {(r.status_code, r.text) for r in refused} == {(401, "Unauthorized\n")}
    assert kept(spine) == 0


def test_one_changed_byte_breaks_a_signature(spine) -> None:
    sent = []
    real = requests.post

    def catch(url, **kwargs):
        sent.append((url, kwargs))
        return real(url, **kwargs)

    requests.post = catch
    try:
        assert shopify(spine, "checkouts/update", json.dumps(CHECKOUT).encode()).status_code == 200
    finally:
        requests.post = real
    url, kwargs = sent[0]
    kwargs["headers"]["X-Shopify-Webhook-Id"] = "another"
    for changed in (kwargs["data"] + b" ", kwargs["data"].replace(b"24.00", b"24.01", 1), b""):
        assert real(url, **{**kwargs, "data": changed}).status_code == 401
    assert real(url, **kwargs).status_code == 200
    assert kept(spine) == 2


def test_an_unknown_shop_is_the_same_answer_whatever_kind_it_is_of(spine) -> None:
    body = json.dumps(CHECKOUT).encode()
    unknown = "AbCdEfGhIjKlMnOpQrStUvWx"
    paths = [
        f"shopify/{unknown}",
        f"woocommerce/{unknown}",
        f"vonage_sms/{unknown}",
        f"shopify/{spine.keys['wool']}",
        f"woocommerce/{spine.keys['mugs']}",
        "shopify/domain:mugs.myshopify.com",
        "shopify/domain:nobody.myshopify.com",
        f"nobody/{spine.keys['mugs']}",
        "nobody",
        "vonage_sms",
        "shopify/%00",
        "shopify/%ff%fe",
        f"shopify/{spine.keys['mugs']}%00",
        f"shopify/{'x' * 5000}",
        f"shopify/{spine.keys['mugs']}/more",
        "../webhooks/nobody/x",
    ]
    found = {path: requests.post(f"{spine.url}/webhooks/{path}", data=body, timeout=5) for path in paths}
    assert {path: r.status_code for path, r in found.items()} == dict.fromkeys(paths, 404)
    assert {r.text for r in found.values()} == {"Not Found\n"}
    signed = shopify(spine, "checkouts/update", body, shop=None, X_Shopify_Shop_Domain="nobody.myshopify.com")
    assert (signed.status_code, signed.text) == (404, "Not Found\n")
    assert kept(spine) == 0


def test_a_shop_that_was_unknown_a_moment_ago_is_known_once_it_is_installed(spine) -> None:
    domain = {"X_Shopify_Shop_Domain": "new.myshopify.com", "shop": None}
    body = json.dumps(CHECKOUT).encode()
    assert shopify(spine, "checkouts/update", body, **domain).status_code == 404
    with spine.machine.db.system() as c:
        facts = {"name": "New", "currency": "USD", "country": "US", "locale": "en-US"}
        shops.install(
            c,
            spine.machine.secrets.vault,
            credentials={},
            sequence=shops.by_key(c, spine.machine.secrets.vault, None, spine.keys["mugs"]).sequence,
            platform="shopify",
            domain="new.myshopify.com",
            **facts,
        )
    assert shopify(spine, "checkouts/update", body, **domain).status_code == 200


def test_only_posts_come_in(spine) -> None:
    for method in ("GET", "HEAD", "PUT", "DELETE", "PATCH"):
        answer = requests.request(method, f"{spine.url}/webhooks/shopify/{spine.keys['mugs']}", timeout=5)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST"), method


def test_the_largest_body_is_one_mebibyte(spine) -> None:
    fits = json.dumps(CHECKOUT).encode().ljust(MIB)
    assert shopify(spine, "checkouts/update", fits).status_code == 200
    assert shopify(spine, "checkouts/update", fits + b" ").status_code == 413
    settle(spine)
    assert [r.state for r in rows(spine, "SELECT state FROM events")] == ["applied"]


def test_a_body_in_chunks_is_held_to_the_same_limit(spine) -> None:
    small = json.dumps(CHECKOUT).encode()

    def chunks(body: bytes):
        for start in range(0, len(body), 65536):
            yield body[start : start + 65536]

    def post(body: bytes) -> int:
        key = spine.machine.settings.shopify_client_secret.encode()
        headers = {
            "X-Shopify-Topic": "checkouts/update",
            "X-Shopify-Hmac-Sha256": base64.b64encode(hmac.digest(key, body, hashlib.sha256)).decode(),
            "X-Shopify-Webhook-Id": uuid.uuid4().hex,
        }
        address = f"{spine.url}/webhooks/shopify/{spine.keys['mugs']}"
        try:
            return requests.post(address, data=chunks(body), headers=headers, timeout=10).status_code
        except requests.ConnectionError:
            return 413  # it answered and hung up while we still talked

    assert post(small) == 200
    assert post(small.ljust(3 * MIB)) == 413
    assert kept(spine) == 1


def test_a_body_that_ends_too_early_is_not_kept(spine) -> None:
    where = urlsplit(spine.url)
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=5)
    connection.putrequest("POST", f"/webhooks/shopify/{spine.keys['mugs']}")
    connection.putheader("Content-Length", "1000")
    connection.endheaders()
    connection.send(b"{")
    connection.close()
    time.sleep(0.2)
    assert kept(spine) == 0


def deep(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


HOSTILE = {
    "nothing": b"",
    "no JSON": b"{",
    "no UTF-8": b'{"token": "\xff\xfe"}',
    "another root": b"[]",
    "a bare number": b"7",
    "nested without end": deep(20000),
    "NaN": json.dumps({**CHECKOUT, "total_price": float("nan")}).encode(),
    "infinity": json.dumps({**CHECKOUT, "total_price": float("inf")}).encode(),
    "a number of 5000 digits": json.dumps(CHECKOUT).encode().replace(b'"24.00"', b"9" * 5000),
    "an exponent without end": json.dumps({**CHECKOUT, "total_price": "1e999999999"}).encode(),
    "a tiny exponent": json.dumps({**CHECKOUT, "total_price": "1e-999999"}).encode(),
    "an unbelievable amount": json.dumps({**CHECKOUT, "total_price": "1" + "0" * 12}).encode(),
    "a price that is a list": json.dumps({**CHECKOUT, "total_price": ["1"]}).encode(),
    "lines that are none": json.dumps({**CHECKOUT, "line_items": "many"}).encode(),
    "a quantity beyond counting": json.dumps(
        {**CHECKOUT, "line_items": [{"title": "Mug", "quantity": 10**15, "price": "1"}]}
    ).encode(),
    "a NUL in its name": json.dumps({**CHECKOUT, "token": "a\x00b"}).encode(),
    "half a character in its name": b'{"token": "\\ud800"' + json.dumps(CHECKOUT).encode()[14:],
    "a name too long": json.dumps({**CHECKOUT, "token": "t" * 5000}).encode(),
    "no name": json.dumps({**CHECKOUT, "token": None}).encode(),
    "a time without a zone": json.dumps({**CHECKOUT, "updated_at": "2026-11-24T08:00:00"}).encode(),
    "a time before stores": json.dumps({**CHECKOUT, "updated_at": "0001-01-01T00:00:00+14:00"}).encode(),
    "a time after us": json.dumps({**CHECKOUT, "updated_at": "9999-12-31T23:59:59-12:00"}).encode(),
    "no time at all": json.dumps({**CHECKOUT, "updated_at": "yesterday"}).encode(),
    "a time that is a number": json.dumps({**CHECKOUT, "updated_at": 1764000000}).encode(),
}


def test_whatever_is_signed_is_kept_and_what_cant_be_read_is_parked_in_sight(spine) -> None:
    for body in HOSTILE.values():
        assert shopify(spine, "checkouts/update", body).status_code == 200
    assert shopify(spine, "checkouts/update", json.dumps(CHECKOUT).encode()).status_code == 200
    settle(spine)
    found = rows(spine, "SELECT state, note FROM events ORDER BY id")
    assert {name: e.state for name, e in zip(HOSTILE, found, strict=False)} == dict.fromkeys(
        HOSTILE, "parked"
    )
    assert all(e.note.startswith("can't be read: ") for e in found[:-1]), [e.note for e in found]
    assert found[-1].state == "applied", "the next one comes through"
    with spine.machine.db.system() as c:
        assert len(events.parked(c)) == len(HOSTILE)


@pytest.mark.parametrize(
    "mended",
    [
        {"email": "no address"},
        {"email": "a" * 300 + "@example.com"},
        {"phone": "call me"},
        {"phone": "+1" * 30},
        {"customer_locale": "\x00\ud83d"},
        {"line_items": [{"title": "A\x00\ud800 mug\u202e", "quantity": 1, "price": "1.005"}]},
        {"total_price": "999999999999.99"},
        {"total_price": "-5"},
        {"total_price": "0.0000000001"},
        {"shipping_address": {"first_name": "\ud800", "country_code": "zz", "province_code": "??"}},
        {"note": {"deep": [[[[{}]]]]}},
        {"abandoned_checkout_url": "javascript:alert(1)"},
        {"customer": {"id": "x" * 40, "first_name": "Ω" * 255}},
    ],
)
def test_what_is_odd_in_a_checkout_doesnt_keep_it_from_being_known(spine, mended) -> None:
    body = json.dumps({**CHECKOUT, **mended}).encode()
    assert shopify(spine, "checkouts/update", body).status_code == 200
    settle(spine)
    assert rows(spine, "SELECT state, note FROM events")[0].state == "applied"


def test_headers_that_nobody_signed_may_hold_anything(spine) -> None:
    body = json.dumps(CHECKOUT).encode()
    odd = ["x" * 4000, "\xff\xfe", "'; DROP TABLE events; --", "../../etc", "{}", "%00"]
    for value in odd:
        answer = shopify(spine, "checkouts/update", body, X_Shopify_Webhook_Id=value.encode("latin-1"))
        assert answer.status_code == 200, value
        assert shopify(spine, value.encode("latin-1"), body).status_code == 200, value
        named = {"X-WC-Webhook-ID": value.encode("latin-1")}
        told = woo(spine, "order.deleted", b'{"id": 1}', secret=woo_secret(spine), **named)
        assert told.status_code == 200, value
    settle(spine)
    assert "new" not in {r.state for r in rows(spine, "SELECT state FROM events")}


def test_the_same_delivery_is_kept_once_and_answered_each_time(spine) -> None:
    body = json.dumps(CHECKOUT).encode()
    for _ in range(3):
        assert shopify(spine, "checkouts/update", body, X_Shopify_Webhook_Id="one").status_code == 200
    assert kept(spine) == 1
    secret = woo_secret(spine)
    for _ in range(3):
        assert woo(spine, "order.deleted", b'{"id": 1}', secret=secret).status_code == 200
    assert kept(spine) == 2
    same = json.dumps(report(uuid.uuid4(), "delivered")).encode()
    for _ in range(3):
        assert carrier(spine, same).status_code == 200
    assert kept(spine) == 3


def test_woos_unsigned_hello_is_answered_and_not_kept(spine) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    address = f"{spine.url}/webhooks/woocommerce/{spine.keys['wool']}"
    assert requests.post(address, data=b"webhook_id=7", headers=form, timeout=5).status_code == 200
    assert requests.post(address, data=b"webhook_id=7&x=1", headers=form, timeout=5).status_code == 401
    topic = {**form, "X-WC-Webhook-Topic": "order.updated"}
    assert requests.post(address, data=b"webhook_id=7", headers=topic, timeout=5).status_code == 401
    assert kept(spine) == 0


def test_shopifys_one_address_for_all_shops_finds_the_shop_by_its_domain(spine) -> None:
    body = json.dumps(CHECKOUT).encode()
    for domain in ("mugs.myshopify.com", "MUGS.myshopify.com"):
        assert (
            shopify(spine, "checkouts/update", body, shop=None, X_Shopify_Shop_Domain=domain).status_code
            == 200
        )
    for domain in ("mugs.myshopify.com.evil.example", "mugs", "domain:x", "%00", "x" * 4000):
        answer = shopify(spine, "checkouts/update", body, shop=None, X_Shopify_Shop_Domain=domain)
        assert answer.status_code == 404, domain
    settle(spine)
    assert rows(spine, "SELECT key FROM carts")[0].key == "checkout:t1"


def test_a_rotated_secret_is_taken_beside_the_old_one_and_then_alone(spine) -> None:
    old = spine.machine.settings.shopify_client_secret
    spine.machine.settings = replace(
        spine.machine.settings, shopify_client_secret="brand-new", shopify_old_client_secret=old
    )
    body = json.dumps(CHECKOUT).encode()
    for secret, status in (("brand-new", 200), (old, 200), ("neither", 401)):
        assert shopify(spine, "checkouts/update", body, secret=secret).status_code == status, secret
    spine.machine.settings = replace(spine.machine.settings, shopify_old_client_secret="")
    assert shopify(spine, "checkouts/update", body, secret=old, shop=None).status_code == 401


def test_an_old_report_of_the_carriers_is_refused(spine) -> None:
    body = json.dumps(report(uuid.uuid4(), "delivered")).encode()
    assert carrier(spine, body).status_code == 200
    sent = []
    real = requests.post
    requests.post = lambda url, **kwargs: sent.append((url, kwargs)) or real(url, **kwargs)
    try:
        carrier(spine, json.dumps(report(uuid.uuid4(), "delivered")).encode())
    finally:
        requests.post = real
    spine.world.skip(timedelta(days=2))
    url, kwargs = sent[0]
    assert real(url, **kwargs).status_code == 401


ODD_REPORTS = [
    {"client_ref": "not one of ours"},
    {"client_ref": "00000000-0000-0000-0000-000000000000"},
    {"client_ref": ""},
    {"status": "read"},
    {"channel": "whatsapp"},
    {"channel": {"a": 1}},
    {"usage": {"price": "much", "currency": "EUR"}},
    {"usage": {"price": "99999999999", "currency": "EUR"}},
    {"sms": {"count_total": "many"}},
    {"timestamp": "1970-01-01T00:00:00Z"},
    {"timestamp": None},
    {"message_uuid": None},
    {"message_uuid": "x" * 250},
    {"error": {"title": "\u0000\ud800", "detail": "\ud800"}},
    {"error": "no object"},
]


def test_odd_reports_move_no_touch_and_block_nothing(spine) -> None:
    texted(spine)
    touch = rows(spine, "SELECT id FROM touches")[0].id
    change(spine, "UPDATE touches SET state = 'sent'")
    change(spine, "UPDATE attempts SET state = 'accepted'")
    for odd in ODD_REPORTS:
        assert carrier(spine, {**report(touch, "submitted"), **odd}).status_code == 200
    settle(spine)
    assert rows(spine, "SELECT state FROM touches")[0].state == "sent"
    assert "new" not in {r.state for r in rows(spine, "SELECT state FROM events")}
    carrier(spine, report(touch, "delivered"))
    settle(spine)
    assert rows(spine, "SELECT state FROM touches")[0].state == "delivered"


@pytest.mark.parametrize(
    "words", ["", "\u0000STOP\u0000", "🛑" * 500, "stop\ud800", "x" * 5000, "STOP\r\n\r\nSTOP"]
)
def test_odd_replies_are_taken_too(spine, words) -> None:
    said = {
        "channel": "sms",
        "message_uuid": str(uuid.uuid4()),
        "from": PHONE[1:],
        "to": "12015550123",
        "text": words,
        "timestamp": "2026-11-24T08:00:00Z",
    }
    assert carrier(spine, said).status_code == 200
    settle(spine)
    (event,) = rows(spine, "SELECT state, note FROM events")
    assert event.state in ("applied", "parked"), event.note
    assert ("STOP" in words) <= bool(rows(spine, "SELECT 1 FROM suppressions"))


def test_a_delivery_during_a_long_transaction_isnt_kept_waiting(spine) -> None:
    """Applying holds a lock for the shop; the door must not need it."""
    with spine.machine.db.system() as c:
        c.execute(text("SELECT pg_advisory_xact_lock(41, CAST(id AS integer)) FROM shops"))
        began = time.monotonic()
        assert shopify(spine, "checkouts/update", json.dumps(CHECKOUT).encode()).status_code == 200
        assert time.monotonic() - began < 2
        assert ingest.run(spine.machine) == 0, "another worker leaves this shop alone"
    assert ingest.run(spine.machine) == 1
    wait_idle(spine)
    assert hand_over(spine) == 0
