"""The JWT that opens Vonage's door, signed once for many texts: one signature costs about 50 ms."""

import time
from collections.abc import Callable
from threading import Lock

from jwt.exceptions import PyJWTError
from vonage_jwt import JwtClient, VonageJwtError

from connectors.channels.vonage_sms.account import BadCredentials

LIFETIME = 15 * 60  # seconds; what Vonage's own JwtClient gives
RENEW_BEFORE = 60  # seconds; more than a request can take, so no token expires on its way


class Tokens:
    """Hands out one token until shortly before it expires. For many threads."""

    def __init__(self, application_id: str, private_key: str, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = Lock()
        self._token, self._issued = "", 0
        try:
            self._client = JwtClient(application_id, private_key)
            self.current()
        except (VonageJwtError, PyJWTError, ValueError, TypeError) as e:
            raise BadCredentials(
                f"private_key can't sign ({type(e).__name__}). Paste the whole key as Vonage gave it."
            ) from None

    def current(self) -> str:
        """A token that is good for another minute at least."""
        with self._lock:
            now = int(self._clock())
            if not self._token or not self._issued <= now < self._issued + LIFETIME - RENEW_BEFORE:
                claims = {"iat": now, "exp": now + LIFETIME}
                self._token = self._client.generate_application_jwt(claims).decode("ascii")
                self._issued = now
            return self._token
