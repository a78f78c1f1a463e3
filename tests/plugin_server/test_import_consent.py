"""Consents from a file: all or nothing, never twice, never against an opt-out, never into another shop."""

import csv
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import tracemalloc

import psycopg
import pytest
from list_kit import ANN, BEN, CLEO, DEE, HEADER, NOW, WORDING, confirmed, given, person, two_shops
from sqlalchemy.exc import DBAPIError
from tests_settings import ROOT

from plugin_server import create_app
from plugin_server.gathering import importing, judging, reporting
from plugin_server.gathering.errors import AlreadyImported, BadFile, TooManyErrors
from plugin_server.gathering.judging import Remark
from plugin_server.store import consents, people

NOTHING = {"consents": 0, "subscribers": 0, "suppressions": 0, "imports": 0}


@pytest.fixture
def lists(database_url, tmp_path):
    found = two_shops(database_url, tmp_path)
    yield found
    found.db.close()


def test_a_file_becomes_lines_of_evidence_and_rows_of_the_list(lists) -> None:
    path = lists.file(
        confirmed(ANN, Name="Ann Example", Email="ann@example.com"),
        person(BEN),
        person(CLEO, Status="pending"),
        {"Phone": DEE, "Status": "unsubscribed"},
    )
    judged, outcome = lists.imported(path)
    counts = importing.counts(judged, outcome)
    assert {name: n for name, n in counts.items() if n} == {
        "rows": 4, "new": 3, "proven": 1, "unproven": 1, "pending": 1, "opted_out": 1,
    }  # fmt: skip
    assert [lists.state(p) for p in (ANN, BEN, CLEO, DEE)] == [
        "subscribed", "subscribed", "pending", "unsubscribed",
    ]  # fmt: skip
    lines = lists.rows("SELECT state, proven, source, facts, seq FROM consents ORDER BY seq")
    assert [(x.state, x.proven) for x in lines] == [
        ("given", False), ("given", True), ("given", False), ("pending", False), ("withdrawn", False),
    ]  # fmt: skip
    facts = json.loads(lines[1].facts)
    assert (facts["wording"], facts["program"], facts["jurisdiction"]) == (WORDING, "cart_reminders", "US")
    (kept,) = lists.rows("SELECT file_name, counts, mapping FROM imports")
    assert kept.counts == counts
    assert kept.mapping["at"] == "Consent time"


def test_of_a_person_who_was_forgotten_the_files_own_words_are_gone_too(lists) -> None:
    """A source, a page's path, an action and the text that asked for confirmation are free words: they may name
    people."""
    request = "Hi Annabella Smith, reply YES to get cart reminders from Mugs"
    words = {
        "Source": "Referred by bob.miller@example.com",
        "Page URL": "https://mugs.example/thanks/annabella-smith/",
        "Action": "Annabella rang us",
        "Confirmation request": request,
    }
    lists.imported(lists.file(confirmed(ANN, **words), header=f"{HEADER},Action,Confirmation request"))
    with lists.tx() as tx:
        kept = [
            (row.facts, tx.unseal(row.personal))
            for row in tx.rows("SELECT facts, personal FROM consents WHERE shop_id = :shop_id ORDER BY seq")
        ]
        facts = " ".join(facts for facts, _ in kept)
        assert not [word for word in ("nnabella", "bob.miller", "thanks") if word in facts]
        assert json.loads(kept[1][0])["url"] == "https://mugs.example"
        asked = json.loads(kept[1][0])["request"]
        assert asked == {"text_sha256": hashlib.sha256(request.encode()).hexdigest()}
        assert kept[1][1]["request_text"] == request
        assert (kept[0][1]["form"], kept[0][1]["action"]) == (words["Source"], words["Action"])
        assert kept[0][1]["url"] == words["Page URL"]
        consents.forget(tx, tx.phone(ANN), NOW, "erased")
    everything = " ".join(row.all for row in lists.rows("SELECT row_to_json(c)::text AS all FROM consents c"))
    assert not [word for word in ("nnabella", "bob.miller", "thanks") if word in everything]
    assert lists.rows("SELECT FROM consents WHERE personal IS NOT NULL") == []


def test_a_rehearsal_counts_the_same_and_writes_nothing(lists) -> None:
    lists.append(given(BEN))
    before = lists.everything()
    path = lists.file(
        confirmed(ANN), person(BEN), person("+1415"), {"Phone": DEE, "Status": "stop"}, confirmed(ANN)
    )
    rehearsed = importing.counts(*lists.rehearsed(path))
    assert lists.everything() == before
    assert importing.counts(*lists.imported(path)) == rehearsed
    assert (rehearsed["known"], rehearsed["refused"], rehearsed["duplicates"]) == (1, 1, 1)


