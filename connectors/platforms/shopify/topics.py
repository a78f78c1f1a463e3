"""Which reader reads which topic. shopify.dev/docs/api/webhooks lists them all."""

from collections.abc import Callable

from connectors.delivery import Delivery
from connectors.platforms.shopify import carts, orders, people
from connectors.wire import clean
from sequences.cart import Shop
from sequences.errors import BadValue
from sequences.events import Reading

READERS: dict[str, Callable[[Delivery, Shop], Reading]] = {
    "checkouts/create": carts.read_checkout,
    "checkouts/update": carts.read_checkout,
    "checkouts/delete": carts.read_removed_checkout,
    "carts/create": carts.read_cart,
    "carts/update": carts.read_cart,
    "orders/create": orders.read_placed,
    "orders/paid": orders.reader("paid"),
    "orders/cancelled": orders.reader("cancelled"),
    "orders/updated": orders.read_updated,
    "customers_marketing_consent/update": people.read_consent,
    "customers/data_request": people.read_data_request,
    "customers/redact": people.read_redact,
    "shop/redact": people.read_shop_redact,
    "app/uninstalled": people.read_uninstalled,
    "app/scopes_update": people.read_scopes,
}
# Of a shop that we hold nothing of, they ask nothing. Shopify sends them to whoever has the app, and after it is gone;
# whoever reviews an app expects them to be taken (shopify.dev/docs/apps/build/compliance/privacy-law-compliance).
FAREWELLS = frozenset({"app/uninstalled", "customers/data_request", "customers/redact", "shop/redact"})


def read(delivery: Delivery, shop: Shop) -> Reading:
    """The events in a delivery; none and a note for a topic that tells us nothing. Raises BadDelivery."""
    topic = delivery.header("x-shopify-topic")
    if not topic:
        raise BadValue("X-Shopify-Topic", "is missing: nobody knows what this is about")
    reader = READERS.get(topic)
    if reader is None:
        return Reading(notes=(f"nothing is read from {clean(topic)[:80]}",))
    return reader(delivery, shop)
