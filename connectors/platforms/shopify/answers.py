"""What an answer of the Admin API means: its data, or an error that says what to do.

AdminError
├── NotReached     no answer, or one from something in between: try again later
├── Throttled      the shop's budget of query cost, or Shopify's patience, is used up: try again later
├── NotAllowed     the token isn't good (any more), or the app may not ask this
│   ├── NotApproved    Shopify hasn't let the app have protected customer data
│   ├── GrantRefused   what was offered for a token isn't taken: a session token, a refresh token, a code
│   └── AppRefused     our client id or secret isn't taken, for any shop
└── QueryRefused   the query or its answer is wrong: trying again can't help
    └── TooCostly      it asks for more than Shopify answers at once

`tokens.py` raises the last two of `NotAllowed`.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import requests

from connectors.wire import load_json
from sequences.errors import BadDelivery, ComebackError

Values = Mapping[str, Any]
LEAST_WAIT = 1.0


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


class NotApproved(NotAllowed):
    """Shopify hasn't approved the app for protected customer data."""


class GrantRefused(NotAllowed):
    """Shopify doesn't take what was offered for a token."""


class AppRefused(NotAllowed):
    """Shopify doesn't take our client id or secret: see COMEBACK_SHOPIFY_CLIENT_ID and its secret."""


class QueryRefused(AdminError):
    """The Admin API refused the query."""


class TooCostly(QueryRefused):
    """The query asks for more than Shopify answers at once."""


def token_refused(response: requests.Response) -> bool:
    """A token that isn't good (any more), or one that never ends where only others are taken any longer."""
    return response.status_code == 401 or (
        response.status_code == 403 and b"non-expiring" in response.content[:2000].lower()
    )


def data_of(response: requests.Response) -> dict[str, Any]:
    """The data, whole: with errors beside them they are none. Raises AdminError."""
    _judge(response)
    try:
        answer: dict[str, Any] = load_json(response.content)
    except BadDelivery as e:
        raise NotReached(f"the Admin API's answer can't be read: {e}") from None
    if errors := _errors(answer):
        raise _meaning(errors, answer)
    data = answer.get("data")
    if not isinstance(data, dict):
        raise QueryRefused("the Admin API's answer has no data")
    return data


def restored_in(response: requests.Response, share: float) -> float:
    """Seconds until this share of the shop's bucket is full, as the answer tells of it; 0.0 if it doesn't."""
    try:
        status = load_json(response.content)["extensions"]["cost"]["throttleStatus"]
        lacking = share * float(status["maximumAvailable"]) - float(status["currentlyAvailable"])
        return max(0.0, lacking / float(status["restoreRate"]))
    except (BadDelivery, KeyError, TypeError, ValueError, ZeroDivisionError, OverflowError):
        return 0.0


def _judge(response: requests.Response) -> None:
    status = response.status_code
    if status in (401, 403):
        raise NotAllowed(f"the Admin API doesn't take our token (HTTP {status}): the shop must open the app")
    if status == 429 and (seconds := _retry_after(response)) is not None:
        raise Throttled(f"the Admin API is busy; it asks to wait {seconds:.0f} s (HTTP 429)", seconds)
    if status == 429 or status >= 500:
        raise NotReached(f"the Admin API is busy or out of order (HTTP {status})")
    if status != 200:  # 402 frozen, 404 no such shop, 423 locked; 3xx a shop that moved
        raise QueryRefused(f"the Admin API answered HTTP {status}")


def _retry_after(response: requests.Response) -> float | None:
    """Shopify says it in seconds, with a fraction: shopify.dev/docs/api/usage/rate-limits."""
    try:
        seconds = float(response.headers["Retry-After"])
    except (KeyError, ValueError):
        return None
    return max(LEAST_WAIT, seconds) if math.isfinite(seconds) else None


def _errors(answer: Values) -> list[Values]:
    errors = answer.get("errors")
    if isinstance(errors, list):
        return [e if isinstance(e, dict) else {"message": str(e)} for e in errors]
    return [{"message": str(errors)}] if errors else []


def _meaning(errors: Sequence[Values], answer: Values) -> AdminError:
    codes, said = {_code(e) for e in errors}, _said(errors)
    if "THROTTLED" in codes:
        seconds = _until_restored(answer)
        return Throttled(
            f"the shop's query budget is used up; it would take {seconds:.0f} s to restore", seconds
        )
    if any(_wants_approval(e) for e in errors):
        return NotApproved(
            f"Shopify hasn't approved the app for protected customer data: {said.rstrip('.')}. Ask for it in the"
            " Dev Dashboard, at the app's API access requests: phone, e-mail, name and address"
            " (shopify.dev/docs/apps/launch/protected-customer-data)"
        )
    if "ACCESS_DENIED" in codes:
        return NotAllowed(
            f"the app may not ask this: {said}. Open the app in the shop, to agree to what it needs"
        )
    if "MAX_COST_EXCEEDED" in codes:
        return TooCostly(f"the query asks for too much at once: {said}")
    return QueryRefused(f"the Admin API refused: {said}")


def _wants_approval(error: Values) -> bool:
    """ "This app is not approved to access the Customer object. See …/protected-customer-data …"; the code beside it
    is the one that a missing scope has too."""
    message = str(error.get("message", "")).lower()
    return "not approved to" in message or "protected-customer-data" in message


def _code(error: Values) -> str:
    extensions = error.get("extensions")
    return str(extensions.get("code", "")) if isinstance(extensions, dict) else ""


def _said(errors: Sequence[Values]) -> str:
    return "; ".join(str(e.get("message", "no reason given"))[:200] for e in errors[:3])


def _until_restored(answer: Values) -> float:
    """Seconds until the shop's bucket holds what the query asks for; at least one.

    shopify.dev/docs/api/usage/rate-limits: (requested - available) / restoreRate.
    """
    try:
        cost = answer["extensions"]["cost"]
        status = cost["throttleStatus"]
        lacking = float(cost["requestedQueryCost"]) - float(status["currentlyAvailable"])
        return max(LEAST_WAIT, lacking / float(status["restoreRate"]))
    except (KeyError, TypeError, ValueError, ZeroDivisionError, OverflowError):
        return LEAST_WAIT
