"""A Shopify shop becomes ours, comes back, or just opens the app; and what its settings say is kept.

Whoever opens the app in a shop's admin proves it by a session token, and that is all there is to installing: it is
exchanged for the shop's token where there is none that works. Of two exchanges only the later one's token lasts, so
one shop is installed by one process at a time.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from sqlalchemy import Connection

from connectors.platforms.shopify import access
from connectors.platforms.shopify.admin import AdminClient, AdminError, NotAllowed
from connectors.platforms.shopify.install import ShopSettings, read_settings
from connectors.platforms.shopify.tokens import TokenClient, Tokens
from plugin_server.install import automations
from plugin_server.install.tokens import lock_shop
from plugin_server.jobs import rereading
from plugin_server.store import code_pools, shops, tokens
from plugin_server.store.shops import Installed
from plugin_server.wiring import Machine
from sequences.sequence import Sequence

log = structlog.get_logger()
PLATFORM = "shopify"
Grant = Callable[[TokenClient, datetime], Tokens]
"""How a token is got: by a session token, or by the code of an authorization."""


class WrongShop(NotAllowed):
    """The token that was given is another shop's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A shop whose app was opened. `heard`: whether its settings were just read."""

    installed: Installed
    heard: bool = True


def opened(machine: Machine, domain: str, grant: Grant) -> Opened:
    """The shop of this checked domain, installed if it wasn't. Raises AdminError: nothing was changed."""
    found, since = _find(machine, domain), machine.clock.now()
    if found is not None and found.active:
        try:
            settings = read_settings(access.client(found.shop, machine.store_secrets(found)))
        except NotAllowed as error:  # lost, or the app was removed and is here again
            log.info("a shop needs a new token", shop=found.shop.id, why=str(error))
        except AdminError as error:
            log.warning("a shop's settings can't be read", shop=found.shop.id, why=str(error))
            return Opened(installed=found, heard=False)
        else:
            return _seen(machine, Opened(installed=_heard(machine, found, settings)))
    return _seen(machine, installed_anew(machine, domain, grant, since))


def _seen(machine: Machine, found: Opened) -> Opened:
    """With the other tools that text there: whoever opens the app may have switched one off just now."""
    return replace(found, installed=automations.look(machine, found.installed)) if found.heard else found


def installed_anew(machine: Machine, domain: str, grant: Grant, since: datetime) -> Opened:
    """Get a token and bring the shop in, or back. `since`: what another process did after this counts as done."""
    with machine.db.system() as c:
        lock_shop(c, domain)
        vault = machine.secrets.vault
        found = shops.by_domain(c, vault, PLATFORM, domain)
        # Locked, so that nobody refreshes what the exchange retires.
        kept = tokens.read(c, vault, found.shop.id, lock=True) if found else None
        if found and found.active and kept and kept.good and kept.refreshed_at > since:
            return Opened(installed=found)
        now = machine.clock.now()
        given = grant(machine.token_client(domain), now)
        settings = _settings(machine, domain, given, found)
        shop_id = _bring_in(machine, c, domain, settings, found, now)
        tokens.write(c, vault, shop_id, given, now)
        rereading.begin(c, shop_id, PLATFORM, now)
        code_pools.again(c, shop_id, now)
        log.info("shop installed", shop=shop_id, again=found is not None)
        back = shops.by_id(c, vault, shop_id)
    assert back is not None  # noqa: S101  (it was just written)
    return Opened(installed=back, heard=settings is not None)


def _settings(machine: Machine, domain: str, given: Tokens, found: Installed | None) -> ShopSettings | None:
    """None if they can't be read now and the shop is known: then the token it gave must not be lost."""
    client = AdminClient(machine.shopify_base(domain), given.access, access.session(machine.settings.sandbox))
    try:
        settings = read_settings(client)
    except AdminError as error:
        if found is None:
            raise
        log.warning("a shop's settings can't be read", shop=found.shop.id, why=str(error))
        return None
    if settings.domain != domain:
        raise WrongShop("the token that was given is another shop's")
    return settings


def _bring_in(
    machine: Machine,
    c: Connection,
    domain: str,
    settings: ShopSettings | None,
    found: Installed | None,
    now: datetime,
) -> int:
    shop = found.shop if found else None
    described = _columns(settings) if settings else {}
    known = (
        {name: str(getattr(shop, name)) for name in ("name", "currency", "country", "locale")} if shop else {}
    )
    key = shops.install(
        c,
        machine.secrets.vault,
        credentials={},  # its token has a row of its own
        sequence=Sequence(),
        at=now,
        platform=PLATFORM,
        domain=domain,
        sender=found.sender if found else "",
        support=(shop.support if shop else "") or (settings.contact if settings else ""),
        **{**known, **described},
    )
    back = shops.by_key(c, machine.secrets.vault, PLATFORM, key)
    assert back is not None  # noqa: S101  (it was just written)
    if settings:
        shops.describe(c, back.shop.id, _facts(settings, now))
    return back.shop.id


def _heard(machine: Machine, found: Installed, settings: ShopSettings) -> Installed:
    with machine.db.system() as c:
        shops.describe(c, found.shop.id, _facts(settings, machine.clock.now()), **_columns(settings))
        return shops.by_id(c, machine.secrets.vault, found.shop.id) or found


def _columns(settings: ShopSettings) -> dict[str, str]:
    language, country = settings.locale, settings.country
    locale = f"{language}-{country}" if language and country and "-" not in language else language
    described = {"name": settings.name, "currency": settings.currency, "country": country, "locale": locale}
    return {**described, "locale": locale or "en-US"}


def _facts(settings: ShopSettings, now: datetime) -> dict[str, object]:
    return {
        "gid": settings.id,
        "timezone": settings.timezone,
        "consent_at_checkout": settings.consent_at_checkout,
        "scopes": list(settings.scopes),
        "heard_at": now.isoformat(),
    }


def _find(machine: Machine, domain: str) -> Installed | None:
    with machine.db.system() as c:
        return shops.by_domain(c, machine.secrets.vault, PLATFORM, domain)
