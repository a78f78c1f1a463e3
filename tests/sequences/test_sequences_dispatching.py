"""The decision about a due touch: the first answer stands, and each has its reason and its trace."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from compliance import rulebook, zones
from compliance.ask import ConsentView, Suppression
from sequences.cart import Address, Cart, Contact, Line
from sequences.confirming import Asked
from sequences.dispatching import LONGEST_TTL, AskFirst, Hold, Send, Situation, Skip, decide
from sequences.money import Money
from sequences.ports import Look

NOON = datetime(2026, 11, 24, 17, tzinfo=UTC)  # a Tuesday, 12:00 in New York
HOUR = timedelta(hours=1)
OPEN = Look(state="open")
GIVEN = ConsentView(state="given", scope="marketing", given_at=NOON - HOUR, source="shopify checkout")
CART = Cart(
    key="checkout:t",
    created_at=NOON - HOUR,
    updated_at=NOON - HOUR,
    total=Money(Decimal(12), "USD"),
    lines=(Line(title="Mug", quantity=1, price=Money(Decimal(12), "USD")),),
    contact=Contact(phone="+12125550142"),
    shipping=Address(country="US", region="NY", postcode="10001"),
)
READY = Situation(
    cart=CART,
    state="abandoned",
    left_at=NOON - HOUR,
    deadline=NOON + 47 * HOUR,
    look=OPEN,
    consent=GIVEN,
    suppression=None,
    texts_for_cart=0,
    texts_last_day=0,
    arm="treated",
    store_consent=True,
    platform="shopify",
)


@pytest.fixture(scope="module")
def book():
    zones.use_pinned_tzdata()
    return rulebook.load()


@pytest.fixture
def ask(book):
    def decided(now: datetime = NOON, **changes):
        return decide(replace(READY, **changes), now, book)

    return decided


def checks(trace) -> list[tuple[str, str]]:
    return [(line.check, line.outcome) for line in trace]


def test_a_waiting_cart_with_consent_by_day_is_sent(ask) -> None:
    decision, trace = ask()
    assert isinstance(decision, Send)
    assert decision.ttl_seconds == LONGEST_TTL.total_seconds()
    assert checks(trace) == [
        ("cart", "waiting"),
        ("last look", "open"),
        ("deadline", "in time"),
        ("compliance", "allowed"),
        ("experiment", "treated"),
    ]


@pytest.mark.parametrize("state", ["open", "bought", "recovered", "expired", "erased"])
def test_a_cart_that_no_longer_waits_is_cancelled_before_anything_else_is_asked(ask, state) -> None:
    decision, trace = ask(state=state, look=Look(state="bought"), now=NOON + 100 * HOUR)
    assert decision == Skip(f"the cart is {state}", state="cancelled")
    assert checks(trace) == [("cart", "cancelled")]


def test_a_cart_without_content_is_cancelled(ask) -> None:
    assert ask(cart=None, state="erased")[0].state == "cancelled"
    assert ask(cart=None)[0].state == "cancelled"


@pytest.mark.parametrize(
    ("look", "reason"),
    [
        (Look(state="bought", order_key="order:7"), "the store says it was bought"),
        (Look(state="gone"), "the store has no such cart any more"),
    ],
)
@pytest.mark.parametrize("blind", [False, True])
def test_what_the_store_knows_ends_it(ask, look, reason, blind) -> None:
    decision, trace = ask(look=look, send_blind=blind)
    assert decision == Skip(reason, "last look")
    assert checks(trace)[-1] == ("last look", look.state)
    assert trace[-1].facts == ({"order": "order:7"} if look.order_key else {})


@pytest.mark.parametrize(("tries", "minutes"), [(0, 1), (1, 2), (4, 16), (9, 30)])
def test_a_store_that_cant_be_asked_is_asked_again_ever_more_rarely(ask, tries, minutes) -> None:
    decision, _ = ask(look=Look(state="unknown", detail="timed out"), tries=tries)
    assert decision == Hold(
        NOON + timedelta(minutes=minutes), "the store can't be asked: timed out", "last look"
    )


def test_a_shop_may_choose_to_send_blind_and_the_trace_says_that_it_did(ask) -> None:
    decision, trace = ask(look=Look(state="unknown", detail="timed out"), send_blind=True)
    assert isinstance(decision, Send)
    assert checks(trace)[1] == ("last look", "blind")
    assert "timed out" in trace[1].reason


def test_the_deadline_itself_is_too_late(ask) -> None:
    decision, trace = ask(deadline=NOON)
    assert decision == Skip("its deadline passed", "deadline", state="expired")
    assert checks(trace)[-1] == ("deadline", "expired")
    assert not isinstance(ask(deadline=NOON + timedelta(seconds=1))[0], Skip)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"consent": ConsentView(state="none")}, "FED-01"),
        ({"consent": ConsentView(state="withdrawn")}, "FED-05"),
        ({"store_consent": False, "double_opt_in": False}, "CART-02"),
        ({"consent": ConsentView(state="pending"), "double_opt_in": False}, "FED-01"),
        ({"suppression": Suppression("+12125550142", NOON, "STOP")}, "FED-05"),
        ({"texts_for_cart": 1}, "CART-03"),
    ],
)
@pytest.mark.parametrize("arm", ["treated", "holdout"])
def test_a_refusal_names_its_rule_and_comes_before_the_holdout(ask, change, rule, arm) -> None:
    decision, trace = ask(arm=arm, **change)
    assert isinstance(decision, Skip)
    assert (decision.rule, decision.state) == (rule, "skipped")
    assert checks(trace)[-1] == ("compliance", "refused"), "nobody who may not be texted is in the experiment"
    assert rule in trace[-1].facts["rules"]


def test_too_many_texts_in_a_day_are_refused(ask) -> None:
    decision, _ = ask(texts_last_day=50)
    assert isinstance(decision, Skip)
    assert decision.rule


def test_a_vouched_consent_doesnt_outdo_a_withdrawal(ask) -> None:
    for state in ("none", "pending", "withdrawn"):
        found = ask(consent=ConsentView(state=state), store_consent=True, double_opt_in=False)[0]
        assert isinstance(found, Skip)


@pytest.mark.parametrize("change", [{"renewed": True}, {"source": "sign-up page"}, {"source": "keyword"}])
def test_the_merchant_vouches_for_the_stores_record_and_for_nothing_else(ask, change) -> None:
    """After an opt-out the programme is confirmed anew (OPT-09); our own forms ask for a confirmation themselves."""
    decision, _ = ask(consent=replace(GIVEN, **change))
    assert isinstance(decision, AskFirst)


def test_an_unconfirmed_consent_is_asked_about_and_the_cart_waits(ask) -> None:
    decision, trace = ask(store_consent=False)
    assert decision == AskFirst(READY.deadline, "the shopper was asked to confirm", "CART-02")
    assert checks(trace)[-2:] == [("confirmation", "ask"), ("experiment", "treated")]
    waiting, _ = ask(store_consent=False, asked=(Asked(at=NOON - HOUR, open=True, waiting=False),))
    assert waiting == Hold(READY.deadline, "the shopper was asked to confirm", "CART-02")


def test_the_holdout_is_not_asked(ask) -> None:
    decision, _ = ask(store_consent=False, arm="holdout")
    assert isinstance(decision, Skip) and decision.rule == "holdout"


def test_who_can_no_longer_answer_in_time_is_not_asked(ask) -> None:
    decision, _ = ask(store_consent=False, deadline=NOON + timedelta(minutes=29))
    assert isinstance(decision, Skip) and decision.state == "expired"
    assert isinstance(ask(store_consent=False, deadline=NOON + timedelta(minutes=30))[0], AskFirst)


def test_in_canada_only_who_ticked_a_box_may_be_asked(ask) -> None:
    """CA-03: a text that asks for consent is itself a commercial message."""
    address = Address(country="CA", region="ON", postcode="M5V 2T6")
    cart = replace(CART, contact=Contact(phone="+14165550142"), shipping=address)
    assert isinstance(ask(cart=cart, store_consent=False)[0], AskFirst)
    pending = ConsentView(state="pending", source="shopify checkout")
    decision, _ = ask(cart=cart, store_consent=False, consent=pending)
    assert isinstance(decision, Skip) and decision.rule == "CA-03"


def test_the_holdout_is_skipped_and_told_apart_from_refusals(ask) -> None:
    decision, trace = ask(arm="holdout")
    assert isinstance(decision, Skip)
    assert decision.rule == "holdout"
    assert checks(trace)[-2:] == [("compliance", "allowed"), ("experiment", "holdout")]


def test_the_holdout_waits_for_the_morning_like_everybody(ask) -> None:
    night = NOON + 12 * HOUR
    for arm in ("treated", "holdout"):
        assert isinstance(ask(now=night, arm=arm)[0], Hold)


def test_at_night_it_is_held_until_the_morning(ask) -> None:
    decision, trace = ask(now=NOON + 12 * HOUR)
    assert isinstance(decision, Hold)
    assert decision.until == datetime(2026, 11, 25, 13, tzinfo=UTC)
    assert decision.rule
    assert checks(trace)[-1] == ("compliance", "held")
    assert trace[-1].facts["until"] == "2026-11-25T13:00:00+00:00"


def test_a_night_that_outlasts_the_deadline_expires_the_touch(ask) -> None:
    decision, _ = ask(now=NOON + 12 * HOUR, deadline=NOON + 14 * HOUR)
    assert isinstance(decision, Skip)
    assert decision.state == "expired"


EVENING = datetime(2026, 11, 25, 2, tzinfo=UTC)  # 21:00 in New York: the window closes


@pytest.mark.parametrize("seconds", [20, 21, 60, 3600])
def test_near_the_evening_the_carrier_may_try_until_the_window_closes(ask, seconds) -> None:
    decision, _ = ask(now=EVENING - timedelta(seconds=seconds))
    assert isinstance(decision, Send)
    assert decision.ttl_seconds == seconds


@pytest.mark.parametrize("seconds", [1, 10, 19])
def test_too_near_to_the_evening_for_the_shortest_try_it_is_held(ask, seconds) -> None:
    """CART-04b: a carrier takes no less than 20 seconds, so the text might arrive in quiet hours."""
    decision, trace = ask(now=EVENING - timedelta(seconds=seconds))
    assert decision == Hold(EVENING, "the window closes before a text could surely arrive", "CART-04b")
    assert trace[-1].facts["until"] == EVENING.isoformat()


def test_near_the_deadline_the_carrier_may_try_until_then(ask) -> None:
    decision, _ = ask(deadline=NOON + timedelta(minutes=5))
    assert isinstance(decision, Send)
    assert decision.ttl_seconds == 300
    held, _ = ask(deadline=NOON + timedelta(seconds=19))
    assert isinstance(held, Hold)


def test_the_rules_own_deadline_counts_even_if_the_sequences_is_later(ask) -> None:
    decision, _ = ask(left_at=NOON - 47 * HOUR - HOUR / 2, deadline=NOON + 90 * HOUR)
    assert isinstance(decision, Send)
    assert decision.ttl_seconds == 1800
    late, _ = ask(left_at=NOON - 49 * HOUR, deadline=NOON + 90 * HOUR)
    assert isinstance(late, Skip)
    assert late.state == "expired"


def test_the_billing_address_counts_where_nothing_is_shipped(ask) -> None:
    address = Address(country="US", region="CA", postcode="94103")
    decision, trace = ask(now=NOON - 2 * HOUR, cart=replace(CART, shipping=None, billing=address))
    assert isinstance(decision, Hold), "seven in the morning in California"
    assert "America/Los_Angeles" in trace[-1].facts["local_times"]


def test_the_trace_holds_no_phone_and_no_name(ask) -> None:
    cart = replace(CART, contact=Contact(phone="+12125550142", first_name="Dagmarella"))
    for change in ({}, {"now": NOON + 12 * HOUR}, {"consent": ConsentView(state="none")}):
        _, trace = ask(cart=cart, **change)
        told = " ".join(f"{line.reason} {line.facts}" for line in trace)
        assert "5550142" not in told
        assert "Dagmarella" not in told
