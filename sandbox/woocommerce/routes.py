"""The pretend WooCommerce's REST API v3 over HTTP."""

from typing import Any

from flask import Blueprint, Response, current_app, request
from flask.typing import ResponseReturnValue

from sandbox.woocommerce.auth import Call, check
from sandbox.woocommerce.errors import RestError
from sandbox.woocommerce.listing import Listed
from sandbox.woocommerce.php import json_encode, only
from sandbox.woocommerce.rest import LISTS, SINGLES, Ask, Made
from sandbox.woocommerce.store import WooStore
from sandbox.world import World

bp = Blueprint("woocommerce", __name__)

MAINTENANCE = "<!doctype html><title>Maintenance</title><p>Briefly unavailable for scheduled maintenance."
METHODS = ["GET", "POST", "PUT", "DELETE"]


@bp.errorhandler(RestError)
def refuse(trouble: RestError) -> ResponseReturnValue:
    return answer(trouble.body(), trouble.status)


def no_route() -> RestError:
    return RestError(404, "rest_no_route", "No route was found matching the URL and request method.")


def store_of(shop: str) -> WooStore:
    world: World = current_app.extensions["world"]
    store = world.stores.get(shop)
    if not isinstance(store, WooStore):
        raise no_route()
    return store


@bp.route("/woo/<shop>/wp-json/wc/v3/<resource>", methods=METHODS, defaults={"number": 0})
@bp.route("/woo/<shop>/wp-json/wc/v3/<resource>/<int:number>", methods=METHODS)
def rest(shop: str, resource: str, number: int) -> ResponseReturnValue:
    store = store_of(shop)
    if store.world.roll(store.world.faults.store_error):
        return Response(MAINTENANCE, 503, {"Retry-After": "600"}, mimetype="text/html")
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
            result.after()  # core pings a new webhook within the request that makes it
        location = f"{request.base_url}/{result.body['id']}"
        return answer(result.body, 201, {"Location": location})
    if isinstance(result, Listed):
        return answer(result.items, 200, paging(result))
    return answer(result, 200)


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
