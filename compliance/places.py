"""From a number or an address to places whose rules hold there ("US-FL", "GB"), by the tables in `data/`."""

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
    country = _elsewhere(country, region, postcode) or country
    if country in TERRITORIES:
        return (f"US-{country}",)
    known = table("regions").get(country, {})
    regions = {_region(country, region), _of_postcode(country, postcode)}
    places = sorted(f"{country}-{name}" for name in regions if name in known)
    return tuple(places) or (country,)


def _elsewhere(country: str, region: str | None, postcode: str | None) -> str | None:
    """Reunion of an address in "France", Jersey of one in "Great Britain": other clocks, and laws nobody has read."""
    lands = table("postcodes")["elsewhere"].get(country)
    if lands is None:
        return None
    name = _region(country, region)
    if name in lands.values():
        return name
    code = (postcode or "").strip().upper()
    return next((str(land) for begin, land in lands.items() if code.startswith(begin)), None)


def zones_of_postcode(place: str, postcode: str | None) -> tuple[str, ...]:
    """The zones of a postcode in a state that has several; empty where the postcode says no more than the state."""
    zones = table("postcodes")["zones"].get(place)
    code = _zip3(postcode)
    if zones is None or code is None or f"US-{_state_of_zip3().get(code)}" != place:
        return ()
    return tuple(zones.get(code, zones["usual"]))


def known_part(postcode: str | None) -> str | None:
    """What the tables know of a postcode: its first three digits if it begins with five ("10001-1234": "10000"), else
    its first two letters. Postcodes with the same known part are the same to `of_address` and `zones_of_postcode`."""
    code = _zip3(postcode)
    return f"{code}00" if code else (postcode or "").strip()[:2].upper() or None


def country_of(place: str) -> str:
    """ "US" of "US-FL"."""
    return place.partition("-")[0]


def _region(country: str, region: str | None) -> str | None:
    """Platforms write "FL", "US-FL" or "us:fl"."""
    name = (region or "").strip().upper()
    return name[len(country) + 1 :] if name.startswith((f"{country}-", f"{country}:")) else name or None


def _of_postcode(country: str, postcode: str | None) -> str | None:
    if country == "US":
        return _state_of_zip3().get(_zip3(postcode) or "")
    code = (postcode or "").strip().upper()
    if country in ("CA", "AU") and code:
        found = table("postcodes")[country].get(code[0])
        return str(found) if found else None
    return None


def _zip3(postcode: str | None) -> str | None:
    """The first three digits of "10001" and "10001-1234"."""
    code = (postcode or "").strip()
    return code[:3] if code[:5].isdecimal() and code[:5].isascii() and len(code) >= 5 else None


@cache
def _state_of_zip3() -> dict[str, str]:
    def pairs() -> Iterator[tuple[str, str]]:
        for state, ranges in table("postcodes")["US"].items():
            for span in ranges:
                low, _, high = span.partition("-")
                yield from ((f"{code:03}", state) for code in range(int(low), int(high) + 1))

    found: dict[str, str] = {}
    for code, state in pairs():
        found.setdefault(code, state)
    return found
