"""The figures that a demo shows: what was texted that must not have been."""

import pytest
from sandbox_carrier_kit import ANNA, running_place


@pytest.fixture
def place():
    with running_place() as place:
        yield place


def violations(place):
    summary = place.summary()
    names = ("texts_after_purchase", "texts_at_night", "texts_without_consent", "texts_after_stop")
    return {name: summary[name] for name in names if summary[name]}


def test_a_text_by_day_to_a_consenting_phone_with_an_open_cart_is_fine(place):
    place.cart()
    place.send(client_ref="touch-1")
    assert violations(place) == {}
    summary = place.summary()
    assert (summary["texts"], summary["carts"], summary["max_texts_per_ref"]) == (1, 1, 1)


def test_a_text_after_the_last_cart_was_bought_is_counted(place):
    place.cart("t1")
    place.cart("t2")
    place.order("t1")
    place.send()
    assert violations(place) == {}, "a second cart is still open"
    place.order("t2")
    place.send()
    assert violations(place) == {"texts_after_purchase": 1}
    assert [entry["after_purchase"] for entry in place.ledger("text")] == [False, True]


def test_a_purchase_after_the_text_does_not_count_against_it(place):
    place.cart()
    place.send()
    place.order()
    assert violations(place) == {}


def test_a_cart_bought_in_another_shop_leaves_this_one_open(place):
    place.cart("t1", shop="mugs")
    place.cart("t1", shop="tea")
    place.order("t1", shop="tea")
    place.send()
    assert violations(place) == {}


def test_a_text_without_a_ticked_box_is_counted(place):
    place.cart(consent=False)
    place.send()
    assert violations(place) == {"texts_without_consent": 1}
    place.cart("t2", consent=True)
    place.send()
    assert violations(place) == {"texts_without_consent": 1}


def test_consent_in_another_shop_is_no_consent(place):
    place.cart("t1", shop="tea")
    place.send()
    assert violations(place) == {"texts_without_consent": 1}


@pytest.mark.parametrize(
    ("hours", "night"), [(0, False), (10.9, False), (11.1, True), (16.9, True), (21.9, False)]
)
def test_night_is_judged_where_the_shopper_lives(place, hours, night):
    """The place starts at 15:00 UTC, 07:00 in Los Angeles: night there, then day from one hour later on."""
    place.cart(region="CA")
    place.skip(hours=hours + 1)
    place.send()
    local_hour = (7 + hours + 1) % 24
    assert violations(place).get("texts_at_night", 0) == int(not 8 <= local_hour < 21)


def test_a_planned_shoppers_home_comes_before_the_address_and_the_number(place):
    place.world.zones[ANNA] = "Pacific/Honolulu"  # 05:00 there
    place.cart(region="NY")
    place.send()
    assert violations(place) == {"texts_at_night": 1}


def test_a_number_as_typed_at_home_is_the_same_phone(place):
    place.cart(phone="(212) 555-0110")
    place.cart("t2", phone="07400 123456", country="GB", region="")
    place.cart("t3", phone="612 345 678", country="ES", region="")
    for phone in (ANNA, "+447400123456", "+34612345678"):
        place.send(to=phone)
    assert violations(place) == {}


def test_an_answer_to_a_persons_own_text_is_no_violation(place):
    place.skip(hours=13)  # 23:00 in New York
    place.reply("HELP")
    place.send("Mugs cart reminders. Reply STOP to end.")
    assert violations(place) == {}
    place.send("Your cart waits")
    assert violations(place) == {"texts_at_night": 1, "texts_without_consent": 1}


def test_a_text_after_an_opt_out_the_carrier_does_not_know_is_counted(place):
    place.cart()
    place.reply("please remove me from your list")
    place.send()
    assert place.ledger("text")[0]["outcome"] == "delivered" and violations(place) == {"texts_after_stop": 1}


def test_an_opt_out_counts_from_when_the_shops_server_took_it(place):
    place.cart()
    place.receiver.answers.append(503)
    place.reply("please remove me")
    place.skip(minutes=0)
    place.send()
    assert violations(place) == {}
    place.skip(seconds=6)
    place.skip(minutes=15)
    place.send()
    assert violations(place) == {"texts_after_stop": 1}


def test_orders_clicks_and_previews_are_counted(place):
    place.cart()
    place.order()
    place.world.ledger.write("click", phone=ANNA, shop="mugs", url="x", status=302)
    place.world.ledger.write("preview", phone=ANNA, shop="mugs", url="x", status=302)
    place.world.ledger.write("preview", phone=ANNA, shop="mugs", url="x", status=302)
    summary = place.summary()
    assert (summary["orders"], summary["clicks"], summary["previews"]) == (1, 1, 2)
