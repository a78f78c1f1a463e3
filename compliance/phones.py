"""From what a shopper typed to a number that a text can reach, or the reason why there is none."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType

from compliance import places

PhoneKind = Literal["mobile", "mobile_or_fixed"]
Reason = Literal[
    "empty", "words", "extension", "anonymised", "no_country", "no_such_country", "too_short", "too_long",
    "wrong_length", "invalid", "unknown_area_code", "toll_free", "premium_rate", "shared_cost", "fixed_line",
    "voip", "personal", "pager", "other",
]  # fmt: skip
NO_NUMBER: frozenset[Reason] = frozenset({
    "empty", "words", "extension", "anonymised", "no_country", "no_such_country", "too_short", "too_long",
    "wrong_length",
})  # fmt: skip
"""Reasons that say: this is no telephone number at all. The others are about numbers that could exist."""

E164 = re.compile(r"\+[1-9][0-9]{7,14}")
PLUS_ONE = re.compile(r"\+1([2-9][0-9]{9})")

MOBILE: dict[int, PhoneKind] = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "mobile_or_fixed",  # all US and Canadian numbers: no telling
}
UNREACHABLE: dict[int, Reason] = {
    PhoneNumberType.TOLL_FREE: "toll_free",
    PhoneNumberType.PREMIUM_RATE: "premium_rate",
    PhoneNumberType.SHARED_COST: "shared_cost",
    PhoneNumberType.FIXED_LINE: "fixed_line",
    PhoneNumberType.VOIP: "voip",
    PhoneNumberType.PERSONAL_NUMBER: "personal",
    PhoneNumberType.PAGER: "pager",
}


@dataclass(frozen=True, slots=True)
class Phone:
    """A number that may take a text. `country`: ISO 3166, "US" for its territories; `nanp`: it is +1."""

    e164: str
    country: str
    kind: PhoneKind
    nanp: bool

    @property
    def area_code(self) -> int | None:
        """The three digits after +1, else None."""
        return int(self.e164[2:5]) if self.nanp else None


@dataclass(frozen=True, slots=True)
class NotAPhone:
    """Why no text can be sent there. `country` where at least that much is certain."""

    raw_masked: str
    reason: Reason
    country: str | None = None


@lru_cache(maxsize=4096)  # one text asks several times
def parse(raw: str | None, country_hint: str | None = None) -> Phone | NotAPhone:
    """Reads a number as typed; `country_hint` (ISO 3166, from the address) is needed for national formats.

    Never guesses: free text ("555-555-SHIP"), extensions and lines that take no texts give a reason.
    """
    text, hint = (raw or "").strip(), None
    plus_one = PLUS_ONE.fullmatch(text)
    if plus_one:  # nothing is left to read: two thirds of the library's time
        return _judge(PhoneNumber(country_code=1, national_number=int(plus_one[1])), text)
    if not E164.fullmatch(text):  # what stands in our rows needs no second look
        reason = _unreadable(text)
        if reason:
            return NotAPhone(mask_text(text), reason)
        region = (country_hint or "").strip().upper()
        hint = region if region in phonenumbers.SUPPORTED_REGIONS else None
    try:
        number = phonenumbers.parse(_with_plus(text, hint), hint)
    except phonenumbers.NumberParseException as error:
        return NotAPhone(mask_text(text), _parse_error(error, text, hint))
    return _judge(number, text)


def mask(e164: str) -> str:
    """ "+14155552671" → "+1•••••2671": calling code and last four digits, the length in between hidden."""
    digits = e164.removeprefix("+")
    if not digits.isdecimal() or len(digits) < 8:
        return mask_text(e164)
    codes = phonenumbers.COUNTRY_CODE_TO_REGION_CODE
    code = next((digits[:n] for n in (1, 2, 3) if int(digits[:n]) in codes), "")
    return f"+{code}•••••{digits[-4:]}"


def mask_text(text: str) -> str:
    """Whatever was typed with all but its last two letters and digits hidden; at most 24 characters."""
    shown = text[-24:]
    return re.sub(r"\w", "•", shown[:-2]) + shown[-2:] if len(shown) > 4 else re.sub(r"\w", "•", shown)


def _unreadable(text: str) -> Reason | None:
    if not text:
        return "empty"
    if re.search(r"(?i)\d\s*(ext\.?|extension|x|#|;ext=)\s*\d+\s*$", text):
        return "extension"
    if re.search(r"[^\W\d_]", re.sub(r"(?i)^tel:", "", text)):
        return "words"
    if not re.search(r"[1-9]", text) and re.fullmatch(r"\D*(0\D*){6,}", text):
        return "anonymised"  # Shopify's test payloads and redacted customers carry +00000000000
    return None


def _with_plus(text: str, hint: str | None) -> str:
    """In +1 a shopper's 00 means +; elsewhere the library knows each country's prefix (Australia: 0011)."""
    if text.startswith("+"):
        return text
    text = re.sub(r"(?i)^tel:", "", text)
    if text.startswith("00") and not text.startswith("0011") and hint in (None, "US", "CA"):
        return "+" + text[2:]
    return text


def _parse_error(error: phonenumbers.NumberParseException, text: str, hint: str | None) -> Reason:
    if error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
        return "no_such_country" if hint or text.startswith("+") else "no_country"
    if error.error_type == phonenumbers.NumberParseException.TOO_LONG:
        return "too_long"
    return "too_short"


def _judge(number: PhoneNumber, text: str) -> Phone | NotAPhone:
    region = _region_by_area_code(_area_code(number)) if number.country_code == 1 else None
    kind = _kind(number, region)
    region = region or phonenumbers.region_code_for_number(number)
    country = "US" if region in places.TERRITORIES else region
    if number.extension:
        return NotAPhone(mask_text(text), "extension", country)
    if kind is None or country is None:
        return NotAPhone(mask_text(text), _why_not(number), country)
    e164 = f"+{number.country_code}{phonenumbers.national_significant_number(number)}"
    return Phone(e164, country, kind, number.country_code == 1)


def _kind(number: PhoneNumber, region: str | None) -> PhoneKind | None:
    """The library, asked once: it tries region after region. In the US and Canada a valid geographic number is
    always "fixed line or mobile"; American Samoa tells them apart."""
    if region in ("US", "CA") and phonenumbers.is_valid_number_for_region(number, region):
        return "mobile_or_fixed"
    line = phonenumbers.number_type(number)
    if line == PhoneNumberType.UNKNOWN and region and _newer_than_library(number):
        return "mobile_or_fixed"
    return MOBILE.get(line)


def _why_not(number: PhoneNumber) -> Reason:
    line = phonenumbers.number_type(number)
    return _invalid(number) if line == PhoneNumberType.UNKNOWN else UNREACHABLE.get(line, "other")


@lru_cache(maxsize=1024)
def _region_by_area_code(code: int) -> str | None:
    """The library's region of a +1 area code in our table: "US", "CA", a territory of the US."""
    place = next(iter(places.of_area_code(code)), None)
    if place is None:
        return None
    country, _, state = place.partition("-")
    return state if state in places.TERRITORIES else country


