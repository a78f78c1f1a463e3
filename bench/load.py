"""A load generator that costs little: one process, some kept-alive sockets, a fixed number of requests."""

import selectors
import socket
import time
from collections.abc import Iterator
from itertools import islice

CONNECTIONS = 16


def run(port: int, requests: list[tuple[bytes, bytes]]) -> tuple[float, list[float]]:
    """Send every (head, body), each connection one after the other. Returns the seconds it took in all and
    those of each request. Raises AssertionError for any answer but 200."""
    waiting, seconds = iter(requests), list[float]()
    with selectors.DefaultSelector() as selector:
        begun = time.perf_counter()
        for first in islice(waiting, CONNECTIONS):
            connection = Connection(port)
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.send(*first)
        while selector.get_map():
            for key, _ in selector.select():
                _answered(selector, key.data, waiting, seconds)
        took = time.perf_counter() - begun
    assert len(seconds) == len(requests)
    return took, seconds


def _answered(
    selector: selectors.BaseSelector,
    connection: "Connection",
    waiting: Iterator[tuple[bytes, bytes]],
    seconds: list[float],
) -> None:
    """Read what came; once the answer is whole, send the next request on this connection."""
    took = connection.read()
    if took is None:
        return
    seconds.append(took)
    following = next(waiting, None)
    if following is None:
        selector.unregister(connection.socket)
        connection.socket.close()
    else:
        connection.send(*following)


class Connection:
    """One kept-alive connection with at most one request under way."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._begun, self._got = 0.0, b""

    def send(self, head: bytes, body: bytes) -> None:
        self._begun, self._got = time.perf_counter(), b""
        self.socket.sendall(head + body)

    def read(self) -> float | None:
        """The seconds from request to answer, or None while it isn't whole."""
        part = self.socket.recv(65536)
        assert part, "the server hung up"
        self._got += part
        head, _, body = self._got.partition(b"\r\n\r\n")
        if not _ or len(body) < _length(head):
            return None
        assert head.startswith(b"HTTP/1.1 200 "), self._got[:300]
        return time.perf_counter() - self._begun


def _length(head: bytes) -> int:
    _, _, after = head.lower().partition(b"content-length:")
    return int(after.split(b"\r\n", 1)[0])
