"""The commands about evidence, and the night that anchors it."""

import json
import os
import subprocess
import sys

import pytest
from evidence_kit import HE, NOW, SHE, kept_on, lived, ticked
from tests_settings import ROOT, sandbox_settings

from plugin_server import create_app
from plugin_server.evidence import anchor_files
from plugin_server.jobs import anchoring
from plugin_server.jobs.nightly import Nights
from plugin_server.logs import configure
from plugin_server.wiring import machine


@pytest.fixture
def keeping(database_url):
    found = kept_on(database_url)
    yield lived(found)
    found.db.close()


@pytest.fixture
def run(database_url, embedded, monkeypatch):
    """A command in this process, on the test's own database."""
    for name, value in {
        "COMEBACK_WIRING": "sandbox",
        "COMEBACK_DATA_DIR": str(ROOT / ".data" / "tests"),
        "DATABASE_URL": database_url,
        "REDIS_URL": embedded.redis_url,
        "COMEBACK_CLOCK_URL": "",
    }.items():
        monkeypatch.setenv(name, value)
    runner = create_app().test_cli_runner()

    def call(*command: object):
        result = runner.invoke(args=[str(word) for word in command])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        return result

    return call


def test_a_chain_that_holds_is_said_to_hold(keeping, run) -> None:
    done = run("verify-evidence")
    assert done.exit_code == 0
    mugs, wool = done.stdout.splitlines()
    assert mugs.startswith("mugs.example: the chain holds: 6 line(s), 0 retired, 0 anchor(s), last line 6 ")
    assert wool.startswith("wool.example: the chain holds: 0 line(s)")


def test_a_chain_that_doesnt_hold_is_named_line_by_line(keeping, run) -> None:
    keeping.append(ticked(), shop="wool")
    keeping.meddle("UPDATE consents SET state = 'given' WHERE seq = 5")
    done = run("verify-evidence")
    assert done.exit_code == 1
    assert "mugs.example: the chain does NOT hold" in done.stdout
    assert "  line 5 was altered: it was written as 'withdrawn', and now says 'given'" in done.stdout
    assert "wool.example: the chain holds: 1 line(s)" in done.stdout
    assert run("verify-evidence", "wool.example").exit_code == 0
    assert run("verify-evidence", keeping.shops["mugs"].shop.key, "wool.example").exit_code == 1


def test_a_shop_whose_credentials_cant_be_read_has_its_evidence_verified_all_the_same(keeping, run) -> None:
    keeping.meddle("UPDATE shops SET credentials = '\\x00'")
    assert run("verify-evidence").exit_code == 0


def test_what_was_erased_is_told(keeping, run) -> None:
    keeping.forget(SHE)
    done = run("verify-evidence", "mugs.example")
    assert done.exit_code == 0
    assert "  lines 1, 3, 5: personal data were erased on 2026-11-24, as line 7 says" in done.stdout


@pytest.mark.parametrize(
    "command", [("verify-evidence", "nowhere"), ("anchors", "nowhere"), ("export-consent", "nowhere", SHE)]
)
def test_a_shop_that_isnt_there_is_named(keeping, run, command) -> None:
    done = run(*command)
    assert (done.exit_code, done.stderr) == (2, "comeback: there is no shop 'nowhere'\n")


def test_anchors_kept_elsewhere_show_what_the_database_alone_cant(keeping, run, tmp_path) -> None:
    keeping.append(ticked(), shop="wool")
    kept = tmp_path / "anchors.jsonl"
    kept.write_text(run("anchors").stdout)
    told = [json.loads(line) for line in kept.read_text().splitlines()]
    assert [(one["domain"], one["seq"]) for one in told] == [("mugs.example", 6), ("wool.example", 1)]
    assert run("anchors").stdout == kept.read_text(), "nothing grew: nothing new"
    assert [json.loads(line)["domain"] for line in run("anchors", "wool.example").stdout.splitlines()] == [
        "wool.example"
    ]
    assert run("verify-evidence", "--anchors", kept).exit_code == 0
    keeping.meddle("DELETE FROM consents WHERE seq > 4")
    keeping.meddle("DELETE FROM consent_anchors")
    assert run("verify-evidence").exit_code == 0
    done = run("verify-evidence", "--anchors", kept)
    assert done.exit_code == 1
    assert "its end was cut off" in done.stdout


def test_a_shop_of_the_anchors_that_is_gone_from_the_database_is_missed(keeping, run, tmp_path) -> None:
    kept = tmp_path / "anchors.jsonl"
    kept.write_text(json.dumps({"shop": 4711, "seq": 1, "hash": "ab" * 32, "at": "2026"}) + "\n")
    done = run("verify-evidence", "--anchors", kept)
    assert done.exit_code == 1
    assert "shop 4711 has anchors, and isn't in this database" in done.stdout


