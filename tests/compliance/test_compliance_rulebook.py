import shutil
import subprocess
import sys
import tomllib
from datetime import UTC, date, datetime, timedelta
from typing import get_args

import pytest

from compliance import calendars, places, rulebook, zones
from compliance.errors import ComplianceError, RulebookError
from compliance.rule_kinds import NOT_CHECKED
from compliance.rules import (
    Cap,
    ClosedDays,
    Confirmation,
    ConsentNeed,
    Content,
    ContentTopic,
    Deadline,
    Honour,
    Hours,
    PerCart,
    Record,
    Revocation,
    Rule,
    SenderNeed,
    Statement,
)

RULE = """
[[rule]]
id = "XX-01"
kind = "hours"
daily = "09:00-20:00"
text = "Nowhere: 9 to 20."
source = "https://example.org/law"
mark = "primary"
read = 2026-11-24
"""
CONSENT = """
[[rule]]
id = "XX-02"
kind = "consent"
scope = "marketing"
proven = false
text = "Consent."
source = "Act 12 of Nowhere"
mark = "quoted"
read = 2026-11-24
"""
HEAD = 'place = "XX"\nname = "Nowhere"\nparent = "*"\nenabled = true\n'


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(rulebook.RULES_FOLDER, tmp_path / "rules")
    return tmp_path / "rules"


def load_with(folder, text):
    (folder / "xx.toml").write_text(text)
    return rulebook.load(folder)


def test_a_country_with_hours_and_consent_is_enabled(folder):
    book = load_with(folder, HEAD + RULE + CONSENT)
    assert book.enabled("XX")
    assert book.chain("XX") == ("XX", "*")


