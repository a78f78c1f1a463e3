"""The signature in the query of what Shopify opens: `hmac`, over all the other parameters.

shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant (verify a request).
Shopify's libraries write the parameters in two ways before they sign: as they are, only %, & and = escaped
(ShopifyAPI), or as in an address (shopify-app-js). Nearly always that is the same; either is taken, since neither can
be read in two ways.
"""

import hmac
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from urllib.parse import quote

from connectors.delivery import Credentials

Pairs = Sequence[tuple[str, str]]
OLDEST = timedelta(seconds=90)  # as in shopify-app-js
MOST = 50  # parameters


def verify(pairs: Pairs, secrets: Credentials, now: datetime) -> bool:
    """True if Shopify signed these parameters within the last minute and a half. `secrets`: `client_secret`, and
    `old_client_secret` after a rotation. A name that comes twice is refused: who reads which of them?"""
    names = [name for name, _ in pairs]
    given = dict(pairs)
    if len(names) != len(set(names)) or len(names) > MOST or not _recent(given.get("timestamp", ""), now):
        return False
    signed = given.pop("hmac", "").encode("utf-8", "replace")
    keys = [secrets[name] for name in ("client_secret", "old_client_secret") if secrets.get(name)]
    fits = False
    for right in (signature(said, key) for key in keys for said in messages(given.items())):
        fits |= hmac.compare_digest(signed, right.encode())
    return fits


def messages(pairs: Iterable[tuple[str, str]]) -> tuple[str, str]:
    """What is signed, in both ways of writing it."""
    known = sorted(pairs)
    as_is = "&".join(f"{_escaped(name).replace('=', '%3D')}={_escaped(value)}" for name, value in known)
    return as_is, "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in known)


def signature(said: str, key: str) -> str:
    """HMAC-SHA256 in hex."""
    return hmac.digest(key.encode(), said.encode("utf-8", "replace"), "sha256").hex()


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("&", "%26")


def _recent(timestamp: str, now: datetime) -> bool:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 11):
        return False
    return abs(now.timestamp() - int(timestamp)) <= OLDEST.total_seconds()
