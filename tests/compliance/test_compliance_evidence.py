"""A line's form and hash, and the walk along a chain, without a database."""

import hashlib
import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance import evidence
from compliance.evidence import NOTHING, Evidence, Person
from compliance.evidence_chain import (
    ERASURE,
    RETIREMENT,
    START,
    Anchor,
    Line,
    Link,
    Tombstone,
    digest_of,
    line_hash,
    retirement,
    spans,
)
from compliance.evidence_checks import unspan, verify

SHOP = "key-of-mugs"
AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
HERS, HIS = "aa" * 32, "bb" * 32


def said(**more) -> Evidence:
    return Evidence(**{"phone": "+14155552671", "state": "given", "at": AT, "source": "join page", **more})


def line(seq: int, prev: str, **more) -> Line:
    personal = more.pop("personal", {"phone": "+14155552671", "salt": f"{seq:032x}"})
    told = {
        "seq": seq,
        "phone": HERS,
        "state": "given",
        "at": f"2026-11-24T12:{seq:02}:00.000000+00:00",
        "recorded_at": f"2026-11-24T12:{seq:02}:01.000000+00:00",
        "source": "join page",
        "proven": False,
        "facts": '{"wording":"cart reminders"}',
        "personal": personal,
        "personal_digest": digest_of(personal),
        "prev_hash": prev,
        "hash": "",
        **more,
    }
    found = Line(**told)
    return replace(found, hash=line_hash(SHOP, found))


def chain(*changes: dict) -> list[Line]:
    found: list[Line] = []
    for seq, more in enumerate(changes or ({},) * 5, 1):
        found.append(line(seq, found[-1].hash if found else START, **more))
    return found


# -- the form of a line


def test_what_names_nobody_and_what_does_are_kept_apart() -> None:
    person = Person(**{field.name: f"the {field.name}" for field in fields(Person)})
    more = {
        field.name: f"a {field.name}"
        for field in fields(Evidence)
        if field.name not in ("phone", "state", "at", "source", "proven", "expires_at", "request", "person")
    }
    told = said(expires_at=AT, request={"id": "7", "text": "Reply Y", "empty": ""}, person=person, **more)
    facts, personal = evidence.facts_of(told), evidence.personal_of(told, "ab" * 16)
    assert json.loads(facts) == {
        **more,
        "wording_sha256": hashlib.sha256(b"a wording").hexdigest(),
        "expires_at": "2026-11-24T12:00:00.000000+00:00",
        "request": {"id": "7", "text": "Reply Y"},
    }
    assert personal == {
        "phone": "+14155552671",
        "salt": "ab" * 16,
        **{field.name: f"the {field.name}" for field in fields(Person)},
    }
    assert "+14155552671" not in facts
    assert "+14155552671" not in repr(told)
    assert "the reply" not in repr(told)


def test_what_is_empty_is_left_out() -> None:
    assert evidence.facts_of(said()) == "{}"
    assert evidence.personal_of(said(), "00") == {"phone": "+14155552671", "salt": "00"}
    assert said().wording_sha256 == ""


def test_equal_times_are_written_alike_whatever_their_zone() -> None:
    tokyo = AT.astimezone(timezone(timedelta(hours=9)))
    assert evidence.moment(tokyo) == evidence.moment(AT) == "2026-11-24T12:00:00.000000+00:00"
    with pytest.raises(ValueError, match="zone"):
        evidence.moment(AT.replace(tzinfo=None))


@given(st.text(), st.text())
def test_any_text_can_be_written_down_and_hashed(wording, reply) -> None:
    told = said(wording=wording, person=Person(reply=reply))
    facts = evidence.facts_of(told)
    facts.encode()
    evidence.digest(evidence.canonical(evidence.personal_of(told, "")))
    assert json.loads(facts).get("wording", "") == evidence.whole(wording)


@given(st.text(st.characters(codec="utf-8")))
def test_a_wording_that_utf8_can_hold_is_kept_word_for_word(wording) -> None:
    assert evidence.whole(wording) == wording
    assert json.loads(evidence.facts_of(said(wording=wording))).get("wording", "") == wording


