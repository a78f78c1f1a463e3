import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.phones import NotAPhone, Phone, mask, mask_text, parse

REAL = [
    ("+14155552671", None, "+14155552671", "US", "mobile_or_fixed"),
    ("(201) 555-0123", "US", "+12015550123", "US", "mobile_or_fixed"),
    ("1 201 555 0123", "us", "+12015550123", "US", "mobile_or_fixed"),
    ("0014155552671", "US", "+14155552671", "US", "mobile_or_fixed"),
    ("tel:+1-604-555-1234", None, "+16045551234", "CA", "mobile_or_fixed"),
    ("416.555.1234", "CA", "+14165551234", "CA", "mobile_or_fixed"),
    ("+17875551234", None, "+17875551234", "US", "mobile_or_fixed"),  # Puerto Rico: American law
    ("07400 123456", "GB", "+447400123456", "GB", "mobile"),
    ("00447400123456", "FR", "+447400123456", "GB", "mobile"),
    ("06 12 34 56 78", "FR", "+33612345678", "FR", "mobile"),
    ("+49 1512 3456789", None, "+4915123456789", "DE", "mobile"),
    ("612 345 678", "ES", "+34612345678", "ES", "mobile"),
    ("0412 345 678", "AU", "+61412345678", "AU", "mobile"),
    ("+91 98123 45678", None, "+919812345678", "IN", "mobile"),
    ("＋１４１５５５５２６７１", None, "+14155552671", "US", "mobile_or_fixed"),  # full-width digits
    (
        "\u202a+14155552671\u202c",
        None,
        "+14155552671",
        "US",
        "mobile_or_fixed",
    ),  # pasted with direction marks
    ("+17292345678", None, "+17292345678", "US", "mobile_or_fixed"),  # a new overlay of 423 in Tennessee
]


@pytest.mark.parametrize(("raw", "hint", "e164", "country", "kind"), REAL)
def test_a_number_as_people_type_it_becomes_e164(raw, hint, e164, country, kind):
    assert parse(raw, hint) == Phone(e164, country, kind, nanp=e164.startswith("+1"))


NOT_REAL = [
    ("", "US", "empty"),
    (None, "US", "empty"),
    ("   ", None, "empty"),
    ("555-555-SHIP", "US", "words"),
    ("call me maybe", "US", "words"),
    ("jane@example.com", "US", "words"),
    ("4155552671 (mum)", "US", "words"),
    ("415-555-2671 ext. 12", "US", "extension"),
    ("+1 415 555 2671x12", None, "extension"),
    ("415 555 2671 #9", "US", "extension"),
    ("+00000000000", None, "anonymised"),
    ("000-000-0000", "US", "anonymised"),
    ("4155552671", None, "no_country"),
    ("4155552671", "XX", "no_country"),
    ("555 2671", "US", "too_short"),
    ("12", "GB", "too_short"),
    ("+1415555267199999", None, "too_long"),
    ("+15555555555", None, "unknown_area_code"),
    ("+19902345678", None, "unknown_area_code"),
    ("+14151112222", None, "invalid"),
    ("+447700900123", None, "invalid"),
    ("+18005551234", None, "toll_free"),
    ("+18335551234", None, "toll_free"),
    ("+19005551234", None, "premium_rate"),
    ("+441212345678", None, "fixed_line"),
    ("01 42 34 56 78", "FR", "fixed_line"),
    ("+448001111111", None, "toll_free"),
    ("+999123456789", None, "invalid"),
]


@pytest.mark.parametrize(("raw", "hint", "reason"), NOT_REAL)
def test_what_no_text_can_reach_comes_back_with_the_reason(raw, hint, reason):
    found = parse(raw, hint)
    assert isinstance(found, NotAPhone)
    assert found.reason == reason


def test_a_refused_number_still_tells_its_country():
    assert parse("+9111").country == "IN"
    assert parse("+441212345678").country == "GB"


def test_area_codes_are_read_from_plus_one_numbers_only():
    assert (parse("+14155552671").area_code, parse("+447400123456").area_code) == (415, None)


@pytest.mark.parametrize(
    ("e164", "masked"),
    [
        ("+14155551234", "+1•••••1234"),
        ("+447400123456", "+44•••••3456"),
        ("+353851234567", "+353•••••4567"),
        ("+999123456789", "+•••••6789"),
        ("garbage", "•••••ge"),
        ("", ""),
    ],
)
def test_a_masked_number_shows_its_country_and_last_four_digits(e164, masked):
    assert mask(e164) == masked


@given(st.text(max_size=60), st.sampled_from([None, "US", "GB", "AU", "zz", ""]))
def test_nothing_that_can_be_typed_breaks_the_reader_or_shows_through(raw, hint):
    found = parse(raw, hint)
    if isinstance(found, Phone):
        assert re.fullmatch(r"\+\d{8,15}", found.e164)
        assert parse(found.e164) == found
    else:
        assert len(re.findall(r"[^\W•]", found.raw_masked)) <= 2


def test_a_masked_text_keeps_only_its_last_two_characters():
    assert mask_text("555-555-SHIP") == "•••-•••-••IP"
    assert mask_text("1234") == "••••"