HOURS = 'kind = "hours"\ndaily = "09:00-20:00"'
BROKEN = [
    (RULE.replace('source = "https://example.org/law"\n', ""), "`source` is missing"),
    (RULE.replace("https://example.org/law", "ask a lawyer"), "`source` must be an address or a citation"),
    (RULE.replace("https://example.org/law", "http://x"), "`source` must be"),
    (RULE.replace('mark = "primary"\n', ""), "`mark` is missing"),
    (RULE.replace('"primary"', '"hearsay"'), "`mark` is 'hearsay'"),
    (RULE.replace("read = 2026-11-24\n", ""), "`read` is missing"),
    (RULE.replace("2026-11-24", '"yesterday"'), "`read` must be a date"),
    (RULE.replace("2026-11-24", "2026-11-24T10:00:00Z"), "`read` must be a date"),
    (RULE.replace('kind = "hours"\n', ""), "`kind` is missing"),
    (RULE.replace('"hours"', '"moon"'), "`kind` is 'moon'"),
    (RULE.replace('text = "Nowhere: 9 to 20."\n', ""), "`text` is missing"),
    (RULE.replace("daily", "mon_fri"), "no hours for sat, sun"),
    (RULE.replace("09:00-20:00", "9-20"), "hours are written"),
    (RULE.replace("09:00-20:00", "20:00-09:00"), "do not lie within one day"),
    (RULE.replace("09:00-20:00", "09:00-24:01"), "do not lie within one day"),
    (RULE.replace("09:00-20:00", "09:70-20:00"), "hours are written"),
    (RULE + 'zone = "Mars/Olympus"\n', "no IANA time zone"),
    (RULE + "colour = 3\n", "unknown key `colour`"),
    (
        RULE.replace(HOURS, 'kind = "cap"\nmax_texts = 0'),
        "must be at least 1",
    ),
    (
        RULE.replace(HOURS, 'kind = "cap"\nmax_texts = true'),
        "must be a int",
    ),
    (RULE.replace(HOURS, 'kind = "closed_days"'), "needs `calendar`"),
    (
        RULE.replace(HOURS, 'kind = "closed_days"\ndays = ["02-30"]'),
        "`days`",
    ),
    (
        RULE.replace(HOURS, 'kind = "closed_days"\ncalendar = "US-ZZ"'),
        "calendar",
    ),
    (
        RULE.replace(HOURS, 'kind = "closed_days"\nfirst = 2026-12-01'),
        "needs",
    ),
    (
        RULE.replace(HOURS, 'kind = "statement"\ntopic = "x"'),
        "`topic` is 'x'",
    ),
    (RULE.replace("Nowhere: 9 to 20.", " "), "`text` is empty"),
    (RULE + "fallback = 1\n", "`fallback` must be a bool"),
    (RULE + 'since = "2027-01-01"\n', "`since` must be a date"),
    (RULE + "since = 2027-01-01\nuntil = 2027-01-01\n", "is not after `since`"),
    (
        RULE.replace(HOURS, 'kind = "closed_days"\nfirst = 2026-12-02\nlast = 2026-12-01'),
        "lies before `first`",
    ),
    (RULE.replace(HOURS, 'kind = "deadline"\nhours_after_abandonment = 0'), "must be at least 1"),
    (
        RULE.replace(HOURS, 'kind = "confirmation"\nexpires_days = 7\nmax_requests = 2'),
        "`resend_after_days` is missing",
    ),
    (
        RULE.replace(
            HOURS, 'kind = "confirmation"\nexpires_days = 0\nresend_after_days = 1\nmax_requests = 2'
        ),
        "`expires_days` must be at least 1",
    ),
    (RULE.replace(HOURS, 'kind = "content"\ntopic = "rhyme"'), "`topic` is 'rhyme'"),
    (RULE.replace(HOURS, 'kind = "content"\ntopic = "category"'), "`categories` belong to"),
    (
        RULE.replace(HOURS, 'kind = "content"\ntopic = "brand"\ncategories = ["sex"]'),
        "`categories` belong to",
    ),
    (RULE.replace(HOURS, 'kind = "content"\ntopic = "category"\ncategories = ["Sex"]'), "list of words"),
    (RULE.replace(HOURS, 'kind = "content"\ntopic = "category"\ncategories = [1]'), "list of words"),
    (RULE.replace(HOURS, 'kind = "content"\ntopic = "category"\ncategories = ["a", "a"]'), "names one twice"),
    (RULE.replace(HOURS, 'kind = "sender"\nalphanumeric = "free"'), "`numbers` is missing"),
    (RULE.replace(HOURS, 'kind = "sender"\nalphanumeric = "no"\nnumbers = "free"'), "`alphanumeric` is 'no'"),
    (RULE.replace(HOURS, 'kind = "revocation"\nscope = "most"'), "`scope` is 'most'"),
    (RULE.replace(HOURS, 'kind = "honour"\nbusiness_days = 0'), "must be at least 1"),
    (RULE.replace(HOURS, 'kind = "retention"\nrecord = "diary"\ndays = 1'), "`record` is 'diary'"),
    (RULE.replace(HOURS, 'kind = "retention"\nrecord = "cart"'), "needs either `years` or `days`"),
    (
        RULE.replace(HOURS, 'kind = "retention"\nrecord = "cart"\nyears = 1\ndays = 1'),
        "needs either `years` or",
    ),
    (RULE.replace(HOURS, 'kind = "retention"\nrecord = "cart"\ndays = 0'), "for at least a day"),
    (RULE.replace(HOURS, 'kind = "statement"\ntopic = "evidence"'), "`checked` is missing"),
    (RULE.replace(HOURS, 'kind = "statement"\ntopic = "evidence"\nchecked = false'), "go together"),
    (
        RULE.replace(HOURS, 'kind = "statement"\ntopic = "window"').replace(
            "Nowhere: 9 to 20.", NOT_CHECKED + "see to it."
        ),
        "go together",
    ),
    (
        RULE.replace(HOURS, 'kind = "consent_request"\nstates = ["x"]'),
        "`states` must be",
    ),
]


@pytest.mark.parametrize(("rule", "problem"), BROKEN)
def test_a_faulty_rule_stops_the_start_naming_file_and_rule(folder, rule, problem):
    with pytest.raises(RulebookError) as caught:
        load_with(folder, HEAD + rule + CONSENT)
    assert problem in str(caught.value)
    assert (caught.value.file, caught.value.rule) == ("xx.toml", "XX-01")


