"""Who cancelled an order that was never paid: a person, or WooCommerce by itself.

WooCommerce cancels what isn't paid within `woocommerce_hold_stock_minutes` (an hour, unless the merchant says
otherwise): then the shopper may still want their cart. What a merchant or the shopper cancelled is over. The order's
notes tell: a merchant's have their name, all others are WooCommerce's, in the shop's language
(WC_Order::status_transition, wc_cancel_unpaid_orders, WC_Form_Handler::cancel_order; seen on 11.0.1).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from connectors.platforms.woocommerce.client import Store
from connectors.platforms.woocommerce.errors import NotJson
from connectors.wire import Flag, Prose, StoreTime, Wire
from sequences.errors import BadDelivery

NOBODY = ("woocommerce", "system")  # the documentation says system
BY_SHOPPER, BY_TIMER = "cancelled by customer", "time limit reached"
HELD = timedelta(minutes=59)
"""Before this nothing is cancelled by the timer, as it is set by default; shoppers cancel sooner."""


class NoteWire(Wire):
    author = Prose(required=True)
    added_by_user = Flag()
    note = Prose(longest=2000)
    date_created_gmt = StoreTime(naive_is_utc=True)


NOTE = NoteWire()


def by_itself(store: Store, number: str, made_at: datetime) -> bool:
    """True only if WooCommerce cancelled it. Raises StoreError."""
    rows = store.get(f"orders/{number}/notes", _fields=",".join(NOTE.fields))
    if not isinstance(rows, list):
        raise NotJson("the store's answer should be a list of notes")
    try:
        return judged([NOTE.read(row) for row in rows], made_at)
    except BadDelivery as e:
        raise NotJson(f"a note in the store's answer can't be read: {e}") from None


def judged(notes: Sequence[dict[str, Any]], made_at: datetime) -> bool:
    """What a person wrote beside it, whatever it says, shows that they had it in their hands; so do words of the
    shopper's. Where the words are in another language, the time tells."""
    if any(note["author"].casefold() not in NOBODY or note["added_by_user"] for note in notes):
        return False
    said = [note["note"].casefold() for note in notes]
    if any(BY_SHOPPER in words for words in said):
        return False
    last = max((note["date_created_gmt"] for note in notes if note["date_created_gmt"]), default=None)
    return any(BY_TIMER in words for words in said) or (last is not None and last - made_at >= HELD)
