"""The signature under an export: Ed25519, with a key that follows from COMEBACK_PHONE_KEY.

That one, and not the keys that encrypt: those are replaced from time to time, and an export is checked years later. The
public key is therefore the same for as long as the installation lives: publish it once, as `bin/comeback evidence-key`
prints it. Whoever holds COMEBACK_PHONE_KEY can sign; it never leaves the settings.
"""

import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PURPOSE = b"comeback signature under exported evidence, version 1"


class Signer:
    """Signs on behalf of an installation."""

    def __init__(self, phone_key: bytes) -> None:
        seed = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(phone_key)
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_key = self._key.public_key().public_bytes_raw().hex()

    def sign(self, text: str) -> str:
        """The signature over the text's UTF-8, in hex."""
        return self._key.sign(text.encode()).hex()


def signed_by(public_key: str, signature: str, text: str) -> bool:
    """Is this the signature of that key over this text? False for what is no key or no signature at all."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(signature), text.encode())
    except (ValueError, InvalidSignature):
        return False
    return True


def fingerprint(public_key: str) -> str:
    """Short enough to be read out: the first 16 bytes of the key's SHA-256, in groups of four hex digits."""
    found = hashlib.sha256(bytes.fromhex(public_key)).hexdigest()[:32]
    return " ".join(found[at : at + 4] for at in range(0, 32, 4))
