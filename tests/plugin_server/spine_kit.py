"""What tests of the whole machine do again and again: shoppers act, time passes, jobs run, rows are read."""

import base64
import hashlib
import hmac
import json
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import psycopg
import requests
from sqlalchemy import text

from plugin_server.jobs import answering, dispatch, ingest, planning, sweep
from plugin_server.store import claiming

PHONE = "+12125550142"
BRITON = "+447400123456"
PERSON = {
    "User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1"
}
NAMES = {"first_name": "Dagmarella", "last_name": "Exemplarova", "email": "dagmarella@example.com"}
NEW_YORK = {"country": "US", "region": "NY", "postcode": "10001", "city": "New York", "locale": "en-US"}
LONDON = {
    "phone": BRITON,
    "country": "GB",
    "region": "",
    "postcode": "SW1A 1AA",
    "city": "London",
    "locale": "en-GB",
}
SENDERS = {"mugs": "12015550123", "wool": "12015550124"}


def leave_cart(spine, shop: str = "mugs", **more) -> str:
    """Somebody types their details and stays away. Returns the cart's name at its store."""
    cart = {
        "phone": PHONE,
        "consent": True,
        "items": [{"sku": "MUG-BLUE", "quantity": 2}],
        **NAMES,
        **NEW_YORK,
    }
    return spine.world.post("/sandbox/carts", {"shop": shop, **cart, **more})["token"]


def buy(spine, key: str, shop: str = "mugs") -> str:
    return spine.world.post(f"/sandbox/carts/{shop}/{key}/buy", {})["order_id"]


def faults(spine, **values) -> None:
    spine.world.post("/sandbox/faults", values)


def reply(spine, words: str, shop: str = "mugs", phone: str = PHONE) -> None:
    spine.world.post(f"/sandbox/phones/{phone[1:]}/reply", {"text": words, "to": SENDERS[shop]})


def errand(spine, what: str, shop: str = "mugs", **facts) -> None:
    spine.world.post(f"/sandbox/shops/{shop}/{what}", facts)


def texts(spine) -> list[dict]:
    """What really reached the carrier."""
    return spine.world.get("/sandbox/ledger?kind=text")["entries"]


def wait_idle(spine) -> None:
    for _ in range(2000):
        if spine.world.status().idle:
            return
        time.sleep(0.01)
    raise AssertionError(f"the sandbox never rests: {spine.world.status()}")


def settle(spine) -> None:
    """Apply what was delivered and plan what lies idle, but hand nothing over."""
    for _ in range(50):
        wait_idle(spine)
        if not ingest.run(spine.machine) + planning.run(spine.machine):
            return
    raise AssertionError("never settled")


def work(spine) -> None:
    """Do what clock and workers would, until nothing is left that is due."""
    for _ in range(50):
        settle(spine)
        sweep.run(spine.machine)
        if not answer(spine) + hand_over(spine):
            return
    raise AssertionError("never done")


def claim(spine, limit: int = 100) -> uuid.UUID:
    with spine.machine.db.system() as c:
        return claiming.claim(c, "touches", spine.machine.clock.now(), limit, 60)[0]


def hand_over(spine) -> int:
    """One claim, worked off. Returns how many touches it took."""
    with spine.machine.db.system() as c:
        token, taken = claiming.claim(c, "touches", spine.machine.clock.now(), 100, 60)
    if taken:
        dispatch.run(spine.machine, token)
    return taken


def answer(spine) -> int:
    """One claim of answers and questions, worked off. Returns how many it took."""
    with spine.machine.db.system() as c:
        token, taken = claiming.claim(c, "notices", spine.machine.clock.now(), 100, 60)
    if taken:
        answering.run(spine.machine, token)
    return taken


def skip(spine, **span) -> None:
    spine.world.skip(timedelta(**span))


def move_to(spine, hour: int, minute: int = 0) -> None:
    """To the next time that clocks in UTC show this."""
    now = spine.world.status().now
    then = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    spine.world.skip((then if then > now else then + timedelta(days=1)) - now)


def at_noon(spine) -> None:
    """17:00 UTC: shops and phones are awake from New York to London."""
    move_to(spine, 17)


def left(spine, shop: str = "mugs", **more) -> str:
    """A cart that was left at noon and is planned: its first touch is due in half an hour. One in `wool` is an order
    that waits for payment: it counts as left after an hour, and its first touch is due at once."""
    at_noon(spine)
    key = leave_cart(spine, shop, **more)
    settle(spine)
    skip(spine, minutes=61 if shop == "wool" else 31)
    settle(spine)
    return key


def due(spine, shop: str = "mugs", **more) -> str:
    """A cart whose first touch is due now."""
    key = left(spine, shop, **more)
    skip(spine, minutes=31)
    wait_idle(spine)
    return key


