"""What a merchant or Shopify itself does with an installed app: uninstall, scopes, consent, privacy."""

from collections.abc import Callable
from typing import Any

from sandbox.shopify import shop_payload
from sandbox.shopify.state import Customer
from sandbox.shopify.store import ShopifyStore
from sandbox.storefront import UnknownThing

Facts = dict[str, Any]


def uninstall(store: ShopifyStore, facts: Facts) -> None:
    """app/uninstalled; from now on the token is refused."""
    with store.world.lock:
        send(store, "app/uninstalled", shop_payload.shop_body(store.shop))
        store.desk.revoke()


def scopes(store: ShopifyStore, facts: Facts) -> None:
    """app/scopes_update with `previous` and `current`."""
    previous, current = facts.get("previous") or ["read_orders"], facts.get("current") or ["read_orders"]
    with store.world.lock:
        store.desk.scopes = tuple(str(scope) for scope in current)
    send(store, "app/scopes_update", shop_payload.scopes_body(store.shop, previous, current, store.now()))


def settings(store: ShopifyStore, facts: Facts) -> None:
    """The merchant changes the shop's settings: any field of the Admin API's Shop."""
    with store.world.lock:
        store.settings |= facts


def consent(store: ShopifyStore, facts: Facts) -> None:
    """The customer's SMS consent changes: `state` SUBSCRIBED, UNSUBSCRIBED, ..."""
    person = customer(store, facts)
    store.set_consent(person, str(facts.get("state") or "UNSUBSCRIBED").upper(), facts.get("level"))


def consent_of(store: ShopifyStore, phone: str) -> Facts:
    """What the store has on record of that number's customer."""
    person = customer(store, {"phone": phone})
    return {
        "customer_id": str(person.id),
        "state": person.sms_state,
        "level": person.sms_level,
        "updated_at": person.sms_updated_at.isoformat() if person.sms_updated_at else None,
        "collected_from": person.sms_from,
    }


def data_request(store: ShopifyStore, facts: Facts) -> None:
    person = customer(store, facts)
    body = shop_payload.data_request_body(store.shop, person, orders_of(store, person), store.new_id())
    send(store, "customers/data_request", body)


def redact(store: ShopifyStore, facts: Facts) -> None:
    person = customer(store, facts)
    send(
        store,
        "customers/redact",
        shop_payload.customer_redact_body(store.shop, person, orders_of(store, person)),
    )


def shop_redact(store: ShopifyStore, facts: Facts) -> None:
    send(store, "shop/redact", shop_payload.shop_redact_body(store.shop))


def send(store: ShopifyStore, topic: str, body: Facts) -> None:
    with store.world.lock:
        store.outbox.send(topic, body, topic, store.new_event())


def customer(store: ShopifyStore, facts: Facts) -> Customer:
    """The customer with that phone or e-mail."""
    for person in store.customers.values():
        if facts.get("phone") == person.phone or (facts.get("email") and facts["email"] == person.email):
            return person
    raise UnknownThing(f"shop {store.id!r} has no customer with that phone or email")


def orders_of(store: ShopifyStore, person: Customer) -> list[int]:
    return [order.id for order in store.orders.values() if order.checkout.customer is person]


ERRANDS: dict[str, Callable[[ShopifyStore, Facts], None]] = {
    "uninstall": uninstall,
    "scopes": scopes,
    "settings": settings,
    "consent": consent,
    "data-request": data_request,
    "redact": redact,
    "shop-redact": shop_redact,
}
