"""The one way out, against real sockets."""

import gzip
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from dripping import dripping
from raw_http import DeafServer, RawServer, ResettingServer, closed_port, reply

from connectors import http, sockets


def open_session(**kwargs):
    return http.session(allow_private=True, **kwargs)


def test_it_says_who_calls_in_the_projects_own_version():
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    with RawServer(lambda seen: reply(200)) as server:
        open_session().get(server.url)
    assert server.seen[0].headers["user-agent"] == f"Comeback/{project['version']}"


def test_requests_share_one_connection():
    with RawServer(lambda seen: reply(200, b"hello")) as server:
        session = open_session()
        assert [session.get(server.url).text for _ in range(5)] == ["hello"] * 5
    assert server.connections == 1


@pytest.mark.parametrize("given", [{}, {"timeout": None}], ids=["none given", "given as None"])
def test_a_silent_server_is_left_after_the_default_time(given):
    with RawServer(lambda seen: time.sleep(5)) as server:
        started = time.monotonic()
        with pytest.raises(requests.ReadTimeout):
            open_session(read=0.2).get(server.url, **given)
        assert time.monotonic() - started < 2


def test_a_given_timeout_is_heeded():
    with RawServer(lambda seen: time.sleep(5)) as server:
        started = time.monotonic()
        with pytest.raises(requests.ReadTimeout):
            open_session(read=30).get(server.url, timeout=0.2)
        assert time.monotonic() - started < 2


HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "begins",
    [b"HTTP/1.1 ", HEAD + b"X-Long: ", HEAD + b"Content-Length: 100000\r\n\r\n", HEAD + b"\r\n"],
    ids=["status", "headers", "body", "body without an end"],
)
def test_an_answer_that_drips_is_left_when_its_time_is_over(begins):
    """Each byte comes well within the time for one."""
    with dripping(begins) as url:
        for given in ({"read": 0.4}, {"read": 5, "whole": 0.8}):
            started = time.monotonic()
            with pytest.raises(requests.RequestException) as caught:
                open_session(**given).get(url)
            assert 0.7 < time.monotonic() - started < 3
            assert not isinstance(caught.value, http.NotReached)


def test_a_dripping_answer_that_is_streamed_is_left_in_time_too():
    with dripping(HEAD + b"\r\n") as url:
        started = time.monotonic()
        answer = open_session(read=5, whole=0.8).get(url, stream=True)
        with pytest.raises(requests.RequestException):
            list(answer.iter_content(1))
        assert time.monotonic() - started < 3


def test_a_connection_whose_answer_came_late_has_its_whole_time_for_the_next():
    with RawServer(lambda seen: time.sleep(0.5) or reply(200)) as server:
        session = open_session(read=5, whole=0.8)
        assert [session.get(server.url).status_code for _ in range(3)] == [200] * 3
    assert server.connections == 1


def test_a_name_with_many_addresses_takes_no_longer_than_two(monkeypatch):
    """Whoever owns a name may give it fifty addresses at which nobody answers."""
    found = [(2, 1, 6, "", (f"127.0.0.{n}", 80)) for n in range(1, 51)]
    monkeypatch.setattr(sockets.socket, "getaddrinfo", lambda *_a, **_k: found)
    monkeypatch.setattr(
        sockets.urllib3_sockets, "create_connection", lambda _a, timeout, **_k: _nobody(timeout)
    )
    started = time.monotonic()
    with pytest.raises(http.NotReached, match="timed out"):
        open_session(connect=0.2).get("http://many.example/")
    assert time.monotonic() - started < 2


def _nobody(seconds: float):
    time.sleep(seconds)
    raise TimeoutError("timed out")


@pytest.mark.parametrize("to", [b"http://[", b"http://\xff\xfe.example/"], ids=["brackets", "no UTF-8"])
def test_a_redirect_to_what_is_no_address_is_an_error_of_requests(to):
    answer = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + to + b"\r\n\r\n"
    with RawServer(lambda seen: answer) as server, pytest.raises(http.HttpError, match="no address"):
        open_session().get(server.url)


def test_a_server_that_does_not_accept_is_left_in_time_and_was_not_reached():
    with DeafServer() as server:
        started = time.monotonic()
        with pytest.raises(http.NotReached, match="timed out") as caught:
            open_session(connect=0.2).get(server.url)
        assert time.monotonic() - started < 2
    assert not caught.value.permanent


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"])
def test_no_redirect_is_followed_unasked(method):
    with RawServer(lambda seen: reply(302, headers="Location: /there\r\n")) as server:
        response = getattr(open_session(), method.lower())(f"{server.url}/here")
    assert response.status_code == 302
    assert [seen.path for seen in server.seen] == ["/here"]


