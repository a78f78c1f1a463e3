"""The courier: only to this machine, in order within a lane, and never idle while something is under way."""

import threading

import pytest
from sandbox_shop_kit import App, shopify_stage

from sandbox.courier import Courier, NotLoopback, is_loopback


@pytest.fixture
def it():
    with shopify_stage() as made:
        made.courier = Courier(made.world)
        yield made


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:1/x", True),
        ("http://[::1]:8000/", True),
        ("http://localhost/", True),
        ("http://10.0.0.1/", False),
        ("http://example.com/", False),
        ("http://127.0.0.1.example.com/", False),
        ("http://localhost@example.com/", False),
        ("file:///etc/passwd", False),
    ],
)
def test_only_this_machine_is_loopback(url, here):
    assert is_loopback(url) is here


def test_another_machine_is_refused_also_behind_a_redirect(it, monkeypatch):
    with pytest.raises(NotLoopback):
        it.courier.call("GET", "http://example.com/")
    app = App()
    try:
        monkeypatch.setattr(app, "wsgi", None)
        app.server.app = away
        with pytest.raises(NotLoopback):
            it.courier.call("GET", app.url, follow=True)
        assert it.courier.call("GET", app.url).status == 302
    finally:
        app.server.shutdown()


def away(environ, start_response):
    start_response("302 Found", [("Location", "http://example.com/"), ("Content-Length", "0")])
    return [b""]


def test_nobody_there_is_an_answer_with_status_zero(it):
    reply = it.courier.call("POST", "http://127.0.0.1:1/nobody", body=b"x")
    assert (reply.status, reply.ok, reply.error) == (0, False, "ConnectionError")


def test_a_lane_keeps_its_order_and_a_failing_action_does_not_stop_it(it, caplog):
    seen = []
    it.courier.queue(lambda: 1 / 0, "one")
    for number in range(50):
        it.courier.queue(lambda number=number: seen.append(number), "one")
    it.settle()
    assert seen == list(range(50)) and "ZeroDivisionError" in caplog.text


def test_the_world_is_not_idle_until_queued_work_is_done(it):
    gate = threading.Event()
    it.courier.queue(lambda: gate.wait(5) and None)
    assert not it.world.idle()
    gate.set()
    it.settle()
    assert it.world.idle()
