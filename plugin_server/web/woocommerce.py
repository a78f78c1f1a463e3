"""A WooCommerce store is connected, and its wp-admin shows us.

The merchant says which store; the store's own page asks for their leave and posts a key to us; a worker tries it; the
page they come back to tells how far that is. Without cookies: whoever holds an attempt's state is who began it.
"""

import hashlib
import hmac
from http import HTTPStatus
from urllib.parse import urlsplit

import structlog
from flask import Blueprint, Response, request

from connectors.platforms.woocommerce import connect, frame_tokens
from connectors.platforms.woocommerce.errors import SentOn, StoreError
from connectors.platforms.woocommerce.frame_tokens import BadFrameToken
from plugin_server.install.woo_progress import next_thing
from plugin_server.install.woocommerce import PLATFORM
from plugin_server.jobs import connecting
from plugin_server.store import connects, shops
from plugin_server.store.shops import Installed
from plugin_server.web import addresses
from plugin_server.web.asking import Busy
from plugin_server.web.woo_pages import asking, callable_by_stores, form, frame, limits, machine, refused
from plugin_server.web.woo_pages import progress as progress_page
from sequences.errors import BadDelivery

bp = Blueprint("woocommerce", __name__)
log = structlog.get_logger()
AT = "/connect/woocommerce"
LARGEST_FORM = 16 * 1024
HOUR = 3600
PER_VISITOR, PER_STORE = 20, 30
"""Attempts in an hour: each has us call an address that somebody typed. A store is its host and port, whatever
follows."""


@bp.get(AT)
def ask() -> Response:
    return form(request.args.get("store", "")[:200])


@bp.post(AT)
def begin() -> Response:
    """On to the store's page of permissions."""
    store = _store()
    if isinstance(store, Response):
        return store
    if not callable_by_stores():
        return form(
            store, "A store can't post its key to an address without https: enter the keys by hand.", 409
        )
    here = machine()
    with here.db.system() as c:
        state = connects.begin(c, store, here.clock.now())
    ours = here.settings.public_url + AT
    return _on(connect.authorize_url(store, state, f"{ours}/return", f"{ours}/callback"))


@bp.post(f"{AT}/keys")
def keys() -> Response:
    """By hand: keys that the merchant made in wp-admin."""
    store = _store(keys=True)
    if isinstance(store, Response):
        return store
    key, secret = (request.form.get(name, "").strip() for name in ("consumer_key", "consumer_secret"))
    if not (connect.is_key(key, "ck_") and connect.is_key(secret, "cs_")):
        problem = "The key begins with ck_ and the secret with cs_, each followed by 40 letters and digits."
        return form(store, problem, HTTPStatus.UNPROCESSABLE_ENTITY, keys=True)
    here, now = machine(), machine().clock.now()
    with here.db.system() as c:
        state = connects.begin(c, store, now)
        connects.take_key(c, here.secrets.vault, state, key, secret, now)
    connecting.ask(here)
    return _on(f"{AT}/return?success=1&user_id={state}")


@bp.post(f"{AT}/callback")
def callback() -> Response:
    """A store gives us a key and waits for our answer, perhaps with the only process it has: it isn't called from here.
    Exactly 200 keeps the key alive, anything else has it deleted (WC_Auth::post_consumer_data)."""
    request.max_content_length = LARGEST_FORM
    here, now = machine(), machine().clock.now()
    try:
        grant = connect.read_grant(request.get_data())
    except BadDelivery as bad:
        log.warning("a key couldn't be read", why=str(bad))
        return _plain("this is no key of a store's", HTTPStatus.BAD_REQUEST)
    with here.db.system() as c:
        taken = connects.take_key(c, here.secrets.vault, grant.state, grant.key, grant.secret, now)
    if not taken:
        return _plain("nobody waits for this key", HTTPStatus.NOT_FOUND)
    connecting.ask(here)
    return _plain("kept", HTTPStatus.OK)


@bp.get(f"{AT}/return")
def progress() -> Response:
    """Where the store sends the merchant back to."""
    here, state = machine(), request.args.get("user_id", "")
    with here.db.system() as c:
        if request.args.get("success") == "0":
            connects.deny(c, state)
        attempt = connects.read(c, state)
        found = shops.by_id(c, here.secrets.vault, attempt.shop) if attempt and attempt.shop else None
    if attempt is None:
        problem = "This attempt isn't known here, or is over: please begin again."
        return form(status=HTTPStatus.NOT_FOUND, problem=problem)
    return progress_page(attempt, found)


@bp.get("/woocommerce/<shop_key>")
def in_admin(shop_key: str) -> Response:
    """The page that the plugin shows in a frame. Who looks is proven by the token in the address."""
    here = machine()
    with here.db.system() as c:
        found = shops.by_key(c, here.secrets.vault, PLATFORM, shop_key)
    if found is None or not found.active:
        said = "This store isn't connected to Comeback: connect it on the plugin's page in wp-admin."
        return refused(said, found)
    try:
        _visitor(found)
    except BadFrameToken as bad:
        log.info("a frame's token isn't taken", shop=found.shop.id, why=str(bad))
        return refused("This page is opened from wp-admin, and only for a minute.", found)
    return frame(found)


def _visitor(found: Installed) -> frame_tokens.Visitor:
    here = machine()
    return frame_tokens.read(
        request.args.get("token", ""),
        found.credentials.get("plugin_secret", ""),
        found.shop.domain,
        here.settings.public_url,
        here.clock.now(),
    )


def _store(*, keys: bool = False) -> str | Response:
    """The address that was typed, if a WooCommerce is there; else the form again, with what is wrong."""
    request.max_content_length = LARGEST_FORM
    typed = request.form.get("store", "").strip()[:300]
    sandbox = machine().settings.sandbox
    try:
        store = connect.store_address(typed, anywhere=sandbox)
        if not _may(urlsplit(store).netloc):
            said = "That was tried too often within an hour: please wait a while."
            return form(typed, said, HTTPStatus.TOO_MANY_REQUESTS, keys=keys)
        with asking().turn():
            connect.look(store, allow_private=sandbox)
    except Busy:
        said = "Too many stores are asked at this moment: please try again in a minute."
        return form(typed, said, HTTPStatus.SERVICE_UNAVAILABLE, keys=keys)
    except StoreError as error:
        said = f"No store could be found there: {str(error).rstrip('.')}. {next_thing(type(error).__name__)}"
        instead = (
            error.to if isinstance(error, SentOn) else ""
        )  # never followed: the merchant says whether it's theirs
        return form(instead or typed, said, HTTPStatus.UNPROCESSABLE_ENTITY, keys=keys)
    return store


def _may(host: str) -> bool:
    """Counted by keyed hashes: Redis learns neither who asks nor for which store."""
    here = machine()
    visitor = addresses.neighbourhood(addresses.of(request.environ, here.settings.proxies))
    counted = (("connects of a visitor", visitor, PER_VISITOR), ("connects of a store", host, PER_STORE))
    return all(
        limits().allows(
            what,
            hmac.digest(here.secrets.phone_key, f"{what} {who}".encode(), hashlib.sha256)[:16],
            most,
            HOUR,
        )
        for what, who, most in counted
    )


def _on(to: str) -> Response:
    about = {"Location": to, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return Response("", HTTPStatus.SEE_OTHER, about, mimetype="text/plain")


def _plain(said: str, status: HTTPStatus) -> Response:
    return Response(f"{said}\n", status, {"Cache-Control": "no-store"}, mimetype="text/plain")
