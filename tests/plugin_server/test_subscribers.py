"""The list of numbers says what the lines of evidence and the suppressions say, and can be made anew from them."""

from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given as for_any
from hypothesis import strategies as st
from list_kit import ANN, BEN, CLEO, DEE, NOW, given, two_shops

from compliance.ask import Suppression
from compliance.consent import Claim, view
from compliance.evidence import Evidence, Person
from plugin_server.store import consents, people, subscriber_list, subscribers
from plugin_server.store.standings import standing

DAY = timedelta(days=1)


@pytest.fixture
def lists(database_url, tmp_path):
    found = two_shops(database_url, tmp_path)
    yield found
    found.db.close()


def said(
    state: str, day: int = 0, *, proven: bool = False, source: str = "checkout", phone: str = ANN
) -> Evidence:
    return Evidence(phone=phone, state=state, at=NOW + day * DAY, source=source, proven=proven)


# -- where a number stands


@pytest.mark.parametrize(
    ("lines", "state", "since"),
    [
        ([said("given")], "subscribed", 0),
        ([said("pending")], "pending", 0),
        ([said("requested")], "pending", 0),
        ([said("withdrawn")], "unsubscribed", 0),
        ([said("given"), said("requested", 1)], "pending", 1),
        ([said("given"), said("requested", 1), said("given", 2)], "pending", 1),
        ([said("given"), said("requested", 1), said("given", 2, proven=True)], "subscribed", 2),
        ([said("given", proven=True), said("requested", 1), said("pending", 2)], "subscribed", 0),
        ([said("given", proven=True), said("withdrawn", 1)], "unsubscribed", 1),
        ([said("given", proven=True), said("withdrawn", 1), said("pending", 2)], "pending", 2),
        ([said("pending"), said("given", 1)], "subscribed", 1),
        ([said("given"), said("withdrawn")], "unsubscribed", 0),
        ([said("given"), said("noted", 1)], "subscribed", 0),
    ],
)
def test_the_lines_of_a_number_decide_whatever_order_they_come_in(lines, state, since) -> None:
    for order in permutations(lines):
        found = standing(order)
        assert (found.state, found.changed_at) == (state, NOW + since * DAY)


def test_a_number_that_was_only_noted_isnt_on_the_list() -> None:
    assert standing([said("noted")]) is None
    assert standing([]) is None


def test_where_somebody_came_from_is_the_first_line_that_asked_for_texts() -> None:
    lines = [said("withdrawn", 0, source="store"), said("given", 2, source="keyword"), said("given", 3)]
    found = standing(lines)
    assert (found.source, found.joined_at) == ("keyword", NOW + 2 * DAY)
    assert standing(lines[:1]).source == "store"


LINES = st.lists(
    st.tuples(st.sampled_from(["given", "pending", "withdrawn"]), st.integers(0, 5), st.booleans()),
    min_size=1,
)


@for_any(LINES, st.none() | st.integers(0, 5))
def test_the_list_calls_nobody_subscribed_whom_the_evidence_calls_nothing(drawn, stopped) -> None:
    """What may be sent follows from `view`; the list must never promise more."""
    lines = [said(state, day, proven=proven and state == "given") for state, day, proven in drawn]
    claims = [Claim(ANN, line.state, line.at, line.source, proven=line.proven) for line in lines]
    stop = None if stopped is None else Suppression(ANN, NOW + stopped * DAY, "stop")
    row = None if stop is None else type("Row", (), {"kind": "stop", "at": stop.since})
    found = standing(lines, row)
    if found.state == "subscribed":
        assert view(ANN, claims, [stop] if stop else []).state == "given"
    if stop is None and found.state == "unsubscribed":
        assert view(ANN, claims).state == "withdrawn"


# -- in the database


def listed(lists, shop: str = "mugs") -> dict:
    columns = "phone_hash, country, locale, source, state, joined_at, changed_at"
    found = lists.rows(
        f"SELECT {columns} FROM subscribers WHERE shop_id = :s",  # noqa: S608
        s=lists.shops[shop].shop.id,
    )
    return {bytes(row.phone_hash): tuple(row)[1:] for row in found}


def lived(lists) -> None:
    ann = Person(name="Ann Example", email="ann@example.com")
    lists.append(given(ANN, NOW - 9 * DAY, person=ann, locale="en"), given(BEN, NOW - 8 * DAY))
    lists.append(given(CLEO, NOW - 7 * DAY, state="pending"), given(DEE, NOW - 7 * DAY))
    lists.append(given(ANN, NOW - 6 * DAY, proven=True, source="confirmation reply", locale="en-US"))
    lists.append(given(DEE, NOW - 5 * DAY, state="withdrawn", source="opt-out: stop"))
    with lists.tx() as tx:
        people.suppress(tx, tx.phone(BEN), "no such number", NOW, "bounced")
        subscribers.refresh(tx, [tx.phone(BEN)])