def test_a_rule_without_an_id_is_named_as_such(folder):
    with pytest.raises(RulebookError, match=r"xx\.toml: rule without id: `id` is missing"):
        load_with(folder, HEAD + RULE.replace('id = "XX-01"\n', ""))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("place = ", "not readable as TOML"),
        (HEAD.replace('place = "XX"\n', ""), "`place` is missing"),
        (HEAD + "mood = 1\n", "unknown key `mood`"),
        (HEAD.replace('"*"', '"YY"') + RULE + CONSENT, "parent 'YY' has no file"),
        (HEAD.replace('parent = "*"\n', "") + RULE + CONSENT, "has no parent"),
        (HEAD.replace('"*"', '"XX"') + RULE + CONSENT, "its own parent"),
        (HEAD.replace("XX", "FR") + RULE + CONSENT, "also describes FR"),
        (HEAD + RULE, "enabled without a consent rule"),
        (HEAD + CONSENT, "enabled without an hours rule"),
        (HEAD + RULE.replace("XX-01", "FED-04") + CONSENT, "us.toml has a rule of this id"),
    ],
)
def test_a_faulty_file_stops_the_start(folder, text, problem):
    with pytest.raises(ComplianceError, match=problem.replace(".", r"\.")):
        load_with(folder, text)


def test_an_unknown_profile_is_refused():
    with pytest.raises(RulebookError, match="'lenient', only law, standard, strict"):
        rulebook.load(profile="lenient")


def test_a_missing_sentence_of_the_world_is_noticed(folder):
    world = (folder / "world.toml").read_text().replace('topic = "window"', 'topic = "number"')
    (folder / "world.toml").write_text(world)
    with pytest.raises(RulebookError, match="statement on 'window'"):
        rulebook.load(folder)


def test_every_rule_that_ships_has_a_source_and_was_read_on_a_day_that_has_come(book):
    rules = [rule for file in book.files.values() for rule in file.rules]
    assert len(rules) > 150
    assert max(rule.read for rule in rules) <= datetime.now(UTC).date()
    assert not [rule.id for rule in rules if not rule.source.strip()]


def test_the_countries_that_are_texted_are_these(book):
    enabled = {place for place, file in book.files.items() if file.enabled and "-" not in place}
    assert enabled == {"US", "CA", "GB", "FR", "DE", "ES", "IT", "NL", "IE", "AU", "NZ", "SG"}


def test_the_carriers_cart_rule_holds_for_every_plus_one_number(book):
    for place in ("US-FL", "US-CO", "CA-QC"):
        assert [limit.max_texts for _, limit in book.find((place,), PerCart)] == [1]
        assert [limit.after_abandonment.total_seconds() for _, limit in book.find((place,), Deadline)] == [
            48 * 3600
        ]
        assert any(
            need.proven and need.scope == "cart_reminders" for _, need in book.find((place,), ConsentNeed)
        )
    assert not book.find(("GB",), PerCart)


# The hours of the table of states, typed again by hand: weekdays, Saturday, Sunday.
STATE_HOURS = {
    "AL": ("08-20", "08-20", None), "AZ": ("08-21", "08-21", "08-21"), "CA": ("08-21", "08-21", "08-21"),
    "CT": ("09-20", "09-20", "09-20"), "FL": ("08-20", "08-20", "08-20"), "GA": ("08-21", "08-21", "08-21"),
    "IL": ("08-21", "08-21", "08-21"), "IN": ("08-21", "08-21", "08-21"), "KY": ("10-21", "10-21", "10-21"),
    "LA": ("08-20", "08-20", None), "MA": ("08-20", "08-20", "08-20"), "MD": ("08-20", "08-20", "08-20"),
    "MI": ("09-21", "09-21", "09-21"), "MN": ("09-21", "09-21", "09-21"), "MS": ("08-20", "08-20", None),
    "NJ": ("08-21", "08-21", "08-21"), "NM": ("09-21", "09-21", "09-21"), "NV": ("09-20", "09-20", "09-20"),
    "NY": ("08-21", "08-21", "08-21"), "OK": ("08-20", "08-20", "08-20"), "OR": ("08-20", "08-20", "08-20"),
    "PA": ("08-21", "08-21", "08-21"), "RI": ("09-18", "10-17", None), "SD": ("08-21", "08-21", "08-21"),
    "TN": ("08-21", "08-21", "08-21"), "TX": ("09-21", "09-21", "12-21"), "UT": ("08-21", "08-21", None),
    "VA": ("08-21", "08-21", "08-21"), "WA": ("08-20", "08-20", "08-20"), "WV": ("08-21", "08-21", "08-21"),
    "WY": ("08-21", "08-21", "08-21"),
}  # fmt: skip
HOLIDAY_STATES = {"AL", "LA", "PA", "RI", "UT"}


