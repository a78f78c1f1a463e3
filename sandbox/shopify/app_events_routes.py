"""api.shopify.com as the sandbox plays it: a token for the app itself, and its App Events."""

from flask import Blueprint, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from sandbox import shops
from sandbox.hang_up import HangUp
from sandbox.shopify.app_events import Meter, Refused, shown
from sandbox.storefront import SandboxError
from sandbox.world import World

bp = Blueprint("shopify_app_events", __name__)


@bp.errorhandler(SandboxError)
def refuse(trouble: SandboxError) -> ResponseReturnValue:
    return jsonify({"error": str(trouble)}), 404


@bp.post("/shopify-api/auth/access_token")
def access_token() -> ResponseReturnValue:
    """client_credentials, form or JSON."""
    asked = request.get_json(silent=True) if request.is_json else request.form.to_dict()
    if not isinstance(asked, dict) or asked.get("grant_type") != "client_credentials":
        return jsonify({"error": "unsupported_grant_type"}), 400
    with world().lock:
        answer = meter().token(asked)
    return (jsonify(answer), 200) if answer else (jsonify({"error": "invalid_client"}), 401)


@bp.post("/shopify-api/app/<version>/events")
def take(version: str) -> ResponseReturnValue:
    """202 for all of the right form; a key of the last 24 hours gets the same answer and a header that says so."""
    faults = world().faults
    if world().roll(faults.usage_429):
        return jsonify({"error": "Too Many Requests"}), 429, {"Retry-After": "1"}
    if world().roll(faults.usage_error):
        return jsonify({"error": "Service Unavailable"}), 503
    if not request.headers.get("User-Agent"):
        return jsonify({"error": "You do not have permission to access this website"}), 403
    with world().lock:
        client = meter().app(request.headers.get("Authorization", ""))
        if client is None:
            return jsonify({"error": "Unauthorized"}), 401
        body = request.get_json(force=True, silent=True)
        try:
            new = meter().take(client, body if isinstance(body, dict) else {})
        except Refused as refused:
            return jsonify(refused.body), refused.status
    if world().roll(faults.usage_hangup):
        return HangUp()
    return jsonify({"success": True}), 202, {} if new else {"Idempotent-Replay": "true"}


@bp.get("/sandbox/shops/<shop>/usage")
def usage(shop: str) -> ResponseReturnValue:
    """What only Shopify's Dev Dashboard would show."""
    store = shops.find(world(), shop)
    with world().lock:
        theirs = [shown(event) for event in meter().events if event.shop == store.id]
        return jsonify({"events": theirs, "billed": meter().billed(store.id)})


def meter() -> Meter:
    """Made at the first use; the lock is held."""
    known: Meter | None = current_app.extensions.get("app_events")
    if known is None:
        known = current_app.extensions["app_events"] = Meter(world())
    return known


def world() -> World:
    found: World = current_app.extensions["world"]
    return found
