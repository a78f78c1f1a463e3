"""Orders, when a store is re-read."""

from decimal import Decimal
from typing import Any

from connectors.platforms.shopify import orders
from connectors.platforms.shopify.reread_nodes import ORDER, Values, number, shared
from sequences.cart import Shop
from sequences.events import OrderChanged, Reading
from sequences.money import Money


def read(given: object, shop: Shop) -> Reading:
    """Raises BadDelivery."""
    node = ORDER.read(given)
    values = _as_webhook(node)
    order = orders.order_of(values, shop, _refunded(node))
    return Reading(events=(OrderChanged(order=order, change=orders.change_of(values)),))


def _as_webhook(node: Values) -> dict[str, Any]:
    visit = (node["customerJourneySummary"] or {}).get("lastVisit") or {}
    return {
        **shared(node),
        "id": number(node["id"]),
        "checkout_token": node["checkoutToken"],
        "cart_token": node["cartToken"],
        "financial_status": node["displayFinancialStatus"].lower(),
        "cancelled_at": node["cancelledAt"],
        "email": node["email"],
        "phone": node["phone"],
        "landing_site": visit.get("landingPage", ""),
        "note_attributes": [{"name": a["key"], "value": a["value"]} for a in node["customAttributes"]],
        "test": node["test"],
    }


def _refunded(node: Values) -> Money | None:
    """As of a webhook: the greater of what was paid back and of what returns and edits took off."""
    total = node["totalPriceSet"]["shopMoney"]
    now, back = node["currentTotalPriceSet"], node["totalRefundedSet"]
    lost = max(
        back["shopMoney"]["amount"] if back else Decimal(0),
        total["amount"] - now["shopMoney"]["amount"] if now else Decimal(0),
    )
    return Money(lost, total["currencyCode"]) if lost > 0 else None
