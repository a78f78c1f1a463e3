"""Orders."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

from connectors.delivery import Delivery
from connectors.platforms.shopify import payloads, shoppers
from connectors.platforms.shopify.carts import bare
from connectors.wire import clean, load_json
from sequences.cart import Order, OrderStatus, Shop
from sequences.events import OrderChanged, OrderPlaced, Reading
from sequences.money import Money

Values = Mapping[str, Any]
Change = Literal["paid", "cancelled", "refunded", "updated"]

RECOVERY_REF = "recovery_ref"
# Campaign parameters kept of one order; a landing address is the visitor's to write.
CAMPAIGN = 10


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
    change: Change = "updated"
    if values["cancelled_at"]:
        change = "cancelled"
    elif values["financial_status"] in ("refunded", "partially_refunded"):
        change = "refunded"
    return Reading(events=(OrderChanged(order=order, change=change),))


def _order(delivery: Delivery, shop: Shop) -> tuple[Order, Values]:
    values = payloads.ORDER.read(load_json(delivery.body))
    currency = values["currency"] or shop.currency
    cart_token = bare(values["cart_token"])
    order = Order(
        key=f"order:{values['id']}",
        number=values["name"],
        status=_status(values),
        created_at=values["created_at"],
        updated_at=values["updated_at"],
        total=Money(values["total_price"], currency),
        refunded=_refunded(values, currency),
        contact=shoppers.contact(values, shop),
        checkout_key=f"checkout:{values['checkout_token']}" if values["checkout_token"] else None,
        cart_key=f"cart:{cart_token}" if cart_token else None,
        discount_codes=tuple(c["code"] for c in values["discount_codes"] if c["code"]),
        recovery_ref=_recovery_ref(values["note_attributes"]),
        utm=_campaign(values["landing_site"]),
        test=values["test"],
    )
    return order, values


def _status(values: Values) -> OrderStatus:
    if values["cancelled_at"]:
        return "cancelled"
    if values["financial_status"] == "refunded":
        return "refunded"
    return "paid" if values["financial_status"] in ("paid", "partially_refunded") else "placed"


def _refunded(values: Values, currency: str) -> Money | None:
    """What was paid back, in the shop's currency; None if nothing was.

    A shopper who paid in another currency is paid back in it; then the difference in the order's worth
    has to do, which an edit of the order changes too.
    """
    paid_back = [t for refund in values["refunds"] for t in refund["transactions"] if _is_paid_back(t)]
    amount = sum((t["amount"] for t in paid_back), start=Decimal(0))
    if any(t["currency"] not in ("", currency) for t in paid_back):
        now = values["current_total_price"]
        amount = Decimal(0) if now is None else values["total_price"] - now
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
