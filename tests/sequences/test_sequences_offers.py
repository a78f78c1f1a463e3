"""Offers: what can't work is refused in words; codes that people can read and nobody can guess; pools in time."""

import json
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequences.code_ports import FakeCodes, NewPool
from sequences.codec import encode
from sequences.errors import BadSequence
from sequences.offers import DRAWN, LETTERS, LONGEST, SHORTEST, Discount, codes, of_spec, spec, troubles
from sequences.pools import (
    PERIOD,
    SLACK,
    Pool,
    Shelf,
    gives_until,
    needs_next,
    next_act,
    pool_ends,
    promised_until,
    said_until,
    stock,
)
from sequences.sequence import Offer, load

NOW = datetime(2026, 11, 24, 17, 20, tzinfo=UTC)
TEN = Discount(kind="percent", percent=Decimal(10))
MUG = ("product:11",)
PAIR = Discount(
    kind="buy_x_get_y", percent=Decimal(100), buy_quantity=2, buy_items=MUG, get_quantity=1, get_items=MUG
)


def plan(offer: dict, **step) -> dict:
    return {"steps": [{"delay": 3600, "offer": offer, **step}]}


def loaded(offer: dict, **step) -> Offer:
    (only,) = load(plan(offer, **step)).steps
    assert only.offer is not None
    return only.offer


# -- what an offer may be


@pytest.mark.parametrize(
    "offer",
    [
        {"kind": "percent", "value": "10%", "code": "TEN"},
        {"kind": "a surprise", "value": "something nice"},
        {"code": "X", "expires": "Sunday", "colour": "blue"},
        {},
    ],
)
def test_an_offer_of_the_merchants_own_loads_as_before(offer) -> None:
    made = loaded(offer)
    assert made.discount is None
    assert (made.kind, made.value, made.code) == tuple(offer.get(n, "") for n in ("kind", "value", "code"))


@pytest.mark.parametrize(
    "discount",
    [
        TEN,
        replace(
            TEN, percent=Decimal("12.5"), minimum_subtotal=Decimal("20.00"), prefix="MUGS", lasts=SHORTEST
        ),
        Discount(kind="amount", amount=Decimal("5.00"), currency="USD", minimum_quantity=2, lasts=LONGEST),
        Discount(kind="free_shipping", combines_with=("order", "product"), prefix=""),
        PAIR,
        replace(PAIR, buy_items=("collection:1", "collection:2"), get_items=("variant:2", "product:3")),
    ],
    ids=lambda d: d.kind,
)
def test_a_discount_comes_back_from_json_as_it_was(discount) -> None:
    words = {"en": "{{ cart.link }}"}
    told = json.loads(json.dumps(encode(Offer(discount=discount))))
    assert loaded(told, texts=words).discount == discount
    assert list(troubles(discount)) == []


@pytest.mark.parametrize(
    ("change", "where", "what"),
    [
        ({"percent": None}, "percent", "is missing"),
        ({"percent": "0"}, "percent", "above 0"),
        ({"percent": "-5"}, "percent", "above 0"),
        ({"percent": "100.01"}, "percent", "at most 100"),
        ({"percent": "33.333"}, "percent", "two decimals"),
        ({"percent": "NaN"}, "percent", "nan"),
        ({"percent": "ten"}, "percent", "number"),
        ({"kind": "surprise"}, "kind", "percent, amount"),
        ({"amount": "5"}, "amount", "no meaning for percent"),
        ({"kind": "amount", "percent": None, "amount": "5"}, "currency", "is missing"),
        ({"kind": "amount", "percent": None, "amount": "5", "currency": "usd"}, "currency", "USD"),
        ({"kind": "amount", "percent": None, "amount": "0", "currency": "USD"}, "amount", "above 0"),
        ({"kind": "amount", "percent": None, "amount": "-1", "currency": "USD"}, "amount", "above 0"),
        ({"kind": "amount", "amount": "5", "currency": "USD"}, "percent", "no meaning for amount"),
        ({"kind": "free_shipping"}, "percent", "no meaning for free_shipping"),
        (
            {"kind": "free_shipping", "percent": None, "combines_with": ["shipping"]},
            "combines_with",
            "shipping",
        ),
        ({"combines_with": ["everything"]}, "combines_with", "knows no everything"),
        ({"lasts": 3600}, "lasts", "6 hours"),
        ({"lasts": 91 * 86400}, "lasts", "90 days"),
        ({"prefix": "back"}, "prefix", "capitals"),
        ({"prefix": "B0NUS"}, "prefix", "look alike"),
        ({"prefix": "A" * 13}, "prefix", "12"),
        ({"minimum_subtotal": "20", "minimum_quantity": 2}, "minimum_quantity", "choose one"),
        ({"minimum_subtotal": "0"}, "minimum_subtotal", "above 0"),
        ({"minimum_quantity": 0}, "minimum_quantity", "1 to 1000"),
        ({"minimum_quantity": 1.5}, "minimum_quantity", "integer"),
        ({"buy_items": ["product:1"]}, "buy_items", "no meaning for percent"),
        ({"colour": "blue"}, "colour", "Unknown"),
    ],
)
def test_a_discount_that_cant_work_is_refused_with_its_place(change, where, what) -> None:
    told = {"kind": "percent", "percent": "10", **change}
    with pytest.raises(BadSequence) as caught:
        load(plan({"discount": told}))
    assert f"'{where}'" in str(caught.value)
    assert what in str(caught.value)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"buy_quantity": None}, "buy_quantity"),
        ({"get_quantity": 0}, "get_quantity"),
        ({"buy_items": []}, "buy_items"),
        ({"get_items": ["mug"]}, "get_items"),
        ({"get_items": ["product:0"]}, "get_items"),
        ({"get_items": ["product:1", "collection:2"]}, "get_items"),
        ({"minimum_quantity": 3}, "minimum_subtotal"),
        ({"percent": None}, "percent"),
    ],
)
def test_what_one_buys_and_gets_must_be_said(change, where) -> None:
    with pytest.raises(BadSequence, match=f"'{where}'"):
        load(plan({"discount": {**encode(PAIR), **change}}, texts={"en": "{{ cart.link }}"}))


