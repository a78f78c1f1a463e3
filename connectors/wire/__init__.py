"""Reading what others send: JSON to checked values, or a `BadDelivery` that says which field is wrong.

Messages name fields and what is wrong with them, never what stood in them: they are stored and shown, and
a wrong field may hold a person's data.

A platform declares what it uses of a payload and no more:

    class Checkout(Wire):
        token = Text(required=True)
        total_price = Amount(required=True)
        updated_at = StoreTime(required=True)

    CHECKOUT = Checkout()                      # once per module: making a schema costs more than using it
    values = CHECKOUT.read(load_json(body))    # a dict; raises BadDelivery("total_price: is not …")

Absent and null are one thing: a field that isn't required then has its `load_default` (`""` for texts,
None for the others). Fields that aren't declared are never looked at.
"""

from connectors.wire.contact import contact_phone
from connectors.wire.documents import KINDS, Wire, kind, load_json
from connectors.wire.values import (
    Amount,
    Count,
    Currency,
    Email,
    Flag,
    Part,
    Prose,
    StoreTime,
    Text,
    clean,
    store_time,
)

__all__ = [
    "KINDS",
    "Amount",
    "Count",
    "Currency",
    "Email",
    "Flag",
    "Part",
    "Prose",
    "StoreTime",
    "Text",
    "Wire",
    "clean",
    "contact_phone",
    "kind",
    "load_json",
    "store_time",
]
