"""Who gets no text, so that we can tell what the texts cause.

The arm is a keyed hash of the unit, never a stored draw: it can be computed again anywhere, nobody can steer
it, and the split of one shop says nothing about another's. Unit: the shopper where known, so that a person
does not change arms between carts; else the cart.
"""

from decimal import Decimal
from fractions import Fraction
from hashlib import blake2b
from typing import Literal

Arm = Literal["treated", "holdout"]


def arm(shop_key: bytes | str, unit: str, share: Decimal | float, salt: str) -> Arm:
    """The arm of one unit. `share` (0 to 1) is the part that is held out; `salt` names the experiment.

    Stable for ever: the same arguments, the same arm. Raising `share` only adds to the holdout, and lowering
    it only lets people out. Other salts and other shops split independently.
    Raises ValueError for a share outside 0 to 1 or an empty key.
    """
    part = Fraction(share)
    if not 0 <= part <= 1:
        raise ValueError(f"share must lie between 0 and 1, not {share}")
    return "holdout" if position(shop_key, unit, salt) < part else "treated"


def position(shop_key: bytes | str, unit: str, salt: str) -> Fraction:
    """Where the unit lies in [0, 1): 64 bits of BLAKE2b (RFC 7693) keyed with the shop's key."""
    key = shop_key.encode() if isinstance(shop_key, str) else shop_key
    if not key:
        raise ValueError("shop_key is empty: assignments could be guessed")
    if len(key) > blake2b.MAX_KEY_SIZE:
        key = blake2b(key).digest()
    name = salt.encode()
    message = (
        len(name).to_bytes(4, "big") + name + unit.encode()
    )  # the length keeps ("a", "bc") and ("ab", "c") apart
    return Fraction(int.from_bytes(blake2b(message, key=key, digest_size=8).digest(), "big"), 2**64)
