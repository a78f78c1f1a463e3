"""Makes up shoppers: names, addresses, phones. The same seed gives the same people.

Numbers are valid in form and belong to nobody: US 555-01xx under real area codes and toll-free (NANPA's
range for fiction); landlines French 01 99 00 (ARCEP's), German 030 23125 (Bundesnetzagentur's), British
020 7946 0 (Ofcom's). European mobile numbers are mere examples: those set aside for fiction in Great Britain
and France fail the usual checks.
"""

import random
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.people_places import PLACES, Place

_NAMES = {
    "en": (
        "Ava Noah Mia Liam Zoe Ethan Ruby Owen Nora Caleb Ivy Jonah Hazel Miles Tessa Priya Mateo Aisha Wei",
        "Ashdown Barlow Calloway Dunmore Everly Finch Garland Holloway Ingram Juniper Kessler Lark Merrow",
    ),
    "fr": (
        "Léa Hugo Chloé Jules Inès Louis Manon Arthur Zoé Gabriel",
        "Aubray Belcourt Charvet Delorme Fontanel Garance Lavigne Montclair Perrault Rivoire",
    ),
    "de": (
        "Jana Lukas Mia Jonas Lena Felix Käthe Moritz Annika Jörg",
        "Ahrendt Birkner Dornfeld Eschweiler Falkenau Grünwald Hollmann Kühnert Lindhorst Möller",
    ),
    "es": (
        "Lucía Mateo Sofía Hugo Martina Íñigo Paula Diego Nuria Álvaro",
        "Alcántara Benavides Castellar Dueñas Espinar Fontana Gálvez Herranz Ibáñez Llorente",
    ),
}
_TOLL_FREE = ("800", "888", "877")
_LANDLINE = {"GB": ("+442079460", 3), "FR": ("+3319900", 4), "DE": ("+493023125", 3)}  # digits to add
_MOBILE = {"GB": "+44740012", "FR": "+3361234", "DE": "+491512345", "ES": "+3461234"}  # + 4 digits
_BROKEN = ("12345", "+1 415 555", "555-01", "+1 000 000 0000")

MOVED = 0.12  # Pew Research 2016: one in ten mobile numbers carries another state's area code


@dataclass(frozen=True, slots=True)
class Person:
    """A shopper. `phone` is E.164 or None; `typed` is what goes into a form that takes anything.

    `zone` is home; `line` says what the number is: mobile, landline, toll_free, invalid or missing.
    """

    first_name: str
    last_name: str
    email: str
    locale: str
    country: str
    region: str
    city: str
    postcode: str
    zone: str
    phone: str | None
    typed: str | None
    line: str


class TooMany(ValueError):
    """There aren't that many fictional numbers: ask for fewer shoppers."""


class Numbers:
    """Deals out numbers, each once."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._used: set[str] = set()

    def us(self, area_codes: tuple[str, ...]) -> str:
        """A number under one of the area codes, or under any once they are used up."""
        for codes in (area_codes, tuple(c for place in PLACES for c in place.area_codes)):
            free = [n for code in codes for n in _us_numbers(code) if n not in self._used]
            if free:
                return self._take(self._dice.choice(free))
        raise TooMany("the fictional US numbers are used up: ask for fewer carts")

    def prefixed(self, prefix: str, digits: int) -> str:
        for _ in range(1000):
            number = f"{prefix}{self._dice.randrange(10**digits):0{digits}d}"
            if number not in self._used:
                return self._take(number)
        raise TooMany(f"the numbers under {prefix} are used up: ask for fewer carts")

    def _take(self, number: str) -> str:
        self._used.add(number)
        return number


def people(dice: random.Random) -> Iterator[Person]:
    """Person after person, for ever (until TooMany); no two share a phone or an e-mail address."""
    numbers = Numbers(dice)
    weights = [place.weight for place in PLACES]
    count = 0
    while True:
        count += 1
        yield _person(dice, numbers, dice.choices(PLACES, weights)[0], count)


def _person(dice: random.Random, numbers: Numbers, place: Place, count: int) -> Person:
    language = {"FR": "fr", "DE": "de", "ES": "es"}.get(place.country, "en")
    first, last = (dice.choice(names.split()) for names in _NAMES[language])
    line = dice.choices(("mobile", "landline", "toll_free", "invalid", "missing"), (91, 2, 2, 2, 3))[0]
    phone = _phone(dice, numbers, place, line)
    return Person(
        first_name=first,
        last_name=last,
        email=f"{_ascii(first)}.{_ascii(last)}.{count}@example.com",
        locale=_locale(dice, language, place),
        country=place.country,
        region=place.region,
        city=place.city,
        postcode=place.postcode,
        zone=place.zone,
        phone=phone,
        typed=dice.choice(_BROKEN) if line == "invalid" else _typed(dice, place, phone),
        line=line if phone or line == "invalid" else "missing",
    )


def _phone(dice: random.Random, numbers: Numbers, place: Place, line: str) -> str | None:
    if line in ("missing", "invalid"):
        return None
    if line == "landline" and (landline := _LANDLINE.get(place.country)):
        return numbers.prefixed(*landline)
    if place.country != "US":
        return numbers.prefixed(_MOBILE[place.country], 4)
    if line == "toll_free":
        return numbers.us(_TOLL_FREE)
    if dice.random() < MOVED:
        elsewhere = dice.choice([p for p in PLACES if p.area_codes and p.zone != place.zone])
        return numbers.us(elsewhere.area_codes)
    return numbers.us(place.area_codes)


def _typed(dice: random.Random, place: Place, phone: str | None) -> str | None:
    """A third types the number as people at home do, the rest as E.164."""
    if phone is None or dice.random() > 0.35:
        return phone
    if phone.startswith("+1"):
        return f"({phone[2:5]}) {phone[5:8]}-{phone[8:]}"
    national = phone[3:]
    return national if place.country == "ES" else f"0{national}"


def _locale(dice: random.Random, language: str, place: Place) -> str:
    if place.region in ("TX", "FL", "CA") and dice.random() < 0.2:
        return "es-US"
    return f"{language}-{place.country}"


def _us_numbers(area_code: str) -> list[str]:
    return [f"+1{area_code}55501{n:02d}" for n in range(100)]


def _ascii(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.lower())
    return "".join(c for c in letters if c.isascii() and c.isalpha())