def test_a_redirect_is_followed_when_asked():
    def answer(seen):
        return reply(302, headers="Location: /there\r\n") if seen.path == "/here" else reply(200, b"there")

    with RawServer(answer) as server:
        assert open_session().get(f"{server.url}/here", allow_redirects=True).text == "there"


def test_a_redirect_into_a_private_network_is_refused(monkeypatch):
    monkeypatch.setattr(sockets, "is_public", lambda address: address == "127.0.0.1")
    away = reply(302, headers="Location: http://127.0.0.2/\r\n")
    with RawServer(lambda seen: away) as server, pytest.raises(http.PrivateAddress, match=r"127\.0\.0\.2"):
        http.session().get(server.url, allow_redirects=True)
    assert len(server.seen) == 1


def test_a_dropped_request_is_never_repeated():
    with RawServer(lambda seen: None) as server:
        with pytest.raises(requests.ConnectionError) as caught:
            open_session().post(server.url, json={"n": 1})
        time.sleep(0.1)
    assert len(server.seen) == server.connections == 1
    assert not isinstance(caught.value, http.NotReached)


def test_a_reset_request_is_never_repeated():
    with ResettingServer() as server:
        with pytest.raises(requests.ConnectionError) as caught:
            open_session().post(server.url, json={"n": 1})
        time.sleep(0.1)
        assert server.connections == 1
    assert not isinstance(caught.value, http.NotReached)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_that_asks_for_another_try_gets_none_by_itself(status):
    with RawServer(lambda seen: reply(status, headers="Retry-After: 0\r\n")) as server:
        assert open_session().get(server.url).status_code == status
    assert len(server.seen) == 1


def test_a_connection_closed_while_idle_is_replaced():
    with RawServer(lambda seen: reply(200)) as server:
        session = open_session()
        session.post(server.url)
        server.hang_up()
        time.sleep(0.1)
        assert session.post(server.url).status_code == 200
    assert [seen.connection for seen in server.seen] == [1, 2]


def test_a_connection_idle_for_too_long_is_not_used_again(monkeypatch):
    with RawServer(lambda seen: reply(200)) as server:
        session = open_session()
        session.post(server.url)
        monkeypatch.setattr(sockets, "IDLE_SECONDS", 0.05)
        time.sleep(0.1)
        session.post(server.url)
    assert [seen.connection for seen in server.seen] == [1, 2]


def test_no_cookie_is_kept():
    with RawServer(lambda seen: reply(200, headers="Set-Cookie: a=1; Path=/\r\n")) as server:
        session = open_session()
        session.get(server.url)
        session.get(server.url)
    assert "cookie" not in server.seen[1].headers


def test_the_environment_changes_neither_way_nor_credentials(monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with RawServer(lambda seen: reply(200)) as server:
        open_session().get(server.url, headers={"Authorization": "Bearer ours"})
    assert server.seen[0].headers["authorization"] == "Bearer ours"


def test_an_endless_answer_is_not_read(monkeypatch):
    monkeypatch.setattr(http, "MAX_BYTES", 100_000)
    with RawServer(lambda seen: reply(200, b"x" * 300_000)) as server, pytest.raises(http.TooLarge):
        open_session().get(server.url)


def test_an_answer_that_unpacks_to_too_much_is_not_read(monkeypatch):
    monkeypatch.setattr(http, "MAX_BYTES", 100_000)
    packed = gzip.compress(b"x" * 5_000_000)
    assert len(packed) < 100_000
    bomb = reply(200, packed, "Content-Encoding: gzip\r\n")
    with RawServer(lambda seen: bomb) as server, pytest.raises(http.TooLarge):
        open_session().get(server.url)


def test_an_answer_cut_short_is_an_error_of_requests():
    cut = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nab"
    with RawServer(lambda seen: cut) as server, pytest.raises(requests.RequestException) as caught:
        open_session(read=0.3).get(server.url)
    assert not isinstance(caught.value, http.NotReached)


def test_a_refused_connection_and_an_unknown_name_were_not_reached():
    with pytest.raises(http.NotReached, match=r"127\.0\.0\.1 was not reached"):
        open_session().get(f"http://127.0.0.1:{closed_port()}/")
    with pytest.raises(http.NotReached, match=r"nowhere\.invalid was not reached"):
        open_session().get("http://nowhere.invalid/")
    with pytest.raises((http.NotReached, requests.exceptions.InvalidURL)):
        open_session().get(f"http://{'a' * 70}.example/")


def test_threads_share_a_session_without_mixing():
    with RawServer(lambda seen: reply(200, seen.path.encode())) as server:
        session = open_session(pool=32)
        with ThreadPoolExecutor(32) as pool:
            paths = [f"/{n}" for n in range(300)]
            answers = list(pool.map(lambda path: session.get(server.url + path).text, paths))
    assert answers == paths
    assert server.connections <= 32
