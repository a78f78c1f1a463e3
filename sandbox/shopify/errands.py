"""What a merchant or Shopify itself does with an installed app: uninstall, scopes, consent, privacy."""

from collections.abc import Callable
from typing import Any

from sandbox.shopify import marketing, shop_payload
from sandbox.shopify.access import DATA
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


def automation(store: ShopifyStore, facts: Facts) -> None:
    """The merchant switches on (or pauses, by `status`) what another app sends: `app`, `title`, `medium`, `tactic`."""
    with store.world.lock:
        marketing.switch(store, facts)


def plan(store: ShopifyStore, facts: Facts) -> None:
    """What the merchant pays for: `active`, `meters` (handles; null takes any)."""
    with store.world.lock:
        store.plan.active = bool(facts.get("active", store.plan.active))
        if "meters" in facts:
            meters = facts["meters"]
            store.plan.meters = None if meters is None else tuple(str(meter) for meter in meters)


def bucket(store: ShopifyStore, facts: Facts) -> None:
    """What pays for queries: `size`, `restore` (points a second), `available`."""
    with store.world.lock:
        for name in ("size", "restore", "available"):
            if name in facts:
                setattr(store.bucket, name, float(facts[name]))
        store.bucket.at = store.now()
        store.bucket.available = min(store.bucket.available, store.bucket.size)


def protected_data(store: ShopifyStore, facts: Facts) -> None:
    """What of the customers' data the app is `approved` for: customer, name, address, phone, email."""
    approved = tuple(str(data) for data in facts.get("approved", DATA))
    if unknown := set(approved) - set(DATA):
        raise UnknownThing(f"no protected data is called {unknown}; there are: {', '.join(DATA)}")
    with store.world.lock:
        store.protected_data = approved


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
    "automation": automation,
    "plan": plan,
    "bucket": bucket,
    "protected-data": protected_data,
    "consent": consent,
    "data-request": data_request,
    "redact": redact,
    "shop-redact": shop_redact,
}
