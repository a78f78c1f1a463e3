"""A shop's own settings: what is answered is read with care."""

import copy

import pytest
from raw_http import RawServer, reply

from connectors import http
from connectors.platforms.shopify.admin import AdminClient, NotReached
from connectors.platforms.shopify.install import authorize_url, missing_scopes, read_settings

SHOP = {
    "id": "gid://shopify/Shop/548380009",
    "name": " Mugs\n& More ",
    "myshopifyDomain": "Mugs.myshopify.com",
    "currencyCode": "USD",
    "ianaTimezone": "America/New_York",
    "contactEmail": "hello@example.com",
    "marketingSmsConsentEnabledAtCheckout": False,
    "shopAddress": {"countryCodeV2": "US"},
    "primaryDomain": {"localization": {"defaultLocale": "en"}},
}
GRANTED = {"accessScopes": [{"handle": "write_orders"}, {"handle": "read_customers"}]}


def answered(shop, installation=GRANTED):
    with RawServer(
        lambda seen: reply(200, {"data": {"shop": shop, "currentAppInstallation": installation}})
    ) as s:
        return read_settings(AdminClient(s.url, "t", http.session(allow_private=True, read=2)))


def test_settings_are_read():
    read = answered(SHOP)
    assert (read.id, read.domain, read.name) == (SHOP["id"], "mugs.myshopify.com", "Mugs & More")
    assert (read.currency, read.country, read.locale, read.timezone) == (
        "USD",
        "US",
        "en",
        "America/New_York",
    )
    assert (read.contact, read.consent_at_checkout) == ("hello@example.com", False)
    assert read.scopes == ("read_customers", "write_orders")


@pytest.mark.parametrize(
    ("changes", "lacks"),
    [
        ({"primaryDomain": {"localization": None}}, "locale"),
        ({"primaryDomain": None}, "locale"),
        ({"shopAddress": {"countryCodeV2": None}}, "country"),
        ({"contactEmail": "nobody"}, "contact"),
    ],
)
def test_what_a_shop_doesnt_say_is_empty(changes, lacks):
    assert getattr(answered(SHOP | changes), lacks) == ""


@pytest.mark.parametrize(
    "lacks", ["id", "name", "myshopifyDomain", "currencyCode", "marketingSmsConsentEnabledAtCheckout"]
)
def test_without_what_matters_nothing_is_read(lacks):
    shop = copy.deepcopy(SHOP)
    del shop[lacks]
    with pytest.raises(NotReached, match=lacks):
        answered(shop)


def test_leave_to_write_includes_leave_to_read():
    wanted = ("read_orders", "write_customers", "read_discounts")
    assert missing_scopes(wanted, ("write_orders", "write_customers", "read_discounts")) == ()
    assert missing_scopes(wanted, ("read_orders", "read_customers")) == ("write_customers", "read_discounts")


def test_the_address_at_which_leave_is_asked_for():
    assert authorize_url("https://mugs.myshopify.com", "id&", ("a", "b"), "https://x.example/cb", "s=") == (
        "https://mugs.myshopify.com/admin/oauth/authorize?client_id=id%26&scope=a%2Cb"
        "&redirect_uri=https%3A%2F%2Fx.example%2Fcb&state=s%3D"
    )
