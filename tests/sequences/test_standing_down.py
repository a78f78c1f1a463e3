"""Other tools that write to the same shoppers: what they send, by their own words, and for whom we stand down."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from compliance import rulebook, zones
from compliance.ask import ConsentView
from sequences.cart import Address, Cart, Contact
from sequences.dispatching import Send, Situation, Skip, decide
from sequences.errors import BadSequence
from sequences.money import Money
from sequences.ports import Look
from sequences.sequence import Sequence, load
from sequences.standing_down import RULE, Automation, Others, kind_of, others

NOON = datetime(2026, 11, 24, 17, tzinfo=UTC)
TEXTS = Automation(app="Postscript", title="Abandoned cart", kind="texts")
MAILS = Automation(app="Shopify Messaging", title="Abandoned checkout email", kind="mails")
EITHER = Automation(app="Flows", title="Win back", kind="unknown")
READY = Situation(
    cart=Cart(
        key="checkout:t",
        created_at=NOON,
        updated_at=NOON,
        total=Money(Decimal(12), "USD"),
        contact=Contact(phone="+12125550142"),
        shipping=Address(country="US", region="NY", postcode="10001"),
    ),
    state="abandoned",
    left_at=NOON - timedelta(hours=1),
    deadline=NOON + timedelta(hours=47),
    look=Look(state="open"),
    consent=ConsentView(state="given", scope="marketing", given_at=NOON, source="shopify checkout"),
    suppression=None,
    texts_for_cart=0,
    texts_last_day=0,
    arm="treated",
    store_consent=True,
    platform="shopify",
)


def checks(trace) -> list[tuple[str, str]]:
    return [(line.check, line.outcome) for line in trace]


@pytest.mark.parametrize(
    ("own", "app", "mails", "kind"),
    [
        (("Abandoned cart SMS", "", ""), "", False, "texts"),
        (("Abandoned cart", "", "sms"), "Klaviyo: Email Marketing & SMS", True, "texts"),
        (("Recover carts by text message", "", ""), "", True, "texts"),
        (("Texts to shoppers", "", ""), "", False, "texts"),
        (("Cart", "WhatsApp", ""), "", False, "texts"),
        (("Email and SMS series", "", ""), "", False, "texts"),
        (("Abandoned checkout", "", "email"), "Postscript SMS", False, "mails"),
        (("Abandoned checkout e-mail", "", ""), "", False, "mails"),
        (("Abandoned checkout", "", ""), "Postscript: SMS Marketing", True, "texts"),
        (("Abandoned checkout", "", ""), "Klaviyo: Email Marketing & SMS", False, "unknown"),
        (("Abandoned checkout", "", ""), "Klaviyo: Email Marketing & SMS", True, "mails"),
        (("Abandoned checkout", "", ""), "Seguno: Email Marketing", False, "mails"),
        (("Abandoned checkout", "", ""), "Shopify Messaging", True, "mails"),
        (("Context and contexts", "", "textile"), "Smsense", False, "unknown"),
    ],
)
def test_an_activitys_own_words_say_what_it_sends_before_its_apps_name_does(own, app, mails, kind) -> None:
    assert kind_of(own, app, mails) == kind


@pytest.mark.parametrize(
    ("choice", "seen", "declared", "names", "stands_down"),
    [
        ("texts", [], "", (), False),
        ("texts", [TEXTS], "", ("Postscript (Abandoned cart)",), True),
        ("texts", [MAILS, EITHER], "", (), False),
        (
            "any",
            [MAILS, EITHER],
            "",
            ("Shopify Messaging (Abandoned checkout email)", "Flows (Win back)"),
            True,
        ),
        ("texts", [MAILS], " Attentive ", ("Attentive",), True),
        ("any", [], "Attentive", ("Attentive",), True),
        ("off", [TEXTS, MAILS], "Attentive", ("Attentive", "Postscript (Abandoned cart)"), False),
        ("off", [], "", (), False),
        ("texts", [TEXTS, TEXTS], "", ("Postscript (Abandoned cart)",), True),
    ],
)
def test_for_whom_we_stand_down(choice, seen, declared, names, stands_down) -> None:
    assert others(seen, declared, choice) == Others(names=names, stands_down=stands_down)


def test_the_reason_names_the_tools() -> None:
    assert Others().reason == ""
    assert Others(names=("A",)).reason == "A writes to shoppers about their carts too"
    assert Others(names=("A", "B")).reason == "A and B write to shoppers about their carts too"
    assert [a.name for a in (TEXTS, replace(TEXTS, app=""), replace(TEXTS, title=""))] == [
        "Postscript (Abandoned cart)",
        "Abandoned cart",
        "Postscript",
    ]


@pytest.fixture(scope="module")
def book():
    zones.use_pinned_tzdata()
    return rulebook.load()


def test_while_another_tool_texts_nobody_is_texted_or_asked_or_held_out(book) -> None:
    others = Others(names=("Postscript",), stands_down=True)
    for more in ({}, {"arm": "holdout"}, {"store_consent": False}):
        decision, trace = decide(replace(READY, others=others, **more), NOON, book)
        assert isinstance(decision, Skip)
        assert (decision.rule, decision.state) == (RULE, "skipped")
        assert decision.reason == "Postscript writes to shoppers about their carts too: nobody gets two"
        assert checks(trace)[-1] == ("other tools", "skipped")


def test_a_shop_may_choose_to_text_all_the_same_and_the_trace_says_beside_whom(book) -> None:
    decision, trace = decide(replace(READY, others=Others(names=("Postscript",))), NOON, book)
    assert isinstance(decision, Send)
    assert ("other tools", "texted all the same") in checks(trace)
    assert any("Postscript" in line.reason for line in trace)


def test_what_ended_a_cart_anyway_is_said_before_the_other_tool(book) -> None:
    others = Others(names=("Postscript",), stands_down=True)
    assert decide(replace(READY, state="bought", others=others), NOON, book)[0].reason == "the cart is bought"
    late = replace(READY, deadline=NOON - timedelta(seconds=1), others=others)
    assert decide(late, NOON, book)[0].state == "expired"


def test_the_choice_is_checked_when_a_sequence_is_loaded() -> None:
    assert (Sequence().stand_down, Sequence().other_tool, Sequence().rest) == (
        "texts",
        "",
        timedelta(hours=24),
    )
    told = load({"stand_down": "any", "other_tool": "Attentive", "rest": 3600})
    assert (told.stand_down, told.other_tool, told.rest) == ("any", "Attentive", timedelta(hours=1))
    for wrong in ({"stand_down": "sometimes"}, {"rest": -1}, {"other_tool": "x" * 81}):
        with pytest.raises(BadSequence, match=next(iter(wrong))):
            load(wrong)
