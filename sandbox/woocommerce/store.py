"""A pretend WooCommerce store. Since core 10.9 only an order that reached "Place order" is seen from outside, so a cart
that is left here is an order at an off-site gateway, pending, whose shopper never came back; unless the store has the
plugin, which sees carts before that."""

from collections.abc import Mapping
from dataclasses import replace

from sandbox.catalog import Line, lines_of, one_more
from sandbox.storefront import CartRequest, CartView, LineView, OpenCart, WantedItem
from sandbox.woocommerce import companion_carts, unpaid
from sandbox.woocommerce.companion import Kept
from sandbox.woocommerce.order_json import payment_url
from sandbox.woocommerce.ordering import Ordering, attribute, bought, own_marks
from sandbox.woocommerce.state import PAYABLE, Order


class WooStore(Ordering):
    """Implements `sandbox.storefront.Store`; a cart's token is its order's id, or the plugin's for it. The world's lock
    guards it."""

    platform = "woocommerce"

    # -- what shoppers do

    def open_cart(self, request: CartRequest) -> OpenCart:
        with self.world.lock:
            lines = lines_of(request.items)
            if self.plugin is not None and self.plugin.ready and not request.placed:
                cart = companion_carts.open_cart(self.plugin, request, lines, self.now())
                self.note_cart(cart.token, request)
                return cart
            order = self.new_order(request, lines)
            if self.shop.drafts and not request.placed:
                order.status = "checkout-draft"
            if self.plugin is not None and self.plugin.ready:
                cart = companion_carts.open_cart(self.plugin, request, lines, self.now())
                order.cart, self.plugin.carts[cart.token].order_id = cart.token, order.id
                order.meta |= companion_carts.marks(
                    self.plugin, self.plugin.carts[cart.token], None, ticked=request.consent
                )
            self.note_cart(str(order.id), request)
            self.announce(order)
            unpaid.watch(self, order)
            return OpenCart(str(order.id), payment_url(order, self.shop))

    def change_cart(self, token: str, items: tuple[WantedItem, ...] | None = None) -> None:
        with self.world.lock:
            if self.plugin is not None and (cart := self.kept(token)) is not None:
                lines = one_more(cart.lines) if items is None else lines_of(items)
                companion_carts.change(self.plugin, cart, lines, self.now())
                return
            order = self.unpaid(token)
            order.lines = one_more(order.lines) if items is None else lines_of(items)
            self.changed(order)

    def empty_cart(self, token: str) -> None:
        """The shopper cancels at the gateway: the order is cancelled. A cart is just emptied."""
        self.take_away(token, "emptied")

    def untick(self, token: str) -> None:
        """The shopper takes the tick out of the plugin's box."""
        self.take_away(token, "unticked")

    def take_away(self, token: str, reason: str) -> None:
        with self.world.lock:
            if self.plugin is not None and (cart := self.kept(token)) is not None:
                companion_carts.take_away(self.plugin, cart, reason, self.now())
                return
            unpaid.cancel(self, self.unpaid(token), unpaid.BY_SHOPPER)

    def visit(self, token: str, landing_site: str, discount_code: str | None = None) -> None:
        """Core attributes an order when it is made, so the utm_* of this link only count for a rebuilt cart.

        A coupon can't be put on an order that waits to be paid: the code is for `buy`.
        """
        with self.world.lock:
            if self.kept(token) is None:
                self.order(token).came_by = f"{self.shop.base_url}{landing_site}"

    def buy(
        self,
        token: str,
        discount_code: str | None = None,
        attributes: Mapping[str, str] | None = None,
        how: str = "paid",
    ) -> str:
        """Pay the waiting order; with a code, buy its rebuilt cart as a new order (/checkout-link/)."""
        with self.world.lock:
            if (cart := self.kept(token)) is not None:
                return self.buy_cart(cart, cart.request, discount_code, attributes, how=how)
            order = self.unpaid(token)
            fresh = discount_code is not None or order.status == "checkout-draft"
            if discount_code is not None:
                order.bought_as = self.buy_rebuilt(order, discount_code).id
                order = self.orders[order.bought_as]
            order.meta |= own_marks(attributes)
            self.finish(order, token, how, fresh)
            return str(order.id)

    def buy_cart(
        self,
        cart: Kept,
        request: CartRequest,
        code: str | None,
        attributes: Mapping[str, str] | None,
        landing_url: str = "",
        how: str = "paid",
    ) -> str:
        """The plugin's cart becomes an order, on the device it was left on or on another. One that waits to be paid
        already is paid."""
        with self.world.lock:
            companion_carts.still_open(cart)
            order = self.orders.get(cart.order_id or 0)
            fresh = order is None or order.status not in PAYABLE
            if order is None or fresh:
                order = self.new_order(request, cart.lines)
                self.use(order, code)
                attribute(order, landing_url)
            if self.plugin is not None:
                order.meta |= companion_carts.marks(self.plugin, cart, attributes, ticked=request.consent)
            order.cart, cart.order_id = cart.id, order.id
            self.finish(order, cart.id, how, fresh)
            return str(order.id)

    def finish(self, order: Order, token: str, how: str, fresh: bool) -> None:
        self.settle(order, how, announce=fresh)
        if bought(order):
            self.note_order(order, token)
        else:
            unpaid.watch(self, order)

    def place(self, request: CartRequest, lines: tuple[Line, ...], code: str | None, landing_url: str) -> str:
        """A whole purchase on the checkout page (a cart rebuilt from a link): returns the order's id."""
        with self.world.lock:
            order = self.new_order(request, lines)
            self.use(order, code)
            attribute(order, landing_url)
            self.finish(order, str(order.id), "paid", fresh=True)
            return str(order.id)

    # -- looking

    def view(self, token: str) -> CartView:
        with self.world.lock:
            if (cart := self.kept(token)) is not None:
                return replace(companion_carts.view(cart), lines=tuple(map(line_view, cart.lines)))
            order = self.order(token)
            paid = order.status not in (*PAYABLE, "checkout-draft", "cancelled")
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


def line_view(line: Line) -> LineView:
    product = line.product
    return LineView(product.sku, product.title, product.emoji, line.quantity, product.price)
