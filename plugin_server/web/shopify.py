"""The app as Shopify's admin opens it: who asks is proven by a session token, and a shop that is new is installed.

No cookies: every request brings its proof. shopify.dev/docs/apps/build/authentication-authorization/session-tokens.
"""

from http import HTTPStatus
from urllib.parse import urlencode

import structlog
from flask import Blueprint, Response, current_app, render_template, request

from connectors.platforms.shopify import install, session_tokens
from connectors.platforms.shopify.admin import AdminError
from connectors.platforms.shopify.domains import ADMIN, admin_url, shop_domain
from connectors.platforms.shopify.session_tokens import BadSessionToken, Session
from plugin_server.install import shopify
from plugin_server.install.fixing import to_fix
from plugin_server.web import overview
from plugin_server.wiring import Machine

bp = Blueprint("shopify", __name__)
log = structlog.get_logger()
RELOAD, AGAIN = "shopify-reload", "again"
RETRY = {"X-Shopify-Retry-Invalid-Session-Request": "1"}
FROM_SHOPIFY = ("id_token", "shop", "host", "embedded")


@bp.get("/")
def home() -> Response:
    """The app's first page: what stands in the way of texts, the worst first."""
    machine = _machine()
    if "Authorization" not in request.headers and not any(name in request.args for name in FROM_SHOPIFY):
        # Nobody comes here without Shopify but whoever plays in the pretend world.
        return overview.index() if machine.settings.sandbox else _stranger()
    token = _token()
    try:
        session = _session(machine, token)
    except BadSessionToken as bad:
        return _ask_again(machine, bad)
    try:
        found = shopify.opened(machine, session.shop, lambda client, now: client.exchange(token, now))
    except AdminError as error:
        log.warning("a shop can't be installed", domain=session.shop, why=str(error))
        status = HTTPStatus.BAD_GATEWAY if error.permanent else HTTPStatus.SERVICE_UNAVAILABLE
        return page("shopify_failed.html", session.shop, status, why=str(error))
    return page(
        "shopify_home.html",
        session.shop,
        shop=found.installed.shop,
        fixes=to_fix(found, install.SCOPES),
        plans=_plans(machine, session.shop),
    )


@bp.get("/auth/patch-id-token")
def patch_id_token() -> Response:
    """A page with App Bridge and nothing else, which fetches a session token and opens what `shopify-reload` names."""
    shop, back = shop_domain(request.args.get("shop", "")), request.args.get(RELOAD, "")
    # App Bridge takes a session token along to wherever this leads.
    if not shop or not back.startswith(f"{_machine().settings.public_url}/"):
        return Response("Bad Request\n", HTTPStatus.BAD_REQUEST, mimetype="text/plain")
    return page("shopify_bounce.html", shop)


def page(template: str, domain: str, /, status: int = HTTPStatus.OK, **values: object) -> Response:
    """A page that this shop's admin, and nobody else, may show in a frame. `domain`: a checked one."""
    said = render_template(template, client_id=_machine().settings.shopify_client_id, **values)
    return Response(
        said,
        status,
        {
            "Cache-Control": "no-store",
            # The address holds a session token; no other site is told more than where it comes from.
            "Referrer-Policy": "strict-origin",
            "Content-Security-Policy": "default-src 'none'; script-src https://cdn.shopify.com; style-src 'self';"
            " img-src 'self' data: https://cdn.shopify.com;"
            " connect-src 'self' https://*.shopify.com https://*.shopifysvc.com; frame-src https://*.shopify.com;"
            f" form-action 'self'; base-uri 'none'; frame-ancestors https://{domain} {ADMIN}",
        },
    )


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
    isn't a matter of time."""
    shop, args = shop_domain(request.args.get("shop", "")), request.args.to_dict()
    if "Authorization" in request.headers:
        return Response("Unauthorized\n", HTTPStatus.UNAUTHORIZED, RETRY, mimetype="text/plain")
    if not shop:
        return _stranger()
    if args.get("embedded") != "1":
        return moved(admin_url(shop, f"/apps/{machine.settings.shopify_client_id}"))
    if args.pop("id_token", "") and args.get(AGAIN) and not bad.expired:
        log.warning("a session token isn't taken", domain=shop, why=str(bad))
        return page("shopify_failed.html", shop, HTTPStatus.UNAUTHORIZED, why=str(bad))
    args[AGAIN] = "1"
    args.pop(RELOAD, None)
    args.pop("hmac", None)
    back = f"{machine.settings.public_url}/?{urlencode(args)}"
    return moved(f"/auth/patch-id-token?{urlencode({**args, RELOAD: back})}")


def moved(to: str) -> Response:
    return Response(
        "", HTTPStatus.FOUND, {"Location": to, "Cache-Control": "no-store"}, mimetype="text/plain"
    )


def _stranger() -> Response:
    said = "This app is opened from a shop's admin at Shopify.\n"
    return Response(said, HTTPStatus.NOT_FOUND, {"Cache-Control": "no-store"}, mimetype="text/plain")


def _plans(machine: Machine, shop: str) -> str:
    """Where the merchant chooses a plan: a page of Shopify's; '' without the app's handle."""
    handle = machine.settings.shopify_app_handle
    return admin_url(shop, f"/charges/{handle}/pricing_plans") if handle else ""


def _machine() -> Machine:
    machine: Machine = current_app.extensions["machine"]
    return machine
