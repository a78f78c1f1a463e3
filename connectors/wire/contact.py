"""Which of the phones in a payload can be texted."""

from collections.abc import Iterable

from compliance.phones import Phone, parse
from sequences.cart import Dropped


def contact_phone(
    candidates: Iterable[tuple[str, str, str]],
) -> tuple[str | None, tuple[Dropped, ...]]:
    """The first of `(where, raw, country hint)` that can be texted, as E.164, and what was passed over
    before it. Empty ones are passed over in silence: no phone is normal."""
    dropped: list[Dropped] = []
    for where, raw, hint in candidates:
        if not raw:
            continue
        phone = parse(raw, hint)
        if isinstance(phone, Phone):
            return phone.e164, tuple(dropped)
        dropped.append(Dropped(where=where, reason=phone.reason))
    return None, tuple(dropped)
