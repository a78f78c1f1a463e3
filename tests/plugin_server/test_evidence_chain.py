"""Whoever alters evidence is found, even the database's owner; and what the law makes us forget breaks nothing."""

import json
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from evidence_kit import (
    ASKED,
    HE,
    NOW,
    SHE,
    THEY,
    WORDING,
    confirmed,
    kept_on,
    lived,
    ticked,
    withdrawn,
)
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from compliance.consent import view
from compliance.evidence import NOTHING, Evidence, Person
from compliance.evidence_chain import START, Anchor, line_hash
from plugin_server.applying.claims import evidence_of
from plugin_server.store import chains, consents
from sequences.cart import ConsentClaim

OLD = datetime(2020, 5, 1, tzinfo=UTC)


@pytest.fixture
def keeping(database_url):
    found = kept_on(database_url)
    yield found
    found.db.close()


# -- adding


def test_lines_are_numbered_without_a_gap_and_each_holds_the_hash_before_it(keeping) -> None:
    lived(keeping)
    found = keeping.rows("SELECT * FROM consents ORDER BY seq")
    assert [row.seq for row in found] == [1, 2, 3, 4, 5, 6]
    before = [START, *(bytes(row.hash).hex() for row in found)]
    assert [bytes(row.prev_hash).hex() for row in found] == before[:-1]
    assert keeping.verified().ok
    assert (keeping.verified().count, keeping.verified().head) == (6, 6)


def test_each_shop_has_a_chain_of_its_own(keeping) -> None:
    keeping.append(ticked(), ticked(HE))
    keeping.append(ticked(), shop="wool")
    assert [row.seq for row in keeping.rows("SELECT seq FROM consents ORDER BY shop_id, seq")] == [1, 2, 1]
    assert keeping.verified("wool").ok
    assert keeping.verified("mugs").ok


def test_the_same_told_again_is_one_line(keeping) -> None:
    assert keeping.append(ticked(), ticked(), ticked(HE)) == 2
    assert keeping.append(ticked(), ticked(HE, wording="other words, same act")) == 0
    assert keeping.append(ticked(), withdrawn()) == 1
    assert keeping.append() == 0
    assert keeping.verified().count == 3


def test_what_repeats_itself_waits_for_nobody(keeping) -> None:
    """Each delivery of a checkout repeats its claim: it must not stand in line for the chain."""
    keeping.append(ticked())
    with keeping.tx() as holder:
        consents.hold(holder)
        with keeping.tx() as other:
            other.run("SET LOCAL lock_timeout = '300ms'")
            assert consents.append(other, [ticked()], NOW) == 0
        with pytest.raises(DBAPIError, match="lock timeout"), keeping.tx() as other:
            other.run("SET LOCAL lock_timeout = '300ms'")
            consents.append(other, [withdrawn()], NOW)


def test_many_at_once_in_several_shops_leave_whole_chains_and_no_deadlock(keeping) -> None:
    wrong: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(8):
                shop = "mugs" if (number + turn) % 2 else "wool"
                same, own = ticked(HE, turn), ticked(SHE, 100 * number + turn)
                keeping.append(*((own, same) if number % 2 else (same, own)), shop=shop)
        except BaseException as error:  # noqa: BLE001
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    counts = [keeping.verified(shop).count for shop in ("mugs", "wool")]
    assert sum(counts) == 6 * 8 + 2 * 8
    assert keeping.problems("mugs") + keeping.problems("wool") == []


def test_a_line_that_was_rolled_back_leaves_no_gap(keeping) -> None:
    keeping.append(ticked())
    with pytest.raises(RuntimeError), keeping.tx() as tx:
        consents.append(tx, [withdrawn()], NOW)
        raise RuntimeError
    keeping.append(ticked(HE))
    assert keeping.verified().ok
    assert keeping.verified().head == 2


