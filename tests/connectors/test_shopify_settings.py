"""A shop's own settings: what is asked fits the real schemas and needs no leave; what is answered is read with care."""

import copy
import gzip
import json
from functools import cache

import pytest
from graphql import (
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_client_schema,
    get_named_type,
    parse,
    validate,
    visit,
)
from raw_http import RawServer, reply
from shopify_cast import admin_schema, contract

from connectors import http
from connectors.platforms.shopify.admin import OPERATIONS, AdminClient, NotReached, operation
from connectors.platforms.shopify.install import SCOPES, authorize_url, missing_scopes, read_settings

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


VERSIONS = ["2026-10", "2026-07"]
NAMES = sorted(path.stem for path in OPERATIONS.glob("*.graphql"))


@pytest.mark.parametrize("version", VERSIONS)
def test_the_question_fits_the_real_schema_and_needs_no_leave(version):
    contract(f"admin/admin_{version}.json.gz")
    document = parse(operation("ShopSettings"))
    assert validate(schema_of(version), document) == []
    assert needs("ShopSettings", version) == set()


def test_the_app_asks_leave_for_what_its_operations_need_and_for_no_more():
    version = VERSIONS[0]
    contract(f"admin/admin_{version}.json.gz")
    needed = [(name, choice) for name in NAMES for choice in needs(name, version)]
    given = {*SCOPES, *(scope.replace("write_", "read_") for scope in SCOPES)}
    assert [(name, choice) for name, choice in needed if not given & choice] == []
    assert frozenset({"write_customers"}) in needs("TellConsent", version)
    unused = [scope for scope in SCOPES if not any(scope in choice for _, choice in needed)]
    assert unused == []


@cache
def schema_of(version: str):
    return build_client_schema(admin_schema(version), assume_valid=True)


def needs(name: str, version: str) -> set[frozenset[str]]:
    """For each type and field that an operation touches: the scopes of which it needs one."""
    info, listed = TypeInfo(schema_of(version)), leave(version)
    found = set()

    class Fields(Visitor):
        def enter_field(self, node, *_):
            parent, result = get_named_type(info.get_parent_type()), get_named_type(info.get_type())
            for key in ((parent.name, node.name.value), (result.name, None), (parent.name, None)):
                found.add(listed.get(key, frozenset()))

    visit(parse(operation(name)), TypeInfoVisitor(info, Fields()))
    return found - {frozenset()}


@cache
def leave(version: str) -> dict[tuple[str, str | None], frozenset[str]]:
    """Shopify's own list: (type, field or None for the type itself) → scopes."""
    with gzip.open(contract(f"admin/admin_{version}.json.gz")) as file:
        items = json.load(file)["offline_scopes"]["items"]
    return {(i["typeName"], i.get("fieldName")): frozenset(i["offlineScopes"]) for i in items}