def test_the_list_follows_every_line(lists) -> None:
    lived(lists)
    assert [lists.state(p) for p in (ANN, BEN, CLEO, DEE)] == [
        "subscribed",
        "retired",
        "pending",
        "unsubscribed",
    ]
    with lists.tx() as tx:
        (ann,) = subscriber_list.page(tx, "subscribed").people
        assert subscriber_list.counts(tx) == {"subscribed": 1, "pending": 1, "unsubscribed": 1, "retired": 1}
    assert (ann.phone, ann.name, ann.email) == (ANN, "Ann Example", "ann@example.com")
    assert (ann.country, ann.locale, ann.source) == ("US", "en-US", "checkout")
    assert (ann.joined_at, ann.changed_at) == (NOW - 9 * DAY, NOW - 9 * DAY)
    assert {row[0] for row in listed(lists).values()} == {"US", "GB", "FR"}


def test_a_list_made_anew_is_the_list_that_was_there(lists) -> None:
    lived(lists)
    before = listed(lists)
    assert lists.rebuilt() == 4
    assert listed(lists) == before
    with lists.tx() as tx:
        (ann,) = subscriber_list.page(tx, "subscribed").people
    assert (ann.phone, ann.name, ann.email) == (ANN, "Ann Example", "ann@example.com")


def test_a_list_made_anew_drops_what_no_line_speaks_of(lists) -> None:
    lived(lists)
    with lists.tx() as tx:
        tx.run("UPDATE subscribers SET state = 'subscribed', source = 'nowhere'")
    lists.rebuilt()
    assert lists.state(DEE) == "unsubscribed"


def test_a_list_made_anew_in_small_batches_is_whole(lists, monkeypatch) -> None:
    lived(lists)
    before = listed(lists)
    monkeypatch.setattr(subscribers, "BATCH", 1)
    assert lists.rebuilt() == 4
    assert listed(lists) == before


def test_a_suppression_that_was_lifted_gives_back_what_the_lines_say(lists) -> None:
    lived(lists)
    with lists.tx() as tx:
        people.lift(tx, tx.phone(BEN), NOW)
        subscribers.refresh(tx, [tx.phone(BEN)])
    assert lists.state(BEN) == "subscribed"


def test_of_a_person_who_was_forgotten_the_list_keeps_no_name_even_when_made_anew(lists) -> None:
    lived(lists)
    with lists.tx() as tx:
        tx.run("DELETE FROM subscribers WHERE phone_hash = :p", p=tx.phone(ANN))
        consents.forget(tx, tx.phone(ANN), NOW)
    for _ in range(2):
        with lists.tx() as tx:
            (ann,) = subscriber_list.page(tx, "subscribed").people
        assert (ann.phone, ann.name, ann.email) == ("", "", "")
        lists.rebuilt()


def test_a_later_line_that_says_less_of_a_person_takes_nothing_away(lists) -> None:
    lists.append(given(ANN, person=Person(name="Ann Example")))
    lists.append(given(ANN, NOW + DAY, person=Person(email="ann@example.com")))
    with lists.tx() as tx:
        (ann,) = subscriber_list.page(tx, "subscribed").people
    assert (ann.name, ann.email) == ("Ann Example", "ann@example.com")


def test_the_list_is_read_in_parts_without_leaving_out_or_repeating_anybody(lists) -> None:
    numbers = [f"+1415555{i:04d}" for i in range(100, 125)]
    # Five share each moment: the cursor must tell them apart.
    lists.append(*(given(number, NOW + (i // 5) * DAY) for i, number in enumerate(numbers)))
    seen, cursor = [], None
    with lists.tx() as tx:
        while True:
            part = subscriber_list.page(tx, "subscribed", cursor, most=4)
            seen += [one.phone for one in part.people]
            cursor = part.following
            if cursor is None:
                break
    assert sorted(seen) == numbers
    assert seen[:5] == sorted(seen[:5], key=seen.index)
    assert set(seen[:5]) == set(numbers[20:])


@pytest.mark.parametrize("cursor", ["x", "2026-01-01~ff", "~", "2026-01-01T00:00:00+00:00~xyz"])
def test_a_cursor_that_is_none_is_refused(lists, cursor) -> None:
    with lists.tx() as tx, pytest.raises(subscriber_list.BadCursor):
        subscriber_list.page(tx, "subscribed", cursor)


def test_no_shop_sees_anothers_list(lists) -> None:
    lived(lists)
    with lists.tx("wool") as tx:
        assert set(subscriber_list.counts(tx).values()) == {0}
        assert subscriber_list.page(tx, "subscribed").people == ()
    assert lists.rebuilt("wool") == 0
    assert lists.state(ANN) == "subscribed"


def test_the_list_is_sealed(lists) -> None:
    lived(lists)
    everything = "".join(str(row) for row in lists.rows("SELECT row_to_json(s)::text FROM subscribers s"))
    for secret in (ANN, ANN[1:], "Ann", "example.com"):
        assert secret not in everything
        assert secret.encode().hex() not in everything
