"""Bodies of checkouts/* and carts/*. Since 2026-04 a checkout has no `id`: its `token` names it
(shopify.dev/changelog, "Removed Checkout ID from checkout and order webhooks"); checkouts/delete still
has one and carries no token."""

from decimal import Decimal
from typing import Any

from sandbox.catalog import Line, subtotal
from sandbox.pricing import Code, text
from sandbox.shopify import parts, redeem
from sandbox.shopify.parts import address, customer, money_set, recover_url, stamp
from sandbox.shopify.state import Checkout, Shop

Json = dict[str, Any]
CODE_TYPES = {"percent": "percentage", "fixed": "fixed_amount", "shipping": "shipping"}


def checkout_body(checkout: Checkout, shop: Shop, code: Code | None) -> Json:
    """checkouts/create and checkouts/update. `customer` is absent when the store has none for it."""
    request = checkout.request
    off = redeem.off(code, checkout)
    consent = request.consent and checkout.consent_shown
    home = address(request, shop.country)
    body = {
        "token": checkout.token,
        "cart_token": checkout.cart_token,
        "email": request.email,
        "gateway": None,
        "buyer_accepts_marketing": False,
        "buyer_accepts_sms_marketing": consent,
        "sms_marketing_phone": request.phone if consent else None,
        "created_at": stamp(checkout.created_at, shop.zone),
        "updated_at": stamp(checkout.updated_at, shop.zone),
        "landing_site": None if "landing_site" in request.without else checkout.landing_site,
        "note": checkout.note,
        "note_attributes": [{"name": k, "value": v} for k, v in checkout.attributes.items()],
        "referring_site": "",
        "shipping_lines": [],
        "shipping_address": home,
        "billing_address": dict(home),
        "taxes_included": False,
        "total_weight": sum(line.product.grams * line.quantity for line in checkout.lines),
        "currency": shop.currency,
        "presentment_currency": shop.currency,
        "completed_at": stamp(checkout.completed_at, shop.zone),
        "closed_at": None,
        "phone": None if "contact_phone" in request.without else request.phone,
        "customer_locale": request.locale or shop.locale,
        "line_items": [line_item(line) for line in checkout.lines],
        "name": f"#{checkout.id}",
        "abandoned_checkout_url": recover_url(checkout, shop),
        "discount_codes": [code_used(code, off)] if code else [],
        "tax_lines": [],
        "source_name": "web",
        **dict.fromkeys(("user_id", "location_id", "source_identifier", "source_url", "device_id", "source")),
        **totals(checkout, off),
    }
    if checkout.customer is not None:
        body["customer"] = customer(checkout.customer, home, shop)
    return parts.present(body, request)


def totals(checkout: Checkout, off: Decimal) -> Json:
    return {
        "total_discounts": text(off),
        "total_line_items_price": text(checkout.subtotal),
        "total_price": text(checkout.subtotal - off),
        "total_tax": "0.00",
        "subtotal_price": text(checkout.subtotal - off),
        "total_duties": None,
        "reservation_token": None,
    }


def deleted_body(checkout: Checkout, currency: str) -> Json:
    """checkouts/delete: an id and a cart token, no token."""
    return {
        "id": checkout.id,
        "presentment_currency": currency,
        "buyer_accepts_sms_marketing": checkout.request.consent,
        "sms_marketing_phone": checkout.request.phone if checkout.request.consent else None,
        **totals(checkout, Decimal("0.00")),
        "cart_token": checkout.cart_token,
    }


def code_used(code: Code, off: Decimal) -> Json:
    return {"code": code.code, "amount": text(off), "type": CODE_TYPES[code.kind]}


def line_item(line: Line) -> Json:
    """A checkout's line: no image and no link, as in Shopify's own."""
    product = line.product
    nothing = ("measured_type", "quantity_value", "quantity_unit", "reference_value", "reference_unit")
    return {
        "applied_discounts": [],
        "discount_allocations": [],
        "key": f"{product.shopify_variant_id:032x}",
        "destination_location_id": None,
        "fulfillment_service": "manual",
        "gift_card": False,
        "grams": product.grams,
        "origin_location_id": None,
        "presentment_title": product.title,
        "presentment_variant_title": product.variant,
        "product_id": product.shopify_product_id,
        "properties": {},
        "quantity": line.quantity,
        "requires_shipping": True,
        "sku": product.sku,
        "tax_lines": [],
        "taxable": True,
        "title": product.title,
        "variant_id": product.shopify_variant_id,
        "variant_title": product.variant,
        "variant_price": text(product.price),
        "vendor": "Comeback sandbox",
        "user_id": None,
        "unit_price_measurement": dict.fromkeys(nothing),
        "rank": None,
        "compare_at_price": None,
        "line_price": text(line.total),
        "price": text(product.price),
    }


def cart_body(checkout: Checkout, currency: str) -> Json:
    """carts/create and carts/update: no phone, no email, no customer, and times in UTC."""
    moment = "%Y-%m-%dT%H:%M:%S.000Z"
    return {
        "id": checkout.cart_token,
        "token": checkout.cart_token,
        "line_items": [cart_line(line, currency) for line in checkout.lines],
        "note": None,
        "updated_at": checkout.updated_at.strftime(moment),
        "created_at": checkout.created_at.strftime(moment),
    }


def cart_line(line: Line, currency: str) -> Json:
    product, price, whole = line.product, text(line.product.price), text(line.total)
    return {
        "id": product.shopify_variant_id,
        "properties": None,
        "quantity": line.quantity,
        "variant_id": product.shopify_variant_id,
        "key": f"{product.shopify_variant_id}:{product.id:032x}",
        "discounted_price": price,
        "discounts": [],
        "gift_card": False,
        "grams": product.grams,
        "line_price": whole,
        "original_line_price": whole,
        "original_price": price,
        "price": price,
        "product_id": product.shopify_product_id,
        "sku": product.sku,
        "taxable": True,
        "title": f"{product.title} - {product.variant}",
        "total_discount": "0.00",
        "vendor": "Comeback sandbox",
        "discounted_price_set": money_set(product.price, currency),
        "line_price_set": money_set(subtotal([line]), currency),
        "original_line_price_set": money_set(line.total, currency),
        "price_set": money_set(product.price, currency),
        "total_discount_set": money_set(Decimal(0), currency),
        "parent_relationship": None,
    }
