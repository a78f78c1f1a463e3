"""In which time zones may the person be? The hours must be right in all of them (TZ-01 to TZ-08).

`phonenumbers` gives one confident and often wrong zone for an exchange it does not list (423 answers Central,
its cities are Eastern), so a +1 number has all zones of its area code, and an overlay those of its parent.
"""

import zoneinfo
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache

from phonenumbers import PhoneNumber
from phonenumbers import timezone as phone_zones

from compliance import calendars, places
from compliance.errors import StaleTzdata
from compliance.phones import Phone

UNKNOWN = "Etc/Unknown"
CLOCKS_OF_2026 = (
    ("America/Vancouver", -7),
    ("America/Edmonton", -6),
)  # no more clock changes, tzdata 2026.2 and .3


@dataclass(frozen=True, slots=True)
class Candidate:
    """The person may be here: a zone, the places whose rules come with it, and why we think so."""

    zone: str
    places: tuple[str, ...]
    why: str


def candidates(
    phone: Phone,
    country: str | None = None,
    region: str | None = None,
    postcode: str | None = None,
    browser_zone: str | None = None,
) -> tuple[Candidate, ...]:
    """Area code, address and browser, all of them. Empty when the number itself tells no zone.

    The browser's zone carries the rules of all the other places, since it names none.
    """
    by_phone = _by_phone(phone)
    if not by_phone:
        return ()
    by_address = _by_address(country, region, postcode, phone)
    all_places = tuple(dict.fromkeys(place for found in (*by_phone, *by_address) for place in found.places))
    return (*by_phone, *by_address, *_by_browser(browser_zone, all_places))


@lru_cache(maxsize=1024)
def of_area_code(code: int) -> tuple[str, ...]:
    """All zones that any of the 800 exchanges of a +1 area code answers with (10 ms, then cached)."""
    parent = places.table("area_codes")["overlays"].get(str(code), code)
    found: set[str] = set()
    for exchange in range(200, 1000):
        found.update(_specific(int(f"{parent}{exchange}5555")))
    return tuple(sorted(found))


def of_place(place: str) -> tuple[str, ...]:
    """Zones of a region ("US-FL") or a whole country ("AU": all its regions); empty without a table."""
    country, _, region = place.partition("-")
    regions = places.table("regions")
    if country in regions["countries"]:
        return tuple(regions["countries"][country])
    if region:
        return tuple(regions.get(country, {}).get(region, ()))
    return tuple(sorted({zone for zones in regions.get(country, {}).values() for zone in zones}))


def use_pinned_tzdata() -> None:
    """Makes this process read the pinned package `tzdata`, never the system's. Call it once at start."""
    zoneinfo.reset_tzpath(())
    zoneinfo.ZoneInfo.clear_cache()
    calendars.zone.cache_clear()
    calendars.is_zone.cache_clear()


def assert_fresh_tzdata() -> None:
    """Raises StaleTzdata when British Columbia or Alberta still change clocks: texts would be an hour off."""
    for name, hours in CLOCKS_OF_2026:
        offset = datetime(2026, 12, 15, 12, tzinfo=UTC).astimezone(zoneinfo.ZoneInfo(name)).utcoffset()
        if offset != timedelta(hours=hours):
            raise StaleTzdata(
                f"{name} is UTC{hours:+d} on 15 December 2026, but the time zone data says {offset}: "
                "install tzdata >= 2026.3 and call use_pinned_tzdata() before anything else"
            )


def _by_phone(phone: Phone) -> tuple[Candidate, ...]:
    here: tuple[str, ...] = (phone.country,)
    if phone.area_code is None:
        return tuple(
            Candidate(zone, here, f"number from {phone.country}") for zone in of_place(phone.country)
        )
    here = places.of_area_code(phone.area_code) or here
    return tuple(
        Candidate(zone, here, f"area code {phone.area_code}") for zone in of_area_code(phone.area_code)
    )


def _by_address(
    country: str | None, region: str | None, postcode: str | None, phone: Phone
) -> tuple[Candidate, ...]:
    """A bare country adds nothing to a number that already lies somewhere in it."""
    return tuple(
        Candidate(zone, (place,), f"address in {place}")
        for place in places.of_address(country, region, postcode)
        if place != phone.country
        for zone in of_place(place)
    )


def _by_browser(zone: str | None, all_places: tuple[str, ...]) -> tuple[Candidate, ...]:
    """Browsers that hide their place say UTC; that and an unknown name tell nothing."""
    if not zone or "/" not in zone or zone.startswith("Etc/") or not calendars.is_zone(zone):
        return ()
    return (Candidate(zone, all_places, "browser at the checkout"),)


def _specific(national: int) -> frozenset[str]:
    """Zones of one +1 number; none where the library only knows that it is +1 (some 40 zones)."""
    found = frozenset(
        phone_zones.time_zones_for_number(PhoneNumber(country_code=1, national_number=national))
    )
    return frozenset() if found == _all_of_plus1() else found - {UNKNOWN}


@cache
def _all_of_plus1() -> frozenset[str]:
    return frozenset(
        phone_zones.time_zones_for_number(PhoneNumber(country_code=1, national_number=8005555555))
    )