def test_rows_that_are_wrong_are_left_out_and_named_unless_the_merchant_is_strict(lists) -> None:
    path = lists.file(person(ANN), person(BEN, **{"Consent time": ""}), person("12"))
    judged, outcome = lists.rehearsed(path)
    assert [(r.line, r.outcome) for r in judged.remarks] == [(3, "refused"), (4, "refused")]
    assert outcome.new == 1
    with pytest.raises(TooManyErrors, match="2 of 3 rows"):
        judging.refuse_if_strict(judged, strict=True)
    judging.refuse_if_strict(judged, strict=False)


# -- duplicates


@pytest.mark.parametrize("turned", [False, True])
def test_of_rows_about_one_number_the_best_evidence_counts_in_any_order(lists, turned) -> None:
    rows = [person(ANN), confirmed("(415) 555-2671"), person(ANN, Status="pending")]
    judged, _ = lists.imported(lists.file(*(rows[::-1] if turned else rows)), country="US")
    best = 3
    assert lists.rows("SELECT count(*) FILTER (WHERE proven) AS n FROM consents")[0].n == 1
    assert judged.duplicates == 2
    assert sorted(r.line for r in judged.remarks) == [2, 4]
    assert any(f"line {best} about this number counts" in r.why for r in judged.remarks)


@pytest.mark.parametrize("turned", [False, True])
def test_an_opt_out_outweighs_any_other_row_about_its_number(lists, turned) -> None:
    rows = [confirmed(ANN), {"Phone": ANN, "Status": "unsubscribed"}]
    lists.imported(lists.file(*(rows[::-1] if turned else rows)))
    assert lists.state(ANN) == "unsubscribed"
    assert [x.state for x in lists.rows("SELECT state FROM consents")] == ["withdrawn"]


# -- opt-outs


@pytest.mark.parametrize("kind", ["stop", "link", "merchant", "erased", "bounced"])
def test_no_import_lifts_what_stands_against_a_number(lists, kind) -> None:
    with lists.tx() as tx:
        people.suppress(tx, tx.phone(ANN), "said so", NOW, kind)
    _, outcome = lists.imported(lists.file(confirmed(ANN), confirmed(BEN)))
    assert (outcome.stays_out, outcome.new) == (1, 1)
    assert lists.rows("SELECT kind FROM suppressions WHERE lifted_at IS NULL")[0].kind == kind
    assert lists.count("consents") == 2  # Ben's


def test_no_import_outweighs_a_withdrawal_that_only_the_store_told(lists) -> None:
    lists.append(given(ANN, state="withdrawn", at=NOW.replace(year=2024)))
    _, outcome = lists.imported(lists.file(confirmed(ANN), person(BEN)))
    assert outcome.stays_out == 1
    assert lists.state(ANN) == "unsubscribed"


def test_an_imported_opt_out_ends_a_consent_that_is_known_here(lists) -> None:
    lists.append(given(ANN, at=NOW.replace(year=2024), proven=True))
    _, outcome = lists.imported(lists.file({"Phone": ANN, "Status": "unsubscribed", "Source": "Attentive"}))
    assert outcome.opted_out == 1
    assert lists.state(ANN) == "unsubscribed"
    assert [x.kind for x in lists.rows("SELECT kind FROM suppressions")] == ["store"]


def test_an_opt_out_older_than_a_proven_consent_is_kept_as_evidence_and_stops_nothing(lists) -> None:
    lists.append(given(ANN, at=NOW.replace(month=6), proven=True))
    out = {"Phone": ANN, "Status": "unsubscribed", "Opted out at": "2026-01-01T00:00:00Z"}
    _, outcome = lists.imported(lists.file(out))
    assert outcome.opted_out == 0
    assert lists.state(ANN) == "subscribed"
    assert lists.count("consents") == 2


def test_an_opt_out_cancels_what_waits_for_its_number(lists) -> None:
    with lists.tx() as tx:
        tx.run(
            "INSERT INTO notices (shop_id, id, kind, phone_hash, asked_at, due_at, deadline) VALUES"
            " (:shop_id, gen_random_uuid(), 'consent_request', :p, :now, :now, :now)",
            p=tx.phone(ANN),
            now=NOW,
        )
    lists.imported(lists.file({"Phone": ANN, "Status": "unsubscribed"}))
    assert lists.rows("SELECT state FROM notices")[0].state == "cancelled"


