"""Coupons found by a search, changed, and made, changed or deleted by the hundred (seen on WooCommerce 11.0.1)."""

from collections.abc import Callable
from typing import Any

from sandbox.pricing import Code
from sandbox.woocommerce import coupons
from sandbox.woocommerce.errors import RestError, unknown_id
from sandbox.woocommerce.store import WooStore

Json = dict[str, Any]
MOST = 100
TOO_MANY = f"Unable to accept more than {MOST} items for this request."


def find(store: WooStore, query: dict[str, str]) -> list[Code]:
    """Newest first unless told otherwise; `search` looks through codes and descriptions."""
    code, words = query.get("code", "").lower(), query.get("search", "").lower()
    ids = {part.strip() for part in query.get("include", "").split(",")} - {""}
    found = [
        coupon
        for coupon in store.codes.values()
        if code in ("", coupon.code)
        and words in f"{coupon.code}\n{coupon.title}".lower()
        and (not ids or str(coupon.id) in ids)
    ]
    return sorted(found, key=lambda coupon: coupon.id, reverse=query.get("order", "desc") == "desc")


def change(store: WooStore, number: int, wanted: Json) -> Json:
    """What is named is changed. A code that another coupon has is refused."""
    coupon = _known(store, number, 400)
    given = {name: value for name, value in wanted.items() if name != "id"}
    kept = {"description": coupon.title, "code": coupon.code, "amount": coupons.amount(coupon), **coupon.more}
    if "date_expires" not in given:
        kept["date_expires"] = None
    made = coupons.read(store, {**kept, **given}, coupon)
    made.ends_at = made.ends_at if "date_expires" in given else coupon.ends_at
    if made.code != coupon.code:
        del store.codes[coupon.code]
    store.codes[made.code] = made
    body = coupons.coupon_json(made, store)
    store.outbox.fire("coupon.updated", made.id, lambda: coupons.coupon_json(made, store))
    return body


def delete(store: WooStore, number: int) -> Json:
    coupon = _known(store, number, 404)
    body = coupons.coupon_json(coupon, store)
    del store.codes[coupon.code]
    store.outbox.fire("coupon.deleted", coupon.id, lambda: {"id": coupon.id})
    return body


def _known(store: WooStore, number: int, status: int) -> Code:
    for coupon in store.codes.values():
        if coupon.id == number:
            return coupon
    raise unknown_id("shop_coupon", status)


def create(store: WooStore, wanted: Json) -> Json:
    coupon = coupons.create(store, wanted)
    store.outbox.fire("coupon.created", coupon.id, lambda: coupons.coupon_json(coupon, store))
    return coupons.coupon_json(coupon, store)


def batch(store: WooStore, wanted: Json) -> Json:
    """Each by itself: what can't be done doesn't keep the others from it. Lists come back in their order."""
    lists = {act: wanted[act] for act in ("create", "update", "delete") if wanted.get(act)}
    if sum(map(len, lists.values())) > MOST:
        raise RestError(413, "woocommerce_rest_request_entity_too_large", TOO_MANY)
    acts: dict[str, Callable[[Any], Json]] = {
        "create": lambda it: create(store, it),
        "update": lambda it: change(store, int(it.get("id") or 0), it),
        "delete": lambda it: delete(store, int(it)),
    }
    return {act: [_one(acts[act], it) for it in things] for act, things in lists.items()}


def _one(act: Callable[[Any], Json], thing: Any) -> Json:
    try:
        return act(thing)
    except RestError as e:
        number = thing.get("id", 0) if isinstance(thing, dict) else thing
        return {"id": number, "error": e.body()}


# -- the methods of shipping without which a free one does nothing


def shipping_methods(store: WooStore) -> list[Json]:
    """Of the only zone there is."""
    requires = {"id": "requires", "type": "select", "value": store.free_shipping_requires}
    return [
        {"id": 1, "instance_id": 1, "method_id": "flat_rate", "enabled": True, "settings": {}},
        {
            "id": 2,
            "instance_id": 2,
            "method_id": "free_shipping",
            "enabled": True,
            "settings": {"requires": requires},
        },
    ]
