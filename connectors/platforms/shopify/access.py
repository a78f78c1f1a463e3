"""The way to one shop's Admin API."""

import os
from functools import cache

import requests

from connectors import http
from connectors.delivery import Credentials
from connectors.live_tokens import LiveCredentials
from connectors.platforms.shopify.admin import AdminClient, NotAllowed
from sequences.cart import Shop


def client(shop: Shop, credentials: Credentials) -> AdminClient:
    """`credentials`: `LiveCredentials`, or `access_token`; and `api_base` where the API isn't the shop's own (a
    sandbox, which may then be on a private address). Raises NotAllowed if there is no token."""
    live = credentials.tokens if isinstance(credentials, LiveCredentials) else None
    token, base = credentials.get("access_token", ""), credentials.get("api_base", "")
    if live is None and not token:
        raise NotAllowed("there is no access token: the shop must open the app")
    return AdminClient(base or f"https://{shop.domain}", live or token, session(bool(base)))


def session(allow_private: bool) -> requests.Session:
    """One for each process: connections don't survive a fork."""
    return _session(allow_private, os.getpid())


@cache
def _session(allow_private: bool, process: int) -> requests.Session:
    return http.session(allow_private=allow_private)
