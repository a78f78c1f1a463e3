"""Session tokens as a shop's admin makes them, good ones and all kinds of bad ones; and how they are told apart."""

import base64
import hashlib
import hmac
import json
import secrets
from datetime import datetime, timedelta
from typing import Any

import jwt

from sandbox.storefront import SandboxError

LASTS = timedelta(minutes=1)
LEEWAY = 10  # seconds
KINDS = ("good", "alg_none", "wrong_aud", "other_iss", "no_exp", "expired", "wrong_secret", "not_yet")
Claims = dict[str, Any]


class BadKind(SandboxError):
    """There is no such kind of session token."""


def mint(
    kind: str, client_id: str, secret: str, shop: str, now: datetime, *, late: float = 11, user: str = "42"
) -> str:
    """A session token. `late`: by how many seconds an `expired` one has expired, or a `not_yet` one is too early."""
    if kind not in KINDS:
        raise BadKind(f"no session token of kind {kind!r}; there are: {', '.join(KINDS)}")
    claims = _claims(kind, client_id, shop, now, late) | {"sub": user}
    key = "" if kind == "alg_none" else secret[::-1] if kind == "wrong_secret" else secret
    return encode(claims, key)


def _claims(kind: str, client_id: str, shop: str, now: datetime, late: float) -> Claims:
    lasts, begun = int(LASTS.total_seconds()), int(now.timestamp())
    if kind == "expired":
        begun -= lasts + int(late)
    if kind == "not_yet":
        begun += int(late)
    claims: Claims = {
        "iss": f"https://{'other-' if kind == 'other_iss' else ''}{shop}/admin",
        "dest": f"https://{shop}",
        "aud": "another-app" if kind == "wrong_aud" else client_id,
        "exp": begun + lasts,
        "nbf": begun,
        "iat": begun,
        "jti": secrets.token_hex(16),
        "sid": secrets.token_hex(32),
    }
    if kind == "no_exp":
        del claims["exp"]
    return claims


def encode(claims: Claims, key: str) -> str:
    """Signed with HS256; without a key, alg none. By hand, since what is bad here no library makes."""
    head = {"alg": "HS256" if key else "none", "typ": "JWT"}
    said = ".".join(_part(json.dumps(part).encode()) for part in (head, claims))
    return f"{said}.{_part(hmac.digest(key.encode(), said.encode(), hashlib.sha256)) if key else ''}"


def _part(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def good(token: str, client_id: str, secret: str, shop: str, now: datetime) -> bool:
    """Does Shopify's token endpoint take it?"""
    # Times are held against the sandbox's clock; PyJWT would ask the machine's.
    times: Any = {"require": ["exp", "nbf"]} | dict.fromkeys(
        ("verify_exp", "verify_nbf", "verify_iat"), False
    )
    try:
        claims = jwt.decode(
            token,
            secret,
            algorithms=["HS256"],
            audience=client_id,
            options=times,
        )
    except (jwt.PyJWTError, ValueError):
        return False
    lives = claims["nbf"] - LEEWAY <= now.timestamp() < claims["exp"] + LEEWAY
    return lives and (claims.get("iss"), claims.get("dest")) == (f"https://{shop}/admin", f"https://{shop}")
