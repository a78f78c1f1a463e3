"""No personal data and no secret reaches a log, whoever logs it."""

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import log_watch
import pytest
from tests_settings import ROOT

from plugin_server import logs

NASTY = (
    "texted +12125550142",
    "texted 12125550142 now",
    "texted +1 212-555-0142",
    "texted (212) 555-0142",
    "texted 212-555-0142",
    "POST /sandbox/phones/+12125550142/reply",
    "GET /shoppers?phone=%2B12125550142",
    "tel:+12125550142",
    "nearly +298 555 0142, in the Faroe Islands",
    "at postgresql://comeback:hunter2@localhost/comeback",
    "Authorization: Basic aHVudGVyMg==",
    "/auth?code=1&hmac=0123abcdef&shop=mugs",
    "-----BEGIN PRIVATE KEY-----\nMIIhunter2\n-----END PRIVATE KEY-----",
    "mail to dana.example+x@example.com",
    "https://shop.example/1/checkouts/ac/abc/recover?key=0123abcdef&locale=en",
    "Authorization: Bearer abc.def.ghi",
    "token shpat_0123456789abcdef",
    "key ck_0123456789abcdef0123456789abcdef01234567",
    "jwt eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.c2ln",
    "link http://127.0.0.1:8000/r/AbCdEf123456",
)
SECRETS = (
    "hunter2",
    "aHVudGVy",
    "2125550142",
    "555-0142",
    "dana",
    "0123abcdef",
    "abc.def",
    "c2ln",
    "AbCdEf123456",
)


@pytest.mark.parametrize("line", NASTY)
def test_what_looks_like_personal_data_is_hidden(line) -> None:
    shown = logs.hide(line)
    assert not any(secret in shown for secret in SECRETS), shown
    assert logs.HIDDEN in shown


@pytest.mark.parametrize(
    "line", ["event 123456 decided", "at 2026-11-24T10:00:00Z", "http://127.0.0.1:8000/health"]
)
def test_what_helps_is_left(line) -> None:
    assert logs.hide(line) == line


# A process of its own: the test runner has put handlers of its own beside ours here.
SPEAKS = """
import logging, structlog
from plugin_server import logs
from tests_settings import ROOT, sandbox_settings
logs.configure(sandbox_settings(log_format="json", log_level="DEBUG"))
structlog.get_logger().info("sent", phone="+12125550142", access_token="abc", nested={"mail": "a@example.com"})
logging.getLogger("some.library").warning("refused %s", "+12125550142")
try:
    raise ValueError("no such number +12125550142")
except ValueError:
    structlog.get_logger().exception("failed")
structlog.get_logger().info("sent", to=12125550142, first_name="Dana", shop=7)
thread = __import__("threading").Thread(target=lambda: int("+12125550142x"))
thread.start()
thread.join()
raise ValueError("no such number +12125550142")
"""


@pytest.fixture(scope="module")
def spoken() -> list[dict]:
    path = os.pathsep.join((str(ROOT), str(ROOT / "tests")))
    done = subprocess.run(
        [sys.executable, "-c", SPEAKS],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_both_ways_of_logging_end_in_clean_json_lines(spoken) -> None:
    assert [line["event"] for line in spoken[:3]] == ["sent", "refused •••", "failed"]
    assert spoken[0]["phone"] == spoken[0]["access_token"] == spoken[0]["nested"]["mail"] == logs.HIDDEN


def test_an_exceptions_text_is_hidden_too(spoken) -> None:
    assert "no such number •••" in spoken[2]["exception"]
    assert "2125550142" not in json.dumps(spoken)


def test_a_value_is_hidden_by_its_name_too(spoken) -> None:
    assert (spoken[3]["to"], spoken[3]["first_name"], spoken[3]["shop"]) == (logs.HIDDEN, logs.HIDDEN, 7)


def test_what_ends_a_thread_or_the_process_is_logged_and_cleaned_as_well(spoken) -> None:
    assert [line["event"] for line in spoken[4:]] == ["uncaught", "uncaught"]
    assert "invalid literal for int()" in spoken[4]["exception"]
    assert spoken[5]["exception"].endswith("ValueError: no such number •••")


@pytest.mark.parametrize(
    "line",
    [
        "ERROR    plugin_server:x.py:1 texted +12125550142",
        "2026-11-24 11:37:07 [info     ] texted                         to=+12125550142",
    ],
)
def test_a_run_in_which_anything_logs_a_number_fails(line) -> None:
    before = list(log_watch.LEAKS)
    report = SimpleNamespace(sections=[("Captured log call", line)], nodeid="a test")
    try:
        log_watch.look_through(report)
        assert before != log_watch.LEAKS
        assert not any("2125550142" in leak for leak in log_watch.LEAKS)
    finally:
        log_watch.LEAKS[:] = before
