"""What stands beside an order: notes of the store itself ("system") and of people, for `orders/<id>/notes`."""

from typing import Any

from sandbox.woocommerce.errors import missing_param
from sandbox.woocommerce.php import gmt, local
from sandbox.woocommerce.records import Records
from sandbox.woocommerce.state import Order

Json = dict[str, Any]
SYSTEM, MERCHANT = "system", "Mara (admin)"
WORDS = {
    "pending": "Pending payment",
    "processing": "Processing",
    "on-hold": "On hold",
    "completed": "Completed",
    "cancelled": "Cancelled",
    "refunded": "Refunded",
    "failed": "Failed",
    "checkout-draft": "Draft",
}
GIVES_BACK = ("cancelled", "failed", "trash")  # a coupon isn't used any more by such an order


def set_status(store: Records, order: Order, status: str, why: str = "", author: str = SYSTEM) -> None:
    """With the note that core writes: a person's if a person did it by hand. Coupons count the orders that use them
    (`wc_update_coupon_usage_counts`)."""
    if status != order.status:
        changed = f"Order status changed from {word(order.status)} to {word(status)}."
        note(store, order, f"{why} {changed}".strip(), author)
        if order.coupon is not None:
            order.coupon.used += (order.status in GIVES_BACK) - (status in GIVES_BACK)
    order.status = status


def word(status: str) -> str:
    return WORDS.get(status, status)


def note(store: Records, order: Order, words: str, author: str = SYSTEM, to_customer: bool = False) -> Json:
    now, zone = store.now(), store.shop.zone
    made = {
        "id": store.new_id() * 10,
        "author": author,
        "date_created": local(now, zone),
        "date_created_gmt": gmt(now),
        "note": words,
        "customer_note": to_customer,
    }
    order.notes.append(made)
    return made


def create(store: Records, order: Order, wanted: Json) -> Json:
    """POST orders/<id>/notes. No webhook tells of it. `added_by_user`: by the key's user, else by the system."""
    if not wanted.get("note"):
        raise missing_param("note")
    author = MERCHANT if wanted.get("added_by_user") else SYSTEM
    return note_json(
        store, order, note(store, order, str(wanted["note"]), author, bool(wanted.get("customer_note")))
    )


def listed(store: Records, order: Order, kind: str) -> list[Json]:
    """The newest first. `kind`: any, customer or internal."""
    wanted = {"customer": (True,), "internal": (False,)}.get(kind, (True, False))
    return [note_json(store, order, one) for one in reversed(order.notes) if one["customer_note"] in wanted]


def note_json(store: Records, order: Order, one: Json) -> Json:
    up = f"{store.shop.home_url}/wp-json/wc/v3/orders/{order.id}"
    links = {
        "self": [{"href": f"{up}/notes/{one['id']}"}],
        "collection": [{"href": f"{up}/notes"}],
        "up": [{"href": up}],
    }
    return {**one, "_links": links}
