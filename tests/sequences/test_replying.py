"""STOP before everything; START and JOIN only by these words; YES only while a question is open."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.optout import Intent
from sequences.replying import Heard, follow

NOW = datetime(2026, 11, 24, 17, tzinfo=UTC)
KINDS = ("stop", "help", "start", "confirm", "other")
SUPPRESSIONS = (None, "stop", "carrier", "link", "store", "merchant", "erased", "bounced")


def heard(kind, ambiguous=False, **more):
    return Heard(intent=Intent(kind, "test", ambiguous), at=NOW, **more)


anything = st.builds(
    Heard,
    intent=st.builds(Intent, st.sampled_from(KINDS), st.just("test"), st.booleans()),
    at=st.just(NOW),
    suppressed=st.sampled_from(SUPPRESSIONS),
    told=st.booleans(),
    asking=st.booleans(),
    helped_at=st.one_of(
        st.none(), st.timedeltas(timedelta(0), timedelta(hours=2)).map(lambda ago: NOW - ago)
    ),
    joins=st.booleans(),
    carrier_answers=st.booleans(),
)


@given(anything)
def test_stop_always_suppresses_and_nothing_else_ever_does(it):
    then = follow(it)
    assert then.suppress == (it.intent.kind == "stop")
    assert (then.consent == "withdrawn") == then.suppress
    assert not (then.suppress and then.lift)


@given(anything)
def test_only_the_persons_own_start_or_keyword_lifts_an_opt_out(it):
    if follow(it).lift and it.suppressed != "bounced":
        assert it.intent.kind == "start" or it.joins
        assert it.intent.kind != "stop"


@given(anything)
def test_yes_confirms_only_while_a_question_is_open_and_never_after_stop(it):
    if follow(it).consent == "confirmed":
        assert it.intent.kind == "confirm" and it.asking and it.suppressed in (None, "bounced")


@given(anything)
def test_a_text_is_answered_at_most_once_and_help_changes_nothing(it):
    then = follow(it)
    if it.intent.kind == "help":
        assert then.consent is None and not then.suppress
        assert then.answer in (None, "help_reply")


def test_stop_is_confirmed_once_however_often_it_is_said():
    assert follow(heard("stop")).answer == "opt_out_confirmation"
    assert follow(heard("stop", suppressed="stop", told=True)).answer is None


def test_somebody_who_opted_out_elsewhere_still_gets_their_one_confirmation():
    assert follow(heard("stop", suppressed="link")).answer == "opt_out_confirmation"


def test_an_unclear_stop_stops_and_is_shown_to_a_person():
    then = follow(heard("stop", ambiguous=True))
    assert then.suppress and then.flag


@pytest.mark.parametrize("kind", ["stop", "help"])
def test_where_the_carrier_answers_we_keep_still_but_obey(kind):
    then = follow(heard(kind, carrier_answers=True))
    assert then.answer is None
    assert then.suppress == (kind == "stop")


def test_help_is_answered_even_after_stop_but_not_twice_in_a_minute():
    assert follow(heard("help", suppressed="stop")).answer == "help_reply"
    assert follow(heard("help", helped_at=NOW - timedelta(seconds=59))).answer is None
    assert follow(heard("help", helped_at=NOW - timedelta(seconds=60))).answer == "help_reply"


def test_start_ends_the_opt_out_and_asks_before_anything_is_sent_again():
    then = follow(heard("start", suppressed="stop"))
    assert (then.lift, then.consent, then.answer) == (True, "joined", "consent_request")


def test_the_shops_keyword_signs_up_like_start():
    then = follow(heard("other", joins=True))
    assert (then.lift, then.consent, then.answer) == (False, "joined", "consent_request")


@pytest.mark.parametrize("kind", [kind for kind in SUPPRESSIONS if kind])
def test_start_lifts_whatever_stopped_the_texts(kind):
    assert follow(heard("start", suppressed=kind)).lift


def test_a_number_that_was_given_up_is_reachable_again_once_its_owner_writes():
    assert follow(heard("other", suppressed="bounced")).lift
    assert not follow(heard("stop", suppressed="bounced")).lift


@given(anything, st.timedeltas(timedelta(0), timedelta(days=400)))
def test_what_was_said_before_a_no_undoes_nothing(it, before):
    then = follow(replace(it, no_since=it.at + before))
    if it.intent.kind != "stop":
        assert then.consent is None
        assert not then.lift or it.suppressed == "bounced"