# -- all or nothing, and once


def test_the_same_file_is_refused_the_second_time(lists) -> None:
    path = lists.file(person(ANN))
    lists.imported(path)
    before = lists.everything()
    for again in (lists.imported, lists.rehearsed):
        with pytest.raises(AlreadyImported, match="2026-11-24"):
            again(path)
    assert lists.everything() == before


def test_a_file_that_changed_nothing_may_be_tried_again(lists) -> None:
    path = lists.file(person("(415) 555-2671"))
    _, outcome = lists.imported(path)
    assert (outcome.taken, lists.everything()) == (0, NOTHING)
    assert lists.imported(path, country="US")[1].new == 1


def test_the_same_rows_in_another_file_add_no_line(lists) -> None:
    lists.imported(lists.file(confirmed(ANN), person(BEN)))
    lines = lists.count("consents")
    _, outcome = lists.imported(lists.file(person(BEN), confirmed(ANN)))
    assert (outcome.known, outcome.new, lists.count("consents")) == (2, 0, lines)


def many(lists, n: int):
    return lists.file(
        *(person(f"+1212555{i:04d}"[:5] + f"{200 + i // 10_000}{i % 10_000:04d}") for i in range(n))
    )


def test_an_import_that_breaks_in_the_middle_leaves_nothing(lists) -> None:
    class Crash(Exception):
        pass

    seen = []

    def crash(lines: int) -> None:
        seen.append(lists.count("consents"))  # from another connection: nothing is there before the end
        if len(seen) == 2:
            raise Crash

    path = many(lists, 4500)
    with pytest.raises(Crash):
        lists.imported(path, tick=crash)
    assert seen == [0, 0]
    assert lists.everything() == NOTHING
    lists.imported(path)
    assert lists.everything() == {"consents": 4500, "subscribers": 4500, "suppressions": 0, "imports": 1}


def test_an_import_whose_connection_is_cut_leaves_nothing(lists) -> None:
    def cut(lines: int) -> None:
        with psycopg.connect(lists.db.url.replace("+psycopg", "", 1), autocommit=True) as c:
            c.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND state = 'idle in transaction'"
            )

    with pytest.raises(DBAPIError):
        lists.imported(many(lists, 4500), tick=cut)
    assert lists.everything() == NOTHING


def test_a_file_that_changes_while_it_is_imported_is_not_imported(lists) -> None:
    path = lists.file(person(ANN), person(BEN))

    def change(lines: int) -> None:
        path.write_text(path.read_text() + "more\n")

    with pytest.raises(BadFile, match="changed while"):
        lists.imported(path, tick=change)
    assert lists.everything() == NOTHING


def test_a_file_that_breaks_off_at_its_end_is_not_imported(lists) -> None:
    path = lists.file(person(ANN), '+12015550123,"never closed')
    with pytest.raises(BadFile, match="line 3"):
        lists.imported(path)
    assert lists.everything() == NOTHING


def test_another_shop_sees_nothing_of_it_and_may_import_the_same_file(lists) -> None:
    path = lists.file(confirmed(ANN), {"Phone": BEN, "Status": "stop"})
    lists.imported(path)
    assert (lists.state(ANN, "wool"), lists.state(BEN, "wool")) == (None, None)
    _, outcome = lists.imported(path, shop="wool")
    assert (outcome.new, outcome.opted_out) == (1, 1)
    hashes = lists.rows("SELECT count(DISTINCT phone_hash) AS n FROM subscribers")
    assert hashes[0].n == 4  # the same people, under other hashes


def test_a_hundred_thousand_rows_are_judged(lists) -> None:
    judged, outcome = lists.rehearsed(many(lists, 100_000))
    assert (judged.rows, outcome.new) == (100_000, 100_000)