def span(hours):
    return hours and tuple(int(hour) * 60 for hour in hours.split("-"))


def test_the_states_with_a_file_are_those_of_the_table(book):
    assert {place[3:] for place in book.files if place.startswith("US-")} == set(STATE_HOURS)
    assert {
        p[3:] for p in book.files if p.startswith("US-") and book.find((p,), ClosedDays)
    } == HOLIDAY_STATES


@pytest.mark.parametrize("state", STATE_HOURS)
def test_the_hours_of_a_state_are_those_of_the_table_within_the_federal_ones(book, state):
    hours = book.find((f"US-{state}",), Hours)
    assert {rule.id for rule, _ in hours} - {"ST-MS-CST"} == {f"ST-{state}-HOURS", "FED-04"}
    weekday, saturday, sunday = map(span, STATE_HOURS[state])
    assert hours[0][1].week == (*[weekday] * 5, saturday, sunday)


def test_the_extra_days_of_louisiana_and_rhode_island_are_closed(book):
    days = {
        p: {day for _, value in book.find((p,), ClosedDays) for day in value.days} for p in ("US-LA", "US-RI")
    }
    assert (1, 8) in days["US-LA"], "Battle of New Orleans"
    assert (5, 4) in days["US-RI"], "Rhode Island Independence Day"


def test_every_calendar_and_every_zone_that_a_country_needs_is_there(book):
    for place, file in book.files.items():
        assert not file.enabled or zones.of_place(place), place
        for _, value in book.find((place,), ClosedDays):
            assert value.calendar is None or calendars.public_holidays(value.calendar, 2027)


def test_a_state_without_a_file_is_judged_by_its_country(book):
    assert book.chain("US-CO") == ("US", "+1", "*")
    assert book.chain("CA-ON") == ("CA", "+1", "*")
    assert book.chain("BR") == ("*",)


@pytest.mark.parametrize(
    ("asked", "strict"),
    [
        (("US-CO",), True),  # no file
        (("US-PR",), True),
        (("US",), True),  # no state
        (("US-FL",), False),
        (("US-FL", "US"), False),  # the state is known: its country says no more
        (("US", "US-FL"), False),
        (("US-FL", "US-CO"), True),  # perhaps in Colorado
        (("CA", "CA-ON"), False),
        (("US", "CA"), True),
    ],
)
def test_the_strict_hours_hold_where_no_state_with_a_file_is_known(book, asked, strict):
    assert ("ST-02" in {rule.id for rule, _ in book.find(asked, Hours)}) is strict
    assert "FED-04" in {rule.id for rule, _ in book.find(asked, Hours)} or "US" not in " ".join(asked)


def test_every_territory_of_the_us_has_the_strict_hours(book):
    for territory in places.TERRITORIES:
        assert "ST-02" in {rule.id for rule, _ in book.find((f"US-{territory}",), Hours)}


@pytest.mark.parametrize("state", ["FL", "OK", "MD", "OR"])
def test_the_states_with_a_cap_name_their_own_rule_first(book, state):
    assert book.find((f"US-{state}",), Cap)[0][0].id == f"ST-{state}-CAP"


def test_the_law_is_the_default_and_the_other_profiles_only_add(book, standard, strict):
    assert (book.profile, book.version) == ("law", rulebook.load(profile="law").version)
    ids = [{rule.id for rule, _ in b.find(("US-NY",), Hours)} for b in (book, standard, strict)]
    law = {"ST-NY-HOURS", "FED-04"}
    assert ids == [law, law | {"ST-02-STANDARD"}, law | {"ST-02-STRICT"}]
    assert "ST-02-STRICT" in {rule.id for rule, _ in strict.find(("CA-ON",), Hours)}
    assert len({b.version for b in (book, standard, strict)}) == 3


