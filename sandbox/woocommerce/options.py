"""Settings of the pretend store that apps read, as `settings/<group>` and `settings/<group>/<name>` give them."""

from typing import Any

from sandbox import places
from sandbox.woocommerce.errors import RestError
from sandbox.woocommerce.store import WooStore

Json = dict[str, Any]
GROUPS: dict[str, tuple[tuple[str, str, str, str], ...]] = {  # name, label, type, default
    "general": (
        ("woocommerce_default_country", "Country / State", "select", "US:CA"),
        ("woocommerce_enable_coupons", "Enable coupons", "checkbox", "yes"),
        ("woocommerce_currency", "Currency", "select", "USD"),
    ),
    "products": (
        ("woocommerce_manage_stock", "Manage stock", "checkbox", "yes"),
        ("woocommerce_hold_stock_minutes", "Hold stock (minutes)", "number", "60"),
    ),
}


def group(store: WooStore, name: str) -> list[Json]:
    """Raises RestError for a group that isn't played."""
    if name not in GROUPS:
        raise RestError(404, "rest_setting_setting_group_invalid", "Invalid setting group.")
    return [option_json(store, name, row) for row in GROUPS[name]]


def option(store: WooStore, group_name: str, name: str) -> Json:
    """Raises RestError for an option that isn't played, or is of another group."""
    for found in group(store, group_name):
        if found["id"] == name:
            return {**found, "group_id": group_name}
    raise RestError(404, "rest_setting_setting_invalid", "Invalid setting.")


def option_json(store: WooStore, group_name: str, row: tuple[str, str, str, str]) -> Json:
    name, label, kind, default = row
    collection = f"{store.shop.home_url}/wp-json/wc/v3/settings/{group_name}"
    return {
        "id": name,
        "label": label,
        "description": "",
        "type": kind,
        "default": default,
        "value": value(store, name),
        "_links": {
            "self": [{"href": f"{collection}/{name}"}],
            "collection": [{"href": collection}],
        },
    }


def value(store: WooStore, name: str) -> str:
    shop = store.shop
    region = places.country(shop.country).region
    values = {
        "woocommerce_default_country": f"{shop.country}:{region}" if region else shop.country,
        "woocommerce_enable_coupons": "yes" if store.coupons_on else "no",
        "woocommerce_currency": shop.currency,
        "woocommerce_manage_stock": "yes" if shop.holds_stock else "no",
        "woocommerce_hold_stock_minutes": str(shop.hold_stock_minutes),
    }
    return values[name]
