"""One store's REST API v3, by the `woocommerce` 3.0.0 client with its faults fenced in.

The client raises nothing for a refusal, waits 5 s for connecting and answering alike, opens a connection
per call, follows redirects (a 301 turns a POST into a GET), and signs list parameters wrongly over http.
All of that happens in its one private method that sends, so that one is replaced here; its addresses and
its OAuth 1.0a signature are kept. Over https the key goes as HTTP Basic, over http it signs.
"""

import json
import os
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

import requests
from requests.auth import HTTPBasicAuth
from woocommerce import API

from connectors import http
from connectors.platforms.woocommerce.answers import data_of, not_sent
from connectors.platforms.woocommerce.errors import Unauthorised, Unavailable, WrongStoreUrl

CONNECT, READ = 3.05, 30.0  # seconds; creating a webhook waits up to 5 s for the ping to us
PER_PAGE = 100  # the most a list gives: 101 is refused
HOST = re.compile(r"[\w.:-]+")
"""Of what a host is made, also one that isn't ASCII or an IPv6 address. It stands in our pages' policies, where a space
or a semicolon would begin something else."""


class PooledAPI(API):  # type: ignore[misc]
    """`woocommerce.API` that sends through a session of ours and never follows a redirect."""

    def __init__(
        self, url: str, key: str, secret: str, session: requests.Session, version: str = "wc/v3"
    ) -> None:
        super().__init__(
            url, key, secret, version=version, timeout=(CONNECT, READ), user_agent=http.USER_AGENT
        )
        self.session = session

    # The parent's `__request`, as Python spells it outside its class; get, post and the others call it.
    def _API__request(
        self, method: str, endpoint: str, data: Any, params: Mapping[str, Any] | None = None
    ) -> requests.Response:
        url, query, auth = self._API__get_url(endpoint), flat(params or {}), None
        if self.is_ssl:
            auth = HTTPBasicAuth(self.consumer_key, self.consumer_secret)
        else:
            signed = f"{url}?{urlencode(query)}" if query else url
            url, query = self._API__get_oauth_url(signed, method), {}
        headers = {"User-Agent": self.user_agent, "Accept": "application/json"}
        if data is not None:
            headers["Content-Type"] = "application/json;charset=utf-8"
        return self.session.request(
            method,
            url,
            params=query,
            auth=auth,
            data=None if data is None else json.dumps(data).encode(),
            headers=headers,
            timeout=self.timeout,
            allow_redirects=False,
        )


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a list. `total` and `pages`: of the whole of it; None where something before the store hides them."""

    rows: list[Any]
    total: int | None
    pages: int | None


class Store:
    """One store. Every method returns the JSON of the answer, or raises a StoreError.

    `until`: after that moment (`time.monotonic()`) nothing is asked any more, and no answer waited for; None: each
    request has its own time.
    """

    def __init__(
        self,
        url: str,
        credentials: Mapping[str, str],
        version: str = "wc/v3",
        *,
        until: float | None = None,
    ) -> None:
        """`credentials`: "consumer_key", "consumer_secret" and, for a sandbox, "allow_private": "1". `version`: the
        namespace that is called; WooCommerce checks its keys for each that begins with "wc-" or "wc/".

        Raises WrongStoreUrl or Unauthorised for what can't be an address or a key.
        """
        key, secret = credentials.get("consumer_key", ""), credentials.get("consumer_secret", "")
        if not (key and secret and key.isascii() and secret.isascii()):
            raise Unauthorised("the store's consumer key or secret is missing or damaged: connect it again")
        session = _session(allow_private=credentials.get("allow_private") == "1", process=os.getpid())
        self._api = PooledAPI(canonical(url), key, secret, session, version)
        self.until = until

    def get(self, endpoint: str, **params: Any) -> Any:
        return data_of(self._send("get", endpoint, params=params))

    def post(self, endpoint: str, data: Mapping[str, Any]) -> Any:
        """Not repeatable: after Unavailable, look first whether the thing is there."""
        return data_of(self._send("post", endpoint, data=data))

    def put(self, endpoint: str, data: Mapping[str, Any]) -> Any:
        return data_of(self._send("put", endpoint, data=data))

    def delete(self, endpoint: str, **params: Any) -> Any:
        return data_of(self._send("delete", endpoint, params=params))

    def listed(self, endpoint: str, **params: Any) -> Listed:
        """One page of a list."""
        answer = self._send("get", endpoint, params=params)
        return Listed(data_of(answer, list), _told(answer, "X-WP-Total"), _told(answer, "X-WP-TotalPages"))

    def pages(self, endpoint: str, **params: Any) -> Iterator[list[Any]]:
        """The pages of a list, up to 100 entries each, fetched as they are asked for."""
        page = 1
        while True:
            found = self.listed(endpoint, **params, page=page, per_page=PER_PAGE)
            yield found.rows
            more = len(found.rows) == PER_PAGE if found.pages is None else found.pages > page
            if not (found.rows and more):
                return
            page += 1

    def _send(self, method: str, endpoint: str, **kwargs: Any) -> requests.Response:
        self._api.timeout = self._patience()
        try:
            answer: requests.Response = getattr(self._api, method)(endpoint, **kwargs)
        except requests.RequestException as e:
            raise not_sent(e) from None  # its own words would hold the signed address
        return answer

    def _patience(self) -> tuple[float, float]:
        if self.until is None:
            return CONNECT, READ
        left = self.until - time.monotonic()
        if left <= 0:
            raise Unavailable("the store took too long for all that was to be asked of it")
        return min(CONNECT, left), min(READ, left)


def _told(answer: requests.Response, name: str) -> int | None:
    number = answer.headers.get(name, "")
    return int(number) if number.isascii() and number.isdecimal() else None


@cache
def _session(*, allow_private: bool, process: int) -> requests.Session:
    """One pool per process: connections must not be shared across a fork."""
    return http.session(allow_private=allow_private, connect=CONNECT, read=READ)


def canonical(url: str) -> str:
    """A store's address as the client needs it: scheme in lower case, no query, no slash at the end.

    Raises WrongStoreUrl if it can't be a store's address.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
        host.encode("idna")
    except ValueError:  # UnicodeError is one
        raise WrongStoreUrl("the store's address is not a web address") from None
    if parts.scheme not in ("http", "https") or not HOST.fullmatch(host) or parts.username is not None:
        raise WrongStoreUrl("the store's address should look like https://shop.example")
    place = f"[{host}]" if ":" in host else host
    netloc = place if port is None else f"{place}:{port}"
    return urlunsplit((parts.scheme, netloc, parts.path.rstrip("/"), "", ""))


def flat(params: Mapping[str, Any]) -> dict[str, str]:
    """Parameters as WordPress reads them: lists joined by commas (of `include=1&include=2` PHP keeps the
    last), booleans as true and false, times as UTC without a Z; None is left out.

    The Z must be missing, and `dates_are_gmt` stand beside: WP_Date_Query makes of a time with an offset one of the
    site's own zone, and then it is compared with UTC all the same. In Tokyo nothing of the last nine hours was found.
    """
    return {name: _flat(value) for name, value in params.items() if value is not None}


def _flat(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ",".join(_flat(item) for item in value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return str(value)