def test_personal_data_is_sealed_and_the_rest_names_nobody(keeping) -> None:
    keeping.append(confirmed(person=Person(name="Dagmarella", ip="192.0.2.7", reply="Y it's me")))
    (row,) = keeping.rows("SELECT * FROM consents")
    open_text = json.dumps({k: str(v) for k, v in row._mapping.items() if k != "personal"})
    for secret in (SHE, SHE[1:], "Dagmarella", "192.0.2.7", "it's me"):
        assert secret not in open_text
        assert secret.encode() not in bytes(row.personal)
    with keeping.tx() as tx:
        told = tx.unseal(row.personal)
        assert chains.lines_of(tx, tx.phone(SHE))[0].personal == told
    assert (told["phone"], told["reply"], len(told["salt"])) == (SHE, "Y it's me", 32)


def test_half_a_character_in_a_reply_keeps_nobody_from_opting_out(keeping) -> None:
    keeping.append(withdrawn(person=Person(reply="stop \ud83d now\x00")))
    assert keeping.verified().ok
    with keeping.tx() as tx:
        (line,) = chains.lines_of(tx, tx.phone(SHE))
    assert line.personal["reply"] == "stop ? now\x00"


@pytest.mark.parametrize("bad", [{"phone": "0171 555"}, {"phone": ""}, {"at": datetime(2026, 1, 1)}])
def test_a_line_without_a_number_or_a_zone_is_refused(keeping, bad) -> None:
    with pytest.raises(ValueError):
        keeping.append(ticked(**bad))
    assert keeping.rows("SELECT 1 FROM consents") == []


# -- what stores say, and what is judged


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("subscribed", "given"),
        ("pending", "pending"),
        ("unsubscribed", "withdrawn"),
        ("redacted", "withdrawn"),
        ("not_subscribed", "noted"),
    ],
)
def test_a_stores_word_is_evidence_and_never_proof(said, state) -> None:
    claim = ConsentClaim(
        phone=SHE, state=said, at=NOW, source="shopify", level="CONFIRMED_OPT_IN", wording=WORDING
    )
    (line,) = evidence_of([claim])
    assert (line.state, line.source, line.level, line.wording) == (
        state,
        "shopify",
        "CONFIRMED_OPT_IN",
        WORDING,
    )
    assert not line.proven


def test_the_view_of_a_number_names_the_line_it_rests_on(keeping) -> None:
    ends = NOW + timedelta(days=30)
    keeping.append(ticked(HE), ticked(expires_at=ends), confirmed(), ticked(THEY))
    keeping.append(Evidence(phone=SHE, state="requested", at=NOW, source="our request"))
    keeping.append(Evidence(phone=HE, state="noted", at=NOW, source="shopify checkout"))
    with keeping.tx() as tx:
        hers, his = tx.phone(SHE), tx.phone(HE)
        found = consents.claims(tx, [hers, his], {hers: SHE, his: HE})
        nameless = consents.claims(tx, [hers])
    assert [claim.seq for claim in found[hers]] == [2, 3]
    assert [claim.expires_at for claim in found[hers]] == [ends, None]
    saw = view(SHE, found[hers])
    assert (saw.evidence, saw.proven, saw.scope, saw.expires_at) == (3, True, "cart_reminders", None)
    assert (view(HE, found[his]).evidence, view(HE, found[his]).scope) == (1, "cart_reminders")
    assert view(hers.hex(), nameless[hers]).evidence == 3
    keeping.append(withdrawn())
    with keeping.tx() as tx:
        assert view(SHE, consents.claims(tx, [hers], {hers: SHE})[hers]).state == "withdrawn"


# -- the application can't change it


