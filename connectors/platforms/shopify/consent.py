"""What a person told us about texts, written into the store's record of them.

The newest word counts: a store that heard something later keeps it. The time is told to the second, as Shopify's
own webhooks do; within one second, no outweighs yes.
shopify.dev/docs/api/admin-graphql/latest/mutations/customerSmsMarketingConsentUpdate.
"""

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from marshmallow import fields

from connectors.delivery import Credentials
from connectors.platforms.shopify.access import client
from connectors.platforms.shopify.admin import AdminClient, Throttled
from connectors.wire import Part, StoreTime, Text, Wire
from sequences.cart import Shop
from sequences.errors import ComebackError
from sequences.ports import PersonRef, StoreConsent, Told

Values = Mapping[str, Any]


class PhoneNode(Wire):
    phoneNumber = Text(required=True)
    state = Text(required=True)
    optInLevel = Text()
    updatedAt = StoreTime()


class CustomerNode(Wire):
    id = Text(required=True)
    defaultPhoneNumber = Part(PhoneNode())


class Found(Wire):
    byId = Part(CustomerNode())
    byPhone = Part(CustomerNode())


class UserError(Wire):
    code = Text()
    field = fields.List(Text(), load_default=list, allow_none=True)


class Result(Wire):
    userErrors = Part(UserError(), many=True, required=True)


class Update(Wire):
    customerSmsMarketingConsentUpdate = Part(Result(), required=True)


FOUND, UPDATE = Found(), Update()


def tell_consent(shop: Shop, credentials: Credentials, person: PersonRef, consent: StoreConsent) -> Told:
    """Ask what the store knows, and tell it what it doesn't. `credentials` as in `access.client`."""
    try:
        return tell(client(shop, credentials), person, consent)
    except Throttled as e:
        return Told(kind="retry_later", detail=str(e), retry_after=e.seconds)
    except ComebackError as e:
        return Told(kind="refused" if e.permanent else "retry_later", detail=str(e))


def tell(admin: AdminClient, person: PersonRef, consent: StoreConsent) -> Told:
    """As `tell_consent`. Raises ComebackError."""
    customer = _customer(admin, person)
    if customer is None:
        return Told(kind="needless", detail="the store knows no customer by this number")
    known = customer["defaultPhoneNumber"]
    if why := _needless(known, consent):
        return Told(kind="needless", detail=why)
    told = {
        "marketingState": consent.state.upper(),
        "marketingOptInLevel": consent.level.upper() or known["optInLevel"] or "UNKNOWN",
        "consentUpdatedAt": consent.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    answer = admin.run("TellConsent", {"input": {"customerId": customer["id"], "smsMarketingConsent": told}})
    return _outcome(UPDATE.read(answer)["customerSmsMarketingConsentUpdate"]["userErrors"])


def _customer(admin: AdminClient, person: PersonRef) -> Values | None:
    """The customer whose number it is. Consent at Shopify belongs to a number: that of the customer whom we know by
    their id may be another one by now."""
    has_id = person.customer_id.isascii() and person.customer_id.isdigit()
    variables = {
        "id": f"gid://shopify/Customer/{person.customer_id if has_id else 0}",
        "askId": has_id,
        "phone": person.phone,
    }
    found = FOUND.read(admin.run("ConsentOfCustomer", variables))
    return next((one for one in (found["byId"], found["byPhone"]) if _number(one) == person.phone), None)


def _number(customer: Values | None) -> str:
    phone = customer["defaultPhoneNumber"] if customer else None
    return str(phone["phoneNumber"]) if phone else ""


def _needless(known: Values, consent: StoreConsent) -> str:
    """Why the store needn't be told, '' if it must be."""
    state, at, said = known["state"].upper(), known["updatedAt"], consent.at.replace(microsecond=0)
    if state == "REDACTED":
        return "the store erased this customer"
    if consent.state == "unsubscribed":
        if state == "UNSUBSCRIBED":
            return "the store knows it already"
        since = at is not None and at > said and state in ("SUBSCRIBED", "PENDING")
        return "they signed up at the store since" if since else ""
    if state == "UNSUBSCRIBED":  # a no without a time may be newer than their yes
        return "they said no at the store since" if at is None or at >= said else ""
    if state == "SUBSCRIBED":
        same = known["optInLevel"].upper() == consent.level.upper()
        return "the store knows it already" if same or (at is not None and at > said) else ""
    return ""


def _outcome(errors: list[Values]) -> Told:
    """userErrors: CustomerSmsMarketingConsentErrorCode. Their messages may repeat what was given, so they stay out."""
    if not errors:
        return Told(kind="told")
    first = errors[0]
    where, code = ".".join(first["field"] or ()), first["code"] or "no code"
    if "customerId" in (first["field"] or ()):
        return Told(kind="needless", detail="the customer is no longer in the store")
    why = f"the store refused the consent: {code} at {where or 'no field'}"
    return Told(kind="retry_later" if code == "INTERNAL_ERROR" else "refused", detail=why)
