from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from compliance.answers import Allowed, Held, Refused
from compliance.ask import Ask, ConsentView, Suppression
from compliance.verdict import MIN_TTL, check, ttl_seconds

NOON = datetime(2026, 12, 15, 18, tzinfo=UTC)  # Tuesday, 13:00 in New York, 10:00 in Los Angeles
AN_HOUR = timedelta(hours=1)
PROVEN = ConsentView("given", "cart_reminders", proven=True, given_at=NOON - AN_HOUR, source="double opt-in")
TICKED = ConsentView("given", "marketing", given_at=NOON - AN_HOUR, source="shopify checkout")
STOPPED = Suppression("+12125551234", NOON - AN_HOUR, "replied STOP")

NEW_YORK = Ask("+12125551234", PROVEN, abandoned_at=NOON - AN_HOUR)
LONDON = Ask("+447400123456", TICKED, abandoned_at=NOON - AN_HOUR)


def local(zone: str, *moment: int) -> datetime:
    return datetime(*moment, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def ny(*moment: int) -> datetime:
    return local("America/New_York", *moment)


def test_a_text_with_consent_in_daytime_may_leave_until_the_window_closes(book):
    answer = check(NEW_YORK, NOON, book)
    assert isinstance(answer, Allowed)
    assert answer.window_end == ny(2026, 12, 15, 20)
    assert answer.deadline == NEW_YORK.abandoned_at + timedelta(hours=48)
    assert answer.zones == ("America/New_York",)
    assert [(t.zone, t.time, t.why) for t in answer.local_times] == [
        ("America/New_York", "Tue 13:00", "area code 212")
    ]
    assert answer.rulebook_version == book.version
    assert {"FED-04", "ST-02"} == {rule.id for rule in answer.rules}


REFUSALS = [
    ("country_not_enabled", "INT-01", replace(NEW_YORK, phone="+5511961234567")),
    (
        "country_not_enabled",
        "INT-01",
        replace(NEW_YORK, phone="+18765551234"),
    ),  # Jamaica
    ("country_not_enabled", "INT-01", replace(NEW_YORK, phone="+447911123456")),  # Guernsey
    ("country_not_enabled", "INT-01", replace(NEW_YORK, country="BR")),
    ("country_not_enabled", "IN-01", replace(NEW_YORK, phone="+919812345678")),
    ("country_not_enabled", "IN-01", replace(LONDON, country="IN")),
    ("country_not_enabled", "IN-01", replace(NEW_YORK, phone="+9112")),
    ("number_not_reachable", "TZ-06", replace(NEW_YORK, phone="+18005551234")),
    ("number_not_reachable", "TZ-06", replace(NEW_YORK, phone="+00000000000")),
    ("number_not_reachable", "TZ-06", replace(NEW_YORK, phone="555-555-SHIP")),
    ("number_not_reachable", "TZ-06", replace(NEW_YORK, phone="2125551234")),
    ("no_consent", "FED-01", Ask("+12125551234", abandoned_at=NOON)),
    ("no_consent", "CA-02", Ask("+14165551234", abandoned_at=NOON)),
    ("no_consent", "UK-01", Ask("+447400123456", abandoned_at=NOON)),
    ("no_consent", "FR-01", Ask("+33612345678", abandoned_at=NOON)),
    ("no_consent", "DE-01", Ask("+4915123456789", abandoned_at=NOON)),
    ("no_consent", "EU-01", Ask("+31612345678", abandoned_at=NOON)),
    ("no_consent", "AU-01", Ask("+61412345678", abandoned_at=NOON)),
    ("consent_pending", "FED-01", replace(NEW_YORK, consent=ConsentView("pending"))),
    ("consent_withdrawn", "FED-05", replace(NEW_YORK, consent=ConsentView("withdrawn"))),
    ("consent_withdrawn", "OPT-04", replace(LONDON, consent=ConsentView("withdrawn"))),
    ("consent_withdrawn", "GDPR-01", Ask("+33612345678", ConsentView("withdrawn"), abandoned_at=NOON)),
    ("consent_scope", "CART-02", replace(NEW_YORK, consent=replace(PROVEN, scope="marketing"))),
    ("consent_unproven", "FED-01", replace(NEW_YORK, consent=replace(PROVEN, proven=False))),
    ("consent_unproven", "CA-02", Ask("+14165551234", replace(PROVEN, proven=False), abandoned_at=NOON)),
    ("suppressed", "FED-05", replace(NEW_YORK, suppression=STOPPED)),
    ("suppressed", "OPT-04", replace(LONDON, suppression=STOPPED)),
    ("second_text_for_cart", "CART-03", replace(NEW_YORK, texts_for_cart=1)),
    ("abandonment_unknown", "CART-04", replace(NEW_YORK, abandoned_at=None)),
    ("expired", "CART-04", replace(NEW_YORK, abandoned_at=NOON - timedelta(hours=48, seconds=1))),
    ("expired", "SEQ-01", replace(LONDON, deadline=NOON - timedelta(seconds=1))),
    ("expired", "SEQ-01", replace(NEW_YORK, deadline=NOON - timedelta(seconds=1))),
    ("cap_24h", "ST-03", replace(NEW_YORK, texts_last_24h=3)),
    ("cap_24h", "ST-FL-CAP", replace(NEW_YORK, phone="+13055551234", texts_last_24h=3)),
    ("no_common_window", "TZ-04", replace(NEW_YORK, browser_zone="Asia/Tokyo")),
]


@pytest.mark.parametrize(("code", "rule", "ask"), REFUSALS)
def test_a_refusal_names_its_rule(book, code, rule, ask):
    answer = check(ask, NOON, book)
    assert isinstance(answer, Refused)
    assert (answer.code, answer.rules[0].id, answer.expired) == (code, rule, code == "expired")
    assert answer.rules[0].source in answer.sentences()[0]


def test_the_first_failure_is_the_answer(book):
    """Everything is wrong at once; mending one thing after the other shows the order of the questions."""
    worst = Ask(
        "12", ConsentView("none"), country="BR", suppression=STOPPED, texts_for_cart=2, texts_last_24h=9,
        abandoned_at=NOON - timedelta(days=9), browser_zone="Asia/Tokyo",
    )  # fmt: skip
    mended = [
        ("country_not_enabled", {"country": "US"}),
        ("number_not_reachable", {"phone": "+12125551234"}),
        ("no_consent", {"consent": TICKED}),
        ("consent_scope", {"consent": replace(TICKED, scope="cart_reminders")}),
        ("consent_unproven", {"consent": PROVEN}),
        ("suppressed", {"suppression": None}),
        ("second_text_for_cart", {"texts_for_cart": 0}),
        ("expired", {"abandoned_at": NOON - AN_HOUR}),
        ("cap_24h", {"texts_last_24h": 0}),
        ("no_common_window", {"browser_zone": None}),
    ]
    for code, change in mended:
        assert check(worst, NOON, book).code == code
        worst = replace(worst, **change)
    assert isinstance(check(worst, NOON, book), Allowed)


def test_outside_the_us_a_ticked_box_is_enough_and_a_second_text_may_follow(book):
    assert isinstance(check(LONDON, NOON, book), Allowed)
    assert isinstance(check(replace(LONDON, texts_for_cart=1), NOON, book), Allowed)
    assert isinstance(check(replace(LONDON, abandoned_at=NOON - timedelta(days=5)), NOON, book), Allowed)


def test_a_british_number_with_an_american_address_gets_the_american_rules(book):
    answer = check(replace(LONDON, country="US", region="NY"), NOON, book)
    assert (answer.code, answer.rules[0].id) == ("consent_scope", "CART-02")


def test_the_deadline_itself_is_still_in_time(book):
    assert isinstance(check(replace(NEW_YORK, abandoned_at=NOON - timedelta(hours=48)), NOON, book), Allowed)


@pytest.mark.parametrize(
    ("clock", "kind"),
    [
        ((9, 59, 59), Held), ((10, 0, 0), Allowed), ((19, 59, 59), Allowed), ((20, 0, 0), Held),
    ],
)  # fmt: skip
def test_strict_hours_in_florida_begin_at_ten_and_end_before_eight(book, clock, kind):
    now = ny(2026, 12, 15, *clock)
    assert isinstance(check(replace(NEW_YORK, phone="+13055551234", abandoned_at=now), now, book), kind)


@pytest.mark.parametrize(
    ("clock", "kind"),
    [
        ((7, 59, 59), Held), ((8, 0, 0), Allowed), ((19, 59, 59), Allowed), ((20, 0, 0), Held),
    ],
)  # fmt: skip
def test_standard_hours_in_florida_are_eight_to_eight(standard, clock, kind):
    now = ny(2026, 12, 15, *clock)
    assert isinstance(check(replace(NEW_YORK, phone="+13055551234", abandoned_at=now), now, standard), kind)


def test_a_hold_says_what_the_clock_shows_and_which_rules_forbid_it(book):
    now = ny(2026, 12, 15, 22, 14)
    answer = check(replace(NEW_YORK, abandoned_at=now), now, book)
    assert isinstance(answer, Held)
    assert answer.until == ny(2026, 12, 16, 10)
    assert {rule.id for rule in answer.rules} == {"FED-04", "ST-02"}
    assert "It is Tue 22:14 in America/New_York (area code 212)." in answer.sentences()[0]


def test_at_eight_sharp_only_the_rule_that_ends_at_eight_is_named(book):
    now = ny(2026, 12, 15, 20)
    assert [rule.id for rule in check(replace(NEW_YORK, abandoned_at=now), now, book).rules] == ["ST-02"]


LOUISIANA, UTAH, RHODE_ISLAND = "+15045551234", "+18015551234", "+14015551234"
ADVENTURES = [
    # number, left at (local), zone, verdict, next opening (local)
    (
        RHODE_ISLAND,
        (2026, 9, 5, 17, 30),
        "America/New_York",
        "expired",
        None,
    ),  # Labor Day: 64.5 h
    (RHODE_ISLAND, (2026, 10, 17, 17, 30), "America/New_York", "held", (2026, 10, 19, 10)),
    (UTAH, (2026, 11, 28, 21, 1), "America/Denver", "held", (2026, 11, 30, 10)),
    (LOUISIANA, (2026, 11, 28, 20, 1), "America/Chicago", "held", (2026, 11, 30, 10)),
    (LOUISIANA, (2027, 1, 7, 20, 1), "America/Chicago", "held", (2027, 1, 9, 10)),  # Battle of New Orleans
    (
        "+12155551234",
        (2026, 12, 24, 20, 30),
        "America/New_York",
        "held",
        (2026, 12, 26, 10),
    ),  # PA, Christmas
    ("+12145551234", (2026, 11, 29, 11, 0), "America/Chicago", "held", (2026, 11, 29, 12)),  # Texas on Sunday
    ("+14165551234", (2026, 11, 28, 18, 0), "America/Toronto", "held", (2026, 11, 29, 12)),  # Canada, weekend
    ("+33612345678", (2026, 11, 28, 20, 0), "Europe/Paris", "held", (2026, 11, 30, 10)),
    ("+33612345678", (2026, 11, 10, 20, 0), "Europe/Paris", "held", (2026, 11, 12, 10)),  # 11 November
    ("+4915123456789", (2026, 11, 28, 20, 0), "Europe/Berlin", "held", (2026, 11, 30, 9)),
    (
        "+34612345678",
        (2026, 11, 28, 9, 30),
        "Europe/Madrid",
        "held",
        (2026, 11, 28, 10),
    ),  # Canaries: 8:30
    (
        "+61412345678",
        (2026, 11, 28, 9, 30),
        "Australia/Sydney",
        "held",
        (2026, 11, 28, 12),
    ),  # Perth: 6:30
    (
        "+64211234567",
        (2026, 11, 28, 19, 30),
        "Pacific/Auckland",
        "held",
        (2026, 11, 29, 9),
    ),  # Chatham: 20:15
]


@pytest.mark.parametrize(("phone", "left", "zone", "kind", "until"), ADVENTURES)
def test_a_cart_left_at_a_bad_hour_waits_for_the_next_good_one_or_is_dropped(
    book, phone, left, zone, kind, until
):
    now = local(zone, *left)
    answer = check(Ask(phone, PROVEN, abandoned_at=now), now, book)
    if kind == "expired":
        assert isinstance(answer, Refused)
        assert answer.expired
        assert answer.rules[0].id == "CART-04"
        assert len(answer.sentences()) > 1  # it also says which hours stood in the way
    else:
        assert answer.until == local(zone, *until)


def test_a_florida_number_at_a_california_address_obeys_both_clocks(book):
    ask = replace(NEW_YORK, phone="+13055551234", country="US", region="CA")
    answer = check(ask, NOON, book)
    assert isinstance(answer, Allowed)  # 13:00 and 10:00
    assert answer.window_end == ny(2026, 12, 15, 20)
    before = check(
        replace(NEW_YORK, phone="+13055551234", country="US", region="CA"), NOON - timedelta(seconds=1), book
    )
    assert before.until == NOON


def test_a_sunday_in_rhode_island_binds_a_texan_number_with_an_address_there(book):
    now = ny(2026, 11, 29, 14)
    answer = check(Ask("+12145551234", PROVEN, country="US", region="RI", abandoned_at=now), now, book)
    assert answer.until == ny(2026, 11, 30, 11)  # Monday 10:00 in Texas


def test_a_confirmation_request_needs_a_ticked_box_but_no_proof(book):
    ask = replace(NEW_YORK, kind="consent_request", consent=TICKED, abandoned_at=None)
    assert isinstance(check(ask, NOON, book), Allowed)
    assert isinstance(check(replace(ask, consent=ConsentView("pending")), NOON, book), Allowed)
    for state, code in (("none", "may_not_ask_for_consent"), ("withdrawn", "consent_withdrawn")):
        assert check(replace(ask, consent=ConsentView(state)), NOON, book).code == code
    assert check(replace(ask, suppression=STOPPED), NOON, book).code == "suppressed"
    assert isinstance(check(ask, ny(2026, 12, 15, 21), book), Held)


def test_canada_is_not_asked_for_consent_without_consent(book):
    ask = Ask("+14165551234", ConsentView("pending"), kind="consent_request")
    assert check(ask, NOON, book).rules[0].id == "CA-03"
    assert isinstance(check(replace(ask, consent=TICKED), NOON, book), Allowed)


def test_an_opt_out_is_confirmed_once_within_five_minutes_at_any_hour(book):
    night = ny(2026, 12, 15, 3)
    stop = replace(STOPPED, since=night)
    ask = Ask("+12125551234", kind="opt_out_confirmation", suppression=stop, requested_at=night)
    answer = check(ask, night + timedelta(minutes=5), book)
    assert isinstance(answer, Allowed)
    assert answer.window_end == night + timedelta(minutes=5)
    late = check(ask, night + timedelta(minutes=5, seconds=1), book)
    assert (late.code, late.expired, late.rules[0].id) == ("expired", True, "FED-07")
    assert check(replace(ask, already_answered=True), night, book).code == "already_answered"
    assert check(replace(ask, suppression=None), night, book).code == "no_opt_out"
    assert check(replace(ask, requested_at=None), night, book).code == "no_opt_out"


def test_help_is_answered_even_to_a_suppressed_number_at_night(book):
    night = ny(2026, 12, 15, 3)
    ask = Ask("+12125551234", kind="help_reply", suppression=STOPPED, requested_at=night)
    answer = check(ask, night, book)
    assert isinstance(answer, Allowed)
    assert answer.window_end is None
    assert check(replace(ask, already_answered=True), night, book).code == "already_answered"
    assert check(replace(ask, requested_at=None), night, book).code == "nothing_to_answer"
    assert check(replace(ask, phone="+919812345678"), night, book).code == "country_not_enabled"


def test_no_answer_shows_a_whole_number(book):
    for _, _, ask in REFUSALS:
        assert not [line for line in check(ask, NOON, book).sentences() if ask.phone.strip("+") in line]


def test_a_naive_time_is_a_bug(book):
    with pytest.raises(ValueError, match="aware"):
        check(NEW_YORK, datetime(2026, 12, 15), book)


@pytest.mark.parametrize(
    ("end", "deadline", "seconds"),
    [
        (timedelta(hours=7), None, 25_200),
        (timedelta(hours=7), timedelta(hours=2), 7_200),
        (timedelta(seconds=90, microseconds=900_000), timedelta(hours=2), 90),
        (timedelta(seconds=3), None, MIN_TTL),
        (None, timedelta(minutes=1), 60),
        (None, None, None),
    ],
)
def test_a_text_lives_no_longer_than_its_window_and_its_deadline(end, deadline, seconds):
    at = [NOON + delta if delta is not None else None for delta in (end, deadline)]
    assert ttl_seconds(NOON, *at) == seconds