def test_what_rows_say_is_never_in_memory_together(lists) -> None:
    """8,000 rows with long wordings of their own: what stays of each is its number and line."""
    rows = [person(f"+1212{200 + i // 10_000}{i % 10_000:04d}") for i in range(8000)]
    path = lists.file(*({**row, "Consent text": f"{i} cart " * 700} for i, row in enumerate(rows)))
    tracemalloc.start()
    judged, _ = lists.rehearsed(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(judged.kept) == 8000
    assert peak < path.stat().st_size * 0.7


# -- the report


def test_the_report_names_lines_and_shows_no_number_and_no_formula(lists, tmp_path) -> None:
    path = lists.file(
        person(ANN, Status='=HYPERLINK("x")'), person("=2+5"), person(CLEO), person(CLEO), person("+1")
    )
    judged, outcome = lists.rehearsed(path)
    report = tmp_path / "report.csv"
    reporting.write_report(report, [*judged.remarks, *outcome.remarks, Remark(9, "@x", "-1", "+1•••••2671")])
    text = report.read_text("utf-8-sig")
    assert ANN[1:] not in text
    assert CLEO[1:] not in text
    rows = list(csv.reader(text.splitlines()))
    assert [row[0] for row in rows] == ["line", "2", "3", "5", "6", "9"]
    assert [cell for row in rows[1:] for cell in row if cell.startswith(("=", "+", "-", "@"))] == []
    assert rows[-1][1:] == ["'@x", "'-1", "'+1•••••2671"]


# -- the command


@pytest.fixture
def run(lists, embedded, monkeypatch):
    for name, value in {
        "COMEBACK_WIRING": "sandbox",
        "COMEBACK_DATA_DIR": str(ROOT / ".data" / "tests"),
        "DATABASE_URL": lists.db.url,
        "REDIS_URL": embedded.redis_url,
    }.items():
        monkeypatch.setenv(name, value)
    runner = create_app().test_cli_runner()

    def call(*command: object):
        result = runner.invoke(args=[str(c) for c in command])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        return result

    return call


def test_the_command_rehearses_imports_and_refuses_in_words(lists, run, tmp_path) -> None:
    path = lists.file(confirmed(ANN), person(BEN), person("+1415"), header=f"{HEADER},Tags")
    report = tmp_path / "report.csv"
    dry = run("import-consent", "mugs.example", path, "--dry-run", "--report", report)
    assert (dry.exit_code, lists.everything()) == (0, NOTHING)
    for words in ("phone=Phone", "not used: Tags", "would be imported", "the phone is too short"):
        assert words in dry.stdout
    assert "4,refused,the phone is too short" in report.read_text("utf-8-sig")
    done = run("import-consent", lists.shops["mugs"].shop.key, path, "--json")
    told = json.loads(done.stdout)
    assert (told["counts"]["new"], told["counts"]["refused"], told["dry_run"]) == (2, 1, False)
    again = run("import-consent", "mugs.example", path)
    assert (again.exit_code, again.stdout) == (2, "")
    assert "imported on" in again.stderr
    for said in (dry.output, done.output, again.output, report.read_text()):
        assert ANN[1:] not in said
        assert BEN[1:] not in said


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--strict"], "--strict takes all or nothing"),
        (["--mapping", "phone"], "isn't FIELD=COLUMN"),
        (["--mapping", "at=Nowhere"], "no such column"),
        (["--mapping-file", "/nowhere/at-all.json"], "No such file"),
        (["--zone", "Mars/Base"], "no time zone"),
    ],
)
def test_what_the_command_cant_use_exits_with_2_and_imports_nothing(lists, run, options, says) -> None:
    done = run("import-consent", "mugs.example", lists.file(person(ANN), person("12")), *options)
    assert (done.exit_code, done.stdout) == (2, "")
    assert says in done.stderr
    assert lists.everything() == NOTHING


def test_the_command_refuses_an_unknown_shop_and_a_file_of_which_nothing_is_taken(lists, run) -> None:
    assert "there is no shop 'etsy'" in run("import-consent", "etsy", lists.file(person(ANN))).stderr
    done = run("import-consent", "mugs.example", lists.file(person("12")))
    assert done.exit_code == 2
    assert "no row changed anything" in done.stderr


def test_a_process_that_is_killed_in_the_middle_leaves_nothing(lists, run) -> None:
    path = many(lists, 12_000)
    command = [
        sys.executable,
        "-m",
        "flask",
        "--app",
        "plugin_server",
        "import-consent",
        "mugs.example",
        str(path),
    ]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        _wait_for_lines(lists, process)
        os.kill(process.pid, signal.SIGKILL)
    assert lists.everything() == NOTHING
    assert run("import-consent", "mugs.example", path).exit_code == 0
    assert lists.count("consents") == 12_000


def _wait_for_lines(lists, process) -> None:
    """Until it writes: its transaction holds the chain's lock."""
    for _ in range(6000):
        assert process.poll() is None, process.stderr.read()
        held = lists.rows(
            "SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory' AND classid = 43"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        if held[0].n:
            time.sleep(0.3)
            assert process.poll() is None
            return
        time.sleep(0.01)
    raise AssertionError("it never began to write")
