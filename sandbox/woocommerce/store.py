"""A pretend WooCommerce store. Since core 10.9 only an order that reached "Place order" is seen from outside,
so a cart that is left here is an order at an off-site gateway, pending, whose shopper never came back."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

from sandbox.catalog import Line, lines_of, one_more
from sandbox.pricing import text
from sandbox.storefront import CartRequest, CartView, LineView, OpenCart, WantedItem
from sandbox.woocommerce.order_json import UTM, order_json, payment_url
from sandbox.woocommerce.records import Records
from sandbox.woocommerce.state import PAYABLE, Order


class WooStore(Records):
    """Implements `sandbox.storefront.Store`; a cart's token is its order's id. The world's lock guards it."""

    platform = "woocommerce"

    # -- what shoppers do

    def open_cart(self, request: CartRequest) -> OpenCart:
        with self.world.lock:
            order = self.new_order(request, lines_of(request.items))
            self.world.ledger.write(
                "cart",
                shop=self.id,
                token=str(order.id),
                phone=request.phone,
                consent=request.consent,
                country=request.country or self.country,
                region=request.region,
            )
            self.announce(order)
            return OpenCart(str(order.id), payment_url(order, self.shop))

    def change_cart(self, token: str, items: tuple[WantedItem, ...] | None = None) -> None:
        with self.world.lock:
            order = self.unpaid(token)
            order.lines = one_more(order.lines) if items is None else lines_of(items)
            self.changed(order)

    def empty_cart(self, token: str) -> None:
        """The shopper cancels at the gateway: the order is cancelled."""
        with self.world.lock:
            order = self.unpaid(token)
            order.status = "cancelled"
            self.changed(order)

    def visit(self, token: str, landing_site: str, discount_code: str | None = None) -> None:
        """Core attributes an order when it is made, so the utm_* of this link only count for a rebuilt cart.

        A coupon can't be put on an order that waits to be paid: the code is for `buy`.
        """
        with self.world.lock:
            self.order(token).came_by = f"{self.shop.base_url}{landing_site}"

    def buy(
        self, token: str, discount_code: str | None = None, attributes: Mapping[str, str] | None = None
    ) -> str:
        """Pay the waiting order; with a code, buy its rebuilt cart as a new order (/checkout-link/)."""
        with self.world.lock:
            order = self.unpaid(token)
            if discount_code is not None:
                order.bought_as = self.buy_rebuilt(order, discount_code).id
                order = self.orders[order.bought_as]
            order.meta |= own_marks(attributes)
            self.pay(order, announce=discount_code is not None)
            self.note_order(order, token)
            return str(order.id)

    def place(self, request: CartRequest, lines: tuple[Line, ...], code: str | None, landing_url: str) -> str:
        """A whole purchase on the checkout page (a cart rebuilt from a link): returns the order's id."""
        with self.world.lock:
            order = self.new_order(request, lines)
            self.use(order, code)
            attribute(order, landing_url)
            self.pay(order, announce=True)
            self.note_order(order, str(order.id))
            return str(order.id)

    # -- what the merchant does

    def refund(self, order_id: str) -> None:
        with self.world.lock:
            order = self.order(order_id)
            refund = {
                "id": next(self._ids),
                "reason": "",
                "total": f"-{text(order.total)}",
                "total_tax": "0.00",
            }
            order.status, order.refunds = "refunded", [refund]
            self.world.ledger.write("refund", shop=self.id, order_id=order_id, total=text(order.total))
            self.changed(order)

    def cancel(self, order_id: str) -> None:
        with self.world.lock:
            order = self.order(order_id)
            order.status = "cancelled"
            self.world.ledger.write("cancel", shop=self.id, order_id=order_id)
            self.changed(order)

    def delete(self, order_id: str) -> None:
        """To the trash: the webhook's body is only the id."""
        with self.world.lock:
            order = self.orders.pop(self.order(order_id).id)
            self.trash[order.id] = order
            self.outbox.fire("order.deleted", order.id, lambda: {"id": order.id})

    def erase(self, phone: str) -> int:
        """WordPress's personal-data eraser for this person; returns how many orders were anonymised."""
        with self.world.lock:
            theirs = [order for order in self.orders.values() if order.request.phone == phone]
            for order in theirs:
                order.anonymized = True
                self.changed(order)
            return len(theirs)

    # -- looking

    def view(self, token: str) -> CartView:
        with self.world.lock:
            order = self.order(token)
            paid = order.status not in (*PAYABLE, "cancelled")
            return CartView(
                token=token,
                lines=tuple(line_view(line) for line in order.lines),
                subtotal=order.subtotal,
                discount=order.discount,
                total=order.total,
                discount_code=order.coupon.code if order.coupon else None,
                order_id=str(order.id) if paid else None,
                request=order.request,
            )

    # -- inner works; the lock is held

    def buy_rebuilt(self, order: Order, code: str) -> Order:
        again = self.new_order(replace(order.request), order.lines)
        attribute(again, order.came_by)
        self.use(again, code)
        return again

    def use(self, order: Order, code: str | None) -> None:
        coupon = self.usable(code, order.subtotal)
        if coupon is not None:
            coupon.used += 1
            order.coupon, order.discount = coupon, coupon.takes_off(order.subtotal)

    def pay(self, order: Order, announce: bool) -> None:
        order.status, order.paid_at = "processing", self.now()
        order.modified_at = order.paid_at
        if announce:
            self.announce(order)
        else:
            self.tell("order.updated", order)
        for line in order.lines:
            self.stock[line.product.id] -= line.quantity

    def changed(self, order: Order) -> None:
        order.modified_at = self.now()
        self.tell("order.updated", order)

    def announce(self, order: Order) -> None:
        """A new order. For the block checkout `order.updated` goes out before `order.created`."""
        topics = ["order.updated", "order.created"]
        for topic in topics if self.shop.blocks else reversed(topics):
            self.tell(topic, order)

    def tell(self, topic: str, order: Order) -> None:
        self.outbox.fire(topic, order.id, lambda: order_json(order, self.shop))

    def note_order(self, order: Order, token: str) -> None:
        self.world.ledger.write(
            "order",
            shop=self.id,
            token=token,
            phone=order.request.phone,
            order_id=str(order.id),
            total=text(order.total),
            discount=text(order.discount),
            discount_code=order.coupon.code if order.coupon else None,
        )


def own_marks(attributes: Mapping[str, str] | None) -> dict[str, str]:
    """What a plugin keeps of the visit as order meta. UTM parameters are core's to keep: `attribute`."""
    return {f"_{name}": value for name, value in (attributes or {}).items() if not name.startswith("utm_")}


def attribute(order: Order, landing_url: str) -> None:
    """Core's order attribution: the utm_* of the visit in which the order is made."""
    found = dict(parse_qsl(urlsplit(landing_url).query))
    order.landing = {name: found[name] for name in UTM if name in found}
    order.landing_url = landing_url


def line_view(line: Line) -> LineView:
    product = line.product
    return LineView(product.sku, product.title, product.emoji, line.quantity, product.price)