FORBIDDEN = [
    "UPDATE consents SET state = 'given'",
    "UPDATE consents SET personal = NULL",
    "UPDATE consents SET seq = seq",
    "DELETE FROM consents",
    "TRUNCATE consents",
    "TRUNCATE consents CASCADE",
    "UPDATE consent_tombstones SET reason = ''",
    "INSERT INTO consent_tombstones SELECT shop_id, 9, prev_hash, hash, now(), '' FROM consents LIMIT 1",
    "DELETE FROM consent_tombstones",
    "TRUNCATE consent_tombstones",
    "UPDATE consent_anchors SET seq = 1",
    "DELETE FROM consent_anchors",
    "TRUNCATE consent_anchors",
    "UPDATE disclosures SET wording = ''",
    "DELETE FROM disclosures",
    "TRUNCATE disclosures",
    "ALTER TABLE consents DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE consents DISABLE TRIGGER ALL",
    "DROP TABLE consents",
    "CREATE RULE r AS ON INSERT TO consents DO INSTEAD NOTHING",
    "INSERT INTO consents SELECT * FROM consents ON CONFLICT (shop_id, seq) DO UPDATE SET state = 'given'",
    "MERGE INTO consents c USING consents d ON c.seq = d.seq WHEN MATCHED THEN DELETE",
    "SELECT * FROM consents FOR UPDATE",
    "CREATE OR REPLACE FUNCTION comeback_forget_shop() RETURNS void LANGUAGE sql AS 'SELECT'",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
@pytest.mark.parametrize("scope", ["shop", "system"])
def test_the_application_may_add_lines_and_do_nothing_else(keeping, statement, scope) -> None:
    lived(keeping)
    keeping.anchor()
    within = keeping.db.system() if scope == "system" else keeping.db.shop(keeping.id())
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), within as c:
        c.execute(text(statement))
    assert keeping.verified().ok
    assert keeping.verified().count == 6


@pytest.mark.parametrize("setting", ["another shop's", "none", "the whole system's"])
def test_the_ways_out_bind_themselves_to_the_shop_of_the_transaction(keeping, setting) -> None:
    lived(keeping)
    keeping.append(ticked(at=OLD), shop="mugs")
    with keeping.tx() as tx:
        hers = tx.phone(SHE)
    doors = {
        "another shop's": lambda: keeping.db.shop(keeping.id("wool")),
        "none": keeping.db.engine.begin,
        "the whole system's": keeping.db.system,
    }
    calls = [
        ("SELECT comeback_forget_person(:p)", {"p": hers}),
        ("SELECT comeback_retire_consents(:s, 'why', now())", {"s": [1, 2, 3, 7]}),
    ]
    for call, binds in calls:
        with doors[setting]() as c:
            assert c.execute(text(call), binds).scalar_one() == 0
    with pytest.raises(DBAPIError, match="only the evidence of a removed shop"), doors[setting]() as c:
        c.execute(text("SELECT comeback_forget_shop()"))
    report = keeping.verified()
    assert (report.ok, report.count, report.notes, report.retired) == (True, 7, [], 0)


def test_an_active_shops_chain_cant_be_forgotten_and_a_removed_ones_takes_no_other_with_it(keeping) -> None:
    lived(keeping)
    keeping.append(ticked(), shop="wool")
    with pytest.raises(DBAPIError, match="only the evidence of a removed shop"), keeping.tx() as tx:
        tx.run("SELECT comeback_forget_shop()")
    with keeping.tx() as tx:
        tx.run("UPDATE shops SET state = 'removed' WHERE id = :shop_id")
        tx.run("SELECT comeback_forget_shop()")
    assert (keeping.verified("mugs").count, keeping.verified("wool").count) == (0, 1)


def test_another_database_role_may_not_use_the_ways_out(keeping) -> None:
    found = keeping.rows(
        "SELECT proname, array_to_string(proacl, ' ') AS acl, prosecdef, proconfig FROM pg_proc"
        " WHERE proname LIKE 'comeback\\_%' ORDER BY 1"
    )
    assert [row.proname for row in found] == [
        "comeback_forget_person",
        "comeback_forget_shop",
        "comeback_retire_consents",
    ]
    for row in found:
        assert not any(grant.startswith("=") for grant in row.acl.split()), "PUBLIC may call it"
        assert row.prosecdef
        assert row.proconfig == ["search_path=public, pg_temp"]


# -- what the owner does is found


