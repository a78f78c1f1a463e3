"""Telling Shopify what a merchant used, for its billing: one event for each text.

`POST /app/unstable/events`, in the version that Shopify's pages on billing name (shopify.dev/docs/api/app-events,
shopify.dev/docs/apps/launch/billing/shopify-app-pricing/subscription-billing/setup-usage-charges). 202 means that
Shopify has it, not that it is charged: what is wrong with a charge appears in the Dev Dashboard alone. The same key
isn't counted twice: Shopify's reference says "within 24 hours", and in one place "permanently" for billing; only the
former is relied on.

The event holds nothing about a person: which shop, when, how much, and a key that means something to nobody else.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import requests

from connectors.http import NotReached
from connectors.platforms.shopify.app_tokens import AppTokens, NoToken
from connectors.platforms.shopify.tokens import App
from connectors.wire import load_json
from sequences.errors import BadDelivery

VERSION = "unstable"
LONGEST_WAIT = 3600.0
_SECONDS = re.compile("[0-9]{1,9}")
_UNSAYABLE = re.compile(r"[^\x20-\x7e]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What was used. `shop_id`: gid://shopify/Shop/1. `handle`: of the meter. `at`: when, aware. `key`: at most 64
    characters, the same however often it is told. `value`: above 0."""

    shop_id: str
    handle: str
    at: datetime
    key: str
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What became of telling it.

    `told`: Shopify has it. `refused`: Shopify, in its own words, doesn't take it and won't. `later`: try again, after
    `retry_after` seconds if it said; `doubtful`: it may have it all the same.
    """

    kind: Literal["told", "later", "refused"]
    detail: str = ""
    retry_after: float | None = None
    doubtful: bool = False


class UsageClient:
    """One for each process; safe for threads. `base_url`: https://api.shopify.com."""

    def __init__(self, base_url: str, app: App, session: requests.Session) -> None:
        self._url = f"{base_url.rstrip('/')}/app/{VERSION}/events"
        self._tokens = AppTokens(base_url, app, session)
        self._session = session

    def report(self, usage: Usage, now: datetime) -> Reported:
        """Tell it. `now`: for the token, which ends. Raises nothing for what Shopify or the network does."""
        try:
            token = self._tokens.current(now)
            response = self._send(usage, token)
            if response.status_code == 401:
                response = self._send(usage, self._tokens.current(now, refused=token))
        except NoToken as e:
            return Reported(kind="later", detail=str(e))
        except NotReached:
            return Reported(kind="later", detail="Shopify wasn't reached")
        except requests.RequestException as e:
            return Reported(kind="later", detail=f"no answer ({type(e).__name__})", doubtful=True)
        return _read(response)

    def _send(self, usage: Usage, token: str) -> requests.Response:
        at = usage.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        body = {
            "shop_id": usage.shop_id,
            "event_handle": usage.handle,
            "timestamp": at,
            "idempotency_key": usage.key,
            "attributes": {"value": usage.value},
        }
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        return self._session.post(self._url, json=body, headers=headers, allow_redirects=False)


def _read(response: requests.Response) -> Reported:
    """Only Shopify's own words say no for good: whatever stands in between may answer 403, too."""
    status, said = response.status_code, _object(response.content)
    no = _refusal(said)
    if 200 <= status < 300:
        if no:
            return Reported(kind="refused", detail=no)
        if status == 202 or said.get("success") is True:
            return Reported(kind="told")
        return Reported(kind="later", detail=f"an answer that says nothing (HTTP {status})", doubtful=True)
    if status == 409:  # "a request with the same idempotency_key is still being processed"
        return Reported(kind="later", detail="Shopify is at it already (HTTP 409)", doubtful=True)
    if status == 429:
        wait = _retry_after(response.headers.get("Retry-After", ""))
        return Reported(kind="later", detail="too many at once (HTTP 429)", retry_after=wait)
    if status >= 500:
        return Reported(kind="later", detail=f"Shopify is out of order (HTTP {status})", doubtful=True)
    if status == 401:
        return Reported(kind="later", detail="Shopify doesn't take the token that it just gave (HTTP 401)")
    if no and status >= 400:
        return Reported(kind="refused", detail=f"{no} (HTTP {status})")
    return Reported(kind="later", detail=f"an answer that isn't Shopify's own (HTTP {status})")


def _object(body: bytes) -> dict[str, Any]:
    try:
        said: dict[str, Any] = load_json(body)
    except BadDelivery:
        return {}
    return said


def _refusal(said: dict[str, Any]) -> str:
    """`{"success": false, "error": "Invalid request", "errors": [{"field": …, "code": …}]}` in one line; '' for
    anything else."""
    if said.get("success") is not False:
        return ""
    errors = said.get("errors")
    which = [_which(error) for error in errors[:3]] if isinstance(errors, list) else []
    words = ", ".join([str(said.get("error") or "no reason given"), *filter(None, which)])
    return _UNSAYABLE.sub("?", words)[:200]


def _which(error: object) -> str:
    if not isinstance(error, dict):
        return ""
    return " ".join(str(error[name]) for name in ("field", "code") if isinstance(error.get(name), str))


def _retry_after(header: str) -> float | None:
    return min(float(header), LONGEST_WAIT) if _SECONDS.fullmatch(header) else None
