"""`bin/comeback may-text`: the rulebook's answer on the command line, as data and in words."""

import json
import os
import subprocess

import pytest
from compliance_vectors import FLORIDA, NEW_YORK, RHODE_ISLAND, TEXAS, VECTORS
from tests_settings import ROOT

from compliance import rulebook
from plugin_server import create_app

NOON = "2026-12-15T18:00:00Z"  # Tuesday, 13:00 in New York
WORDING = "Reply Y to get reminders about your cart from Mugs. Msg & data rates may apply."
CLAIM = {
    "state": "given",
    "at": "2026-12-01T10:00:00Z",
    "source": "double opt-in",
    "wording": WORDING,
    "proven": True,
}


@pytest.fixture(scope="module")
def run():
    runner = create_app().test_cli_runner()

    def call(*options: str):
        result = runner.invoke(args=["may-text", *map(str, options)])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        return result

    return call


@pytest.fixture
def ask(run):
    """The answer as data, for a number at noon with consent, unless the options say otherwise."""

    def call(*options: str, phone: str = NEW_YORK, at: str = NOON, consent: str | None = "--assume-consent"):
        done = run("--phone", phone, "--at", at, *options, *([consent] if consent else []), "--json")
        assert done.exit_code == 0, done.output
        assert done.stderr == ""
        return json.loads(done.stdout)

    return call


@pytest.fixture
def file(tmp_path):
    def write(content, name: str = "told.json"):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return write


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_a_case_worked_out_by_hand_comes_out_so_on_the_command_line(ask, vector):
    given = {"--country": vector.country, "--region": vector.region, "--abandoned-at": vector.left}
    options = [word for name, value in given.items() if value for word in (name, value)]
    answer = ask(*options, phone=vector.phone, at=vector.at)
    assert (answer["verdict"], answer["until"]) == (vector.verdict, vector.until)
    assert vector.rules <= set(answer["rules"])
    if vector.window:
        assert tuple(answer["window_utc"]) == vector.window


def test_the_answer_names_zones_hours_rules_reasons_and_versions(ask):
    answer = ask(phone="+18505551234")
    assert answer["zones"] == ["America/Chicago", "America/New_York"]
    assert answer["window_local"] == {
        "America/Chicago": ["2026-12-15 08:00", "2026-12-15 19:00"],
        "America/New_York": ["2026-12-15 09:00", "2026-12-15 20:00"],
    }
    assert {"FED-04", "ST-FL-HOURS", "ST-FL-CAP", "CART-02", "CART-03", "CART-04"} <= set(answer["rules"])
    assert {reason["rule"] for reason in answer["reasons"]} == {"FED-04", "ST-FL-HOURS"}
    assert all(reason["code"] == "open" and reason["source"] for reason in answer["reasons"])
    assert answer["rulebook"] == rulebook.load().version
    assert answer["tzdata"]
    assert (answer["must_arrive_by"], answer["ttl_seconds"]) == ("2026-12-16T01:00:00Z", 7 * 3600)
    assert "18505551234" not in json.dumps(answer)


def test_the_deadline_comes_before_the_evening(ask):
    answer = ask("--abandoned-at", "2026-12-13T19:00:00Z")
    assert (answer["must_arrive_by"], answer["ttl_seconds"]) == ("2026-12-15T19:00:00Z", 3600)


def test_without_consent_the_hours_are_shown_all_the_same(ask):
    answer = ask(phone=FLORIDA, consent=None)
    assert (answer["verdict"], answer["reasons"][0]["code"]) == ("refused", "no_consent")
    assert answer["window_utc"] == ["2026-12-15T13:00:00Z", "2026-12-16T01:00:00Z"]
    assert answer["until"] is answer["ttl_seconds"] is None
    assert any("--consent" in note for note in answer["notes"])


def test_where_no_hour_suits_all_clocks_there_is_no_window(ask):
    answer = ask("--zone", "Asia/Bangkok", phone=FLORIDA)
    assert (answer["verdict"], answer["reasons"][0]["code"]) == ("refused", "no_common_window")
    assert answer["window_utc"] is answer["window_local"] is None
    assert answer["zones"] == ["America/New_York", "Asia/Bangkok"]


@pytest.mark.parametrize(
    ("phone", "code"),
    [
        ("+18005551234", "number_not_reachable"), ("+1 (800) 555-1234", "number_not_reachable"),
        ("+441212345678", "number_not_reachable"), ("+15555555555", "number_not_reachable"),
        ("+5511961234567", "country_not_enabled"), ("+919812345678", "country_not_enabled"),
    ],
)  # fmt: skip
def test_a_number_that_could_exist_but_is_not_texted_is_a_refusal(ask, phone, code):
    answer = ask(phone=phone)
    assert (answer["verdict"], answer["reasons"][0]["code"]) == ("refused", code)