def test_a_file_that_holds_no_anchor_is_refused(keeping, run, tmp_path) -> None:
    kept = tmp_path / "log"
    assert run("verify-evidence", "--anchors", kept).exit_code == 2
    kept.write_text("not an anchor\n{}\n")
    done = run("verify-evidence", "--anchors", kept)
    assert (done.exit_code, "holds no anchor" in done.stderr) == (2, True)
    kept.write_text('{"shop": 1, "seq": "x", "hash": 1}\n')
    done = run("verify-evidence", "--anchors", kept)
    assert (done.exit_code, "line 1 is a damaged anchor" in done.stderr) == (2, True)


def test_the_nights_anchors_stand_in_the_log_and_can_be_checked_from_there(
    keeping, run, database_url, embedded, capfd, tmp_path, own_logging
) -> None:
    settings = sandbox_settings(log_format="json")
    configure(settings)
    made = machine(settings, database_url, embedded.redis_url)
    assert anchoring.run(made) == 1
    assert anchoring.run(made) == 0
    made.close()
    logged = capfd.readouterr().err
    kept = tmp_path / "comeback.log"
    kept.write_text('{"event": "web listens", "port": 8000}\n' + logged + "plain text\n")
    (anchor,) = anchor_files.read(kept)[keeping.id()]
    (row,) = keeping.rows("SELECT hash FROM consents WHERE seq = 6")
    assert (anchor.seq, anchor.hash) == (6, bytes(row.hash).hex())
    assert run("verify-evidence", "--anchors", kept).exit_code == 0
    keeping.meddle("UPDATE consent_anchors SET hash = decode(repeat('ab', 32), 'hex')")
    assert run("verify-evidence").exit_code == 1


def test_a_night_anchors(keeping, database_url, embedded) -> None:
    made = machine(sandbox_settings(), database_url, embedded.redis_url)
    assert Nights().pass_by(made)
    made.close()
    assert [row.seq for row in keeping.rows("SELECT seq FROM consent_anchors")] == [6]


def test_an_export_is_written_and_checked_without_database_and_settings(keeping, run, tmp_path) -> None:
    out = tmp_path / "her.zip"
    done = run("export-consent", "mugs.example", "(415) 555-2671", "--out", out)
    assert done.exit_code == 0, done.stderr
    assert SHE not in done.stdout
    public, said = run("evidence-key").stdout.splitlines()
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("COMEBACK_", "DATABASE", "REDIS"))
    }
    script = (
        "import sys; from plugin_server import create_app;"
        "done = create_app().test_cli_runner().invoke(args=sys.argv[1:]); print(done.stdout, end='');"
        "bad = {'psycopg', 'sqlalchemy', 'redis', 'plugin_server.settings'} & set(sys.modules);"
        "sys.exit(f'imports {bad}' if bad else done.exit_code)"
    )
    checked = subprocess.run(
        [sys.executable, "-c", script, "verify-consent", str(out), "--key", public],
        env={**clean, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    lines = checked.stdout.splitlines()
    assert all(line.startswith("holds    ") for line in lines)
    assert lines[0].endswith(said.removeprefix("fingerprint "))
    assert run("verify-consent", out).exit_code == 0
    assert run("verify-consent", out, "--key", "ab" * 32).exit_code == 1


def test_an_altered_export_is_broken_and_something_else_is_none(keeping, run, tmp_path) -> None:
    out = tmp_path / "hers"
    assert run("export-consent", "mugs.example", SHE, "--out", out).exit_code == 0
    kept = tmp_path / "anchors"
    kept.write_text(run("anchors").stdout)
    assert run("verify-consent", out, "--anchors", kept).exit_code == 0
    kept.write_text(json.dumps({"shop": 4711, "seq": 1, "hash": "ab" * 32, "at": "2026"}))
    assert "holds no anchor of the export's shop" in run("verify-consent", out, "--anchors", kept).stderr
    page = out / "evidence.html"
    page.write_bytes(page.read_bytes().replace(b"given", b"taken"))
    done = run("verify-consent", out)
    assert done.exit_code == 1
    assert "BROKEN   evidence.html was altered: it has another SHA-256 than the manifest says" in done.stdout
    for nothing in (tmp_path / "nowhere", page, tmp_path):
        done = run("verify-consent", nothing)
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr.startswith(f"comeback: {nothing}: it ")


def test_an_export_says_what_it_cant_do(keeping, run, tmp_path) -> None:
    out = tmp_path / "x.zip"
    nobody = run("export-consent", "mugs.example", "+33612345678", "--out", out)
    assert (nobody.exit_code, nobody.stderr) == (
        2,
        "comeback: nothing is kept about that number at mugs.example\n",
    )
    assert run("export-consent", "mugs.example", "12", "--out", out).exit_code == 2
    assert not out.exists()
    assert run("export-consent", "mugs.example", HE, "--out", out).exit_code == 0
    again = run("export-consent", "mugs.example", HE, "--out", out)
    assert (again.exit_code, "can't be written" in again.stderr) == (2, True)
    assert str(NOW.year) not in out.name
