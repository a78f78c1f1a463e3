"""The command line says in words what it did or why it can't, and never shows a traceback."""

import json
import os
import subprocess

import pytest
from spine_kit import leave_cart, one, rows, settle, texted
from tests_settings import ROOT

from plugin_server import create_app

PAYLOADS = sorted((ROOT / "tests" / "payloads").glob("*/*.json"))
COMMANDS = (
    "read",
    "segments",
    "connectors",
    "settings",
    "trace",
    "replay",
    "release",
    "web",
    "worker",
    "clock",
)


@pytest.fixture(scope="module")
def run():
    """A command in this process: what it printed, what it complained of, its exit code."""
    runner = create_app().test_cli_runner()

    def call(*command: str | bytes, stdin: bytes | None = None):
        result = runner.invoke(args=[str(c) for c in command], input=stdin)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        assert "Traceback" not in result.output
        return result

    return call


def comeback(*command: str | bytes, stdin: bytes = b"", **env: str) -> subprocess.CompletedProcess[bytes]:
    """The real thing, from another working directory."""
    found = {
        **os.environ,
        "COMEBACK_WIRING": "sandbox",
        "COMEBACK_DATA_DIR": str(ROOT / ".data" / "tests"),
        **env,
    }
    done = subprocess.run(
        [ROOT / "bin" / "comeback", *command],
        env=found,
        input=stdin,
        capture_output=True,
        timeout=60,
        cwd="/",
    )
    assert b"Traceback" not in done.stdout + done.stderr, done.stderr.decode(errors="replace")
    return done


@pytest.mark.parametrize("file", PAYLOADS, ids=lambda f: f"{f.parent.name}/{f.name}")
def test_every_recorded_file_is_read_or_refused_in_words(run, file) -> None:
    done = run("read", file.parent.name.partition("_")[0], file)  # woocommerce_plugin speaks for its store
    if done.exit_code == 0:
        assert isinstance(json.loads(done.stdout), list)
        return
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"comeback: {file}: ")
    assert len(done.stderr) < 1000


WOO_DELIVERIES = [
    f for f in PAYLOADS if f.parent.name == "woocommerce" and "." in f.stem and "order." in f.stem
]


@pytest.mark.parametrize("file", WOO_DELIVERIES, ids=lambda f: f.name)
def test_every_recorded_webhook_of_an_order_holds_an_event(run, file) -> None:
    done = run("read", "woocommerce", file)
    assert done.exit_code == 0, done.stderr
    if "checkout-draft" not in file.name and "rest-pending" not in file.name:
        assert json.loads(done.stdout), done.stderr


@pytest.mark.parametrize(
    "file", [f for f in PAYLOADS if f.parent.name == "shopify" and f.stem != "vectors"], ids=lambda f: f.name
)
def test_every_example_of_shopifys_holds_an_event_or_says_why_not(run, file) -> None:
    done = run("read", "shopify", file)
    assert done.exit_code in (0, 2)
    assert (json.loads(done.stdout) if done.exit_code == 0 else done.stderr) or done.stderr


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is not JSON"),
        (b"{", "is not JSON"),
        (b"\xff\xfe\x00", "is not JSON"),
        (b"[]", "expected an object"),
        (b"7", "expected an object"),
        (b"{}", "with --topic"),
        (b'{"headers": 7, "body": {}}', "headers: expected an object"),
        (b'{"headers": [["a"]], "body": {}}', "headers: expected an object"),
        (b'{"headers": {"x-shopify-topic": "orders/create"}, "body": {}}', "is missing"),
        (b'{"headers": {"x-shopify-topic": "orders/create"}, "body": null}', "should be an object"),
        (b'{"headers": {"x-shopify-topic": "orders/create"}, "raw_body": "{"}', "isn't JSON"),
        (b'{"headers": {}, "body": {}}', "X-Shopify-Topic"),
        (b'{"a":' * 100_000, "is not JSON"),
        (b'{"headers": {"x-shopify-topic": "orders/create"}, "raw_body": "\\ud800"}', "UTF-8"),
    ],
)
def test_a_file_that_holds_no_delivery_is_refused_with_the_reason(run, tmp_path, content, says) -> None:
    file = tmp_path / "delivery.json"
    file.write_bytes(content)
    done = run("read", "shopify", file)
    assert (done.exit_code, done.stdout) == (2, "")
    assert says in done.stderr


def test_a_topic_may_be_given_where_the_file_names_none(run, tmp_path) -> None:
    file = tmp_path / "x.json"
    file.write_text('{"id": 7}')
    done = run("read", "woocommerce", file, "--topic", "order.deleted")
    assert json.loads(done.stdout)[0]["type"] == "OrderChanged"
    assert run("read", "woocommerce", file).exit_code == 2


@pytest.mark.parametrize("what", ["/nowhere/at-all.json", "/", "/dev/null"])
def test_a_file_that_isnt_there_is_refused(run, what) -> None:
    done = run("read", "shopify", what)
    assert done.exit_code == 2
    assert done.stderr.startswith(f"comeback: {what}: ")


def test_an_unknown_platform_is_refused_with_those_that_exist(run) -> None:
    done = run("read", "etsy", PAYLOADS[0])
    assert done.exit_code == 2
    assert "vonage_sms" in done.stderr or "shopify" in done.stderr


CASES = json.loads((ROOT / "tests" / "cases" / "segments.json").read_text())
CASES = CASES if isinstance(CASES, list) else CASES["cases"]


