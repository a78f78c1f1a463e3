"""Everything a process works with, put together in one place."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from compliance.errors import RulebookError
from compliance.rulebook import Rulebook, emergency
from compliance.rulebook import load as load_rulebook
from compliance.zones import assert_fresh_tzdata, use_pinned_tzdata
from connectors import registry
from connectors.delivery import CarrierDoor, Door, Platform
from connectors.live_tokens import LiveCredentials
from connectors.platforms.shopify import access
from connectors.platforms.shopify.tokens import App, TokenClient
from connectors.platforms.shopify.usage import UsageClient
from plugin_server.clocks import clock_for
from plugin_server.crypto import Vault
from plugin_server.install.tokens import Keeper
from plugin_server.setting import SettingsError
from plugin_server.settings import Settings
from plugin_server.store.db import Database
from plugin_server.store.shops import Installed
from plugin_server.store.tx import Secrets
from sequences.ports import Channel, Clock


@dataclass
class Machine:
    """One process's parts. Made after a fork; closed at its end."""

    settings: Settings
    db: Database
    redis_url: str
    secrets: Secrets
    clock: Clock
    rulebook: Rulebook

    def platform(self, name: str) -> Platform:
        return registry.platform(name)

    @property
    def carrier(self) -> CarrierDoor:
        return registry.channel(self.settings.channel)

    def door(self, source: str) -> Door:
        """Whoever brought a delivery: a platform or a channel. Raises UnknownConnector."""
        return registry.platform(source) if source in registry.platforms() else registry.channel(source)

    @cached_property
    def channel(self) -> Channel:
        """The process's sender: pooled, its token cached."""
        return self.carrier.channel(self.carrier_secrets)

    @cached_property
    def carrier_secrets(self) -> Mapping[str, str]:
        s = self.settings
        return {
            "api_key": s.vonage_api_key,
            "application_id": s.vonage_application_id,
            "private_key": s.vonage_private_key,
            "signature_secret": s.vonage_signature_secret,
            "base_url": s.vonage_url,
            "per_second": f"{s.vonage_per_second:g}",
            "pool": str(s.connections),
            "allow_private": "1" if s.sandbox else "",
        }

    def carrier_answers(self, words: str) -> bool:
        """Does the carrier itself reply to these words, so that we must not as well?"""
        return self.settings.stop_answered_by == "carrier" and self.carrier.answers_itself(words)

    def app_secrets(self, platform: str) -> Mapping[str, str]:
        """What our app, not a single shop, shares with a platform: Shopify signs every delivery with it."""
        if platform != "shopify":
            return {}
        s = self.settings
        return {
            "client_secret": s.shopify_client_secret,
            "old_client_secret": s.shopify_old_client_secret,
        }

    def store_secrets(self, installed: Installed) -> Mapping[str, str]:
        """What a platform needs to verify and ask one store: the app's, and the shop's own. Nothing is asked for
        until it is needed: Shopify's tokens end, and come from the keeper."""
        shop = installed.shop
        mine = {**self.app_secrets(shop.platform), **installed.credentials}
        if self.settings.sandbox:
            # Only here: an address of ours, and private ones, switch off what guards the way out.
            mine |= {"api_base": self.shopify_base(shop.domain), "allow_private": "1"}
        if shop.platform != "shopify":
            return mine
        return LiveCredentials(mine, self.keeper.of(shop, installed.credentials.get("access_token", "")))

    def shopify_base(self, domain: str) -> str:
        return self.settings.shopify_url.replace("{shop}", domain)

    def token_client(self, domain: str) -> TokenClient:
        """The way to a Shopify shop's tokens."""
        return TokenClient(self.shopify_base(domain), self.shopify_app, access.session(self.settings.sandbox))

    @property
    def shopify_app(self) -> App:
        s = self.settings
        return App(client_id=s.shopify_client_id, client_secret=s.shopify_client_secret)

    @cached_property
    def usage(self) -> UsageClient:
        """The process's way to Shopify's billing, its token cached."""
        s = self.settings
        return UsageClient(s.shopify_events_url, self.shopify_app, access.session(s.sandbox))

    def counts_usage(self, platform: str) -> bool:
        """Are texts of this platform's shops reported to its billing?"""
        return platform == "shopify" and bool(self.settings.shopify_usage_event)

    @cached_property
    def keeper(self) -> Keeper:
        return Keeper(self.db, self.secrets.vault, self.clock, lambda shop: self.token_client(shop.domain))

    def close(self) -> None:
        self.db.close()


def machine(settings: Settings, database_url: str, redis_url: str) -> Machine:
    """Put a process together. Raises StaleTzdata, RulebookError, SettingsError."""
    # Debian's own zone data is a year behind; Vancouver and Edmonton changed their clocks in 2026.
    use_pinned_tzdata()
    assert_fresh_tzdata()
    return Machine(
        settings=settings,
        db=Database(database_url, pool=max(8, settings.web_threads)),
        redis_url=redis_url,
        secrets=Secrets(Vault(settings.keys), settings.phone_key),
        clock=clock_for(settings),
        rulebook=_rulebook(settings),
    )


def _rulebook(settings: Settings) -> Rulebook:
    """The shipped rules, and the emergencies that somebody has set by hand. Rules only ever narrow."""
    shipped = load_rulebook(profile=settings.rulebook)
    closed = [emergency(c.place, c.first, c.last) for c in settings.emergencies]
    try:
        return shipped.with_rules(*closed) if closed else shipped
    except RulebookError as error:
        raise SettingsError(
            [f"COMEBACK_EMERGENCIES: {error.problem}; only places with rules can be closed"]
        ) from None