OTHER = "decode(repeat('ab', 32), 'hex')"
ALTERED = {
    "shop_id": ("(SELECT max(id) FROM shops)", "line 3 is missing"),
    "seq": ("30", "line 3 is missing"),
    "phone_hash": (OTHER, "line 3 was altered"),
    "state": ("'pending'", "line 3 was altered: it was written as 'given', and now says 'pending'"),
    "at": ("at - interval '1 microsecond'", "line 3 was altered"),
    "recorded_at": ("'infinity'", "line 3 was altered"),
    "source": ("'import'", "line 3 was altered"),
    "proven": ("NOT proven", "line 3 was altered: it was written with proven true, and now says false"),
    "facts": ("facts || ' '", "line 3 was altered"),
    "personal": ("(SELECT personal FROM consents WHERE seq = 1)", "line 3 has other personal data"),
    "personal_digest": (OTHER, "line 3 had its personal_digest altered"),
    "prev_hash": (OTHER, "line 3 had its prev_hash altered"),
    "hash": (OTHER, "line 3 had its hash altered; its content is as it was written"),
}


def test_every_column_is_among_those_that_are_altered_here(keeping) -> None:
    columns = keeping.rows("SELECT column_name FROM information_schema.columns WHERE table_name = 'consents'")
    assert {row.column_name for row in columns} == set(ALTERED)


@pytest.mark.parametrize("column", ALTERED)
def test_an_altered_column_is_found_and_its_line_is_named(keeping, column) -> None:
    lived(keeping)
    value, said = ALTERED[column]
    keeping.meddle(f"UPDATE consents SET {column} = {value} WHERE seq = 3")  # noqa: S608
    problems = " / ".join(keeping.problems())
    assert any(part in problems for part in said.split("|")), problems


