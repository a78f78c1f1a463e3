from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.ask import NO_CONSENT, ConsentView, Suppression
from compliance.consent import Claim, scope_of, view

SHE, HE = "+12125551234", "+14155552671"
START = datetime(2026, 11, 20, 9, tzinfo=UTC)
WORDING = "Text me about my cart. Consent is not a condition of purchase."


def at(hour: int) -> datetime:
    return START + timedelta(hours=hour)


def ticked(hour: int, phone: str = SHE, **more) -> Claim:
    return Claim(phone, "given", at(hour), "shopify checkout", **more)


def confirmed(hour: int, phone: str = SHE) -> Claim:
    return Claim(phone, "given", at(hour), "reply Y", WORDING, proven=True)


def withdrawn(hour: int, phone: str = SHE) -> Claim:
    return Claim(phone, "withdrawn", at(hour), "shopify customer")


def asked(hour: int, phone: str = SHE) -> Claim:
    return Claim(phone, "pending", at(hour), "confirmation request", WORDING)


def stopped(hour: int, phone: str = SHE) -> Suppression:
    return Suppression(phone, at(hour), "replied STOP")


GIVEN = ConsentView("given", "marketing", given_at=at(1), source="shopify checkout")
PROVEN = ConsentView("given", "cart_reminders", proven=True, given_at=at(2), source="reply Y")
PENDING = ConsentView("pending", "cart_reminders", source="confirmation request")
WITHDRAWN = ConsentView("withdrawn")

STORIES = [
    ("nothing is known", [], [], NO_CONSENT),
    ("a box was ticked", [ticked(1)], [], GIVEN),
    ("a ticked box for another number", [ticked(1, HE)], [], NO_CONSENT),
    ("another number withdrew", [ticked(1), withdrawn(2, HE)], [], GIVEN),
    ("another number was stopped", [ticked(1)], [stopped(2, HE)], GIVEN),
    ("ticked, then withdrawn", [ticked(1), withdrawn(2)], [], WITHDRAWN),
    ("withdrawn, then ticked again", [withdrawn(0), ticked(1)], [], GIVEN),
    ("ticked and withdrawn at one instant", [ticked(1), withdrawn(1)], [], WITHDRAWN),
    ("asked and ticked at one instant: not yet answered", [ticked(1), asked(1)], [], PENDING),
    ("ticked, then confirmed", [ticked(1), confirmed(2)], [], PROVEN),
    ("confirmed, then ticked at the next checkout", [confirmed(2), ticked(3)], [], PROVEN),
    ("confirmed, then asked once more", [confirmed(2), asked(3)], [], PROVEN),
    ("asked and never answered", [ticked(1), asked(2)], [], PENDING),
    (
        "confirmed, withdrawn, ticked again: the old proof is void",
        [confirmed(0), withdrawn(0), ticked(1)],
        [],
        GIVEN,
    ),
    ("confirmed, then STOP", [confirmed(2)], [stopped(3)], WITHDRAWN),
    ("STOP, then a box ticked by whoever", [ticked(4)], [stopped(3)], WITHDRAWN),
    ("STOP, then asked", [asked(4)], [stopped(3)], WITHDRAWN),
    ("STOP, then confirmed by the person", [confirmed(2)], [stopped(1)], PROVEN),
    ("STOP at the very instant of the confirmation", [confirmed(2)], [stopped(2)], WITHDRAWN),
    ("two STOPs, the later one counts", [confirmed(2)], [stopped(1), stopped(3)], WITHDRAWN),
    ("STOP from someone who never agreed", [], [stopped(3)], WITHDRAWN),
]


@pytest.mark.parametrize(
    ("claims", "suppressions", "expected"), [s[1:] for s in STORIES], ids=[s[0] for s in STORIES]
)
def test_the_story_of_a_number_ends_in_one_view_in_whatever_order_it_arrives(claims, suppressions, expected):
    for order in permutations(claims):
        assert view(SHE, order, suppressions) == expected


claims = st.lists(
    st.builds(
        Claim,
        st.sampled_from([SHE, HE]),
        st.sampled_from(["given", "pending", "withdrawn"]),
        st.integers(0, 9).map(at),
        st.just("test"),
        st.sampled_from([None, WORDING]),
        st.booleans(),
    ),
    max_size=6,
)
suppressions = st.lists(st.builds(stopped, st.integers(0, 9), st.sampled_from([SHE, HE])), max_size=2)


@given(claims, suppressions)
def test_consent_never_outlives_a_later_withdrawal_or_stop(lines, stops):
    found = view(SHE, lines, stops)
    ends = [c.at for c in lines if c.phone_e164 == SHE and c.state == "withdrawn"]
    ends += [s.since for s in stops if s.phone_e164 == SHE]
    if found.state == "given":
        assert found.given_at > max(ends, default=at(-1))
        assert any(c.phone_e164 == SHE and c.state == "given" and c.at == found.given_at for c in lines)
    assert view(SHE, [*lines, withdrawn(10)], stops).state == "withdrawn"
    assert view(SHE, lines, [*stops, stopped(10)]).state == "withdrawn"


@given(claims, suppressions)
def test_lines_about_another_number_change_nothing(lines, stops):
    own = [c for c in lines if c.phone_e164 == SHE], [s for s in stops if s.phone_e164 == SHE]
    assert view(SHE, lines, stops) == view(SHE, *own)


@pytest.mark.parametrize(
    ("wording", "scope"),
    [
        (None, "marketing"),
        ("", "marketing"),
        ("Email and text me with news and offers", "marketing"),
        ("Text me offers and cartoons", "marketing"),
        ("Receive recurring texts (e.g. cart reminders)", "cart_reminders"),
        ("We text you about your BASKET", "cart_reminders"),
        ("Reminders about checkouts you left", "cart_reminders"),
        ("Rappels sur votre panier par SMS", "cart_reminders"),
        ("SMS zu meinem Warenkorb", "cart_reminders"),
        ("Avisos sobre tu carrito", "cart_reminders"),
        ("Promemoria sul carrello", "cart_reminders"),
        ("Herinneringen over je winkelmandje", "cart_reminders"),
    ],
)
def test_the_wording_tells_whether_cart_reminders_were_agreed_to(wording, scope):
    assert scope_of(wording) == scope
