import shutil
import subprocess
import sys
import tomllib
from datetime import date

import pytest

from compliance import rulebook
from compliance.errors import ComplianceError, RulebookError
from compliance.rules import Cap, ClosedDays, ConsentNeed, Deadline, Hours, PerCart, Rule

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
    with pytest.raises(RulebookError, match="'lenient'"):
        rulebook.load(profile="lenient")


def test_a_missing_sentence_of_the_world_is_noticed(folder):
    world = (folder / "world.toml").read_text().replace('topic = "window"', 'topic = "number"')
    (folder / "world.toml").write_text(world)
    with pytest.raises(RulebookError, match="statement on 'window'"):
        rulebook.load(folder)


def test_every_rule_that_ships_has_a_source_and_was_read_this_autumn(book):
    rules = [rule for file in book.files.values() for rule in file.rules]
    assert len(rules) > 60
    assert {rule.read for rule in rules} == {date(2026, 11, 24)}
    assert not [rule.id for rule in rules if not rule.source.strip()]


def test_the_countries_that_are_texted_are_these(book):
    enabled = {place for place, file in book.files.items() if file.enabled and "-" not in place}
    assert enabled == {"US", "CA", "GB", "FR", "DE", "ES", "IT", "NL", "IE", "AU", "NZ"}


def test_the_carriers_cart_rule_holds_for_every_plus_one_number(book):
    for place in ("US-FL", "US-WY", "CA-QC"):
        assert [limit.max_texts for _, limit in book.find((place,), PerCart)] == [1]
        assert [limit.after_abandonment.total_seconds() for _, limit in book.find((place,), Deadline)] == [
            48 * 3600
        ]
        assert any(
            need.proven and need.scope == "cart_reminders" for _, need in book.find((place,), ConsentNeed)
        )
    assert not book.find(("GB",), PerCart)


def test_a_state_without_a_file_has_its_countrys_rules(book):
    assert book.chain("US-WY") == ("US", "+1", "*")
    assert book.chain("BR") == ("*",)


@pytest.mark.parametrize("state", ["FL", "OK", "MD", "OR"])
def test_the_states_with_a_cap_name_their_own_rule_first(book, state):
    assert book.find((f"US-{state}",), Cap)[0][0].id == f"ST-{state}-CAP"


def test_only_one_profile_of_hours_is_in_a_book(book, standard):
    ids = [{rule.id for rule, _ in b.find(("US-AL",), Hours)} for b in (book, standard)]
    assert ids == [{"ST-AL-HOURS", "FED-04", "ST-02"}, {"FED-04", "ST-02-STANDARD"}]


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


def test_rules_grow_stale_after_half_a_year(book):
    assert not book.stale(date(2027, 5, 20))
    assert len(book.stale(date(2027, 5, 25))) > 60


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
