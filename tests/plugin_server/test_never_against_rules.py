"""No text without consent, none against a rule; and every refusal names its rule."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import requests
from code_pools_kit import look_after
from spine_kit import (
    LONDON,
    PERSON,
    carrier,
    change,
    due,
    errand,
    faults,
    hand_over,
    leave_cart,
    left,
    link_in,
    move_to,
    one,
    plan,
    reply,
    report,
    rows,
    settle,
    skip,
    states,
    texted,
    texts,
    wait_idle,
    work,
)

from sequences.ports import OutboundText, Outcome

NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture(params=["mugs", "wool"])
def shop(request) -> str:
    return request.param


def trace(spine) -> list:
    return rows(spine, 'SELECT "check", outcome, reason, facts FROM traces ORDER BY id')


def test_nobody_who_ticked_nothing_is_texted(spine, shop) -> None:
    due(spine, shop, consent=False)
    work(spine)
    touch = one(spine, "touches")
    assert (touch.state, touch.rule) == ("skipped", "FED-01")
    assert touch.reason == "There is no consent on record."
    assert texts(spine) == []


def test_the_stores_word_alone_is_no_proof_where_the_law_asks_for_one(spine, shop) -> None:
    plan(spine, shop, store_consent=False, double_opt_in=False)
    due(spine, shop)
    work(spine)
    touch = one(spine, "touches")
    assert (touch.state, touch.rule) == ("skipped", "CART-02")
    assert texts(spine) == []


def test_where_the_law_takes_the_stores_word_it_is_enough(spine, shop) -> None:
    plan(spine, shop, store_consent=False)
    due(spine, shop, **LONDON)
    work(spine)
    assert len(texts(spine)) == 1


def test_consent_withdrawn_at_the_store_ends_what_waits_and_what_comes(spine) -> None:
    left(spine)
    errand(spine, "consent", phone="+12125550142", state="UNSUBSCRIBED")
    settle(spine)
    assert states(spine) == ["cancelled"]
    change(spine, "UPDATE touches SET state = 'planned'")
    skip(spine, minutes=31)
    work(spine)
    touch = one(spine, "touches")
    assert (touch.state, touch.rule, touch.reason) == ("skipped", "FED-05", "Consent was withdrawn.")
    assert texts(spine) == []


def test_consent_given_again_after_the_withdrawal_counts(spine) -> None:
    due(spine)
    for state in ("UNSUBSCRIBED", "SUBSCRIBED"):
        skip(spine, minutes=1)
        errand(spine, "consent", phone="+12125550142", state=state)
        settle(spine)
        assert states(spine) == ["cancelled"]
    change(spine, "UPDATE touches SET state = 'planned'")
    work(spine)
    assert len(texts(spine)) == 1


@pytest.mark.parametrize("words", ["STOP", "please stop texting me", "Arrêt"])
def test_a_reply_that_says_stop_ends_all_texts_to_this_number(spine, shop, words) -> None:
    texted(spine, shop)
    leave_cart(spine, shop)
    settle(spine)
    skip(spine, minutes=61)
    settle(spine)
    reply(spine, words, shop)
    settle(spine)
    assert states(spine).count("cancelled") == 1
    assert one(spine, "suppressions").reason.startswith("replied with an opt-out")
    due(spine, shop)
    work(spine)
    assert len(texts(spine)) == 1
    assert spine.world.get("/sandbox/summary")["texts_after_stop"] == 0


def test_a_reply_that_asks_something_ends_nothing(spine) -> None:
    texted(spine)
    reply(spine, "Can I stop by to pick it up?")
    settle(spine)
    assert rows(spine, "SELECT * FROM suppressions") == []
    assert one(spine, "replies").intent != "stop"


def test_a_stop_to_one_shop_is_no_stop_to_another(spine) -> None:
    texted(spine, "mugs")
    reply(spine, "STOP", "mugs")
    due(spine, "wool")
    work(spine)
    assert [entry["shop"] for entry in texts(spine)] == ["mugs", "wool"]


def test_the_links_page_stops_all_texts_by_its_button_and_not_by_being_opened(spine, shop) -> None:
    texted(spine, shop)
    leave_cart(spine, shop)
    settle(spine)
    skip(spine, minutes=61)
    settle(spine)
    page = f"{link_in(spine)}/stop"
    for method in ("GET", "HEAD"):
        assert requests.request(method, page, headers=PERSON, timeout=5).status_code == 200
        assert rows(spine, "SELECT * FROM suppressions") == []
        assert "planned" in states(spine)
    assert requests.post(page, headers=PERSON, timeout=5).status_code == 200
    assert one(spine, "suppressions").reason == "opted out on the link's page"
    assert "planned" not in states(spine)
    due(spine, shop)
    work(spine)
    assert len(texts(spine)) == 1


def test_a_number_that_the_carrier_blocks_for_an_opt_out_is_never_tried_again(spine) -> None:
    """They said STOP to the carrier, and that reply never reached us."""
    plan(spine, rest=0)
    texted(spine)
    carrier(spine, report(one(spine, "touches").id, "rejected", "1240"))
    settle(spine)
    assert "1240" in one(spine, "suppressions").reason
    due(spine)
    work(spine)
    assert len(texts(spine)) == 1
    assert rows(spine, "SELECT rule FROM touches WHERE state = 'skipped'")[0].rule == "FED-05"


def test_any_other_failure_of_the_carriers_is_no_opt_out(spine) -> None:
    texted(spine)
    carrier(spine, report(one(spine, "touches").id, "rejected", "1300"))
    settle(spine)
    assert rows(spine, "SELECT * FROM suppressions") == []


class Listening:
    """The real channel, and what was given to it."""

    def __init__(self, real) -> None:
        self.real, self.sent = real, []

    def send(self, message: OutboundText) -> Outcome:
        self.sent.append(message)
        return self.real.send(message)


def test_a_text_that_falls_into_the_night_waits_for_the_morning(spine) -> None:
    move_to(spine, 4)  # eleven in the evening, or midnight, in New York
    leave_cart(spine)
    settle(spine)
    skip(spine, minutes=31)
    settle(spine)
    skip(spine, minutes=31)
    work(spine)
    touch = one(spine, "touches")
    assert (touch.state, touch.rule) == ("held", "ST-NY-HOURS")
    local = touch.due_at.astimezone(NEW_YORK)
    assert (local.hour, local.minute) == (8, 0)
    assert texts(spine) == []
    spine.world.skip(touch.due_at - spine.world.status().now + timedelta(seconds=1))
    work(spine)
    assert len(texts(spine)) == 1
    assert spine.world.get("/sandbox/summary")["texts_at_night"] == 0


def test_a_carrier_may_try_until_the_night_begins_and_no_longer(spine) -> None:
    spine.machine.channel = listening = Listening(spine.machine.channel)
    now = spine.world.status().now.astimezone(NEW_YORK)
    evening = now.replace(hour=19, minute=30, second=0, microsecond=0).astimezone(UTC)
    move_to(spine, evening.hour, evening.minute)
    leave_cart(spine)
    settle(spine)
    skip(spine, minutes=31)
    settle(spine)
    skip(spine, minutes=31)
    work(spine)
    (message,) = listening.sent
    sent = one(spine, "attempts").committed_at.astimezone(NEW_YORK)
    night = sent.replace(hour=21, minute=0, second=0, microsecond=0)
    assert night - timedelta(seconds=1) < sent + timedelta(seconds=message.ttl_seconds) <= night


def test_in_the_middle_of_the_day_a_carrier_may_try_for_four_hours(spine) -> None:
    spine.machine.channel = listening = Listening(spine.machine.channel)
    move_to(spine, 10)
    leave_cart(spine, **LONDON)
    settle(spine)
    skip(spine, minutes=31)
    settle(spine)
    skip(spine, minutes=31)
    work(spine)
    (message,) = listening.sent
    assert message.ttl_seconds == 4 * 3600


def test_a_deadline_comes_before_the_morning_and_the_touch_expires(spine) -> None:
    plan(spine, deadline=2 * 3600, steps=[{"delay": 3600}])
    move_to(spine, 4)
    leave_cart(spine)
    settle(spine)
    skip(spine, minutes=31)
    settle(spine)
    skip(spine, minutes=31)
    work(spine)
    touch = one(spine, "touches")
    assert (touch.state, texts(spine)) == ("expired", [])
    assert "deadline" in touch.reason


def test_a_cart_in_america_gets_one_text_however_many_steps_there_are(spine) -> None:
    texted(spine)
    assert states(spine) == ["delivered"]
    assert any(t.outcome == "left out" and "CART-03" in t.reason for t in trace(spine))
    change(
        spine,
        "INSERT INTO touches SELECT shop_id, gen_random_uuid(), cart_id, 1, due_at, deadline FROM touches",
    )
    hand_over(spine)
    wait_idle(spine)
    (second,) = rows(spine, "SELECT state, rule FROM touches WHERE step = 1")
    assert (second.state, second.rule, len(texts(spine))) == ("skipped", "CART-03", 1)


def test_a_cart_in_britain_gets_a_text_for_each_step(spine) -> None:
    texted(spine, **LONDON)
    assert states(spine) == ["delivered", "planned"]
    skip(spine, hours=22, minutes=30)
    look_after(spine)  # its code is made beforehand
    skip(spine, minutes=30)
    work(spine)
    assert len(texts(spine)) == 2
    assert texts(spine)[0]["text"] != texts(spine)[1]["text"]


def test_a_doubtful_hand_over_counts_as_the_one_text_of_a_cart(spine) -> None:
    due(spine)
    faults(spine, carrier_hangup=1, carrier_hangup_accepts=0)
    work(spine)
    faults(spine, carrier_hangup=0)
    change(
        spine,
        "INSERT INTO touches SELECT shop_id, gen_random_uuid(), cart_id, 1, due_at, deadline FROM touches",
    )
    hand_over(spine)
    assert states(spine) == ["unknown", "skipped"]
    assert texts(spine) == []


def test_a_country_whose_rules_nobody_reviewed_is_not_texted(spine) -> None:
    due(spine, phone="+18765550142", country="JM", region="", postcode="")
    work(spine)
    skip(spine, hours=24)
    work(spine)
    assert [t.rule for t in rows(spine, "SELECT rule FROM touches WHERE state = 'skipped'")] == ["INT-01"] * 2
    assert texts(spine) == []


def test_every_text_stands_beside_the_rules_that_allowed_it(spine) -> None:
    texted(spine)
    decision = one(spine, "attempts").decision
    assert {"CART-02", "CART-03", "ST-02"} & set(decision["rules"])
    assert decision["rulebook"]
    assert "America/New_York" in decision["local_times"]
    allowed = [t for t in trace(spine) if t.check == "compliance"]
    assert [t.outcome for t in allowed] == ["allowed"]
    assert allowed[0].facts["consent"].endswith("vouched for by the merchant")


def test_half_of_the_shoppers_are_held_out_and_get_nothing_but_a_trace(spine) -> None:
    plan(spine, holdout="0.5")
    due(spine)
    for n in range(12):
        leave_cart(spine, phone=f"+121255501{n:02}", email=f"p{n}@example.com")
    settle(spine)
    skip(spine, minutes=31)
    settle(spine)
    skip(spine, minutes=31)
    work(spine)
    held_out = rows(spine, "SELECT cart_id FROM touches WHERE state = 'skipped' AND rule = 'holdout'")
    assert len(held_out) + len(texts(spine)) == 13
    assert 0 < len(held_out) < 13  # all on one side: once in 4096 runs
    for cart in held_out:
        asked = rows(
            spine,
            'SELECT "check", outcome FROM traces WHERE cart_id = :id AND touch_id IS NOT NULL ORDER BY id',
            id=cart.cart_id,
        )
        assert [tuple(t) for t in asked][-3:] == [
            ("compliance", "allowed"),
            ("experiment", "holdout"),
            ("touch", "ended"),
        ]


def test_the_time_of_a_decision_is_the_sandboxs_and_not_the_machines(spine) -> None:
    skip(spine, days=30)
    texted(spine)
    assert one(spine, "attempts").committed_at > datetime.now(UTC) + timedelta(days=29)