def test_segments_are_counted_as_carriers_bill_them(run) -> None:
    assert len(CASES) > 10
    for case in CASES:
        done = run("segments", stdin=case["text"].encode("utf-8"))
        told = json.loads(done.stdout)
        assert {k: told[k] for k in ("encoding", "segments")} == {
            k: case[k] for k in ("encoding", "segments")
        }, case


def test_segments_take_any_text_and_refuse_what_is_none(run) -> None:
    assert json.loads(run("segments", stdin=b"").stdout)["segments"] in (0, 1)
    done = run("segments", stdin=b"caf\xe9")
    assert done.exit_code == 2
    assert "UTF-8" in done.stderr


def test_connectors_are_listed(run) -> None:
    told = json.loads(run("connectors", "--json").stdout)
    assert {"shopify", "woocommerce"} <= set(told["platforms"])
    assert {"vonage_sms", "console"} <= set(told["channels"])
    assert "shopify" in run("connectors").stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_helps(run, command) -> None:
    done = run(command, "--help")
    assert done.exit_code == 0
    assert len(done.stdout.splitlines()) > 4
    assert command in run("--help").stdout


@pytest.mark.parametrize(
    "command",
    [
        ("read",),
        ("read", "shopify"),
        ("trace",),
        ("replay",),
        ("replay", "7", "--failed"),
        ("replay", "--all"),
        ("replay", "seven"),
        ("segments", "extra"),
        ("worker", "--queue", "none"),
        ("nonsense",),
        ("read", "--nonsense"),
    ],
    ids=" ".join,
)
def test_a_command_that_makes_no_sense_exits_with_2(run, command) -> None:
    done = run(*command)
    assert done.exit_code == 2
    assert done.stderr


@pytest.fixture
def lived(spine, monkeypatch):
    """The commands see the same database as the test."""
    monkeypatch.setenv("COMEBACK_WIRING", "sandbox")
    monkeypatch.setenv("COMEBACK_DATA_DIR", str(ROOT / ".data" / "tests"))
    monkeypatch.setenv("DATABASE_URL", spine.machine.db.url)
    monkeypatch.setenv("REDIS_URL", spine.machine.redis_url)
    return spine


def test_a_trace_says_why_a_cart_was_texted_by_its_number_and_by_its_stores_name(lived, run) -> None:
    key = texted(lived)
    number = one(lived, "carts").id
    for name in (str(number), f"checkout:{key}"):
        told = run("trace", name).stdout
        assert told.startswith(f"cart {number} of mugs.myshopify.com: abandoned")
        assert all(word in told for word in ("compliance: allowed", "last look: open", "hand-over: accepted"))
        (found,) = json.loads(run("trace", name, "--json").stdout)
        assert len(found["trace"]) == told.count("UTC  ")


@pytest.mark.parametrize(
    "name",
    [
        "999999",
        "checkout:nobody",
        "",
        "9" * 18,
        "9" * 19,
        "9" * 400,
        "-1",
        "١٢٣",
        "%00",
        "\ud800",
        "' OR 1=1",
    ],
)
def test_a_trace_of_a_cart_that_nobody_has_exits_with_2(lived, run, name) -> None:
    done = run("trace", "--", name)
    assert done.exit_code == 2
    assert "no shop has a cart" in done.stderr


@pytest.mark.parametrize("number", ["999999", "0", "-1", "9" * 18, "9" * 19, "9" * 40])
def test_a_replay_of_an_event_that_nobody_has_exits_with_2(lived, run, number) -> None:
    done = run("replay", "--", number)
    assert done.exit_code == 2
    assert "there is no decided event" in done.stderr


def test_one_event_is_replayed_and_one_that_still_waits_isnt(lived, run) -> None:
    leave_cart(lived)
    settle(lived)
    (event, *_) = rows(lived, "SELECT id FROM events ORDER BY id")
    assert json.loads(run("replay", str(event.id), "--json").stdout) == {"replayed": 1}
    assert run("replay", str(event.id)).exit_code == 2
    settle(lived)
    assert rows(lived, "SELECT state FROM events WHERE id = :id", id=event.id)[0].state != "new"


def test_settings_are_shown_without_their_secrets(lived, run) -> None:
    shown = json.loads(run("settings", "--json").stdout)
    plain = run("settings").stdout
    s = lived.machine.settings
    for secret in (s.shopify_client_secret, s.vonage_private_key[30:90], s.vonage_signature_secret):
        assert secret
        assert secret not in plain
        assert secret not in json.dumps(shown)
    assert any("sandbox" in str(v) for v in shown.values())


def test_the_real_program_works_from_anywhere() -> None:
    done = comeback("read", "woocommerce", str(next(f for f in PAYLOADS if f.name.startswith("02-"))))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["type"] == "OrderPlaced"


def test_the_real_program_reads_standard_input() -> None:
    done = comeback("segments", stdin="Grüße 🎉".encode())
    assert json.loads(done.stdout)["encoding"] == "UCS2"


def test_the_real_program_refuses_in_words_and_with_its_exit_code() -> None:
    done = comeback("read", "shopify", b"/tmp/\xff\xfe.json")
    assert done.returncode == 2
    assert done.stderr.startswith(b"comeback: ")
    assert comeback("settings", COMEBACK_PORT="many").returncode == 1


def test_a_database_that_isnt_there_or_is_too_old_is_named_in_words(embedded) -> None:
    nowhere = comeback("trace", "1", DATABASE_URL="postgresql+psycopg://x:y@127.0.0.1:1/none")
    assert nowhere.returncode == 1
    assert nowhere.stderr.startswith(b"comeback: ")
    assert b":y@" not in nowhere.stderr
    old = comeback("trace", "1", DATABASE_URL=embedded.database_url.replace("/comeback?", "/postgres?"))
    assert old.returncode == 1
