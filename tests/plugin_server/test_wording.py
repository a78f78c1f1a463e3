"""The overview's words: every line that a trace can hold reads as a sentence."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import get_args, get_type_hints

import pytest

from compliance.optout import Intent
from compliance.rulebook import load
from plugin_server.web import wording
from sequences.attribution import Rule
from sequences.engine import CartState
from sequences.events import ReportStatus
from sequences.ports import Look, Outcome

NOON = datetime(2026, 11, 24, 17, tzinfo=UTC)


def told(check: str, outcome: str, reason: str = "") -> wording.Told:
    return wording.told({"at": NOON, "check": check, "outcome": outcome, "reason": reason})


@pytest.mark.parametrize(
    ("check", "outcomes"),
    [
        ("cart", get_args(CartState)),
        ("last look", get_args(get_type_hints(Look)["state"])),
        ("hand-over", get_args(get_type_hints(Outcome)["kind"])),
        ("report", get_args(ReportStatus)),
        ("reply", get_args(get_type_hints(Intent)["kind"])),
    ],
)
def test_every_outcome_has_a_sentence(check, outcomes):
    assert outcomes
    assert [o for o in outcomes if told(check, o).words == f"{check}: {o}"] == []


def test_what_nobody_put_into_words_is_shown_as_it_is():
    assert told("moon", "full").words == "moon: full"


def test_every_way_to_tie_an_order_has_a_sentence():
    for rule in Rule:
        assert told("order", "recovered", f"tied by {rule.name}").details == (wording.TIES[rule],)
    assert told("order", "recovered", "tied by magic").details == ("tied by magic",)


def test_each_citation_ends_a_detail():
    reason = "It is noon. [A-1: there] It is Tuesday. [B-2: here]"
    assert told("compliance", "allowed", reason).details == (
        "It is noon. [A-1: there]",
        "It is Tuesday. [B-2: here]",
    )
    assert told("compliance", "allowed").details == ()


def test_the_funnel_compares_each_row_with_the_one_above():
    counts = {"carts": 4, "abandoned": 2, "texted": 3, "delivered": 0, "clicked": 0, "recovered": 0}
    steps = wording.funnel(counts)
    assert [s.count for s in steps] == [4, 2, 3, 0, 0, 0]
    assert [s.share for s in steps] == [None, 50, None, 0, None, None]
    assert [s.width for s in steps] == [100, 50, 75, 0, 0, 0]
    assert all(s.width == 0 for s in wording.funnel(dict.fromkeys(counts, 0)))


def test_what_ended_a_reminder_is_explained_by_the_rulebook_or_by_us():
    assert "written consent" in wording.ended_by(load(), "FED-01")
    assert wording.ended_by(load(), "holdout")
    assert wording.ended_by(load(), "no such rule") == ""


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [
        ("12.5", "USD", "$12.50"),
        ("0", "USD", "$0.00"),
        ("0.0078", "EUR", "€0.0078"),
        ("0.5", "EUR", "€0.50"),
        ("1234.5", "EUR", "€1,234.50"),
        ("1200", "JPY", "¥1,200"),
    ],
)
def test_money_reads_as_people_write_it(amount, currency, words):
    assert wording.money(Decimal(amount), currency) == words
