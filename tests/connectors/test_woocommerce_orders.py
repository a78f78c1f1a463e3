"""Orders that were bought, and orders that were undone."""

from decimal import Decimal

from woo_recordings import SHOP, at, delivery, edited, meta, raw, read, told, usd

from connectors.platforms.woocommerce import read_rest
from connectors.platforms.woocommerce.orders import EPOCH
from sequences.events import OrderPlaced
from sequences.money import Money

# -- a purchase


def test_an_order_is_placed_with_what_can_tie_it_to_a_cart():
    (event,) = read(delivery("02")).events
    order = event.order
    assert (order.key, order.checkout_key, order.number) == ("order:16", "order:16", "16")
    assert (order.total, order.refunded, order.status) == (usd("45.00"), None, "placed")
    assert (order.created_at, order.updated_at) == (at("2026-11-24T03:54:05"), at("2026-11-24T03:54:06"))


def test_an_order_on_account_is_placed_and_not_yet_paid():
    assert read(delivery("02")).events[0].order.paid_at is None
    assert read(delivery("12")).events[0].order.paid_at == at("2026-11-24T03:54:13")


def test_a_recovered_order_carries_its_code_and_its_campaign():
    def recover(order):  # recording 10's shape
        order["coupon_lines"] = [{"id": 9, "code": "OPEN5", "discount": "5.00"}]
        meta(
            {
                "_wc_order_attribution_source_type": "utm",
                "_wc_order_attribution_utm_source": "sms",
                "_wc_order_attribution_utm_medium": "text",
                "_wc_order_attribution_utm_campaign": "cart_recovery",
                "_wc_order_attribution_utm_id": "rec_8f2a",
                "_wc_order_attribution_utm_term": "",
                "_comeback_recovery_id": "rec_8f2a",
            }
        )(order)

    (event,) = read(edited("02", recover)).events
    assert event.order.discount_codes == ("open5",)
    assert event.order.recovery_ref == "rec_8f2a"
    assert dict(event.order.utm) == {
        "utm_source": "sms",
        "utm_medium": "text",
        "utm_campaign": "cart_recovery",
        "utm_id": "rec_8f2a",
    }


def test_the_recorded_recovery_is_read_from_the_rest_api_too():
    (event,) = read_rest(raw("41"), SHOP).events
    assert isinstance(event, OrderPlaced)
    assert event.order.discount_codes == ("open5",)
    assert ("utm_id", "rec_8f2a") in event.order.utm


def test_an_update_that_says_completed_is_the_purchase_and_its_completion():
    found = read(edited("12", status="completed"))
    assert told(found) == [("paid", "order:18"), ("completed", "order:18")]
    assert told(read(edited("12", topic="order.created", status="completed"))) == [("paid", "order:18")]


def test_a_status_of_some_plugin_is_taken_as_bought_and_said_so():
    found = read(edited("12", status="shipped"))
    assert told(found) == [("paid", "order:18")]
    assert "shipped" in found.notes[0]


def test_other_currencies_and_alphabets_come_through():
    order = read(delivery("17")).events[0].order
    assert order.total == Money(Decimal("61.50"), "EUR")
    assert (order.contact.first_name, order.contact.last_name) == ("Jürgen", "Müßig")
    assert order.contact.phone == "+4915123456789"


# -- its undoing


def test_a_full_refund_says_how_much_went_back():
    (event,) = read(delivery("14")).events
    assert (event.order.status, event.order.refunded) == ("refunded", usd("12.50"))


def test_partial_refunds_add_up_while_the_order_goes_on():
    parts = [{"id": 1, "total": "-5.00"}, {"id": 2, "total": "-2.50"}]  # recording 13's shape
    (event,) = read(edited("12", status="processing", refunds=parts)).events
    assert (event.change, event.order.total, event.order.refunded) == ("refunded", usd("12.50"), usd("7.50"))


def test_refunded_without_naming_refunds_is_all_of_it():
    (event,) = read(edited("14", refunds=[])).events
    assert event.order.refunded == usd("12.50")


def test_a_cancelled_order_is_no_cart_and_no_purchase():
    found = read(edited("17", topic="order.updated", status="cancelled"))  # recording 16's shape
    assert told(found) == [("cancelled", "order:48")]
    assert found.events[0].order.status == "cancelled"


def test_the_trash_tells_only_an_id_and_the_time_is_none_that_could_be_news():
    (event,) = read(delivery("18")).events
    assert (event.order.status, event.order.checkout_key) == ("deleted", "order:18")
    assert event.order.updated_at == EPOCH
    assert event.order.total == Money(Decimal(0), SHOP.currency)
    (event,) = read(edited("12", status="trash")).events
    assert event.change == "deleted"


def test_an_order_back_from_the_trash_is_what_its_status_says():
    assert told(read(edited("12", topic="order.restored"))) == [("paid", "order:18")]
