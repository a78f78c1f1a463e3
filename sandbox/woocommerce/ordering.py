"""What becomes of a pretend store's orders: paid, or not; refunded, cancelled, thrown away, erased; and who is told."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

from sandbox.pricing import text
from sandbox.woocommerce import companion_carts
from sandbox.woocommerce.notes import MERCHANT, set_status
from sandbox.woocommerce.order_json import UTM, order_json
from sandbox.woocommerce.records import Records
from sandbox.woocommerce.state import OUTCOMES, Order


class Ordering(Records):
    """Orders of one store and what is told of them."""

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
            set_status(self, order, "refunded", author=MERCHANT)
            order.refunds = [refund]
            self.world.ledger.write("refund", shop=self.id, order_id=order_id, total=text(order.total))
            self.changed(order)

    def cancel(self, order_id: str, by: str = MERCHANT) -> None:
        """`by`: whose note it leaves, a person's name or "system"."""
        with self.world.lock:
            order = self.order(order_id)
            self.world.ledger.write("cancel", shop=self.id, order_id=order_id)
            set_status(self, order, "cancelled", author=by)
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
                order.meta.pop("_comeback_consent", None)
                self.changed(order)
            if self.plugin is not None:
                companion_carts.erase(self.plugin, phone, [order.id for order in theirs], self.now())
            return len(theirs)

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

    def settle(self, order: Order, how: str, announce: bool) -> None:
        """The checkout is through: `how` of `OUTCOMES`. Cash on delivery is processing without being paid, a transfer
        waits on hold, one who didn't come back from the gateway leaves it pending, a declined card failed."""
        order.gateway, status = OUTCOMES[how]
        set_status(self, order, status)
        order.paid_at = self.now() if how == "paid" else None
        order.modified_at = self.now()
        if announce:
            self.announce(order)
        else:
            self.tell("order.updated", order)
        if not bought(order):
            return
        if (cart := self.kept(order.cart)) is not None and self.plugin is not None:
            companion_carts.ordered(self.plugin, cart, order)
        for line in order.lines:
            self.stock[line.product.id] -= line.quantity

    def changed(self, order: Order) -> None:
        order.modified_at = self.now()
        self.tell("order.updated", order)

    def announce(self, order: Order) -> None:
        """A new order. For the block checkout `order.updated` goes out before `order.created`. A draft, which the block
        checkout made before 10.9, is never told as new."""
        topics = ["order.updated", "order.created"]
        if order.status == "checkout-draft":
            topics = ["order.updated"]
        for topic in topics if self.shop.blocks else reversed(topics):
            self.tell(topic, order)

    def tell(self, topic: str, order: Order) -> None:
        self.outbox.fire(topic, order.id, lambda: order_json(order, self.shop))


def bought(order: Order) -> bool:
    return order.status in ("processing", "on-hold", "completed")


def own_marks(attributes: Mapping[str, str] | None) -> dict[str, str]:
    """What a plugin keeps of the visit as order meta. UTM parameters are core's to keep: `attribute`."""
    return {f"_{name}": value for name, value in (attributes or {}).items() if not name.startswith("utm_")}


def attribute(order: Order, landing_url: str) -> None:
    """Core's order attribution: the utm_* of the visit in which the order is made."""
    found = dict(parse_qsl(urlsplit(landing_url).query))
    order.landing = {name: found[name] for name in UTM if name in found}
    order.landing_url = landing_url
