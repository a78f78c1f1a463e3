"""What an installation asks of a shop: its settings, and, where Shopify doesn't manage the installation, its leave."""

from dataclasses import dataclass
from urllib.parse import urlencode

from connectors.platforms.shopify.admin import AdminClient, NotReached
from connectors.wire import Currency, Email, Flag, Part, Prose, Text, Wire
from sequences.errors import BadDelivery

# What the operations in `operations/` need (shopify.dev/docs/api/usage/access-scopes). Leave to write includes reading.
SCOPES = ("read_orders", "write_customers", "write_discounts")
# What a merchant may give or not: to see which other tools text about carts. Without it we don't know of them.
OPTIONAL_SCOPES = ("read_marketing_events",)


class _Address(Wire):
    countryCodeV2 = Text(longest=2)


class _Localization(Wire):
    defaultLocale = Text(longest=35)


class _Domain(Wire):
    localization = Part(_Localization())


class _Shop(Wire):
    id = Text(required=True)
    name = Prose(required=True)
    myshopifyDomain = Text(required=True)
    currencyCode = Currency(required=True)
    ianaTimezone = Text(required=True, longest=64)
    contactEmail = Email()
    marketingSmsConsentEnabledAtCheckout = Flag(required=True)
    shopAddress = Part(_Address())
    primaryDomain = Part(_Domain())


class _Scope(Wire):
    handle = Text(required=True)


class _Installation(Wire):
    accessScopes = Part(_Scope(), many=True)


class _Answer(Wire):
    shop = Part(_Shop(), required=True)
    currentAppInstallation = Part(_Installation())


ANSWER = _Answer()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopSettings:
    """A shop as it describes itself. `consent_at_checkout`: whether its checkout asks for consent to texts; without,
    nobody can be texted. `locale`: '' where Shopify doesn't say."""

    id: str
    domain: str
    name: str
    currency: str
    country: str
    locale: str
    timezone: str
    contact: str
    consent_at_checkout: bool
    scopes: tuple[str, ...]


def read_settings(admin: AdminClient) -> ShopSettings:
    """Raises AdminError."""
    try:
        values = ANSWER.read(admin.run("ShopSettings", {}))
    except BadDelivery as e:
        raise NotReached(f"the shop's settings can't be read: {e}") from None
    shop = values["shop"]
    localization = (shop["primaryDomain"] or {}).get("localization") or {}
    scopes = (values["currentAppInstallation"] or {}).get("accessScopes") or ()
    return ShopSettings(
        id=shop["id"],
        domain=shop["myshopifyDomain"].lower(),
        name=shop["name"],
        currency=shop["currencyCode"],
        country=(shop["shopAddress"] or {}).get("countryCodeV2") or "",
        locale=localization.get("defaultLocale") or "",
        timezone=shop["ianaTimezone"],
        contact=shop["contactEmail"],
        consent_at_checkout=shop["marketingSmsConsentEnabledAtCheckout"],
        scopes=tuple(sorted(scope["handle"] for scope in scopes)),
    )


def missing_scopes(wanted: tuple[str, ...], granted: tuple[str, ...]) -> tuple[str, ...]:
    """Which of these a shop hasn't granted. Leave to write includes leave to read."""
    given = {
        *granted,
        *(scope.replace("write_", "read_", 1) for scope in granted if scope.startswith("write_")),
    }
    return tuple(scope for scope in wanted if scope not in given)


def authorize_url(
    base_url: str, client_id: str, scopes: tuple[str, ...], redirect_uri: str, state: str
) -> str:
    """Where a merchant gives their leave. `base_url`: of a checked shop."""
    asked = {
        "client_id": client_id,
        "scope": ",".join(scopes),
        "redirect_uri": redirect_uri,
        "state": state,
    }
    return f"{base_url.rstrip('/')}/admin/oauth/authorize?{urlencode(asked)}"