def test_a_landline_known_by_a_look_up_is_a_refusal(ask):
    assert ask("--line-type", "landline")["reasons"][0]["code"] == "number_not_reachable"
    assert ask("--line-type", "mobile")["verdict"] == "allowed"


def test_a_name_as_sender_does_not_reach_america(ask):
    assert ask("--sender", "Mugs")["reasons"][0]["code"] == "sender_not_possible"
    sydney = {"phone": "+61412345678", "at": "2026-12-15T03:00:00Z"}
    assert ask("--sender", "Mugs", **sydney)["reasons"][0]["code"] == "sender_not_registered"
    assert ask("--sender", "Mugs", "--sender-registered", **sydney)["verdict"] == "allowed"


@pytest.mark.parametrize(
    ("profile", "opens"), [("law", "13:00:00Z"), ("standard", "13:00:00Z"), ("strict", "15:00:00Z")]
)
def test_the_profile_chooses_the_hours(ask, profile, opens):
    answer = ask("--profile", profile, phone=FLORIDA, at="2026-12-15T11:00:00Z")
    assert answer["until"] == f"2026-12-15T{opens}"


def test_a_region_without_a_country_lies_in_the_country_of_the_number(ask):
    answer = ask("--region", "CA", phone=FLORIDA)
    assert answer["zones"] == ["America/New_York", "America/Los_Angeles"]
    assert any("taken to be in US" in note for note in answer["notes"])


def test_a_zone_that_tells_no_place_is_not_used_and_a_note_says_so(ask):
    answer = ask("--zone", "UTC")
    assert answer["zones"] == ["America/New_York"]
    assert any("UTC tells no place" in note for note in answer["notes"])


def test_a_national_number_is_read_with_the_country(ask):
    assert ask("--country", "US", phone="(212) 555-1234")["zones"] == ["America/New_York"]


def test_a_time_with_an_offset_is_the_same_instant(ask):
    assert ask(phone=FLORIDA, at="2026-12-15T13:00:00-05:00") == ask(phone=FLORIDA)


@pytest.mark.parametrize(
    ("change", "verdict", "code"),
    [
        ({}, "allowed", "open"),
        ({"proven": False}, "refused", "consent_unproven"),
        ({"wording": "News and offers from Mugs."}, "refused", "consent_scope"),
        ({"state": "pending"}, "refused", "consent_pending"),
        ({"state": "withdrawn"}, "refused", "consent_withdrawn"),
        ({"at": "2026-12-15T18:00:01Z"}, "refused", "no_consent"),
        ({"phone": "+12015550123"}, "refused", "no_consent"),
        ({"phone": "+1 (212) 555-1234"}, "allowed", "open"),
        ({"expires_at": "2026-12-15T18:00:00Z"}, "refused", "no_consent"),
    ],
)
def test_consent_is_what_the_lines_of_evidence_add_up_to(ask, file, change, verdict, code):
    answer = ask("--consent", file([{**CLAIM, **change}]), consent=None)
    assert (answer["verdict"], answer["reasons"][0]["code"]) == (verdict, code)
    assert ("1 claim(s) later than --at left out" in answer["notes"]) == (change.get("at") is not None)


@pytest.mark.parametrize(
    ("told", "verdict", "code"),
    [
        ({}, "allowed", "open"),
        ({"texts": [], "opted_out": None}, "allowed", "open"),
        ({"texts": [{"at": "2026-12-15T10:00:00Z", "cart": True}]}, "refused", "second_text_for_cart"),
        ({"texts": [{"at": "2026-12-15T10:00:00Z"}]}, "refused", "second_text_for_cart"),
        ({"texts": [{"at": "2026-12-14T10:00:00Z", "cart": False}] * 9}, "allowed", "open"),
        ({"texts": [{"at": "2026-12-14T18:00:00Z", "cart": False}] * 3}, "allowed", "open"),
        ({"texts": [{"at": "2026-12-14T18:00:01Z", "cart": False}] * 3}, "refused", "cap_24h"),
        ({"texts": [{"at": "2026-12-15T18:00:01Z"}]}, "allowed", "open"),
        ({"opted_out": {"at": "2026-12-15T12:00:00Z", "why": "STOP"}}, "refused", "consent_withdrawn"),
        ({"opted_out": {"at": "2026-12-15T18:00:01Z"}}, "allowed", "open"),
    ],
)
def test_texts_that_went_before_and_an_opt_out_count(ask, file, told, verdict, code):
    answer = ask("--consent", file([CLAIM], "consent.json"), "--history", file(told), consent=None)
    assert (answer["verdict"], answer["reasons"][0]["code"]) == (verdict, code)


