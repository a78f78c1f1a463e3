"""Tokens of one pretend store: session tokens, access tokens that end, refresh tokens that are used up.

Rules: shopify.dev/docs/apps/build/authentication-authorization (token exchange, offline access tokens, session tokens).
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox.shopify import session_tokens
from sandbox.world import World

Json = dict[str, Any]
URN = "urn:ietf:params:oauth:"
OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token"
ID_TOKEN = f"{URN}token-type:id_token"
RETRY_LASTS = timedelta(days=30)  # of a refresh token whose successor nobody used
MIGRATION_LASTS = timedelta(days=7)  # of a migration that is asked for again
NO_LONGER = "[API] Non-expiring access tokens are no longer accepted for the Admin API."
UNRECOGNIZED = "[API] Invalid API key or access token (unrecognized login or wrong password)"


class Refused(Exception):
    """Answered with a status and OAuth's `error`."""

    def __init__(self, error: str, status: int = 400) -> None:
        super().__init__(error)
        self.error, self.status = error, status


@dataclass(repr=False)
class Desk:
    """Hands out one store's tokens. Every caller holds the world's lock.

    `fixed`: a token that never ends, given when the shop was opened. `ends`: the others and when they do. `newest`:
    the refresh token that counts; `before`: the one whose successor that is.
    """

    world: World
    domain: str
    fixed: str = ""
    installed: bool = True
    client_id: str = ""
    client_secret: str = ""
    scopes: tuple[str, ...] = ()
    ends: dict[str, datetime] = field(default_factory=dict)
    newest: str = ""
    newest_ends: datetime | None = None
    before: str = ""
    before_ends: datetime | None = None
    migrated: datetime | None = None
    codes: dict[str, datetime] = field(default_factory=dict)
    left_at: datetime | None = None  # when the app was uninstalled, if it is
    made: int = 0  # refreshes that were done

    def refusal(self, token: str | None) -> tuple[int, str] | None:
        """Why the Admin API doesn't take this access token; None if it does."""
        if not self.installed or not token:
            return 401, UNRECOGNIZED
        if token == self.fixed and not self.migrated:
            return (403, NO_LONGER) if self.world.faults.expiring_only else None
        ends = self.ends.get(token)
        return None if ends is not None and self.world.clock.now() < ends else (401, UNRECOGNIZED)

    def answer(self, asked: Mapping[str, Any]) -> Json:
        """One POST to /admin/oauth/access_token. Raises Refused."""
        if asked.get("client_id") != self.client_id or asked.get("client_secret") != self.client_secret:
            raise Refused("invalid_client", 401)
        if not self.installed:
            raise Refused("application_not_installed", 401)
        ways: dict[object, Callable[[Mapping[str, Any]], Json]] = {
            f"{URN}grant-type:token-exchange": self._exchange,
            "refresh_token": self._refresh,
            None: self._redeem,
        }
        way = ways.get(asked.get("grant_type"))
        if way is None:
            raise Refused("unsupported_grant_type")
        return way(asked)

    def install(self) -> None:
        """The merchant agreed, or opened the app."""
        self.installed, self.left_at = True, None

    def revoke(self) -> None:
        """The app was uninstalled: nothing it holds is good any more."""
        if self.installed:
            self.left_at = self.world.clock.now()
        self.installed, self.fixed, self.newest, self.before = False, "", "", ""
        self.ends.clear()
        self.codes.clear()

    def code(self) -> str:
        """The code of an authorization, good once and for a minute."""
        code = secrets.token_hex(16)
        self.codes[code] = self.world.clock.now() + timedelta(minutes=1)
        return code

    # -- the ways to a token

    def _exchange(self, asked: Mapping[str, Any]) -> Json:
        kind, subject = asked.get("subject_token_type"), str(asked.get("subject_token") or "")
        if asked.get("requested_token_type") != OFFLINE:
            raise Refused("invalid_requested_token_type")
        if kind == OFFLINE:
            return self._migrate(subject)
        shop, app = self.domain, self.client_id
        if kind != ID_TOKEN or not session_tokens.good(
            subject, app, self.client_secret, shop, self.world.clock.now()
        ):
            raise Refused("invalid_subject_token")
        return self._given(asked.get("expiring"))

    def _migrate(self, token: str) -> Json:
        now = self.world.clock.now()
        if not token or token != self.fixed or (self.migrated and now >= self.migrated + MIGRATION_LASTS):
            raise Refused("invalid_subject_token")
        self.migrated = self.migrated or now
        return self._pair()

    def _redeem(self, asked: Mapping[str, Any]) -> Json:
        ends = self.codes.pop(str(asked.get("code")), None)
        if ends is None or self.world.clock.now() >= ends:
            raise Refused("invalid_request")
        return self._given(asked.get("expiring"))

    def _given(self, expiring: object) -> Json:
        if str(expiring) == "1":
            return self._pair()
        self.fixed, self.migrated = f"shpat_{secrets.token_hex(16)}", None
        return {"access_token": self.fixed, "scope": ",".join(self.scopes)}

    def _refresh(self, asked: Mapping[str, Any]) -> Json:
        """The newest, or the one before it as long as nobody used the newest."""
        given, now = str(asked.get("refresh_token") or ""), self.world.clock.now()
        known = {self.newest: self.newest_ends, self.before: self.before_ends}
        ends = known.get(given) if given else None
        if ends is None or now >= ends:
            raise Refused("invalid_grant")
        self.made += 1
        if given == self.newest:
            self.before, self.before_ends = given, min(ends, now + RETRY_LASTS)
        return self._pair(retired=False)

    def _pair(self, retired: bool = True) -> Json:
        """A new pair. The older access tokens live out their time; a new grant ends every older refresh token."""
        faults, now = self.world.faults, self.world.clock.now()
        if retired:
            self.before, self.before_ends = "", None
        access, self.newest = f"shpat_{secrets.token_hex(16)}", f"shprt_{secrets.token_hex(16)}"
        self.ends = {token: ends for token, ends in self.ends.items() if ends > now}
        self.ends[access] = now + timedelta(seconds=faults.access_token_seconds)
        self.newest_ends = now + timedelta(seconds=faults.refresh_token_seconds)
        lasts = {} if faults.token_no_expiry else {"expires_in": int(faults.access_token_seconds)}
        return {
            "access_token": access,
            "scope": ",".join(self.scopes),
            **lasts,
            "refresh_token": self.newest,
            "refresh_token_expires_in": int(faults.refresh_token_seconds),
        }
