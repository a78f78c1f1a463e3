"""Amounts and the like as people of a locale write them."""

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency

from sequences.money import Money


def known_locale(name: str) -> Locale:
    """Babel's for a locale such as "de-CH"; American English for what is none."""
    try:
        return Locale.parse(name.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        return Locale("en", "US")


def money(amount: Money, locale: str) -> str:
    """An amount as people of that locale write it."""
    return format_currency(amount.amount, amount.currency, locale=known_locale(locale))
