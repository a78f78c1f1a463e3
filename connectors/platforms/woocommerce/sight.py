"""As much of an order as tells whose it is and when it was bought."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors.platforms.woocommerce import shoppers
from connectors.platforms.woocommerce.checked import CART_META
from connectors.platforms.woocommerce.errors import NotJson
from connectors.platforms.woocommerce.schema import SIGHT
from connectors.platforms.woocommerce.statuses import meaning
from connectors.wire import contact_phone
from sequences.errors import BadDelivery, BadValue
from sequences.ports import CartRef

# What to ask the store for: a whole order is 3 kB, this is 0.3 kB.
FIELDS = (
    "id,status,customer_id,date_created_gmt,date_modified_gmt,date_paid_gmt,"
    "billing.email,billing.phone,billing.country,shipping.phone,shipping.country"
)

# The purchase may be the very last we heard of a cart, and then seem older than the cart's last change.
SLACK = timedelta(minutes=5)
# An order made before the cart was left and paid since is this purchase only if it is recent: one on
# account, or cash on delivery, is marked as paid days or weeks later.
PAID_LATE = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One order. `phones` are E.164, or what was typed reduced to "+" and its digits. `cart`: of the companion plugin,
    if its meta data was asked for."""

    id: str
    status: str
    made_at: datetime
    changed_at: datetime
    paid_at: datetime | None
    customer_id: str
    phones: frozenset[str]
    email: str
    erased: bool
    cart: str = ""

    def is_purchase_of(self, cart: CartRef) -> bool:
        """True if the cart became this order, whatever person it names, or if who left it bought this since."""
        if meaning(self.status) not in ("bought", "refunded"):
            return False
        itself = bool(self.cart) and f"checkout:{self.cart}" in named(cart)
        return itself or (self._by(cart) and self._since(cart.since))

    def _since(self, left_at: datetime) -> bool:
        if self.made_at >= left_at - SLACK:
            return True
        paid_since = self.paid_at is not None and self.paid_at >= left_at - SLACK
        return paid_since and self.made_at >= left_at - PAID_LATE

    def _by(self, cart: CartRef) -> bool:
        return (
            (cart.phone is not None and cart.phone in self.phones)
            or bool(cart.email and cart.email.casefold() == self.email)
            or bool(cart.customer_id and cart.customer_id == self.customer_id)
        )


def named(cart: CartRef) -> tuple[str, ...]:
    return cart.key, *cart.aliases


def sights(rows: object, country: str) -> list[Sight]:
    """The orders of a store's answer. Raises NotJson: a row that can't be read may be the purchase."""
    if not isinstance(rows, list):
        raise NotJson("the store's answer should be a list of orders")
    try:
        return [_sight(SIGHT.read(row), country) for row in rows]
    except BadDelivery as e:
        raise NotJson(f"an order in the store's answer can't be read: {e}") from None


def _sight(values: dict[str, Any], country: str) -> Sight:
    billing, shipping = values["billing"] or {}, values["shipping"] or {}
    created, changed = values["date_created_gmt"], values["date_modified_gmt"]
    if (made_at := created or changed) is None:
        raise BadValue("date_created_gmt", "is missing, and so is date_modified_gmt")
    return Sight(
        id=values["id"],
        status=values["status"],
        made_at=made_at,
        changed_at=changed or made_at,
        paid_at=values["date_paid_gmt"],
        customer_id=values["customer_id"],
        phones=_phones(billing, country) | _phones(shipping, country),
        email=billing.get("email", "").casefold(),
        erased=shoppers.is_erased(billing, values["meta_data"]),
        cart=values["meta_data"].get(CART_META, ""),
    )


def _phones(person: dict[str, Any], country: str) -> frozenset[str]:
    raw = person.get("phone", "")
    phone, _ = contact_phone([("phone", raw, person.get("country") or country)])
    digits = "".join(filter(str.isdecimal, raw))
    return frozenset(filter(None, (phone, f"+{digits}" if digits else None)))
