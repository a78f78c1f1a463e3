"""The cases of `compliance_vectors`, asked of the library."""

from datetime import UTC, datetime

import pytest
from compliance_vectors import VECTORS

from compliance.answers import Allowed, Held
from compliance.ask import Ask, ConsentView
from compliance.verdict import check, outlook

PROVEN = ConsentView("given", "cart_reminders", proven=True)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_a_case_worked_out_by_hand_comes_out_so(book, vector):
    at = instant(vector.at)
    ask = Ask(
        vector.phone, PROVEN, country=vector.country, region=vector.region,
        abandoned_at=instant(vector.left) if vector.left else at,
    )  # fmt: skip
    answer = check(ask, at, book)
    expired = getattr(answer, "expired", False)
    assert ("expired" if expired else type(answer).__name__.lower()) == vector.verdict
    assert (answer.until if isinstance(answer, Held) else None) == (vector.until and instant(vector.until))
    assert vector.rules <= {rule.id for rule in answer.rules}
    if vector.window:
        found = outlook(ask, at, book).opening
        assert (found.start, found.end) == tuple(map(instant, vector.window))
        if isinstance(answer, Allowed):
            assert answer.window_end == found.end
