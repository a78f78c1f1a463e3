"""Body of orders/create, /paid, /updated and /cancelled: one shape. `checkout_id` is gone since 2026-04."""

from decimal import Decimal
from typing import Any

from sandbox.catalog import Line
from sandbox.pricing import spread, text
from sandbox.shopify import parts
from sandbox.shopify.checkout_payload import CODE_TYPES
from sandbox.shopify.parts import address, customer, money_set, stamp
from sandbox.shopify.state import Order, Shop

Json = dict[str, Any]
ZERO = Decimal("0.00")


def order_body(order: Order, shop: Shop) -> Json:
    """The whole order; `email` is "" and `customer` absent when the shopper gave no way to have them."""
    checkout, request = order.checkout, order.checkout.request
    home = address(request, shop.country)
    body: Json = {
        **identity(order, shop),
        **dates(order, shop.zone),
        **amounts(order, shop.currency),
        **nothing(),
        "currency": shop.currency,
        "presentment_currency": shop.currency,
        "customer_locale": request.locale or shop.locale,
        "cart_token": None if "tokens" in request.without else checkout.cart_token,
        "checkout_token": None if "tokens" in request.without else checkout.token,
        "email": request.email or "",
        "contact_email": request.email or "",
        "phone": None if "contact_phone" in request.without else request.phone,
        "note": checkout.note,
        "landing_site": None if "landing_site" in request.without else order.landing_site,
        "note_attributes": [{"name": k, "value": v} for k, v in order.attributes.items()],
        "discount_codes": codes(order),
        "discount_applications": applications(order),
        "billing_address": home,
        "shipping_address": dict(home),
        "line_items": line_items(order, shop.currency),
    }
    if checkout.customer is not None:
        body["customer"] = customer(checkout.customer, home, shop)
    return parts.present(body, request)


def identity(order: Order, shop: Shop) -> Json:
    return {
        "id": order.id,
        "admin_graphql_api_id": f"gid://shopify/Order/{order.id}",
        "app_id": 580111,
        "name": f"#{order.number}",
        "number": order.number - 1000,
        "order_number": order.number,
        "token": order.token,
        "confirmation_number": order.token[:9].upper(),
        "confirmed": True,
        "financial_status": order.status,
        "fulfillment_status": None,
        "cancel_reason": "customer" if order.cancelled_at else None,
        "order_status_url": f"https://{shop.domain}/{shop.shop_id}/orders/{order.token}/authenticate?key={order.token}",
        "browser_ip": "192.0.2.10",
        "client_details": {
            "accept_language": "en",
            "browser_height": None,
            "browser_ip": "192.0.2.10",
            "browser_width": None,
            "session_hash": None,
            "user_agent": "Comeback sandbox shopper",
        },
    }


def dates(order: Order, zone: str) -> Json:
    return {
        "created_at": stamp(order.created_at, zone),
        "processed_at": stamp(order.created_at, zone),
        "updated_at": stamp(order.updated_at, zone),
        "cancelled_at": stamp(order.cancelled_at, zone),
        "closed_at": None,
    }


def amounts(order: Order, currency: str) -> Json:
    goods = order.subtotal + order.discount
    left = order.total - order.refunded
    plain = {
        "current_subtotal_price": left,
        "current_total_discounts": order.discount,
        "current_total_price": left,
        "current_total_tax": ZERO,
        "subtotal_price": order.subtotal,
        "total_discounts": order.discount,
        "total_line_items_price": goods,
        "total_price": order.total,
        "total_tax": ZERO,
    }
    only_sets = {
        "current_shipping_price_set": ZERO,
        "total_shipping_price_set": ZERO,
        "total_cash_rounding_payment_adjustment_set": ZERO,
        "total_cash_rounding_refund_adjustment_set": ZERO,
    }
    return {
        **{name: text(amount) for name, amount in plain.items()},
        **{f"{name}_set": money_set(amount, currency) for name, amount in plain.items()},
        **{name: money_set(amount, currency) for name, amount in only_sets.items()},
        "total_outstanding": "0.00",
        "total_tip_received": "0.00",
        "total_weight": sum(line.product.grams * line.quantity for line in order.lines),
    }


def nothing() -> Json:
    """Fields that are present and empty in an order of the online store."""
    null = (
        "current_total_additional_fees_set current_total_duties_set device_id landing_site_ref location_id "
        "merchant_of_record_app_id original_total_additional_fees_set original_total_duties_set "
        "payment_terms po_number reference referring_site source_identifier source_url user_id"
    )
    false = "buyer_accepts_marketing duties_included estimated_taxes tax_exempt taxes_included test"
    lists = "tax_lines fulfillments refunds shipping_lines returns line_item_groups"
    return {
        **dict.fromkeys(null.split()),
        **dict.fromkeys(false.split(), False),
        **{name: [] for name in lists.split()},
        "merchant_business_entity_id": "MTU0ODM4MDAwOQ",
        "payment_gateway_names": ["bogus"],
        "source_name": "web",
        "tags": "",
    }


def codes(order: Order) -> list[Json]:
    if order.code is None:
        return []
    return [{"code": order.code, "amount": text(order.discount), "type": CODE_TYPES[order.code_kind]}]


def applications(order: Order) -> list[Json]:
    if order.code is None:
        return []
    value = order.code_value * 100 if order.code_kind == "percent" else order.code_value
    return [
        {
            "target_type": "shipping_line" if order.code_kind == "shipping" else "line_item",
            "type": "discount_code",
            "value": f"{value:.1f}",
            "value_type": "percentage" if order.code_kind == "percent" else "fixed_amount",
            "allocation_method": "across",
            "target_selection": "all",
            "code": order.code,
        }
    ]


def line_items(order: Order, currency: str) -> list[Json]:
    shares = spread(order.discount, [line.total for line in order.lines])
    return [
        line_item(order, line, place, part, currency)
        for place, (line, part) in enumerate(zip(order.lines, shares, strict=True))
    ]


def line_item(order: Order, line: Line, place: int, off: Decimal, currency: str) -> Json:
    product, number = line.product, order.id * 10 + place
    share = {"amount": text(off), "amount_set": money_set(off, currency), "discount_application_index": 0}
    return {
        "id": number,
        "admin_graphql_api_id": f"gid://shopify/LineItem/{number}",
        "attributed_staffs": [],
        "current_quantity": line.quantity,
        "fulfillable_quantity": line.quantity,
        "fulfillment_service": "manual",
        "fulfillment_status": None,
        "gift_card": False,
        "grams": product.grams,
        "name": f"{product.title} - {product.variant}",
        "price": text(product.price),
        "price_set": money_set(product.price, currency),
        "product_exists": True,
        "product_id": product.shopify_product_id,
        "properties": [],
        "quantity": line.quantity,
        "requires_shipping": True,
        "sales_line_item_group_id": None,
        "sku": product.sku,
        "taxable": True,
        "title": product.title,
        "total_discount": "0.00",
        "total_discount_set": money_set(ZERO, currency),
        "variant_id": product.shopify_variant_id,
        "variant_inventory_management": "shopify",
        "variant_title": product.variant,
        "vendor": "Comeback sandbox",
        "tax_lines": [],
        "duties": [],
        "discount_allocations": [share] if off else [],
    }
