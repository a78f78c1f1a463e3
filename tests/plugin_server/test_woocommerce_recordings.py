"""Everything that was recorded of real WooCommerce stores, as `comeback read` reads it: what each says happened."""

from pathlib import Path

import pytest

from plugin_server.cli.offline import readings_of
from plugin_server.cli.recordings import PLUGIN_TOPICS
from sequences.events import (
    CartChanged,
    ConsentChanged,
    Event,
    OrderChanged,
    OrderPlaced,
    ShopperErased,
    StockChanged,
)

PAYLOADS = Path(__file__).parents[1] / "payloads"
PHONE = "+12125550100"

CORE = {
    "01-ping": [],
    "02-order.created-block-cod-processing": [f"placed order:16 by {PHONE}"],
    "03-order.updated-block-cod-processing": [f"placed order:16 by {PHONE}"],
    "04-order.created-block-bacs-onhold": [f"placed order:17 by {PHONE}"],
    "06-order.updated-block-offsite-pending": [f"payment order:32 of {PHONE}, ticked"],
    "08-order.created-classic-offsite-pending": [f"payment order:35 of {PHONE}"],
    "09-order.created-classic-cod-processing": [f"placed order:36 by {PHONE}"],
    "11-order.created-rest-pending": [f"payment order:18 of {PHONE}"],
    "12-order.updated-rest-processing": [f"paid order:18 by {PHONE}"],
    "14-order.updated-full-refund": ["refunded order:49"],
    "15-order.updated-completed": ["refunded order:49"],  # the refund of 14 still stands in it
    "17-order.created-unicode-multi": ["placed order:48 by +4915123456789"],
    "18-order.deleted": ["deleted order:18"],
    "19-order.created-rest-checkout-draft": [f"cart order:20 of {PHONE}"],
    "24-customer.deleted": ["erased 2"],
    "25-product.updated": ["stock 11"],
    "34-order.created-block-offsite-pending-wc10.6.2": [f"payment order:16 of {PHONE}, ticked"],
    "35-order.created-block-declined-wc10.6.2": [f"payment order:17 of {PHONE}"],
    "37-customer.updated-privacy-erased": ["erased 2"],
    "40-rest-orders-list": [f"placed order:16 by {PHONE}", f"placed order:17 by {PHONE}"],
    "41-rest-order": ["placed order:46 by +12125550188"],
}
"""Of WooCommerce itself. What isn't here says nothing of a cart, a purchase or a person."""
SILENT = (
    "coupon.created coupon.updated customer.created customer.updated action.woocommerce_add_to_cart"
    " action.store_api_checkout_order_processed action.woocommerce_checkout_order_processed"
    " action.woocommerce_new_order action.wc_smscart_cart_abandoned-array smscart.abandoned-custom-topic"
    " wc-auth-callback rest-coupon-create"
    " rest-coupon-duplicate rest-webhook-create rest-webhooks-list rest-webhook-delete rest-error-401-signature"
    " rest-error-401-unknown-key-https rest-error-401-read-only-key rest-error-404-order rest-error-400-param"
    " rest-customer-list rest-system-status rest-products store-api-cart-empty store-api-add-item"
    " store-api-update-customer store-api-checkout-get store-api-checkout-post store-api-no-nonce store-api-bad-token"
).split()

