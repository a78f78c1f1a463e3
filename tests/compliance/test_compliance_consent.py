from dataclasses import replace
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


def untouched(hour: int, phone: str = SHE) -> list[Claim]:
    """Lines that change nothing: we asked, and a box was left empty."""
    return [Claim(phone, state, at(hour), "test", WORDING, proven=True) for state in ("requested", "noted")]


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
    ("withdrawn, then ticked again", [withdrawn(0), ticked(1)], [], replace(GIVEN, renewed=True)),
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
        replace(GIVEN, renewed=True),
    ),
    ("confirmed, then STOP", [confirmed(2)], [stopped(3)], WITHDRAWN),
    ("STOP, then a box ticked by whoever", [ticked(4)], [stopped(3)], WITHDRAWN),
    ("STOP, then asked", [asked(4)], [stopped(3)], WITHDRAWN),
    ("STOP, then confirmed by the person", [confirmed(2)], [stopped(1)], replace(PROVEN, renewed=True)),
    ("STOP at the very instant of the confirmation", [confirmed(2)], [stopped(2)], WITHDRAWN),
    ("two STOPs, the later one counts", [confirmed(2)], [stopped(1), stopped(3)], WITHDRAWN),
    ("STOP from someone who never agreed", [], [stopped(3)], WITHDRAWN),
    ("we asked, and a box stayed empty", untouched(1), [], NO_CONSENT),
    ("ticked, then asked by us", [ticked(1), *untouched(2)], [], GIVEN),
    ("withdrawn, then asked by us", [withdrawn(1), *untouched(2)], [], WITHDRAWN),
    ("STOP, then asked by us", untouched(4), [stopped(3)], WITHDRAWN),
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
        st.sampled_from(["given", "pending", "requested", "withdrawn", "noted"]),
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


@given(claims, suppressions, st.integers(0, 9))
def test_what_we_asked_and_what_was_merely_noted_changes_nothing(lines, stops, hour):
    assert view(SHE, [*lines, *untouched(hour)], stops) == view(SHE, lines, stops)


# -- consent that ends by itself, and the line that was relied on


def implied(hour: int, ends: int, **more) -> Claim:
    return ticked(hour, expires_at=at(ends), **more)


def test_consent_says_when_it_ends_by_itself():
    assert view(SHE, [implied(1, 9)]).expires_at == at(9)
    assert view(SHE, [ticked(1)]).expires_at is None
    assert view(SHE, [implied(1, 9)], now=at(8)).state == "given"


@pytest.mark.parametrize("hour", [9, 10])
def test_consent_that_ended_is_none_and_what_it_hid_counts_again(hour):
    assert view(SHE, [implied(1, 9)], now=at(hour)) == NO_CONSENT
    assert view(SHE, [ticked(0), implied(1, 9)], now=at(hour)).given_at == at(0)
    assert view(SHE, [withdrawn(0), implied(1, 9)], now=at(hour)).state == "withdrawn"


def test_a_confirmed_consent_isnt_weakened_by_a_later_proven_one_that_says_less_or_ends_sooner():
    sooner = Claim(SHE, "given", at(3), "purchase", WORDING, proven=True, expires_at=at(9))
    less = Claim(SHE, "given", at(4), "import", "News by text", proven=True)
    newer = Claim(SHE, "given", at(5), "reply Y", WORDING, proven=True)
    assert view(SHE, [confirmed(2), sooner, less]) == PROVEN
    assert view(SHE, [confirmed(2), sooner, less, newer]).given_at == at(5)


def test_the_view_names_the_line_it_rests_on():
    lines = [
        ticked(1, seq=4),
        Claim(SHE, "given", at(2), "reply Y", WORDING, proven=True, seq=7),
        ticked(3, seq=8),
    ]
    assert view(SHE, lines).evidence == 7
    assert view(SHE, lines[:1]).evidence == 4
    assert view(SHE, [*lines, Claim(SHE, "withdrawn", at(4), "STOP", seq=9)]).evidence == 9
    assert view(SHE, [Claim(SHE, "pending", at(4), "shopify", seq=5)]).evidence == 5
    assert view(SHE, lines, [stopped(5)]).evidence is None
    assert view(SHE, []).evidence is None


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