@pytest.mark.parametrize("seq", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize(
    "column", [name for name in ALTERED if name not in ("shop_id", "seq", "hash", "personal")]
)
def test_there_is_no_line_whose_alteration_goes_unseen(keeping, seq, column) -> None:
    lived(keeping)
    keeping.meddle(f"UPDATE consents SET {column} = {ALTERED[column][0]} WHERE seq = {seq}")  # noqa: S608
    assert any(problem.startswith(f"line {seq} ") for problem in keeping.problems())


def test_the_altered_hash_of_the_last_line_is_found(keeping) -> None:
    lived(keeping)
    keeping.meddle(f"UPDATE consents SET hash = {OTHER} WHERE seq = 6")  # noqa: S608
    (problem,) = keeping.problems()
    assert problem.startswith("line 6 was altered")


@pytest.mark.parametrize("seq", [1, 3, 5])
def test_a_deleted_line_is_found(keeping, seq) -> None:
    lived(keeping)
    keeping.meddle("DELETE FROM consents WHERE seq = %s", seq)
    (problem,) = keeping.problems()
    said = (
        f"line {seq + 1} comes after a gap: line {seq} is missing, deleted and not retired as the law allows"
    )
    assert problem == said


def test_a_deleted_line_whose_gap_was_closed_is_found(keeping) -> None:
    lived(keeping)
    keeping.meddle("DELETE FROM consents WHERE seq = 3")
    for seq in (4, 5, 6):
        keeping.meddle("UPDATE consents SET seq = seq - 1 WHERE seq = %s", seq)
    problems = keeping.problems()
    assert "line 3 doesn't follow on line 2: its prev_hash is another's hash" in problems
    assert "line 3 was altered: it was written as line 4" in problems


def test_two_lines_that_changed_places_are_found(keeping) -> None:
    lived(keeping)
    keeping.meddle("UPDATE consents SET seq = CASE seq WHEN 3 THEN 104 ELSE 103 END WHERE seq IN (3, 4)")
    keeping.meddle("UPDATE consents SET seq = seq - 100 WHERE seq > 100")
    problems = keeping.problems()
    assert "line 3 was altered: it was written as line 4" in problems
    assert "line 4 was altered: it was written as line 3" in problems


def test_a_line_put_in_the_middle_is_found(keeping) -> None:
    lived(keeping)
    for seq in (6, 5, 4):
        keeping.meddle("UPDATE consents SET seq = seq + 1 WHERE seq = %s", seq)
    keeping.meddle(
        "INSERT INTO consents SELECT shop_id, 4, phone_hash, 'given', at + interval '1 hour', recorded_at, source,"
        " proven, facts, personal, personal_digest, hash, hash FROM consents WHERE seq = 3"
    )
    problems = keeping.problems()
    assert any(problem.startswith("line 4 was altered") for problem in problems)
    assert "line 5 was altered: it was written as line 4" in problems


def test_a_line_put_in_with_a_right_hash_is_found_by_the_line_after_it(keeping) -> None:
    lived(keeping)
    shop = keeping.shops["mugs"].shop.key
    with keeping.tx() as tx:
        third, fourth = list(chains.walk(tx))[2:4]
    forgery = replace(third, seq=4, at="2026-11-23T13:00:00.000000+00:00", prev_hash=third.hash)
    forgery = replace(forgery, hash=line_hash(shop, forgery))
    for seq in (6, 5, 4):
        keeping.meddle("UPDATE consents SET seq = seq + 1 WHERE seq = %s", seq)
    keeping.meddle(
        "INSERT INTO consents SELECT shop_id, 4, phone_hash, state, %s, recorded_at, source, proven, facts, personal,"
        " personal_digest, hash, decode(%s, 'hex') FROM consents WHERE seq = 3",
        forgery.at,
        forgery.hash,
    )
    problems = keeping.problems()
    assert not any(problem.startswith("line 4 ") for problem in problems)
    assert problems[0] == "line 5 doesn't follow on line 4: its prev_hash is another's hash"
    assert fourth.prev_hash == third.hash


def test_a_line_of_another_shop_doesnt_fit(keeping) -> None:
    keeping.append(ticked())
    keeping.append(ticked(), shop="wool")
    keeping.meddle("DELETE FROM consents WHERE shop_id = %s", keeping.id())
    keeping.meddle("UPDATE consents SET shop_id = %s WHERE shop_id = %s", keeping.id(), keeping.id("wool"))
    problems = keeping.problems()
    assert (
        "line 1 was altered: its number, times, source or facts aren't those that its hash was made of"
        in problems
    )
    assert any("can't be opened" in problem for problem in problems)


def test_a_tail_that_was_cut_off_is_found_by_an_anchor_and_only_by_one(keeping) -> None:
    lived(keeping)
    keeping.meddle("DELETE FROM consents WHERE seq > 4")
    assert keeping.problems() == [], "without an anchor nothing shows it"
    elsewhere = Anchor(seq=6, hash="ab" * 32, at="2026-11-24T03:00:00.000000+00:00")
    (problem,) = keeping.problems(kept=(elsewhere,))
    assert "now it ends at line 4: its end was cut off" in problem


def test_a_tail_that_was_cut_off_after_the_nights_anchor_is_found_by_the_database_itself(keeping) -> None:
    lived(keeping)
    keeping.anchor()
    keeping.meddle("DELETE FROM consents WHERE seq > 4")
    assert len(keeping.problems()) == 1
    keeping.append(ticked(HE, 500), ticked(HE, 501), ticked(HE, 502))
    (problem,) = keeping.problems()
    said = "line 6 isn't the line that the anchor of 2026-11-24T12:00:00.000000+00:00 wrote down"
    assert problem.startswith(said)


def test_a_chain_made_anew_holds_by_itself_and_not_against_an_anchor_kept_elsewhere(keeping) -> None:
    lived(keeping)
    anchor = keeping.anchor()
    keeping.meddle("DELETE FROM consents")
    keeping.meddle("DELETE FROM consent_anchors")
    for line in (ticked(), ticked(HE, 1), confirmed(), confirmed(HE, 11), ticked(SHE, 20), ticked(THEY, 2)):
        keeping.append(line)
    assert keeping.problems() == []
    (problem,) = keeping.problems(kept=(anchor,))
    assert "the chain was made anew" in problem


def test_a_chain_that_was_emptied_is_found_by_its_anchor(keeping) -> None:
    lived(keeping)
    keeping.anchor()
    keeping.meddle("DELETE FROM consents")
    (problem,) = keeping.problems()
    assert "now it has no line at all" in problem


def test_personal_data_emptied_without_an_erasure_is_found(keeping) -> None:
    lived(keeping)
    keeping.meddle("UPDATE consents SET personal = NULL WHERE seq = 3")
    (problem,) = keeping.problems()
    assert problem == (
        "line 3 lost its personal data, and no later line of this number says that it was erased"
    )


def test_an_erasure_explains_only_what_came_before_it(keeping) -> None:
    lived(keeping)
    keeping.forget(SHE)
    keeping.append(confirmed(minutes=60))
    keeping.meddle("UPDATE consents SET personal = NULL WHERE seq = 8")
    assert [problem[:11] for problem in keeping.problems()] == ["line 8 lost"]


def test_anothers_erasure_explains_nothing(keeping) -> None:
    lived(keeping)
    keeping.meddle("UPDATE consents SET personal = NULL WHERE seq = 3")
    keeping.forget(HE)
    assert [problem[:11] for problem in keeping.problems()] == ["line 3 lost"]


def test_personal_data_that_cant_be_opened_is_found(keeping) -> None:
    lived(keeping)
    keeping.meddle(
        "UPDATE consents SET personal = set_byte(personal, 40, 255 - get_byte(personal, 40)) WHERE seq = 3"
    )
    keeping.meddle("UPDATE consents SET personal = '\\x00' WHERE seq = 4")
    assert [problem[:41] for problem in keeping.problems()] == [
        "line 3 has personal data that can't be op",
        "line 4 has personal data that can't be op",
    ]


def test_a_chain_of_nothing_but_problems_says_a_hundred_and_counts_the_rest(keeping) -> None:
    for start in range(0, 200, 100):
        keeping.append(*(ticked(SHE, start + n) for n in range(100)))
    keeping.meddle("UPDATE consents SET source = 'import'")
    report = keeping.verified()
    assert (len(report.problems), report.unsaid) == (100, 100)


# -- tombstones


def aged(keeping):
    """Hers of 2020: 1, 3; his of today: 2, 4."""
    keeping.append(ticked(at=OLD), ticked(HE), withdrawn(at=OLD), withdrawn(HE))
    return keeping


def test_lines_whose_time_is_over_leave_their_place_and_a_line_that_says_so(keeping) -> None:
    aged(keeping)
    assert keeping.retire(1, 3) == 2
    report = keeping.verified()
    assert (report.ok, report.count, report.retired, report.head) == (True, 3, 2, 5)
    assert report.notes == ["lines 1, 3: retired on 2026-11-24, as line 5 says (kept long enough)"]
    keeping.append(ticked(THEY))
    assert keeping.verified().ok


def test_the_chain_goes_on_from_a_last_line_that_was_retired(keeping) -> None:
    keeping.append(ticked(at=OLD))
    with keeping.tx() as tx:
        tx.run("SELECT comeback_retire_consents(ARRAY[1::bigint], 'why', now())")
    keeping.append(ticked(HE))
    assert [row.seq for row in keeping.rows("SELECT seq FROM consents")] == [2]
    assert [problem[:21] for problem in keeping.problems()] == ["line 1 has a tombston"]


def test_lines_that_are_younger_than_the_law_allows_stay(keeping) -> None:
    aged(keeping)
    assert keeping.retire(2, 4) == 0
    assert (keeping.verified().count, keeping.verified().head) == (4, 4)
    assert keeping.retire(1, 2, 3) == 2
    assert keeping.retire(1, 3) == 0
    assert keeping.verified().ok


def forged(keeping, **changes: str) -> None:
    """Somebody writes a tombstone for line 3 of a lived chain."""
    columns = {name: name for name in ("shop_id", "seq", "prev_hash", "hash")} | changes
    chosen = ", ".join(columns.values())
    keeping.meddle(
        f"INSERT INTO consent_tombstones SELECT {chosen}, now(), 'lawful, really' FROM consents WHERE seq = 3"  # noqa: S608
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "line 3 has a tombstone that no later line explains"),
        ({"hash": OTHER}, "line 4 doesn't follow on line 3"),
        ({"prev_hash": OTHER}, "line 3 doesn't follow on line 2"),
        ({"seq": "7"}, "line 4 comes after a gap: line 3 is missing"),
    ],
)
def test_a_forged_tombstone_is_found(keeping, changes, said) -> None:
    lived(keeping)
    forged(keeping, **changes)
    keeping.meddle("DELETE FROM consents WHERE seq = 3")
    problems = keeping.problems()
    assert any(problem.startswith(said) for problem in problems), problems


