"""How an app gets its tokens, over HTTP; and the shop's admin, which opens the app."""

import base64
import hashlib
import hmac
from urllib.parse import urlencode

from flask import Blueprint, current_app, jsonify, redirect, request
from flask.typing import ResponseReturnValue

from sandbox import shops
from sandbox.courier import is_loopback
from sandbox.hang_up import HangUp
from sandbox.shopify import session_tokens
from sandbox.shopify.oauth import Refused
from sandbox.shopify.routes import store_of
from sandbox.shopify.store import ShopifyStore
from sandbox.storefront import SandboxError, UnknownThing
from sandbox.world import World

bp = Blueprint("shopify_oauth", __name__)


@bp.errorhandler(SandboxError)
def refuse(trouble: SandboxError) -> ResponseReturnValue:
    return jsonify({"error": str(trouble)}), 404 if isinstance(trouble, UnknownThing) else 422


@bp.post("/shopify/<domain>/admin/oauth/access_token")
def access_token(domain: str) -> ResponseReturnValue:
    """Token exchange, refresh, migration, and the code of an authorization. Form or JSON."""
    store, faults = store_of(domain), world().faults
    if store is None:
        return jsonify({"errors": "Not Found"}), 404
    if world().roll(faults.store_error):
        return jsonify({"errors": "Service Unavailable"}), 503
    asked = request.get_json(silent=True) if request.is_json else request.form.to_dict()
    try:
        with store.world.lock:
            answer = store.desk.answer(asked if isinstance(asked, dict) else {})
        world().ledger.write("token", shop=store.id, refresh=store.desk.made)
    except Refused as refused:
        return jsonify({"error": refused.error}), refused.status
    if world().roll(faults.token_hangup):
        return HangUp()
    return jsonify(answer)


@bp.get("/shopify/<domain>/admin/oauth/authorize")
def authorize(domain: str) -> ResponseReturnValue:
    """The merchant agrees at once; scopes are what was asked for."""
    store, back = store_of(domain), request.args.get("redirect_uri", "")
    if store is None:
        return jsonify({"errors": "Not Found"}), 404
    if not is_loopback(back) or request.args.get("client_id") != store.desk.client_id:
        return jsonify({"error": "invalid_request"}), 400
    with store.world.lock:
        store.desk.install()
        store.desk.scopes = tuple(filter(None, request.args.get("scope", "").split(",")))
        code = store.desk.code()
    told = {"code": code, "state": request.args.get("state", ""), **about(store)}
    return redirect(f"{back}?{signed(store, told)}")


@bp.post("/sandbox/shops/<shop>/session-token")
def session_token(shop: str) -> ResponseReturnValue:
    """The merchant opens the app, which installs it where it isn't: a session token (`kind`, `late` seconds, `user`)
    and the query with which the app's page is asked for."""
    store = shops.find(world(), shop)
    if not isinstance(store, ShopifyStore):
        raise UnknownThing("only a Shopify shop makes session tokens")
    facts = request.get_json(force=True, silent=True) or {}
    with store.world.lock:
        store.desk.install()
        desk = store.desk
        token = session_tokens.mint(
            str(facts.get("kind", "good")),
            desk.client_id,
            desk.client_secret,
            store.shop.domain,
            store.now(),
            late=float(facts.get("late", 11)),
            user=str(facts.get("user", "42")),
        )
        query = signed(store, {**about(store), "embedded": "1", "locale": "en", "id_token": token})
    return jsonify({"token": token, "query": query})


def about(store: ShopifyStore) -> dict[str, str]:
    """What Shopify always says of the shop. `host` is base64 without its padding."""
    name = store.shop.domain.removesuffix(".myshopify.com")
    host = base64.b64encode(f"admin.shopify.com/store/{name}".encode()).decode().rstrip("=")
    return {"shop": store.shop.domain, "host": host, "timestamp": str(int(store.now().timestamp()))}


def signed(store: ShopifyStore, told: dict[str, str]) -> str:
    """The query, with `hmac` over all else, sorted, as it is."""
    said = "&".join(f"{name}={value}" for name, value in sorted(told.items()))
    mark = hmac.new(store.desk.client_secret.encode(), said.encode(), hashlib.sha256).hexdigest()
    return urlencode({**told, "hmac": mark})


def world() -> World:
    found: World = current_app.extensions["world"]
    return found
