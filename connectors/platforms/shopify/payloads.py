"""What we use of Shopify's payloads, and no more.

Fields and types: shopify.dev/docs/api/webhooks, versions 2025-10 to 2026-10. A checkout's `id` and an order's
`checkout_id` are gone since 2026-04 and are not used; customer, addresses, phones and consent may be absent.
"""

from marshmallow import fields

from connectors.wire import Amount, Count, Currency, Email, Flag, Part, Prose, StoreTime, Text, Wire

# A cart's name must fit, with its prefix, where keys are stored.
TOKEN = 180


class AddressWire(Wire):
    first_name = Prose()
    last_name = Prose()
    city = Prose()
    zip = Prose(longest=32)
    province_code = Prose(longest=16)
    country_code = Prose(longest=8)
    phone = Prose(longest=64)


class CustomerWire(Wire):
    id = Text(longest=40)
    first_name = Prose()
    last_name = Prose()
    email = Email()
    phone = Prose(longest=64)


class CodeWire(Wire):
    code = Prose()


class AttributeWire(Wire):
    name = Prose()
    value = fields.Raw(allow_none=True, load_default=None)


class AmountWire(Wire):
    amount = Amount()
    currency_code = Currency()


class PriceSetWire(Wire):
    """One amount in the shop's currency; the shopper's stands beside it and isn't used."""

    shop_money = Part(AmountWire())


class LineWire(Wire):
    title = Prose()
    variant_title = Prose()
    quantity = Count(required=True)
    price = Amount(required=True)
    price_set = Part(PriceSetWire())
    line_price = Amount()
    line_price_set = Part(PriceSetWire())
    product_id = Text(longest=40)
    variant_id = Text(longest=40)
    sku = Prose()
    properties = fields.Raw(allow_none=True, load_default=None)


class PersonWire(Wire):
    """What checkouts and orders share."""

    email = Email()
    phone = Prose(longest=64)
    customer = Part(CustomerWire())
    billing_address = Part(AddressWire())
    shipping_address = Part(AddressWire())
    discount_codes = Part(CodeWire(), many=True)
    currency = Currency()
    created_at = StoreTime(required=True)
    updated_at = StoreTime(required=True)


class CheckoutWire(PersonWire):
    token = Text(longest=TOKEN, required=True)
    cart_token = Text(longest=TOKEN)
    name = Text(longest=64)
    total_price = Amount(required=True)
    line_items = Part(LineWire(), many=True)
    abandoned_checkout_url = Text(longest=2048)
    customer_locale = Prose(longest=35)
    completed_at = StoreTime()
    buyer_accepts_sms_marketing = Flag()
    sms_marketing_phone = Prose(longest=64)


class RemovedCheckoutWire(Wire):
    id = Text(longest=40)
    cart_token = Text(longest=TOKEN)
    total_price = Amount()


class CartWire(Wire):
    token = Text(longest=TOKEN, required=True)
    created_at = StoreTime(required=True)
    updated_at = StoreTime(required=True)
    line_items = Part(LineWire(), many=True)


class TransactionWire(Wire):
    kind = Prose()
    status = Prose()
    amount = Amount()
    currency = Currency()


class RefundWire(Wire):
    transactions = Part(TransactionWire(), many=True)


class OrderWire(PersonWire):
    id = Text(longest=40, required=True)
    name = Prose(longest=64)
    checkout_token = Text(longest=TOKEN)
    cart_token = Text(longest=TOKEN)
    total_price = Amount(required=True)
    current_total_price = Amount()
    financial_status = Prose(longest=32)
    cancelled_at = StoreTime()
    contact_email = Email()
    landing_site = Prose(longest=2048)
    note_attributes = Part(AttributeWire(), many=True)
    refunds = Part(RefundWire(), many=True)
    test = Flag(load_default=False)


class SmsConsentWire(Wire):
    state = Prose(longest=32)
    opt_in_level = Prose(longest=32)
    consent_updated_at = StoreTime()


class ConsentWire(Wire):
    id = Text(longest=40)
    phone = Prose(longest=64)
    sms_marketing_consent = Part(SmsConsentWire())


class RequestWire(Wire):
    id = Text(longest=40)


class ComplianceWire(Wire):
    """customers/data_request, customers/redact and shop/redact."""

    shop_domain = Text()
    customer = Part(CustomerWire())
    orders_requested = fields.List(Text(longest=40), allow_none=True, load_default=None)
    orders_to_redact = fields.List(Text(longest=40), allow_none=True, load_default=None)
    data_request = Part(RequestWire())


class ShopWire(Wire):
    myshopify_domain = Text()


class ScopesWire(Wire):
    current = fields.List(Text(longest=100, required=True), required=True)
    updated_at = StoreTime()


ADDRESS = AddressWire()
CHECKOUT = CheckoutWire()
REMOVED_CHECKOUT = RemovedCheckoutWire()
CART = CartWire()
ORDER = OrderWire()
CONSENT = ConsentWire()
COMPLIANCE = ComplianceWire()
SHOP = ShopWire()
SCOPES = ScopesWire()
