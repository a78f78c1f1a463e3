"""The pretend WooCommerce's REST API v3 over HTTP."""

import time
from typing import Any

from flask import Blueprint, Response, current_app, request
from flask.typing import ResponseReturnValue

from sandbox.hang_up import HangUp
from sandbox.woocommerce import notes, options
from sandbox.woocommerce.auth import Call, check
from sandbox.woocommerce.errors import RestError
from sandbox.woocommerce.listing import Listed
from sandbox.woocommerce.php import json_encode, only
from sandbox.woocommerce.rest import LISTS, SINGLES, Ask, Made
from sandbox.woocommerce.store import WooStore
from sandbox.world import World

bp = Blueprint("woocommerce", __name__)

MAINTENANCE = "<!doctype html><title>Maintenance</title><p>Briefly unavailable for scheduled maintenance."
FIREWALL = "<!doctype html><title>403 Forbidden</title><p>Request blocked."
METHODS = ["GET", "POST", "PUT", "DELETE"]


@bp.errorhandler(RestError)
def refuse(trouble: RestError) -> ResponseReturnValue:
    return answer(trouble.body(), trouble.status)


def in_the_way(store: WooStore) -> Response | None:
    """What answers instead of the REST API: maintenance, a firewall, the site's other address."""
    faults = store.world.faults
    time.sleep(faults.store_slow_seconds)
    if store.world.roll(faults.store_error):
        return Response(MAINTENANCE, 503, {"Retry-After": "600"}, mimetype="text/html")
    if store.world.roll(faults.store_firewall):
        return Response(FIREWALL, 403, mimetype="text/html")
    if faults.store_redirect:
        there = request.url.replace("127.0.0.1", "localhost", 1)
        return Response("", 301, {"Location": there, "X-Redirect-By": "WordPress"}, mimetype="text/html")
    return None


def no_route() -> RestError:
    return RestError(404, "rest_no_route", "No route was found matching the URL and request method.")


def store_of(shop: str) -> WooStore:
    world: World = current_app.extensions["world"]
    store = world.stores.get(shop)
    if not isinstance(store, WooStore):
        raise no_route()
    return store


@bp.route(
    "/woo/<shop>/wp-json/wc/v3/coupons/batch",
    methods=["POST"],
    defaults={"resource": "coupons/batch", "number": 0},
)
@bp.route(
    "/woo/<shop>/wp-json/wc/v3/shipping/zones",
    methods=METHODS,
    defaults={"resource": "shipping/zones", "number": 0},
)
@bp.route(
    "/woo/<shop>/wp-json/wc/v3/shipping/zones/<int:number>/methods",
    methods=METHODS,
    defaults={"resource": "shipping/methods"},
)
@bp.route("/woo/<shop>/wp-json/wc/v3/<resource>", methods=METHODS, defaults={"number": 0})
@bp.route("/woo/<shop>/wp-json/wc/v3/<resource>/<int:number>", methods=METHODS)
def rest(shop: str, resource: str, number: int) -> ResponseReturnValue:
    store = store_of(shop)
    if (trouble := in_the_way(store)) is not None:
        return trouble
    single = number > 0
    play = (SINGLES if single else LISTS).get((request.method, resource))
    if play is None:
        raise no_route()
    check(store, Call(request.method, request.url, dict(request.headers), single))
    body = request.get_json(force=True, silent=True)
    ask = Ask(store, number, request.args.to_dict(), body if isinstance(body, dict) else {})
    with store.world.lock:
        result = play(ask)
    if isinstance(result, Made):
        if result.after is not None:
            result.after()  # core pings a webhook within the request that makes or changes it
        location = {"Location": f"{request.base_url}/{result.body['id']}"} if result.status == 201 else {}
        return answer(result.body, result.status, location)
    if isinstance(result, Listed):
        return answer(result.items, 200, paging(result))
    return answer(result, 200)


@bp.get("/woo/<shop>/wp-json/")
def index(shop: str) -> ResponseReturnValue:
    """What a WordPress says of itself to everybody."""
    store = store_of(shop)
    if (trouble := in_the_way(store)) is not None:
        return trouble
    plugins = ["wc-comeback/v1"] if store.plugin else []
    about = {
        "name": store.name,
        "description": "",
        "url": store.shop.home_url,
        "home": store.shop.home_url,
        "gmt_offset": "0",
        "timezone_string": store.shop.zone,
        "namespaces": ["oembed/1.0", "wc/store/v1", "wc/v3", *plugins, "wp/v2"],
        "authentication": [],
    }
    return answer(about, 200)


@bp.route("/woo/<shop>/wp-json/wc/v3/orders/<int:number>/notes", methods=["GET", "POST"])
def order_notes(shop: str, number: int) -> ResponseReturnValue:
    store = store_of(shop)
    if (trouble := in_the_way(store)) is not None:
        return trouble
    check(store, Call(request.method, request.url, dict(request.headers), False))
    with store.world.lock:
        if (order := store.orders.get(number)) is None:
            raise RestError(404, "woocommerce_rest_order_invalid_id", "Invalid order ID.")
        if request.method == "GET":
            return answer(notes.listed(store, order, request.args.get("type", "any")), 200)
        body = request.get_json(force=True, silent=True)
        return answer(notes.create(store, order, body if isinstance(body, dict) else {}), 201)


@bp.get("/woo/<shop>/wp-json/wc/v3/settings/<group>")
@bp.get("/woo/<shop>/wp-json/wc/v3/settings/<group>/<name>")
def setting(shop: str, group: str, name: str = "") -> ResponseReturnValue:
    store = store_of(shop)
    if (trouble := in_the_way(store)) is not None:
        return trouble
    check(store, Call(request.method, request.url, dict(request.headers), bool(name)))
    return answer(options.option(store, group, name) if name else options.group(store, group), 200)


@bp.after_request
def maybe_lost(response: Response) -> Response:
    """What was asked is done, and nobody hears of it."""
    world: World = current_app.extensions["world"]
    asked = "/wp-json/" in request.path
    return HangUp() if asked and world.roll(world.faults.store_hangup) else response


def answer(body: Any, status: int, headers: dict[str, str] | None = None) -> Response:
    text = json_encode(only(body, request.args.get("_fields")) if status < 300 else body)
    response = Response(text, status, headers, content_type="application/json; charset=UTF-8")
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Cache-Control"] = "no-cache, must-revalidate, max-age=0, no-store, private"
    return response


def paging(listed: Listed) -> dict[str, str]:
    """X-WP-Total, X-WP-TotalPages, and Link to the pages before and after."""
    links = []
    for word, page in (("prev", listed.page - 1), ("next", listed.page + 1)):
        if 1 <= page <= listed.pages:
            links.append(f'<{page_url(page)}>; rel="{word}"')
    headers = {"X-WP-Total": str(listed.total), "X-WP-TotalPages": str(listed.pages)}
    return headers | ({"Link": ", ".join(links)} if links else {})


def page_url(page: int) -> str:
    kept = [f"{k}={v}" for k, v in request.args.items() if k != "page" and not k.startswith("oauth_")]
    return f"{request.base_url}?{'&'.join([*kept, f'page={page}'])}"