def test_what_was_found_once_is_found_at_once(book):
    assert book.find(("US-FL", "US"), Hours) is book.find(iter(("US-FL", "US")), Hours)


def test_a_rule_added_at_run_time_narrows_and_changes_the_version(book):
    storm = Rule(
        "LA-STORM", "US-LA", "State of emergency.", "Proclamation 1 of 2026", "primary", date(2026, 11, 24),
        ClosedDays(first=date(2026, 11, 20), last=date(2026, 12, 20)),
    )  # fmt: skip
    more = book.with_rules(storm)
    assert storm in [rule for rule, _ in more.find(("US-LA",), ClosedDays)]
    assert more.version != book.version
    with pytest.raises(RulebookError, match="no place 'US-ZZ'"):
        book.with_rules(Rule("X", "US-ZZ", "", "", "primary", date(2026, 1, 1), Cap(1)))


def test_an_emergency_closes_a_state_for_its_days(book):
    storm = rulebook.emergency("US-LA", date(2026, 8, 29), date(2026, 9, 4), "Proclamation 12 of 2026")
    closed = [value for rule, value in book.with_rules(storm).find(("US-LA",), ClosedDays) if rule is storm]
    assert closed == [ClosedDays(first=date(2026, 8, 29), last=date(2026, 9, 4))]
    assert "Proclamation 12" in storm.cite() and "2026-08-29 to 2026-09-04" in storm.text
    assert storm not in [rule for rule, _ in book.with_rules(storm).find(("US-TX",), ClosedDays)]
    with pytest.raises(ValueError, match="before it begins"):
        rulebook.emergency("US-LA", date(2026, 9, 4), date(2026, 8, 29))
    with pytest.raises(RulebookError, match="no place 'US-CO'"):
        book.with_rules(rulebook.emergency("US-CO", date(2026, 9, 1), date(2026, 9, 2)))


# -- rules with dates


def test_a_rule_holds_from_its_first_day_until_before_its_last(book):
    dated = Rule(
        "X", "US", "", "", "primary", date(2026, 1, 1), Cap(1), since=date(2027, 1, 31), until=date(2027, 3, 1)
    )  # fmt: skip
    days = (date(2027, 1, 30), date(2027, 1, 31), date(2027, 2, 28), date(2027, 3, 1))
    assert [dated.in_force(day) for day in days] == [False, True, True, False]
    more = book.with_rules(dated)
    assert [(dated, Cap(1)) in more.find(("US",), Cap, on=day) for day in days] == [False, True, True, False]
    assert (dated, Cap(1)) in more.find(("US",), Cap), "without a day, whatever the day"


def test_one_stop_ends_everything_by_our_own_rule_today_and_by_law_from_2027(book):
    def rules(day):
        return {rule.id for rule, value in book.find(("US", "*"), Revocation, on=day) if value.scope == "all"}

    assert rules(date(2027, 1, 30)) == {"OPT-04-ALL"}
    assert rules(date(2027, 1, 31)) == {"OPT-04-ALL", "FED-08"}


SENDERS = [
    ("AU", date(2026, 6, 30), set()),
    ("AU", date(2026, 7, 1), {"registered"}),
    ("SG", date(2026, 11, 24), {"registered"}),
    ("IE", date(2026, 11, 24), {"registered"}),
    ("US-FL", date(2026, 11, 24), {"refused"}),
    ("CA-QC", date(2026, 11, 24), {"refused"}),
    ("GB", date(2026, 11, 24), {"free"}),
]


@pytest.mark.parametrize(("place", "day", "words"), SENDERS)
def test_a_name_as_the_sender_needs_what_the_country_asks_for(book, place, day, words):
    assert {need.alphanumeric for _, need in book.find((place,), SenderNeed, on=day)} == words


# -- double opt-in, content, keeping


def test_a_request_for_confirmation_has_terms_everywhere(book):
    for place in ("*", *book.files):
        for rule, terms in book.find((place,), Confirmation):
            assert terms == Confirmation(timedelta(days=7), timedelta(days=7), 2), rule.id
        assert "DOI-02" in {rule.id for rule, _ in book.find((place,), Confirmation)}


