"""bin/comeback set-sender and switch: what a new shop needs before its first text."""

import json
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
from spine_kit import due, one, rows, texts, work

from plugin_server import create_app
from plugin_server.cli import finding
from plugin_server.store import shops
from sequences.sequence import load

MUGS = "mugs.myshopify.com"


@pytest.fixture
def run(spine, monkeypatch):
    """A command in this process, over the test's own machine."""
    machine = spine.machine
    monkeypatch.setattr(finding, "start", lambda: (machine.settings, nullcontext()))
    parts = {name: getattr(machine, name) for name in ("db", "secrets", "settings", "clock", "rulebook")}
    kept = SimpleNamespace(**parts, close=lambda: None)
    monkeypatch.setattr(finding, "build", lambda found, up: kept)
    runner = create_app().test_cli_runner()

    def call(*command: str, input: str | None = None):
        result = runner.invoke(args=list(command), input=input)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        return result

    return call


def installed(spine, shop: str = "mugs"):
    with spine.machine.db.system() as c:
        return shops.by_key(c, spine.machine.secrets.vault, None, spine.keys[shop])


def lives_in(spine, country: str) -> None:
    with spine.machine.db.system() as c:
        shops.describe(c, installed(spine).shop.id, {}, country=country)


def test_a_number_is_kept_as_e164_and_is_what_texts_come_from(spine, run) -> None:
    for typed in ("+18335550123", "12015550199", " +12015550124 "):
        done = run("set-sender", MUGS, typed)
        assert (done.exit_code, done.stderr) == (0, ""), done.stderr
        assert installed(spine).sender == "+" + typed.strip().removeprefix("+")
    due(spine)
    work(spine)
    assert [text["from"] for text in texts(spine)] == ["12015550124"]


def test_a_short_code_is_kept_as_it_is(spine, run) -> None:
    assert run("set-sender", spine.keys["mugs"], "12345").exit_code == 0
    assert installed(spine).sender == "12345"


NO_SENDER = [
    "", " ", "+", "12x", "+12", "0123456789", "+0123456789", "+1201555012", "+12015550123456789", "call me now!", " -",
    "ABCDEFGHIJKL", "Mügs", "a\nb", "٣٤٥٦٧", "+1 (201) 555-0123", "tel:+12015550123", "\ud800",
]  # fmt: skip


def test_what_no_text_can_come_from_changes_nothing(spine, run) -> None:
    before = installed(spine).sender
    for typed in NO_SENDER:
        done = run("set-sender", MUGS, "--", typed)
        assert (done.exit_code, done.stdout) == (2, ""), typed
        assert done.stderr.startswith("comeback: "), typed
        assert installed(spine).sender == before


def test_a_name_is_refused_where_it_doesnt_arrive_and_the_rule_is_named(spine, run) -> None:
    done = run("set-sender", MUGS, "MUGS")
    assert done.exit_code == 2
    assert "[CONT-10]" in done.stderr
    assert installed(spine).sender == "+12015550123"


def test_a_name_is_taken_where_it_is_free_and_says_what_it_cant(spine, run) -> None:
    lives_in(spine, "GB")
    done = run("set-sender", MUGS, "Mugs & Co")
    assert (done.exit_code, installed(spine).sender) == (0, "Mugs & Co")
    assert "Nobody can reply" in done.stderr


def test_where_there_is_a_register_the_name_must_be_said_to_stand_in_it(spine, run) -> None:
    lives_in(spine, "AU")
    assert "--registered" in run("set-sender", MUGS, "MUGS").stderr
    assert not installed(spine).sequence.sender_registered
    assert "--registered" not in run("set-sender", MUGS, "MUGS", "--registered").stderr
    assert installed(spine).sequence.sender_registered
    assert "--registered" not in run("set-sender", MUGS, "MUGS2").stderr, "it is known by now"
    run("set-sender", MUGS, "MUGS", "--unregistered")
    assert not installed(spine).sequence.sender_registered


def test_a_removed_shop_gets_no_sender(spine, run) -> None:
    with spine.machine.db.system() as c:
        c.exec_driver_sql("UPDATE shops SET state = 'removed', sender = ''")
    done = run("set-sender", MUGS, "+12015550123")
    assert (done.exit_code, installed(spine).sender) == (2, "")


def test_reminders_are_switched_off_and_on_again(spine, run) -> None:
    due(spine)
    assert run("switch", MUGS, "off").stdout == f"reminders of {MUGS} are off\n"
    work(spine)
    assert texts(spine) == []
    assert one(spine, "touches").state == "skipped"
    assert {r.on for r in rows(spine, "SELECT sequence ->> 'on' AS on FROM shops")} == {"false", "true"}
    run("switch", MUGS, "on")
    due(spine, phone="+12125550199", email="b@example.com")
    work(spine)
    assert len(texts(spine)) == 1


def test_switching_on_a_shop_without_a_sender_says_so(spine, run) -> None:
    with spine.machine.db.system() as c:
        c.exec_driver_sql("UPDATE shops SET sender = ''")
    assert "set-sender" in run("switch", MUGS, "on").stderr


def test_a_shop_nobody_knows_is_refused(spine, run) -> None:
    for command in (("set-sender", "nobody", "+12015550123"), ("switch", "nobody", "on")):
        assert run(*command).exit_code == 2
    assert run("switch", MUGS, "maybe").exit_code == 2


# -- sequence


def change(run, spine, told: object):
    words = told if isinstance(told, str) else json.dumps(told)
    return run("sequence", MUGS, "-", input=words)


def test_a_sequence_is_shown_and_only_what_is_named_changes(spine, run) -> None:
    shown = json.loads(run("sequence", MUGS).stdout)
    assert load(shown) == installed(spine).sequence
    discount = {"kind": "percent", "percent": "10"}
    steps = [{"delay": 3600, "offer": {"discount": discount}, "texts": {"en": OWN}}]
    done = change(run, spine, {"holdout": "0.1", "stand_down": "off", "steps": steps})
    assert done.exit_code == 0, done.stderr
    now = installed(spine).sequence
    assert (str(now.holdout), now.stand_down, len(now.steps)) == ("0.1", "off", 1)
    assert now.steps[0].offer.discount.percent == 10
    assert now.store_consent == load(shown).store_consent
    assert load(json.loads(run("sequence", MUGS).stdout)) == now


OWN = "{{ shop.name }}: {{ offer.value }} off with {{ offer.code }}: {{ cart.link }} {{ opt_out }}"


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ("{", "standard input is not JSON"),
        ("[1]", "expected an object"),
        ({"holdout": "0.9"}, "holdout"),
        ({"nonsense": 1}, "nonsense"),
        ({"steps": [{"delay": 3600, "texts": {"en": "CBD {{ cart.link }}"}}]}, "step 1, en:"),
        ({"steps": [{"delay": 3600, "texts": {"en": "{{ nope }} {{ cart.link }}"}}]}, "nope"),
    ],
)
def test_a_sequence_that_cant_work_stays_as_it_was(spine, run, told, why) -> None:
    before = installed(spine).sequence
    done = change(run, spine, told)
    assert done.exit_code == 2
    assert why in done.stderr
    assert installed(spine).sequence == before


def test_a_file_that_isnt_there_is_named(run, tmp_path) -> None:
    done = run("sequence", MUGS, str(tmp_path / "none.json"))
    assert done.exit_code == 2
    assert "none.json: No such file" in done.stderr