def test_the_ready_made_texts_cant_tell_of_buying_and_getting() -> None:
    with pytest.raises(BadSequence, match="must say what one gets"):
        load(plan({"discount": encode(PAIR)}))


@pytest.mark.parametrize("said", ["kind", "value", "expires"])
def test_what_a_discount_says_isnt_said_twice(said) -> None:
    with pytest.raises(BadSequence, match="leave it out"):
        load(plan({"discount": encode(TEN), said: "20%"}))
    assert loaded({"discount": encode(TEN), "code": "TEN"}).code == "TEN"


# -- what pools are found by


def test_the_same_discount_has_the_same_name_however_it_was_typed() -> None:
    typed = replace(
        PAIR,
        percent=Decimal("1E+2"),
        buy_items=("product:2", "product:1"),
        combines_with=("product", "order"),
    )
    other = replace(
        PAIR,
        percent=Decimal("100.00"),
        buy_items=("product:1", "product:2"),
        combines_with=("order", "product"),
    )
    assert spec(typed) == spec(other)
    assert of_spec(spec(other)) == replace(other, percent=Decimal(100))


@pytest.mark.parametrize(
    "change",
    [{"percent": Decimal(11)}, {"lasts": timedelta(hours=24)}, {"prefix": "MUGS"}, {"minimum_quantity": 2}],
)
def test_another_discount_has_another_name(change) -> None:
    assert spec(replace(TEN, **change)) != spec(TEN)


def test_what_a_later_version_wrote_down_is_passed_over() -> None:
    told = {**json.loads(spec(TEN)), "colour": "blue"}
    assert of_spec(json.dumps(told)) == TEN


# -- codes


def test_codes_are_readable_and_all_different() -> None:
    made = codes("BACK", 2000, random.Random(1).randrange)
    assert len(set(made)) == 2000
    for code in made:
        prefix, one, two = code.split("-")
        assert (prefix, len(one), len(two)) == ("BACK", 4, 4)
        assert not set(one + two) & set("01OIL" + "AEU")
    assert len(codes("", 1, random.Random(1).randrange)[0]) == DRAWN + 1


def test_every_letter_is_drawn_as_often_as_any_other() -> None:
    drawn = "".join(codes("", 3500, random.Random(2).randrange)).replace("-", "")
    share = len(drawn) / len(LETTERS)
    assert all(0.8 * share < drawn.count(letter) < 1.2 * share for letter in LETTERS)


def test_a_code_that_was_drawn_twice_is_drawn_again() -> None:
    numbers = iter([0] * DRAWN + [0] * DRAWN + [1] * DRAWN)
    assert codes("B", 2, lambda _: next(numbers)) == ["B-2222-2222", "B-3333-3333"]


@pytest.mark.parametrize("unlucky", ["CBDJ-2222", "7X9P-THC4", "BDSM-ZGWX", "KKKS-9WSK"])
def test_no_code_reads_as_what_carriers_take_no_texts_about(unlucky) -> None:
    drawn = [LETTERS.index(letter) for letter in unlucky.replace("-", "")]
    numbers = iter(drawn + [0] * DRAWN)
    assert codes("BACK", 1, lambda _: next(numbers)) == ["BACK-2222-2222"]


# -- times

SPANS = st.timedeltas(SHORTEST, LONGEST)
TIMES = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))
ZONES = st.lists(
    st.sampled_from(
        ["America/New_York", "America/Los_Angeles", "Asia/Kathmandu", "Europe/London", "Pacific/Kiritimati"]
    ),
    min_size=1,
)


