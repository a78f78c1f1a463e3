"""Where planned shoppers live: towns with their zones and area codes, chosen to be awkward.

Area codes that span two zones (850, 423, 605, 915's neighbours), a state without summer time (AZ), states
with their own texting hours (FL, TX, WA, OK), Hawaii and Alaska, and four European countries.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A town. `area_codes` are US only; `weight` is how many of 1000 shoppers live there."""

    country: str
    region: str
    city: str
    postcode: str
    zone: str
    weight: int
    area_codes: tuple[str, ...] = ()


def _us(region: str, city: str, postcode: str, zone: str, weight: int, codes: str) -> Place:
    return Place("US", region, city, postcode, zone, weight, tuple(codes.split()))


PLACES: tuple[Place, ...] = (
    _us("NY", "New York", "10001", "America/New_York", 90, "212 917 646 718 347"),
    _us("NJ", "Newark", "07102", "America/New_York", 30, "973 201 862"),
    _us("MA", "Boston", "02108", "America/New_York", 35, "617 857 508"),
    _us("GA", "Atlanta", "30303", "America/New_York", 40, "404 678 770"),
    _us("FL", "Miami", "33130", "America/New_York", 45, "305 786"),
    _us("FL", "Pensacola", "32502", "America/Chicago", 15, "850"),
    _us("MI", "Detroit", "48226", "America/Detroit", 25, "313 248"),
    _us("IN", "Gary", "46402", "America/Chicago", 10, "219"),
    _us("TN", "Chattanooga", "37402", "America/New_York", 15, "423"),
    _us("TN", "Nashville", "37203", "America/Chicago", 20, "615 629"),
    _us("IL", "Chicago", "60601", "America/Chicago", 60, "312 773 872"),
    _us("TX", "Houston", "77002", "America/Chicago", 60, "713 832 281"),
    _us("TX", "El Paso", "79901", "America/Denver", 15, "915"),
    _us("OK", "Tulsa", "74103", "America/Chicago", 15, "918 539"),
    _us("SD", "Rapid City", "57701", "America/Denver", 8, "605"),
    _us("CO", "Denver", "80202", "America/Denver", 30, "303 720"),
    _us("AZ", "Phoenix", "85003", "America/Phoenix", 30, "602 480 623"),
    _us("CA", "Los Angeles", "90012", "America/Los_Angeles", 90, "213 310 323 818"),
    _us("CA", "San Francisco", "94103", "America/Los_Angeles", 45, "415 628"),
    _us("WA", "Seattle", "98101", "America/Los_Angeles", 40, "206 253 425"),
    _us("OR", "Portland", "97204", "America/Los_Angeles", 20, "503 971"),
    _us("NV", "Las Vegas", "89101", "America/Los_Angeles", 15, "702 725"),
    _us("HI", "Honolulu", "96813", "Pacific/Honolulu", 12, "808"),
    _us("AK", "Anchorage", "99501", "America/Anchorage", 8, "907"),
    Place("GB", "ENG", "Leeds", "LS1 4AP", "Europe/London", 60),
    Place("FR", "", "Lyon", "69002", "Europe/Paris", 50),
    Place("DE", "", "Leipzig", "04109", "Europe/Berlin", 50),
    Place("ES", "V", "Valencia", "46002", "Europe/Madrid", 40),
)