def texted(spine, shop: str = "mugs", **more) -> str:
    """A cart whose shopper got a text, and the carrier has said so."""
    key = due(spine, shop, **more)
    work(spine)
    assert len(texts(spine)) == 1, [
        dict(r._mapping) for r in rows(spine, "SELECT state, reason FROM touches")
    ]
    skip(spine, seconds=10)
    work(spine)
    return key


def rows(spine, sql: str, **binds) -> list:
    with spine.machine.db.system() as c:
        return list(c.execute(text(sql), binds))


def change(spine, sql: str, **binds) -> None:
    with spine.machine.db.system() as c:
        c.execute(text(sql), binds)


def one(spine, table: str, columns: str = "*") -> Any:
    """The only row of a table."""
    (row,) = rows(spine, f"SELECT {columns} FROM {table}")  # noqa: S608
    return row


def states(spine, table: str = "touches") -> list[str]:
    order = "step" if table == "touches" else "id"
    return [r.state for r in rows(spine, f"SELECT state FROM {table} ORDER BY {order}")]  # noqa: S608


def plan(spine, shop: str = "mugs", **changes) -> None:
    """Change a shop's sequence; values are JSON."""
    change(
        spine,
        "UPDATE shops SET sequence = sequence || CAST(:new AS jsonb) WHERE key = :key",
        new=json.dumps(changes),
        key=spine.keys[shop],
    )


def lose_leases(spine) -> None:
    """As if the time that a worker has for its claim had run out."""
    change(
        spine,
        "UPDATE touches SET lease_until = clock_timestamp() - interval '1 second' WHERE lease_until IS NOT NULL",
    )


def link_in(spine) -> str:
    """The short link in the last text."""
    return next(word for word in texts(spine)[-1]["text"].split() if "/r/" in word)


def owner(url: str) -> psycopg.Connection:
    """As the database's owner, in the scope that sees every shop: row-level security binds even the owner."""
    connection = psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True)
    connection.execute("SELECT set_config('comeback.scope', 'system', false)")
    return connection


def everything(url: str) -> str:
    """Every row of every table as text; what is bytes stands there as hex."""
    with owner(url) as c:
        tables = [r[0] for r in c.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        return "\n".join(r[0] for t in tables for r in c.execute(f"SELECT row_to_json(t)::text FROM {t} t"))  # noqa: S608


def forms(secret: str) -> list[str]:
    """How a text may stand in a dump: as it is, as JSON, as hex."""
    return [secret, json.dumps(secret)[1:-1], secret.encode().hex()]


# -- deliveries of our own making


def shopify(
    spine, topic: str, body: bytes, *, shop: str | None = "mugs", secret: str | None = None, **headers
):
    """A delivery signed as Shopify signs it; `shop` None: to the app-wide address."""
    key = spine.machine.settings.shopify_client_secret if secret is None else secret
    signed = base64.b64encode(hmac.digest(key.encode(), body, hashlib.sha256)).decode()
    told = {
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": signed,
        "X-Shopify-Shop-Domain": "mugs.myshopify.com",
        "X-Shopify-Webhook-Id": uuid.uuid4().hex,
        "X-Shopify-Triggered-At": spine.world.status().now.isoformat(),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    address = f"{spine.url}/webhooks/shopify" + (f"/{spine.keys[shop]}" if shop else "")
    return requests.post(address, data=body, headers=told, timeout=10)


def woo(spine, topic: str, body: bytes, *, secret: str, **headers):
    signed = base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()
    told = {"X-WC-Webhook-Topic": topic, "X-WC-Webhook-Signature": signed, "X-WC-Webhook-ID": "7", **headers}
    return requests.post(
        f"{spine.url}/webhooks/woocommerce/{spine.keys['wool']}", data=body, headers=told, timeout=10
    )


def carrier(spine, said: dict | bytes, *, shop: str = "mugs", secret: str | None = None):
    """A webhook signed as the carrier signs it."""
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    s = spine.machine.settings
    claims = {
        "iat": int(spine.world.status().now.timestamp()),
        "jti": uuid.uuid4().hex,
        "iss": "Vonage",
        "payload_hash": hashlib.sha256(body).hexdigest(),
        "api_key": s.vonage_api_key,
    }
    token = jwt.encode(claims, s.vonage_signature_secret if secret is None else secret, algorithm="HS256")
    return requests.post(
        f"{spine.url}/webhooks/vonage_sms/{spine.keys[shop]}",
        data=body,
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        timeout=10,
    )


def report(ref: object, status: str, code: str = "", **more) -> dict:
    """A delivery report's body, each unlike any other, so that the door keeps every one."""
    error = {"error": {"title": code, "detail": "as the carrier says"}} if code else {}
    return {
        "channel": "sms",
        "message_uuid": "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab",
        "to": PHONE[1:],
        "from": SENDERS["mugs"],
        "client_ref": str(ref),
        "status": status,
        "timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "nonce": uuid.uuid4().hex,
        **error,
        **more,
    }
