"""What a form carries instead of a cookie: signed, it says which disclosure was shown, when, and on which form.

Without cookies there is nothing that a foreign page could misuse; the token makes sure that the stored wording is the
one that was on the screen, and that a form sent twice is one sign-up.
"""

import hashlib
import hmac
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from itsdangerous import BadSignature, URLSafeSerializer

LASTS = timedelta(hours=24)
AHEAD = timedelta(minutes=5)  # processes' clocks differ a little


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One showing of a form. `nonce`: unlike any other; `at`: seconds since 1970."""

    shop: str
    form: str
    locale: str
    version: int
    at: int
    nonce: str


def make(key: bytes, *, shop: str, form: str, locale: str, version: int, now: datetime) -> str:
    shown = Shown(
        shop=shop,
        form=form,
        locale=locale,
        version=version,
        at=int(now.timestamp()),
        nonce=secrets.token_urlsafe(9),
    )
    return str(_signer(key).dumps(asdict(shown)))


def read(key: bytes, token: str, *, shop: str, form: str, now: datetime) -> Shown | None:
    """None if we didn't make it, or for another shop or form, or too long ago."""
    try:
        shown = Shown(**_signer(key).loads(token))
    except BadSignature:
        return None
    age = now - datetime.fromtimestamp(shown.at, UTC)
    if shown.shop != shop or shown.form != form or not -AHEAD <= age <= LASTS:
        return None
    return shown


def _signer(key: bytes) -> URLSafeSerializer:
    own = hmac.digest(key, b"sign-up form", hashlib.sha256)
    return URLSafeSerializer(own, signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256})
