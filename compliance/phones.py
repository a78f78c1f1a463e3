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
    "empty", "words", "extension", "anonymised", "no_country", "too_short", "too_long", "invalid",
    "unknown_area_code", "toll_free", "premium_rate", "shared_cost", "fixed_line", "voip", "personal",
    "pager", "other",
]  # fmt: skip

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


@lru_cache(maxsize=4096)  # one text asks several times; pure, and the library takes 0.1 ms
def parse(raw: str | None, country_hint: str | None = None) -> Phone | NotAPhone:
    """Reads a number as typed; `country_hint` (ISO 3166, from the address) is needed for national formats.

    Never guesses: free text ("555-555-SHIP"), extensions and lines that take no texts give a reason.
    """
    text = (raw or "").strip()
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
    text = re.sub(r"(?i)^tel:", "", text)
    if text.startswith("00") and not text.startswith("0011") and hint in (None, "US", "CA"):
        return "+" + text[2:]
    return text


def _parse_error(error: phonenumbers.NumberParseException, text: str, hint: str | None) -> Reason:
    if error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
        return "invalid" if hint or text.startswith("+") else "no_country"
    if error.error_type == phonenumbers.NumberParseException.TOO_LONG:
        return "too_long"
    return "too_short"


def _judge(number: PhoneNumber, text: str) -> Phone | NotAPhone:
    nanp = number.country_code == 1
    country = _country(number)
    if number.extension:
        return NotAPhone(mask_text(text), "extension", country)
    if not phonenumbers.is_valid_number(number) and not _newer_than_library(number):
        return NotAPhone(mask_text(text), _invalid(number), country)
    kind = MOBILE.get(phonenumbers.number_type(number)) or (
        "mobile_or_fixed" if _newer_than_library(number) else None
    )
    if kind is None or country is None:
        return NotAPhone(mask_text(text), UNREACHABLE.get(phonenumbers.number_type(number), "other"), country)
    return Phone(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), country, kind, nanp)


def _country(number: PhoneNumber) -> str | None:
    """By our table of area codes, the library, or a calling code that only one country has."""
    region = phonenumbers.region_code_for_number(number)
    if number.country_code == 1:
        found = places.of_area_code(_area_code(number))
        region = places.country_of(found[0]) if found else region
    elif region is None:
        regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(number.country_code or 0, ())
        region = regions[0] if len(regions) == 1 else None
    return region


def _area_code(number: PhoneNumber) -> int:
    return int(str(number.national_number)[:3])


def _newer_than_library(number: PhoneNumber) -> bool:
    """A +1 number in an area code that only our table knows (729), with an exchange the plan allows."""
    national = str(number.national_number)
    return (
        number.country_code == 1
        and bool(re.fullmatch(r"[2-9]\d\d[2-9](?!11)\d{6}", national))
        and bool(places.of_area_code(_area_code(number)))
        and phonenumbers.number_type(number) == PhoneNumberType.UNKNOWN
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
    if number.country_code == 1 and re.fullmatch(r"[2-9]\d\d[2-9]\d{6}", str(number.national_number)):
        return "unknown_area_code"
    return "invalid"
