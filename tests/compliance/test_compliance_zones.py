import json
import os
import subprocess
import sys
import zoneinfo
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import pytest

from compliance import places, zones
from compliance.phones import parse

ROOT = Path(__file__).parents[2]
NPA_STATE = json.loads((ROOT / "tests" / "cases" / "npa_state.json").read_text())
NY, CHICAGO, DENVER = "America/New_York", "America/Chicago", "America/Denver"


def offsets(names) -> set:
    """What clocks show in winter and in summer: zones that agree twice are the same for us."""
    moments = [datetime(2026, 12, 15, 12, tzinfo=UTC), datetime(2026, 7, 15, 12, tzinfo=UTC)]
    return {
        tuple(moment.astimezone(zoneinfo.ZoneInfo(name)).utcoffset() for moment in moments) for name in names
    }


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (305, {NY}), (850, {NY, CHICAGO}), (448, {NY, CHICAGO}), (423, {NY, CHICAGO}), (729, {NY, CHICAGO}),
        (219, {NY, CHICAGO}), (270, {NY, CHICAGO}), (364, {NY, CHICAGO}), (930, {NY, CHICAGO}),
        (458, {"America/Los_Angeles", "America/Boise"}), (604, {"America/Vancouver"}),
        (778, {"America/Vancouver", "America/Edmonton"}), (672, {"America/Vancouver", "America/Edmonton"}),
        (403, {"America/Edmonton"}), (709, {"America/Halifax", "America/St_Johns"}),
        (879, {"America/Halifax", "America/St_Johns"}), (800, set()), (990, set()),
    ],
)  # fmt: skip
def test_an_area_code_has_the_zones_of_all_its_exchanges(code, expected):
    assert offsets(zones.of_area_code(code)) == offsets(expected)


def test_the_whole_north_west_of_867_counts():
    assert offsets(zones.of_area_code(867)) >= offsets(
        ["America/Whitehorse", "America/Edmonton", "America/Toronto"]
    )


@pytest.mark.parametrize("code", sorted(NPA_STATE))
def test_our_table_knows_the_state_of_every_area_code(code):
    ours = {place.removeprefix("US-") for place in places.of_area_code(int(code))}
    assert ours <= set(NPA_STATE[code])
    assert ours


def test_the_zones_of_a_state_cover_those_of_its_area_codes():
    quirks = {"AK": {"Pacific/Honolulu"}}  # phonenumbers puts Unalaska (907-581) on Hawaii's clock
    for state, codes in places.table("area_codes")["US"].items():
        by_code = {zone for code in codes for zone in zones.of_area_code(code)} - quirks.get(state, set())
        assert offsets(by_code) <= offsets(zones.of_place(f"US-{state}")), state


def test_every_canadian_province_covers_its_area_codes():
    for province, codes in places.table("area_codes")["CA"].items():
        if province not in ("NT", "NU", "YT", "NS", "PE"):  # they share a code with each other
            by_code = {zone for code in codes for zone in zones.of_area_code(code)}
            assert offsets(by_code) <= offsets(zones.of_place(f"CA-{province}")), province


def test_every_zone_in_the_tables_exists():
    table = places.table("regions")
    for regions in table.values():
        for names in regions.values():
            assert offsets(names)


def found(phone, **address) -> set:
    return {candidate.zone for candidate in zones.candidates(parse(phone), **address)}


def test_address_area_code_and_browser_all_count():
    assert found("+12125551234", country="US", region="CA", browser_zone=DENVER) == {
        NY,
        "America/Los_Angeles",
        DENVER,
    }


def test_a_bare_country_adds_nothing_to_a_number_of_that_country():
    assert found("+12125551234", country="US") == {NY}


def test_a_foreign_address_adds_its_country():
    assert found("+447400123456", country="FR") == {"Europe/London", "Europe/Paris"}
    assert found("+447400123456", country="US") > {"Pacific/Honolulu", NY}


def test_the_browser_carries_the_rules_of_all_other_places():
    last = zones.candidates(parse("+13055551234"), "US", "CA", browser_zone=DENVER)[-1]
    assert (last.zone, last.places) == (DENVER, ("US-FL", "US-CA"))


@pytest.mark.parametrize(
    "browser", ["UTC", "Etc/GMT+5", "Mars/Olympus", "../etc/passwd", "America", "", None, "Etc/UTC"]
)
def test_a_browser_that_hides_its_place_tells_nothing(browser):
    assert found("+12125551234", browser_zone=browser) == {NY}


def test_toll_free_and_unknown_numbers_have_no_zone():
    assert zones.of_area_code(833) == ()
    assert zones.of_place("BR") == ()


def test_countries_with_islands_count_all_their_clocks():
    assert found("+34612345678") == {"Europe/Madrid", "Atlantic/Canary"}
    assert found("+64211234567") == {"Pacific/Auckland", "Pacific/Chatham"}
    assert found("+61412345678") >= {
        "Australia/Perth",
        "Australia/Sydney",
        "Australia/Darwin",
        "Australia/Eucla",
    }


