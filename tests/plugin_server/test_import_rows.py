"""A row is a person's consent, their opt-out, or neither: with the reason."""

from datetime import UTC, datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given as for_any
from hypothesis import strategies as st
from list_kit import ANN, HEADER, NOW, WORDING, confirmed, person

from compliance.phones import Reason
from plugin_server.gathering import cells, mapping, rows
from plugin_server.gathering.moments import Moment, NoMoment, moment
from plugin_server.gathering.proof import evidence
from plugin_server.gathering.rows import Reading, Refusal, Row

NAMES = HEADER.split(",")


def read(row: dict[str, str], header: list[str] = NAMES, **how) -> Row | Refusal:
    reading = Reading(
        columns=mapping.columns(header, {}), width=len(header), **{"now": NOW, "country": None, **how}
    )
    return rows.read(7, [row.get(name, "") for name in header], reading)


def taken(row: dict[str, str], **how) -> Row:
    found = read(row, **how)
    assert isinstance(found, Row), found
    return found


def refused(row: dict[str, str], **how) -> str:
    found = read(row, **how)
    assert isinstance(found, Refusal), found
    assert ANN[3:8] not in found.masked + found.why
    return found.why


# -- proof


def test_a_row_with_time_source_and_wording_is_given_and_unproven() -> None:
    row = taken(person())
    assert (row.kind, row.at, row.country) == ("given", datetime(2025, 5, 1, 10, tzinfo=UTC), "US")
    (line,) = evidence(row, "people.csv")
    assert (line.state, line.proven, line.source, line.wording) == ("given", False, "import", WORDING)
    assert (line.url, line.note) == ("https://mugs.example", "people.csv, line 7")
    assert (line.person.form, line.person.url) == ("Popup", "https://mugs.example/popup")


def test_a_confirmation_in_words_that_name_carts_is_proof_and_a_line_of_its_own() -> None:
    row = taken(confirmed())
    agreed, proof = evidence(row, "people.csv")
    assert (row.kind, agreed.proven, proof.proven) == ("confirmed", False, True)
    assert proof.at == datetime(2025, 5, 1, 10, 2, tzinfo=UTC)
    assert (proof.person.reply, proof.program) == ("Y", "cart_reminders")


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({"Consent text": "I agree to marketing texts."}, "cart reminders"),
        ({"Consent text": ""}, "cart reminders"),
        ({"Reply": ""}, "doesn't say yes"),
        ({"Reply": "who is this"}, "doesn't say yes"),
        ({"Confirmed at": "2025-05-01T09:59:59Z"}, "came before"),
        ({"Confirmed at": "yesterday"}, "can't be read"),
        ({"Confirmed at": "2027-05-01T10:00:00Z"}, "future"),
    ],
)
def test_a_confirmation_that_lacks_something_leaves_the_row_unproven_and_says_why(cells, why) -> None:
    row = taken(confirmed(**cells))
    assert (row.kind, row.confirmed_at, row.reply) == ("given", None, "")
    assert why in row.note
    assert [line.proven for line in evidence(row, "f")] == [False]


def test_a_confirmation_request_that_names_no_carts_is_no_proof() -> None:
    header = [*NAMES, "Confirmation request"]
    asked = confirmed(**{"Confirmation request": "Reply Y to get texts"})
    assert read(asked, header).kind == "given"
    named = confirmed(**{"Confirmation request": "Reply Y for texts (e.g. cart reminders)"})
    row = read(named, header)
    assert row.kind == "confirmed"
    assert evidence(row, "f")[1].person.request_text == "Reply Y for texts (e.g. cart reminders)"


@pytest.mark.parametrize("lacking", [{"Consent time": ""}, {"Source": "", "Page URL": ""}])
def test_without_a_time_or_a_place_there_is_no_consent_whatever_else_the_row_says(lacking) -> None:
    assert "missing proof" in refused(confirmed(**lacking))


