"""The app's own token, for what isn't one shop's: Shopify gives it for the app's id and secret, and it lasts an hour.

shopify.dev/docs/api/app-events (authentication).
"""

import re
import threading
from datetime import datetime, timedelta
from typing import Any

import requests

from connectors.platforms.shopify.tokens import App
from connectors.wire import Text, Wire, load_json
from sequences.errors import BadDelivery, ComebackError

LASTS = timedelta(hours=1)  # where an answer doesn't say
LONGEST = timedelta(days=1)  # whatever an answer says
BEFORE_ITS_END = timedelta(minutes=5)
_TOKEN = re.compile(r"[\x21-\x7e]{1,4000}")  # it becomes a header


class NoToken(ComebackError):
    """Shopify gave no token for the app."""

    permanent = False


class _Answer(Wire):
    access_token = Text(required=True, longest=4000)


ANSWER = _Answer()


class AppTokens:
    """Keeps the token of one process until shortly before its end. `base_url`: https://api.shopify.com."""

    def __init__(self, base_url: str, app: App, session: requests.Session) -> None:
        self._url = f"{base_url.rstrip('/')}/auth/access_token"
        self._app, self._session = app, session
        self._lock = threading.Lock()
        self._kept: tuple[str, datetime] | None = None

    def current(self, now: datetime, refused: str = "") -> str:
        """A token that is good for a while yet, and isn't the one that was `refused`. Raises NoToken. Whoever needs
        one meanwhile waits: one is asked for at a time."""
        with self._lock:
            kept = self._kept
            if kept is None or kept[0] == refused or now >= kept[1]:
                self._kept = None
                self._kept = kept = self._ask(now)
            return kept[0]

    def _ask(self, now: datetime) -> tuple[str, datetime]:
        asked = {
            "client_id": self._app.client_id,
            "client_secret": self._app.client_secret,
            "grant_type": "client_credentials",
        }
        try:  # a redirect would take the secret along
            response = self._session.post(self._url, json=asked, allow_redirects=False)
        except requests.RequestException as e:
            raise NoToken(f"Shopify wasn't reached for the app's token ({type(e).__name__})") from e
        if response.status_code in (400, 401, 403):
            raise NoToken(
                f"Shopify gives this app no token (HTTP {response.status_code}): check"
                " COMEBACK_SHOPIFY_CLIENT_ID and _SECRET"
            )
        if response.status_code != 200:
            raise NoToken(f"Shopify has no token for the app now (HTTP {response.status_code})")
        return _read(response.content, now)


def _read(body: bytes, now: datetime) -> tuple[str, datetime]:
    try:
        answer: dict[str, Any] = load_json(body)
        token = ANSWER.read(answer)["access_token"]
    except BadDelivery:
        raise NoToken("Shopify's answer with the app's token can't be read") from None
    if not _TOKEN.fullmatch(token):
        raise NoToken("Shopify's answer holds no token that can be used")
    lasts = _span(answer.get("expires_in"))
    return token, now + lasts - min(BEFORE_ITS_END, lasts / 2)


def _span(given: object) -> timedelta:
    """Seconds as Shopify gives them; what makes no sense, or is missing, is what is usual."""
    if not isinstance(given, int) or isinstance(given, bool) or given <= 0:
        return LASTS
    return min(timedelta(seconds=min(given, 10**9)), LONGEST)
