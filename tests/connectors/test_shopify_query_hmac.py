"""What Shopify signs in a query."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shopify_cast import RECORDED

from connectors.platforms.shopify.domains import admin_url, shop_domain
from connectors.platforms.shopify.query_hmac import messages, signature, verify

VECTOR = json.loads((RECORDED / "vectors.json").read_text())
SECRET, QUERY = VECTOR["client_secret"], VECTOR["query"]
NOW = datetime.fromtimestamp(int(QUERY["timestamp"]) + 5, UTC)
SECRETS = {"client_secret": SECRET}
PAIRS = [*QUERY.items(), ("hmac", VECTOR["query_hmac"])]


def signed(query: dict[str, str], way: int = 0, key: str = SECRET) -> list[tuple[str, str]]:
    return [*query.items(), ("hmac", signature(messages(query.items())[way], key))]


def test_the_recorded_query_is_taken():
    assert messages(QUERY.items()) == (VECTOR["query_message"],) * 2
    assert verify(PAIRS, SECRETS, NOW)
    assert verify(PAIRS[::-1], SECRETS, NOW), "in any order"


def test_after_a_rotation_the_old_secret_is_still_taken():
    assert verify(PAIRS, {"client_secret": "another", "old_client_secret": SECRET}, NOW)
    assert not verify(PAIRS, {"client_secret": "another"}, NOW)


def test_without_a_secret_nothing_is_taken():
    for secrets in ({}, {"client_secret": ""}, {"client_secret": "", "old_client_secret": ""}):
        assert not verify(signed(QUERY, key=""), secrets, NOW)


@pytest.mark.parametrize(
    ("seconds", "good"), [(0, True), (85, True), (90, True), (91, False), (86400, False), (-120, False)]
)
def test_it_is_good_for_a_minute_and_a_half(seconds, good):
    at = datetime.fromtimestamp(int(QUERY["timestamp"]), UTC) + timedelta(seconds=seconds)
    assert verify(PAIRS, SECRETS, at) is good


@pytest.mark.parametrize("timestamp", ["", "soon", "-1", "1e9", "١٢٣", "9" * 12, "1795510000.5"])
def test_a_time_that_is_none_is_refused(timestamp):
    assert not verify(signed({**QUERY, "timestamp": timestamp}), SECRETS, NOW)


def test_everything_that_was_signed_counts():
    for name in QUERY:
        changed = {**QUERY, name: QUERY[name] + "0"}
        assert not verify([*changed.items(), ("hmac", VECTOR["query_hmac"])], SECRETS, NOW)
        assert not verify([pair for pair in PAIRS if pair[0] != name], SECRETS, NOW)
    assert not verify([*PAIRS, ("more", "1")], SECRETS, NOW)
    assert not verify([pair for pair in PAIRS if pair[0] != "hmac"], SECRETS, NOW)
    assert not verify([*QUERY.items(), ("hmac", VECTOR["query_hmac"].upper())], SECRETS, NOW)
    assert not verify([*QUERY.items(), ("hmac", "ü")], SECRETS, NOW)


def test_a_name_that_comes_twice_is_refused():
    for name, value in PAIRS:
        assert not verify([*PAIRS, (name, value)], SECRETS, NOW)
        assert not verify([(name, "x"), *PAIRS], SECRETS, NOW)


@pytest.mark.parametrize("way", [0, 1])
def test_both_ways_of_writing_it_are_taken(way):
    query = {**QUERY, "host": "YWRt+/W4==", "state": "a b&c=d%20é"}
    assert verify(signed(query, way), SECRETS, NOW)


WORDS = st.dictionaries(
    st.text(alphabet="ab=&%2 6", max_size=4), st.text(alphabet="ab=&%2 6", max_size=6), max_size=4
)


@given(WORDS, WORDS)
def test_no_two_queries_are_signed_alike(one, other):
    for way in (0, 1):
        same = messages(one.items())[way] == messages(other.items())[way]
        assert same == (one == other)


@pytest.mark.parametrize(
    "text",
    [
        "", "mugs", "mugs.myshopify.com.evil.example", "evil.example/mugs.myshopify.com", "mugs.myshopify.com/",
        "-mugs.myshopify.com", "a.b.myshopify.com", "mugs.myshopify.com\n", "mugs.myshopify.com;", "mügs.myshopify.com",
        "mugs myshopify.com", "mugs.myshopify.com https://evil.example", "x" * 64 + ".myshopify.com", ".myshopify.com",
        "mugs.myshopifyXcom", "ſhop.myshopify.com",
    ],
)  # fmt: skip
def test_nothing_else_is_a_shops_domain(text):
    assert shop_domain(text) == ""


def test_a_shops_domain():
    assert shop_domain("Mugs-2.MyShopify.com") == "mugs-2.myshopify.com"
    assert admin_url("mugs-2.myshopify.com", "/apps/x") == "https://admin.shopify.com/store/mugs-2/apps/x"