def test_the_hash_is_the_one_that_was_decided_on() -> None:
    """Chains that exist are verified with it: it may never change."""
    found = line(1, START, facts='{"wording":"é"}', personal=None)
    content = (
        '{"at":"2026-11-24T12:01:00.000000+00:00","facts":"{\\"wording\\":\\"é\\"}","personal":"'
        + NOTHING
        + '","phone":"'
        + HERS
        + '","prev":"'
        + "00" * 32
        + '","proven":false,"recorded_at":"2026-11-24T12:01:01.000000+00:00","seq":1,"shop":"key-of-mugs",'
        '"source":"join page","state":"given","v":1}'
    )
    assert found.hash == hashlib.sha256(content.encode()).hexdigest()
    assert hashlib.sha256(b"").hexdigest() == NOTHING


# -- the walk


def test_a_chain_as_it_was_written_holds() -> None:
    report = verify(SHOP, chain())
    assert (report.ok, report.count, report.head, report.hash) == (True, 5, 5, chain()[-1].hash)
    assert verify(SHOP, []).ok


def test_the_same_lines_under_another_shops_key_dont() -> None:
    assert len(verify("key-of-wool", chain()).problems) == 5


CHANGES = {
    "seq": 9,
    "phone": HIS,
    "state": "withdrawn",
    "at": "2026-11-24T11:00:00.000000+00:00",
    "recorded_at": "2026-11-24T11:00:00.000000+00:00",
    "source": "import",
    "proven": True,
    "facts": "{}",
    "personal": {"phone": "+12015550123", "salt": "0"},
    "personal_digest": NOTHING,
    "prev_hash": HIS,
    "hash": HIS,
    "sealed": True,
}


def test_every_field_of_a_line_is_altered_below() -> None:
    assert {field.name for field in fields(Line)} == set(CHANGES)


@pytest.mark.parametrize("field", CHANGES)
@pytest.mark.parametrize("place", range(5))
def test_an_altered_field_is_found_wherever_its_line_stands(field, place) -> None:
    lines = chain()
    lines[place] = replace(lines[place], **{field: CHANGES[field]})
    report = verify(SHOP, lines)
    assert not report.ok
    # A line that claims to be the ninth is missed where it stood, and seen where it claims to be.
    assert {p.seq for p in report.problems} & {place + 1, 9}


@given(st.permutations(range(5)))
def test_lines_in_another_order_are_found(order) -> None:
    lines = chain()
    moved = [replace(lines[old], seq=new) for new, old in enumerate(order, 1)]
    assert verify(SHOP, moved).ok == (list(order) == sorted(order))
    assert verify(SHOP, [lines[old] for old in order]).ok == (list(order) == sorted(order))


@given(st.sets(st.integers(1, 5)))
def test_missing_lines_are_found_except_at_the_end(gone) -> None:
    left = [one for one in chain() if one.seq not in gone]
    cut_off = gone == set(range(6 - len(gone), 6))
    assert verify(SHOP, left).ok == cut_off
    anchor = Anchor(seq=5, hash=chain()[-1].hash, at="2026-11-24T23:00:00.000000+00:00")
    assert verify(SHOP, left, [anchor]).ok == (not gone)


def test_a_line_given_twice_is_found() -> None:
    lines = chain()
    assert [p.what for p in verify(SHOP, [*lines, lines[2]]).problems] == [
        "is out of its place, or there twice"
    ]


@pytest.mark.parametrize("seq", [0, -1])
def test_there_is_no_place_before_the_first(seq) -> None:
    assert not verify(SHOP, [replace(chain()[0], seq=seq)]).ok


def test_an_excerpt_takes_only_what_lies_before_it_on_trust() -> None:
    lines = chain()
    others = [Link(seq=one.seq, prev_hash=one.prev_hash, hash=one.hash) for one in lines]
    excerpt = [lines[2], others[3], lines[4]]
    report = verify(SHOP, excerpt, begins=3)
    assert (report.ok, report.count, report.others, report.head) == (True, 2, 1, 5)
    assert not verify(SHOP, excerpt).ok
    assert not verify(SHOP, [lines[2], replace(others[3], hash=HIS), lines[4]], begins=3).ok
    assert not verify(SHOP, [lines[2], replace(others[3], prev_hash=HIS), lines[4]], begins=3).ok
    assert not verify(SHOP, [lines[2], lines[4]], begins=3).ok
    assert verify(SHOP, excerpt, [Anchor(seq=1, hash=HIS, at="2026")], begins=3).ok, "not of this excerpt"


