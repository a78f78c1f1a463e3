"""From a number or an address to places whose rules hold there ("US-FL", "GB"), by the tables in `data/`."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"
TERRITORIES = ("PR", "VI", "GU", "MP", "AS")  # ISO 3166 codes of their own, but the law is that of the US


@cache
def table(name: str) -> dict[str, Any]:
    """A file of `data/`, read once."""
    return tomllib.loads((DATA / f"{name}.toml").read_text(encoding="utf-8"))


@cache
def _places_by_area_code() -> dict[int, tuple[str, ...]]:
    places: dict[int, tuple[str, ...]] = {}
    for country in ("US", "CA"):
        for region, codes in table("area_codes")[country].items():
            for code in codes:
                places[code] = (*places.get(code, ()), f"{country}-{region}")
    return places


def of_area_code(code: int) -> tuple[str, ...]:
    """States or provinces of an area code; empty when it is neither (Jamaica, toll-free, unknown)."""
    return _places_by_area_code().get(code, ())


def of_address(country: str | None, region: str | None, postcode: str | None) -> tuple[str, ...]:
    """Places of an address by region and postcode: both where they disagree, the country where none helps."""
    if not country:
        return ()
    country = country.strip().upper()
    if country in TERRITORIES:
        return (f"US-{country}",)
    known = table("regions").get(country, {})
    regions = {_region(country, region), _of_postcode(country, postcode)}
    places = sorted(f"{country}-{name}" for name in regions if name in known)
    return tuple(places) or (country,)


def country_of(place: str) -> str:
    """ "US" of "US-FL"."""
    return place.partition("-")[0]


def _region(country: str, region: str | None) -> str | None:
    """Platforms write "FL", "US-FL" or "us:fl"."""
    return re.sub(rf"^{country}[-:]", "", region.strip().upper()) if region else None


def _of_postcode(country: str, postcode: str | None) -> str | None:
    code = (postcode or "").strip().upper()
    if country == "US" and re.match(r"\d{5}", code):
        return next((state for state, low, high in _zip_ranges() if low <= code[:3] <= high), None)
    if country in ("CA", "AU") and code:
        found = table("postcodes")[country].get(code[0])
        return str(found) if found else None
    return None


@cache
def _zip_ranges() -> tuple[tuple[str, str, str], ...]:
    def rows() -> Iterator[tuple[str, str, str]]:
        for state, ranges in table("postcodes")["US"].items():
            for span in ranges:
                low, _, high = span.partition("-")
                yield state, low, high

    return tuple(rows())
