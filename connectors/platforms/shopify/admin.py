"""A small client for the GraphQL Admin API: one shop and where its token comes from, both given; nothing global.

What it raises, and what an answer means, is in `answers.py`.
"""

import logging
import re
import threading
import time
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import requests

from connectors.live_tokens import FixedToken, TokenSource
from connectors.platforms.shopify.answers import (
    AdminError,
    AppRefused,
    GrantRefused,
    NotAllowed,
    NotApproved,
    NotReached,
    QueryRefused,
    Throttled,
    TooCostly,
    data_of,
    restored_in,
    token_refused,
)

__all__ = [
    "API_VERSION",
    "OPERATIONS",
    "AdminClient",
    "AdminError",
    "AppRefused",
    "GrantRefused",
    "NotAllowed",
    "NotApproved",
    "NotReached",
    "QueryRefused",
    "Throttled",
    "TooCostly",
    "operation",
]

API_VERSION = "2026-10"
OPERATIONS = Path(__file__).parent / "operations"
LONGEST_ANSWER = 10.0
"""Seconds: as `connectors.http.session` waits for one."""
log = logging.getLogger(__name__)
_NAME = re.compile("[A-Za-z][A-Za-z0-9]*")


@cache
def operation(name: str) -> str:
    """The text of `operations/<name>.graphql`."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"no operation can be called {name!r}")
    return (OPERATIONS / f"{name}.graphql").read_text("utf-8")


class AdminClient:
    """`base_url` is the shop's (`https://mugs.myshopify.com`), `token` its access token or where that comes from;
    `patience` is how many seconds, in all its runs together, it may wait for a throttled shop. For use by several
    threads at a time if each run is given its end."""

    def __init__(
        self,
        base_url: str,
        token: str | TokenSource,
        session: requests.Session,
        *,
        patience: float = 8.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = f"{base_url.rstrip('/')}/admin/api/{API_VERSION}/graphql.json"
        self._tokens = FixedToken(token) if isinstance(token, str) else token
        self._session = session
        self._patience = patience
        self._sleep = sleep
        self._heard: requests.Response | None = None

    def run(
        self, operation_name: str, variables: Mapping[str, Any], until: float | None = None
    ) -> dict[str, Any]:
        """The operation's `data`, whole: an answer with errors beside its data is an error. Raises AdminError.

        Only what wasn't carried out is repeated: a throttled call, and, once, one whose token was refused.
        `until`: when it must be over, by `time.monotonic`; then a throttled shop is waited for until then.
        """
        body = {
            "query": operation(operation_name),
            "operationName": operation_name,
            "variables": dict(variables),
        }
        while True:
            try:
                return data_of(self._post(body, until))
            except Throttled as e:
                self._wait(e, until)

    def rest(self, share: float) -> float:
        """How many seconds to leave the shop alone until this share of its budget is there again, by what its last
        answer said."""
        return 0.0 if self._heard is None else restored_in(self._heard, share)

    def _post(self, body: Mapping[str, Any], until: float | None) -> requests.Response:
        token = self._tokens.current()
        response = self._send(body, token, until)
        if token_refused(response) and (other := self._tokens.renewed(token)) != token:
            response = self._send(body, other, until)
            if token_refused(response):
                self._tokens.lost(other)
        _notice(API_VERSION, response.headers.get("X-Shopify-API-Version"))
        self._heard = response
        return response

    def _send(self, body: Mapping[str, Any], token: str, until: float | None) -> requests.Response:
        headers = {"X-Shopify-Access-Token": token, "Accept": "application/json"}
        left = LONGEST_ANSWER if until is None else until - time.monotonic()
        if left <= 0:
            raise NotReached("no time was left to ask the Admin API")
        try:  # a redirect would take the token along
            return self._session.post(
                self.url,
                json=body,
                headers=headers,
                allow_redirects=False,
                timeout=left if left < LONGEST_ANSWER else None,
            )
        except requests.RequestException as e:
            raise NotReached(f"the Admin API wasn't reached ({type(e).__name__})") from e

    def _wait(self, throttled: Throttled, until: float | None) -> None:
        left = self._patience if until is None else until - time.monotonic()
        if throttled.seconds > left:
            raise throttled
        if until is None:
            self._patience -= throttled.seconds
        self._sleep(throttled.seconds)


_noticed = set[tuple[str, str]]()
_noticing = threading.Lock()


def _notice(asked: str, served: str | None) -> None:
    """Say, once per process, that a version is no longer served: Shopify then answers as the oldest that is.

    shopify.dev/docs/api/usage/versioning: calls to an unsupported version fall forward.
    """
    if served is None or served == asked:
        return
    with _noticing:
        if (asked, served) in _noticed:
            return
        _noticed.add((asked, served))
    log.warning(
        "Shopify answers as of its version %s, not %s: it may mean other things; update Comeback",
        served[:20],
        asked,
    )
