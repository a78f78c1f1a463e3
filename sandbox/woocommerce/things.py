"""The smaller resources of the REST API: webhooks, products, customers, system status."""

import re
from typing import Any
from urllib.parse import urlsplit

from sandbox.catalog import Product
from sandbox.pricing import text
from sandbox.woocommerce.errors import RestError, invalid_param, missing_param
from sandbox.woocommerce.order_json import SYMBOLS
from sandbox.woocommerce.php import gmt, local
from sandbox.woocommerce.state import WORDPRESS, Webhook
from sandbox.woocommerce.store import WooStore

Json = dict[str, Any]
HOOKS = {
    "order.created": ["woocommerce_new_order"],
    "order.updated": ["woocommerce_update_order", "woocommerce_order_refunded"],
    "order.deleted": ["wp_trash_post", "woocommerce_trash_order"],
    "order.restored": ["untrashed_post", "woocommerce_untrash_order"],
    "customer.created": ["user_register", "woocommerce_created_customer", "woocommerce_new_customer"],
    "customer.updated": ["profile_update", "woocommerce_update_customer"],
    "customer.deleted": ["delete_user"],
    "coupon.created": ["woocommerce_process_shop_coupon_meta", "woocommerce_new_coupon"],
    "coupon.updated": ["woocommerce_process_shop_coupon_meta", "woocommerce_update_coupon"],
    "coupon.deleted": ["wp_trash_post", "woocommerce_trash_coupon"],
    "product.created": ["woocommerce_process_product_meta", "woocommerce_new_product"],
    "product.updated": ["woocommerce_process_product_meta", "woocommerce_update_product"],
    "product.deleted": ["wp_trash_post", "woocommerce_trash_product"],
}
ACTION = re.compile(r"action\.(woocommerce|wc)_\w+")


def create_webhook(store: WooStore, wanted: Json) -> Webhook:
    """A new webhook. Any address is accepted; left without a secret, nobody can ever check what it sends."""
    topic, url = wanted.get("topic"), wanted.get("delivery_url")
    if not topic:
        raise missing_param("topic")
    check_topic(topic)
    if not url or urlsplit(str(url)).scheme not in ("http", "https"):
        code = "woocommerce_rest_shop_webhook_invalid_delivery_url"
        raise RestError(
            400, code, "Webhook delivery URL must be a valid URL starting with http:// or https://."
        )
    secret = wanted.get("secret") or f"{store.world.dice.getrandbits(200):050x}"
    return store.outbox.add(topic, url, secret, str(wanted.get("name") or ""), webhook_status(wanted))


def check_topic(topic: object) -> None:
    if topic not in HOOKS and not ACTION.fullmatch(str(topic)):
        code = "woocommerce_rest_shop_webhook_invalid_topic"
        raise RestError(400, code, "Webhook topic must be valid.")


def webhook_status(wanted: Json) -> str:
    status = wanted.get("status", "active")
    if status not in ("active", "paused", "disabled"):
        reason = "status is not one of all, active, paused, and disabled."
        raise invalid_param("status", reason, "rest_not_in_enum")
    return str(status)


def change_webhook(hook: Webhook, wanted: Json, store: WooStore) -> None:
    """Name, topic, status, address, secret. Setting it active again leaves the failures counted."""
    if wanted.get("topic"):
        check_topic(wanted["topic"])
        hook.topic = str(wanted["topic"])
    hook.status = webhook_status(wanted) if "status" in wanted else hook.status
    hook.name = str(wanted.get("name") or hook.name)
    hook.url = str(wanted.get("delivery_url") or hook.url)
    hook.secret = str(wanted.get("secret") or hook.secret)
    hook.modified_at = store.now()


def webhook_json(hook: Webhook, store: WooStore) -> Json:
    """Neither the secret nor the failure count is ever given."""
    resource, _, event = hook.topic.partition(".")
    zone = store.shop.zone
    return {
        "id": hook.id,
        "name": hook.name,
        "status": hook.status,
        "topic": hook.topic,
        "resource": resource,
        "event": event,
        "hooks": HOOKS.get(hook.topic, [event]),
        "delivery_url": hook.url,
        "date_created": local(hook.created_at, zone),
        "date_created_gmt": gmt(hook.created_at),
        "date_modified": local(hook.modified_at, zone),
        "date_modified_gmt": gmt(hook.modified_at),
        "_links": links(store, "webhooks", hook.id),
    }


def product_json(product: Product, store: WooStore) -> Json:
    stock = store.stock[product.id]
    slug = product.sku.lower()
    return {
        "id": product.id,
        "name": product.title,
        "slug": slug,
        "permalink": f"{store.shop.home_url}/product/{slug}/",
        "type": "simple",
        "status": "publish",
        "sku": product.sku,
        "price": text(product.price),
        "regular_price": text(product.price),
        "sale_price": "",
        "on_sale": False,
        "purchasable": True,
        "manage_stock": True,
        "stock_quantity": stock,
        "stock_status": "instock" if stock > 0 else "outofstock",
        "parent_id": 0,
        "variations": [],
        "images": [],
        "meta_data": [],
        "_links": links(store, "products", product.id),
    }


def links(store: WooStore, resource: str, number: int) -> Json:
    collection = f"{store.shop.home_url}/wp-json/wc/v3/{resource}"
    allow = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    return {
        "self": [{"href": f"{collection}/{number}", "targetHints": {"allow": allow}}],
        "collection": [{"href": collection}],
    }


def system_status(store: WooStore) -> Json:
    """The parts that apps read: versions, addresses, currency, order tables."""
    shop = store.shop
    symbol = SYMBOLS.get(shop.currency, shop.currency)
    return {
        "environment": {
            "home_url": shop.home_url,
            "site_url": shop.home_url,
            "store_id": f"sandbox-{shop.id}",
            "version": shop.version,
            "wp_version": WORDPRESS,
            "wp_multisite": False,
            "wp_cron": True,
            "language": shop.locale.replace("-", "_"),
            "server_info": "comeback-sandbox",
            "php_version": "8.2.0",
            "default_timezone": "UTC",
        },
        "settings": {
            "api_enabled": False,
            "force_ssl": False,
            "currency": shop.currency,
            "currency_symbol": symbol.encode("ascii", "xmlcharrefreplace").decode()
            if symbol != "$"
            else "&#36;",
            "currency_position": "left",
            "thousand_separator": ",",
            "decimal_separator": ".",
            "number_of_decimals": 2,
            "HPOS_enabled": True,
            "HPOS_sync_enabled": False,
            "enabled_features": ["analytics", "order_attribution", "custom_order_tables"],
        },
    }
