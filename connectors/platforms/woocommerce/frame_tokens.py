"""Who opens Comeback in a store's wp-admin: a token that its plugin signed a moment ago.

docs/woocommerce-plugin.md, "Frame". It is good for a minute, and for that minute as often as the page is loaded.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from connectors.platforms.woocommerce.client import canonical
from connectors.platforms.woocommerce.errors import WrongStoreUrl
from sequences.errors import ComebackError

LEEWAY = timedelta(seconds=10)
LASTS = timedelta(seconds=60)
LONGEST = 4096  # characters
# What concerns time is held against the `now` that is passed in: PyJWT would ask the wall clock.
_OPTIONS: Any = {
    "require": ["aud", "exp", "iat", "iss", "sub"],
    **dict.fromkeys(("verify_exp", "verify_nbf", "verify_iat", "verify_aud", "verify_iss"), False),
}


class BadFrameToken(ComebackError):
    """This is no token of the store's plugin that is good now. Its message names what is wrong, never what it holds.
    `expired`: it was one."""

    def __init__(self, message: str, *, expired: bool = False) -> None:
        super().__init__(message)
        self.expired = expired


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody in wp-admin who may manage WooCommerce. `user`: WordPress's id of the person."""

    user: str
    locale: str
    expires_at: datetime


def read(token: str, secret: str, store: str, comeback_url: str, now: datetime) -> Visitor:
    """`secret`: that of the connection. `store`: its address; `comeback_url`: ours. Raises BadFrameToken."""
    claims = _claims(token, secret)
    if _address(claims["aud"]) != _address(comeback_url) or not _address(comeback_url):
        raise BadFrameToken("the token is for another Comeback")
    if _address(claims["iss"]) != _address(store) or not _address(store):
        raise BadFrameToken("the token is another store's")
    begun, ends = _time(claims["iat"]), _time(claims["exp"])
    if begun is None or ends is None or ends - begun > LASTS:
        raise BadFrameToken("the token's times can't be right")
    if now >= ends + LEEWAY:
        raise BadFrameToken("the token has expired", expired=True)
    if now < begun - LEEWAY:
        raise BadFrameToken("the token isn't good yet: the clocks of store and Comeback differ")
    if claims.get("role") != "owner":
        raise BadFrameToken("the token is of nobody who may manage the store")
    return Visitor(str(claims["sub"])[:100], str(claims.get("locale", ""))[:20], ends)


def _claims(token: str, secret: str) -> Mapping[str, Any]:
    if not token or len(token) > LONGEST:
        raise BadFrameToken("there is no token")
    if not secret:
        raise BadFrameToken("the store's plugin isn't connected")
    try:  # the algorithm is ours to say, not the token's
        claims: Mapping[str, Any] = jwt.decode(token, secret, algorithms=["HS256"], options=_OPTIONS)
    except (jwt.PyJWTError, ValueError) as e:  # ValueError: a header that isn't even UTF-8
        raise BadFrameToken(f"the token isn't good ({type(e).__name__})") from None
    return claims


def _address(given: object) -> str:
    """An address as it is compared; '' if it is none."""
    try:
        return canonical(given) if isinstance(given, str) else ""
    except WrongStoreUrl:
        return ""


def _time(given: object) -> datetime | None:
    """A NumericDate; None if it is none."""
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given < 1e11:
        return None
    return datetime.fromtimestamp(given, UTC)
