"""The pretend Shopify's Admin API over HTTP."""

from flask import Blueprint, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from sandbox.hang_up import HangUp
from sandbox.shopify import admin
from sandbox.shopify.store import ShopifyStore
from sandbox.world import World

bp = Blueprint("shopify", __name__)


def store_of(domain: str) -> ShopifyStore | None:
    world: World = current_app.extensions["world"]
    for store in list(world.stores.values()):
        if isinstance(store, ShopifyStore) and store.shop.domain == domain:
            return store
    return None


@bp.post("/shopify/<domain>/admin/api/<version>/graphql.json")
def graphql(domain: str, version: str) -> ResponseReturnValue:
    store = store_of(domain)
    if store is None:
        return jsonify({"errors": "Not Found"}), 404
    token = request.headers.get("X-Shopify-Access-Token")
    answer = admin.call(store, version, token, request.get_json(force=True, silent=True))
    lost = store.world.faults.store_hangup
    if lost and store.world.roll(lost):
        return HangUp()
    return jsonify(answer.body), answer.status, answer.headers
