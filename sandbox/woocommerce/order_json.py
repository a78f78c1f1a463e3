"""An order as REST v3 and the webhooks give it, key for key as WooCommerce 11.0.1 does (recorded)."""

import hashlib
import json
from decimal import Decimal
from typing import Any

from sandbox import places
from sandbox.catalog import Line
from sandbox.pricing import spread, text
from sandbox.woocommerce.php import gmt, local
from sandbox.woocommerce.state import Order, Shop

Json = dict[str, Any]
CONSENT_KEY = "_wc_other/comeback/sms-consent"  # core's key for the additional checkout field of the plugin
SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "CAD": "$", "AUD": "$"}
GATEWAYS = {
    "offsite": "Pay at the bank",
    "cod": "Cash on delivery",
    "bacs": "Direct bank transfer",
    "card": "Card",
}
UTM = ("utm_campaign", "utm_source", "utm_medium", "utm_content", "utm_id", "utm_term")
PRIVATE = {"email": "deleted@site.invalid", "phone": "+00000000000"}  # what WordPress's eraser leaves


def order_json(order: Order, shop: Shop) -> Json:
    """The whole order. Money are strings with two digits; `line_items[].price` is a number."""
    zero = "0.00"
    return {
        "id": order.id,
        "parent_id": 0,
        "status": order.status,
        "currency": shop.currency,
        "version": shop.version,
        "prices_include_tax": False,
        "date_created": local(order.created_at, shop.zone),
        "date_modified": local(order.modified_at, shop.zone),
        "discount_total": text(order.discount),
        **dict.fromkeys(("discount_tax", "shipping_total", "shipping_tax", "cart_tax"), zero),
        "total": text(order.total),
        "total_tax": zero,
        "customer_id": 0,
        "order_key": order.key,
        "billing": {**address(order, shop), **contact(order)},
        "shipping": {**address(order, shop), "phone": contact(order)["phone"]},
        **payment(order),
        "customer_ip_address": "" if order.anonymized else "127.0.0.1",
        "customer_user_agent": "" if order.anonymized else "Comeback sandbox shopper",
        "created_via": "store-api" if shop.blocks else "checkout",
        "customer_note": "",
        "date_completed": None,
        "date_paid": local(order.paid_at, shop.zone),
        "cart_hash": digest(*(f"{line.product.id}:{line.quantity}" for line in order.lines)),
        "number": str(order.id),
        "meta_data": meta_data(order, shop),
        "line_items": line_items(order),
        "tax_lines": [],
        "shipping_lines": [shipping_line(order)],
        "fee_lines": [],
        "coupon_lines": coupon_lines(order),
        "refunds": order.refunds,
        "payment_url": payment_url(order, shop),
        "is_editable": order.status in ("pending", "on-hold", "auto-draft"),
        "needs_payment": order.needs_payment,
        "needs_processing": True,
        "date_created_gmt": gmt(order.created_at),
        "date_modified_gmt": gmt(order.modified_at),
        "date_completed_gmt": None,
        "date_paid_gmt": gmt(order.paid_at),
        "currency_symbol": SYMBOLS.get(shop.currency, shop.currency),
        "_links": links(order, shop),
    }


def payment_url(order: Order, shop: Shop) -> str:
    return f"{shop.home_url}/checkout/order-pay/{order.id}/?pay_for_order=true&key={order.key}"


def links(order: Order, shop: Shop) -> Json:
    collection = f"{shop.home_url}/wp-json/wc/v3/orders"
    hints = {"allow": ["GET", "POST", "PUT", "PATCH", "DELETE"]}
    mails = f"{collection}/{order.id}/actions/email_templates"
    return {
        "self": [{"href": f"{collection}/{order.id}", "targetHints": hints}],
        "collection": [{"href": collection}],
        "email_templates": [{"embeddable": True, "href": mails}],
    }


def address(order: Order, shop: Shop) -> Json:
    keys = (
        "first_name",
        "last_name",
        "company",
        "address_1",
        "address_2",
        "city",
        "state",
        "postcode",
        "country",
    )
    if order.anonymized:
        return dict.fromkeys(keys, "")
    request = order.request
    country = places.country(request.country or shop.country)
    return {
        "first_name": request.first_name,
        "last_name": request.last_name,
        "company": "",
        "address_1": "12 Test Street",
        "address_2": "",
        "city": request.city or country.city,
        "state": request.region or country.region,
        "postcode": request.postcode or country.postcode,
        "country": country.code,
    }


