"""What the companion plugin sends, word for word as docs/woocommerce-plugin.md has it ("Snapshots")."""

import re
from typing import Any

from marshmallow import ValidationError, fields, validate

from connectors.platforms.woocommerce.schema import Id, Pieces
from connectors.wire import Amount, Count, Currency, Part, Prose, StoreTime, Text, Wire

CART_ID = re.compile("[0-9a-f]{32}")


def cart_key(cart_id: str) -> str:
    """The name by which we know the cart of this id."""
    return f"checkout:{cart_id}"


class CartId(Text):
    """32 hex digits."""

    def take(self, value: Any) -> str:
        text = super().take(value)
        if not CART_ID.fullmatch(text):
            raise ValidationError("should be 32 hex digits")
        return text


class PluginWire(Wire):
    protocol = Count(required=True)
    plugin = Prose(longest=40)
    store = Text(required=True, longest=500)


class SnapshotLineWire(Wire):
    product_id = Id(required=True)
    variation_id = Id()
    quantity = Pieces(required=True)
    name = Prose()
    variant = Prose()
    sku = Prose()
    price = Amount(required=True)


class SnapshotWire(Wire):
    id = CartId(required=True)
    revision = Count(required=True, least=1, most=1_000_000_000)
    created_at = StoreTime(required=True)
    updated_at = StoreTime(required=True)
    currency = Currency(required=True)
    total = Amount(required=True)
    coupons = fields.List(Prose(), load_default=list)
    locale = Prose(longest=40)
    lines = Part(SnapshotLineWire(), many=True, required=True)
    restore_url = Text(longest=2000)


class ShopperWire(Wire):
    phone = Prose()
    email = Prose()
    first_name = Prose()
    last_name = Prose()
    customer_id = Id()
    country = Prose()
    state = Prose()
    city = Prose()
    postcode = Prose()


class TickWire(Wire):
    """The tick, and what the shopper read: also what an order keeps of it."""

    at = StoreTime(required=True)
    version = Text(longest=40)
    locale = Text(longest=40)
    text = Text(required=True, longest=4000)
    form = Text(longest=40)
    page = Text(longest=2000)
    ip = Text(longest=64)
    user_agent = Prose(longest=500)


class UpdatedWire(PluginWire):
    cart = Part(SnapshotWire(), required=True)
    shopper = Part(ShopperWire(), required=True)
    consent = Part(TickWire(), required=True)


class RemovedCartWire(Wire):
    id = CartId(required=True)
    revision = Count(required=True, least=1, most=1_000_000_000)
    updated_at = StoreTime(required=True)


class RemovedWire(PluginWire):
    cart = Part(RemovedCartWire(), required=True)
    reason = Text(required=True, validate=validate.OneOf(("emptied", "unticked")))


class ErasedWire(PluginWire):
    at = StoreTime(required=True)
    phones = fields.List(Prose(), load_default=list)
    emails = fields.List(Prose(), load_default=list)
    cart_ids = fields.List(CartId(), load_default=list)
    order_ids = fields.List(Id(), load_default=list)


class DisconnectedWire(PluginWire):
    at = StoreTime(required=True)


UPDATED, REMOVED, ERASED, DISCONNECTED = UpdatedWire(), RemovedWire(), ErasedWire(), DisconnectedWire()
TICK = TickWire()
