"""What a batch of touches rests on, read inside the transaction that commits them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from compliance.ask import Suppression
from compliance.consent import Claim, ClaimState, view
from learning.holdout import arm
from plugin_server.jobs.looking import UNKNOWN
from plugin_server.store import attempts, carts, people
from plugin_server.store.carts import CartRow, Opened
from plugin_server.store.shops import Installed
from plugin_server.store.touches import TouchRow
from plugin_server.store.tx import Tx
from sequences.dispatching import Situation
from sequences.ports import Look

CLAIMS: dict[str, ClaimState] = {
    "subscribed": "given",
    "pending": "pending",
    "unsubscribed": "withdrawn",
    "redacted": "withdrawn",
}


@dataclass(slots=True)
class Batch:
    """The rows around some touches of one shop. Counts grow as the batch decides to send."""

    installed: Installed
    carts: dict[int, CartRow]
    phones: dict[int, bytes]
    claims: Mapping[bytes, Sequence[Any]]
    suppressed: Mapping[bytes, Any]
    for_cart: dict[int, int]
    last_day: dict[bytes, int]
    looks: Mapping[int, Look] = field(default_factory=dict)

    def sending(self, cart_id: int) -> None:
        """One more text to this cart and number: the next touch of the batch must know."""
        phone = self.phones[cart_id]
        self.for_cart[cart_id] = self.for_cart.get(cart_id, 0) + 1
        self.last_day[phone] = self.last_day.get(phone, 0) + 1


def read(
    tx: Tx,
    installed: Installed,
    rows: Sequence[TouchRow],
    looks: Mapping[int, Look],
    opened: Opened,
    now: datetime,
) -> Batch:
    known = carts.by_ids(tx, [row.cart_id for row in rows], opened)
    phones = {
        id: phone
        for id, row in known.items()
        if row.cart and (phone := tx.phone(row.cart.contact.phone)) is not None
    }
    numbers = sorted(set(phones.values()))
    past = attempts.history(tx, list(known), numbers, now - timedelta(hours=24))
    return Batch(
        installed=installed,
        carts=known,
        phones=phones,
        claims=people.claims_of(tx, numbers),
        suppressed=people.suppressed(tx, numbers),
        for_cart=past.for_cart,
        last_day=past.last_day,
        looks=looks,
    )


def situation(batch: Batch, row: TouchRow) -> Situation:
    known = batch.carts[row.cart_id]
    phone = batch.phones.get(row.cart_id, b"")
    e164 = known.cart.contact.phone if known.cart else None
    suppression = _suppression(batch.suppressed.get(phone), e164 or "")
    plan = batch.installed.sequence
    shop = batch.installed.shop
    return Situation(
        cart=known.cart,
        state=known.state,
        left_at=known.active_at,
        deadline=row.deadline,
        look=batch.looks.get(row.cart_id, UNKNOWN),
        consent=view(
            e164 or "", _claims(batch.claims.get(phone, ()), e164 or ""), [suppression] if suppression else []
        ),
        suppression=suppression,
        texts_for_cart=batch.for_cart.get(row.cart_id, 0),
        texts_last_day=batch.last_day.get(phone, 0),
        arm=arm(shop.key, phone.hex() or known.key, plan.holdout, "reminders"),
        tries=row.holds,
        send_blind=plan.send_blind,
        store_consent=plan.store_consent,
    )


def _claims(rows: Sequence[Any], e164: str) -> list[Claim]:
    return [
        Claim(e164, CLAIMS[row.state], row.at, row.source, row.wording or None)
        for row in rows
        if row.state in CLAIMS
    ]


def _suppression(row: Any, e164: str) -> Suppression | None:
    return None if row is None else Suppression(e164, row.at, row.reason)
