"""The part of the sandbox's own API that opens shops and makes things happen in them. JSON in and out."""

from typing import Any

from flask import Blueprint, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from sandbox import shops
from sandbox.shopify import errands
from sandbox.shopify.discounts import discount_facts
from sandbox.shopify.store import ShopifyStore
from sandbox.storefront import LEFT_OUT, CartRequest, NotPossible, SandboxError, UnknownThing, WantedItem
from sandbox.woocommerce import accounts
from sandbox.woocommerce import errands as woo_errands
from sandbox.woocommerce.store import WooStore
from sandbox.world import World

bp = Blueprint("control_shops", __name__)


class BadRequest(SandboxError):
    """The request can't be followed; the text says what to change."""


@bp.errorhandler(SandboxError)
def refuse(trouble: SandboxError) -> ResponseReturnValue:
    status = 404 if isinstance(trouble, UnknownThing) else 409 if isinstance(trouble, NotPossible) else 422
    return jsonify({"error": str(trouble)}), status


@bp.post("/sandbox/shops")
def open_shop() -> ResponseReturnValue:
    store = shops.open_shop(world(), shops.read(body(), request.host_url))
    page = f"{request.host_url}shop/{store.id}"
    return jsonify({"id": store.id, "api_base": shops.api_base(store), "shop_page": page}), 201


@bp.get("/sandbox/shops/<shop>/consent")
def consent(shop: str) -> ResponseReturnValue:
    """What the store has on record of a number's consent to texts: `?phone=` E.164, its plus may be left out."""
    store, phone = shops.find(world(), shop), "+" + request.args.get("phone", "").strip(" +")
    with store.world.lock:
        if isinstance(store, WooStore):
            return jsonify(accounts.consent_of(store, phone))
        return jsonify(errands.consent_of(store, phone))


@bp.get("/sandbox/shops/<shop>/discounts")
def discounts(shop: str) -> ResponseReturnValue:
    """What codes stand in the store (Shopify), and how often each was used."""
    store = shops.find(world(), shop)
    with store.world.lock:
        found = (
            []
            if isinstance(store, WooStore)
            else [discount_facts(d, store) for d in store.discounts.values()]
        )
    return jsonify({"discounts": found})


@bp.get("/sandbox/shops")
def list_shops() -> ResponseReturnValue:
    found = [{"id": s.id, "platform": s.platform, "name": s.name} for s in list(world().stores.values())]
    return jsonify({"shops": found})


@bp.post("/sandbox/carts")
def open_cart() -> ResponseReturnValue:
    facts = body()
    store = shops.find(world(), str(facts.get("shop")))
    cart = store.open_cart(cart_request(facts))
    answer = {"token": cart.token, "recover_url": cart.recover_url}
    if isinstance(store, WooStore) and store.kept(cart.token) is None:
        answer["order_id"] = cart.token
    return jsonify(answer), 201


@bp.post("/sandbox/carts/<shop>/<token>/change")
def change_cart(shop: str, token: str) -> ResponseReturnValue:
    facts = body()
    shops.find(world(), shop).change_cart(token, items(facts) if "items" in facts else None)
    return jsonify({"token": token})


@bp.post("/sandbox/carts/<shop>/<token>/empty")
def empty_cart(shop: str, token: str) -> ResponseReturnValue:
    shops.find(world(), shop).empty_cart(token)
    return jsonify({"token": token})


@bp.post("/sandbox/carts/<shop>/<token>/buy")
def buy(shop: str, token: str) -> ResponseReturnValue:
    facts, store = body(), shops.find(world(), shop)
    if isinstance(store, WooStore):
        gateway = str(facts.get("gateway") or "paid")
        order = woo_errands.buy(store, token, gateway, facts.get("discount_code"), facts.get("attributes"))
    else:
        order = store.buy(token, facts.get("discount_code"), facts.get("attributes"))
    bought = store.view(order if isinstance(store, WooStore) else token)
    money = {"total": f"{bought.total:.2f}", "discount": f"{bought.discount:.2f}"}
    return jsonify({"order_id": order, **money}), 201


