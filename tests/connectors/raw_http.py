"""A small HTTP server over raw sockets: it can also hang up, stall and reset, which no framework lets it."""

import contextlib
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it came over the wire. `connection` counts from 1."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int

    def json(self):
        return json.loads(self.body)


def reply(status: int, body: object = b"", headers: str = "") -> bytes:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return f"HTTP/1.1 {status} Said\r\nContent-Length: {len(raw)}\r\n{headers}\r\n".encode() + raw


class RawServer:
    """Reads each request whole, notes it, and sends what `answer(seen)` gives; None hangs up."""

    def __init__(self, answer: Callable[[Seen], bytes | None], tls: ssl.SSLContext | None = None) -> None:
        self.answer, self.tls = answer, tls
        self.seen: list[Seen] = []
        self.connections = 0
        self._open: list[socket.socket] = []
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self.hang_up()

    def hang_up(self) -> None:
        """Close every open connection, as a server does with idle ones."""
        while self._open:
            connection = self._open.pop()
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection, self.connections), daemon=True).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        try:
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            with connection, connection.makefile("rb") as lines:
                while (seen := _read(lines, number)) is not None:
                    self.seen.append(seen)
                    answer = self.answer(seen)
                    if answer is None:
                        connection.shutdown(socket.SHUT_RDWR)
                        return
                    connection.sendall(answer)
        except (OSError, ValueError):
            return


def _read(lines, number: int) -> Seen | None:
    first = lines.readline().decode()
    if not first:
        return None
    headers = {}
    while line := lines.readline().decode().strip():
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    method, path, _ = first.split()
    return Seen(method, path, headers, lines.read(int(headers.get("content-length", 0))), number)


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


class DeafServer:
    """Accepts nothing more: its queue is full, so connecting to it takes for ever."""

    def __enter__(self):
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen(0)
        self.port = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._queue = [socket.socket() for _ in range(4)]
        for waiting in self._queue:
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", self.port))
        return self

    def __exit__(self, *exc):
        for each in [*self._queue, self._socket]:
            each.close()


class ResettingServer:
    """Takes the first bytes of a request and resets the connection."""

    def __enter__(self):
        self.connections = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._reset, daemon=True).start()
        return self

    def __exit__(self, *exc):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _reset(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            connection.recv(10)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
