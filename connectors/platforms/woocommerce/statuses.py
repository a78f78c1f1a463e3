"""What an order's status means for a reminder. Core's nine, and whatever plugins add to them."""

from typing import Literal

Meaning = Literal["open", "bought", "refunded", "cancelled", "deleted"]

MEANINGS: dict[str, Meaning] = {
    "checkout-draft": "open",  # an order row before "Place order": block checkout up to WooCommerce 10.8
    "auto-draft": "open",
    "pending": "open",  # placed, not paid: the shopper is at the gateway, or left it
    "failed": "open",
    "processing": "bought",
    "on-hold": "bought",  # placed, to be paid by bank transfer or cheque
    "completed": "bought",
    "refunded": "refunded",
    "cancelled": "cancelled",
    "trash": "deleted",
}


def meaning(status: str) -> Meaning:
    """A status we don't know ("shipped", "packed") counts as bought: plugins add what comes after the
    purchase, and a missed reminder costs less than one after the purchase."""
    return MEANINGS.get(status, "bought")
