"""Shoppers with an account: the `customers` of the REST API, and the meta data beside them and beside orders."""

from typing import Any

from sandbox.woocommerce.errors import RestError, missing_param
from sandbox.woocommerce.php import gmt, local
from sandbox.woocommerce.store import WooStore
from sandbox.woocommerce.things import links

Json = dict[str, Any]


def create(store: WooStore, wanted: Json) -> Json:
    email = str(wanted.get("email") or "")
    if "@" not in email:
        raise missing_param("email")
    if any(person["email"].lower() == email.lower() for person in store.customers.values()):
        raise RestError(
            400, "registration-error-email-exists", "An account is already registered with that email."
        )
    number = len(store.customers) + 2
    person = store.customers[number] = customer_json(number, email, wanted, store)
    return person


def customer_json(number: int, email: str, wanted: Json, store: WooStore) -> Json:
    now, zone = store.now(), store.shop.zone
    return {
        "id": number,
        "date_created": local(now, zone),
        "date_created_gmt": gmt(now),
        "date_modified": local(now, zone),
        "date_modified_gmt": gmt(now),
        "email": email,
        "first_name": str(wanted.get("first_name") or ""),
        "last_name": str(wanted.get("last_name") or ""),
        "role": "customer",
        "username": email.split("@")[0],
        "billing": {**dict.fromkeys((*ADDRESS, "email", "phone"), ""), **(wanted.get("billing") or {})},
        "shipping": {**dict.fromkeys((*ADDRESS, "phone"), ""), **(wanted.get("shipping") or {})},
        "is_paying_customer": False,
        "avatar_url": "",
        "meta_data": [],
        "_links": links(store, "customers", number),
    }


ADDRESS = (
    "first_name",
    "last_name",
    "company",
    "address_1",
    "address_2",
    "city",
    "postcode",
    "country",
    "state",
)


def change(person: Json, wanted: Json, store: WooStore) -> None:
    """Names, addresses and meta data. A key that begins with an underscore is passed over, without a word: WordPress
    takes it for protected (WooCommerce since 9.5.2)."""
    for name in ("first_name", "last_name"):
        person[name] = str(wanted.get(name, person[name]))
    for part in ("billing", "shipping"):
        person[part] |= wanted.get(part) or {}
    meta = {row["key"]: row["value"] for row in person["meta_data"]}
    write_meta(
        meta, {"meta_data": [r for r in wanted.get("meta_data") or [] if not r["key"].startswith("_")]}
    )
    person["meta_data"] = [
        {"id": person["id"] * 100 + place, "key": key, "value": value}
        for place, (key, value) in enumerate(meta.items())
    ]
    person["date_modified"], person["date_modified_gmt"] = (
        local(store.now(), store.shop.zone),
        gmt(store.now()),
    )


def write_meta(meta: Json, wanted: Json) -> None:
    """`meta_data` of a PUT: a known key is written over, null takes it away."""
    for row in wanted.get("meta_data") or []:
        meta[row["key"]] = row["value"]
        if row["value"] is None:
            del meta[row["key"]]


def consent_of(store: WooStore, phone: str) -> Json:
    """The meta data beside the accounts and orders of that number."""
    accounts = [
        a for a in store.customers.values() if phone in (a["billing"]["phone"], a["shipping"]["phone"])
    ]
    orders = [order for order in store.orders.values() if order.request.phone == phone]
    return {
        "accounts": {str(a["id"]): {r["key"]: r["value"] for r in a["meta_data"]} for a in accounts},
        "orders": {str(order.id): dict(order.meta) for order in orders},
    }