def emptied(seq: int, prev: str, **more) -> Line:
    return replace(line(seq, prev, **more), personal=None)


def test_an_emptied_line_holds_with_a_later_line_that_says_so_and_only_then() -> None:
    first = emptied(1, START)
    second = line(2, first.hash, state="noted", source=ERASURE, personal=None)
    assert verify(SHOP, [first, second]).ok
    assert not verify(SHOP, [first]).ok
    for other in ({"phone": HIS}, {"state": "given"}, {"source": "import"}):
        told = {"state": "noted", "source": ERASURE, "personal": None, **other}
        assert not verify(SHOP, [first, line(2, first.hash, **told)]).ok
    early = line(1, START, state="noted", source=ERASURE, personal=None)
    assert not verify(SHOP, [early, emptied(2, early.hash)]).ok


def retired(*seqs: int, named: dict[int, str] | None = None, **more) -> list:
    lines = chain()[:4]
    hashes = {one.seq: one.hash for one in lines if one.seq in seqs}
    graves = {
        one.seq: Tombstone(
            seq=one.seq, prev_hash=one.prev_hash, hash=one.hash, retired_at=one.at, reason="old"
        )
        for one in lines
        if one.seq in seqs
    }
    facts = retirement(hashes if named is None else named, "kept long enough")
    told = {"state": "noted", "source": RETIREMENT, "personal": None, "facts": facts, **more}
    last = line(5, lines[-1].hash, **told)
    return [graves.get(one.seq, one) for one in lines] + [last]


def test_a_retired_line_holds_with_a_later_line_that_names_it_and_only_then() -> None:
    assert verify(SHOP, retired(1, 2, 4)).ok
    assert verify(SHOP, retired(1, 2, 4)).notes == [
        "lines 1, 2, 4: retired on 2026-11-24, as line 5 says (kept long enough)"
    ]
    one, two = chain()[:2]
    assert not verify(SHOP, retired(1, 2)[:4]).ok
    assert not verify(SHOP, retired(1, 2, named={1: one.hash})).ok
    assert not verify(SHOP, retired(1, named={1: one.hash, 2: two.hash})).ok
    assert not verify(SHOP, retired(1, named={1: HIS})).ok
    assert not verify(SHOP, retired(1, facts="no JSON")).ok
    assert not verify(SHOP, retired(1, facts="[" * 100_000)).ok
    assert not verify(SHOP, retired(1, facts='{"retired":"1-99999999999999999999999"}')).ok
    assert not verify(SHOP, retired(1, source="import")).ok


@given(st.sets(st.integers(1, 60), min_size=1))
def test_places_are_named_in_spans(seqs) -> None:
    text = spans(dict.fromkeys(seqs, ""))
    assert {seq for a, b in unspan(text) for seq in range(a, b + 1)} == seqs


def test_a_hash_that_was_altered_is_told_from_content_that_was() -> None:
    lines = chain()
    lines[1] = replace(lines[1], hash=HIS)
    assert "had its hash altered; its content is as it was written" in [
        p.what for p in verify(SHOP, lines).problems
    ]


def test_what_is_said_names_the_gap_the_altered_link_and_the_anchor() -> None:
    lines = chain()
    gap = verify(SHOP, [*lines[:1], *lines[3:]]).problems
    assert [(p.seq, p.what.split(",")[0]) for p in gap] == [
        (4, "comes after a gap: lines 2 to 3 are missing")
    ]
    linked = [*lines[:2], replace(lines[2], prev_hash=HIS), *lines[3:]]
    assert "had its prev_hash altered; all else is as it was written" in [
        p.what for p in verify(SHOP, linked).problems
    ]
    anchor = Anchor(seq=3, hash=HIS, at="2026-11-24T23:00:00.000000+00:00")
    (anchored,) = verify(SHOP, lines, [anchor]).problems
    assert (anchored.seq, "the chain was made anew" in anchored.what) == (3, True)
    assert verify(SHOP, lines, [replace(anchor, hash=lines[2].hash)]).anchors == 1