def test_a_page_alone_is_a_place_and_its_query_is_not_kept() -> None:
    row = taken(person(**{"Source": "", "Page URL": "https://a:b@mugs.example/p?email=ann@example.com#x"}))
    assert row.url == "https://mugs.example/p"


def test_a_disclosure_of_the_shop_can_be_named_by_its_version() -> None:
    header = ["Phone", "Consent time", "Source", "Wording version"]
    cells = {**person(), "Wording version": "join/en/2"}
    assert read(cells, header, wordings={"join/en/2": WORDING}).wording == WORDING
    assert "no disclosure of this shop" in read(cells, header).why


# -- opt-outs


@pytest.mark.parametrize(
    "word", ["unsubscribed", "UNSUBSCRIBED", "Opted_out", "opt-out", "STOP", "suppressed"]
)
def test_an_opt_out_is_taken_without_any_proof_and_holds_from_now_on(word) -> None:
    row = taken({"Phone": ANN, "Status": word})
    assert (row.kind, row.at) == ("opt_out", NOW)
    (line,) = evidence(row, "f")
    assert line.state == "withdrawn"


def test_an_opt_out_with_a_time_is_of_that_time_and_with_a_broken_one_of_now() -> None:
    out = {"Phone": ANN, "Status": "unsubscribed"}
    assert taken({**out, "Opted out at": "2025-06-01T00:00:00Z"}).at == datetime(2025, 6, 1, tzinfo=UTC)
    for broken in ("2030-01-01T00:00:00Z", "soon", "1970-01-01T00:00:00Z"):
        assert taken({**out, "Opted out at": broken}).at == NOW


def test_a_reply_that_says_stop_is_an_opt_out_whatever_the_status() -> None:
    assert taken(confirmed(Reply="please stop texting me")).kind == "opt_out"


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("no", "did not subscribe"),
        ("NEVER_SUBSCRIBED", "did not subscribe"),
        ("", "status is missing"),
        ("maybe", "'maybe' isn't known"),
        ("+14155552671", "with such a value isn't known"),
    ],
)
def test_a_status_that_is_no_yes_is_refused(word, why) -> None:
    assert why in refused(person(Status=word))


def test_whoever_had_not_confirmed_stays_pending_even_with_a_confirmation_beside_it() -> None:
    assert taken(confirmed(Status="pending")).kind == "pending"


# -- numbers


@pytest.mark.parametrize(
    ("phone", "why"),
    [
        ("", "missing"),
        ("call me", "letters"),
        ("(415) 555-2671", "of which country"),
        ("+18005550199", "toll-free"),
        ("+493012345678", "landline"),
        ("+4415", "too short"),
        ("+1415555267199999", "too long"),
        ("+15005550006", "area code|number"),
        ("+14155552671 ext. 9", "extension"),
        ("1.41556E+10", "rounded"),
    ],
)
def test_a_number_that_takes_no_texts_is_refused_with_the_reason(phone, why) -> None:
    said = read(person(Phone=phone))
    assert isinstance(said, Refusal)
    assert any(word in said.why for word in why.split("|")), said


def test_a_national_number_needs_its_country_and_the_rows_own_comes_first() -> None:
    header = [*NAMES, "Country"]
    assert read(person("(415) 555-2671"), header, country="US").phone == ANN
    briton = person("07400 123456", Country="GB")
    assert read(briton, header, country="US").phone == "+447400123456"
    # A name is no code: which country is meant isn't guessed.
    assert isinstance(read(person("(415) 555-2671", Country="Narnia"), header, country="US"), Refusal)


@pytest.mark.parametrize("phone", ["'+14155552671", '="+14155552671"', " +1 (415) 555-2671 "])
def test_signs_that_spreadsheets_put_before_numbers_are_taken_off(phone) -> None:
    assert taken(person(phone)).phone == ANN


def test_every_reason_why_a_phone_is_none_has_its_sentence() -> None:
    assert set(cells.NO_PHONE) == set(get_args(Reason))


# -- shape