def test_an_opt_out_stands_against_an_assumed_consent(ask, file):
    told = file({"opted_out": {"at": "2026-12-15T12:00:00Z", "why": "replied STOP"}})
    answer = ask("--history", told)
    assert answer["reasons"][0]["code"] == "suppressed"
    assert "replied STOP" in answer["reasons"][0]["text"]


def test_answers_to_the_persons_own_message_keep_no_hours(ask):
    night, late = "2026-12-15T08:00:00Z", "2026-12-15T08:11:00Z"
    for kind in ("welcome", "consent_request"):
        assert ask("--kind", kind, "--requested-at", night, at=night)["verdict"] == "allowed"
    assert ask("--kind", "welcome", "--requested-at", night, at=late)["verdict"] == "expired"
    assert ask("--kind", "consent_request", "--requested-at", night, at=late)["verdict"] == "held"


UNUSABLE = [
    (["--phone", "12345"], "--phone:"),
    (["--phone", "not-a-phone"], "--phone:"),
    (["--phone", ""], "--phone:"),
    (["--phone", "(800) 555-1234", "--country", "US"], "--phone:"),
    (["--zone", "Mars/Olympus"], "--zone: 'Mars/Olympus' is no IANA time zone"),
    (["--zone", ""], "--zone:"),
    (["--at", "2026-12-15T14:00:00"], "--at: 2026-12-15T14:00:00 has no time zone"),
    (["--at", "2026-12-15"], "has no time zone"),
    (["--at", "tomorrow"], "--at: 'tomorrow' is no time"),
    (["--at", "9999-12-31T23:59:59Z"], "--at:"),
    (["--abandoned-at", "2026-12-15T18:00:01Z"], "--abandoned-at: 2026-12-15T18:00:01Z is later than --at"),
    (["--abandoned-at", "2026-12-15T10:00:00"], "--abandoned-at: 2026-12-15T10:00:00 has no time zone"),
    (["--country", "USA"], "--country: 'USA'"),
    (["--country", "US", "--region", "Florida"], "--region: US has no 'Florida'"),
    (["--consent", "/nonexistent.json"], "/nonexistent.json: No such file"),
    (["--history", "/"], "/: Is a directory"),
]


@pytest.mark.parametrize(("options", "words"), UNUSABLE)
def test_what_cannot_be_used_is_said_in_words_and_exits_with_two(run, options, words):
    plain = ["--phone", NEW_YORK, "--at", NOON, *options]
    done = run(*plain)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("comeback: ")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    as_data = run(*plain, "--json")
    assert as_data.exit_code == 2
    assert words in json.loads(as_data.stdout)["error"]


@pytest.mark.parametrize(
    ("option", "content", "words"),
    [
        ("--consent", "{", "is not JSON"),
        ("--consent", {"state": "given"}, "expected a list"),
        ("--consent", ["given"], "claim 1: expected an object"),
        ("--consent", [CLAIM, {**CLAIM, "state": "maybe"}], "claim 2: 'state' is 'maybe'"),
        (
            "--consent",
            [{**CLAIM, "at": "2026-12-01T10:00:00"}],
            "claim 1: 'at': 2026-12-01T10:00:00 has no time zone",
        ),
        ("--consent", [{"state": "given"}], "claim 1: 'at': None is no time"),
        ("--consent", [{**CLAIM, "proven": "yes"}], "claim 1: 'proven' is 'yes', not a bool"),
        ("--consent", [{**CLAIM, "prooven": True}], "claim 1: there is no field 'prooven'"),
        ("--consent", [{**CLAIM, "phone": "12"}], "claim 1: 'phone'"),
        (
            "--consent",
            '[{"state": "given", "at": "2026-12-01T10:00:00Z", "source": "\\ud800"}]',
            "half a character",
        ),
        ("--history", [], "expected an object"),
        ("--history", {"texts": {}}, "'texts' is {}"),
        ("--history", {"texts": [{"cart": True}]}, "text 1: 'at'"),
        ("--history", {"texts": [{"at": "2026-12-15T10:00:00Z", "cart": 1}]}, "text 1: 'cart' is 1"),
        ("--history", {"opted_out": {"why": "STOP"}}, "opted_out: 'at'"),
        ("--history", {"sent": []}, "there is no field 'sent'"),
    ],
)
def test_a_file_with_a_fault_is_named_with_the_place(run, file, option, content, words):
    path = file(content)
    done = run("--phone", NEW_YORK, "--at", NOON, option, path)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"comeback: {path}: ")
    assert words in done.stderr