def contact(order: Order) -> Json:
    if order.anonymized:
        return dict(PRIVATE)
    return {"email": order.request.email or "", "phone": order.request.phone or ""}


def payment(order: Order) -> Json:
    return {
        "payment_method": order.gateway,
        "payment_method_title": GATEWAYS[order.gateway],
        "transaction_id": f"tx_{order.id}" if order.paid_at else "",
    }


def meta_data(order: Order, shop: Shop) -> list[Json]:
    """Core's own hashes, the consent (no row at all when unticked), the attribution, what the API wrote."""
    rows: dict[str, Any] = {}
    if shop.blocks:
        rows |= {f"_{part}_hash": digest(part, order.id) for part in ("shipping", "coupons", "fees", "taxes")}
    rows["is_vat_exempt"] = "no"
    if order.request.consent:
        rows[CONSENT_KEY] = "1"
    rows |= attribution(order) | order.meta
    if order.anonymized:
        rows["_anonymized"] = "yes"
    return [
        {"id": order.id * 100 + place, "key": key, "value": value}
        for place, (key, value) in enumerate(rows.items())
    ]


def attribution(order: Order) -> Json:
    """Core's order attribution of a visit that came with utm parameters."""
    if not order.landing:
        return {}
    prefix = "_wc_order_attribution_"
    return {
        f"{prefix}source_type": "utm",
        **{f"{prefix}{name}": order.landing[name] for name in UTM if name in order.landing},
        f"{prefix}session_entry": order.landing_url,
        f"{prefix}session_start_time": order.created_at.strftime("%Y-%m-%d %H:%M:%S"),
        f"{prefix}session_pages": "1",
        f"{prefix}session_count": "1",
        f"{prefix}user_agent": "Comeback sandbox shopper",
        f"{prefix}device_type": "Mobile",
    }


def line_items(order: Order) -> list[Json]:
    parts = spread(order.discount, [line.total for line in order.lines])
    return [
        line_item(order.id * 100 + place, line, part)
        for place, (line, part) in enumerate(zip(order.lines, parts, strict=True))
    ]


def line_item(number: int, line: Line, off: Decimal) -> Json:
    each = (line.total - off) / line.quantity
    return {
        "id": number,
        "name": line.product.title,
        "product_id": line.product.id,
        "variation_id": 0,
        "quantity": line.quantity,
        "tax_class": "",
        "subtotal": text(line.total),
        "subtotal_tax": "0.00",
        "total": text(line.total - off),
        "total_tax": "0.00",
        "taxes": [],
        "meta_data": [],
        "sku": line.product.sku,
        "global_unique_id": "",
        "price": int(each) if each == int(each) else float(each),
        "image": {"id": "", "src": ""},
        "parent_name": None,
    }


def shipping_line(order: Order) -> Json:
    items = ", ".join(f"{line.product.title} &times; {line.quantity}" for line in order.lines)
    row = {"key": "Items", "value": items, "display_key": "Items", "display_value": items}
    return {
        "id": order.id * 100 + 90,
        "method_title": "Free shipping",
        "method_id": "free_shipping",
        "instance_id": "1",
        "total": "0.00",
        "total_tax": "0.00",
        "taxes": [],
        "tax_status": "taxable",
        "meta_data": [{"id": order.id * 100 + 91, **row}],
    }


def coupon_lines(order: Order) -> list[Json]:
    coupon = order.coupon
    if coupon is None:
        return []
    kind = coupon.more["discount_type"]
    amount = coupon.value * 100 if coupon.kind == "percent" else coupon.value
    info = json.dumps([coupon.id, coupon.code, None if kind == "fixed_cart" else kind, float(amount)])
    row = {"key": "coupon_info", "value": info, "display_key": "coupon_info", "display_value": info}
    return [
        {
            "id": order.id * 100 + 95,
            "code": coupon.code,
            "discount": f"{order.discount.normalize():f}",
            "discount_tax": "0",
            "meta_data": [{"id": order.id * 100 + 96, **row}],
            "discount_type": kind,
            "nominal_amount": float(amount),
            "free_shipping": coupon.kind == "shipping",
        }
    ]


def digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]  # core's are md5: 32 hex digits
