"""The pretend store's /wc-auth/v1/: a merchant gives an app a key of their store's API.

As in core's `includes/class-wc-auth.php`: the merchant logs in first, the key is posted before the browser goes on, the
answer must be exactly 200, nothing about it is signed, and the link that approves can be followed again while its nonce
lives.
"""

import hashlib
import json
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, abort, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from sandbox.courier import NotLoopback
from sandbox.woocommerce.auth_words import INVALID, NEEDED, SCOPES, SSL
from sandbox.woocommerce.errors import RestError
from sandbox.woocommerce.php import json_encode
from sandbox.woocommerce.routes import store_of
from sandbox.woocommerce.state import WORDPRESS
from sandbox.woocommerce.store import WooStore

bp = Blueprint("woocommerce_auth", __name__)
TIMEOUT = (5.0, 60.0)
TICK = 43_200  # seconds: a nonce is good in the half day of its making and in the next
COOKIE = "wordpress_logged_in"
USER, PASSWORD = "mara", "sandbox"
NOT_SENT = "An error occurred in the request and at the time were unable to send the consumer data"


class Denied(Exception):
    """core's wp_die page, status 401."""


@bp.errorhandler(RestError)
def gone(_trouble: RestError) -> ResponseReturnValue:
    abort(404)


@bp.errorhandler(Denied)
def denied(trouble: Denied) -> ResponseReturnValue:
    return render_template("woo_auth.html", store=shop_here(), trouble=str(trouble)), 401


@bp.get("/woo/<shop>/wc-auth/v1/authorize")
@bp.get("/woo/<shop>/wc-auth/v1/authorize/")
def authorize(shop: str) -> ResponseReturnValue:
    store, args = checked()
    if not logged_in(store):
        return redirect(f"{store.shop.home_url}/wc-auth/v1/login/?{urlencode(args)}", 302)
    page = render_template(
        "woo_auth.html",
        store=store,
        app=args["app_name"],
        may=SCOPES[args["scope"]],
        host=urlsplit(args["callback_url"]).hostname,
        hidden={**args, "wc_auth_nonce": nonce(store)},
        grant=f"{store.shop.home_url}/wc-auth/v1/access_granted/",
        refuse=back(args, success=0),
    )
    return page, 200


@bp.route("/woo/<shop>/wc-auth/v1/login/", methods=["GET", "POST"])
def login(shop: str) -> ResponseReturnValue:
    store, args = checked()
    form = request.form
    if request.method == "POST" and (form.get("username"), form.get("password")) == (USER, PASSWORD):
        answer = make_response(
            redirect(f"{store.shop.home_url}/wc-auth/v1/authorize/?{urlencode(args)}", 302)
        )
        answer.set_cookie(COOKIE, secret(store, "login"), path=f"/woo/{shop}/", httponly=True, samesite="Lax")
        return answer
    words = {"app": args["app_name"], "wrong": request.method == "POST", "user": USER, "password": PASSWORD}
    return render_template("woo_login.html", store=store, **words), 200


@bp.get("/woo/<shop>/wc-auth/v1/access_granted/")
def granted(shop: str) -> ResponseReturnValue:
    """Followed again within the nonce's life, it makes another key and calls back again."""
    store, args = checked()
    if not logged_in(store):
        raise Denied("You do not have permission to access this page")
    if request.args.get("wc_auth_nonce") not in (nonce(store), nonce(store, 1)):
        raise Denied("Invalid nonce verification")
    with store.world.lock:
        made = new_key(store, args)
    trouble = hand_over(store, args["callback_url"], made)
    if trouble:
        with store.world.lock:
            store.keys.pop(str(made["consumer_key"]), None)
        raise Denied(trouble)
    return redirect(back(args, success=1), 302)


def checked() -> tuple[WooStore, dict[str, str]]:
    """The store and the parameters of the request. Raises Denied."""
    args = {name: request.args.get(name, "") for name in NEEDED}
    for name in NEEDED:
        if not args[name]:
            raise Denied(f"Missing parameter {name}")
    if args["scope"] not in SCOPES:
        raise Denied(f"Invalid scope {args['scope']}")
    for name in ("return_url", "callback_url"):
        parts = urlsplit(args[name])
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Denied(INVALID.format(name))
    if not args["callback_url"].startswith("https://"):
        raise Denied(SSL)
    return shop_here(), args


def shop_here() -> WooStore:
    return store_of(str((request.view_args or {})["shop"]))


def new_key(store: WooStore, args: dict[str, str]) -> dict[str, object]:
    key, made = (f"{kind}_{store.world.dice.getrandbits(160):040x}" for kind in ("ck", "cs"))
    store.keys[key] = (made, args["scope"])
    return {
        "key_id": store.new_id(),
        "user_id": args["user_id"],
        "consumer_key": key,
        "consumer_secret": made,
        "key_permissions": args["scope"],
    }


def hand_over(store: WooStore, url: str, made: dict[str, object]) -> str:
    """What went wrong, or ""."""
    headers = {
        "Content-Type": "application/json;charset=UTF-8",
        "User-Agent": f"WordPress/{WORDPRESS}; {store.shop.home_url}",
        "Connection": "close",
    }
    try:
        reply = store.courier.call("POST", url, body=json_encode(made), headers=headers, timeout=TIMEOUT)
    except NotLoopback:
        return f"cURL error 6: Could not resolve host: {urlsplit(url).hostname}"
    if not reply.status:
        return f"cURL error 7: Failed to connect to {urlsplit(url).hostname}"
    return "" if reply.status == 200 else NOT_SENT


def back(args: dict[str, str], success: int) -> str:
    joint = "&" if urlsplit(args["return_url"]).query else "?"
    return f"{args['return_url']}{joint}{urlencode({'success': success, 'user_id': args['user_id']})}"


def logged_in(store: WooStore) -> bool:
    return request.cookies.get(COOKIE) == secret(store, "login")


def nonce(store: WooStore, ticks_ago: int = 0) -> str:
    return secret(store, str(int(store.now().timestamp()) // TICK - ticks_ago))[:10]


def secret(store: WooStore, purpose: str) -> str:
    """Of this store and purpose; the same as long as the sandbox runs with its seed."""
    return hashlib.sha256(json.dumps([store.world.seed, store.id, purpose]).encode()).hexdigest()