def test_a_row_with_too_few_or_too_many_cells_is_refused_but_empty_ones_at_the_end_are_nothing() -> None:
    reading = Reading(columns=mapping.columns(NAMES, {}), width=len(NAMES), now=NOW)
    full = [person().get(name, "") for name in NAMES]
    assert isinstance(rows.read(2, [*full, "", ""], reading), Row)
    assert "12 cells" in rows.read(2, [*full, "x"], reading).why
    assert "3 cells" in rows.read(2, full[:3], reading).why


@for_any(st.lists(st.text(), min_size=len(NAMES), max_size=len(NAMES)))
def test_whatever_stands_in_a_row_it_is_taken_or_refused(cells) -> None:
    reading = Reading(columns=mapping.columns(NAMES, {}), width=len(NAMES), now=NOW)
    assert isinstance(rows.read(2, cells, reading), Row | Refusal)


@for_any(st.text(), st.text(), st.text())
def test_whatever_a_good_rows_times_and_words_say_no_row_is_proven_by_chance(at, confirmed_at, reply) -> None:
    row = read(person(**{"Consent time": at, "Confirmed at": confirmed_at, "Reply": reply}))
    if isinstance(row, Row) and row.kind == "confirmed":
        assert row.at <= row.confirmed_at <= NOW


# -- times


@pytest.mark.parametrize(
    "said",
    [
        "2025-05-01T10:22:33Z",
        "2025-05-01 10:22:33 UTC",
        "2025-05-01 06:22:33 -0400",
        "2025-05-01T12:22:33+02:00",
        "1746094953",
        "1746094953000",
    ],
)
def test_times_with_a_zone_are_understood_in_the_ways_programs_write_them(said) -> None:
    assert moment(said, NOW) == Moment(datetime(2025, 5, 1, 10, 22, 33, tzinfo=UTC), exact=True)


def test_a_time_without_a_zone_needs_one_to_be_named() -> None:
    assert "--zone" in moment("2025-05-01 10:22", NOW).why
    found = moment("2025-05-01 10:22", NOW, ZoneInfo("America/New_York"))
    assert found.at == datetime(2025, 5, 1, 14, 22, tzinfo=UTC)


def test_a_date_that_could_be_two_days_needs_its_order_to_be_named() -> None:
    assert "--dates" in moment("3/4/2025 10:00 PM", NOW, UTC).why
    assert moment("3/4/2025 10:00 PM", NOW, UTC, "mdy").at == datetime(2025, 3, 4, 22, tzinfo=UTC)
    assert moment("3/4/25 12:05 am", NOW, UTC, "dmy").at == datetime(2025, 4, 3, 0, 5, tzinfo=UTC)
    assert isinstance(moment("13/13/2025 10:00", NOW, UTC, "mdy"), NoMoment)


def test_a_day_without_a_time_is_the_more_cautious_end_of_it_and_no_exact_time() -> None:
    assert moment("2025-05-01", NOW, UTC) == Moment(datetime(2025, 5, 1, tzinfo=UTC), exact=False)
    assert moment("2025-05-01", NOW, UTC, end_of_day=True).at > datetime(2025, 5, 1, 23, 59, tzinfo=UTC)
    assert moment(f"{NOW:%Y-%m-%d}", NOW, UTC, end_of_day=True) == Moment(NOW, exact=False)


@pytest.mark.parametrize(
    "said", ["", "soon", "20250501", "2025-02-30T10:00:00Z", "2025-W18", "14155552671", "٢٠٢٥"]
)
def test_what_is_no_time_is_refused(said) -> None:
    assert isinstance(moment(said, NOW, UTC), NoMoment)


def test_a_time_that_cant_be_is_refused() -> None:
    assert "future" in moment((NOW + timedelta(seconds=1)).isoformat(), NOW).why
    assert moment(NOW.isoformat(), NOW).at == NOW
    assert "2000" in moment("1999-12-31T23:59:59Z", NOW).why
    assert "2000" in moment("0001-01-01T00:00:00+14:00", NOW).why
