"""Customers at the roots of the Admin schema, and what the app says of their consent."""

from datetime import datetime
from typing import Any

from sandbox.shopify.finding import Count, Page, number
from sandbox.shopify.sale_objects import customer_object
from sandbox.shopify.sale_search import CUSTOMER_FIELDS, customer_key, found_customers
from sandbox.shopify.search import Search
from sandbox.shopify.state import Customer
from sandbox.shopify.store import ShopifyStore

Object = dict[str, Any]


def customers(store: ShopifyStore, args: Object) -> Page:
    """customers(query:)."""
    search = Search(args.get("query") or "", CUSTOMER_FIELDS)
    found = found_customers(store, search)
    return Page(
        search, found, customer_key(args), lambda one: customer_object(one, store), bool(args.get("reverse"))
    )


def customers_count(store: ShopifyStore, args: Object) -> Count:
    search = Search(args.get("query") or "", CUSTOMER_FIELDS)
    return Count(len(found_customers(store, search)), args, search)


def customer(store: ShopifyStore, args: Object) -> Object | None:
    found = store.customers.get(number(args["id"], "Customer"))
    return customer_object(found, store) if found else None


def customer_by_identifier(store: ShopifyStore, args: Object) -> Object | None:
    wanted = args["identifier"]
    if wanted.get("id"):
        return customer(store, {"id": wanted["id"]})
    for person in store.customers.values():
        if wanted.get("phoneNumber") and person.phone == wanted["phoneNumber"]:
            return customer_object(person, store)
        if wanted.get("emailAddress") and (person.email or "").lower() == wanted["emailAddress"].lower():
            return customer_object(person, store)
    return None


def sms_consent_update(store: ShopifyStore, args: Object) -> Object:
    """customerSmsMarketingConsentUpdate; the store then sends customers_marketing_consent/update."""
    wanted = args["input"]
    person = store.customers.get(number(wanted["customerId"], "Customer"))
    trouble = consent_trouble(person, wanted["smsMarketingConsent"])
    if person is None or trouble:
        return {"customer": None, "userErrors": [trouble]}
    consent = wanted["smsMarketingConsent"]
    at = datetime.fromisoformat(consent["consentUpdatedAt"]) if consent.get("consentUpdatedAt") else None
    store.set_consent(person, consent["marketingState"], consent.get("marketingOptInLevel"), at)
    return {"customer": customer_object(person, store), "userErrors": []}


def consent_trouble(person: Customer | None, consent: Object) -> Object | None:
    if person is None:
        return {"field": ["input", "customerId"], "code": "INVALID", "message": "Customer not found"}
    if not person.phone:
        message = "A phone number is required to set the SMS consent state."
        return {"field": ["input", "smsMarketingConsent"], "code": "INVALID", "message": message}
    if consent["marketingState"] == "REDACTED":
        where = ["input", "smsMarketingConsent", "marketingState"]
        return {"field": where, "code": "INCLUSION", "message": "Marketing state cannot be set to REDACTED"}
    if not is_time(consent.get("consentUpdatedAt")):
        where = ["input", "smsMarketingConsent", "consentUpdatedAt"]
        return {"field": where, "code": "INVALID", "message": "Consent updated at is not a time"}
    return None


def is_time(given: str | None) -> bool:
    """True for a time with its offset, and for none."""
    try:
        return given is None or datetime.fromisoformat(given).tzinfo is not None
    except ValueError:
        return False
