"""A delivery by its topic. Topics that say nothing of a cart are read as a note, never as an error."""

from typing import Any

from connectors.delivery import Delivery
from connectors.platforms.woocommerce import orders, plugin_door, shoppers, snapshots
from connectors.platforms.woocommerce.schema import CUSTOMER, ONLY_ID, ORDER, PRODUCT
from connectors.wire import clean, load_json
from sequences.cart import Shop
from sequences.errors import BadDelivery
from sequences.events import Reading, ShopperErased, StockChanged

IN_STOCK = ("instock", "onbackorder")


def read(delivery: Delivery, shop: Shop) -> Reading:
    """The events in a webhook. Raises BadDelivery. The topic is a header that the signature doesn't cover:
    it chooses the schema, and what it is used for is checked against that. What the plugin sends is signed whole."""
    if plugin_door.is_ours(delivery):
        return snapshots.read(delivery, shop)
    topic = delivery.header("x-wc-webhook-topic")
    if topic in ("order.created", "order.updated", "order.restored"):
        values = ORDER.read(load_json(delivery.body))
        return orders.read_order(values, shop, created=topic == "order.created")
    if topic == "order.deleted":
        return orders.deleted(_id(delivery), shop)
    if topic in ("customer.created", "customer.updated"):
        return _customer(CUSTOMER.read(load_json(delivery.body)), topic)
    if topic == "customer.deleted":
        return Reading(events=(ShopperErased(customer_id=_id(delivery)),))
    if topic == "product.updated":
        return _product(PRODUCT.read(load_json(delivery.body)))
    name = clean(topic)[:100] or "a delivery without a topic"
    return Reading(notes=(f"{name} says nothing of a cart",))


def read_rest(body: bytes | list[Any] | dict[str, Any], shop: Shop) -> Reading:
    """The events in an answer of `GET orders` or `GET orders/<id>`, raw or parsed, as its webhooks would
    have told them. An order of a list that can't be read becomes a note; any other fault is BadDelivery."""
    data = load_json(body, object) if isinstance(body, bytes) else body
    if not isinstance(data, list):
        return orders.read_order(ORDER.read(data), shop)
    readings = [_one(entry, f"[{n}]", shop) for n, entry in enumerate(data)]
    return Reading(
        events=tuple(event for reading in readings for event in reading.events),
        notes=tuple(note for reading in readings for note in reading.notes),
    )


def _one(entry: object, where: str, shop: Shop) -> Reading:
    try:
        return orders.read_order(ORDER.read(entry), shop)
    except BadDelivery as e:
        return Reading(notes=(f"{where} can't be read: {e}",))


def _id(delivery: Delivery) -> str:
    found: str = ONLY_ID.read(load_json(delivery.body))["id"]
    return found


def _customer(values: dict[str, Any], topic: str) -> Reading:
    if topic == "customer.updated" and shoppers.is_emptied(values):
        erased = ShopperErased(at=values["date_modified_gmt"], customer_id=values["id"])
        return Reading(events=(erased,))
    return Reading(notes=(f"{topic} says nothing of a cart",))


def _product(values: dict[str, Any]) -> Reading:
    """A variation comes as a product of its own, under its own id."""
    stock = StockChanged(
        product_id=values["id"],
        in_stock=values["stock_status"] in IN_STOCK and values["status"] in ("", "publish"),
        at=values["date_modified_gmt"],
        quantity=values["stock_quantity"],
    )
    return Reading(events=(stock,))
