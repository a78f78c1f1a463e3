"""From an order that isn't paid back to its checkout. The plugin's own restore link, where a snapshot brought it, is
better than both of these, and is kept.

First a link that rebuilds the cart: it lives on when WooCommerce cancels the order after an hour, and takes a coupon.
It names products and nothing else, so it is for simple products and variations only: what add-ons, bundles and open
options chose would be lost. Else the page on which the order itself is paid.
"""

from typing import Any
from urllib.parse import urlsplit

from connectors.platforms.woocommerce.checked import CheckedOrder
from connectors.platforms.woocommerce.links import checkout_link, rebuilds_carts

# Statuses in which an order can be paid on its own page: woocommerce_valid_order_statuses_for_payment.
PAYABLE = ("pending", "failed")
# What core itself notes at a line, whatever product it is.
OF_CORE = ("_reduced_stock", "_restock_refunded_items")


def way_back(order: CheckedOrder) -> str | None:
    """None if the order has neither, as a draft in an older WooCommerce."""
    return rebuilt(order) or pay_page(order)


def rebuilt(order: CheckedOrder) -> str | None:
    """`/checkout-link/` with the order's lines and its first coupon; None if the store has none, or they need more."""
    lines = order.values["line_items"]
    if not rebuilds_carts(order.shop.version) or not all(map(_is_told_by_id, lines)):
        return None
    cart = order.lines
    return checkout_link(order.shop.domain, cart, code=next(iter(order.codes), "")) if cart else None


def pay_page(order: CheckedOrder) -> str | None:
    """None for a draft, which has none."""
    link = order.values["payment_url"]
    if order.values["status"] not in PAYABLE or order.values["needs_payment"] is False:
        return None
    try:
        parts = urlsplit(link)
    except ValueError:
        return None
    return link if parts.scheme in ("http", "https") and parts.hostname else None


def _is_told_by_id(line: dict[str, Any]) -> bool:
    """A variation's name ends in its options ("T-Shirt - S"); an option that its shopper chose doesn't stand there."""
    name, parent = line["name"], line["parent_name"]
    fixed = name.removeprefix(f"{parent} - ") if parent and name.startswith(f"{parent} - ") else ""
    options = [part.strip() for part in fixed.split(", ")] if line["variation_id"] else []
    chosen = (value for key, value in line["meta_data"].items() if key not in OF_CORE)
    return bool(line["product_id"]) and all(value is not None and value in options for value in chosen)
