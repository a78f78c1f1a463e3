"""The cast of the Vonage tests: one account, one key, one text, and Vonage's way to sign."""

import hashlib
import json
import time
from datetime import UTC, datetime
from functools import cache

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from raw_http import RawServer, reply

from connectors.channels.vonage_sms.account import account
from connectors.channels.vonage_sms.sender import VonageChannel
from sequences.cart import Shop
from sequences.ports import OutboundText

NOW = datetime(2026, 11, 24, 12, 15, tzinfo=UTC)
APPLICATION = "11111111-2222-4333-8444-555555555555"
UUID = "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab"
PHONE = "+14155552671"
SECRET = "a signature secret, long enough for every algorithm that is tried with it"
ACCEPTED = reply(202, {"message_uuid": UUID})
SECRETS = {"api_key": "abcd1234", "signature_secret": SECRET}
SHOP = Shop(
    id=1,
    key="k",
    platform="shopify",
    domain="mugs.myshopify.com",
    name="Mugs",
    currency="USD",
    country="US",
)


@cache
def key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(form=serialization.PrivateFormat.PKCS8):
    return key().private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def credentials(url, **changes):
    return {
        "application_id": APPLICATION,
        "private_key": pem(),
        "base_url": url,
        "allow_private": "1",
        "per_second": "0",
        **SECRETS,
        **changes,
    }


def text(**changes):
    given = {
        "ref": "touch-1",
        "to": PHONE,
        "sender": "+12015550123",
        "text": "Your mug is waiting",
        "ttl_seconds": 3600,
        "callback": "https://app.example/webhooks/vonage_sms/k",
    }
    return OutboundText(**{**given, **changes})


def token(body, *, secret=SECRET, algorithm="HS256", without=(), **changes):
    claims = {
        "iat": int(NOW.timestamp()),
        "jti": "c6e1a3a0-0000-4000-8000-000000000000",
        "iss": "Vonage",
        "payload_hash": hashlib.sha256(body).hexdigest(),
        "api_key": SECRETS["api_key"],
        "application_id": APPLICATION,
        **changes,
    }
    kept = {name: value for name, value in claims.items() if name not in without}
    # Not jwt.encode, which refuses to sign some of the wrong claims that are wanted here.
    return jwt.PyJWS().encode(json.dumps(kept).encode(), secret, algorithm=algorithm)


def problem(code, title, **more):
    kind = f"https://developer.vonage.com/api-errors/messages#{code}"
    return {"type": kind, "title": title, "detail": f"about {PHONE}", "instance": "bf0ca0bf", **more}


def sent_to(answer, message=None, **kwargs):
    """The outcome of one text and what the server saw of it."""
    with RawServer(answer if callable(answer) else lambda seen: answer) as server:
        channel = VonageChannel(account(credentials(server.url)), **kwargs)
        outcome = channel.send(message or text())
        time.sleep(0.05)
        return outcome, server.seen
