"""What comes over the wire: read, checked, or refused in words."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from connectors.wire import (
    Amount,
    Count,
    Currency,
    Email,
    Flag,
    Part,
    Prose,
    StoreTime,
    Text,
    Wire,
    clean,
    contact_phone,
    load_json,
)
from sequences.cart import Dropped
from sequences.errors import BadDelivery, BadValue


class Inner(Wire):
    price = Amount(required=True)


class Outer(Wire):
    token = Text(longest=10)
    title = Prose(longest=10)
    ticked = Flag()
    pieces = Count(most=100)
    total = Amount()
    currency = Currency()
    email = Email()
    at = StoreTime()
    at_gmt = StoreTime(naive_is_utc=True)
    one = Part(Inner())
    lines = Part(Inner(), many=True)


class Needed(Wire):
    token = Text(required=True)
    inner = Part(Inner(), required=True)


OUTER, NEEDED = Outer(), Needed()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "isn't JSON"),
        (b"\xff{}", "isn't UTF-8"),
        (b'{"a":"\xed\xa0\x80"}', "isn't UTF-8"),
        ('{"a":1}'.encode("utf-16"), "isn't UTF-8"),
        (b'{"a":NaN}', "NaN"),
        (b'{"a":-Infinity}', "-Infinity"),
        (b'{"a":' + b"9" * 5000 + b"}", "too long"),
        (b'{"a":1e99999999999999999999}', "too large"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"a":' * 100_000, "nested too deep"),
        (b"{} {}", "isn't JSON"),
        (b"[]", "should be an object, not a list"),
        (b"null", "should be an object, not null"),
        (b"1.5", "not a number"),
    ],
)
def test_a_body_that_cant_be_read_says_why(body, said):
    with pytest.raises(BadDelivery, match=said):
        load_json(body)


def test_numbers_with_a_point_keep_their_digits():
    assert load_json(b'{"a":0.10,"b":7}') == {"a": Decimal("0.10"), "b": 7}
    assert load_json(b"\xef\xbb\xbf[1]", list) == [1]


def test_absent_null_and_empty_are_one_thing():
    nothing = OUTER.read({})
    assert nothing == OUTER.read(dict.fromkeys(nothing))
    assert nothing == {
        "token": "",
        "title": "",
        "currency": "",
        "email": "",
        "ticked": None,
        "pieces": None,
        "total": None,
        "at": None,
        "at_gmt": None,
        "one": None,
        "lines": [],
    }
    assert OUTER.read({"one": []})["one"] is None


@pytest.mark.parametrize("given", [{}, {"token": None, "inner": None}, {"token": None, "inner": []}])
def test_what_is_needed_is_missed(given):
    with pytest.raises(BadDelivery, match="token: is missing; inner: is missing"):
        NEEDED.read(given)


@pytest.mark.parametrize(
    ("field", "given", "read"),
    [
        ("token", 981820079255243537, "981820079255243537"[:10]),
        ("token", "a\tb", "a\tb"),
        ("title", "  Mug\n Blue\x00 \ud83d  and more", "Mug Blue \ufffd"),
        ("title", 7, "7"),
        ("pieces", "3", 3),
        ("pieces", Decimal("3.0"), 3),
        ("total", "19.99", Decimal("19.99")),
        ("total", 0.1, Decimal("0.1")),
        ("total", "-5", Decimal(-5)),
        ("currency", "usd", "USD"),
        ("email", " Dana+1@example.com", "Dana+1@example.com"),
        ("email", "zoë@exämple.com", "zoë@exämple.com"),
        ("email", "dana", ""),
        ("email", "a@b@c", ""),
        ("email", "a\x00@example.com", ""),
        ("email", "\ud800@example.com", ""),
        ("email", "x" * 250 + "@a.example", ""),
        ("at", "2026-11-24T04:03:10-05:00", datetime(2026, 11, 24, 9, 3, 10, tzinfo=UTC)),
        ("at", "2026-11-24T09:03:10.123456789Z", datetime(2026, 11, 24, 9, 3, 10, 123456, tzinfo=UTC)),
        ("at_gmt", "2026-11-24T09:03:10", datetime(2026, 11, 24, 9, 3, 10, tzinfo=UTC)),
        ("lines", [{"price": "1"}], [{"price": Decimal(1)}]),
    ],
)
def test_values_are_read(field, given, read):
    if field == "token" and isinstance(given, int):
        given = int(read)
    assert OUTER.read({field: given})[field] == read


@pytest.mark.parametrize(
    ("field", "given", "said"),
    [
        ("token", "x" * 11, "longer than 10"),
        ("token", "a\x00b", "can't be stored"),
        ("token", "a\ud83d", "can't be stored"),
        ("token", True, "should be a text, not true or false"),
        ("token", Decimal("1.5"), "should be a text, not a number"),
        ("token", {}, "should be a text, not an object"),
        ("title", [], "should be a text, not a list"),
        ("ticked", "false", "should be true or false"),
        ("ticked", 1, "should be true or false"),
        ("pieces", "2.5", "whole number"),
        ("pieces", -1, "whole number"),
        ("pieces", 101, "whole number"),
        ("pieces", "two", "not a decimal amount"),
        ("total", "NaN", "not a believable amount"),
        ("total", 10**400, "not a believable amount"),
        ("total", Decimal("1e-400"), "not a believable amount"),
        ("total", Decimal("0e400"), "not a believable amount"),
        ("total", True, "expected a decimal amount"),
        ("currency", "US$", "three letters"),
        ("email", 7, "should be a text"),
        ("currency", 840, "three letters"),
        ("at", "2026-11-24T09:03:10", "no offset"),
        ("at", "2026-11-24", "no offset"),
        ("at", "yesterday", "ISO 8601"),
        ("at", "2026-02-30T00:00:00Z", "ISO 8601"),
        ("at", "1970-01-01T00:00:00Z", "believable year"),
        ("at", "0001-01-01T00:00:00+23:59", "believable year"),
        ("at", "9999-12-31T23:59:59-23:59", "believable year"),
        ("at", 1795510000, "should be a time in text"),
        ("one", "x", "should be an object, not a text"),
        ("one", [1], "should be an object, not a list"),
        ("lines", {}, "should be a list, not an object"),
    ],
)
def test_wrong_values_are_refused_by_name_and_never_shown(field, given, said):
    with pytest.raises(BadValue, match=said) as wrong:
        OUTER.read({field: given})
    assert wrong.value.where == field


def test_no_message_shows_the_value():
    secret = "Dana"
    for field in OUTER.fields:
        for given in ([secret], {secret: secret}, secret * 9 + "\x00"):
            try:
                OUTER.read({field: given})
            except BadDelivery as e:
                assert secret not in str(e)
            else:
                assert field in ("title", "one", "email")


def test_the_path_leads_to_the_field():
    with pytest.raises(BadValue) as wrong:
        OUTER.read({"lines": [{"price": 1}, {"price": "x"}]})
    assert str(wrong.value) == "lines[1].price: is not a decimal amount"
    with pytest.raises(BadValue) as wrong:
        OUTER.read({"lines": [{"price": 1}, 7]})
    assert str(wrong.value) == "lines[1]: should be an object"
    with pytest.raises(BadValue) as wrong:
        OUTER.read([])
    assert str(wrong.value) == "the body: should be an object"


def test_many_wrong_fields_are_counted_rather_than_listed():
    with pytest.raises(BadDelivery) as wrong:
        OUTER.read({"lines": [{"price": "x"}] * 1000})
    assert str(wrong.value).endswith("; and 995 more")
    assert len(str(wrong.value)) < 400


def test_clean_text_survives_unicode():
    assert clean("Zoë\u00a0 🧦\u200d") == "Zoë 🧦\u200d"
    assert json.dumps(clean("\ud83d\ude00")) is not None


def test_the_first_usable_phone_wins_and_the_ones_before_are_named():
    phone, dropped = contact_phone(
        [("a", "", "US"), ("b", "call me", "US"), ("c", "4155552671", "US"), ("d", "nonsense", "US")]
    )
    assert phone == "+14155552671"
    assert dropped == (Dropped(where="b", reason="words"),)
    assert contact_phone([]) == (None, ())


@pytest.mark.parametrize("hint", ["", "US", "us", "XX", "\x00", "USA"])
def test_a_country_hint_may_be_anything(hint):
    assert contact_phone([("a", "+14155552671", hint)])[0] == "+14155552671"
    contact_phone([("a", "4155552671", hint)])
