"""In which zone a phone's owner lives: known for planned shoppers, else judged by address, else by number."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sandbox.people_places import PLACES

NIGHT_STARTS, NIGHT_ENDS = 21, 8  # local hours: no text from 21:00 up to 08:00

_COUNTRY = {
    "GB": "Europe/London", "IE": "Europe/Dublin", "FR": "Europe/Paris", "DE": "Europe/Berlin",
    "ES": "Europe/Madrid", "IT": "Europe/Rome", "NL": "Europe/Amsterdam", "AT": "Europe/Vienna",
    "PT": "Europe/Lisbon", "SE": "Europe/Stockholm", "AU": "Australia/Sydney", "CA": "America/Toronto",
    "US": "America/New_York",
}  # fmt: skip
_US_ZONES = {
    "America/Chicago": "AL AR IA IL KS LA MN MO MS ND NE OK SD TN TX WI",
    "America/Denver": "CO ID MT NM UT WY",
    "America/Phoenix": "AZ",
    "America/Los_Angeles": "CA NV OR WA",
    "America/Anchorage": "AK",
    "Pacific/Honolulu": "HI",
    "America/Puerto_Rico": "PR",
}
_US_REGION = {state: zone for zone, states in _US_ZONES.items() for state in states.split()}
_NPA = {npa: place.zone for place in PLACES for npa in place.area_codes}
_PREFIX = {
    "44": "GB",
    "353": "IE",
    "33": "FR",
    "49": "DE",
    "34": "ES",
    "39": "IT",
    "31": "NL",
    "43": "AT",
    "61": "AU",
}


def zone_of_address(country: str | None, region: str | None) -> str | None:
    """The zone of most people at that address, or None for a country we don't know."""
    if country == "US" and region:
        return _US_REGION.get(region, "America/New_York")
    return _COUNTRY.get(country or "")


def zone_of_number(phone: str) -> str | None:
    """The zone that the number's prefix or US area code suggests, or None."""
    digits = phone.lstrip("+")
    if digits.startswith("1"):
        return _NPA.get(digits[1:4], "America/New_York")
    for length in (3, 2):
        if country := _PREFIX.get(digits[:length]):
            return _COUNTRY[country]
    return None


def is_night(at: datetime, zone: str) -> bool:
    """True if a phone in that zone should be left alone at that moment: 21:00 to 08:00 local time."""
    hour = at.astimezone(ZoneInfo(zone)).hour
    return hour >= NIGHT_STARTS or hour < NIGHT_ENDS
