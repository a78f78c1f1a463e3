import re

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.phones import NO_NUMBER, NotAPhone, Phone, mask, mask_text, parse

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
    ("+16846221234", None, "fixed_line"),  # American Samoa tells its lines apart, other than the states
    ("+16842000000", None, "invalid"),
    ("01 42 34 56 78", "FR", "fixed_line"),
    ("+448001111111", None, "toll_free"),
    ("+999123456789", None, "no_such_country"),
    ("+401981387", None, "wrong_length"),
]


@pytest.mark.parametrize(("raw", "hint", "reason"), NOT_REAL)
def test_what_no_text_can_reach_comes_back_with_the_reason(raw, hint, reason):
    found = parse(raw, hint)
    assert isinstance(found, NotAPhone)
    assert found.reason == reason


def as_the_library_says(e164: str):
    """Kind and country by the library's own questions, each asked by itself."""
    number = phonenumbers.parse(e164, None)
    kinds = {
        phonenumbers.PhoneNumberType.MOBILE: "mobile",
        phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE: "mobile_or_fixed",
    }
    kind = kinds.get(phonenumbers.number_type(number)) if phonenumbers.is_valid_number(number) else None
    region = phonenumbers.region_code_for_number(number)
    return kind, "US" if region in ("PR", "VI", "GU", "MP", "AS") else region


NEWER = {436, 457, 471, 483, 621, 624, 729}  # area codes that the library does not know yet


@settings(max_examples=1500, deadline=None)
@given(st.integers(200, 999), st.integers(0, 999), st.integers(0, 9999))
def test_a_plus_one_number_is_judged_as_the_library_judges_it(code, exchange, line):
    e164 = f"+1{code}{exchange:03}{line:04}"
    found, (kind, country) = parse(e164), as_the_library_says(e164)
    if code in NEWER:
        assert isinstance(found, Phone) == (exchange >= 200 and exchange % 100 != 11)
    elif kind:
        assert found == Phone(e164, country, kind, nanp=True)
    else:
        assert isinstance(found, NotAPhone)


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(["44", "33", "49", "34", "39", "31", "353", "61", "64", "65"]), st.integers(10**6, 10**10)
)
def test_a_number_of_another_country_is_judged_as_the_library_judges_it(code, national):
    e164 = f"+{code}{national}"
    found, (kind, country) = parse(e164), as_the_library_says(e164)
    assert isinstance(found, Phone) == (kind is not None)
    if isinstance(found, Phone):
        number = phonenumbers.parse(e164, None)
        written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        assert found == Phone(written, country, kind, nanp=False)


def test_a_refused_number_still_tells_its_country():
    assert parse("+9111").country == "IN"
    assert parse("+441212345678").country == "GB"


@pytest.mark.parametrize(
    ("raw", "possible"),
    [
        ("12345", False),
        ("not a phone", False),
        ("+999123456789", False),
        ("+4474001", False),
        ("+18005551234", True),
        ("+441212345678", True),
        ("+15555555555", True),
        ("+447700900123", True),
    ],
)
def test_a_reason_tells_whether_the_number_could_exist(raw, possible):
    assert (parse(raw).reason not in NO_NUMBER) is possible


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
