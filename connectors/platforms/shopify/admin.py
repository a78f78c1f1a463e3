"""A small client for the GraphQL Admin API: one shop and where its token comes from, both given; nothing global.

AdminError
├── NotReached     no answer, or one from something in between: try again later
├── Throttled      the shop's budget of query cost is used up: try again later
├── NotAllowed     the token isn't good (any more), or the app may not ask this
│   ├── GrantRefused   what was offered for a token isn't taken: a session token, a refresh token, a code
│   └── AppRefused     our client id or secret isn't taken, for any shop
└── QueryRefused   the query or its answer is wrong: trying again can't help

`tokens.py` raises the last but one and its two.
"""

import re
import time
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import requests

from connectors.live_tokens import FixedToken, TokenSource
from connectors.wire import load_json
from sequences.errors import BadDelivery, ComebackError

API_VERSION = "2026-10"
OPERATIONS = Path(__file__).parent / "operations"
_NAME = re.compile("[A-Za-z][A-Za-z0-9]*")


class AdminError(ComebackError):
    """The Admin API gave no usable answer."""


class NotReached(AdminError):
    """The Admin API wasn't reached, or is out of order."""

    permanent = False


class Throttled(AdminError):
    """The shop's query budget is used up. `seconds`: until it is restored."""

    permanent = False

    def __init__(self, message: str, seconds: float = 0.0) -> None:
        super().__init__(message)
        self.seconds = seconds


class NotAllowed(AdminError):
    """The token isn't good, or the app may not ask this."""


class GrantRefused(NotAllowed):
    """Shopify doesn't take what was offered for a token."""


class AppRefused(NotAllowed):
    """Shopify doesn't take our client id or secret: see COMEBACK_SHOPIFY_CLIENT_ID and its secret."""


class QueryRefused(AdminError):
    """The Admin API refused the query."""


@cache
def operation(name: str) -> str:
    """The text of `operations/<name>.graphql`."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"no operation can be called {name!r}")
    return (OPERATIONS / f"{name}.graphql").read_text("utf-8")


class AdminClient:
    """`base_url` is the shop's (`https://mugs.myshopify.com`), `token` its access token or where that comes from;
    `patience` is how many seconds, in all its runs together, it may wait for a throttled shop."""

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

    def run(self, operation_name: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The operation's `data`, whole: an answer with errors beside its data is an error. Raises
        AdminError. Only what wasn't carried out is repeated: a throttled call, and, once, one whose token was
        refused."""
        body = {
            "query": operation(operation_name),
            "operationName": operation_name,
            "variables": dict(variables),
        }
        while True:
            answer = self._post(body)
            if not _is_throttled(answer):
                return _data(answer)
            self._wait(answer)

    def _post(self, body: Mapping[str, Any]) -> dict[str, Any]:
        token = self._tokens.current()
        response = self._send(body, token)
        if _token_refused(response) and (other := self._tokens.renewed(token)) != token:
            response = self._send(body, other)
            if _token_refused(response):
                self._tokens.lost(other)
        _judge(response.status_code)
        try:
            answer: dict[str, Any] = load_json(response.content)
        except BadDelivery as e:
            raise NotReached(f"the Admin API's answer can't be read: {e}") from None
        return answer

    def _send(self, body: Mapping[str, Any], token: str) -> requests.Response:
        headers = {"X-Shopify-Access-Token": token, "Accept": "application/json"}
        try:  # a redirect would take the token along
            return self._session.post(self.url, json=body, headers=headers, allow_redirects=False)
        except requests.RequestException as e:
            raise NotReached(f"the Admin API wasn't reached ({type(e).__name__})") from e

    def _wait(self, answer: Mapping[str, Any]) -> None:
        seconds = _until_restored(answer)
        if seconds > self._patience:
            said = f"the shop's query budget is used up; it would take {seconds:.0f} s to restore"
            raise Throttled(said, seconds)
        self._patience -= seconds
        self._sleep(seconds)


def _token_refused(response: requests.Response) -> bool:
    """A token that isn't good (any more), or one that never ends where only others are taken any longer."""
    return response.status_code == 401 or (
        response.status_code == 403 and b"non-expiring" in response.content[:2000].lower()
    )


def _judge(status: int) -> None:
    if status in (401, 403):
        raise NotAllowed(f"the Admin API doesn't take our token (HTTP {status}): the shop must open the app")
    if status == 429 or status >= 500:
        raise NotReached(f"the Admin API is busy or out of order (HTTP {status})")
    if status != 200:  # 402 frozen, 404 no such shop, 423 locked; 3xx a shop that moved
        raise QueryRefused(f"the Admin API answered HTTP {status}")


def _errors(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    errors = answer.get("errors")
    if isinstance(errors, list):
        return [e if isinstance(e, dict) else {"message": str(e)} for e in errors]
    return [{"message": str(errors)}] if errors else []


def _code(error: Mapping[str, Any]) -> str:
    extensions = error.get("extensions")
    return str(extensions.get("code", "")) if isinstance(extensions, dict) else ""


def _is_throttled(answer: Mapping[str, Any]) -> bool:
    return any(_code(e) == "THROTTLED" for e in _errors(answer))


def _data(answer: Mapping[str, Any]) -> dict[str, Any]:
    errors = _errors(answer)
    if any(_code(e) == "ACCESS_DENIED" for e in errors):
        raise NotAllowed(f"the app may not ask this: {_said(errors)}")
    if errors:
        raise QueryRefused(f"the Admin API refused: {_said(errors)}")
    data = answer.get("data")
    if not isinstance(data, dict):
        raise QueryRefused("the Admin API's answer has no data")
    return data


def _said(errors: list[dict[str, Any]]) -> str:
    return "; ".join(str(e.get("message", "no reason given"))[:200] for e in errors[:3])


def _until_restored(answer: Mapping[str, Any]) -> float:
    """Seconds until the shop's bucket holds what the query asks for; at least one.

    shopify.dev/docs/api/usage/rate-limits: (requested - available) / restoreRate.
    """
    try:
        cost = answer["extensions"]["cost"]
        status = cost["throttleStatus"]
        lacking = float(cost["requestedQueryCost"]) - float(status["currentlyAvailable"])
        return max(1.0, lacking / float(status["restoreRate"]))
    except (KeyError, TypeError, ValueError, ZeroDivisionError, OverflowError):
        return 1.0
