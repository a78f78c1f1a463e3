"""When a shopper is asked to confirm, when the cart waits, and when there is nothing more to ask."""

from datetime import UTC, datetime, timedelta

from compliance.rules import Confirmation
from sequences.confirming import Asked, next_step

NOW = datetime(2026, 11, 24, 17, tzinfo=UTC)
TERMS = Confirmation(expires=timedelta(days=7), resend_after=timedelta(days=30), max_requests=2)


def asked(ago, open=True, waiting=False):
    return Asked(at=NOW - ago, open=open, waiting=waiting)


def step(*requests, act=NOW, now=NOW):
    return next_step(requests, act, TERMS, now)


def test_somebody_who_was_never_asked_is_asked():
    assert step().what == "ask"


def test_the_cart_waits_while_the_question_is_open():
    found = step(asked(timedelta(hours=3)))
    assert (found.what, found.until) == ("wait", NOW - timedelta(hours=3) + TERMS.expires)


def test_a_question_that_waits_for_its_hour_is_waited_for():
    assert step(asked(timedelta(hours=3), open=False, waiting=True)).what == "wait"


def test_a_question_that_ran_out_is_not_repeated_without_a_new_act():
    long_ago = asked(timedelta(days=31))
    assert step(long_ago, act=long_ago.at).what == "stop"
    assert step(long_ago, act=None).what == "stop"
    assert step(long_ago, act=NOW).what == "ask"


def test_a_new_act_too_soon_after_an_unanswered_question_asks_nothing():
    assert step(asked(timedelta(days=29)), act=NOW).what == "stop"
    assert step(asked(timedelta(days=30)), act=NOW).what == "ask"


def test_nobody_is_asked_for_ever():
    assert step(asked(timedelta(days=90)), asked(timedelta(days=45)), act=NOW).what == "stop"


def test_the_instant_a_question_runs_out_it_is_waited_for_no_more():
    assert step(asked(timedelta(days=7)), act=None).what == "stop"
    assert step(asked(timedelta(days=7) - timedelta(seconds=1)), act=None).what == "wait"
