"""Installing by the merchant's explicit leave, where the app isn't embedded or Shopify doesn't manage installations.

shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant. Without cookies:
`state` is signed by us, holds the shop, lasts ten minutes and counts once.
"""

import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import structlog
from flask import Blueprint, Response, current_app, request
from itsdangerous import BadSignature, URLSafeSerializer

from connectors.platforms.shopify.admin import AdminError
from connectors.platforms.shopify.domains import shop_domain
from connectors.platforms.shopify.install import SCOPES, authorize_url
from plugin_server.install import shopify
from plugin_server.web.asking import Busy
from plugin_server.web.limits import Limits
from plugin_server.web.shopify_outside import signed
from plugin_server.web.shopify_pages import app_url, asking, moved
from plugin_server.wiring import Machine

bp = Blueprint("shopify_auth", __name__)
log = structlog.get_logger()
LASTS = timedelta(minutes=10)
CALLBACK = "/auth/shopify/callback"


@bp.get("/auth/shopify")
def begin() -> Response:
    """On to the shop's page of permissions. What Shopify signed must be signed rightly; a link of ours isn't signed,
    and starts nothing that the merchant doesn't see."""
    machine, shop = _machine(), shop_domain(request.args.get("shop", ""))
    if not shop or not machine.settings.shopify_client_id or ("hmac" in request.args and not signed(machine)):
        return _refused("the request isn't Shopify's")
    state = _signer(machine).dumps([shop, int(machine.clock.now().timestamp()), secrets.token_urlsafe(12)])
    back = machine.settings.public_url + CALLBACK
    asked = authorize_url(
        machine.shopify_base(shop), machine.settings.shopify_client_id, SCOPES, back, str(state)
    )
    return moved(asked)


@bp.get(CALLBACK)
def callback() -> Response:
    """The merchant agreed: the code becomes a token, and the app opens in the shop's admin."""
    machine, shop = _machine(), shop_domain(request.args.get("shop", ""))
    code = request.args.get("code", "")
    if not shop or not code or not signed(machine):
        return _refused("the request isn't Shopify's")
    try:
        with asking().turn():  # before the state is used up: who finds no turn may load this page again
            if not _ours(machine, shop, request.args.get("state", "")):
                return _refused("this installation wasn't begun here, or too long ago")
            shopify.installed_anew(
                machine, shop, lambda client, now: client.redeem(code, now), machine.clock.now()
            )
    except Busy as error:
        return _refused(f"{error}: please load this page again", HTTPStatus.SERVICE_UNAVAILABLE)
    except AdminError as error:
        log.warning("a shop can't be installed", domain=shop, why=str(error))
        return _refused("Shopify gave us no token: please install the app again", HTTPStatus.BAD_GATEWAY)
    return moved(app_url(shop))


def _ours(machine: Machine, shop: str, state: str) -> bool:
    try:
        named, at, nonce = _signer(machine).loads(state)
    except (BadSignature, ValueError, TypeError):
        return False
    age = machine.clock.now() - datetime.fromtimestamp(at, UTC)
    if named != shop or not timedelta(seconds=-10) <= age <= LASTS:
        return False
    limits: Limits = current_app.extensions["limits"]  # counts for all processes of `web`
    once = hashlib.sha256(nonce.encode()).digest()[:16]
    return limits.allows("shopify state", once, 1, int(LASTS.total_seconds()))


def _signer(machine: Machine) -> URLSafeSerializer:
    own = hmac.digest(machine.secrets.phone_key, b"shopify state", hashlib.sha256)
    return URLSafeSerializer(own, signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256})


def _refused(why: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> Response:
    return Response(f"{why}\n", status, {"Cache-Control": "no-store"}, mimetype="text/plain")


def _machine() -> Machine:
    machine: Machine = current_app.extensions["machine"]
    return machine
