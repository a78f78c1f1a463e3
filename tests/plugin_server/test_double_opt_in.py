"""US and Canada: a ticked box is not enough. The shopper is asked, the cart waits, its deadline counts."""

import pytest
from spine_kit import (
    BRITON,
    LONDON,
    PHONE,
    answer,
    at_noon,
    buy,
    change,
    due,
    hand_over,
    leave_cart,
    left,
    one,
    plan,
    reply,
    rows,
    settle,
    skip,
    states,
    texts,
    wait_idle,
    work,
)

SHOPS = ["mugs", "wool"]


@pytest.fixture
def asking(spine):
    """Nobody vouches for the store's record: what the rules want confirmed must be confirmed."""
    for shop in SHOPS:
        plan(spine, shop, store_consent=False)
    return spine


def said(spine) -> list[str]:
    return [entry["text"] for entry in texts(spine)]


def lines(spine):
    """The evidence, oldest first."""
    return rows(spine, "SELECT state, source, proven, facts, personal FROM consents ORDER BY seq")


@pytest.mark.parametrize("shop", SHOPS)
def test_a_ticked_box_is_asked_about_and_the_yes_brings_the_reminder(asking, shop) -> None:
    due(asking, shop)
    work(asking)
    assert len(said(asking)) == 1
    assert "Reply Y" in said(asking)[0] and "cart reminders" in said(asking)[0]
    assert "://" not in said(asking)[0]
    reply(asking, "Y", shop)
    work(asking)
    _question, welcome, reminder = said(asking)
    assert "signed up" in welcome and "STOP" in welcome
    assert "/r/" in reminder
    assert [line.state for line in lines(asking)][-1] == "given"
    assert lines(asking)[-1].proven


def test_the_proof_holds_the_question_and_the_answer(asking) -> None:
    due(asking)
    work(asking)
    reply(asking, "Yes please!")
    work(asking)
    line = lines(asking)[-1]
    assert said(asking)[0] in line.facts.replace("\\n", "\n")
    assert "Yes please" not in line.facts  # what a person wrote is personal: sealed


def test_no_answer_lets_the_cart_expire_and_nobody_is_asked_twice(asking) -> None:
    due(asking)
    work(asking)
    for _ in range(12):
        skip(asking, hours=5)
        work(asking)
    assert len(said(asking)) == 1
    touch = one(asking, "touches", "state, reason")
    assert touch.state == "expired" and "asked to confirm" in touch.reason
    leave_cart(asking)
    settle(asking)
    skip(asking, hours=2)
    work(asking)
    assert len(said(asking)) == 1  # the box was ticked anew, but too soon to ask again


def test_a_no_ends_it(asking) -> None:
    due(asking)
    work(asking)
    reply(asking, "no thanks")
    work(asking)
    assert len(said(asking)) == 2 and "unsubscribed" in said(asking)[1]
    reply(asking, "Y")
    work(asking)
    assert len(said(asking)) == 2  # a YES after STOP is no new consent


def test_a_yes_to_no_question_is_just_a_text(asking) -> None:
    at_noon(asking)
    reply(asking, "Y")
    work(asking)
    assert said(asking) == [] and lines(asking) == []


def test_a_yes_after_a_week_is_too_late(asking) -> None:
    due(asking)
    work(asking)
    skip(asking, days=7, minutes=1)
    work(asking)
    reply(asking, "Y")
    work(asking)
    assert len(said(asking)) == 1
    assert not any(line.proven for line in lines(asking))


def test_who_buys_meanwhile_is_not_asked(asking) -> None:
    key = due(asking)
    assert hand_over(asking) == 1  # planned, not yet handed over
    buy(asking, key)
    assert answer(asking) == 1  # the store's webhook isn't applied yet: the last look knows
    wait_idle(asking)
    assert said(asking) == []
    work(asking)
    assert said(asking) == []


def test_the_confirmed_person_is_not_asked_for_the_next_cart(asking) -> None:
    due(asking)
    work(asking)
    reply(asking, "Y")
    work(asking)
    skip(asking, hours=26)
    leave_cart(asking, items=[{"sku": "TOTE", "quantity": 1}])
    settle(asking)
    skip(asking, hours=1, minutes=31)
    work(asking)
    assert [("/r/" in each) for each in said(asking)] == [False, False, True, True]


def test_where_a_ticked_box_is_enough_nobody_is_asked(asking) -> None:
    due(asking, **LONDON)
    work(asking)
    assert len(said(asking)) == 1 and "/r/" in said(asking)[0]


def test_without_a_ticked_box_nobody_is_asked(asking) -> None:
    due(asking, consent=False)
    work(asking)
    assert said(asking) == []


def test_a_shop_that_does_not_want_to_ask_asks_nobody(asking) -> None:
    plan(asking, double_opt_in=False)
    due(asking)
    work(asking)
    assert said(asking) == []


def test_the_holdout_gets_no_question_either(asking) -> None:
    plan(asking, holdout="0.5")
    phones = [f"+1212555{n:04d}" for n in range(120, 150)]
    at_noon(asking)
    for phone in phones:
        leave_cart(asking, phone=phone)
    settle(asking)
    skip(asking, minutes=31)
    settle(asking)
    skip(asking, minutes=31)
    work(asking)
    asked = {entry["to"] for entry in texts(asking)}
    held_out = len(rows(asking, "SELECT FROM touches WHERE rule = 'holdout'"))
    assert 0 < len(asked) < len(phones)
    assert held_out == len(phones) - len(asked)


def test_a_question_whose_outcome_is_unknown_is_never_repeated_and_its_yes_counts(asking) -> None:
    due(asking)
    assert hand_over(asking) == 1
    change(  # the worker died in the call
        asking,
        "UPDATE notices SET state = 'sending', committed_at = :now,"
        " lease_until = clock_timestamp() - interval '1 second'",
        now=asking.machine.clock.now(),
    )
    work(asking)
    assert said(asking) == []
    assert states(asking, "notices") == ["unknown"]
    reply(asking, "Y")
    work(asking)
    assert lines(asking)[-1].proven


def test_two_carts_of_one_person_wait_for_one_answer(asking) -> None:
    at_noon(asking)
    leave_cart(asking)
    leave_cart(asking, "mugs", items=[{"sku": "TOTE", "quantity": 1}])
    settle(asking)
    skip(asking, minutes=31)
    settle(asking)
    skip(asking, minutes=31)
    work(asking)
    assert len(said(asking)) == 1


def test_at_night_the_question_waits_for_the_morning(asking) -> None:
    left(asking)  # 17:00 UTC
    skip(asking, hours=10)  # 22:31 in New York
    work(asking)
    assert said(asking) == []
    skip(asking, hours=10)
    work(asking)
    assert len(said(asking)) == 1


@pytest.mark.parametrize("phone", [PHONE, BRITON])
def test_the_shops_word_signs_up_whoever_texts_it(asking, phone) -> None:
    at_noon(asking)
    reply(asking, "join", phone=phone)
    work(asking)
    assert len(said(asking)) == 1 and "Reply Y" in said(asking)[0]
    reply(asking, "yes", phone=phone)
    work(asking)
    assert "signed up" in said(asking)[1]
    assert lines(asking)[-1].proven
