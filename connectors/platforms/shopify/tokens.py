"""Getting an app's access token for one shop, and a new one before it ends.

An offline token lasts an hour, its refresh token ninety days; each refresh gives a new pair. Of one app and shop only
the newest refresh token counts, but the one before it may be offered again until its successor was used: an answer
that was lost on the way isn't the end.
shopify.dev/docs/apps/build/authentication-authorization/access-tokens (token-exchange, offline access tokens).

Raises `admin.AdminError`: NotReached, GrantRefused, AppRefused, QueryRefused.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import requests

from connectors.platforms.shopify.admin import AppRefused, GrantRefused, NotReached, QueryRefused
from connectors.wire import Text, Wire, load_json
from sequences.errors import BadDelivery

ACCESS_LASTS = timedelta(hours=1)
REFRESH_LASTS = timedelta(days=90)
LONGEST = timedelta(days=400)  # whatever an answer says
URN = "urn:ietf:params:oauth:"
OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token"
OURS = ("invalid_client", "unauthorized_client", "application_cannot_be_found")
_CODE = re.compile("[a-z_]{1,60}")
_TOKEN = re.compile(r"[\x21-\x7e]{1,1000}")  # it becomes a header


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What a shop gave us. `expires_at`, `refresh_expires_at`: None for a token that doesn't end."""

    access: str = field(repr=False)
    refresh: str = field(default="", repr=False)
    scopes: tuple[str, ...] = ()
    expires_at: datetime | None = None
    refresh_expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """Who we are to Shopify."""

    client_id: str
    client_secret: str = field(repr=False)


class _Answer(Wire):
    access_token = Text(required=True, longest=1000)
    refresh_token = Text(longest=1000)
    scope = Text(longest=4000)


class _Refusal(Wire):
    error = Text(required=True)


ANSWER, REFUSAL = _Answer(), _Refusal()


class TokenClient:
    """`base_url`: the shop's (`https://mugs.myshopify.com`). `now`, always: the time before the call, so that a token
    is never thought to last longer than it does."""

    def __init__(self, base_url: str, app: App, session: requests.Session) -> None:
        self._url = f"{base_url.rstrip('/')}/admin/oauth/access_token"
        self._app, self._session = app, session

    def exchange(self, session_token: str, now: datetime) -> Tokens:
        """A token for a session token. Ends the refresh token that the shop gave before."""
        return self._exchange(session_token, f"{URN}token-type:id_token", now)

    def migrate(self, access_token: str, now: datetime) -> Tokens:
        """A token that ends for one that doesn't. There is no way back; may be repeated for seven days."""
        return self._exchange(access_token, OFFLINE, now)

    def redeem(self, code: str, now: datetime) -> Tokens:
        """A token for the code of an authorization."""
        return _read(self._ask({"code": code, "expiring": "1"}), now)

    def refresh(self, refresh_token: str, now: datetime) -> Tokens:
        """The next pair. An answer that doesn't say how long it lasts must not end refreshing for good (as
        github.com/Shopify/shopify-app-js issue 3400 has it), nor may one without a new refresh token."""
        answer = self._ask({"grant_type": "refresh_token", "refresh_token": refresh_token})
        return _read({"refresh_token": refresh_token, **{k: v for k, v in answer.items() if v}}, now)

    def _exchange(self, subject: str, kind: str, now: datetime) -> Tokens:
        asked = {
            "grant_type": f"{URN}grant-type:token-exchange",
            "subject_token": subject,
            "subject_token_type": kind,
            "requested_token_type": OFFLINE,
            "expiring": "1",
        }
        return _read(self._ask(asked), now)

    def _ask(self, asked: Mapping[str, str]) -> dict[str, Any]:
        app = {"client_id": self._app.client_id, "client_secret": self._app.client_secret}
        try:  # a redirect would take all of this along
            response = self._session.post(
                self._url,
                json={**app, **asked},
                headers={"Accept": "application/json"},
                allow_redirects=False,
            )
        except requests.RequestException as e:
            raise NotReached(f"Shopify wasn't reached for a token ({type(e).__name__})") from e
        if response.status_code != 200:
            _refuse(response)
        try:
            answer: dict[str, Any] = load_json(response.content)
        except BadDelivery as e:
            raise NotReached(f"Shopify's answer with a token can't be read: {e}") from None
        return answer


def _refuse(response: requests.Response) -> None:
    """Raises what the answer means. Only Shopify's own words say that a grant is refused: whatever stands in between
    may answer 403 too, and for that no shop has to be installed anew."""
    status = response.status_code
    if status == 429 or status >= 500:
        raise NotReached(f"Shopify has no token for us now (HTTP {status})")
    try:
        said = REFUSAL.read(load_json(response.content))["error"]
    except BadDelivery:
        raise QueryRefused(f"Shopify gave no token (HTTP {status})") from None
    code = said if _CODE.fullmatch(said) else f"HTTP {status}"
    if code in OURS:
        raise AppRefused(
            f"Shopify doesn't know this app ({code}): check COMEBACK_SHOPIFY_CLIENT_ID and _SECRET"
        )
    raise GrantRefused(f"Shopify gives no token for this ({code})")


def _read(answer: Mapping[str, Any], now: datetime) -> Tokens:
    try:
        values = ANSWER.read(dict(answer))
    except BadDelivery as e:
        raise NotReached(f"Shopify's answer with a token can't be read: {e}") from None
    access, refresh = values["access_token"], values["refresh_token"]
    if not _TOKEN.fullmatch(access) or (refresh and not _TOKEN.fullmatch(refresh)):
        raise NotReached("Shopify's answer holds no token that can be used")
    ends = bool(refresh) or answer.get("expires_in") is not None
    return Tokens(
        access=access,
        refresh=refresh,
        scopes=tuple(sorted(filter(None, re.split(r"[,\s]+", values["scope"])))),
        expires_at=now + _span(answer.get("expires_in"), ACCESS_LASTS) if ends else None,
        refresh_expires_at=now + _span(answer.get("refresh_token_expires_in"), REFRESH_LASTS)
        if refresh
        else None,
    )


def _span(given: object, usual: timedelta) -> timedelta:
    """Seconds as Shopify gives them; what makes no sense is what is usual."""
    if isinstance(given, str) and re.fullmatch("[0-9]{1,9}", given):
        given = int(given)
    if not isinstance(given, int) or isinstance(given, bool) or given <= 0:
        return usual
    return min(timedelta(seconds=min(given, 10**9)), LONGEST)
