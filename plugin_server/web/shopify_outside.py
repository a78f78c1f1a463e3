"""The app outside of the admin's frame: one that isn't embedded, or that Shopify doesn't install by itself.

Shopify opens it with a signed query instead of a session token. That says which shop, not who; so a shop that we have
no token of is asked for its leave. The signature is good for a minute and a half and nothing is remembered of it: who
has seen the address sees the page again for so long, and changes nothing by that.
shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant.
"""

from datetime import datetime, timedelta
from http import HTTPStatus
from urllib.parse import parse_qsl

import structlog
from flask import Response, request

from connectors.platforms.shopify import query_hmac
from connectors.platforms.shopify.admin import AdminError, GrantRefused
from connectors.platforms.shopify.domains import shop_domain
from connectors.platforms.shopify.tokens import TokenClient, Tokens
from plugin_server.install import shopify
from plugin_server.store import shops, tokens
from plugin_server.web.asking import Busy
from plugin_server.web.shopify_pages import app_url, asking, failed, first_page, moved, page, stranger
from plugin_server.wiring import Machine

log = structlog.get_logger()
JUST = timedelta(minutes=1)


class NeedsLeave(GrantRefused):
    """We have no token that this shop takes."""


def is_meant() -> bool:
    """Is this how Shopify opens an app outside of the admin's frame?"""
    args = request.args
    return "hmac" in args and "id_token" not in args and args.get("embedded") != "1"


def answer(machine: Machine) -> Response:
    """The app's first page, or on to the shop's page of permissions. It is never sent round in circles: what isn't
    signed well leads on by a click, and a token that was just given isn't asked for again."""
    shop = shop_domain(request.args.get("shop", ""))
    if not shop or not machine.settings.shopify_client_id:
        return stranger()
    if not signed(machine):
        return page("shopify_again.html", shop, HTTPStatus.UNAUTHORIZED, framed=False, link=app_url(shop))
    try:
        with asking().turn():
            return first_page(shopify.opened(machine, shop, _by_leave_only), framed=False)
    except NeedsLeave as error:
        if not _just_given(machine, shop):
            return moved(f"/auth/shopify?{request.query_string.decode('ascii', 'replace')}")
        log.error("a shop doesn't take the token that it has just given", domain=shop)
        return failed(shop, error, framed=False)
    except (AdminError, Busy) as error:
        log.warning("a shop can't be opened", domain=shop, why=str(error))
        return failed(shop, error, framed=False)


def signed(machine: Machine) -> bool:
    """Shopify signed this request's query a moment ago."""
    pairs = parse_qsl(request.query_string.decode("utf-8", "replace"), keep_blank_values=True)
    return query_hmac.verify(pairs, machine.app_secrets(shopify.PLATFORM), machine.clock.now())


def _by_leave_only(_client: TokenClient, _now: datetime) -> Tokens:
    raise NeedsLeave("we have no token that this shop takes")


def _just_given(machine: Machine, domain: str) -> bool:
    with machine.db.system() as c:
        found = shops.by_domain(c, machine.secrets.vault, shopify.PLATFORM, domain)
        kept = tokens.read(c, machine.secrets.vault, found.shop.id) if found else None
    return kept is not None and kept.refreshed_at > machine.clock.now() - JUST
