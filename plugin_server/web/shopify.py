"""The app as Shopify's admin opens it: who asks is proven by a session token, and a shop that is new is installed.

No cookies: every request brings its proof. shopify.dev/docs/apps/build/authentication-authorization/session-tokens.
"""

from http import HTTPStatus
from urllib.parse import urlencode

import structlog
from flask import Blueprint, Response, request

from connectors.platforms.shopify import session_tokens
from connectors.platforms.shopify.admin import AdminError
from connectors.platforms.shopify.domains import shop_domain
from connectors.platforms.shopify.session_tokens import BadSessionToken, Session
from plugin_server.install import shopify
from plugin_server.web import overview
from plugin_server.web import shopify_outside as outside
from plugin_server.web.asking import Busy
from plugin_server.web.shopify_pages import (
    app_url,
    asking,
    failed,
    first_page,
    machine,
    moved,
    page,
    stranger,
)
from plugin_server.wiring import Machine

bp = Blueprint("shopify", __name__)
log = structlog.get_logger()
RELOAD, AGAIN = "shopify-reload", "again"
RETRY = {"X-Shopify-Retry-Invalid-Session-Request": "1"}
FROM_SHOPIFY = ("id_token", "shop", "host", "embedded")
JUST = 30
"""Seconds within which App Bridge opens a page again with the token that it was asked for."""


@bp.get("/")
def home() -> Response:
    """The app's first page: what stands in the way of texts, the worst first."""
    here = machine()
    if "Authorization" not in request.headers:
        if not any(name in request.args for name in FROM_SHOPIFY):
            # Nobody comes here without Shopify but whoever plays in the pretend world.
            return overview.index() if here.settings.sandbox else stranger()
        if outside.is_meant():
            return outside.answer(here)
    token = _token()
    try:
        session = _session(here, token)
    except BadSessionToken as bad:
        return _ask_again(here, bad)
    try:
        with asking().turn():
            return first_page(
                shopify.opened(here, session.shop, lambda client, now: client.exchange(token, now))
            )
    except (AdminError, Busy) as error:
        log.warning("a shop can't be installed", domain=session.shop, why=str(error))
        return failed(session.shop, error)


@bp.get("/auth/patch-id-token")
def patch_id_token() -> Response:
    """A page with App Bridge and nothing else, which fetches a session token and opens what `shopify-reload` names."""
    shop, back = shop_domain(request.args.get("shop", "")), request.args.get(RELOAD, "")
    # App Bridge takes a session token along to wherever this leads.
    if not shop or not back.startswith(f"{machine().settings.public_url}/"):
        return Response("Bad Request\n", HTTPStatus.BAD_REQUEST, mimetype="text/plain")
    return page("shopify_bounce.html", shop)


def _token() -> str:
    """The session token: of a fetch in its header, of a document in its address."""
    if "Authorization" in request.headers:
        scheme, _, token = request.headers["Authorization"].partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""
    return request.args.get("id_token", "")


def _session(machine: Machine, token: str) -> Session:
    """Raises BadSessionToken, also if the address names another shop than the token."""
    secrets = machine.app_secrets(shopify.PLATFORM)
    session = session_tokens.read(token, machine.settings.shopify_client_id, secrets, machine.clock.now())
    if request.args.get("shop", session.shop).lower() != session.shop:
        raise BadSessionToken("the address names another shop than the session token")
    return session


def _ask_again(machine: Machine, bad: BadSessionToken) -> Response:
    """A fetch is told to get another token; a document goes where App Bridge gets one, once: what is still wrong then
    isn't a matter of time, nor is a token that has expired when it has only just been made."""
    shop, args = shop_domain(request.args.get("shop", "")), request.args.to_dict()
    now = int(machine.clock.now().timestamp())
    if "Authorization" in request.headers:
        return Response("Unauthorized\n", HTTPStatus.UNAUTHORIZED, RETRY, mimetype="text/plain")
    if not shop:
        return stranger()
    if args.get("embedded") != "1":
        return moved(app_url(shop))
    since = args.pop(AGAIN, "")
    if args.pop("id_token", "") and since and not (bad.expired and _long_ago(since, now)):
        log.warning("a session token isn't taken", domain=shop, why=str(bad))
        return failed(shop, bad, HTTPStatus.UNAUTHORIZED)
    args[AGAIN] = str(now)
    args.pop(RELOAD, None)
    args.pop("hmac", None)
    back = f"{machine.settings.public_url}/?{urlencode(args)}"
    return moved(f"/auth/patch-id-token?{urlencode({**args, RELOAD: back})}")


def _long_ago(since: str, now: int) -> bool:
    """Was another token asked for so long ago that the one which came may have expired meanwhile?"""
    return not (since.isascii() and since.isdigit() and len(since) <= 11) or now - int(since) > JUST
