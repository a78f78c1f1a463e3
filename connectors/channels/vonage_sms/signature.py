"""Proof that Vonage called: a JWT in `Authorization`, HS256 over the account's signature secret.

Claims by developer.vonage.com "signed webhooks": iat, jti, iss "Vonage", api_key, payload_hash (SHA-256 of
the body, hex); no exp. The SDK's verify_signature checks neither hash nor age, issuer nor key, and fails on
a clock that is two seconds behind.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import jwt

# Vonage repeats a delivery for up to 24 hours; whether it signs anew isn't documented.
OLDEST = timedelta(hours=24, minutes=10)
LEEWAY = timedelta(seconds=120)
LONGEST_TOKEN = 4096  # characters

# What concerns time is held against the `now` that is passed in: PyJWT would ask the wall clock.
_OPTIONS: Any = {
    "require": ["iat", "jti", "payload_hash"],
    "verify_iat": False,
    "verify_exp": False,
    "verify_nbf": False,
    "verify_aud": False,
}


def signed(body: bytes, authorization: str, *, secret: str, api_key: str, now: datetime) -> bool:
    """True if the token is Vonage's, is for this account and this body, and isn't old.

    `body`: the raw bytes. An empty secret or key proves nothing and is False.
    """
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not secret or not api_key or len(token) > LONGEST_TOKEN:
        return False
    try:
        claims = jwt.decode(token.strip(), secret, algorithms=["HS256"], options=_OPTIONS)
    except (jwt.PyJWTError, ValueError):  # ValueError: a header that isn't even UTF-8
        return False
    return (
        claims.get("iss") == "Vonage"
        and _same(claims.get("api_key"), api_key)
        and _in_time(claims, now)
        and _same(claims.get("payload_hash"), hashlib.sha256(body).hexdigest(), fold=True)
    )


def _same(claim: object, expected: str, *, fold: bool = False) -> bool:
    if not isinstance(claim, str):
        return False
    given = claim.lower() if fold else claim
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def _in_time(claims: Mapping[str, Any], now: datetime) -> bool:
    """Neither too old nor from the future; and not past an `exp`, should Vonage ever send one."""
    age = _since(claims.get("iat"), now)
    over = _since(claims["exp"], now) if "exp" in claims else -1.0
    if age is None or over is None:
        return False
    leeway = LEEWAY.total_seconds()
    return -leeway <= age <= OLDEST.total_seconds() and over <= leeway


def _since(moment: object, now: datetime) -> float | None:
    """Seconds from a NumericDate to now. None if it is none."""
    if not isinstance(moment, int | float):
        return None
    return now.timestamp() - moment if abs(moment) < 1e12 else None