def _area_code(number: PhoneNumber) -> int:
    return int(str(number.national_number)[:3])


def _newer_than_library(number: PhoneNumber) -> bool:
    """A number in an area code that only our table knows (729), with an exchange the plan allows."""
    national = str(number.national_number)
    return bool(re.fullmatch(r"[2-9]\d\d[2-9](?!11)\d{6}", national)) and not _in_library(_area_code(number))


@lru_cache(maxsize=1024)
def _in_library(code: int) -> bool:
    """Does the library know a single number of this +1 area code? American Samoa (684) has few."""
    numbers = (int(f"{code}{exchange}1234") for exchange in range(200, 1000))
    return any(
        phonenumbers.is_valid_number(PhoneNumber(country_code=1, national_number=number))
        for number in numbers
    )


def _invalid(number: PhoneNumber) -> Reason:
    possible = phonenumbers.is_possible_number_with_reason(number)
    if possible in (
        phonenumbers.ValidationResult.TOO_SHORT,
        phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY,
    ):
        return "too_short"
    if possible == phonenumbers.ValidationResult.TOO_LONG:
        return "too_long"
    if possible != phonenumbers.ValidationResult.IS_POSSIBLE:
        return "wrong_length"
    planned = re.fullmatch(r"[2-9]\d\d[2-9]\d{6}", str(number.national_number))
    if number.country_code == 1 and planned and not places.of_area_code(_area_code(number)):
        return "unknown_area_code"
    return "invalid"
