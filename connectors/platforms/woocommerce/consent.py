"""What a person told us about texts, written beside their account, or, for a guest, beside their last orders.

WooCommerce has no consent of its own, so it is kept as meta data: `comeback_sms_consent` ("unsubscribed", "subscribed")
and `comeback_sms_consent_at` (UTC). On orders the names begin with an underscore, which hides them in the admin; on
accounts they must not: since 9.5.2 the REST API passes over protected keys there, without a word, and shows meta data
to administrators' keys only (github.com/woocommerce/woocommerce issue 55606, pull request 36408).

What was ticked at a checkout (`_wc_other/…/sms-consent`) is left as it is. On an order it says what was ticked then;
on an account it is such a protected key.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.platforms.woocommerce.client import PER_PAGE, Store
from connectors.platforms.woocommerce.errors import NotFound, NotJson, StoreError
from connectors.platforms.woocommerce.schema import CustomerWire, MetaData, OrderWire
from connectors.platforms.woocommerce.sight import FIELDS, Sight, sights
from connectors.platforms.woocommerce.statuses import meaning
from connectors.wire import contact_phone, store_time
from sequences.cart import Shop
from sequences.errors import BadDelivery, BadValue
from sequences.ports import PersonRef, StoreConsent, Told

STATE, AT = "comeback_sms_consent", "comeback_sms_consent_at"
MOST_ORDERS = 5  # the newest that name the person's number


class AccountWire(CustomerWire):
    meta_data = MetaData()


ACCOUNT, META = AccountWire(), OrderWire(only=("id", "meta_data"))
ACCOUNT_FIELDS = "id,billing.phone,billing.country,shipping.phone,shipping.country,meta_data"


@dataclass(frozen=True, slots=True)
class Place:
    """Something of a person's that takes meta data, and what it holds already. `prefix`: before our names there."""

    endpoint: str
    prefix: str
    meta: Mapping[str, str]

    def knows(self, consent: StoreConsent) -> bool:
        """It holds this, or something newer. Within one second, no outweighs yes."""
        state, at = self.meta.get(self.prefix + STATE, ""), _read_at(self.meta.get(self.prefix + AT, ""))
        said = consent.at.replace(microsecond=0)
        return at is not None and (at > said or (at == said and state in (consent.state, "unsubscribed")))

    def write(self, store: Store, consent: StoreConsent) -> bool:
        """False if it is no longer in the store."""
        at = consent.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        rows = [
            {"key": self.prefix + key, "value": value} for key, value in ((STATE, consent.state), (AT, at))
        ]
        try:
            store.put(self.endpoint, {"meta_data": rows})
        except NotFound:
            return False
        return True


def tell_consent(
    shop: Shop, credentials: Mapping[str, str], person: PersonRef, consent: StoreConsent
) -> Told:
    """Two to nine requests, each of which may be repeated."""
    try:
        store = Store(shop.domain, credentials)
        places = list(_accounts(store, shop, person)) or _orders(store, shop, person, consent)
        stale = [place for place in places if not place.knows(consent)]
        written = sum(place.write(store, consent) for place in stale)
    except StoreError as e:
        return Told(kind="refused" if e.permanent else "retry_later", detail=str(e))
    if written:
        return Told(kind="told", detail=f"beside {written} of their {places[0].endpoint.partition('/')[0]}")
    if places and not stale:
        return Told(kind="needless", detail="the store knows it already")
    return Told(kind="needless", detail="the store knows no account or order of this number")


def _accounts(store: Store, shop: Shop, person: PersonRef) -> Iterator[Place]:
    """An account is this person's if it has the number they spoke for. One without any address must not be touched:
    an empty account that changes is what WordPress's eraser leaves (see `shoppers.is_emptied`)."""
    for values in _candidates(store, person):
        if person.phone in _phones(values, shop.country):
            yield Place(f"customers/{values['id']}", "", values["meta_data"])


def _candidates(store: Store, person: PersonRef) -> list[dict[str, Any]]:
    """The account of their id, else that of their e-mail address, whatever its role."""
    rows: Any = []
    if person.customer_id.isascii() and person.customer_id.isdecimal():
        try:
            rows = [store.get(f"customers/{person.customer_id}", _fields=ACCOUNT_FIELDS)]
        except NotFound:
            rows = []
    if not rows and person.email:
        rows = store.get("customers", email=person.email, role="all", _fields=ACCOUNT_FIELDS)
    try:
        return [ACCOUNT.read(row) for row in (rows if isinstance(rows, list) else [rows])]
    except BadDelivery as e:
        raise NotJson(f"an account in the store's answer can't be read: {e}") from None


def _phones(values: dict[str, Any], country: str) -> Iterator[str]:
    for part in ("billing", "shipping"):
        known = values[part] or {}
        phone, _ = contact_phone([("", known.get("phone", ""), known.get("country") or country)])
        if phone:
            yield phone


def _orders(store: Store, shop: Shop, person: PersonRef, consent: StoreConsent) -> list[Place]:
    """The newest orders that can take it."""
    found: dict[str, tuple[Sight, Place]] = {}
    for term in filter(None, (person.email, person.phone)):
        rows = store.get(
            "orders", search=term, status="any", per_page=PER_PAGE, _fields=f"{FIELDS},meta_data"
        )
        for sight, row in zip(sights(rows, shop.country), rows, strict=True):
            if _takes(sight, person, consent):
                found[sight.id] = sight, Place(f"orders/{sight.id}", "_", _meta(row))
    newest = sorted(found.values(), key=lambda pair: pair[0].made_at, reverse=True)
    return [place for _, place in newest[:MOST_ORDERS]]


def _takes(order: Sight, person: PersonRef, consent: StoreConsent) -> bool:
    """It names the number, and was made before they spoke: a later one has a tick of its own, or none.

    A yes leaves alone what still waits to be paid. That is a cart, and a change would look like its shopper's: the
    reminder that they just agreed to would start anew.
    """
    if person.phone not in order.phones or order.made_at > consent.at:
        return False
    return consent.state == "unsubscribed" or meaning(order.status) != "open"


def _meta(row: object) -> dict[str, str]:
    try:
        meta: dict[str, str] = META.read(row)["meta_data"]
    except BadDelivery as e:
        raise NotJson(f"an order in the store's answer can't be read: {e}") from None
    return meta


def _read_at(text: str) -> datetime | None:
    """When it was written down; None for what somebody else wrote there."""
    try:
        return store_time(text) if text else None
    except BadValue:
        return None
