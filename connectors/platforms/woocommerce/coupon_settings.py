"""Whether a store's settings let a coupon do anything: one that can't be used must not be promised.

Seen on WooCommerce 11.0.1: with coupons switched off the REST API makes them all the same, and a coupon for free
shipping changes nothing unless a shipping zone has free shipping that asks for one.
"""

from typing import Any

from connectors.platforms.woocommerce.client import Store
from connectors.platforms.woocommerce.errors import NotFound, Refused, Unauthorised, WrongStoreUrl
from sequences.offers import Discount

OFF = "coupons are switched off in the store: WooCommerce, Settings, General, Enable coupons"
NOT_FREE = (
    "no shipping zone of the store has free shipping for those with a coupon: WooCommerce, Settings, Shipping, "
    "a zone, Free shipping, requires a valid coupon"
)
WITH_COUPON = ("coupon", "either", "both")  # WC_Shipping_Free_Shipping, `requires`
MOST_ZONES = 20


def hindrance(store: Store, d: Discount) -> str:
    """Why the store's settings keep the discount from working, '' if nothing is known of that. Raises StoreError if the
    store can't be reached."""
    try:
        setting = store.get("settings/general/woocommerce_enable_coupons", _fields="value")
        if isinstance(setting, dict) and setting.get("value") == "no":
            return OFF
        return NOT_FREE if d.kind == "free_shipping" and not _ships_free(store) else ""
    except (NotFound, Refused, Unauthorised, WrongStoreUrl):
        return ""  # a key that may not read settings may still make coupons


def _ships_free(store: Store) -> bool:
    zones = store.get("shipping/zones", _fields="id")
    for zone in zones[:MOST_ZONES] if isinstance(zones, list) else ():
        number = zone.get("id") if isinstance(zone, dict) else None
        if isinstance(number, int) and any(map(_for_coupons, store.get(f"shipping/zones/{number}/methods"))):
            return True
    return False


def _for_coupons(method: Any) -> bool:
    if (
        not isinstance(method, dict)
        or method.get("method_id") != "free_shipping"
        or not method.get("enabled")
    ):
        return False
    settings = method.get("settings")
    requires = settings.get("requires") if isinstance(settings, dict) else None
    return isinstance(requires, dict) and requires.get("value") in WITH_COUPON
