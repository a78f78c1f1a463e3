"""Steps of the last look's tests, at the sandbox's store."""

import json

from woo_server import KEYS

from connectors.platforms.woocommerce import connector


def look(sandbox, *carts, **credentials):
    return connector.last_look(sandbox.shop, KEYS | credentials, carts)


def as_json(value):
    return json.dumps(value).encode()


def states(sandbox, *carts):
    return [look.state for look in look(sandbox, *carts).values()]


def token(cart):
    return cart.key.removeprefix("order:")


def order_at_store(sandbox, cart):
    return sandbox.store.orders[int(token(cart))]