@pytest.mark.parametrize(
    ("phone", "region", "postcode", "expected"),
    [
        ("+12145551234", "TX", "75201", {CHICAGO}),  # Dallas
        ("+12145551234", "TX", "79901", {CHICAGO, DENVER}),  # El Paso
        ("+12145551234", "TX", None, {CHICAGO}),  # Dallas by its area code
        ("+12145551234", "TX", "nonsense", {CHICAGO}),
        ("+12125551234", "TX", "75201", {NY, CHICAGO}),
        ("+12125551234", "TX", None, {NY, CHICAGO, DENVER}),  # anywhere in Texas
        ("+13055551234", "FL", "33101", {NY}),  # Miami
        ("+13055551234", "FL", "32501-1234", {NY, CHICAGO}),  # Pensacola
        ("+18505551234", "FL", "33101", {NY, CHICAGO}),  # the area code still counts
        ("+16155551234", "TN", "37402", {CHICAGO, NY}),  # Chattanooga
        ("+12145551234", "TX", "10001", {CHICAGO, NY}),  # region and postcode disagree: both
    ],
)
def test_a_postcode_tells_where_in_a_state_of_two_zones(phone, region, postcode, expected):
    assert offsets(found(phone, country="US", region=region, postcode=postcode)) == offsets(expected)


def test_an_address_in_the_state_of_the_area_code_adds_no_zone_without_a_postcode():
    assert found("+16045551234", country="CA", region="BC") == {"America/Vancouver"}
    assert found("+14165551234", country="CA", region="BC") > {"America/Vancouver", "America/Edmonton"}


def test_every_state_of_several_zones_says_which_postcodes_lie_where():
    several = {f"US-{state}" for state, names in places.table("regions")["US"].items() if len(names) > 1}
    table = places.table("postcodes")["zones"]
    assert several <= set(table)
    for place, zones_of in table.items():
        allowed = set(zones.of_place(place)) | ({NY} if place == "US-AL" else set())
        assert {zone for names in zones_of.values() for zone in names} == allowed
        for digits in set(zones_of) - {"usual"}:
            assert places.of_address("US", None, f"{digits}01") == (place,)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (("US", "FL", None), ("US-FL",)),
        (("us", "US-FL", None), ("US-FL",)),
        (("US", None, "10001-1234"), ("US-NY",)),
        (("US", "NJ", "10001"), ("US-NJ", "US-NY")),
        (("US", "Nowhere", "99999"), ("US-AK",)),
        (("US", None, None), ("US",)),
        (("PR", None, "00901"), ("US-PR",)),
        (("CA", None, "V6B 1A1"), ("CA-BC",)),
        (("CA", None, "X0A 0H0"), ("CA",)),
        (("AU", None, "6000"), ("AU-WA",)),
        (("GB", "ENG", "SW1A 1AA"), ("GB",)),
        ((None, "FL", "33101"), ()),
    ],
)
def test_an_address_names_its_places_by_region_and_postcode(address, expected):
    assert places.of_address(*address) == expected


def test_a_state_abbreviation_is_one_of_the_postcode_table():
    assert set(places.table("postcodes")["US"]) <= set(places.table("regions")["US"])


def test_the_pinned_clocks_know_the_changes_of_2026():
    zones.assert_fresh_tzdata()


ASKED = """
from zoneinfo import ZoneInfo
from datetime import UTC, datetime, timedelta
from compliance import rulebook, zones
from compliance.ask import Ask, ConsentView
from compliance.verdict import outlook
if {pinned}: zones.use_pinned_tzdata()
try:
    zones.assert_fresh_tzdata()
    print("fresh")
except zones.StaleTzdata as error:
    print(error)
now = datetime(2026, 12, 15, 18, tzinfo=UTC)
print(outlook(Ask({phone!r}), now, rulebook.load()).opening.start.hour)
"""


def in_a_process_of_its_own(path, pinned: bool, phone: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", ASKED.format(pinned=pinned, phone=phone)],
        env={**os.environ, "PYTHONTZPATH": str(path), "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.splitlines()


@pytest.fixture
def old_system(tmp_path):
    """A system's zone data of 2025: British Columbia and Alberta change their clocks like their neighbours."""
    for name, neighbour in (("Vancouver", "Los_Angeles"), ("Edmonton", "Denver")):
        target = tmp_path / "America" / name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(files("tzdata").joinpath(f"zoneinfo/America/{neighbour}").read_bytes())
    return tmp_path


@pytest.mark.parametrize(
    ("phone", "old", "new", "zone"),
    [("+16045551234", 17, 16, "America/Vancouver"), ("+14035551234", 16, 15, "America/Vancouver")],
)
def test_a_system_with_old_clocks_is_noticed_and_the_pinned_ones_win(old_system, phone, old, new, zone):
    """Canada opens at nine: by clocks of 2025 an hour late in winter, and an hour late in the evening too."""
    said, hour = in_a_process_of_its_own(old_system, False, phone)
    assert said.startswith(f"{zone} is UTC-7 on 15 December 2026")
    assert int(hour) == old
    assert in_a_process_of_its_own(old_system, True, phone) == ["fresh", str(new)]


def test_old_clocks_of_alberta_alone_are_noticed_too(old_system):
    (old_system / "America" / "Vancouver").unlink()
    assert in_a_process_of_its_own(old_system, False, "+14035551234")[0].startswith(
        "America/Edmonton is UTC-6"
    )


@pytest.mark.parametrize("path", ["", "/nonexistent"])
def test_without_a_system_the_package_is_read_at_once(path):
    assert in_a_process_of_its_own(path, False, "+16045551234") == ["fresh", "16"]
