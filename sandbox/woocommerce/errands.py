"""What a merchant, a machine or a shopper does in a pretend WooCommerce store, as the control API has it done."""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.storefront import NotPossible
from sandbox.woocommerce import companion_carts, unpaid
from sandbox.woocommerce.companion import Companion
from sandbox.woocommerce.state import OUTCOMES
from sandbox.woocommerce.store import WooStore

Json = dict[str, Any]


def erase(store: WooStore, facts: Json) -> Json:
    return {"erased_orders": store.erase(str(facts.get("phone")))}


def untick(store: WooStore, facts: Json) -> Json:
    store.untick(str(facts.get("cart")))
    return {"sent": "untick"}


def disconnect(store: WooStore, _facts: Json) -> Json:
    """The merchant takes the plugin's connection away."""
    with store.world.lock:
        plugin = with_plugin(store)
        plugin.post("store.disconnected", {"at": companion_carts.stamp(store.now())})
        plugin.forget()
    return {"sent": "disconnect"}


def move(store: WooStore, _facts: Json) -> Json:
    """The store is copied, and this is the copy: the plugin finds another address than it was connected under."""
    with store.world.lock:
        with_plugin(store).moved = True
    return {"sent": "move"}


def plugin_in(store: WooStore, facts: Json) -> Json:
    """The merchant installs the plugin, or (`installed`: false) throws it away."""
    with store.world.lock:
        installed = facts.get("installed", True) is True
        store.plugin = Companion(store.world, store.courier, store.shop) if installed else None
    return {"installed": installed}


def disable_webhooks(store: WooStore, _facts: Json) -> Json:
    """As after the seventh failure in a row."""
    with store.world.lock:
        for hook in store.outbox.webhooks.values():
            hook.status, hook.failures = "disabled", 6
        return {"disabled": len(store.outbox.webhooks)}


def revoke(store: WooStore, _facts: Json) -> Json:
    """The merchant revokes every API key."""
    with store.world.lock:
        store.keys.clear()
    return {"sent": "revoke"}


def cancel_unpaid(store: WooStore, _facts: Json) -> Json:
    """The store's own job cancels what wasn't paid in time."""
    return {"cancelled_orders": unpaid.cancel_late(store)}


def with_plugin(store: WooStore) -> Companion:
    if store.plugin is None:
        raise NotPossible(f"shop {store.id!r} has no plugin")
    return store.plugin


ERRANDS: dict[str, Callable[[WooStore, Json], Json]] = {
    "erase": erase,
    "untick": untick,
    "disconnect": disconnect,
    "move": move,
    "plugin": plugin_in,
    "disable-webhooks": disable_webhooks,
    "revoke": revoke,
    "cancel-unpaid": cancel_unpaid,
}


def buy(store: WooStore, token: str, how: str, code: str | None, attributes: Mapping[str, str] | None) -> str:
    """`how`: the `gateway` of the control API; without, the shopper pays at the gateway and comes back."""
    if how not in OUTCOMES:
        raise NotPossible(f"no gateway is called {how!r}; there are: {', '.join(OUTCOMES)}")
    return store.buy(token, code, attributes, how)