def test_a_tombstone_beside_its_line_is_found(keeping) -> None:
    lived(keeping)
    forged(keeping)
    assert keeping.problems() == ["line 3 is there as a line and as retired: its tombstone is forged"]


def test_a_tombstone_that_rides_on_anothers_retirement_is_found(keeping) -> None:
    aged(keeping)
    keeping.meddle(
        "INSERT INTO consent_tombstones SELECT shop_id, seq, prev_hash, hash, now(), '' FROM consents WHERE seq = 2"
    )
    keeping.meddle("DELETE FROM consents WHERE seq = 2")
    keeping.retire(1, 3)
    assert [problem[:25] for problem in keeping.problems()] == ["line 2 has a tombstone th"]


def test_a_retired_lines_tombstone_that_is_gone_is_found(keeping) -> None:
    aged(keeping)
    keeping.retire(1, 3)
    keeping.meddle("DELETE FROM consent_tombstones WHERE seq = 3")
    problems = " / ".join(keeping.problems())
    assert "line 3 is missing" in problems
    assert "names other retired lines than there are tombstones" in problems


# -- erasure


def test_after_a_persons_erasure_the_chain_holds_and_says_what_was_erased(keeping) -> None:
    lived(keeping)
    before = keeping.rows("SELECT seq, hash FROM consents ORDER BY seq")
    assert keeping.forget(SHE) == 3
    report = keeping.verified()
    assert (report.ok, report.count) == (True, 7)
    assert report.notes == ["lines 1, 3, 5: personal data were erased on 2026-11-24, as line 7 says"]
    after = keeping.rows("SELECT seq, hash FROM consents ORDER BY seq")
    assert [tuple(row) for row in after[:6]] == [tuple(row) for row in before]
    with keeping.tx() as tx:
        lines = chains.lines_of(tx, tx.phone(SHE))
    assert [line.personal for line in lines] == [None] * 4
    assert [line.state for line in lines] == ["given", "given", "withdrawn", "noted"]
    assert WORDING in json.loads(lines[0].facts)["wording"]
    assert json.loads(lines[1].facts)["request"]["text"] == ASKED
    assert lines[3].personal_digest == NOTHING