def test_every_topic_of_content_has_a_rule(book):
    everywhere = {value.topic for _, value in book.find(("*",), Content)}
    assert set(get_args(ContentTopic)) - everywhere == {"mailing_address"}
    for place in ("US-NJ", "CA"):
        assert "mailing_address" in {value.topic for _, value in book.find((place,), Content)}


def test_the_goods_that_no_carrier_takes_are_named(book):
    def goods(place):
        found = (value for _, value in book.find((place,), Content) if value.topic == "category")
        return {category for value in found for category in value.categories}

    assert goods("US") == set(
        "sex hate firearms tobacco vape cannabis gambling drugs payday_debt_credit crypto lead_generation"
        " alcohol".split()
    )
    assert goods("FR") - goods("US") == {"energy_renovation", "home_adaptation"}


def test_proof_is_kept_for_the_longest_that_any_place_asks_and_the_rest_for_the_shortest(book):
    def years(place, record):
        return book.retention((place,), record)[1] / timedelta(days=366)

    assert (years("US-NY", "opt_out"), years("GB", "opt_out")) == (10, 5)
    assert book.retention(("GB", "US-VA"), "opt_out")[0].id in {"ST-VA-STOP", "EV-13-US"}
    assert years("DE", "consent") == 5
    assert book.retention(("FR",), "cart")[1] == timedelta(days=30)
    for record in get_args(Record):
        assert all(book.retention((place,), record) for place in book.files)


def test_a_shorter_time_for_carts_wins_and_a_shorter_one_for_proof_does_not(folder):
    shorter = 'kind = "retention"\nrecord = "{}"\ndays = 7'
    one = RULE.replace(HOURS, shorter.format("cart")).replace("XX-01", "XX-03")
    two = RULE.replace(HOURS, shorter.format("consent")).replace("XX-01", "XX-04")
    book = load_with(folder, HEAD + RULE + CONSENT + one + two)
    assert book.retention(("XX",), "cart")[1] == timedelta(days=7)
    assert book.retention(("XX",), "consent")[0].id == "EV-13"


def test_the_law_s_limits_for_honouring_an_opt_out_are_on_record(book):
    limits = {p: min((v.business_days for _, v in book.find((p,), Honour)), default=None) for p in book.files}
    assert {p: limits[p] for p in ("US", "CA", "AU", "NZ", "GB")} == {
        "US": 10, "CA": 10, "AU": 5, "NZ": 5, "GB": None,
    }  # fmt: skip


def test_what_the_software_does_not_see_to_says_so(book):
    sentences = [(rule, rule.value) for file in book.files.values() for rule in file.rules]
    unchecked = {rule.id for rule, value in sentences if isinstance(value, Statement) and not value.checked}
    assert {"CART-05", "CONT-02", "CONT-06", "FED-09", "FED-10"} <= unchecked
    assert all(NOT_CHECKED in rule.text for rule, _ in sentences if rule.id in unchecked)


# -- sources


def test_no_source_was_read_longer_ago_than_half_a_year():
    """ST-06. When this fails, the software is not broken: its sources are old. Read them again, set `read`."""
    today = datetime.now(UTC).date()
    old = {
        rule.id: rule.read
        for p in ("law", "standard", "strict")
        for rule in rulebook.load(profile=p).stale(today)
    }
    assert not old, (
        f"{len(old)} rules were last read more than 180 days ago. Open each `source` in compliance/rules/, see whether "
        f"it still says the same, and set `read` to the day: {', '.join(f'{i} ({d})' for i, d in old.items())}"
    )


def test_rules_grow_stale_after_half_a_year(book):
    assert not book.stale(date(2027, 5, 20))
    assert len(book.stale(date(2027, 5, 25))) > 150


def test_the_version_is_the_same_in_every_process(book):
    """It goes into every decision's trace: it must not depend on hash seeds or on the order of files."""
    command = [sys.executable, "-c", "from compliance import rulebook; print(rulebook.load().version)"]
    seen = {
        subprocess.run(
            command, env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert seen == {f"{book.version}\n"}


def test_no_rule_file_cites_what_a_reader_cannot_open():
    for path in rulebook.RULES_FOLDER.glob("*.toml"):
        for rule in tomllib.loads(path.read_text()).get("rule", ()):
            assert "facts/" not in rule["source"], path.name
