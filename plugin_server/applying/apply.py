"""From an event to what it does."""

from collections.abc import Callable
from typing import Any

from plugin_server.applying import carrier, carts, lapsing, orders, people, replies
from plugin_server.applying.effect import Effect, Here
from sequences import events as e
from sequences.events import Event, Reading

HANDLERS: dict[type, Callable[[Here, Any], Effect]] = {
    e.CartChanged: carts.changed,
    e.OrderPlaced: orders.placed,
    e.OrderChanged: orders.changed,
    e.OrderLapsed: lapsing.lapsed,
    e.ConsentChanged: people.consent,
    e.ShopperErased: people.erased,
    e.DataRequested: people.data_requested,
    e.ShopRemoved: people.removed,
    e.Uninstalled: people.uninstalled,
    e.ScopesChanged: people.scopes,
    e.StockChanged: people.stock,
    e.DeliveryReported: carrier.reported,
    e.TextReceived: replies.received,
}
# The row of a delivery with several events says the weightiest thing that came of it.
WEIGHT = ("ignored", "stale", "applied", "parked")


def apply(here: Here, event: Event) -> Effect:
    return HANDLERS[type(event)](here, event)


def apply_all(here: Here, reading: Reading) -> Effect:
    """Apply everything in one delivery; none: it is ignored, with the connector's note."""
    effects = [apply(here, event) for event in reading.events]
    if not effects:
        return Effect("ignored", "; ".join(reading.notes))
    heaviest = max(effects, key=lambda effect: WEIGHT.index(effect.state))
    notes = [effect.note for effect in effects if effect.note] + list(reading.notes)
    return Effect(
        heaviest.state,
        "; ".join(notes),
        next((effect.cart_id for effect in effects if effect.cart_id is not None), None),
        next((effect.order_key for effect in effects if effect.order_key is not None), None),
        any(effect.forget for effect in effects),
        next((effect.phone for effect in effects if effect.phone is not None), None),
    )
