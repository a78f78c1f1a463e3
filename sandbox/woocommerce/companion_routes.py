"""The pretend plugin over HTTP: its connection, its tokens for the frame, and the link back to a cart."""

from urllib.parse import urlencode

import jwt
from flask import Blueprint, Response, redirect, request
from flask.typing import ResponseReturnValue

from sandbox.woocommerce.auth import Call, check
from sandbox.woocommerce.companion import BadConnection, Companion
from sandbox.woocommerce.errors import RestError
from sandbox.woocommerce.routes import answer, in_the_way, maybe_lost, no_route, refuse, store_of
from sandbox.woocommerce.store import WooStore

bp = Blueprint("woocommerce_plugin", __name__)
bp.register_error_handler(RestError, refuse)
MINUTE = 60


bp.after_request(maybe_lost)


@bp.before_request
def weather() -> ResponseReturnValue | None:
    """The same is in the way as for the rest of the REST API."""
    if "/wp-json/" not in request.path:
        return None
    return in_the_way(store_of(str((request.view_args or {})["shop"])))


@bp.route("/woo/<shop>/wp-json/wc-comeback/v1/connection", methods=["GET", "PUT", "DELETE"])
def connection(shop: str) -> ResponseReturnValue:
    store, plugin = installed(shop)
    with store.world.lock:
        if request.method == "DELETE":
            plugin.forget()
        elif request.method == "PUT":
            body = request.get_json(force=True, silent=True)
            try:
                plugin.connect(body if isinstance(body, dict) else {})
            except BadConnection as trouble:
                raise RestError(400, "comeback_bad_connection", str(trouble)) from None
        return answer(plugin.facts(), 200)


@bp.post("/woo/<shop>/wp-json/wc-comeback/v1/frame-token")
def frame_token(shop: str) -> ResponseReturnValue:
    store, plugin = installed(shop)
    to = plugin.connection
    if to is None:
        raise RestError(409, "comeback_not_connected", "This store is not connected to Comeback.")
    now = int(plugin.now().timestamp())
    claims = {
        "iss": store.shop.home_url,
        "aud": to.url,
        "sub": "1",
        "role": "owner",
        "locale": store.shop.locale.replace("-", "_"),
        "iat": now,
        "exp": now + MINUTE,
        "jti": f"{store.world.dice.getrandbits(128):032x}",
    }
    return answer({"token": jwt.encode(claims, to.secret, "HS256"), "expires_at": now + MINUTE}, 200)


def installed(shop: str) -> tuple[WooStore, Companion]:
    """The store, if it has the plugin and takes the caller's key. Raises RestError."""
    store = store_of(shop)
    if store.plugin is None:
        raise no_route()
    check(store, Call(request.method, request.url, dict(request.headers), True))
    return store, store.plugin


@bp.get("/woo/<shop>/")
def front(shop: str) -> ResponseReturnValue:
    """The store's first page. With `?comeback=` the plugin puts the cart together, for whoever has the link, and leads
    to the checkout with the campaign's marks alone. A browser would be known by a cookie; here the address tells."""
    store, args = store_of(shop), request.args.to_dict()
    token = args.get("comeback")
    if token is None:
        return redirect(f"{store.shop.base_url}/shop/{shop}", 302)
    with store.world.lock:
        cart = store.plugin.cart_of(token) if store.plugin else None
        if cart is None:
            return redirect(f"{store.shop.home_url}/cart/?comeback_refused=1", 302)
        session = f"{store.world.dice.getrandbits(128):032x}"
        store.sessions[session] = {
            "lines": cart.lines,
            "coupon": args.get("comeback_coupon"),
            "cart": cart.id,
            "ref": args.get("utm_id", ""),
            "came_at": store.now(),
        }
    kept = {name: value for name, value in args.items() if name.startswith("utm_")}
    page = f"{store.shop.home_url}/checkout/?{urlencode({**kept, 'session': session})}"
    return redirect(page, 302, Response=Response)
