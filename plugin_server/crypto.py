"""Personal data and tokens at rest: AES-256-GCM with keys that can be replaced, and hashes that find a phone.

An envelope is `version (1 byte) · length of key id (1 byte) · key id · nonce (12 bytes) · ciphertext, tag`.
What comes before the nonce is authenticated too, and so is `bound_to`, a text that says where the value
belongs ("shops.token/17"): an envelope copied to another row or shop can't be opened there.

Nonces are random. NIST SP 800-38D 8.3 allows 2³² of those under one key; replace a key well before that.

VaultError
├── Malformed    not one of our envelopes
├── UnknownKey   written with a key that isn't among COMEBACK_KEYS
└── Tampered     changed, cut off, or bound to another place
"""

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = 1
KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
E164 = re.compile(r"\+[1-9][0-9]{6,14}")


class VaultError(Exception):
    """An encrypted value can't be opened."""

    permanent = True


class Malformed(VaultError):
    """This is not an envelope of ours: its first bytes are wrong or it is too short."""


class UnknownKey(VaultError):
    """The value was written with a key that COMEBACK_KEYS doesn't hold. Put that key back, at the end."""


class Tampered(VaultError):
    """The value was changed after it was written, or belongs to another row."""


@dataclass(frozen=True, slots=True)
class Key:
    """An encryption key. `id` names it in every envelope, so it must never be used again for another key."""

    id: str
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", self.id):
            raise ValueError("a key's id is 1 to 32 letters, digits, '-' or '_'")
        if len(self.secret) != KEY_BYTES:
            raise ValueError(f"key {self.id!r} has {len(self.secret)} bytes, it must have {KEY_BYTES}")


class Vault:
    """Encrypts with the first key, decrypts with any of them."""

    def __init__(self, keys: Sequence[Key]) -> None:
        """Raises ValueError without a key, or when two keys share an id."""
        self._ciphers = {key.id: AESGCM(key.secret) for key in keys}
        if not keys or len(self._ciphers) != len(keys):
            raise ValueError("a vault needs at least one key, each with its own id")
        self._newest = keys[0].id
        self._head = _head(self._newest)

    def encrypt(self, data: bytes, bound_to: str = "") -> bytes:
        """An envelope of `data` that opens only with the same `bound_to`."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._ciphers[self._newest].encrypt(nonce, data, self._head + bound_to.encode())
        return self._head + nonce + sealed

    def decrypt(self, envelope: bytes, bound_to: str = "") -> bytes:
        """What was encrypted. Raises Malformed, UnknownKey or Tampered."""
        key_id, head, nonce, sealed = _open(bytes(envelope))
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise UnknownKey(f"written with key {key_id!r}, known are {', '.join(self._ciphers)}")
        try:
            return cipher.decrypt(nonce, sealed, head + bound_to.encode())
        except InvalidTag:
            raise Tampered(f"an envelope of key {key_id!r} doesn't open as {bound_to!r}") from None

    def encrypt_text(self, text: str, bound_to: str = "") -> bytes:
        """`encrypt` for a text."""
        return self.encrypt(text.encode(), bound_to)

    def decrypt_text(self, envelope: bytes, bound_to: str = "") -> str:
        """`decrypt` for what `encrypt_text` made."""
        return self.decrypt(envelope, bound_to).decode()

    def encrypt_json(self, value: object, bound_to: str = "") -> bytes:
        """`encrypt` for anything JSON can hold."""
        return self.encrypt(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(), bound_to)

    def decrypt_json(self, envelope: bytes, bound_to: str = "") -> object:
        """`decrypt` for what `encrypt_json` made."""
        return json.loads(self.decrypt(envelope, bound_to))

    def needs_rotation(self, envelope: bytes) -> bool:
        """True if the envelope was not written with the newest key. Raises Malformed."""
        return _open(bytes(envelope))[0] != self._newest


def _head(key_id: str) -> bytes:
    return bytes((VERSION, len(key_id))) + key_id.encode("ascii")


def _open(envelope: bytes) -> tuple[str, bytes, bytes, bytes]:
    if len(envelope) < 2 or envelope[0] != VERSION:
        raise Malformed(f"an envelope of version {VERSION} was expected")
    start = 2 + envelope[1]
    body = start + NONCE_BYTES
    if len(envelope) < body + TAG_BYTES:
        raise Malformed(f"the envelope is cut off at {len(envelope)} bytes")
    return (
        envelope[2:start].decode("ascii", "replace"),
        envelope[:start],
        envelope[start:body],
        envelope[body:],
    )


def shop_phone_key(phone_key: bytes, shop: str | int) -> bytes:
    """The 32-byte key under which one shop's phones are hashed: no two shops share a hash of one person."""
    return hmac.digest(phone_key, f"phones of shop {shop}".encode(), hashlib.sha256)


def phone_hash(e164: str, shop_key: bytes) -> bytes:
    """HMAC-SHA256 (32 bytes) of a phone under its shop's key, to find it without storing it in the clear.

    Keyed, since all phone numbers of a country can be hashed in minutes. Raises ValueError (without the
    number in it) if the phone isn't E.164: '+1 415…' and '+1415…' would be two people.
    """
    if not E164.fullmatch(e164):
        raise ValueError("a phone to hash must be E.164: '+', then 7 to 15 digits")
    return hmac.digest(shop_key, e164.encode("ascii"), hashlib.sha256)