@bp.post("/sandbox/orders/<shop>/<order>/refund")
def refund(shop: str, order: str) -> ResponseReturnValue:
    shops.find(world(), shop).refund(order)
    return jsonify({"order_id": order})


@bp.post("/sandbox/orders/<shop>/<order>/cancel")
def cancel(shop: str, order: str) -> ResponseReturnValue:
    store, by = shops.find(world(), shop), body().get("by")
    if isinstance(store, WooStore) and by:
        store.cancel(order, str(by))
    else:
        store.cancel(order)
    return jsonify({"order_id": order})


@bp.post("/sandbox/orders/<shop>/<order>/delete")
def delete(shop: str, order: str) -> ResponseReturnValue:
    """WooCommerce only: to the trash."""
    store = shops.find(world(), shop)
    if not isinstance(store, WooStore):
        raise NotPossible("only a WooCommerce order can be put in the trash here")
    store.delete(order)
    return jsonify({"order_id": order})


@bp.post("/sandbox/shops/<shop>/<errand>")
def run_errand(shop: str, errand: str) -> ResponseReturnValue:
    """What a merchant or a machine does in the shop: see docs/sandbox.md."""
    store, facts = shops.find(world(), shop), body()
    if isinstance(store, WooStore):
        if errand not in woo_errands.ERRANDS:
            raise UnknownThing(f"no errand {errand!r}; there are: {', '.join(sorted(woo_errands.ERRANDS))}")
        return jsonify(woo_errands.ERRANDS[errand](store, facts))
    return jsonify(run_shopify(store, errand, facts))


def run_shopify(store: ShopifyStore, errand: str, facts: dict[str, Any]) -> dict[str, Any]:
    if errand not in errands.ERRANDS:
        raise UnknownThing(f"no errand {errand!r}; there are: {', '.join(sorted(errands.ERRANDS))}")
    errands.ERRANDS[errand](store, facts)
    return {"sent": errand}


def cart_request(facts: dict[str, Any]) -> CartRequest:
    """The shopper's typing, as POST /sandbox/carts gives it."""
    consent = facts.get("consent", False)
    if not isinstance(consent, bool):
        raise BadRequest("consent must be true or false")
    texts = {
        name: str(facts[name])
        for name in ("phone", "email", "locale", "country", "region", "postcode", "city", "address_phone")
        if facts.get(name)
    }
    names = {name: str(facts.get(name) or "") for name in ("first_name", "last_name")}
    return CartRequest(
        items(facts),
        consent=consent,
        without=without(facts),
        placed=facts.get("placed") is True or facts.get("stage") == "payment",
        phone=texts.get("phone"),
        email=texts.get("email"),
        locale=texts.get("locale"),
        country=texts.get("country"),
        region=texts.get("region"),
        postcode=texts.get("postcode"),
        city=texts.get("city"),
        address_phone=texts.get("address_phone"),
        **names,
    )


def without(facts: dict[str, Any]) -> frozenset[str]:
    """What the store shall know nothing of."""
    wanted = facts.get("without") or []
    if not isinstance(wanted, list) or not set(map(str, wanted)) <= set(LEFT_OUT):
        raise BadRequest(f"without must be a list of: {', '.join(LEFT_OUT)}")
    return frozenset(wanted)


def items(facts: dict[str, Any]) -> tuple[WantedItem, ...]:
    wanted = facts.get("items")
    if not isinstance(wanted, list) or not all(isinstance(item, dict) and "sku" in item for item in wanted):
        raise BadRequest('items must be a list such as [{"sku": "MUG-BLUE", "quantity": 1}]')
    return tuple(WantedItem(str(item["sku"]), int(item.get("quantity", 1))) for item in wanted)


def body() -> dict[str, Any]:
    found = request.get_json(force=True, silent=True) if request.data else {}
    if not isinstance(found, dict):
        raise BadRequest("the body must be a JSON object")
    return found


def world() -> World:
    found: World = current_app.extensions["world"]
    return found