def test_a_person_can_be_forgotten_twice_at_one_instant_and_comes_back_between(keeping) -> None:
    keeping.append(ticked())
    assert (keeping.forget(SHE), keeping.forget(SHE)) == (1, 0)
    keeping.append(confirmed())
    assert keeping.forget(SHE) == 1
    report = keeping.verified()
    assert report.ok
    assert len(report.notes) == 2


def test_an_erased_line_that_is_then_retired_leaves_a_chain_that_holds(keeping) -> None:
    keeping.append(ticked(at=OLD), ticked(HE))
    keeping.forget(SHE, now=OLD + timedelta(days=30))
    assert keeping.retire(1, 3) == 2
    assert keeping.problems() == []


# -- anchors


def test_a_night_anchors_every_chain_that_grew_once(keeping) -> None:
    keeping.append(ticked())
    keeping.append(ticked(), shop="wool")

    def night(now: datetime) -> list[tuple[int, int]]:
        with keeping.db.system() as c:
            return sorted((shop, anchor.seq) for shop, anchor in chains.anchor_all(c, now))

    mugs, wool = keeping.id("mugs"), keeping.id("wool")
    assert night(NOW) == [(mugs, 1), (wool, 1)]
    assert night(NOW) == []
    keeping.append(withdrawn(), shop="wool")
    assert night(NOW) == [(wool, 2)], "at the same instant, and a second anchor all the same"
    assert keeping.verified("wool").anchors == 2


def test_an_anchor_is_the_chains_last_line(keeping) -> None:
    with keeping.tx() as tx:
        assert chains.anchor(tx, NOW) is None
    keeping.append(ticked(), ticked(HE))
    anchor = keeping.anchor()
    (last,) = keeping.rows("SELECT hash FROM consents WHERE seq = 2")
    assert anchor == Anchor(seq=2, hash=bytes(last.hash).hex(), at="2026-11-24T12:00:00.000000+00:00")
    assert keeping.anchor() == anchor
