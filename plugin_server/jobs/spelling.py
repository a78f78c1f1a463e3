"""Amounts, times and offers as people of a locale write them."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton, format_time
from babel.numbers import format_currency, format_percent

from message_templates.segments import is_gsm7
from message_templates.typography import plain
from sequences.money import Money
from sequences.offers import Discount
from sequences.sequence import Offer


def known_locale(name: str) -> Locale:
    """Babel's for a locale such as "de-CH"; American English for what is none."""
    try:
        return Locale.parse(name.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        return Locale("en", "US")


def money(amount: Money, locale: str) -> str:
    """An amount as people of that locale write it."""
    return format_currency(amount.amount, amount.currency, locale=known_locale(locale))


def shown(offer: Offer, code: str, expires: str, locale: str) -> Offer:
    """The offer as texts speak of it: its worth and end in the shopper's language, and its code."""
    assert offer.discount is not None  # noqa: S101  (an offer with a code of its own says all this itself)
    value = offer.value or worth(offer.discount, locale)
    return replace(offer, kind=offer.discount.kind, value=value, code=code, expires=expires)


def worth(d: Discount, locale: str) -> str:
    """ "10%", "$5.00"; empty for what is told in words."""
    if d.kind == "percent" and d.percent is not None:
        pattern = "#,##0.##%" if d.percent % 1 else None
        return format_percent(d.percent / Decimal(100), format=pattern, locale=known_locale(locale))
    return money(Money(d.amount, d.currency), locale) if d.amount is not None else ""


def when(at: datetime, locale: str) -> str:
    """ "Nov 27, 6:00 PM": in characters that don't make the text dear, if the language has them."""
    known = known_locale(locale)
    time = format_time(at, "short", locale=known)
    for skeleton in ("MMMd", "Md"):
        words = plain(f"{format_skeleton(skeleton, at, locale=known)}, {time}")[0]
        if is_gsm7(words):
            return words
    return words
