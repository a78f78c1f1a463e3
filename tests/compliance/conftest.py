"""One cast for the room: a book of rules, a shopper in New York, and the pinned clock data."""

import pytest

from compliance import rulebook, zones


@pytest.fixture(autouse=True, scope="session")
def pinned_clocks():
    zones.use_pinned_tzdata()


@pytest.fixture
def book():
    return rulebook.load()


@pytest.fixture
def standard():
    return rulebook.load(profile="standard")


@pytest.fixture
def strict():
    return rulebook.load(profile="strict")
