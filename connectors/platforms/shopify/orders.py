"""Orders."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

from connectors.delivery import Delivery
from connectors.platforms.shopify import payloads, shoppers
from connectors.platforms.shopify.carts import bare
from connectors.platforms.shopify.links import RECOVERY_REF
from connectors.wire import clean, load_json
from sequences.cart import Order, OrderStatus, Shop
from sequences.events import OrderChanged, OrderPlaced, Reading
from sequences.money import Money

Values = Mapping[str, Any]
Change = Literal["paid", "cancelled", "refunded", "updated"]

# Campaign parameters kept of one order; a landing address is the visitor's to write.
CAMPAIGN = 10
# Of a payment that was only authorised and was let go: nothing was earned. One that is paid after all counts again.
VOIDED = "voided"


def read_placed(delivery: Delivery, shop: Shop) -> Reading:
    """orders/create."""
    return Reading(events=(OrderPlaced(order=_order(delivery, shop)[0]),))


def reader(change: Change) -> Callable[[Delivery, Shop], Reading]:
    """orders/paid and orders/cancelled: the topic says what changed."""

    def read(delivery: Delivery, shop: Shop) -> Reading:
        return Reading(events=(OrderChanged(order=_order(delivery, shop)[0], change=change),))

    return read


def read_updated(delivery: Delivery, shop: Shop) -> Reading:
    """orders/updated: the order says what has become of it."""
    order, values = _order(delivery, shop)
    return Reading(events=(OrderChanged(order=order, change=change_of(values)),))


def change_of(values: Values) -> Change:
    """What has become of an order."""
    if values["cancelled_at"] or values["financial_status"] == VOIDED:
        return "cancelled"
    return "refunded" if values["financial_status"] in ("refunded", "partially_refunded") else "updated"


def _order(delivery: Delivery, shop: Shop) -> tuple[Order, Values]:
    values = payloads.ORDER.read(load_json(delivery.body))
    return order_of(values, shop, _refunded(values, values["currency"] or shop.currency)), values


def order_of(values: Values, shop: Shop, refunded: Money | None) -> Order:
    """`values`: under the names of Shopify's webhooks, checked; but not `refunds`."""
    currency = values["currency"] or shop.currency
    cart_token = bare(values["cart_token"])
    return Order(
        key=f"order:{values['id']}",
        number=values["name"],
        status=_status(values),
        created_at=values["created_at"],
        updated_at=values["updated_at"],
        total=Money(values["total_price"], currency),
        refunded=refunded,
        contact=shoppers.contact(values, shop),
        checkout_key=f"checkout:{values['checkout_token']}" if values["checkout_token"] else None,
        cart_key=f"cart:{cart_token}" if cart_token else None,
        discount_codes=tuple(c["code"] for c in values["discount_codes"] if c["code"]),
        recovery_ref=_recovery_ref(values["note_attributes"]),
        utm=_campaign(values["landing_site"]),
        test=values["test"],
    )


def _status(values: Values) -> OrderStatus:
    if values["cancelled_at"] or values["financial_status"] == VOIDED:
        return "cancelled"
    if values["financial_status"] == "refunded":
        return "refunded"
    return "paid" if values["financial_status"] in ("paid", "partially_refunded") else "placed"


def _refunded(values: Values, currency: str) -> Money | None:
    """What the order lost of its worth, in the shop's currency; None if nothing.

    The greater of what was paid back and of what returns and edits took off: `total_price` is before returns,
    `current_total_price` after them (the Admin schema on Order). Goods may go without their money, and money without
    goods; and a shopper who paid in another currency is paid back in it, so that only the difference can be reckoned.
    """
    paid_back = [t for refund in values["refunds"] for t in refund["transactions"] if _is_paid_back(t)]
    ours = sum((t["amount"] for t in paid_back if t["currency"] in ("", currency)), start=Decimal(0))
    now = values["current_total_price"]
    amount = ours if now is None else max(ours, values["total_price"] - now)
    return Money.parse(amount, currency, "refunds") if amount > 0 else None


def _is_paid_back(transaction: Values) -> bool:
    done = transaction["kind"] == "refund" and transaction["status"] == "success"
    return done and transaction["amount"] is not None


def _recovery_ref(attributes: list[Values]) -> str:
    """Our own mark, if it came through. Anything in its place that isn't a text isn't ours."""
    for attribute in attributes:
        if attribute["name"] == RECOVERY_REF and isinstance(attribute["value"], str):
            return clean(attribute["value"])[:100]
    return ""


def _campaign(landing_site: str) -> tuple[tuple[str, str], ...]:
    """The `utm_*` parameters of the page on which the visit began: a path or a whole address."""
    try:
        given = parse_qsl(urlsplit(landing_site).query)
    except ValueError:
        return ()
    kept = [(clean(name)[:40], clean(value)[:255]) for name, value in given if name.startswith("utm_")]
    return tuple(kept[:CAMPAIGN])
