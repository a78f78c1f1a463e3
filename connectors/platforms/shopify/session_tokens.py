"""Session tokens: who opens the app in a shop's admin, signed by Shopify with the app's secret, for a minute.

shopify.dev/docs/apps/build/authentication-authorization/session-tokens. Stricter than Shopify's own libraries in one
thing: ShopifyAPI 12.7.0 and shopifyapp 1.0.2 take a token without `exp`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import jwt

from connectors.delivery import Credentials
from connectors.platforms.shopify.domains import shop_domain
from sequences.errors import ComebackError

LEEWAY = timedelta(seconds=10)  # as in all of Shopify's libraries
LONGEST = 4096  # characters
# What concerns time is held against the `now` that is passed in: PyJWT would ask the wall clock.
_OPTIONS: Any = {
    "require": ["aud", "dest", "exp", "iss", "sub"],
    **dict.fromkeys(("verify_exp", "verify_nbf", "verify_iat", "verify_aud", "verify_iss"), False),
}


class BadSessionToken(ComebackError):
    """This is no session token of ours that is good now. Its message names what is wrong, never what it holds.
    `expired`: it was one."""

    def __init__(self, message: str, *, expired: bool = False) -> None:
        super().__init__(message)
        self.expired = expired


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody in a shop's admin. `shop`: its myshopify.com domain; `user`: Shopify's id of the person."""

    shop: str
    user: str
    expires_at: datetime


def read(token: str, client_id: str, secrets: Credentials, now: datetime) -> Session:
    """`secrets`: `client_secret`, and `old_client_secret` after a rotation. Raises BadSessionToken."""
    claims = _claims(token, secrets)
    if not client_id or claims["aud"] != client_id:
        raise BadSessionToken("the session token is for another app")
    exp, nbf = _time(claims["exp"]), _time(claims.get("nbf", 0))
    if exp is None or nbf is None:
        raise BadSessionToken("the session token's times can't be read")
    if now >= exp + LEEWAY:
        raise BadSessionToken("the session token has expired", expired=True)
    if now < nbf - LEEWAY:
        raise BadSessionToken("the session token isn't good yet")
    issuer, shop = _host(claims["iss"]), _host(claims["dest"])
    if not shop or issuer != shop:
        raise BadSessionToken("the session token isn't one shop's")
    return Session(shop, str(claims["sub"])[:100], exp)


def _claims(token: str, secrets: Credentials) -> Mapping[str, Any]:
    if not token or len(token) > LONGEST:
        raise BadSessionToken("there is no session token")
    why = "no secret is known"
    for name in ("client_secret", "old_client_secret"):
        if not secrets.get(name):
            continue
        try:  # the algorithm is ours to say, not the token's
            claims: Mapping[str, Any] = jwt.decode(
                token, secrets[name], algorithms=["HS256"], options=_OPTIONS
            )
            return claims
        except (jwt.PyJWTError, ValueError) as e:  # ValueError: a header that isn't even UTF-8
            why = type(e).__name__
    raise BadSessionToken(f"the session token isn't good ({why})")


def _time(given: object) -> datetime | None:
    """A NumericDate; None if it is none."""
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given < 1e11:
        return None
    return datetime.fromtimestamp(given, UTC)


def _host(url: object) -> str:
    """The shop of an address such as https://mugs.myshopify.com/admin, '' if it isn't one."""
    if not isinstance(url, str):
        return ""
    try:
        parts = urlsplit(url)
        plain = parts.scheme == "https" and parts.netloc.lower() == parts.hostname
    except ValueError:
        return ""
    return shop_domain(parts.netloc) if plain else ""
