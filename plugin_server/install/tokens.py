"""A shop's access token, fresh whenever it is needed, whoever else refreshes it at the same moment.

Refreshing locks the shop's row in `shop_tokens` and commits in a transaction of its own, never in the caller's: a
rollback there must not lose what Shopify has just given. Two who come at once: the second waits, finds another token
than the one it held, and takes that. Who dies between Shopify's answer and the commit leaves the refresh token that
Shopify takes again, since nobody used its successor.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection, text

from connectors.platforms.shopify.admin import AppRefused, GrantRefused, NotAllowed, NotReached, QueryRefused
from connectors.platforms.shopify.tokens import TokenClient, Tokens
from plugin_server.crypto import Vault
from plugin_server.store import tokens as store
from plugin_server.store.db import Database
from plugin_server.store.tokens import Kept
from sequences.cart import Shop
from sequences.ports import Clock

log = structlog.get_logger()
SKEW = timedelta(seconds=300)
"""How long before its end a token is renewed: clocks differ, and a call takes its time."""
LOST = "the shop lets us in no more: somebody must open the app there"


@dataclass(frozen=True, slots=True)
class Keeper:
    """Everything it takes to keep shops' tokens. `client`: the way to one shop's token endpoint."""

    db: Database
    vault: Vault = field(repr=False)
    clock: Clock
    client: Callable[[Shop], TokenClient]

    def kept(self, shop: Shop) -> Kept | None:
        with self.db.shop(shop.id) as c:
            return store.read(c, self.vault, shop.id)

    def of(self, shop: Shop, fixed: str = "") -> "ShopTokens":
        """`fixed`: the token that the shop was installed with, if it has one that doesn't end."""
        return ShopTokens(self, shop, fixed)

    def rotate(self, shop: Shop, held: str) -> str:
        """Another access token than `held`. Raises NotReached, NotAllowed, AppRefused.

        Committed when this returns. Whoever else wants one waits meanwhile, as long as a call may take.
        """
        return self._rotate(shop, held)

    def try_again(self, shop: Shop) -> None:
        """A shop that let us in no more: does it take its refresh token, after all? Raises as `rotate` does."""
        self._rotate(shop, None)

    def _rotate(self, shop: Shop, held: str | None) -> str:
        """`held`: None if the shop is thought to be lost."""
        now = self.clock.now()
        with self.db.shop(shop.id) as c:
            kept = store.read(c, self.vault, shop.id, lock=True)
            if kept is None or (held is not None and not kept.good):
                raise NotAllowed(LOST)
            if kept.good and kept.tokens.access != held:  # somebody else was faster
                return kept.tokens.access
            given, problem = self._next(shop, kept, now)
            if given is None:
                store.lose(c, shop.id, str(problem), for_good=True)
            else:
                store.write(c, self.vault, shop.id, given, now, before=kept.tokens.refresh)
        if given is None:
            log.error("a shop lets us in no more", shop=shop.id, why=str(problem))
            raise NotAllowed(LOST)
        return given.access

    def _next(self, shop: Shop, kept: Kept, now: datetime) -> tuple[Tokens | None, Exception | None]:
        """The next pair, by the refresh token, the one before it, or by moving on from a token that never ended."""
        client, problem = self.client(shop), None
        for refresh in dict.fromkeys(filter(None, (kept.tokens.refresh, kept.before))):
            try:
                return client.refresh(refresh, now), None
            except GrantRefused as error:
                problem = problem or error
        if kept.tokens.refresh:
            return None, problem
        try:
            return client.migrate(kept.tokens.access, now), None
        except GrantRefused as error:
            return None, error

    def adopt(self, shop: Shop, fixed: str) -> str:
        """A token that ends for one that doesn't, which Shopify takes no longer. Raises as `rotate` does."""
        with self.db.shop(shop.id) as c:
            lock_shop(c, shop.domain)
            if store.read(c, self.vault, shop.id) is None:
                given = self.client(shop).migrate(fixed, self.clock.now())
                store.write(c, self.vault, shop.id, given, self.clock.now())
                return given.access
        return self.rotate(shop, fixed)

    def lose(self, shop: Shop, refused: str) -> None:
        """Even a new token was refused; unless there is a newer one still."""
        with self.db.shop(shop.id) as c:
            kept = store.read(c, self.vault, shop.id, lock=True)
            if kept is not None and kept.good and kept.tokens.access == refused:
                store.lose(c, shop.id, "the shop refused a token that it had just given")
                log.error("a shop lets us in no more", shop=shop.id, why="a new token was refused")


@dataclass(frozen=True, slots=True)
class ShopTokens:
    """One shop's `connectors.live_tokens.TokenSource`."""

    keeper: Keeper
    shop: Shop
    fixed: str = field(default="", repr=False)

    def current(self) -> str:
        """The stored token if it lasts a while yet, else a new one; as long as Shopify can't be reached, one that is
        about to end is still good."""
        kept = self.keeper.kept(self.shop)
        if kept is None:
            if not self.fixed:
                raise NotAllowed("there is no access token: the shop must open the app")
            return self.fixed
        if not kept.good:
            raise NotAllowed(LOST)
        ends = kept.tokens.expires_at
        if ends is None or self.keeper.clock.now() < ends - SKEW:
            return kept.tokens.access
        try:
            return self.keeper.rotate(self.shop, kept.tokens.access)
        except (NotReached, AppRefused, QueryRefused) as error:
            if self.keeper.clock.now() >= ends:
                raise
            log.warning("a token can't be refreshed yet", shop=self.shop.id, why=str(error))
            return kept.tokens.access

    def renewed(self, refused: str) -> str:
        if self.keeper.kept(self.shop) is not None:
            return self.keeper.rotate(self.shop, refused)
        try:
            return self.keeper.adopt(self.shop, refused)
        except (GrantRefused, AppRefused):
            return refused

    def lost(self, refused: str) -> None:
        self.keeper.lose(self.shop, refused)


def lock_shop(c: Connection, domain: str) -> None:
    """Nobody else brings this shop in until the transaction ends: of two exchanges only the later token lasts."""
    c.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('install ' || :domain, 0))"), {"domain": domain}
    )


def nobody_installs(c: Connection, domain: str) -> bool:
    """False while somebody brings this shop in; if True, nobody does until the transaction ends. Never waits."""
    sql = "SELECT pg_try_advisory_xact_lock(hashtextextended('install ' || :domain, 0))"
    return bool(c.execute(text(sql), {"domain": domain}).scalar_one())
