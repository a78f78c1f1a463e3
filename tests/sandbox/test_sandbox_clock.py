"""The sandbox's clock, its control API, its server and its figures."""

import http.client
import socket
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from sandbox_carrier_kit import ANNA, START, account, running_place

from sandbox.clock import SandboxClock
from sandbox.server import NotLoopback, loopback_address

ROOT = Path(__file__).parents[2]


@pytest.fixture
def place():
    with running_place() as place:
        yield place


def now(place):
    return datetime.fromisoformat(place.get("/sandbox/clock").json()["now"])


def test_a_skipped_hour_has_passed_for_everyone_who_asks(place):
    before = now(place)
    skipped = datetime.fromisoformat(place.post("/sandbox/clock/skip", seconds=3600).json()["now"])
    assert timedelta(hours=1) <= skipped - before < timedelta(hours=1, seconds=10)
    assert skipped <= now(place) < skipped + timedelta(seconds=10)
    assert before.tzinfo is not None and before >= START


@pytest.mark.parametrize("seconds", [-1, "60", None, True, 1e12])
def test_the_clock_is_not_moved_by_nonsense(place, seconds):
    answer = place.post("/sandbox/clock/skip", seconds=seconds)
    assert answer.status_code == 422 and "forward" in answer.json()["error"]
    assert now(place) - START < timedelta(minutes=1)


def test_a_timer_runs_once_its_time_is_skipped_to_and_only_then(place):
    ran = []
    place.world.clock.after(timedelta(hours=2), lambda: ran.append(place.world.clock.now()))
    place.skip(hours=1)
    assert ran == [] and place.get("/sandbox/status").json()["next_timer"] is not None
    place.skip(hours=1, seconds=1)
    assert len(ran) == 1 and ran[0] >= START + timedelta(hours=2)
    assert place.get("/sandbox/status").json()["next_timer"] is None


def test_the_world_is_not_idle_while_a_due_timer_or_a_request_is_under_way(place):
    gate = threading.Event()
    place.world.clock.after(timedelta(0), lambda: gate.wait(5))
    time.sleep(0.05)
    assert place.get("/sandbox/status").json()["idle"] is False
    gate.set()
    place.settle()


def test_timers_run_in_the_order_of_their_times_after_a_skip():
    clock, ran = SandboxClock(datetime(2026, 1, 1, tzinfo=UTC)), []
    for hours in (3, 1, 2):
        clock.after(timedelta(hours=hours), lambda hours=hours: ran.append(hours))
    clock.skip(timedelta(hours=4))
    assert clock.run_due() == 3 and ran == [1, 2, 3]


def test_faults_are_set_one_by_one_and_the_others_stay(place):
    place.faults(carrier_429=0.5, carrier_401=True)
    answer = place.post("/sandbox/faults", carrier_429=0).json()
    assert (answer["carrier_429"], answer["carrier_401"], answer["report_lost"]) == (0, True, 0)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ({"carrier_409": 1}, "no fault is called 'carrier_409'"),
        ({"carrier_429": 2}, "probability"),
        ({"carrier_429": -0.1}, "from 0 on"),
        ({"carrier_401": 1}, "true or false"),
        ({"report_late_seconds": "x"}, "number"),
    ],
)
def test_a_wrong_fault_is_refused_in_words_and_nothing_is_changed(place, fault, says):
    answer = place.post("/sandbox/faults", report_lost=1, **fault)
    assert answer.status_code == 422 and says in answer.json()["error"]
    assert place.get("/sandbox/faults").json()["report_lost"] == 0


def test_every_answer_says_that_this_is_a_sandbox(place):
    for path in ("/", "/phone", "/sandbox/clock", "/nothing-here", "/static/sandbox.css"):
        assert place.get(path).headers["X-Sandbox"] == "comeback-sandbox", path
    assert place.send(token="bad").headers["X-Sandbox"] == "comeback-sandbox"


def test_one_connection_carries_many_requests(place):
    host = place.url.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=5)
    connection.request("GET", "/sandbox/clock")
    connection.getresponse().read()
    port = connection.sock.getsockname()[1]
    for method, path, body in (
        ("POST", "/sandbox/faults", b"{}"),
        ("HEAD", "/", None),
        ("GET", "/phone", None),
    ):
        connection.request(method, path, body)
        assert connection.getresponse().read() is not None
        assert connection.sock.getsockname()[1] == port
    connection.close()


def test_the_clock_is_cheap_to_ask(place):
    place.get("/sandbox/clock")
    started = time.perf_counter()
    for _ in range(200):
        place.get("/sandbox/clock")
    assert (time.perf_counter() - started) / 200 < 0.02  # a delayed acknowledgement alone would cost 0.04


def test_a_chunked_body_is_read_whole(place):
    answer = requests.post(place.url + "/sandbox/clock/skip", data=iter([b'{"sec', b'onds": 5}']), timeout=5)
    assert answer.status_code == 200


@pytest.mark.parametrize("length", ["-5", "x", str(10**9)])
def test_a_body_without_an_honest_length_is_refused(place, length):
    host, _, port = place.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=5) as wire:
        wire.sendall(f"POST /sandbox/faults HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode())
        assert wire.recv(1000).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.com", ""])
def test_the_sandbox_does_not_listen_to_other_machines(host):
    with pytest.raises(NotLoopback, match="this machine only"):
        loopback_address(host)


def test_the_command_refuses_a_public_address_and_serves_on_loopback():
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--start", "2026-11-24T10:00:00Z"]
    refused = subprocess.run(
        [*command, "--host", "0.0.0.0"], capture_output=True, text=True, timeout=30, cwd=ROOT
    )
    assert refused.returncode == 2 and "this machine only" in refused.stderr
    serving = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        url = serving.stdout.readline().split()[-1]
        told = requests.get(url + "sandbox/clock", timeout=5).json()["now"]
        assert told.startswith("2026-11-24T10:00")
    finally:
        serving.terminate()
        assert serving.wait(10) != 0


def test_a_skip_button_moves_the_clock_and_returns_to_its_page(place):
    before = now(place)
    answer = place.http.post(
        place.url + "/skip", data={"seconds": "600", "next": "/phone"}, allow_redirects=False, timeout=5
    )
    assert answer.status_code == 303 and answer.headers["Location"] == "/phone"
    assert now(place) - before >= timedelta(minutes=10)


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", ""])
def test_a_skip_button_never_leads_off_the_site(place, target):
    answer = place.http.post(
        place.url + "/skip", data={"seconds": "1", "next": target}, allow_redirects=False, timeout=5
    )
    assert answer.headers["Location"] == "/"


def test_the_ledger_is_read_by_kind_with_aware_times(place):
    place.cart()
    place.order()
    assert [e["kind"] for e in place.get("/sandbox/ledger").json()["entries"]] == ["cart", "order"]
    (cart,) = place.ledger("cart")
    assert cart["phone"] == ANNA and datetime.fromisoformat(cart["at"]).tzinfo is not None


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"api_key": ""}, "api_key"),
        ({"numbers": []}, "numbers"),
        ({"numbers": {"12015550123": {"inbound_url": "https://example.com/x"}}}, "this machine"),
    ],
)
def test_a_carrier_account_that_cannot_work_is_refused_in_words(place, change, says):
    answer = place.post("/sandbox/carrier", **account(place.receiver.url, **change))
    assert answer.status_code == 422 and says in answer.json()["error"]