GREW = "checkout:339f367b4980eea6869cbf63fa0136c1"
CLASSIC = "checkout:e3ad9c061f40559ed3e640abeca6df37"
RINGS = "checkout:0eeb5dcc29ef42299072c27e3942a013"
ANN, ANAIS = "+12125550142", "+12125550143"
PLUGIN = {
    "01-cart.updated-block-phone-and-tick-only": [f"cart {GREW} of {ANN}, ticked, restored by its link"],
    "02-cart.updated-block-with-address": [f"cart {GREW} of {ANN}, ticked, restored by its link"],
    "03-cart.updated-block-cart-grew": [f"cart {GREW} of {ANN}, ticked, restored by its link"],
    "04-order.created-block-cod-processing": [f"placed order:30 by {ANN}, was {GREW}"],
    "05-order.updated-block-offsite-pending": [
        f"payment order:31 of {ANN}, ticked, was checkout:2528f008a92c156c5f96aad9ff8aad95"
    ],
    "06-cart.removed-block-unticked": ["unticked checkout:dd35db235d3d058a36772d56a81c0058"],
    "07-cart.removed-block-emptied": ["removed checkout:7dd95f0e56a8238d6a4e91f47396148c"],
    "08-cart.updated-classic": [f"cart {CLASSIC} of {ANN}, ticked, restored by its link"],
    "09-order.created-classic-offsite-pending": [f"payment order:32 of {ANN}, ticked, was {CLASSIC}"],
    "10-cart.removed-classic-unticked": ["unticked checkout:6a841e4d3496273dd16023e2a5500280"],
    "11-cart.updated-block-variation-item-data-unicode": [
        f"cart {RINGS} of {ANAIS}, ticked, restored by its link"
    ],
    "12-order.created-recovered-by-link": [f"placed order:34 by {ANAIS}, was {RINGS}, led there by rec_8f2a"],
    "13-shopper.erased": ["erased ('order:685',)"],
    "14-order.updated-privacy-erased": ["erased ('order:685',)"],
    "15-store.disconnected": ["Uninstalled"],
}
"""Of a store with the companion plugin: what the plugin sent, and orders that it marked."""


def said(event: Event) -> str:
    match event:
        case CartChanged(cart=cart, scope="removed", unticked=unticked):
            return f"{'unticked' if unticked else 'removed'} {cart.key}"
        case CartChanged(cart=cart):
            ticked = any(
                claim.state == "subscribed" and claim.phone == cart.contact.phone for claim in cart.consent
            )
            extras = [", ticked"] * ticked + [f", was {name}" for name in cart.aliases]
            extras += [", restored by its link"] * cart.restores
            return f"{cart.stage} {cart.key} of {cart.contact.phone}{''.join(extras)}"
        case OrderPlaced(order=order):
            was = f", was {order.checkout_key}" if order.checkout_key != order.key else ""
            led = f", led there by {order.recovery_ref}" if order.recovery_ref else ""
            return f"{order.status} {order.key} by {order.contact.phone}{was}{led}"
        case OrderChanged(order=order, change=change):
            return f"{change} {order.key}"
        case ShopperErased():
            return f"erased {event.customer_id or event.order_keys}"
        case StockChanged(product_id=product):
            return f"stock {product}"
        case ConsentChanged():
            return "consent"
    return type(event).__name__


def read(folder: str, name: str) -> list[str]:
    readings = readings_of("woocommerce", PAYLOADS / folder / f"{name}.json")
    return [said(event) for reading in readings for event in reading.events]


def names(folder: str) -> list[str]:
    return sorted(file.stem for file in (PAYLOADS / folder).glob("*.json"))


@pytest.mark.parametrize("name", names("woocommerce"))
def test_a_recording_of_woocommerce_says_what_happened(name) -> None:
    assert name in CORE or name.partition("-")[2] in SILENT, "a recording without its line in the tables"
    assert read("woocommerce", name) == CORE.get(name, [])


@pytest.mark.parametrize("name", names("woocommerce_plugin"))
def test_a_recording_of_a_store_with_the_plugin_says_what_happened(name) -> None:
    assert read("woocommerce_plugin", name) == PLUGIN.get(name), "a recording without its line in the table"


def test_every_line_has_its_recording() -> None:
    assert set(CORE) <= set(names("woocommerce"))
    assert set(PLUGIN) <= set(names("woocommerce_plugin"))
    assert len(names("woocommerce")) == len({*CORE}) + len(SILENT)


def test_a_bare_body_of_the_plugins_is_read_by_its_topic(tmp_path) -> None:
    file = tmp_path / "x.json"
    for topic in PLUGIN_TOPICS:
        file.write_text(
            '{"protocol": 1, "store": "https://s.example", "at": "2026-11-24T17:00:00Z", "emails": ["a@b.c"]}'
        )
        if topic in ("shopper.erased", "store.disconnected"):
            assert readings_of("woocommerce", file, topic)[0].events
