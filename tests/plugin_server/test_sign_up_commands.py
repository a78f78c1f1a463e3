"""bin/comeback sign-up and api-key: what they show, what they change, and how they refuse."""

import json
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
import requests
from sign_up_kit import code
from spine_kit import PHONE, rows

from plugin_server import create_app
from plugin_server.cli import finding
from plugin_server.store import shops
from sequences.sequence import Sequence

URLS = ("--set", "terms_url=https://mugs.example/terms", "--set", "privacy_url=https://mugs.example/privacy")


@pytest.fixture
def run(spine, monkeypatch):
    """A command in this process, over the test's own machine."""
    machine = spine.machine
    monkeypatch.setattr(finding, "start", lambda: (machine.settings, nullcontext()))
    kept = SimpleNamespace(
        db=machine.db, secrets=machine.secrets, settings=machine.settings, clock=machine.clock
    )
    kept.close = lambda: None
    monkeypatch.setattr(finding, "build", lambda found, up: kept)
    runner = create_app().test_cli_runner()

    def call(*command: str):
        result = runner.invoke(args=list(command))
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        return result

    return call


def test_a_shop_is_made_ready_and_its_page_opens(spine, run) -> None:
    before = run("sign-up", "mugs.myshopify.com")
    assert "no form until" in before.stdout
    page = f"{spine.url}/join/{code(spine)}"
    assert f"page: {page}\n" in before.stdout
    done = run("sign-up", spine.keys["mugs"], *URLS, "--set", "keyword=mugs", "--set", "countries=us,ca")
    assert done.exit_code == 0
    assert "keyword: MUGS, to +12015550123\n" in done.stdout
    assert "no form until" not in done.stdout
    answer = requests.get(page, timeout=10)
    assert (answer.status_code, answer.text.count("<option")) == (200, 2)


def test_an_empty_value_takes_the_default_and_other_settings_stay(spine, run) -> None:
    run("sign-up", "mugs.myshopify.com", *URLS, "--set", "min_age=21")
    run("sign-up", "mugs.myshopify.com", "--set", "min_age=")
    shown = json.loads(run("sign-up", "mugs.myshopify.com", "--json").stdout)
    assert shown["ready"] is True
    assert set(shown["plan"]) == {"terms_url", "privacy_url"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("keyword=STOP", "mean something else"),
        ("colour=blue", "KEY of page_on"),
        ("keyword", "KEY=VALUE"),
        ("terms_url=http://mugs.example", "https://"),
    ],
)
def test_a_change_that_cant_be_used_changes_nothing(spine, run, change, words) -> None:
    done = run("sign-up", "mugs.myshopify.com", *URLS, "--set", change)
    assert (done.exit_code, done.stdout) == (2, "")
    assert words in done.stderr
    assert {json.dumps(r.gathering) for r in rows(spine, "SELECT gathering FROM shops")} == {"{}"}


def test_the_code_is_written_as_svg_or_png(spine, run, tmp_path) -> None:
    for name, start in (("code.svg", b"<?xml"), ("code.png", b"\x89PNG")):
        assert run("sign-up", "mugs.myshopify.com", "--qr", str(tmp_path / name)).exit_code == 0
        assert (tmp_path / name).read_bytes().startswith(start)
    refused = run("sign-up", "mugs.myshopify.com", "--qr", str(tmp_path / "code.jpg"))
    assert (refused.exit_code, (tmp_path / "code.jpg").exists()) == (2, False)
    assert run("sign-up", "mugs.myshopify.com", "--qr", str(tmp_path / "no" / "code.svg")).exit_code == 2


def test_a_key_is_shown_once_opens_its_shop_and_can_be_revoked(spine, run) -> None:
    made = run("api-key", "mugs.myshopify.com", "--name", "checkout form")
    key = made.stdout.strip()
    assert len(key) > 40

    def opens() -> int:
        return requests.post(
            f"{spine.url}/api/v1/shops/{code(spine)}/lookup",
            json={"phone": PHONE},
            headers={"Authorization": f"Bearer {key}"},
            timeout=10,
        ).status_code

    assert opens() == 200
    listed = run("api-key", "mugs.myshopify.com", "--list").stdout
    assert "opens  checkout form" in listed and key not in listed
    number = listed.split()[0]
    assert run("api-key", "mugs.myshopify.com", "--revoke", number).exit_code == 0
    assert opens() == 401
    assert "revoked" in run("api-key", "mugs.myshopify.com", "--list").stdout
    assert run("api-key", "mugs.myshopify.com", "--revoke", number).exit_code == 2


@pytest.mark.parametrize(
    "options", [(), ("--list", "--name", "x"), ("--name", ""), ("--name", "a\nb"), ("--name", "a" * 101)]
)
def test_a_key_wants_one_thing_at_a_time_and_a_name(spine, run, options) -> None:
    assert run("api-key", "mugs.myshopify.com", *options).exit_code == 2
    assert rows(spine, "SELECT 1 FROM api_keys") == []


@pytest.mark.parametrize("command", [("sign-up",), ("api-key", "--list")])
def test_an_unknown_shop_is_said_so(run, command) -> None:
    done = run(command[0], "nobody.example", *command[1:])
    assert (done.exit_code, "there is no shop 'nobody.example'" in done.stderr) == (2, True)


def test_no_shops_key_can_be_taken_for_an_option(spine, monkeypatch) -> None:
    monkeypatch.setattr(shops.secrets, "token_urlsafe", lambda n: "-q" + "x" * 22)
    with spine.machine.db.system() as c:
        key = shops.install(
            c,
            spine.machine.secrets.vault,
            credentials={},
            sequence=Sequence(),
            platform="shopify",
            domain="other.myshopify.com",
            name="Other",
            currency="USD",
            country="US",
            locale="en-US",
        )
    assert not key.startswith("-")