def test_consent_is_either_assumed_or_told(run, file):
    done = run("--phone", NEW_YORK, "--at", NOON, "--assume-consent", "--consent", file([CLAIM]))
    assert done.exit_code == 2
    assert "either" in done.stderr


def test_for_people_it_says_yes_or_no_why_and_until_when(run):
    at = ["--at", "2026-11-29T17:00:00Z", "--assume-consent"]
    held = run("--phone", TEXAS, *at).stdout
    assert held.startswith("+1•••••1234 at 2026-11-29T17:00:00Z: Not now: not before 2026-11-29T18:00:00Z.\n")
    assert "It is Sun 11:00 in America/Chicago (area code 214)." in held
    assert "America/Chicago: 2026-11-29 12:00 to 2026-11-29 21:00" in held
    for phone, moment, words in (
        (TEXAS, NOON, "Yes, until 2026-12-16T03:00:00Z."),
        ("+18005551234", NOON, "No."),
        (RHODE_ISLAND, "2026-09-05T21:30:00Z", "No: it is too late."),
    ):
        assert words in run("--phone", phone, "--at", moment, "--assume-consent").stdout


def test_now_is_the_default(run):
    told = json.loads(run("--phone", NEW_YORK, "--json").stdout)
    assert told["at"].endswith("Z")
    assert told["window_utc"][1] > told["at"]


def test_the_real_command_reads_the_pinned_clocks_and_not_the_systems(tmp_path):
    """A system of 2025 would open Vancouver an hour late."""
    done = subprocess.run(
        [ROOT / "bin" / "comeback", "may-text", "--phone", "+16045551234", "--at", NOON, "--assume-consent", "--json"],
        env={**os.environ, "PYTHONTZPATH": "/usr/share/zoneinfo"}, capture_output=True, cwd=tmp_path, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["window_utc"] == ["2026-12-15T16:00:00Z", "2026-12-16T04:30:00Z"]


def test_an_emergency_of_this_installation_closes_its_state_here_too(monkeypatch) -> None:
    asked = ("--phone", "+15045550142", "--at", "2026-12-15T18:00:00Z", "--assume-consent", "--json")
    runner = create_app().test_cli_runner()
    assert json.loads(runner.invoke(args=["may-text", *asked]).stdout)["verdict"] == "allowed"
    monkeypatch.setenv("COMEBACK_EMERGENCIES", "US-LA:2026-12-14..2026-12-16")
    told = json.loads(runner.invoke(args=["may-text", *asked]).stdout)
    assert told["verdict"] != "allowed"
    assert "ST-04-US-LA-2026-12-14" in told["rules"]
    monkeypatch.setenv("COMEBACK_EMERGENCIES", "US-LA")
    broken = runner.invoke(args=["may-text", *asked])
    assert (broken.exit_code, "COMEBACK_EMERGENCIES" in broken.stderr) == (2, True)


@pytest.mark.parametrize(
    ("country", "more"),
    [
        ("FR", ("--postcode", "97400")),
        ("FR", ("--region", "RE")),
        ("GB", ("--postcode", "JE2 3AB")),
        ("GB", ("--postcode", "gy1 1aa")),
    ],
)
def test_islands_with_laws_of_their_own_are_not_their_mother_country(country, more) -> None:
    phone = {"FR": "+33612345678", "GB": "+447400123456"}[country]
    asked = ("--phone", phone, "--country", country, *more, "--at", "2026-12-15T15:00:00Z")
    done = create_app().test_cli_runner().invoke(args=["may-text", *asked, "--assume-consent", "--json"])
    told = json.loads(done.stdout)
    assert (told["verdict"], told["reasons"][0]["code"]) == ("refused", "country_not_enabled")


def test_a_post_of_the_us_forces_is_in_no_state(capsys) -> None:
    asked = ("--phone", "+12125550142", "--country", "US", "--region", "AE", "--postcode", "09012")
    done = create_app().test_cli_runner().invoke(args=["may-text", *asked, "--assume-consent", "--json"])
    assert done.exit_code == 0