@given(TIMES, SPANS, st.timedeltas(timedelta(0), PERIOD), ZONES)
def test_a_promise_is_kept_by_the_code_whoever_reads_it(starts, lasts, later, zones) -> None:
    ends = pool_ends(starts, lasts)
    given_at = starts + later
    assert given_at <= gives_until(ends, lasts)
    until = promised_until(given_at, lasts, ends)
    assert until == given_at + lasts
    said = said_until(until, zones)
    for zone in zones:
        read = said.replace(tzinfo=ZoneInfo(zone), fold=0)
        assert read <= until <= ends
    assert ends - until <= PERIOD + SLACK + timedelta(hours=1)


def test_a_promise_never_outlives_the_code() -> None:
    assert promised_until(NOW, timedelta(hours=72), NOW + timedelta(hours=5)) == NOW + timedelta(hours=5)


def test_a_promise_still_stands_when_the_slowest_text_arrives() -> None:
    said = said_until(NOW + SHORTEST, ["America/New_York"])
    assert said - NOW > timedelta(hours=4)


# -- pools

OPEN = Pool(made=True, shared=False, job=False, ends_at=pool_ends(NOW, TEN.lasts), lasts=TEN.lasts)
FULL = Shelf(ready=20, asked=0, given_last_day=0, wanted_next_day=1)


@pytest.mark.parametrize(
    ("pool", "shelf", "after", "act"),
    [
        ({"made": False}, {"asked": 1, "ready": 0}, 0, ("make", 0)),
        ({"made": False}, {"asked": 0, "ready": 0}, 0, ("make", 1)),
        ({"made": False, "shared": True}, {"ready": 0}, 0, ("make", 0)),
        ({"made": False}, {"asked": 1, "wanted_next_day": 0}, 0, ("drop", 0)),
        ({"made": False}, {"asked": 1, "wanted_next_day": 0, "given_last_day": 3}, 0, ("make", 0)),
        ({"made": False, "tried": True}, {"asked": 1, "wanted_next_day": 0}, 0, ("make", 0)),
        ({"made": False}, {}, 200, ("drop", 0)),
        ({}, {"ready": 1}, 0, ("add", 19)),
        ({}, {"ready": 9}, 0, ("add", 11)),
        ({}, {"ready": 10}, 0, ("rest", 0)),
        ({}, {"ready": 10, "given_last_day": 100}, 0, ("add", 115)),
        ({}, {"ready": 10, "wanted_next_day": 100}, 0, ("add", 115)),
        ({}, {"ready": 0, "asked": 5}, 0, ("add", 0)),
        ({"job": True}, {"ready": 0, "asked": 5}, 0, ("ask", 0)),
        ({"shared": True}, {"ready": 0}, 0, ("rest", 0)),
        ({}, {"ready": 0}, 27, ("rest", 0)),
        ({}, {"ready": 0, "asked": 5}, 200, ("close", 0)),
        ({"job": True}, {}, 200, ("close", 0)),
        ({"shared": True}, {}, 200, ("close", 0)),
    ],
)
def test_what_is_done_for_a_pool_next(pool, shelf, after, act) -> None:
    assert next_act(replace(OPEN, **pool), replace(FULL, **shelf), NOW + timedelta(hours=after)) == act


def test_the_next_pool_is_wanted_an_hour_before_the_last_code_of_this_one() -> None:
    last = gives_until(OPEN.ends_at, OPEN.lasts)
    assert not needs_next(OPEN, FULL, last - SLACK)
    assert needs_next(OPEN, FULL, last - SLACK + timedelta(seconds=1))
    assert not needs_next(OPEN, replace(FULL, wanted_next_day=0), last)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_there_is_always_more_than_a_day_needs(given_last_day, wanted) -> None:
    keep = stock(given_last_day, wanted)
    assert 10 <= keep.low < keep.full
    assert keep.full >= max(given_last_day, wanted) * 1.25


def test_the_store_in_memory_makes_no_second_discount_and_no_second_code() -> None:
    store = FakeCodes()
    pool = NewPool(title="t", code="BACK-1", discount=TEN, starts_at=NOW, ends_at=NOW + timedelta(days=4))
    first = store.make(pool)
    assert (first.kind, store.make(pool)) == ("made", first)
    assert store.make(replace(pool, title="another", code="back-1")).kind == "taken"
    added = store.add(first.id, ["BACK-2", "BACK-3"])
    assert added.ready == ("BACK-2", "BACK-3")
    other = store.make(replace(pool, title="another", code="BACK-9"))
    assert store.added(other.id, "", ["back-2", "BACK-4"]).refused == ("back-2",)
    assert store.close(first.id).kind == "told"
