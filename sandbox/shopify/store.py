"""A pretend Shopify store: what shoppers and merchants do in it, and the webhooks that tell of it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sandbox.catalog import Line, lines_of, one_more
from sandbox.pricing import text
from sandbox.shopify import redeem
from sandbox.shopify.checkout_payload import cart_body, checkout_body, deleted_body
from sandbox.shopify.fitting import allowed, with_ids
from sandbox.shopify.order_payload import order_body
from sandbox.shopify.parts import recover_url
from sandbox.shopify.records import Records
from sandbox.shopify.shop_payload import consent_body
from sandbox.shopify.state import Checkout, Customer, Order
from sandbox.storefront import CartRequest, CartView, LineView, NotPossible, OpenCart, WantedItem


class ShopifyStore(Records):
    """Implements `sandbox.storefront.Store`. State is guarded by the world's lock."""

    platform = "shopify"

    # -- what shoppers do

    def open_cart(self, request: CartRequest) -> OpenCart:
        with self.world.lock:
            checkout = self.new_checkout(request, lines_of(request.items))
            self.world.ledger.write(
                "cart", shop=self.id, token=checkout.token, **cart_facts(request, self.country)
            )
            event = self.new_event()
            self.outbox.send("carts/create", cart_body(checkout, self.currency), checkout.token, event)
            self.tell_who(checkout, event)
            return OpenCart(checkout.token, recover_url(checkout, self.shop))

    def tell_contact(self, token: str, request: CartRequest) -> None:
        """Somebody who came by a permalink says who they are: only now is anybody told of the checkout."""
        with self.world.lock:
            checkout = self.open_one(token)
            before = checkout.request
            landing, locale = before.landing_site, request.locale or before.locale
            checkout.request = replace(request, landing_site=landing, locale=locale)
            checkout.updated_at = self.now()
            self.tell_who(checkout, self.new_event())

    def leave(self, token: str) -> None:
        """They leave it again: one more abandoned cart."""
        with self.world.lock:
            request = self.checkout(token).request
            self.world.ledger.write("cart", shop=self.id, token=token, **cart_facts(request, self.country))

    def change_cart(self, token: str, items: tuple[WantedItem, ...] | None = None) -> None:
        with self.world.lock:
            checkout = self.open_one(token)
            self.set_lines(checkout, one_more(checkout.lines) if items is None else lines_of(items))
            event = self.new_event()
            self.outbox.send("carts/update", cart_body(checkout, self.currency), token, event)
            self.tell("checkouts/update", checkout, event)

    def empty_cart(self, token: str) -> None:
        with self.world.lock:
            checkout = self.open_one(token)
            self.set_lines(checkout, ())
            checkout.deleted_at = checkout.updated_at
            event = self.new_event()
            self.outbox.send("carts/update", cart_body(checkout, self.currency), token, event)
            self.post("checkouts/delete", deleted_body(checkout, self.currency), token, event)

    def visit(self, token: str, landing_site: str, discount_code: str | None = None) -> None:
        with self.world.lock:
            checkout = self.open_one(token)
            checkout.landing_site = landing_site
            if discount_code and self.usable(discount_code, checkout):
                checkout.discount_code = discount_code

    def buy(
        self, token: str, discount_code: str | None = None, attributes: Mapping[str, str] | None = None
    ) -> str:
        with self.world.lock:
            checkout = self.open_one(token)
            order = self.order_from(checkout, discount_code or checkout.discount_code, own_marks(attributes))
            event = self.new_event()
            self.tell_order(order, event, "orders/create", "orders/paid", "orders/updated")
            self.tell("checkouts/update", checkout, event)  # completed_at is set
            self.world.ledger.write(
                "order",
                shop=self.id,
                token=token,
                phone=checkout.request.phone,
                order_id=str(order.id),
                total=text(order.total),
                discount=text(order.discount),
                discount_code=order.code,
            )
            return str(order.id)

    # -- what the merchant does

    def refund(self, order_id: str) -> None:
        with self.world.lock:
            order = self.order(order_id)
            order.status, order.refunded, order.updated_at = "refunded", order.total, self.now()
            self.world.ledger.write("refund", shop=self.id, order_id=order_id, total=text(order.total))
            self.tell_order(order, self.new_event(), "orders/updated")

    def cancel(self, order_id: str) -> None:
        with self.world.lock:
            order = self.order(order_id)
            order.cancelled_at = order.updated_at = self.now()
            order.status, order.refunded = "refunded", order.total
            self.world.ledger.write("cancel", shop=self.id, order_id=order_id)
            self.tell_order(order, self.new_event(), "orders/cancelled", "orders/updated")

    def set_consent(
        self,
        person: Customer,
        state: str,
        level: str | None,
        at: datetime | None = None,
        source: str = "OTHER",
    ) -> None:
        """SMS consent of a customer changes, by the app or by the merchant; the webhook tells everyone. `at`: when
        the person said so, if that is known."""
        with self.world.lock:
            person.sms_state, person.sms_from = state, source
            person.sms_level = level or person.sms_level
            person.updated_at = self.now()
            person.sms_updated_at = at or person.updated_at
            body = consent_body(person, self.shop.zone)
            self.post("customers_marketing_consent/update", body, f"customer:{person.id}", self.new_event())

    # -- looking

    def view(self, token: str) -> CartView:
        with self.world.lock:
            checkout = self.checkout(token)
            code = self.applied(checkout)
            off = redeem.off(code, checkout)
            return CartView(
                token=token,
                lines=tuple(line_view(line) for line in checkout.lines),
                subtotal=checkout.subtotal,
                discount=off,
                total=checkout.subtotal - off,
                discount_code=code.code if code else None,
                order_id=str(checkout.order_id) if checkout.order_id else None,
                request=checkout.request,
            )

    # -- inner works; the lock is held

    def set_lines(self, checkout: Checkout, lines: tuple[Line, ...]) -> None:
        checkout.lines, checkout.updated_at, checkout.deleted_at = lines, self.now(), None

    def tell_who(self, checkout: Checkout, event: str) -> None:
        """The address is typed before the box is ticked."""
        self.tell("checkouts/create", checkout, event)
        checkout.customer = self.person(checkout.request)
        checkout.consent_shown = True
        self.tell("checkouts/update", checkout, event)

    def tell(self, topic: str, checkout: Checkout, event: str) -> None:
        body = checkout_body(checkout, self.shop, self.applied(checkout))
        self.post(topic, with_ids(topic, body, checkout, self.outbox.version), checkout.token, event)

    def tell_order(self, order: Order, event: str, *topics: str) -> None:
        checkout, body = order.checkout, order_body(order, self.shop)
        for topic in topics:
            fitted = with_ids(topic, body, checkout, self.outbox.version)
            self.post(topic, fitted, checkout.token, event)

    def post(self, topic: str, body: dict[str, Any], about: str, event: str) -> None:
        """Send what the app may have of it."""
        fitted = allowed(topic, body, self.protected_data)
        if fitted is not None:
            self.outbox.send(topic, fitted, about, event)

    def order_from(self, checkout: Checkout, wanted_code: str | None, attributes: dict[str, str]) -> Order:
        if not checkout.lines:
            raise NotPossible(f"checkout {checkout.token} is empty: there is nothing to buy")
        now, code = self.now(), self.usable(wanted_code, checkout)
        order = Order(
            id=self.new_id(),
            number=next(self._numbers),
            token=self.outbox.dice_hex(),
            checkout=checkout,
            lines=checkout.lines,
            created_at=now,
            updated_at=now,
            landing_site=checkout.landing_site,
            attributes={**checkout.attributes, **attributes},
        )
        if code is not None:
            order.code, order.code_kind, order.code_value = code.code, code.kind, code.value
            order.discount = redeem.off(code, checkout)
            redeem.redeemed(code, checkout)
        checkout.completed_at, checkout.updated_at, checkout.order_id = now, now, order.id
        checkout.discount_code = code.code if code else None
        self.orders[order.id] = order
        return order


def own_marks(attributes: Mapping[str, str] | None) -> dict[str, str]:
    """Cart attributes. UTM parameters are none: they show in the landing site and the customer journey."""
    return {name: value for name, value in (attributes or {}).items() if not name.startswith("utm_")}


def cart_facts(request: CartRequest, country: str) -> dict[str, Any]:
    """What the ledger keeps of a new cart: the truth that the counts are measured against."""
    return {
        "phone": request.phone,
        "consent": request.consent,
        "country": request.country or country,
        "region": request.region,
    }


def line_view(line: Line) -> LineView:
    product = line.product
    return LineView(product.sku, product.title, product.emoji, line.quantity, product.price)
