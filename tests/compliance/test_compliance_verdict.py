from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from compliance.answers import Allowed, Held, Refused
from compliance.ask import NO_CONSENT, Ask, ConsentView, Suppression
from compliance.rules import Cap, ClosedDays, Hours, Rule
from compliance.verdict import MIN_TTL, check, outlook, ttl_seconds

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
    assert answer.window_end == ny(2026, 12, 15, 21)
    assert answer.deadline == NEW_YORK.abandoned_at + timedelta(hours=48)
    assert answer.zones == ("America/New_York",)
    assert [(t.zone, t.time, t.why) for t in answer.local_times] == [
        ("America/New_York", "Tue 13:00", "area code 212")
    ]
    assert answer.rulebook_version == book.version
    assert "FED-04" in {reason.rule.id for reason in answer.reasons}
    assert {"FED-04", "FED-01", "CART-02", "CART-03", "CART-04", "ST-03"} <= {r.id for r in answer.rules}


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
    ("number_not_reachable", "TZ-06", replace(NEW_YORK, line_type="landline")),
    ("consent_expired", "FED-01", replace(NEW_YORK, consent=replace(PROVEN, expires_at=NOON))),
    ("no_common_window", "TZ-04", replace(NEW_YORK, phone="+13055551234", browser_zone="Asia/Bangkok")),
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
        abandoned_at=NOON - timedelta(days=9), browser_zone="Asia/Bangkok",
    )  # fmt: skip
    mended = [
        ("country_not_enabled", {"country": "US"}),
        ("number_not_reachable", {"phone": "+13055551234"}),
        ("no_consent", {"consent": TICKED}),
        ("consent_scope", {"consent": replace(TICKED, scope="cart_reminders")}),
        ("consent_unproven", {"consent": replace(PROVEN, expires_at=NOON)}),
        ("consent_expired", {"consent": PROVEN}),
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


MIDDAY_TO_EVENING = [((9, 59, 59), Held), ((10, 0, 0), Allowed), ((19, 59, 59), Allowed), ((20, 0, 0), Held)]
MORNING_TO_EVENING = [((7, 59, 59), Held), ((8, 0, 0), Allowed), ((19, 59, 59), Allowed), ((20, 0, 0), Held)]


def in_florida(clock, rules):
    now = ny(2026, 12, 15, *clock)
    return check(replace(NEW_YORK, phone="+13055551234", abandoned_at=now), now, rules)


@pytest.mark.parametrize(("clock", "kind"), MORNING_TO_EVENING)
def test_hours_in_florida_are_eight_to_eight_by_law_and_by_the_standard(book, standard, clock, kind):
    assert isinstance(in_florida(clock, book), kind)
    assert isinstance(in_florida(clock, standard), kind)


@pytest.mark.parametrize(("clock", "kind"), MIDDAY_TO_EVENING)
def test_strict_hours_in_florida_begin_at_ten_and_end_before_eight(strict, clock, kind):
    assert isinstance(in_florida(clock, strict), kind)


def test_a_hold_says_what_the_clock_shows_and_which_rules_forbid_it(book):
    now = ny(2026, 12, 15, 22, 14)
    answer = check(replace(NEW_YORK, phone="+13055551234", abandoned_at=now), now, book)
    assert isinstance(answer, Held)
    assert answer.until == ny(2026, 12, 16, 8)
    assert {reason.rule.id for reason in answer.reasons} == {"FED-04", "ST-FL-HOURS"}
    assert {"FED-04", "ST-FL-HOURS", "ST-FL-CAP", "CART-04"} <= {rule.id for rule in answer.rules}
    assert "It is Tue 22:14 in America/New_York (area code 305)." in answer.sentences()[0]


def test_at_eight_sharp_only_the_rule_that_ends_at_eight_is_the_reason(book):
    answer = in_florida((20,), book)
    assert [reason.rule.id for reason in answer.reasons] == ["ST-FL-HOURS"]
    assert answer.rules[0].id == "ST-FL-HOURS"
    assert "FED-04" in {rule.id for rule in answer.rules}  # it made the window, too


LOUISIANA, UTAH, RHODE_ISLAND = "+15045551234", "+18015551234", "+14015551234"
NEW_YORK_TIME, CHICAGO_TIME, PARIS_TIME = "America/New_York", "America/Chicago", "Europe/Paris"
ADVENTURES = [
    # number, left at (local), zone, verdict, next opening (local)
    (RHODE_ISLAND, (2026, 9, 5, 17, 30), NEW_YORK_TIME, "expired", None),  # Labor Day: 63.5 h
    (RHODE_ISLAND, (2026, 10, 17, 17, 30), NEW_YORK_TIME, "held", (2026, 10, 19, 9)),
    (UTAH, (2026, 11, 28, 21, 1), "America/Denver", "held", (2026, 11, 30, 8)),
    (LOUISIANA, (2026, 11, 28, 20, 1), CHICAGO_TIME, "held", (2026, 11, 30, 8)),
    (LOUISIANA, (2027, 1, 7, 20, 1), CHICAGO_TIME, "held", (2027, 1, 9, 8)),  # Battle of New Orleans
    ("+12155551234", (2026, 12, 24, 21, 30), NEW_YORK_TIME, "held", (2026, 12, 26, 8)),  # PA, Christmas
    ("+12145551234", (2026, 11, 29, 11, 0), CHICAGO_TIME, "held", (2026, 11, 29, 12)),  # Texas on Sunday
    ("+14165551234", (2026, 11, 28, 18, 0), "America/Toronto", "held", (2026, 11, 29, 10)),  # Canada, weekend
    ("+33612345678", (2026, 11, 28, 20, 0), PARIS_TIME, "held", (2026, 11, 30, 10)),
    ("+33612345678", (2026, 11, 10, 20, 0), PARIS_TIME, "held", (2026, 11, 12, 10)),  # 11 November
    ("+4915123456789", (2026, 11, 28, 20, 0), "Europe/Berlin", "held", (2026, 11, 30, 9)),
    ("+34612345678", (2026, 11, 28, 9, 30), "Europe/Madrid", "held", (2026, 11, 28, 10)),  # Canaries: 8:30
    ("+61412345678", (2026, 11, 28, 9, 30), "Australia/Sydney", "held", (2026, 11, 28, 12)),  # Perth: 6:30
    ("+64211234567", (2026, 11, 28, 19, 30), "Pacific/Auckland", "held", (2026, 11, 29, 9)),  # Chatham: 20:15
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
    morning = local("America/Los_Angeles", 2026, 12, 15, 8)
    ask = replace(NEW_YORK, phone="+13055551234", country="US", region="CA", abandoned_at=morning)
    answer = check(ask, morning, book)
    assert isinstance(answer, Allowed)  # 11:00 and 8:00
    assert answer.window_end == ny(2026, 12, 15, 20)
    assert check(ask, morning - timedelta(seconds=1), book).until == morning


def test_a_sunday_in_rhode_island_binds_a_texan_number_with_an_address_there(book):
    now = ny(2026, 11, 29, 14)
    answer = check(Ask("+12145551234", PROVEN, country="US", region="RI", abandoned_at=now), now, book)
    assert answer.until == ny(2026, 11, 30, 10)  # Monday 9:00 in Texas


def test_a_confirmation_request_needs_a_ticked_box_but_no_proof(book):
    ask = replace(NEW_YORK, kind="consent_request", consent=TICKED, abandoned_at=None)
    assert isinstance(check(ask, NOON, book), Allowed)
    assert isinstance(check(replace(ask, consent=ConsentView("pending")), NOON, book), Allowed)
    for state, code in (("none", "may_not_ask_for_consent"), ("withdrawn", "consent_withdrawn")):
        assert check(replace(ask, consent=ConsentView(state)), NOON, book).code == code
    assert check(replace(ask, suppression=STOPPED), NOON, book).code == "suppressed"
    assert isinstance(check(ask, ny(2026, 12, 15, 21), book), Held)
    assert "DOI-01" in {rule.id for rule in check(ask, NOON, book).rules}


def test_a_confirmation_request_that_answers_the_person_keeps_no_hours_for_ten_minutes(book):
    night = ny(2026, 12, 15, 3)
    ask = replace(NEW_YORK, kind="consent_request", consent=TICKED, abandoned_at=None, requested_at=night)
    answer = check(ask, night + timedelta(minutes=10), book)
    assert isinstance(answer, Allowed)
    assert answer.window_end == night + timedelta(minutes=10)
    late = check(ask, night + timedelta(minutes=10, seconds=1), book)
    assert late.until == ny(2026, 12, 15, 8)
    assert isinstance(check(ask, night - timedelta(seconds=1), book), Held)  # a message of the future
    assert isinstance(check(ask, NOON, book), Allowed)
    assert check(replace(ask, already_answered=True), night, book).code == "already_answered"
    assert check(replace(ask, suppression=STOPPED), night, book).code == "suppressed"
    assert check(replace(ask, texts_last_24h=3), night, book).code == "cap_24h"


def test_an_opt_in_is_welcomed_once_within_ten_minutes_at_any_hour(book):
    night = ny(2026, 12, 15, 3)
    ask = replace(NEW_YORK, kind="welcome", abandoned_at=None, requested_at=night, texts_last_24h=3)
    for consent in (PROVEN, TICKED, ConsentView("pending")):
        answer = check(replace(ask, consent=consent), night + timedelta(minutes=10), book)
        assert isinstance(answer, Allowed)
        assert answer.window_end == night + timedelta(minutes=10)
    late = check(ask, night + timedelta(minutes=10, seconds=1), book)
    assert (late.code, late.expired) == ("expired", True)
    for change, code in (
        ({"already_answered": True}, "already_answered"),
        ({"consent": ConsentView("none")}, "no_consent"),
        ({"consent": ConsentView("withdrawn")}, "consent_withdrawn"),
        ({"suppression": STOPPED}, "suppressed"),
        ({"phone": "+919812345678"}, "country_not_enabled"),
    ):
        assert check(replace(ask, **change), night, book).code == code


def test_a_welcome_that_answers_no_text_keeps_the_hours(book):
    """Somebody ticked the box of a sign-up page at night: the welcome waits for the morning."""
    ask = replace(NEW_YORK, kind="welcome", abandoned_at=None, consent=TICKED)
    assert isinstance(check(ask, ny(2026, 12, 15, 3), book), Held)
    assert isinstance(check(ask, ny(2026, 12, 15, 12), book), Allowed)


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


NAIVE = datetime(2026, 12, 15, 12)


@pytest.mark.parametrize(
    ("field", "ask", "now"),
    [
        ("now", NEW_YORK, NAIVE),
        ("abandoned_at", replace(NEW_YORK, abandoned_at=NAIVE), NOON),
        ("deadline", replace(NEW_YORK, deadline=NAIVE), NOON),
        ("requested_at", replace(NEW_YORK, requested_at=NAIVE), NOON),
        ("consent.given_at", replace(NEW_YORK, consent=replace(PROVEN, given_at=NAIVE)), NOON),
        ("consent.expires_at", replace(NEW_YORK, consent=replace(PROVEN, expires_at=NAIVE)), NOON),
        ("suppression.since", replace(NEW_YORK, suppression=replace(STOPPED, since=NAIVE)), NOON),
    ],
)
def test_a_naive_time_is_a_bug_and_is_named(book, field, ask, now):
    for asked in (check, outlook):
        with pytest.raises(ValueError, match=f"`{field}` must be an aware datetime.*2026-12-15T12:00:00"):
            asked(ask, now, book)


def test_times_of_other_zones_are_the_same_instants(book):
    """48 hours are 48 hours, also over a change of clocks: New York's Saturday has 25 of them."""
    zone = ZoneInfo("America/New_York")
    left = datetime(2026, 10, 31, 12, 30, tzinfo=zone)
    ask = replace(NEW_YORK, abandoned_at=left)
    last = left.astimezone(UTC) + timedelta(hours=48)
    assert last.astimezone(zone).hour == 11
    assert check(ask, last.astimezone(zone), book) == check(
        replace(ask, abandoned_at=left.astimezone(UTC)), last, book
    )
    assert check(ask, last, book).deadline == last
    assert check(ask, last + timedelta(seconds=1), book).expired


def test_a_text_is_not_held_beyond_the_end_of_the_consent(book):
    now = ny(2026, 12, 15, 22)
    ask = replace(NEW_YORK, abandoned_at=now, consent=replace(PROVEN, expires_at=ny(2026, 12, 16, 8)))
    answer = check(ask, now, book)
    assert (answer.code, answer.expired) == ("consent_expired", False)
    longer = replace(ask, consent=replace(PROVEN, expires_at=ny(2026, 12, 16, 9)))
    assert check(longer, now, book).until == ny(2026, 12, 16, 8)
    assert check(longer, ny(2026, 12, 16, 8), book).deadline == ny(2026, 12, 16, 9)


SYDNEY = Ask("+61412345678", TICKED, abandoned_at=datetime(2026, 12, 15, 3, tzinfo=UTC))


@pytest.mark.parametrize(
    ("ask", "sender", "registered", "code"),
    [
        (NEW_YORK, "Mugs", True, "sender_not_possible"),
        (NEW_YORK, "+12125550100", False, None),
        (NEW_YORK, "72345", False, None),
        (replace(NEW_YORK, consent=NO_CONSENT), "Mugs", True, "sender_not_possible"),  # before consent
        (replace(LONDON, country="US", region="NY"), "Mugs", True, "sender_not_possible"),
        (LONDON, "Mugs", False, None),
        (SYDNEY, "Mugs", False, "sender_not_registered"),
        (SYDNEY, "Mugs", True, None),
        (SYDNEY, "+61412345600", False, None),
        (SYDNEY, "", False, None),
    ],
)
def test_a_name_as_sender_must_be_possible_and_registered_where_rules_say_so(
    book, ask, sender, registered, code
):
    answer = check(
        replace(ask, sender=sender, sender_registered=registered), ask.abandoned_at + AN_HOUR, book
    )
    assert getattr(answer, "code", None) == code


def test_a_register_binds_from_the_day_on_which_it_began(book):
    """1 July 2026 begins on Lord Howe Island, half an hour before Sydney."""
    begin = local("Australia/Lord_Howe", 2026, 7, 1)
    for now, bound in ((begin - timedelta(seconds=1), False), (begin, True)):
        answer = check(replace(SYDNEY, sender="Mugs", abandoned_at=now), now, book)
        assert (getattr(answer, "code", None) == "sender_not_registered") is bound


def test_a_rule_with_dates_holds_where_its_day_has_begun(book):
    """From midnight of the 16th in New York, the first of the two zones: 5:00 UTC."""
    two = Rule(
        "T-CART", "US", "Two.", "Test 1", "own reading", date(2026, 1, 1), Cap(1), since=date(2026, 12, 16)
    )
    rules = book.with_rules(two)
    ask = replace(
        NEW_YORK, kind="consent_request", abandoned_at=None, texts_last_24h=1, region="CA", country="US"
    )
    for now, held in ((ny(2026, 12, 15, 23, 59, 59), True), (ny(2026, 12, 16), False)):
        assert isinstance(check(ask, now, rules), Held) is held
    assert check(ask, ny(2026, 12, 16), rules).code == "cap_24h"
    assert isinstance(check(ask, NOON, book), Allowed)


def test_two_books_do_not_share_what_was_looked_up(book):
    """A shop with quiet hours and caps of its own, beside one without."""
    one = Rule("T-ONE", "US", "One.", "Test 1", "own reading", date(2026, 1, 1), Cap(1))
    ask = replace(NEW_YORK, texts_last_24h=1)
    assert isinstance(check(ask, NOON, book), Allowed)
    assert check(ask, NOON, book.with_rules(one)).code == "cap_24h"
    assert isinstance(check(ask, NOON, book), Allowed)


def test_a_rule_with_a_zone_of_its_own_is_kept_by_that_clock_alone(book):
    early = Hours(((5 * 60, 18 * 60),) * 7, "America/Los_Angeles")
    rule = Rule("T-ZONE", "US-NY", "By Pacific time.", "Test 1", "own reading", date(2026, 1, 1), early)
    answer = check(NEW_YORK, NOON, book.with_rules(rule))
    assert answer.window_end == ny(2026, 12, 15, 21)
    assert answer.zones == ("America/New_York", "America/Los_Angeles")


def test_an_emergency_holds_until_it_is_over_and_drops_what_cannot_wait(book):
    storm = Rule(
        "T-STORM", "US-LA", "A state of emergency.", "R.S. 45:844.31", "primary", date(2026, 1, 1),
        ClosedDays(first=date(2026, 12, 15), last=date(2026, 12, 16)),
    )  # fmt: skip
    ask = replace(NEW_YORK, phone=LOUISIANA)
    answer = check(ask, NOON, book.with_rules(storm))
    assert answer.until == local("America/Chicago", 2026, 12, 17, 8)
    assert {reason.rule.id for reason in answer.reasons} == {"T-STORM"}
    longer = replace(storm, value=replace(storm.value, last=date(2026, 12, 17)))
    assert check(ask, NOON, book.with_rules(longer)).expired
    assert isinstance(check(ask, NOON, book), Allowed)


def test_whoever_just_wrote_can_be_answered_whatever_a_look_up_says(book):
    ask = Ask("+12125551234", kind="help_reply", requested_at=NOON, line_type="landline")
    assert isinstance(check(ask, NOON, book), Allowed)
    assert isinstance(check(replace(NEW_YORK, line_type="mobile"), NOON, book), Allowed)


def test_the_opening_is_told_whatever_else_forbids_the_text(book):
    stranger = Ask("+13055551234")
    around = outlook(stranger, NOON, book).opening
    assert (around.start, around.end) == (ny(2026, 12, 15, 8), ny(2026, 12, 15, 20))
    following = outlook(stranger, ny(2026, 12, 15, 20), book).opening
    assert following.start == ny(2026, 12, 16, 8)
    assert outlook(Ask("+18005551234"), NOON, book).opening is None
    assert outlook(replace(stranger, browser_zone="Asia/Bangkok"), NOON, book).opening is None


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
