"""Who may tell us what became of a text: only Vonage, for this account, about this body, and lately."""

import base64
import hashlib
import json
from datetime import timedelta

import jwt
import pytest
from vonage_cast import NOW, SECRETS, token

from connectors.channels.vonage_sms import connector
from connectors.delivery import Delivery

BODY = b'{"message_uuid":"x"}'


def delivery(body=BODY, authorization=None):
    given = f"Bearer {token(body)}" if authorization is None else authorization
    return Delivery(headers={"authorization": given}, body=body)


def verified(authorization=None, *, secrets=SECRETS, now=NOW, body=BODY):
    return connector.verify(delivery(body, authorization), secrets, now)


def test_a_delivery_signed_by_vonage_is_verified():
    assert verified()
    assert verified(f"bearer {token(BODY)}")
    assert verified(f"Bearer {token(BODY, payload_hash=hashlib.sha256(BODY).hexdigest().upper())}")


def hand_made(header, claims=None):
    """A token put together without a library, for what a library refuses to make."""
    claims = claims or jwt.decode(token(BODY), options={"verify_signature": False})
    parts = (base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=").decode() for p in (header, claims))
    return ".".join(parts)


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer garbage",
        "Bearer a.b.c",
        "Bearer \ud800.b.c",
        "Bearer " + "a" * 100_000,
        "Basic YWJjZDEyMzQ6c2VjcmV0",
        token(BODY),
        f"Bearer Bearer {token(BODY)}",
        f"Bearer {token(BODY)[:-4]}AAAA",
        f"Bearer {token(BODY, secret='another secret of the same good length')}",
        f"Bearer {token(BODY, secret=None, algorithm='none')}",
        f"Bearer {hand_made({'alg': 'none', 'typ': 'JWT'})}.",
        f"Bearer {hand_made({'alg': 'HS256', 'typ': 'JWT'})}.",
        f"Bearer {hand_made({'alg': ['HS256'], 'typ': 'JWT'})}.AAAA",
        f"Bearer {hand_made({'alg': None})}.AAAA",
        f"Bearer {hand_made(['HS256'])}.AAAA",
        f"Bearer {token(BODY, algorithm='HS512')}",
        f"Bearer {token(BODY, algorithm='HS384')}",
        f"Bearer {token(b'another body')}",
        f"Bearer {token(BODY, payload_hash='')}",
        f"Bearer {token(BODY, payload_hash=5)}",
        f"Bearer {token(BODY, payload_hash='ü' * 64)}",
        f"Bearer {token(BODY, payload_hash=None)}",
        f"Bearer {token(BODY, without=['payload_hash'])}",
        f"Bearer {token(BODY, without=['iat'])}",
        f"Bearer {token(BODY, without=['jti'])}",
        f"Bearer {token(BODY, without=['iss'])}",
        f"Bearer {token(BODY, without=['api_key'])}",
        f"Bearer {token(BODY, iss='Nexmo')}",
        f"Bearer {token(BODY, iss=['Vonage'])}",
        f"Bearer {token(BODY, api_key='dcba4321')}",
        f"Bearer {token(BODY, api_key=['abcd1234'])}",
        f"Bearer {token(BODY, iat='now')}",
        f"Bearer {token(BODY, iat=True)}",
        f"Bearer {token(BODY, iat=float('nan'))}",
        f"Bearer {token(BODY, iat=float('inf'))}",
        f"Bearer {token(BODY, iat=10**400)}",
        f"Bearer {token(BODY, exp=int(NOW.timestamp()) - 300)}",
        f"Bearer {token(BODY, exp='never')}",
    ],
    ids=lambda value: f"{len(value)} characters",
)
def test_a_forged_or_broken_signature_is_refused(authorization):
    assert verified(authorization) is False


def test_a_signature_for_one_body_does_not_open_for_another():
    assert not verified(f"Bearer {token(BODY)}", body=BODY + b" ")


@pytest.mark.parametrize(
    ("age", "good"),
    [
        (timedelta(0), True),
        (timedelta(hours=24, minutes=9), True),
        (timedelta(hours=24, minutes=11), False),
        (timedelta(days=2000), False),
        (-timedelta(seconds=110), True),
        (-timedelta(seconds=130), False),
    ],
)
def test_age_is_measured_by_the_given_clock(age, good):
    assert verified(f"Bearer {token(BODY)}", now=NOW + age) is good
    assert verified(f"Bearer {token(BODY, iat=(NOW - age).timestamp())}") is good


@pytest.mark.parametrize(
    "secrets",
    [{}, {**SECRETS, "signature_secret": ""}, {**SECRETS, "api_key": ""}, {"api_key": "abcd1234"}],
)
def test_without_a_secret_or_key_nothing_is_verified(secrets):
    assert not verified(secrets=secrets)
    assert not verified(f"Bearer {token(BODY, api_key='')}", secrets=secrets)


def test_repetitions_of_a_delivery_are_one_and_others_are_not():
    again = connector.dedup(delivery(BODY, "Bearer signed anew"))
    assert again == connector.dedup(delivery(BODY))
    assert again != connector.dedup(delivery(BODY + b" "))
    assert len(again) <= 200
    assert connector.is_ping(delivery()) is False
