"""What an app may read and do: the scopes that the Admin schema asks for, field by field, and protected customer data.

The scopes are `offline_scopes` of the schema's own file; any one of those listed will do, and write_x holds read_x
(shopify.dev, "Access scopes"). Protected data: shopify.dev, "Work with protected customer data".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLError

Json = Mapping[str, Any]
SCOPES_DOC = "https://shopify.dev/api/usage/access-scopes"
PROTECTED_DOC = "https://shopify.dev/docs/apps/launch/protected-customer-data"


@dataclass(frozen=True, slots=True)
class Need:
    """Any of these scopes; `words` say so in the schema's own words."""

    scopes: frozenset[str]
    words: str


@dataclass(frozen=True, slots=True)
class Rules:
    """What types and fields (by type and name) of one version need."""

    types: Mapping[str, Need] = field(default_factory=dict)
    fields: Mapping[tuple[str, str], Need] = field(default_factory=dict)

    def lacking(self, parent: str, name: str, kind: str, granted: frozenset[str]) -> Need | None:
        """What is needed for this field, or for what comes out of it, and isn't granted."""
        for need in (self.fields.get((parent, name)), self.types.get(kind.removesuffix("Connection"))):
            if need is not None and not need.scopes & granted:
                return need
        return None


def rules_of(items: Iterable[Json]) -> Rules:
    """Out of `offline_scopes.items` of a schema's file."""
    types: dict[str, Need] = {}
    fields: dict[tuple[str, str], Need] = {}
    for item in items:
        if not item["offlineScopes"]:
            continue
        need = Need(frozenset(item["offlineScopes"]), item["requiredAccess"])
        if item["type"] == "type":
            types[item["typeName"]] = need
        else:
            fields[item["typeName"], item["fieldName"]] = need
    return Rules(types, fields)


def _roots(scope: str, *names: str) -> dict[tuple[str, str], Need]:
    kind = "Mutation" if scope.startswith("write_") else "QueryRoot"
    return {(kind, name): Need(frozenset({scope}), f"`{scope}` access scope.") for name in names}


# Where the schema's file is missing: what the played roots need, and no more.
WITHOUT_SCHEMA = Rules(
    fields={
        **_roots(
            "read_orders", "orders", "order", "ordersCount", "abandonedCheckouts", "abandonedCheckoutsCount"
        ),
        **_roots("read_customers", "customers", "customer", "customersCount", "customerByIdentifier"),
        **_roots(
            "read_discounts", "codeDiscountNode", "codeDiscountNodeByCode", "discountRedeemCodeBulkCreation"
        ),
        **_roots("read_marketing_events", "marketingActivities"),
        **_roots("write_customers", "customerSmsMarketingConsentUpdate"),
        **_roots("write_discounts", "discountCodeBasicCreate", "discountCodeFreeShippingCreate"),
        **_roots(
            "write_discounts", "discountCodeBxgyCreate", "discountRedeemCodeBulkAdd", "discountCodeDeactivate"
        ),
    }
)


def with_reading(scopes: Iterable[str]) -> frozenset[str]:
    """The scopes with those they hold: who may write may read."""
    given = frozenset(scopes)
    return given | {f"read_{scope.removeprefix('write_')}" for scope in given if scope.startswith("write_")}


def denied(name: str, need: Need) -> GraphQLError:
    said = {"code": "ACCESS_DENIED", "documentation": SCOPES_DOC, "requiredAccess": need.words}
    return GraphQLError(f"Access denied for {name} field. Required access: {need.words}", extensions=said)


# -- protected customer data

DATA = ("customer", "name", "address", "phone", "email")
OBJECTS = {
    "customer": frozenset(
        (
            "Customer",
            "Order",
            "AbandonedCheckout",
            "CustomerPhoneNumber",
            "CustomerEmailAddress",
            "MailingAddress",
        )
    ),
    "address": frozenset(("MailingAddress",)),
    "phone": frozenset(("CustomerPhoneNumber",)),
    "email": frozenset(("CustomerEmailAddress",)),
}
FIELDS = {
    "phone": frozenset((("Customer", "phone"), ("Order", "phone"), ("MailingAddress", "phone"))),
    "email": frozenset((("Customer", "email"), ("Order", "email"))),
    "name": frozenset(
        (kind, name)
        for kind in ("Customer", "MailingAddress")
        for name in ("firstName", "lastName", "displayName", "name")
    ),
}


def unapproved(parent: str, name: str, kind: str, approved: frozenset[str]) -> GraphQLError | None:
    """Why this field can't be had by an app that is approved for only so much of the customers' data."""
    for data in DATA:
        if data in approved:
            continue
        if (parent, name) in FIELDS.get(data, ()):
            return _not_approved(f"use the {name} field")
        if kind.removesuffix("Connection") in OBJECTS.get(data, ()):
            return _not_approved(f"access the {kind.removesuffix('Connection')} object")
    return None


def _not_approved(what: str) -> GraphQLError:
    message = f"This app is not approved to {what}. See {PROTECTED_DOC} for more details."
    return GraphQLError(message, extensions={"code": "ACCESS_DENIED", "documentation": PROTECTED_DOC})
