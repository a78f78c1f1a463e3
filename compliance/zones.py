"""In which time zones may the person be? The hours must be right in all of them (TZ-01 to TZ-08).

`phonenumbers` gives one confident and often wrong zone for an exchange it does not list (423 answers Central,
its cities are Eastern), so a +1 number has all zones of its area code, and an overlay those of its parent.
"""

import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache

from phonenumbers import PhoneNumber
from phonenumbers import timezone as phone_zones

from compliance import calendars, places
from compliance.errors import StaleTzdata
from compliance.phones import NotAPhone, Phone

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


@dataclass(frozen=True, slots=True, eq=False)
class Whereabouts:
    """Where the person may be: candidates, all places whose rules hold, and the countries of these.

    Compared by identity: the same facts give the same object as long as it is remembered.
    """

    candidates: tuple[Candidate, ...]
    places: tuple[str, ...]
    countries: tuple[str, ...]


Address = tuple[tuple[str, tuple[str, ...]], ...]
"""Places of an address, each with the zones that its postcode tells (none: it tells no zone)."""


def locate(
    phone: Phone | NotAPhone,
    country: str | None = None,
    region: str | None = None,
    postcode: str | None = None,
    browser_zone: str | None = None,
) -> Whereabouts:
    """Area code, address and browser, all of them. No candidates when the number itself tells no zone.

    The browser's zone carries the rules of all the other places, since it names none.
    """
    address = _address(country, region, places.known_part(postcode)) if country else ()
    zone = browser_zone if browser_zone and is_place(browser_zone) else None
    if isinstance(phone, NotAPhone):
        return _nowhere(phone.country, address)
    return _whereabouts(phone.country, phone.area_code, address, zone)


def candidates(
    phone: Phone,
    country: str | None = None,
    region: str | None = None,
    postcode: str | None = None,
    browser_zone: str | None = None,
) -> tuple[Candidate, ...]:
    """The candidates of `locate`."""
    return locate(phone, country, region, postcode, browser_zone).candidates


def is_place(zone: str) -> bool:
    """Browsers that hide their place say UTC; that and an unknown name tell nothing."""
    return "/" in zone and not zone.startswith("Etc/") and calendars.is_zone(zone)


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


@lru_cache(maxsize=8192)
def _address(country: str, region: str | None, postcode: str | None) -> Address:
    return tuple(
        (place, places.zones_of_postcode(place, postcode))
        for place in places.of_address(country, region, postcode)
    )


@lru_cache(maxsize=8192)
def _whereabouts(country: str, area_code: int | None, address: Address, browser: str | None) -> Whereabouts:
    by_phone = _by_phone(country, area_code)
    if not by_phone:
        return _nowhere(country, address)
    found = (*by_phone, *_by_address(address, country, by_phone))
    here = _each(place for candidate in found for place in candidate.places)
    if browser:
        found = (*found, Candidate(browser, here, "browser at the checkout"))
    everywhere = _each((*here, country, *(place for place, _ in address)))
    return Whereabouts(found, everywhere, _each(map(places.country_of, everywhere)))


def _nowhere(country: str | None, address: Address) -> Whereabouts:
    """A number without a zone; its country and its owner's address may still forbid a text."""
    here = _each((*([country] if country else []), *(place for place, _ in address)))
    return Whereabouts((), here, _each(map(places.country_of, here)))


def _each(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _by_phone(country: str, area_code: int | None) -> tuple[Candidate, ...]:
    if area_code is None:
        return tuple(Candidate(zone, (country,), f"number from {country}") for zone in of_place(country))
    here = places.of_area_code(area_code) or (country,)
    return tuple(Candidate(zone, here, f"area code {area_code}") for zone in of_area_code(area_code))


def _by_address(address: Address, country: str, by_phone: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    """A bare country adds nothing to a number that already lies somewhere in it. In a state of several zones the
    postcode tells which; without one, an area code of the same state does (own reading: Dallas is not El Paso)."""
    same_state = by_phone[0].places
    return tuple(
        Candidate(zone, (place,), f"address in {place}")
        for place, by_postcode in address
        if place != country
        for zone in by_postcode
        or (_each(found.zone for found in by_phone) if same_state == (place,) else of_place(place))
    )


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
